"""How one gets from a request to a call: which path takes which format, who names the model, what a call is."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from policyroute.dialects import Call, api_of, read_call
from policyroute.dialects.writing import rewritten_path
from policyroute.errors import UsageError
from tests.dialects.planting import APIS, SMALLEST, read


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(("model", "requested"), [("auto", None), ("smart-router", None), ("gpt-4o", "gpt-4o"), (None, None)])
def test_some_names_leave_the_choice_to_the_policy(api, model, requested) -> None:
    """No model, `auto` and `smart-router` ask for none in particular."""
    assert read(api, {**SMALLEST[api], "model": model}).requested_model == requested


@pytest.mark.parametrize(
    ("path", "model", "stream"),
    [
        ("/v1beta/models/gemini-2:generateContent", "gemini-2", False),
        ("/v1beta/models/gemini-2:streamGenerateContent?alt=sse", "gemini-2", True),
        ("/v1/projects/p/locations/eu/publishers/google/models/gemini-2:generateContent/", "gemini-2", False),
        ("/v1beta/models/auto:streamGenerateContent", None, True),
        ("", "from-body", False),
    ],
)
def test_gemini_names_the_model_in_the_path(path, model, stream) -> None:
    """And streams by another name of the method."""
    call = read_call(json.dumps({"model": "from-body", "contents": []}).encode(), "gemini.generate", path=path)
    assert (call.requested_model, call.stream) == (model, stream)


OURS = {
    "/v1/chat/completions": "openai.chat",
    "/v1/responses": "openai.responses",
    "/v1/completions": "openai.completions",
    "/v1/embeddings": "openai.embeddings",
    "/v1/messages": "anthropic.messages",
    "/v1beta/models/gemini-2:generateContent": "gemini.generate",
    "/v1beta/models/gemini-2:streamGenerateContent": "gemini.generate",
}


@pytest.mark.parametrize("path", OURS)
def test_a_path_says_which_format_it_takes(path) -> None:
    """Under any mount prefix, with a slash at the end or without."""
    assert {api_of(prefix + path + end) for prefix in ("", "/llm", "/a/b.c") for end in ("", "/", "?alt=sse")} == {OURS[path]}


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "/",
            "/v1",
            "/v1/chat",
            "/v1/chat/completions/42",
            "/v1/responses/resp-1",
            "/v1/messages/count_tokens",
            "/v1/models",
        ),
        *("/chat/completions", "v1/messages", "/xv1/messages", "/v1beta/models/gemini-2", "/v1beta/models/gemini-2:countTokens"),
        *(
            "/v1beta/models/:generateContent",
            "/v1beta/models/a:generateContentually",
            "/v1/x?/v1/messages",
        ),
    ],
)
def test_other_paths_are_not_ours(path) -> None:
    """They pass untouched."""
    assert api_of(path) is None


@pytest.mark.parametrize("name", ["a/b", "a?b", "a/b?c", "tuned"])
def test_a_model_may_have_any_name_in_a_path(name: str) -> None:
    """Servers decode a path before anybody sees it: a slash or a question mark in a name is no way past."""
    path = f"/v1beta/models/{name}:generateContent"
    assert api_of(path) == "gemini.generate"
    assert read_call(b'{"contents":[]}', "gemini.generate", path=path).requested_model == name
    assert rewritten_path(path, "gemini.generate", "own", decoded=True) == "/v1beta/models/own:generateContent"


def test_a_call_is_a_value() -> None:
    """It carries what it was given, adds no state to the plain call, and can be copied."""
    call = Call.from_body(b'{"messages": [], "stream": true}', attributes={"plan": "pro"})
    assert (call.attributes, call.stream, call.api) == ({"plan": "pro"}, True, "openai.chat")
    assert not hasattr(call, "__dict__")
    assert type(call) is type(Call.from_text("hi")) is Call
    assert copy.deepcopy(call) == pickle.loads(pickle.dumps(call)) == call


def test_an_unknown_format_is_a_mistake_of_the_program() -> None:
    """Not of the caller, so it is not a refused call."""
    with pytest.raises(UsageError, match=r"one of openai.chat, "):
        Call.from_body(b"{}", api="smoke.signals")
