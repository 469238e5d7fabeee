"""A model that is named by the path: what is called is the one that the policy chose, in every face."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import httpx2
import pytest

from policyroute.loading import Policy
from policyroute.middleware import httpx as old, httpx2 as new
from tests.middleware.faces import URL, Asgi, Wsgi, shop
from tests.middleware.test_asgi import asked, run
from tests.middleware.test_wsgi import Server, environ

MAIL = {"contents": [{"role": "user", "parts": [{"text": "write to jane.doe@example.com"}]}]}
THEIRS = {"candidates": [], "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1}}
BODY = json.dumps(MAIL).encode()


def odd() -> Policy:
    """The shop, whose own model has a name with a slash in it."""
    return shop(lambda text: text.replace("upstream: llama-3", 'upstream: "meta/llama-3:8b"'))


PATHS = {
    "/v1beta/models/gpt-x:generateContent": "/v1beta/models/llama-3:generateContent",
    "/a/models/gpt-x:streamGenerateContent?alt=sse&key=models": "/a/models/llama-3:streamGenerateContent?alt=sse&key=models",
    "/v1beta/models/gpt-x%3AgenerateContent": "/v1beta/models/llama-3:generateContent",
    "/caf%C3%A9/mod%65ls/gpt-x:generateContent?a=b": "/caf%C3%A9/models/llama-3:generateContent?a=b",
    "/%FF/models/gpt-x:generateContent": None,  # no text: it is spelled anew
}
CLIENTS = [(httpx, old), (httpx2, new)]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("http", "ours"), CLIENTS, ids=["httpx", "httpx2"])
def test_a_client_calls_the_model_that_was_chosen(http: Any, ours: Any, path: str) -> None:
    """However the caller has spelled the path; his query is as it was."""
    seen: list[str] = []

    def sends(request: Any) -> Any:
        seen.append(request.url.raw_path.decode())
        return http.Response(200, json=THEIRS)

    with http.Client(transport=ours.PolicyTransport(shop(), transport=http.MockTransport(sends)), base_url=URL) as client:
        assert client.post(path, json=MAIL).headers["x-policyroute-model"] == "own"
    assert "gpt-x" not in seen[0]
    assert PATHS[path] in (seen[0], None)


@pytest.mark.parametrize(("http", "ours"), CLIENTS, ids=["httpx", "httpx2"])
def test_a_name_is_quoted(http: Any, ours: Any) -> None:
    """Whatever is in it."""
    seen: list[str] = []

    def sends(request: Any) -> Any:
        seen.append(request.url.raw_path.decode())
        return http.Response(200, json=THEIRS)

    with http.Client(transport=ours.PolicyTransport(odd(), transport=http.MockTransport(sends)), base_url=URL) as client:
        client.post("/v1beta/models/gpt-x:generateContent", json=MAIL)
    assert seen == ["/v1beta/models/meta%2Fllama-3%3A8b:generateContent"]


SCOPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "both": (
        {"path": "/a b/models/gpt-x:generateContent", "raw_path": b"/a%20b/models/gpt-x:generateContent"},
        {"path": "/a b/models/llama-3:generateContent", "raw_path": b"/a%20b/models/llama-3:generateContent"},
    ),
    "no raw path": ({"path": "/models/gpt-x:generateContent"}, {"path": "/models/llama-3:generateContent"}),
    "none": (
        {"path": "/models/gpt-x:generateContent", "raw_path": None},
        {"path": "/models/llama-3:generateContent", "raw_path": None},
    ),
    "another format": (
        {"path": "/v1/chat/completions", "raw_path": b"/v1/chat%2Fcompletions"},
        {"path": "/v1/chat/completions", "raw_path": b"/v1/chat%2Fcompletions"},
    ),
}


@pytest.mark.parametrize("name", SCOPES)
def test_a_scope_names_the_model_that_was_chosen(name: str) -> None:
    """In both of its paths, and the caller's own scope is as it was."""
    came, goes = SCOPES[name]
    seen: list[Mapping[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    face = Asgi(shop())
    face._inner = app  # type: ignore[method-assign]
    scope = {"type": "http", "method": "POST", "headers": [(b"x-user", b"acme")], **came}
    body = json.dumps({**MAIL, "messages": [{"role": "user", "content": "jane.doe@example.com"}]}).encode()
    run(face.app(), asked(body if name == "another format" else BODY), scope)
    assert {key: seen[0].get(key) for key in goes} == goes
    assert {key: scope.get(key) for key in came} == came


ENVIRONS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "a path": (
        {"SCRIPT_NAME": "/a", "PATH_INFO": "/models/gpt-x:generateContent", "REQUEST_URI": "/a/models/gpt-x:generateContent?a=b"},
        {
            "SCRIPT_NAME": "/a",
            "PATH_INFO": "/models/llama-3:generateContent",
            "REQUEST_URI": "/a/models/llama-3:generateContent?a=b",
        },
    ),
    "a mount of that name": (
        {"SCRIPT_NAME": "/models/gpt-x:generateContent", "PATH_INFO": "/"},
        {"SCRIPT_NAME": "/models/llama-3:generateContent", "PATH_INFO": "/"},
    ),
    "in two parts": (
        {"SCRIPT_NAME": "/a/models/gp", "PATH_INFO": "t-x:generateContent"},
        {"SCRIPT_NAME": "", "PATH_INFO": "/a/models/llama-3:generateContent"},
    ),
    "no text": (
        {"SCRIPT_NAME": "/\xff", "PATH_INFO": "/models/gpt-x:generateContent", "RAW_URI": "/%FF/models/gpt-x%3AgenerateContent"},
        {
            "SCRIPT_NAME": "/\xff",
            "PATH_INFO": "/models/llama-3:generateContent",
            "RAW_URI": "/%FF/models/llama-3:generateContent",
        },
    ),
}


@pytest.mark.parametrize("name", ENVIRONS)
def test_an_environ_names_the_model_that_was_chosen(name: str) -> None:
    """In whichever part it stands."""
    came, goes = ENVIRONS[name]
    seen: list[dict[str, Any]] = []

    def app(environ: Any, start_response: Any) -> Any:
        seen.append(environ)
        start_response("200 OK", [])
        return [b"{}"]

    face, server = Wsgi(shop()), Server()
    face._inner = app  # type: ignore[method-assign]
    server.run(face.app(), environ(BODY, **came))
    assert {key: seen[0].get(key) for key in goes} == goes


@pytest.mark.parametrize("mode", ["shadow", "off"])
def test_only_what_is_enforced_changes_a_path(mode: str) -> None:
    """Else the caller has his way."""
    policy = shop(lambda text: text.replace("pipeline:", f"mode: {mode}\npipeline:", 1))
    seen: list[str] = []

    def sends(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(200, json=THEIRS)

    with httpx.Client(transport=old.PolicyTransport(policy, transport=httpx.MockTransport(sends)), base_url=URL) as client:
        client.post("/models/gpt-x:generateContent", json=MAIL)
    assert seen == ["/models/gpt-x:generateContent"]
