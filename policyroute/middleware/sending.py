"""Inside an http client, whichever of the two it is: what both flavours do, with the classes of each handed in."""

from __future__ import annotations

from _thread import start_new_thread
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from types import TracebackType
from typing import Any, NamedTuple, Protocol

from policyroute.call import NOTHING, Api
from policyroute.dialects.headers import is_ours
from policyroute.engine.exchange import Asked, End, Exchange, Refusal
from policyroute.errors import CallError
from policyroute.middleware.ending import Lasting, Until, end_of, in_a_loop, through
from policyroute.middleware.layer import CHANGED, Layer, carried, led, too_large

Lookup = Callable[[Any], Mapping[str, str]]
# What can be unpacked here, so that a stream can be metered.
_ENCODINGS = "gzip, deflate"
# What a host has said to itself about its traces is nothing for whoever answers.
_TRACES = frozenset({"baggage", "tracestate"})
_OF_THE_HOST = _TRACES | {"content-length", "transfer-encoding"}
_KEPT_HERE = CHANGED | _TRACES | {"accept-encoding"}
_PARENT = "traceparent"
_OURS = "policyroute.api"


class Headers(Protocol):
    """The headers of a request or an answer."""

    def multi_items(self) -> list[tuple[str, str]]: ...


class Request(Protocol):
    """A request, as far as it is read here."""

    method: str
    url: Any
    headers: Any
    extensions: Any

    @property
    def content(self) -> bytes: ...
    def read(self) -> bytes: ...
    async def aread(self) -> bytes: ...


class Answer(Protocol):
    """An answer that has begun."""

    status_code: int
    headers: Any
    stream: Any
    extensions: Any


class Flavour(NamedTuple):
    """The classes of one http client: they are alike, and do not mix."""

    request: Callable[..., Any]
    response: Callable[..., Any]
    stream: Callable[[bytes], Any]
    late: type[Exception]


class Sending:
    """Decides the calls that a client sends, and settles what they did cost."""

    def __init__(self, layer: Layer, attributes: Lookup | None, flavour: Flavour) -> None:
        self.layer = layer
        self.lasting = Lasting(layer.engine)
        self._attributes = attributes
        self._flavour = flavour

    def api_of(self, request: Request) -> Api | None:
        """The wire format of a request; None where it is nobody's business. A call that is sent on elsewhere stays ours."""
        api = self.layer.api_at(request.method, request.url.path)
        return request.extensions.get(_OURS) if api is None and request.method == "POST" else api

    def open(self, request: Request, api: Api) -> Exchange | Any | None:
        """The exchange of a call that is to be sent, or the answer where nothing is; nothing where an app sends on what was
        decided in front of it.
        """
        try:
            asked = self._asked(request, api, request.read())
            if self.layer.was_decided(asked):
                return None
            exchange = self.layer.engine.open(asked)
        except CallError as error:
            return self._made(self.layer.refused(api, error), request) if self.layer.enforces else None
        if exchange.refusal is None:
            return exchange
        self.lasting.close(exchange, "not_called", exchange.refusal.status)
        return self._made(exchange.refusal, request)

    async def aopen(self, request: Request, api: Api) -> Exchange | Any | None:
        """The same, from an event loop."""
        try:
            asked = self._asked(request, api, await request.aread())
            if self.layer.was_decided(asked):
                return None
            exchange = await self.lasting.aopen(asked)
        except CallError as error:
            return self._made(self.layer.refused(api, error), request) if self.layer.enforces else None
        if exchange.refusal is None:
            return exchange
        await self.lasting.aclose(exchange, "not_called", exchange.refusal.status)
        return self._made(exchange.refusal, request)

    def changed(self, request: Request, exchange: Exchange) -> Any:
        """What is sent instead."""
        self.layer.engine.attempting(exchange, watched=True)
        request.extensions[_OURS] = exchange.api  # who follows a redirection sends the body that was not masked
        parent = None if exchange.attempt is None else exchange.attempt.traceparent
        headers = [
            (name, value)
            for name, value in request.headers.multi_items()
            if not is_ours(name) and (low := name.lower()) not in _KEPT_HERE and not (parent and low == _PARENT)
        ]
        headers.append(("accept-encoding", "identity" if exchange.changes_answer else _ENCODINGS))
        if parent:
            headers.append((_PARENT, parent))
        url, written = request.url, request.url.raw_path.decode("ascii")
        _, goes = led(exchange, url.path, written)
        if goes != written:
            url = url.copy_with(raw_path=goes.encode("ascii"))
        return self._flavour.request(request.method, url, headers=headers, content=exchange.body, extensions=request.extensions)

    def passed(self, request: Request) -> Any:
        """What is sent on of a call that was decided in front of the app: the same, without what is for nobody there."""
        headers = [
            (name, value)
            for name, value in request.headers.multi_items()
            if not is_ours(name) and name.lower() not in _OF_THE_HOST
        ]
        return self._flavour.request(
            request.method, request.url, headers=headers, content=request.content, extensions=request.extensions
        )

    def answered(self, exchange: Exchange, answer: Answer, request: Request, stream: Any, cost_nano: int | None = None) -> Any:
        """The answer with our headers, and a stream that is metered, or was."""
        headers = carried(answer.headers.multi_items(), exchange, cost_nano)
        made = self._flavour.response(answer.status_code, headers=headers, stream=stream, extensions=answer.extensions)
        made.request = request
        return made

    async def aclose(self) -> None:
        """Lets go of all, as when a client is closed."""
        if in_a_loop():
            await self.layer.aclose()
        else:  # a finaliser closes a client that was forgotten
            with suppress(RuntimeError):
                start_new_thread(self.layer.close, ())

    def end_of(self, error: BaseException | None) -> End:
        """How a call ended that came to its end, or that this ended."""
        return end_of(error, self._flavour.late)

    def _asked(self, request: Request, api: Api, body: bytes) -> Asked:
        if len(body) > self.layer.engine.max_body:
            raise too_large(self.layer.engine.max_body)
        attributes = NOTHING if self._attributes is None else self._attributes(request)
        return Asked(body, api, request.headers.multi_items(), attributes, request.url.path)

    def whole(self, exchange: Exchange, answer: Answer, request: Request, body: bytes) -> Any:
        """An answer that has been read: so it is known what it did cost."""
        cost_nano = self.layer.engine.cost_nano(exchange, answer.status_code)
        return self.answered(exchange, answer, request, self._flavour.stream(body), cost_nano)

    def _made(self, refusal: Refusal, request: Request) -> Any:
        return self._flavour.response(refusal.status, headers=list(refusal.headers), content=refusal.body, request=request)


