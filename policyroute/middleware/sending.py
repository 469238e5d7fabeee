"""Inside an http client, whichever of the two it is: what both flavours do, with the classes of each handed in.

And how a call ends in every face: settled once, whatever becomes of the task or the thread that was at it.
"""

from __future__ import annotations

import asyncio
from _thread import start_new_thread
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from types import TracebackType
from typing import Any, NamedTuple, Protocol, TypeVar

from policyroute.call import NOTHING, Api
from policyroute.dialects.headers import is_ours
from policyroute.engine.engine import Engine
from policyroute.engine.exchange import Asked, End, Exchange, Refusal, refused
from policyroute.errors import CallError, LedgerError
from policyroute.ledgers.ledger import Flow, Ledger, Step, drive
from policyroute.middleware.layer import CHANGED, Layer, Plain, carried, too_large
from policyroute.redaction import NotRedacted

_T = TypeVar("_T")
Lookup = Callable[[Any], Mapping[str, str]]
# What can be unpacked here, so that a stream can be metered.
_ENCODINGS = "gzip, deflate"
# Of a call whose client went while it was still being admitted: it is never made, and costs nothing.
_GONE = 499
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
    late: type[Exception]


class Until(AbstractContextManager[None]):
    """Tells what ended that which is done within; nothing where it came to its end."""

    __slots__ = ("_tell",)

    def __init__(self, tell: Callable[[BaseException | None], object]) -> None:
        self._tell = tell

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._tell(error)


def end_of(error: BaseException | None, late: type[Exception] = TimeoutError) -> End:
    """How a call ended that came to its end, or that this ended."""
    if error is None:
        return "complete"
    if isinstance(error, late | TimeoutError):
        return "timeout"
    return "upstream_error" if isinstance(error, Exception) else "client_disconnect"


def through(exchange: Exchange, packed: str) -> Callable[[bytes], bytes]:
    """What each piece of an answer goes through. What is packed is metered, and cannot be changed."""
    if packed.strip().lower() in ("", "identity"):
        return exchange.passing
    plain = Plain(packed)

    def metered(piece: bytes) -> bytes:
        exchange.meter.feed(plain.of(piece))
        return piece

    return metered


