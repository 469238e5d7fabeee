"""The ASGI face, message by message, and behind a real server."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from policyroute.errors import PolicyError
from policyroute.middleware.asgi import PolicyRouteMiddleware
from tests.middleware.faces import SHOP, Asgi, Books, shop
from tests.middleware.test_behaviour import CALL, COST
from tests.middleware.upstream import WORDS

BODY = json.dumps(CALL).encode()
STREAM = json.dumps({**CALL, "stream": True}).encode()
HTTP = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "headers": [(b"x-user", b"acme")]}
GONE = {"type": "http.disconnect"}


def asked(body: bytes = BODY, *after: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "http.request", "body": body, "more_body": False}, *after]


def run(app: Any, messages: list[dict[str, Any]], scope: dict[str, Any] | None = None) -> list[Any]:
    """What an app sends, given these messages."""
    sent: list[Any] = []
    waiting = list(messages)

    async def receive() -> Any:
        return waiting.pop(0) if waiting else GONE

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope or HTTP, receive, send))
    return sent


def test_a_body_in_pieces_of_one_byte() -> None:
    """Is read as a whole."""
    face = Asgi(shop())
    pieces = [{"type": "http.request", "body": BODY[i : i + 1], "more_body": True} for i in range(len(BODY))]
    sent = run(face.app(), [*pieces, {"type": "http.request"}])
    assert sent[0]["status"] == 200
    assert face.spent() == (COST, 0)


def test_a_client_that_goes_before_it_has_asked() -> None:
    """Is answered nothing, and costs nothing."""
    face = Asgi(shop())
    assert run(face.app(), [{"type": "http.request", "body": BODY[:9], "more_body": True}, GONE]) == []
    assert face.model.seen == []
    assert face.ledger.balances("") == ()


def test_a_body_that_never_ends() -> None:
    """Is refused when it is too long, not when it is over."""
    face = Asgi(shop(), max_body="1KB")
    endless = [{"type": "http.request", "body": b" " * 600, "more_body": True}] * 9
    assert run(face.app(), endless)[0]["status"] == 413


@pytest.mark.parametrize("kind", ["websocket", "http.next"])
def test_what_is_no_call_passes(kind: str) -> None:
    """The very scope, and the very functions."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    scope = {"type": kind, "path": "/v1/chat/completions"}
    layer = PolicyRouteMiddleware(app, shop())
    asyncio.run(layer(scope, run, test_what_is_no_call_passes))  # type: ignore[arg-type]
    assert seen == [(scope, run, test_what_is_no_call_passes)]


@pytest.mark.parametrize("ending", ["complete", "failed"])
def test_when_an_app_has_gone_down_its_layer_is_closed(ending: str, tmp_path: Path) -> None:
    """Before the server is told of it: then what was to be written is, and nobody watches the policy any more."""
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP, "utf-8")
    threads: list[list[str]] = []

    def watching() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name == "policyroute-reload"]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for said in ("startup.complete", f"shutdown.{ending}"):
            await receive()
            await send({"type": f"lifespan.{said}"})

    async def receive() -> Any:
        return {"type": "lifespan.any"}

    async def send(message: Any) -> None:
        threads.append(watching())

    before = watching()
    asyncio.run(PolicyRouteMiddleware(app, path)({"type": "lifespan"}, receive, send))
    assert threads == [[*before, "policyroute-reload"], before]


def test_an_app_that_raises_leaves_nothing_held() -> None:
    """Its exception is its own."""
    face = Asgi(shop())

    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError("of the app")

    face._inner = fails  # type: ignore[method-assign]
    with pytest.raises(KeyError):
        run(face.app(), asked())
    spent, held = face.spent()
    assert held == 0
    assert spent < COST


def test_an_app_that_reads_nothing_or_twice() -> None:
    """Gets the body once, and then what the server has to say."""
    face = Asgi(shop())
    got: list[Any] = []

    async def reads(scope: Any, receive: Any, send: Any) -> None:
        got.extend([await receive(), await receive()])

    face._inner = reads  # type: ignore[method-assign]
    run(face.app(), asked())
    assert json.loads(got[0]["body"])["model"] == "gpt-x"
    assert got[1] == GONE


def test_a_stream_that_is_cancelled_is_billed() -> None:
    """For what it had said; nothing stays held."""
    face = Asgi(shop())

    async def slowly(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        event = {"choices": [{"index": 0, "delta": {"content": "word " * 40}}]}
        await send({"type": "http.response.body", "body": f"data: {json.dumps(event)}\n\n".encode(), "more_body": True})
        await asyncio.Event().wait()

    face._inner = slowly  # type: ignore[method-assign]

    async def cancelled() -> None:
        async def receive() -> Any:
            return asked(STREAM)[0]

        said = asyncio.Event()

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                said.set()

        task = asyncio.create_task(face.app()(HTTP, receive, send))
        await said.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    spent, held = face.spent()
    assert held == 0
    assert spent >= 40 * 20_000


def test_a_bad_policy_stops_the_app_where_it_is_set_up(tmp_path: Any) -> None:
    """Not at the first call."""
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: Policy\n", "utf-8")
    with pytest.raises(PolicyError):
        PolicyRouteMiddleware(Asgi(shop())._inner, bad)


@pytest.fixture
def server() -> Iterator[tuple[Asgi, str]]:
    """The face behind uvicorn, on a port of its own."""
    face = Asgi(shop())
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(face.app(), log_level="error", lifespan="off")
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield face, f"http://127.0.0.1:{listening.getsockname()[1]}"
        running.should_exit = True
        thread.join()


def test_behind_a_real_server(server: tuple[Asgi, str]) -> None:
    """Whole, streamed, denied, and left in the middle."""
    face, url = server
    headers = {"x-user": "acme"}
    with httpx.Client(base_url=url, headers=headers) as client:
        assert client.post("/v1/chat/completions", json=CALL).json()["usage"]["completion_tokens"] == 6
        with client.stream("POST", "/v1/chat/completions", json={**CALL, "stream": True}) as answer:
            assert b"[DONE]" in b"".join(answer.iter_raw())
        assert client.post("/v1/chat/completions", content=b"{").status_code == 400
    assert face.spent() == (2 * COST, 0)
    assert face.model.seen[0].tree["model"] == "gpt-x"
    assert len(WORDS) == 6


async def fails_before_its_body(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise ValueError("of the app")


async def stops_before_its_body(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


@pytest.mark.parametrize("app", [fails_before_its_body, stops_before_its_body], ids=lambda app: app.__name__)
def test_an_answer_that_was_not_sent_has_no_status(app: Any, tmp_path: Path) -> None:
    """Its headers waited for a body that never came: nobody was told anything, and it costs nothing."""
    books = Books(tmp_path)
    face = books.face("asgi")
    face._inner = app  # type: ignore[attr-defined]
    with suppress(ValueError):
        assert run(face.app(), asked()) == []  # type: ignore[attr-defined]
    row = books.balanced(face)
    assert (row.stream_end, row.status, row.cost_nano) == ("upstream_error", 0, 0)
    books.journal.close()
    books.provider.shutdown()