class Attempt(AbstractContextManager[None], AbstractAsyncContextManager[None]):
    """While a call is sent: settles it where that comes to no answer, whatever the reason."""

    def __init__(self, sending: Sending, exchange: Exchange) -> None:
        self._sending = sending
        self._exchange = exchange

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            self._sending.lasting.close(self._exchange, self._sending.end_of(error), 0)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            await self._sending.lasting.aclose(self._exchange, self._sending.end_of(error), 0)


class _Passing:
    """An answer's bytes on their way to the client. Whoever closes it settles the call; if nobody does, its end does."""

    _settled = True

    def __init__(self, sending: Sending, exchange: Exchange, answer: Answer) -> None:
        self._sending = sending
        self._exchange = exchange
        self._stream = answer.stream
        self._status = answer.status_code
        self._through = through(exchange, answer.headers.get("content-encoding", ""))
        self._end: End = "client_disconnect"
        self._readings = 0
        self._settled = False

    def _reading(self) -> Until:
        """While it is read. Some clients do that a second time, for what is left; then only a whole answer is news."""
        self._readings += 1
        first = self._readings == 1
        return Until(lambda error: self._read(error) if first or error is None else None)

    def _read(self, error: BaseException | None) -> None:
        self._end = self._sending.end_of(error)

    def __del__(self) -> None:
        if not self._settled:
            self._sending.lasting.leave(self._exchange, self._end, self._status)


class Metered(_Passing):
    """The bytes for a program without an event loop."""

    def __iter__(self) -> Iterator[bytes]:
        with self._reading():
            for piece in self._stream:
                yield self._through(piece)
        if rest := self._exchange.rest():
            yield rest

    def close(self) -> None:
        """Settles, also where nobody has read it whole."""
        try:
            self._stream.close()
        finally:
            self._settled = True
            self._sending.lasting.close(self._exchange, self._end, self._status)


class AsyncMetered(_Passing):
    """The same in an event loop."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._reading():
            async for piece in self._stream:
                yield self._through(piece)
        if rest := self._exchange.rest():
            yield rest

    async def aclose(self) -> None:
        """Settles, also where nobody has read it whole."""
        try:
            await self._stream.aclose()
        finally:
            self._settled = True
            await self._sending.lasting.aclose(self._exchange, self._end, self._status)
