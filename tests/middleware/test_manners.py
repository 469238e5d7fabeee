"""What people who mount the layer came upon: their own paths, shadows, background work, careless wrappers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from policyroute.errors import UsageError
from policyroute.middleware import asgi
from tests.middleware.faces import FACES, SCOPE, USER, Asgi, Books, Face, Wsgi, shop
from tests.middleware.test_asgi import asked, run
from tests.middleware.test_behaviour import CALL, COST, KEY

STREAM = {**CALL, "stream": True}
USAGE = {"prompt_tokens": 11, "completion_tokens": 6, "total_tokens": 17}
GARBAGE: dict[str, tuple[bytes, dict[str, str]]] = {
    "no JSON": (b"{bad", {}),
    "guardrails": (json.dumps({**CALL, "guardrails": ["x"]}).encode(), {}),
    "an unknown tag": (json.dumps(CALL).encode(), {"x_policyroute_tags": "nope"}),
    "no amount": (json.dumps(CALL).encode(), {"x_policyroute_max_cost_usd": "abc"}),
    "an unknown packing": (b"\x00\x01", {"content_encoding": "br"}),
}


@pytest.fixture(params=FACES)
def make(request: pytest.FixtureRequest) -> type[Face]:
    return FACES[request.param]


@pytest.mark.parametrize("paths", [["/chat"], {"/chat": "openai.chat"}, {"/chat"}])
def test_a_path_of_ones_own_is_decided(make: type[Face], paths: Any) -> None:
    """What is named is handled, as chat completions where nothing else is said; what is not named is nobody's business."""
    face = make(shop(), paths=paths)
    assert face.send(KEY, "/api/chat").status_code == 403
    assert face.send(KEY, "/v1/chat/completions").status_code == 200


def test_a_path_may_speak_another_format() -> None:
    """Then its refusals are in that format."""
    face = Asgi(shop(), paths={"/claude": "anthropic.messages"})
    answer = face.send({**KEY, "max_tokens": 9}, "/claude")
    assert (answer.status_code, answer.json()["type"]) == (403, "error")


@pytest.mark.parametrize("paths", ["/v1/chat/completions", 7, [7], {"/chat": "smoke.signals"}])
def test_paths_that_make_no_sense_are_said_at_once(make: type[Face], paths: Any) -> None:
    """When the face is made."""
    with pytest.raises(UsageError, match="`paths`"):
        make(shop(), paths=paths).send(CALL)


@pytest.mark.parametrize("mode", ["shadow", "off"])
@pytest.mark.parametrize("name", GARBAGE)
def test_what_cannot_be_read_goes_on_where_nothing_is_enforced(make: type[Face], mode: str, name: str) -> None:
    """Byte for byte: whether it makes sense is for others to say."""
    body, headers = GARBAGE[name]
    face = make(shop(lambda text: text.replace("mode: enforce", "").replace("tiers:", f"mode: {mode}\ntiers:", 1)))
    face.model.body = b"{}"  # it does not look at what it is sent
    assert face.send(body, **headers).status_code == 200
    assert [sent.body for sent in face.model.seen] == [body]
    strict = make(shop())
    assert strict.send(body, **headers).status_code in (400, 415)
    assert strict.send(body, **headers).headers["x-policyroute-policy"] == "shop@7"


