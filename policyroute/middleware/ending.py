"""How a call ends in every face: settled once, whatever becomes of the task or the thread that was at it."""

from __future__ import annotations

import asyncio
from _thread import start_new_thread
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import TypeVar

from policyroute.engine.engine import Engine
from policyroute.engine.exchange import Asked, End, Exchange
from policyroute.errors import LedgerError
from policyroute.ledgers.ledger import Flow, Ledger, Step, drive
from policyroute.middleware.layer import Plain

_T = TypeVar("_T")
# Of a call whose client went while it was still being admitted: it is never made, and costs nothing.
_GONE = 499


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
        if in_a_loop():
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


def in_a_loop() -> bool:
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
    return "complete" if end == "client_disconnect" and exchange.answered.complete else end
