"""Every face of the layer, driven in one way: a call goes in, an answer comes out, and a model behind it saw what it saw."""

from __future__ import annotations

import asyncio
import io
import json
import weakref
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from threading import Event
from types import ModuleType
from typing import Any

import httpx
import httpx2
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from policyroute.journal import Journal, Record
from policyroute.ledgers.ledger import Answer, Reserve, Step
from policyroute.ledgers.memory import MemoryLedger
from policyroute.loading import Policy, loads
from policyroute.middleware import asgi, httpx as old, httpx2 as new, wsgi
from tests.middleware.upstream import Model, Sent

URL = "http://app.example"
SHOP = Path(__file__).with_name("shop.yaml").read_text("utf-8")
USER = {"x-user": "acme"}
PATH = "/v1/chat/completions"
SCOPE = {"type": "http", "method": "POST", "path": PATH, "headers": [(b"x-user", b"acme")]}


async def at_once(said: int) -> None:
    """Waits for nothing."""


class Face(ABC):
    """One of them, around one model. `calls_itself` says whether it is the layer that calls it, and not an app.

    In an event loop `pause` is waited for before the model answers (-1), and before each piece that it says (0, 1, …).
    """

    calls_itself = False

    def __init__(self, policy: Policy, **more: Any) -> None:
        self.model = Model()
        self.policy = policy
        self.ledger = more.pop("ledger", None) or MemoryLedger()
        self.decisions: list[Any] = []
        self.pause: Callable[[int], Awaitable[object]] = at_once
        self.asks: Callable[[Any], Any] | None = None  # in place of who the caller says that he is
        self.more = more

    @abstractmethod
    def send(self, body: Any, path: str = "/v1/chat/completions", method: str = "POST", **headers: str) -> Any:
        """One call through it, to its end."""

    @abstractmethod
    def hear(self, body: Any, pieces: int | None = None) -> list[bytes]:
        """One call through it, of whose answer so many pieces are heard before its client goes: all, if none are named."""

    def spent(self) -> tuple[int, int]:
        balances = self.ledger.balances("shop/tenant-day?tenant=acme@")
        return sum(b.spent for b in balances), sum(b.held for b in balances)


