"""What every face of the layer does."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.middleware.faces import FACES, Face, shop
from tests.middleware.upstream import WORDS

CALL: dict[str, Any] = {"model": "auto", "messages": [{"role": "user", "content": "Good morning"}]}
MAIL = {"model": "auto", "messages": [{"role": "user", "content": "Write to jane@example.com"}]}
KEY = {"model": "auto", "messages": [{"role": "user", "content": "password = 'Tr0ub4dor&3x!'"}]}
COST = 11 * 10_000 + 6 * 20_000  # nano-dollars: at ten and twenty dollars a million


@pytest.fixture(params=FACES)
def make(request: pytest.FixtureRequest) -> type[Face]:
    return FACES[request.param]


@pytest.fixture
def face(make: type[Face]) -> Iterator[Face]:
    yield make(shop())


def test_a_call_goes_where_the_policy_says(face: Face) -> None:
    """The model is named as its upstream has it, the answer says what was decided, and the cost is the real one."""
    answer = face.send(CALL)
    assert answer.status_code == 200
    assert answer.json()["choices"][0]["message"]["content"] == "".join(WORDS)
    assert face.model.seen[0].tree == {**CALL, "model": "gpt-x"}
    assert answer.headers["x-policyroute-model"] == "far"
    assert answer.headers["x-policyroute-policy"] == "shop@7"
    assert answer.headers["x-policyroute-attempts"] == "1"
    assert answer.headers["x-policyroute-decision"].startswith("dec_")
    assert face.spent() == (COST, 0)


def test_what_is_sensitive_stays(face: Face) -> None:
    """Personal data go to the model that may have them."""
    answer = face.send(MAIL)
    assert (answer.headers["x-policyroute-model"], face.model.seen[0].tree["model"]) == ("own", "llama-3")


def test_what_may_go_nowhere_is_denied(face: Face) -> None:
    """In the words of the caller's own wire format, with the rule and without the text; nothing is called or spent."""
    answer = face.send(KEY)
    assert answer.status_code == 403
    error = answer.json()["error"]
    assert error["code"] == "policy_denied"
    assert "keys" in answer.text
    assert "Tr0ub4dor" not in answer.text
    assert answer.headers["x-should-retry"] == "false"
    assert face.model.seen == []
    assert face.spent() == (0, 0)


def test_a_budget_that_is_used_up_denies(face: Face) -> None:
    """With the time until it starts anew."""
    face.model.usage = {"prompt_tokens": 90_000, "completion_tokens": 1000}
    statuses = [face.send(CALL).status_code for _ in range(3)]
    assert statuses[-1] == 429
    answer = face.send(CALL)
    assert answer.json()["error"]["code"] == "budget_exhausted"
    assert int(answer.headers["retry-after"]) > 0
    assert face.spent()[1] == 0


def test_a_stream_goes_through_as_it_is(face: Face) -> None:
    """Byte for byte, and is billed by what it said."""
    answer = face.send({**CALL, "stream": True, "stream_options": {"include_usage": True}})
    pieces = list(face.model._events(face.model.seen[0]))
    assert answer.content == b"".join(pieces)
    assert face.spent() == (COST, 0)


def test_usage_is_asked_for_and_kept_from_who_did_not_ask(face: Face) -> None:
    """A stream is billed exactly, and the caller gets the events that he would have got."""
    answer = face.send({**CALL, "stream": True})
    sent = face.model.seen[0]
    assert sent.tree["stream_options"] == {"include_usage": True}
    assert answer.content == b"".join(piece for piece in face.model._events(sent) if b'"choices": []' not in piece)
    assert face.spent() == (COST, 0)


def test_an_answer_without_usage_is_estimated(face: Face) -> None:
    """It is never free."""
    face.model.usage = {"prompt_tokens": -5, "completion_tokens": "many"}
    face.send(CALL)
    spent, held = face.spent()
    assert held == 0
    assert spent > 0


def test_what_money_is_held_for_is_said(make: type[Face]) -> None:
    """Where neither the caller nor the model says how long an answer may be, the body says how long it was held for."""
    face = make(shop(lambda text: text.replace(", max_output: 1000", "")))
    face.send(CALL)
    assert 4096 in (face.model.seen[0].tree.get("max_tokens"), face.model.seen[0].tree.get("max_completion_tokens"))
    face.send({**CALL, "max_tokens": 7})
    assert face.model.seen[1].tree["max_tokens"] == 7


def test_an_upstream_that_refuses_costs_nothing(face: Face) -> None:
    """Its answer is the caller's answer."""
    face.model.status = 500
    answer = face.send(CALL)
    assert answer.status_code == 500
    assert answer.headers["x-policyroute-model"] == "far"
    assert face.spent() == (0, 0)


