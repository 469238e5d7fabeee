"""Nothing that this package emits has a word of a call in it: a canary is put everywhere, and must not be heard again."""

from __future__ import annotations

import json
import logging
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

import pytest

from policyroute import detect
from policyroute.call import Facts
from policyroute.cli.main import main
from policyroute.decision import Decision
from policyroute.dialects import DIALECTS, Call
from policyroute.errors import CallError, PolicyrouteError
from policyroute.loading import Policy, loads
from policyroute.plugins import look
from policyroute.redaction import NotRedacted, redacted
from policyroute.taggers import Verifier, sign
from tests.dialects.planting import APIS, merged, planted

BIRD = "kestrel7f3a9"
# Found by a detector, by a regex and by a keyword, or by none of them.
SONGS = (f"mail {BIRD}@nest-mail.net about project heron", f"password = {BIRD}Xq9Lw2", BIRD)
PATHS = {
    "openai.chat": "/v1/chat/completions",
    "openai.responses": "/v1/responses",
    "openai.completions": "/v1/completions",
    "openai.embeddings": "/v1/embeddings",
    "anthropic.messages": "/v1/messages",
    "gemini.generate": "/v1beta/models/auto:generateContent",
}
SAID = {
    "openai.chat": "messages[].content",
    "openai.responses": "input",
    "openai.completions": "prompt",
    "openai.embeddings": "input",
    "anthropic.messages": "messages[].content",
    "gemini.generate": "contents[].parts[].text",
}
POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: aviary, version: 1}
models:
  near: {provider: p, tier: t, region: eu, context: 1000000, price: {in: 1, out: 1}}
  far: {provider: p, tier: t, region: us, context: 1000000, price: {in: 1, out: 2}}
tiers: [t]
attributes:
  team: {from: auth.team, trust: verified}
  plan: {from: auth.plan, trust: verified, values: [free, pro], default: free}
  note: {from: header.x-note, trust: claimed}
  kind: {from: header.x-kind, trust: claimed, values: [a, b]}
  meta: {from: body.metadata.note, trust: claimed}
tags: {found: {only: {region: [eu]}}, unread: {}}
detectors: {person: {plugin: true}}
pipeline:
  sensitivity:
    - {id: detected, when: {detect: [email, phone, credit-card, secret, person]}, add: [found]}
    - {id: regex, when: {prompt: {regex: 'project \\w+'}}, add: [found]}
    - {id: words, when: {prompt: {keywords: [heron, password]}}, add: [found]}
    - {id: team, when: {team: {regex: '^kest'}}, add: [found]}
    - {id: noted, when: {note: {regex: 'kest'}}, add: [found]}
    - {id: meta, when: {meta: any}, add: [found]}
    - {id: unread, when: {unscanned: true}, add: [unread]}
  routes:
    - {id: asked, when: {requested_model: ['kestrel*']}, to: near, otherwise: continue}
  budgets:
    - {id: day, per: [team], window: day, limit: {usd: 1}, on_missing: shared, steps: [{at: 90%, deny: budget_exhausted}]}
  complexity:
    ladder: [{id: all, when: {}, prefer: [t]}]
"""


@cache
def policy() -> Policy:
    """A policy that asks in every way that there is."""
    return loads(POLICY)


@pytest.fixture(autouse=True)
def silence(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test here does, no logger and no warning repeats the canary."""
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield
    for record in caplog.records:
        assert not sings(record.getMessage(), repr(record.args), record.exc_text), record.name
    assert not sings(*map(str, warned))


def sings(*emitted: object) -> bool:
    """Whether the canary is in any of it, in whatever case."""
    return any(BIRD in str(one).lower() for one in emitted)


def told(error: BaseException) -> list[object]:
    """All that can be learned of an exception, and of those before it."""
    also = [one for one in (error.__cause__, error.__context__) if one is not None]
    mine = [error, repr(error), error.args, vars(error), *traceback.format_exception_only(error)]
    return [*mine, *(each for one in also for each in told(one))]