def content(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def environ(body: bytes) -> dict[str, Any]:
    """What a server of WSGI says of a call."""
    length = str(len(body))
    asked = {"REQUEST_METHOD": "POST", "PATH_INFO": PATH, "HTTP_X_USER": "acme", "CONTENT_LENGTH": length}
    return {**asked, "CONTENT_TYPE": "application/json", "wsgi.input": io.BytesIO(body)}


def given(headers: dict[str, str]) -> dict[str, str]:
    return {"content-type": "application/json", **USER, **{name.replace("_", "-"): value for name, value in headers.items()}}


class Asgi(Face):
    """An ASGI app that calls the model."""

    def send(self, body: Any, path: str = "/v1/chat/completions", method: str = "POST", **headers: str) -> Any:
        async def go() -> Any:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app()), base_url=URL) as client:
                return await client.request(method, path, content=content(body), headers=given(headers))

        return asyncio.run(go())

    def hear(self, body: Any, pieces: int | None = None) -> list[bytes]:
        return asyncio.run(self.ahear(body, pieces))

    async def ahear(self, body: Any, pieces: int | None = None) -> list[bytes]:
        heard: list[bytes] = []
        coming = iter([{"type": "http.request", "body": content(body)}])

        async def receive() -> Any:
            return next(coming)  # it is asked for once

        async def send(message: Any) -> None:
            heard.extend(piece for piece in (message.get("body"),) if piece)
            if pieces is not None and len(heard) >= pieces:
                raise OSError("the client is gone")

        await self.app()(SCOPE, receive, send)
        return heard

    def app(self) -> Any:
        def tenant(scope: Any) -> dict[str, str]:
            return {"tenant": dict(scope["headers"])[b"x-user"].decode()}

        return asgi.PolicyRouteMiddleware(
            self._inner, self.policy, ledger=self.ledger, attributes=self.asks or tenant, **self.more
        )

    async def _inner(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.decisions.append(scope.get("state", {}).get("policyroute"))
        told = self.model.answer(Sent(scope["path"], headers, message["body"]))
        await self.pause(-1)
        pairs = [(name.encode(), value.encode()) for name, value in told.headers]
        await send({"type": "http.response.start", "status": told.status, "headers": pairs})
        for index, piece in enumerate(told.said()):
            await self.pause(index)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Wsgi(Face):
    """A WSGI app that calls the model."""

    def send(self, body: Any, path: str = "/v1/chat/completions", method: str = "POST", **headers: str) -> Any:
        with httpx.Client(transport=httpx.WSGITransport(self.app()), base_url=URL) as client:
            return client.request(method, path, content=content(body), headers=given(headers))

    def hear(self, body: Any, pieces: int | None = None) -> list[bytes]:
        answer = self.app()(environ(content(body)), lambda status, headers, exc_info=None: lambda piece: None)
        try:
            return list(islice(answer, pieces))
        finally:
            answer.close()

    def app(self) -> Any:
        def tenant(environ: Any) -> dict[str, str]:
            return {"tenant": environ["HTTP_X_USER"]}

        return wsgi.PolicyRouteMiddleware(
            self._inner, self.policy, ledger=self.ledger, attributes=self.asks or tenant, **self.more
        )

    def _inner(self, environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
        self.decisions.append(environ.get("policyroute.decision"))
        told = self.model.answer(Sent(environ["PATH_INFO"], headers, environ["wsgi.input"].read()))
        start_response(f"{told.status} Told", told.headers)
        return told.said()


class Transport(Face):
    """One inside an http client: of `http`, from `ours`. `inner` sends really, to `url`."""

    calls_itself = True
    http: ModuleType
    ours: ModuleType
    inner: Any = None
    url = URL
    timeout_s = 5.0
    follows = False

    def tenant(self, request: Any) -> dict[str, str]:
        return {"tenant": request.headers["x-user"]}

    def told(self, request: Any, body: bytes) -> Any:
        told = self.model.answer(Sent(request.url.path, dict(request.headers), body))
        return told


class Sync(Transport):
    """A client of a program without an event loop."""

    def send(self, body: Any, path: str = "/v1/chat/completions", method: str = "POST", **headers: str) -> Any:
        with self.client() as client:
            return client.request(method, path, content=content(body), headers=given(headers))

    def hear(self, body: Any, pieces: int | None = None) -> list[bytes]:
        coming = iter([content(body)])  # it can be read once
        with self.client() as client, client.stream("POST", PATH, content=coming, headers=given({})) as answer:
            return list(islice(answer.iter_raw(), pieces))

    def client(self) -> Any:
        inner = self.inner or self.http.MockTransport(self._inner)
        transport = self.ours.PolicyTransport(
            self.policy, transport=inner, ledger=self.ledger, attributes=self.asks or self.tenant, **self.more
        )
        return self.http.Client(transport=transport, base_url=self.url, timeout=self.timeout_s, follow_redirects=self.follows)

    def _inner(self, request: Any) -> Any:
        told = self.told(request, request.read())

        def pieces() -> Iterator[bytes]:
            yield from told.said()

        return self.http.Response(told.status, headers=told.headers, content=pieces())


class Async(Transport):
    """A client of a program with one."""

    def send(self, body: Any, path: str = "/v1/chat/completions", method: str = "POST", **headers: str) -> Any:
        async def go() -> Any:
            async with self.client() as client:
                return await client.request(method, path, content=content(body), headers=given(headers))

        return asyncio.run(go())

    def hear(self, body: Any, pieces: int | None = None) -> list[bytes]:
        return asyncio.run(self.ahear(body, pieces))

    async def ahear(self, body: Any, pieces: int | None = None) -> list[bytes]:
        async def coming() -> AsyncIterator[bytes]:
            yield content(body)

        heard: list[bytes] = []
        async with self.client() as client, client.stream("POST", PATH, content=coming(), headers=given({})) as answer:
            if pieces != 0:
                async for piece in answer.aiter_raw():
                    heard.append(piece)
                    if len(heard) == pieces:
                        break
        return heard

    def client(self) -> Any:
        inner = self.inner or self.http.MockTransport(self._inner)
        transport = self.ours.AsyncPolicyTransport(
            self.policy, transport=inner, ledger=self.ledger, attributes=self.asks or self.tenant, **self.more
        )
        return self.http.AsyncClient(
            transport=transport, base_url=self.url, timeout=self.timeout_s, follow_redirects=self.follows
        )

    async def _inner(self, request: Any) -> Any:
        told = self.told(request, await request.aread())
        await self.pause(-1)

        async def pieces() -> AsyncIterator[bytes]:
            for index, piece in enumerate(told.said()):
                await self.pause(index)
                yield piece

        return self.http.Response(told.status, headers=told.headers, content=pieces())


class SyncOld(Sync):
    http, ours = httpx, old


class SyncNew(Sync):
    http, ours = httpx2, new


class AsyncOld(Async):
    http, ours = httpx, old


class AsyncNew(Async):
    http, ours = httpx2, new


FACES: dict[str, type[Face]] = {
    "asgi": Asgi,
    "wsgi": Wsgi,
    "httpx": SyncOld,
    "httpx2": SyncNew,
    "httpx async": AsyncOld,
    "httpx2 async": AsyncNew,
}


class Heard(Journal):
    """A journal that says when a call is over."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.over = Event()

    def write(self, record: Record) -> None:
        super().write(record)
        if record.stream_end is not None:
            self.over.set()


class Books:
    """What is recorded of one call."""

    def __init__(self, folder: Path) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.journal = Heard(folder / "journal.db")

    def face(self, name: str, **more: Any) -> Face:
        return FACES[name](shop(), journal=self.journal, tracer_provider=self.provider, **more)

    def balanced(self, face: Face) -> Record:
        """The row of the only call that there was, which says what the ledger and the spans say."""
        assert self.journal.over.wait(10)
        self.journal.flush()
        (row,) = self.journal.rows()
        spans = self.exporter.get_finished_spans()
        names = Counter(span.name for span in spans)
        assert names["policyroute.request"] == names["policyroute.decision"] == 1
        assert len(spans) == 2 + row.attempts * face.calls_itself
        told = next(span.attributes for span in spans if span.name == "policyroute.request")
        assert face.spent() == (row.cost_nano, 0)
        assert round(told["policyroute.cost.actual_usd"] * 1e9) == row.cost_nano
        assert (told["policyroute.usage.input_tokens"], told["policyroute.usage.output_tokens"]) == (
            row.input_tokens,
            row.output_tokens,
        )
        assert row.cost_nano == (row.input_tokens or 0) * 10_000 + (row.output_tokens or 0) * 20_000
        assert told["policyroute.stream.end"] == row.stream_end
        assert told["policyroute.attempt.count"] == row.attempts
        return row


class Stand:
    """Where a call stands still until it is let go, in an event loop. It does not keep who stands there alive."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._waits: Callable[[], asyncio.Future[None] | None] = lambda: None

    async def still(self) -> None:
        waits = asyncio.get_running_loop().create_future()
        self._waits = weakref.ref(waits)
        self.reached.set()
        await waits

    def go(self) -> None:
        waits = self._waits()
        assert waits is not None
        waits.set_result(None)


class Slow(MemoryLedger):
    """A store that stands still at one kind of step, before it does it or after."""

    def __init__(self, stand: Stand, at: type[Step], done: bool) -> None:
        super().__init__()
        self.stand, self.at, self.done = stand, at, done
        self.at_once = False

    async def ado(self, step: Step) -> Answer:
        if isinstance(step, self.at):
            if self.done:
                self.do(step)
            await self.stand.still()
        return self.do(step)


class Aside(MemoryLedger):
    """A store that stands still in a thread."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go = Event(), Event()

    def do(self, step: Step) -> Answer:
        if isinstance(step, Reserve):
            self.reached.set()
            assert self.go.wait(10)
        return super().do(step)


def shop(edit: Callable[[str], str] = lambda text: text) -> Policy:
    """The shop's policy, edited."""
    return _loaded(edit(SHOP))


@cache
def _loaded(text: str) -> Policy:
    return loads(text)