def test_other_paths_are_nobodys_business(face: Face) -> None:
    """Neither read nor changed."""
    body = b'{"model": "auto", "model": "twice"}'
    answer = face.send(body, "/v1/other")
    assert face.model.seen[0].body == body
    assert not [name for name in answer.headers if name.startswith("x-policyroute")]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"[]", 400), (b'{"a": 1, "a": 2}', 400), (b"\xff\xfe{", 400), (b"x" * 20_000, 413)],
)
def test_what_cannot_be_read_is_refused(make: type[Face], body: bytes, status: int) -> None:
    """With an error of the caller's wire format, never a fault of ours."""
    face = make(shop(), max_body="10KB")
    answer = face.send(body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert face.model.seen == []


def test_a_packed_body_is_unpacked(face: Face) -> None:
    """What was scanned is what goes on."""
    face.send(gzip.compress(json.dumps(MAIL).encode()), content_encoding="gzip")
    assert face.model.seen[0].tree == {**MAIL, "model": "llama-3"}
    assert "content-encoding" not in face.model.seen[0].headers
    assert face.send(b"x", content_encoding="br").status_code == 415


def test_a_dry_run_calls_nobody(face: Face) -> None:
    """It answers the decision."""
    answer = face.send(CALL, x_policyroute_dry_run="true")
    assert (answer.status_code, answer.json()["decision"]["model"]) == (200, "far")
    assert face.model.seen == []
    assert face.spent() == (0, 0)


def test_shadow_mode_changes_nothing(make: type[Face]) -> None:
    """Not even the model; the decision is said all the same."""
    face = make(shop(lambda text: text.replace("models:", "mode: shadow\nmodels:", 1)))
    answer = face.send(KEY)
    assert answer.status_code == 200
    assert face.model.seen[0].body == json.dumps(KEY).encode()
    assert answer.headers["x-policyroute-decision"].startswith("dec_")


def test_a_policy_that_is_off_lets_everything_pass(make: type[Face]) -> None:
    """As it came."""
    face = make(shop(lambda text: text.replace("models:", "mode: 'off'\nmodels:", 1)))
    face.send(KEY)
    assert face.model.seen[0].body == json.dumps(KEY).encode()


def test_values_are_masked_before_the_call_leaves(make: type[Face]) -> None:
    """By a placeholder, where a rule says so."""
    face = make(shop(lambda text: text.replace("add: [personal]}", "add: [personal], redact: [email]}", 1)))
    face.send(MAIL)
    assert "jane@example.com" not in face.model.seen[0].body.decode()
    assert "[EMAIL_1]" in face.model.seen[0].body.decode()


def test_values_are_put_back_into_the_answer(make: type[Face]) -> None:
    """The model answers with the placeholder, the caller reads the value."""
    face = make(shop(lambda text: text.replace("add: [personal]}", "add: [personal], redact: [email], restore: true}", 1)))
    face.model.echo = True
    answer = face.send(MAIL)
    assert "jane@example.com" not in face.model.seen[0].body.decode()
    assert answer.json()["choices"][0]["message"]["content"] == "Write to jane@example.com"


def test_values_are_put_back_into_streams(make: type[Face]) -> None:
    """Though a placeholder comes in pieces."""
    face = make(shop(lambda text: text.replace("add: [personal]}", "add: [personal], redact: [email], restore: true}", 1)))
    face.model.echo = True
    answer = face.send({**MAIL, "stream": True})
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    said = "".join(one["choices"][0]["delta"].get("content", "") for one in events)
    assert said == "Write to jane@example.com"


def test_a_call_of_another_wire_format(face: Face) -> None:
    """Anthropic's messages are read, billed and refused in their own words."""
    body = {"model": "auto", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
    assert face.send(body, "/v1/messages").json()["type"] == "message"
    assert face.spent() == (COST, 0)
    refused = face.send({**body, "messages": KEY["messages"]}, "/v1/messages")
    assert (refused.status_code, refused.json()["type"]) == (403, "error")


def test_the_handler_finds_the_decision() -> None:
    """Where frameworks look for such things."""
    for name in ("asgi", "wsgi"):
        face = FACES[name](shop())
        face.send(CALL)
        assert face.decisions[0].model == "far"


@pytest.mark.parametrize("name", ["asgi", "wsgi"])
def test_a_layer_within_a_layer_counts_once(name: str) -> None:
    """Mounted twice is one decision and one charge."""
    face = FACES[name](shop())
    inner = face.app()
    face.app = lambda: type(inner)(inner, face.policy, ledger=face.ledger, attributes=inner._attributes)  # type: ignore[attr-defined]
    assert face.send(CALL).status_code == 200  # type: ignore[no-untyped-call]
    assert face.spent() == (COST, 0)
    assert len(face.model.seen) == 1
