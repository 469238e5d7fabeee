"""Every face of the layer, driven in one way: a call goes in, an answer comes out, and a model behind it saw what it saw."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import httpx2

from policyroute.ledgers.memory import MemoryLedger
from policyroute.loading import Policy, loads
from policyroute.middleware import asgi, httpx as old, httpx2 as new, wsgi
from tests.middleware.upstream import Model, Sent

URL = "http://app.example"
SHOP = Path(__file__).with_name("shop.yaml").read_text("utf-8")
USER = {"x-user": "acme"}


class Face(ABC):
    """One of them, around one model."""

    def __init__(self, policy: Policy, **more: Any) -> None:
        self.model = Model()
        self.policy = policy
        self.ledger = more.pop("ledger", None) or MemoryLedger()
        self.decisions: list[Any] = []
        self.more = more

    @abstractmethod
    def send(self, body: Any, path: str = "/v1/chat/completions", method: str = "POST", **headers: str) -> Any:
        """One call through it, to its end."""

    def spent(self) -> tuple[int, int]:
        balances = self.ledger.balances("shop/tenant-day?tenant=acme@")
        return sum(b.spent for b in balances), sum(b.held for b in balances)


def content(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def given(headers: dict[str, str]) -> dict[str, str]:
    return {"content-type": "application/json", **USER, **{name.replace("_", "-"): value for name, value in headers.items()}}


class Asgi(Face):
    """An ASGI app that calls the model."""

    def send(self, body: Any, path: str = "/v1/chat/completions", method: str = "POST", **headers: str) -> Any:
        async def go() -> Any:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app()), base_url=URL) as client:
                return await client.request(method, path, content=content(body), headers=given(headers))

        return asyncio.run(go())

    def app(self) -> Any:
        def tenant(scope: Any) -> dict[str, str]:
            return {"tenant": dict(scope["headers"])[b"x-user"].decode()}

        return asgi.PolicyRouteMiddleware(self._inner, self.policy, ledger=self.ledger, attributes=tenant, **self.more)

    async def _inner(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.decisions.append(scope.get("state", {}).get("policyroute"))
        told = self.model.answer(Sent(scope["path"], headers, message["body"]))
        pairs = [(name.encode(), value.encode()) for name, value in told.headers]
        await send({"type": "http.response.start", "status": told.status, "headers": pairs})
        for piece in told.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Wsgi(Face):
    """A WSGI app that calls the model."""

    def send(self, body: Any, path: str = "/v1/chat/completions", method: str = "POST", **headers: str) -> Any:
        with httpx.Client(transport=httpx.WSGITransport(self.app()), base_url=URL) as client:
            return client.request(method, path, content=content(body), headers=given(headers))

    def app(self) -> Any:
        def tenant(environ: Any) -> dict[str, str]:
            return {"tenant": environ["HTTP_X_USER"]}

        return wsgi.PolicyRouteMiddleware(self._inner, self.policy, ledger=self.ledger, attributes=tenant, **self.more)

    def _inner(self, environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
        self.decisions.append(environ.get("policyroute.decision"))
        told = self.model.answer(Sent(environ["PATH_INFO"], headers, environ["wsgi.input"].read()))
        start_response(f"{told.status} Told", told.headers)
        return told.pieces


class _Transport(Face):
    http: ModuleType
    ours: ModuleType

    def tenant(self, request: Any) -> dict[str, str]:
        return {"tenant": request.headers["x-user"]}

    def told(self, request: Any, body: bytes) -> Any:
        told = self.model.answer(Sent(request.url.path, dict(request.headers), body))
        return told


class Sync(_Transport):
    """A client of a program without an event loop."""

    def send(self, body: Any, path: str = "/v1/chat/completions", method: str = "POST", **headers: str) -> Any:
        with self.client() as client:
            return client.request(method, path, content=content(body), headers=given(headers))

    def client(self) -> Any:
        inner = self.http.MockTransport(self._inner)
        transport = self.ours.PolicyTransport(
            self.policy, transport=inner, ledger=self.ledger, attributes=self.tenant, **self.more
        )
        return self.http.Client(transport=transport, base_url=URL)

    def _inner(self, request: Any) -> Any:
        told = self.told(request, request.read())

        def pieces() -> Iterator[bytes]:
            yield from told.pieces

        return self.http.Response(told.status, headers=told.headers, content=pieces())


class Async(_Transport):
    """A client of a program with one."""

    def send(self, body: Any, path: str = "/v1/chat/completions", method: str = "POST", **headers: str) -> Any:
        async def go() -> Any:
            async with self.client() as client:
                return await client.request(method, path, content=content(body), headers=given(headers))

        return asyncio.run(go())

    def client(self) -> Any:
        inner = self.http.MockTransport(self._inner)
        transport = self.ours.AsyncPolicyTransport(
            self.policy, transport=inner, ledger=self.ledger, attributes=self.tenant, **self.more
        )
        return self.http.AsyncClient(transport=transport, base_url=URL)

    async def _inner(self, request: Any) -> Any:
        told = self.told(request, await request.aread())

        async def pieces() -> AsyncIterator[bytes]:
            for piece in told.pieces:
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


def shop(edit: Callable[[str], str] = lambda text: text) -> Policy:
    """The shop's policy, edited."""
    return _loaded(edit(SHOP))


@cache
def _loaded(text: str) -> Policy:
    return loads(text)
