"""The examples do what they say: each app is mounted and asked, as printed."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

import httpx
import httpx2
import pytest

EASY = {"model": "auto", "messages": [{"role": "user", "content": "Thank you!"}]}
MAIL = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Write to jane@example.com"}]}
KEY = {"model": "auto", "messages": [{"role": "user", "content": "password = 'Tr0ub4dor&3x!'"}]}
URL = "http://app.example"
PATH = "/v1/chat/completions"


def ask(name: str, attribute: str, body: Any) -> Any:
    """One call to an app of the examples."""
    app = getattr(importlib.import_module(f"examples.{name}"), attribute)
    if name in ("flask_app", "django_app"):
        with httpx.Client(transport=httpx.WSGITransport(app), base_url=URL) as client:
            return client.post(PATH, json=body)

    async def go() -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
            return await client.post(PATH, json=body)

    return asyncio.run(go())


APPS = [("starlette_app", "app"), ("fastapi_app", "app"), ("flask_app", "app"), ("django_app", "application")]


@pytest.mark.parametrize(("name", "attribute"), APPS)
def test_an_app(name: str, attribute: str) -> None:
    """It answers by the model that the policy chose, and denies what the policy denies."""
    easy, mail, key = (ask(name, attribute, body) for body in (EASY, MAIL, KEY))
    assert (easy.status_code, easy.json()["model"]) == (200, "llama-3.1-8b")
    assert (mail.status_code, mail.json()["model"]) == (200, "llama-3.1-8b")
    assert mail.headers["x-policyroute-model"] == "own-small"
    assert (key.status_code, key.json()["error"]["code"]) == (403, "policy_denied")


def test_an_sdk() -> None:
    """The same in the client of an SDK."""
    example = importlib.import_module("examples.openai_sdk")

    def model(request: httpx2.Request) -> httpx2.Response:
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Paris"}}
        usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
        answer = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
        return httpx2.Response(200, json=answer)

    with example.client(httpx2.MockTransport(model), base_url=f"{URL}/v1", api_key="none") as openai:
        assert example.ask(openai, "What is the capital of France?") == "Paris"
        assert example.ask(openai, KEY["messages"][0]["content"]) == "denied: policy_denied"