def shown(decision: Decision) -> list[object]:
    """All that a decision says of itself."""
    public = [getattr(decision, name) for name in dir(decision) if not name.startswith("_") and name not in ("facts", "to_dict")]
    written = decision.to_dict()
    return [
        decision,
        repr(decision),
        repr(vars(decision)["_ended"]),
        *map(repr, public),
        json.dumps(written),
        repr(decision.facts),
    ]


def everywhere(api: str) -> Iterator[dict[str, object]]:
    """A body for each place, with the canary as a text, as a name, and deep down in what nobody expects there."""
    for path in dict.fromkeys(declared.path for declared in DIALECTS[api].fields):  # type: ignore[index]
        for value in (SONGS[0], BIRD, {BIRD: SONGS[1]}, [[{"vendor": BIRD}]]):
            yield planted(api, path, value)  # type: ignore[arg-type]


def mapped(api: str, **fields: object) -> bytes:
    """A body that sings in its text, and has these fields."""
    return json.dumps(merged(planted(api, SAID[api], SONGS[0]), fields)).encode()  # type: ignore[arg-type]


HEADERS = {"x-note": f"{BIRD} calls", "x-other": BIRD, f"x-{BIRD}": "a", "authorization": f"Bearer {BIRD}"}
AUTH = {"team": BIRD, "other": BIRD}


@pytest.mark.parametrize("api", APIS)
def test_no_decision_and_no_refusal_repeats_a_call(api) -> None:
    """Wherever in the body the canary sits, and in headers and attributes beside it."""
    decided = 0
    for body in everywhere(api):
        try:
            call = Call.from_body(json.dumps(body).encode(), api=api, headers=HEADERS, attributes=AUTH)
            decision = policy().decide(call, Facts(id="dec_1", spent={"day": 0.95 * (decided % 2)}))
        except CallError as refused:
            assert not sings(*told(refused)), body
            continue
        decided += 1
        assert not sings(repr(call), str(call), f"{call}", repr(call.parts)), body
        assert not sings(*shown(decision)), body
    assert decided > 10


@pytest.mark.parametrize("song", SONGS)
def test_what_fired_is_said_without_what_it_hit(song) -> None:
    """The rules hit, so that there was something to repeat."""
    call = Call.from_body(mapped("openai.chat", user=song, model=BIRD), headers=HEADERS, attributes=AUTH)
    decision = policy().decide(call)
    assert {"team", "noted"} <= set(decision.fired)
    assert not sings(*shown(decision))


