"""The SDKs that people use, through the transport: what they send arrives, and a denial is their own exception."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic
import openai
import pytest

from tests.middleware.faces import URL, USER, AsyncNew, AsyncOld, SyncNew, SyncOld, shop
from tests.middleware.test_behaviour import CALL, COST, KEY
from tests.middleware.upstream import WORDS

HELLO = CALL["messages"]
TEXT = "".join(WORDS)


def client_of(face: Any) -> Any:
    """OpenAI's client of a face's kind, with as many retries as it likes."""
    made = openai.AsyncOpenAI if isinstance(face, AsyncNew | AsyncOld) else openai.OpenAI
    return made(http_client=face.client(), base_url=f"{URL}/v1", api_key="none", default_headers=USER)


@pytest.mark.parametrize("kind", [SyncOld, SyncNew])
def test_openai(kind: type[Any]) -> None:
    """Whole and streamed, with either client."""
    face = kind(shop())
    with client_of(face) as client:
        answer = client.chat.completions.create(model="auto", messages=HELLO)
        assert answer.choices[0].message.content == TEXT
        assert face.spent() == (COST, 0)
        stream = client.chat.completions.create(model="auto", messages=HELLO, stream=True, stream_options={"include_usage": True})
        said = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
    assert "".join(said) == TEXT
    assert face.spent() == (2 * COST, 0)


@pytest.mark.parametrize("kind", [AsyncOld, AsyncNew])
def test_openai_in_an_event_loop(kind: type[Any]) -> None:
    """The same."""
    face = kind(shop())

    async def go() -> str:
        async with client_of(face) as client:
            await client.chat.completions.create(model="auto", messages=HELLO)
            stream = await client.chat.completions.create(
                model="auto", messages=HELLO, stream=True, stream_options={"include_usage": True}
            )
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])

    assert asyncio.run(go()) == TEXT
    assert face.spent() == (2 * COST, 0)


@pytest.mark.parametrize("kind", [SyncOld, SyncNew])
def test_a_denial_is_an_exception_of_the_sdk(kind: type[Any]) -> None:
    """Which it does not try again."""
    face = kind(shop())
    sent = []
    with client_of(face) as client:
        client._client.event_hooks["request"].append(sent.append)
        with pytest.raises(openai.PermissionDeniedError) as denied:
            client.chat.completions.create(model="auto", messages=KEY["messages"])
    assert denied.value.code == "policy_denied"
    assert len(sent) == 1
    assert face.model.seen == []


def test_a_stream_that_is_left_is_billed() -> None:
    """For what it had said by then, and its hold is gone."""
    face = SyncNew(shop())
    with client_of(face) as client:
        stream = client.chat.completions.create(model="auto", messages=HELLO, stream=True)
        next(iter(stream))
        stream.close()
    spent, held = face.spent()
    assert held == 0
    assert 0 < spent < 10 * COST


def test_a_retry_never_holds_twice() -> None:
    """The SDK tries a failing upstream again; each attempt ends before the next begins."""
    face = SyncNew(shop())
    face.model.status = 500
    with client_of(face) as client, pytest.raises(openai.InternalServerError):
        client.with_options(max_retries=2).chat.completions.create(model="auto", messages=HELLO)
    assert len(face.model.seen) == 3
    assert face.spent() == (0, 0)


def test_anthropic() -> None:
    """With the one client that it takes; and its own exception."""
    face = SyncNew(shop())
    with anthropic.Anthropic(http_client=face.client(), base_url=URL, api_key="none", default_headers=USER) as client:
        answer = client.messages.create(model="auto", max_tokens=100, messages=HELLO)
        assert answer.content[0].text == TEXT
        assert face.spent() == (COST, 0)
        with pytest.raises(anthropic.PermissionDeniedError):
            client.messages.create(model="auto", max_tokens=100, messages=KEY["messages"])
    assert len(face.model.seen) == 1
