"""Inside an http client, whichever of the two it is: what both flavours do, with the classes of each handed in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from policyroute.call import NOTHING, Api
from policyroute.dialects.headers import is_ours
from policyroute.engine.exchange import Asked, End, Exchange, Refusal, refused
from policyroute.errors import CallError
from policyroute.middleware.layer import CHANGED, Layer, Plain, carried, too_large
from policyroute.redaction import NotRedacted

Lookup = Callable[[Any], Mapping[str, str]]
# What can be unpacked here, so that a stream can be metered.
_ENCODINGS = "gzip, deflate"


class Headers(Protocol):
    """The headers of a request or an answer."""

    def multi_items(self) -> list[tuple[str, str]]: ...


class Request(Protocol):
    """A request, as far as it is read here."""

    method: str
    url: Any
    headers: Any
    extensions: Any

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
    failed: type[Exception]
    late: type[Exception]


class Sending:
    """Decides the calls that a client sends, and settles what they did cost."""

    def __init__(self, layer: Layer, attributes: Lookup | None, flavour: Flavour) -> None:
        self.layer = layer
        self._attributes = attributes
        self._flavour = flavour

    def api_of(self, request: Request) -> Api | None:
        """The wire format of a request; None where it is nobody's business."""
        return self.layer.api_at(request.method, request.url.path)

    def open(self, request: Request, api: Api) -> tuple[Exchange, Any] | Any:
        """What is to be sent instead, with its exchange; or the answer where nothing is to be sent."""
        engine = self.layer.engine
        try:
            exchange = engine.open(self._asked(request, api, request.read()))
        except (CallError, NotRedacted) as error:
            return self._made(refused(api, error), request)
        if exchange.refusal is not None:
            engine.close(exchange, "not_called", exchange.refusal.status)
            return self._made(exchange.refusal, request)
        return exchange, self._changed(request, exchange)

    async def aopen(self, request: Request, api: Api) -> tuple[Exchange, Any] | Any:
        """The same, from an event loop."""
        engine = self.layer.engine
        try:
            exchange = await engine.aopen(self._asked(request, api, await request.aread()))
        except (CallError, NotRedacted) as error:
            return self._made(refused(api, error), request)
        if exchange.refusal is not None:
            await engine.aclose(exchange, "not_called", exchange.refusal.status)
            return self._made(exchange.refusal, request)
        return exchange, self._changed(request, exchange)

    def answered(self, exchange: Exchange, answer: Answer, request: Request, stream: Any) -> Any:
        """The answer with our headers, and a stream that is metered."""
        headers = carried(answer.headers.multi_items(), exchange)
        made = self._flavour.response(answer.status_code, headers=headers, stream=stream, extensions=answer.extensions)
        made.request = request
        return made

    def end_of(self, error: Exception) -> End:
        """How a call ended that could not be sent, or whose answer broke off."""
        return "timeout" if isinstance(error, self._flavour.late) else "upstream_error"

    def _asked(self, request: Request, api: Api, body: bytes) -> Asked:
        if len(body) > self.layer.engine.max_body:
            raise too_large(self.layer.engine.max_body)
        attributes = NOTHING if self._attributes is None else self._attributes(request)
        return Asked(body, api, request.headers.multi_items(), attributes, request.url.path)

    def _changed(self, request: Request, exchange: Exchange) -> Any:
        self.layer.engine.attempting(exchange, watched=True)
        headers = [(name, value) for name, value in request.headers.multi_items() if self._goes(name)]
        headers.append(("accept-encoding", "identity" if exchange.changes_answer else _ENCODINGS))
        return self._flavour.request(
            request.method, request.url, headers=headers, content=exchange.body, extensions=request.extensions
        )

    @staticmethod
    def _goes(name: str) -> bool:
        """Whether a header goes upstream: not what is asked of us, and not what is said of a body that is not this one."""
        return not is_ours(name) and name.lower() not in CHANGED and name.lower() != "accept-encoding"

    def _made(self, refusal: Refusal, request: Request) -> Any:
        return self._flavour.response(refusal.status, headers=list(refusal.headers), content=refusal.body, request=request)


class _Passing:
    """An answer's bytes on their way to the client."""

    def __init__(self, sending: Sending, exchange: Exchange, answer: Answer) -> None:
        self._sending = sending
        self._exchange = exchange
        self._stream = answer.stream
        self._status = answer.status_code
        packed: str = answer.headers.get("content-encoding", "")
        self._plain = Plain(packed) if packed else None
        self._end: End = "client_disconnect"

    def _through(self, piece: bytes) -> bytes:
        """A piece as it goes on. What is packed is metered, and cannot be changed."""
        if self._plain is None:
            return self._exchange.passing(piece)
        self._exchange.meter.feed(self._plain.of(piece))
        return piece


class Metered(_Passing):
    """Whoever closes it settles the call."""

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._stream:
                yield self._through(piece)
        except self._sending._flavour.failed as error:
            self._end = self._sending.end_of(error)
            raise
        self._end = "complete"
        if rest := self._exchange.rest():
            yield rest

    def close(self) -> None:
        """Settles, also where nobody has read it whole."""
        engine = self._sending.layer.engine
        try:
            self._stream.close()
        finally:
            engine.close(self._exchange, self._end, self._status)


class AsyncMetered(_Passing):
    """The same in an event loop."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._stream:
                yield self._through(piece)
        except self._sending._flavour.failed as error:
            self._end = self._sending.end_of(error)
            raise
        self._end = "complete"
        if rest := self._exchange.rest():
            yield rest

    async def aclose(self) -> None:
        """Settles, also where nobody has read it whole."""
        engine = self._sending.layer.engine
        try:
            await self._stream.aclose()
        finally:
            await engine.aclose(self._exchange, self._end, self._status)