BROKEN = {
    "cut off": lambda body: body[:-9],
    "with more behind": lambda body: body + BIRD.encode(),
    "a name twice": lambda body: body[:-1] + f', "{BIRD}": 1, "{BIRD}": 2}}'.encode(),
    "a known name twice": lambda body: body[:-1] + f', "model": "{BIRD}", "model": "{BIRD}"}}'.encode(),
    "half a character": lambda body: body[:-1] + f', "{BIRD}": "{BIRD}\\ud800"}}'.encode(),
    "no number": lambda body: body[:-1] + f', "{BIRD}": [NaN]}}'.encode(),
    "a long number": lambda body: body[:-1] + f', "{BIRD}": {"1" * 5000}}}'.encode(),
    "too deep": lambda body: body[:-1] + f', "{BIRD}": {"[" * 200}{"]" * 200}}}'.encode(),
    "in other bytes": lambda body: body.decode().encode("utf-16"),
    "Latin-1": lambda body: body[:-1] + f', "{BIRD}": "'.encode() + b'\xe9"}',
    "a list": lambda body: b"[" + body + b"]",
    "a model of two words": lambda body: body[:-1] + f', "model": "{BIRD} {BIRD}"}}'.encode(),
    "a size in words": lambda body: body[:-1] + f', "max_tokens": "{BIRD}", "max_output_tokens": "{BIRD}"}}'.encode(),
    "redirected": lambda body: body[:-1] + f', "api_base": "https://{BIRD}.example"}}'.encode(),
    "redirected by a family": lambda body: body[:-1] + f', "litellm_{BIRD}": 1, "{BIRD}_api_key": 1}}'.encode(),
    "metadata of words": lambda body: body[:-1] + f', "metadata": "{BIRD}"}}'.encode(),
    "an unknown ask": lambda body: body[:-1] + f', "metadata": {{"policyroute": {{"{BIRD}": "{BIRD}"}}}}}}'.encode(),
    "an unknown tag": lambda body: body[:-1] + f', "metadata": {{"policyroute": {{"tags": ["{BIRD}"]}}}}}}'.encode(),
    "an unknown tier": lambda body: body[:-1] + f', "metadata": {{"policyroute": {{"tier": "{BIRD}"}}}}}}'.encode(),
    "an unknown profile": lambda body: body[:-1] + f', "metadata": {{"policyroute": {{"profile": "{BIRD} {BIRD}"}}}}}}'.encode(),
    "a cost in words": lambda body: body[:-1] + f', "max_cost": "{BIRD}"}}'.encode(),
}
ASKED = {
    "an unknown tag": {"x-policyroute-tags": BIRD},
    "no name": {"x-policyroute-tags": f"{BIRD} {BIRD}"},
    "no preference": {"x-policyroute-prefer": BIRD},
    "no amount": {"x-policyroute-max-cost-usd": BIRD},
    "an unknown tier": {"x-policyroute-tier": BIRD},
    "a control character": {f"x-{BIRD}\n": f"{BIRD}\r\n"},
    "outside its values": {"x-kind": BIRD},
    "packed": {"content-encoding": BIRD},
    "not gzip": {"content-encoding": "gzip"},
    "asked twice": [("x-policyroute-tier", BIRD), ("X_Policyroute_Tier", f"{BIRD}2")],
}


def said_of(body: bytes, api: str, headers: Mapping[str, str] | None = None) -> str:
    """The complaint about a body, if there is one."""
    with pytest.raises(PolicyrouteError) as caught:
        policy().decide(Call.from_body(body, api=api, headers=headers, attributes=AUTH))
    assert not sings(*told(caught.value))
    return str(caught.value)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("spoilt", BROKEN.values(), ids=BROKEN)
def test_no_complaint_about_a_body_repeats_it(api, spoilt) -> None:
    """What is wrong is said by its place, in our words."""
    body = spoilt(mapped(api))
    try:
        policy().decide(Call.from_body(body, api=api, attributes=AUTH))
    except PolicyrouteError:
        assert said_of(body, api)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("headers", ASKED.values(), ids=ASKED)
def test_no_complaint_about_a_header_repeats_it(api, headers) -> None:
    """Neither its value nor a name that is not ours."""
    assert said_of(mapped(api), api, headers)


def test_an_attribute_outside_its_values_is_not_repeated() -> None:
    """Although the app vouches for it."""
    with pytest.raises(CallError) as caught:
        policy().decide(Call.from_text("hi", attributes={"plan": BIRD}))
    assert not sings(*told(caught.value))


