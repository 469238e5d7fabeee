"""Signed tags, in use."""

from __future__ import annotations

import json

from policyroute import Call
from tests.taggers.test_taggers import BODY, refusal, signed, verifier


def test_the_body_is_that_of_the_call() -> None:
    """The bytes that were read, not what they mean."""
    header = signed()
    assert (
        refusal(lambda: verifier().admit(Call.from_body(BODY), header, json.dumps(json.loads(BODY)).encode())).code
        == "bad_signature"
    )
