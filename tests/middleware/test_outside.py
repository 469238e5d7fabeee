"""What others say of a call, through the faces: tags that somebody in front has signed, and plug-ins."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

import pytest

from policyroute.errors import PolicyrouteError
from policyroute.loading import loads
from policyroute.taggers import HEADER, Verifier, sign
from tests.middleware.faces import FACES, Face

KEY = sha256(b"a key of the tests").digest()
NOW = 1_790_000_000
POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: shop, version: 1}
tiers: [basic]
models:
  own: {provider: vllm, region: eu, tier: basic, context: 100000, price: {in: 1, out: 1}}
  far: {provider: openai, region: us, tier: basic, context: 100000, price: {in: 1, out: 1}}
detectors: {person: {plugin: true}}
attributes:
  tagger: {from: auth.tagger, trust: verified}
tags:
  phi: {only: {region: [eu]}}
  pii: {only: {region: [eu]}}
pipeline:
  sensitivity:
    - {id: nobody-looked, when: {missing: [tagger]}, add: [phi]}
    - {id: people, when: {detect: [person]}, add: [pii]}
    - {id: unread, when: {unscanned: true}, add: [phi, pii]}
  routes:
    - {id: anywhere, when: {not: {tags: [phi, pii]}}, to: far}
  complexity: {ladder: [{id: all, when: {}, prefer: [basic]}]}
"""


class Staff:
    """Finds one name, or fails."""

    name = "staff"
    kinds = ("person",)

    def __init__(self) -> None:
        self.fails = False

    def find(self, text: str) -> Iterable[tuple[str, int, int]]:
        if self.fails:
            raise RuntimeError(text)
        at = text.find("Ada")
        return [("person", at, at + 3)] if at >= 0 else []


def body(text: str) -> bytes:
    return json.dumps({"model": "auto", "messages": [{"role": "user", "content": text}]}).encode()


def signed(said: bytes, *tags: str) -> dict[str, str]:
    return {HEADER: sign("dlp", KEY, tags, said, expires=NOW + 60, nonce=token_urlsafe(16))}


@pytest.fixture(params=FACES.values(), ids=FACES.keys())
def make(request: pytest.FixtureRequest) -> Any:
    def face(**more: Any) -> Face:
        return request.param(loads(POLICY), **more)  # type: ignore[no-any-return]

    return face


def test_signed_tags_count_and_go_no_further(make: Any) -> None:
    """The tags of a signature are the call's, its key is the attribute `tagger`, and nobody behind sees the header."""
    face = make(verifier=Verifier({"dlp": KEY}, clock=lambda: NOW), plugins=[Staff()])
    said = body("document 4711")
    assert face.send(said, **signed(said)).headers["x-policyroute-model"] == "far"
    assert face.send(said, **signed(said, "phi")).headers["x-policyroute-model"] == "own"
    assert face.send(said).headers["x-policyroute-model"] == "own"
    assert HEADER not in {name for sent in face.model.seen for name in sent.headers}


def test_a_signature_of_another_body_or_of_another_time_is_refused(make: Any) -> None:
    """401 in the caller's format, and no model is called."""
    face = make(verifier=Verifier({"dlp": KEY}, clock=lambda: NOW), plugins=[Staff()])
    said = body("document 4711")
    header = signed(said)
    assert face.send(body("document 4712"), **header).status_code == 401
    assert face.send(said, **header).status_code == 200
    again = face.send(said, **header)
    assert (again.status_code, again.json()["error"]["code"]) == (401, "replayed_signature")
    assert len(face.model.seen) == 1


def test_what_a_plug_in_finds_counts_and_what_it_cannot_tell_too(make: Any) -> None:
    """A name it finds is a tag; where it fails, or is not there, nobody knows, and the rule fires."""
    staff = Staff()
    verifier = Verifier({"dlp": KEY}, clock=lambda: NOW)
    face = make(verifier=verifier, plugins=[staff])

    def model(face: Face, text: str) -> str:
        said = body(text)
        told: str = face.send(said, **signed(said)).headers["x-policyroute-model"]
        return told

    assert model(face, "ask Ada") == "own"
    assert model(face, "ask nobody") == "far"
    staff.fails = True
    assert model(face, "ask nobody") == "own"
    assert model(make(verifier=verifier), "ask nobody") == "own"


def test_without_a_verifier_a_signature_says_nothing(make: Any) -> None:
    """A host that has no keys takes no tagger's word, and does not refuse the call either."""
    said = body("document 4711")
    face = make(plugins=[Staff()])
    assert face.send(said, **signed(said)).headers["x-policyroute-model"] == "own"


def test_none_is_none(make: Any) -> None:
    """`None` for either is as if it was not given."""
    assert make(verifier=None, plugins=None).send(body("hello")).status_code == 200


def test_a_plug_in_without_kinds_stops_the_app_at_mounting(make: Any) -> None:
    """What is no plug-in is said when the app is set up, not in a call."""
    with pytest.raises(PolicyrouteError, match="plug-in"):
        make(plugins=[object()]).send(body("hello"))
