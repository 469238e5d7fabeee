"""How a caller is told no, in the words of his own dialect."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.call import Api
from policyroute.dialects.meters import Meter
from policyroute.dialects.refusals import error_event, refusal
from tests.dialects.planting import APIS

DENIED = {"status": 403, "code": "policy_denied", "message": "no", "decision_id": "dec_1", "rules": ("a", "b")}
BY = {"decision_id": "dec_1", "rules": ["a", "b"]}
OPENAI = {"error": {"message": "no", "type": "permission_error", "param": None, "code": "policy_denied", **BY}}
WHY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "POLICY_DENIED", "domain": "policyroute"}
BODIES: dict[Api, dict] = {
    "openai.chat": OPENAI,
    "openai.responses": OPENAI,
    "openai.completions": OPENAI,
    "openai.embeddings": OPENAI,
    "anthropic.messages": {
        "type": "error",
        "error": {"type": "permission_error", "message": "no", "code": "policy_denied", **BY},
    },
    "gemini.generate": {"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED", "details": [WHY], **BY}},
}


@pytest.mark.parametrize("api", APIS)
def test_a_refusal_speaks_the_dialect(api: Api) -> None:
    """With the decision and the rules that mattered beside what that dialect says itself."""
    assert json.loads(refusal(api, **DENIED)) == BODIES[api]


@pytest.mark.parametrize("api", APIS)
def test_what_is_not_known_is_left_out(api: Api) -> None:
    """A body that could not be read has no decision."""
    error = json.loads(refusal(api, status=400, code="invalid_request", message="no"))["error"]
    assert not {"decision_id", "rules"} & error.keys()


KINDS = [
    ("openai.chat", 400, "invalid_request_error"),
    ("openai.chat", 401, "authentication_error"),
    ("openai.chat", 413, "invalid_request_error"),
    ("openai.chat", 429, "rate_limit_error"),
    ("openai.chat", 502, "server_error"),
    ("anthropic.messages", 400, "invalid_request_error"),
    ("anthropic.messages", 401, "authentication_error"),
    ("anthropic.messages", 413, "request_too_large"),
    ("anthropic.messages", 415, "invalid_request_error"),
    ("anthropic.messages", 429, "rate_limit_error"),
    ("anthropic.messages", 502, "api_error"),
    ("anthropic.messages", 503, "overloaded_error"),
    ("anthropic.messages", 504, "timeout_error"),
    ("gemini.generate", 400, "INVALID_ARGUMENT"),
    ("gemini.generate", 401, "UNAUTHENTICATED"),
    ("gemini.generate", 429, "RESOURCE_EXHAUSTED"),
    ("gemini.generate", 502, "UNAVAILABLE"),
    ("gemini.generate", 504, "DEADLINE_EXCEEDED"),
]


@pytest.mark.parametrize(("api", "status", "kind"), KINDS)
def test_a_status_has_its_kind(api: Api, status: int, kind: str) -> None:
    """As the provider himself would name it."""
    error = json.loads(refusal(api, status=status, code="c", message="no"))["error"]
    assert error["status" if api == "gemini.generate" else "type"] == kind


EVENTS: dict[Api, tuple[str, bool]] = {
    "openai.chat": ("", False),
    "openai.completions": ("", False),
    "openai.responses": ("event: error", True),
    "anthropic.messages": ("event: error", True),
    "gemini.generate": ("", False),
}


@pytest.mark.parametrize("api", EVENTS)
def test_an_error_in_a_stream_is_an_event_of_the_dialect(api: Api) -> None:
    """The same error as in a body, under the name of the event where events have names."""
    name, is_typed = EVENTS[api]
    lines = error_event(api, **DENIED).decode().split("\n")
    assert lines[-2:] == ["", ""]
    assert lines[:-3] == [name][: len(name)]
    data = json.loads(lines[-3].removeprefix("data: "))
    assert data["error"] == BODIES[api]["error"]
    assert data.get("type") == ("error" if is_typed else None)
    if api == "openai.responses":
        assert (data["code"], data["message"], data["param"]) == ("policy_denied", "no", None)


@given(st.sampled_from(sorted(EVENTS)), st.text(max_size=20), st.lists(st.text(max_size=5), max_size=2))
@settings(max_examples=50, deadline=None)
def test_no_message_breaks_out_of_its_event(api: Api, message: str, rules: list[str]) -> None:
    """It is one event, nothing in it says that the stream has finished, and who reads it knows that it has not."""
    event = error_event(api, status=502, code="upstream_failed", message=message, rules=rules)
    assert event.endswith(b"\n\n")
    assert event.count(b"\n\n") == 1
    assert b"\r" not in event
    meter = Meter(api, True)
    meter.feed(event)
    answered = meter.end()
    assert (answered.complete, answered.finish, answered.said_bytes) == (False, "", 0)