def run(*words: str) -> tuple[int, str]:
    """A command line, and all it printed."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    return code, out.getvalue() + err.getvalue()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the policy in it, which looks for less, because it is loaded for each command."""
    (tmp_path / "aviary.yaml").write_text(POLICY.replace("email, phone, credit-card, secret, person", "email, person"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_explain_repeats_nothing(api, form, place) -> None:
    """Decided or refused, in every form of its answer."""
    given = [
        "explain",
        "aviary.yaml",
        "--path",
        PATHS[api],
        "--output",
        form,
        "--attr",
        f"team={BIRD}",
        "--header",
        f"x-note={BIRD}",
    ]
    whole = mapped(api, metadata={"note": BIRD, BIRD: BIRD}, vendor={BIRD: SONGS[1]})
    for body, code in ((whole, 0), (whole[:-5], 2), (whole[:-1] + f', "{BIRD}": 1, "{BIRD}": 2}}'.encode(), 2)):
        (place / "call.json").write_bytes(body)
        ran, printed = run(*given, "--body", "call.json")
        assert ran == code, printed
        assert printed
        assert not sings(printed)
    ran, printed = run(*given, "--prompt", SONGS[0])
    assert (ran, sings(printed)) == (0, False)


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_detect_shows_a_mask(form, place) -> None:
    """Of what it finds in texts and in bodies, and of nothing else a word."""
    (place / "notes.txt").write_text("\n".join(SONGS[:2]))
    for api in APIS:
        (place / "call.json").write_bytes(mapped(api))
        for given in (["notes.txt"], ["--api", api, "call.json"]):
            ran, printed = run("detect", *given, "--output", form)
            assert ran == 0, printed
            assert "email" in printed
            assert f"{BIRD}@" not in printed.lower()
            assert f"{BIRD}xq" not in printed.lower()
        (place / "call.json").write_bytes(mapped(api)[:-4])
        ran, printed = run("detect", "--api", api, "call.json", "--output", form)
        assert ran == 2
        assert not sings(printed)
    assert not sings(*map(repr, detect("\n".join(SONGS[:2]))))


@pytest.mark.parametrize(
    "body", [b'{"messages": "@"}', b'{"@": 1}', b'{"messages": [{"role": "@"}]}', b'{"messages": [], "api_base": "@"}']
)
def test_a_case_with_a_bad_body_is_refused_without_it(body, place) -> None:
    """A test file may hold what was seen in production."""
    written = body.decode().replace("@", BIRD)
    (place / "aviary_test.yaml").write_text(
        "apiVersion: policyroute/v1\nkind: PolicyTest\npolicy: aviary.yaml\n"
        f"requests:\n  wire: {{headers: {{x-note: {BIRD}}}, body: {written}}}\n"
        "tests:\n  - {name: it is refused, request: wire, expect: {outcome: route, model: near}}\n"
    )
    for form in ("text", "json"):
        ran, printed = run("test", "aviary_test.yaml", "--output", form)
        assert ran == 4, printed
        assert not sings(printed)


@pytest.mark.parametrize("api", APIS)
def test_masking_repeats_nothing(api) -> None:
    """What is masked is in no repr, and what cannot be masked in no error."""
    done = redacted(mapped(api, user=SONGS[0]), api, ("email", "secret"))
    assert done.replaced
    assert not sings(repr(done), repr(vars(done)["_masked"]), done.body, done.replaced, done.placeholders)
    for body in everywhere(api):
        try:
            redacted(json.dumps(body).encode(), api, ("email", "secret"))
        except (CallError, NotRedacted) as refused:
            assert not sings(*told(refused)), body


class Clumsy:
    """A plug-in that shouts what it was given."""

    name, kinds = "clumsy", frozenset({"person"})

    def find(self, text: str) -> list[tuple[str, int, int]]:
        """Never does."""
        raise ValueError(text)


def test_a_plug_in_that_fails_is_logged_without_the_text(caplog) -> None:
    """By the class of what it raised."""
    assert look([Clumsy()], Call.from_text(SONGS[0])) == {}
    assert "ValueError" in caplog.text
    assert not sings(caplog.text)


def test_a_tagger_that_is_not_believed_is_not_repeated() -> None:
    """Neither its tags nor its nonce."""
    key = b"k" * 32
    verifier = Verifier({"main": key}, clock=lambda: 100.0)
    signed = sign("main", key, [BIRD], mapped("openai.chat"), expires=200, nonce=BIRD * 2)
    for header, body in ((signed, b"{}"), (signed[:-3], mapped("openai.chat")), (BIRD, b"{}"), ([BIRD, BIRD], b"{}")):
        with pytest.raises(CallError) as caught:
            verifier.verify(header, body)
        assert not sings(*told(caught.value))
    assert not sings(repr(verifier))
