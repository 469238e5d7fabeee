"""How a caller is told no, or that something broke: in the words of the dialect he speaks, so that his client raises as ever.

`code` and `message` are ours, never text of the call; `status` is that of the answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from policyroute.call import Api

_OPENAI_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_ANTHROPIC_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_GEMINI_STATUSES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    504: "DEADLINE_EXCEEDED",
}


def refusal(api: Api, *, status: int, code: str, message: str, decision_id: str = "", rules: Sequence[str] = ()) -> bytes:
    """The body of an answer that is none: what is wrong, by which decision, and which rules mattered."""
    error = _error(api, status, code, message) | _by(decision_id, rules)
    return _json({"type": "error", "error": error} if api == "anthropic.messages" else {"error": error})


def error_event(api: Api, *, status: int, code: str, message: str, decision_id: str = "", rules: Sequence[str] = ()) -> bytes:
    """The event that ends a stream in which something broke. Nothing comes after it, and nothing in it says it finished.

    It has to begin where an event may: after a whole one.
    """
    error = _error(api, status, code, message) | _by(decision_id, rules)
    if api == "anthropic.messages":
        return b"event: error\ndata: " + _json({"type": "error", "error": error}) + b"\n\n"
    if api == "openai.responses":
        event = {"type": "error", "code": code, "message": message, "param": None, "sequence_number": 0, "error": error}
        return b"event: error\ndata: " + _json(event) + b"\n\n"
    return b"data: " + _json({"error": error}) + b"\n\n"


def _error(api: Api, status: int, code: str, message: str) -> dict[str, object]:
    if api == "anthropic.messages":
        kind = _ANTHROPIC_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
        return {"type": kind, "message": message, "code": code}
    if api == "gemini.generate":
        named = _GEMINI_STATUSES.get(status, "INVALID_ARGUMENT" if status < 500 else "UNAVAILABLE")
        why = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code.upper(), "domain": "policyroute"}
        return {"code": status, "message": message, "status": named, "details": [why]}
    kind = _OPENAI_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"message": message, "type": kind, "param": None, "code": code}


def _by(decision_id: str, rules: Sequence[str]) -> dict[str, object]:
    told: dict[str, object] = {"decision_id": decision_id} if decision_id else {}
    return {**told, "rules": list(rules)} if rules else told


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
