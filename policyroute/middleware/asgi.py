"""In front of an ASGI app: Starlette, FastAPI, or any other."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from inspect import isawaitable
from typing import Any, Unpack

from policyroute.call import NOTHING, Api
from policyroute.engine.exchange import Asked, End, Exchange, Refusal, costs
from policyroute.errors import CallError
from policyroute.loading import Policy
from policyroute.middleware.ending import Lasting, Until, end_of, through
from policyroute.middleware.layer import CHANGED, MARK, Layer, Options, Within, led, stays, too_large, unpackable
from policyroute.taggers import HEADER

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Lookup = Callable[[Scope], Mapping[str, str] | Awaitable[Mapping[str, str]]]

STATE = "policyroute"
_NOTHING = object()
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
            return await self.app(scope, receive, self._until_down(send) if scope["type"] == "lifespan" else send)
        api = self.layer.api_at("POST", scope["path"])
        if api is None or self.layer.has_marked(scope):
            return await self.app(scope, receive, send)
        await self._handle(api, scope, receive, send)

    def _until_down(self, send: Send) -> Send:
        """Lets go of all when the app has gone down."""

        async def sending(message: Message) -> None:
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                await self.layer.aclose()
            await send(message)

        return sending

    async def _handle(self, api: Api, scope: Scope, receive: Receive, send: Send) -> None:
        came: list[Message] = []
        try:
            body = await _read(receive, self.layer.engine.max_body, came)
            if body is None:
                return
            given = NOTHING
            if self._attributes is not None:
                told = self._attributes(scope)
                given = await told if isawaitable(told) else told
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
            asked = Asked(body, api, headers, given, scope["path"])
            exchange = await self.lasting.aopen(asked)
        except CallError as error:
            if self.layer.enforces:
                await _answer(self.layer.refused(api, error), send)
            else:
                await self.app(scope, _again(came, receive), send)
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
        self._start: Message | None = None
        self._status = 0
        self._end: End = "upstream_error"
        self._unsent = False
        self._within = Within(exchange)

    async def run(self, scope: Scope) -> None:
        self._face.layer.engine.attempting(self._exchange, watched=False)
        state = scope.setdefault("state", {})
        before = state.get(STATE, _NOTHING)
        state[STATE] = self._exchange.decision
        try:
            with Until(self._over), self._within.at(self._exchange):
                await self._face.app(self._inner(scope), self.receive, self.send)
        finally:
            self._within.end()
            if before is _NOTHING:
                state.pop(STATE, None)
            else:
                state[STATE] = before
            status = self._status if self._start is None else 0  # what was not sent is no answer
            await self._face.lasting.aclose(self._exchange, self._end, status)

    def _inner(self, scope: Scope) -> Scope:
        """What the app is told: the same, with the decision, and with what is said of another body."""
        exchange = self._exchange
        inner = {**scope, MARK: self._face.layer.mark(scope)}
        raw = scope.get("raw_path") or b""
        inner["path"], written = led(exchange, scope["path"], raw.decode("latin-1"))
        if raw:
            inner["raw_path"] = written.encode("latin-1")
        dropped = self._face.hidden
        if exchange.body is not self._came:
            dropped |= CHANGED
        if exchange.changes_answer:
            dropped |= {"accept-encoding"}  # an answer that is packed cannot be changed
        inner["headers"] = [
            (name, _accepted(value) if low == "accept-encoding" else value)
            for name, value in scope["headers"]
            if (low := name.lower().decode("latin-1")) not in dropped
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
        elif self._end == "complete" and error is not None and not self._is_over():
            self._end = end_of(error)  # somebody between closed a stream that the app could not finish

    async def receive(self) -> Message:
        if not self._given:
            self._given = True
            return {"type": "http.request", "body": self._exchange.body, "more_body": False}
        message = await self._receive()
        if message["type"] == "http.disconnect" and self._end != "complete":
            self._end = "client_disconnect"
        return message

    def _is_over(self) -> bool:
        """Whether an answer whose last byte has come says itself that it is whole; one that is no stream need not."""
        return not self._exchange.call.stream or self._exchange.answered.complete

    async def send(self, message: Message) -> None:
        """What the app says. Where no stream was asked for, its headers wait for its body: a whole one tells what it did cost."""
        kind = message["type"]
        if kind == "http.response.body":
            came = message.get("body", b"")
            body = self._through(came)
            if not message.get("more_body", False):
                await self._last(message, came, body)
                return
            if body is not came:
                message = {"type": kind, "body": body, "more_body": True}
            if self._start is not None:
                await self._begin(self._start, _length(self._start) == b"%d" % len(came))
        elif kind == "http.response.start":
            self._start, self._status = message, message["status"]
            packed = [value for name, value in message.get("headers", ()) if name.lower() == b"content-encoding"]
            self._through = through(self._exchange, packed[0].decode("latin-1") if packed else "")
            if self._exchange.call.stream:
                await self._begin(self._start)
            return
        elif self._start is not None:
            await self._begin(self._start)
        self._unsent = True  # if the server says by an exception that the client has gone
        await self._send(message)
        self._unsent = False

    async def _last(self, message: Message, came: bytes, body: bytes) -> None:
        """The end of an answer: what the app does from here on is not the call's."""
        if self._end != "client_disconnect":
            self._end = "complete"
        body += self._exchange.rest()
        if body is not came:
            message = {"type": "http.response.body", "body": body, "more_body": False}
        if self._start is not None:
            await self._begin(self._start, True)
        await self._sent(message)
        if self._end == "complete" and self._is_over():
            self._within.end()
            await self._face.lasting.aclose(self._exchange, "complete", self._status)

    async def _begin(self, start: Message, whole: bool = False) -> None:
        self._start = None
        exchange = self._exchange
        kept = [(name, value) for name, value in start.get("headers", ()) if stays(name.lower().decode("latin-1"), exchange)]
        kept += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in exchange.headers]
        if whole:
            name, value = costs(self._face.layer.engine.cost_nano(exchange, self._status))
            kept.append((name.encode(), value.encode()))
        await self._sent({**start, "headers": kept})

    async def _sent(self, message: Message) -> None:
        self._unsent = True  # if the server says by an exception that the client has gone
        await self._send(message)
        self._unsent = False


def _accepted(value: bytes) -> bytes:
    return unpackable(value.decode("latin-1")).encode("latin-1")


def _length(start: Message) -> bytes:
    """How long an answer says that it is."""
    return next((value for name, value in start.get("headers", ()) if name.lower() == b"content-length"), b"")


def _again(came: Iterable[Message], receive: Receive) -> Receive:
    """What came already, and then what comes."""
    waiting = iter(came)

    async def receiving() -> Message:
        for message in waiting:
            return message
        return await receive()

    return receiving


async def _read(receive: Receive, most: int, came: list[Message]) -> bytes | None:
    """The whole body, within bounds; None where the client has gone."""
    pieces: list[bytes] = []
    room = most
    while True:
        message = await receive()
        came.append(message)
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