def test_a_body_that_is_too_large_goes_on_in_shadow_mode() -> None:
    """The pieces that were read, and then the others."""
    policy = shop(lambda text: text.replace("tiers:", "mode: shadow\ntiers:", 1))
    face = Asgi(policy, max_body=10)
    heard: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            heard.append(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    face._inner = app  # type: ignore[method-assign]
    pieces = [{"type": "http.request", "body": bytes([65 + at]) * 6, "more_body": at < 3} for at in range(4)]
    assert run(face.app(), pieces, dict(SCOPE))[0]["status"] == 200
    assert heard == [b"A" * 6, b"B" * 6, b"C" * 6, b"D" * 6]


def served(route: Any, books: Books, *behind: Any) -> tuple[Asgi, Any]:
    """A face around a Starlette app with one route, and with middleware behind it."""
    face = books.face("asgi")
    app = Starlette(routes=[Route("/v1/chat/completions", route, methods=["POST"])])
    for one in behind:
        app.add_middleware(one)
    face._inner = app  # type: ignore[attr-defined]
    return face, face.app()  # type: ignore[attr-defined, return-value]


def test_what_an_app_does_afterwards_is_not_the_calls(books: Books) -> None:
    """The call is settled when its last byte is gone, and not when the work is done that the app began with it."""
    spent: list[tuple[int, int]] = []

    async def later() -> None:
        spent.append(face.spent())

    async def chat(request: Any) -> Any:
        return JSONResponse({"choices": [], "usage": USAGE}, background=BackgroundTask(later))

    face, _ = served(chat, books)
    assert face.send(CALL).status_code == 200
    assert spent == [(COST, 0)]
    books.balanced(face)


async def hear(app: Any, gone: asyncio.Event, heard: asyncio.Event | None = None) -> None:
    """One streamed call of a client that goes when `gone` is set; `heard` is set when a piece has come."""
    coming = iter(asked(json.dumps(STREAM).encode()))

    async def receive() -> Any:
        for message in coming:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message.get("body") and heard is not None:
            heard.set()

    await app(dict(SCOPE), receive, send)


class Between(BaseHTTPMiddleware):
    """What many apps have: it sends answers anew, and ends each of them."""

    async def dispatch(self, request: Any, call_next: Any) -> Any:
        return await call_next(request)


def test_a_stream_that_breaks_behind_a_middleware_is_not_complete(books: Books) -> None:
    """Though somebody in between sends a last piece for it."""

    async def chat(request: Any) -> Any:
        async def pieces() -> Any:
            yield b'data: {"choices": [{"index": 0, "delta": {"content": "Hello"}}]}\n\n'
            raise RuntimeError("of the app")

        return StreamingResponse(pieces(), media_type="text/event-stream")

    face, app = served(chat, books, Between)
    with pytest.raises(RuntimeError, match="of the app"):
        asyncio.run(hear(app, asyncio.Event()))
    assert books.balanced(face).stream_end == "upstream_error"


def test_a_client_that_goes_stays_gone(books: Books) -> None:
    """Also where somebody in between ends the answer for him."""

    async def chat(request: Any) -> Any:
        async def pieces() -> Any:
            yield b'data: {"choices": [{"index": 0, "delta": {"content": "Hello"}}]}\n\n'
            await asyncio.Event().wait()

        return StreamingResponse(pieces(), media_type="text/event-stream")

    face, app = served(chat, books, Between)
    heard = asyncio.Event()
    asyncio.run(hear(app, heard, heard))
    assert books.balanced(face).stream_end == "client_disconnect"


def test_a_wrapper_that_hands_on_no_write_does_no_harm() -> None:
    """As long as nobody writes: the headers are said once."""
    face = Wsgi(shop())
    said: list[str] = []
    app = face.app()

    def careless(environ: Any, start_response: Any) -> Any:
        def begin(status: str, headers: Any, exc_info: Any = None) -> None:
            said.append(status)
            start_response(status, headers)

        return app(environ, begin)

    for body in (CALL, STREAM):
        with httpx.Client(transport=httpx.WSGITransport(careless), base_url="http://app.example") as client:
            assert client.post("/v1/chat/completions", json=body, headers=USER).status_code == 200
    assert [status[:3] for status in said] == ["200", "200"]


@pytest.fixture
def books(tmp_path: Any) -> Any:
    made = Books(tmp_path)
    yield made
    made.journal.close()
    made.provider.shutdown()


def test_a_face_is_made_with_a_policy_that_can_serve() -> None:
    """Whoever makes it himself is told at once."""
    with pytest.raises(UsageError, match="takes no `pathes`"):
        asgi.PolicyRouteMiddleware(lambda *given: None, shop(), pathes=[])  # type: ignore[arg-type, return-value, call-arg]