class Lasting:
    """Opens and settles the calls of an engine. Neither is left half done, whatever becomes of who waits for it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self, exchange: Exchange, end: End, status: int) -> None:
        """The end of a call."""
        self._engine.close(exchange, _as_said(exchange, end), status)

    async def aclose(self, exchange: Exchange, end: End, status: int) -> None:
        """The same from an event loop. Where the task is cancelled meanwhile, a thread goes on with it."""
        if _in_a_loop():
            await _lasting(self._engine.closing(exchange, _as_said(exchange, end), status), exchange.admitter.ledger)
        else:
            self.leave(exchange, end, status)

    def leave(self, exchange: Exchange, end: End, status: int) -> None:
        """The same where nobody can wait for it, as in a finaliser: that may run in the middle of the store's own work."""
        with suppress(RuntimeError):  # the interpreter ends: nobody asks for what is held any more
            start_new_thread(self.close, (exchange, end, status))

    async def aopen(self, asked: Asked) -> Exchange:
        """A call that came in. Where its task is cancelled meanwhile it is decided all the same, and ends without being made."""
        if self._engine.ledger.at_once and not self._engine.is_long(asked):
            return await self._engine.aopen(asked)
        opening = asyncio.ensure_future(self._engine.aopen(asked))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(self._unmade)
            await asyncio.wait([opening])
            raise

    def _unmade(self, opening: asyncio.Future[Exchange]) -> None:
        """The end of a call that was opened when nobody waited for it any more."""
        if opening.cancelled() or opening.exception() is not None:
            return
        exchange = opening.result()
        denied = exchange.refusal
        end: tuple[End, int] = ("client_disconnect", _GONE) if denied is None else ("not_called", denied.status)
        opening.get_loop().run_in_executor(None, self.close, exchange, *end)


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

    def open(self, request: Request, api: Api) -> Exchange | Any:
        """The exchange of a call that is to be sent; or the answer where nothing is to be sent."""
        try:
            exchange = self.layer.engine.open(self._asked(request, api, request.read()))
        except (CallError, NotRedacted) as error:
            return self._made(refused(api, error), request)
        if exchange.refusal is None:
            return exchange
        self.lasting.close(exchange, "not_called", exchange.refusal.status)
        return self._made(exchange.refusal, request)

    async def aopen(self, request: Request, api: Api) -> Exchange | Any:
        """The same, from an event loop."""
        try:
            exchange = await self.lasting.aopen(self._asked(request, api, await request.aread()))
        except (CallError, NotRedacted) as error:
            return self._made(refused(api, error), request)
        if exchange.refusal is None:
            return exchange
        await self.lasting.aclose(exchange, "not_called", exchange.refusal.status)
        return self._made(exchange.refusal, request)

    def changed(self, request: Request, exchange: Exchange) -> Any:
        """What is sent instead."""
        self.layer.engine.attempting(exchange, watched=True)
        request.extensions[_OURS] = exchange.api  # who follows a redirection sends the body that was not masked
        headers = [(name, value) for name, value in request.headers.multi_items() if self._goes(name)]
        headers.append(("accept-encoding", "identity" if exchange.changes_answer else _ENCODINGS))
        return self._flavour.request(
            request.method, request.url, headers=headers, content=exchange.body, extensions=request.extensions
        )

    def answered(self, exchange: Exchange, answer: Answer, request: Request, stream: Any) -> Any:
        """The answer with our headers, and a stream that is metered."""
        headers = carried(answer.headers.multi_items(), exchange)
        made = self._flavour.response(answer.status_code, headers=headers, stream=stream, extensions=answer.extensions)
        made.request = request
        return made

    def end_of(self, error: BaseException | None) -> End:
        """How a call ended that came to its end, or that this ended."""
        return end_of(error, self._flavour.late)

    def _asked(self, request: Request, api: Api, body: bytes) -> Asked:
        if len(body) > self.layer.engine.max_body:
            raise too_large(self.layer.engine.max_body)
        attributes = NOTHING if self._attributes is None else self._attributes(request)
        return Asked(body, api, request.headers.multi_items(), attributes, request.url.path)

    @staticmethod
    def _goes(name: str) -> bool:
        """Whether a header goes upstream: not what is asked of us, and not what is said of a body that is not this one."""
        return not is_ours(name) and name.lower() not in CHANGED and name.lower() != "accept-encoding"

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


async def _lasting(flow: Flow[_T], ledger: Ledger) -> _T:
    """Runs a flow to its end. What a cancelled task waited for a thread does: a step asked again happens once all the same."""
    if ledger.at_once:
        return drive(flow, ledger)
    try:
        step = next(flow)
        while True:
            try:
                answer = await ledger.ado(step)
            except LedgerError as error:
                step = flow.throw(error)
            except asyncio.CancelledError:
                await asyncio.wait([asyncio.get_running_loop().run_in_executor(None, drive, _from(step, flow), ledger)])
                raise
            else:
                step = flow.send(answer)
    except StopIteration as done:
        result: _T = done.value
        return result


def _in_a_loop() -> bool:
    """Whether anything can be waited for: not where a loop was closed over its tasks, and a finaliser ends them."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _from(step: Step, flow: Flow[_T]) -> Flow[_T]:
    """The rest of a flow, from a step on that was not answered."""
    try:
        while True:
            try:
                answer = yield step
            except LedgerError as error:
                step = flow.throw(error)
            else:
                step = flow.send(answer)
    except StopIteration as done:
        result: _T = done.value
        return result


def _as_said(exchange: Exchange, end: End) -> End:
    """`complete` where the answer had said itself that it was over before whoever read it left, as clients of streams do."""
    return "complete" if end == "client_disconnect" and exchange.meter.end().complete else end
