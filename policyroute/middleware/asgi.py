"""In front of an ASGI app: Starlette, FastAPI, or any other."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from inspect import isawaitable
from typing import Any, Unpack

from policyroute.call import NOTHING, Api
from policyroute.engine.exchange import Asked, End, Exchange, Refusal, refused
from policyroute.errors import CallError
from policyroute.loading import Policy
from policyroute.middleware.layer import CHANGED, Layer, Options, carried, too_large
from policyroute.middleware.sending import Lasting, Until, end_of, through
from policyroute.redaction import NotRedacted
from policyroute.taggers import HEADER

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Lookup = Callable[[Scope], Mapping[str, str] | Awaitable[Mapping[str, str]]]

STATE = "policyroute"
# Ways of a server to send a file by itself, past whoever watches the bytes.
_PAST_US = frozenset({"http.response.pathsend", "http.response.zerocopysend"})


class PolicyRouteMiddleware:
    """Decides every call to a model before the app sees it, and settles what it did cost.

    The app finds the decision in `request.state.policyroute`. A denial is answered here. Every other path, websocket and
    lifespan go through untouched. `attributes` is called with the scope, and gives what the app vouches for.
    """

    def __init__(
        self,
        app: App,
        policy: str | os.PathLike[str] | Policy,
        *,
        attributes: Lookup | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.app = app
        self.layer = Layer(policy, options)
        self.lasting = Lasting(self.layer.engine)
        # A signature is used once, and that is here.
        self.hidden: frozenset[str] = frozenset() if options.get("verifier") is None else frozenset({HEADER})
        self._attributes = attributes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            return await self.app(scope, receive, send)
        api = self.layer.api_at("POST", scope["path"])
        if api is None or STATE in scope.get("state", {}):
            return await self.app(scope, receive, send)
        await self._handle(api, scope, receive, send)

    async def _handle(self, api: Api, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _read(receive, self.layer.engine.max_body)
            if body is None:
                return
            attributes = NOTHING if self._attributes is None else self._attributes(scope)
            given = await attributes if isawaitable(attributes) else attributes
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
            asked = Asked(body, api, headers, given, scope["path"])
            exchange = await self.lasting.aopen(asked)
        except (CallError, NotRedacted) as error:
            await _answer(refused(api, error), send)
            return
        if exchange.refusal is not None:
            await self.lasting.aclose(exchange, "not_called", exchange.refusal.status)
            await _answer(exchange.refusal, send)
            return
        await _Passing(self, exchange, body, receive, send).run(scope)


class _Passing:
    """A call on its way through the app: its body goes in once, its answer is watched on its way out."""

    def __init__(self, face: PolicyRouteMiddleware, exchange: Exchange, body: bytes, receive: Receive, send: Send) -> None:
        self._face = face
        self._exchange = exchange
        self._came = body
        self._receive = receive
        self._send = send
        self._through: Callable[[bytes], bytes] = exchange.passing
        self._given = False
        self._status = 0
        self._end: End = "upstream_error"
        self._unsent = False

    async def run(self, scope: Scope) -> None:
        self._face.layer.engine.attempting(self._exchange, watched=False)
        try:
            with Until(self._over):
                await self._face.app(self._inner(scope), self.receive, self.send)
        finally:
            await self._face.lasting.aclose(self._exchange, self._end, self._status)

    def _inner(self, scope: Scope) -> Scope:
        """What the app is told: the same, with the decision, and with what is said of another body."""
        exchange = self._exchange
        inner = {**scope, "state": {**scope.get("state", {}), STATE: exchange.decision}}
        dropped = self._face.hidden
        if exchange.body is not self._came:
            dropped |= CHANGED
        if exchange.changes_answer:
            dropped |= {"accept-encoding"}  # an answer that is packed cannot be changed
        if dropped:
            inner["headers"] = [
                (name, value) for name, value in scope["headers"] if name.lower().decode("latin-1") not in dropped
            ]
        if exchange.body is not self._came:
            inner["headers"].append((b"content-length", str(len(exchange.body)).encode()))
        if scope.get("extensions"):
            inner["extensions"] = {name: given for name, given in scope["extensions"].items() if name not in _PAST_US}
        return inner

    def _over(self, error: BaseException | None) -> None:
        """The app has returned, or this ended it. What was sent whole stays so, and so does a client that has gone."""
        if self._end == "upstream_error" and (self._unsent or error is not None):
            self._end = "client_disconnect" if self._unsent else end_of(error)

    async def receive(self) -> Message:
        if not self._given:
            self._given = True
            return {"type": "http.request", "body": self._exchange.body, "more_body": False}
        message = await self._receive()
        if message["type"] == "http.disconnect" and self._end != "complete":
            self._end = "client_disconnect"
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            told = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]
            self._through = through(
                self._exchange, next((value for name, value in told if name.lower() == "content-encoding"), "")
            )
            pairs = carried(told, self._exchange)
            message = {**message, "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]}
            self._status = message["status"]
        elif message["type"] == "http.response.body":
            more = message.get("more_body", False)
            body = self._through(message.get("body", b""))
            if not more:
                self._end = "complete"
                body += self._exchange.rest()
            message = {"type": "http.response.body", "body": body, "more_body": more}
        self._unsent = True  # if the server says by an exception that the client has gone
        await self._send(message)
        self._unsent = False


async def _read(receive: Receive, most: int) -> bytes | None:
    """The whole body, within bounds; None where the client has gone."""
    pieces: list[bytes] = []
    room = most
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece = message.get("body", b"")
        room -= len(piece)
        if room < 0:
            raise too_large(most)
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


async def _answer(answer: Refusal, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
