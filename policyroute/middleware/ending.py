"""How a call ends in every face: settled once, whatever becomes of the task or the thread that was at it."""

from __future__ import annotations

import asyncio
import zlib
from _thread import start_new_thread
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import TypeVar

from policyroute.call import Api
from policyroute.dialects.dialect.answers import MANNERS
from policyroute.engine.engine import Engine
from policyroute.engine.exchange import Asked, End, Exchange

_T = TypeVar("_T")
# Of a call whose client went while it was still being admitted: it is never made, and costs nothing.
_GONE = 499
_MOST_PIECE = 1 << 22
_MOST_MEMBERS = 100
_MAGIC = b"\x1f\x8b"


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
    plain = Plain(packed, exchange.api)

    def metered(piece: bytes) -> bytes:
        exchange.meter.feed(plain.of(piece))
        return piece

    return metered


class Plain:
    """What stands in an answer that is packed, piece by piece; where that cannot be told here, a text of the packed size."""

    def __init__(self, encoding: str, api: Api) -> None:
        names = [name for name in map(str.strip, encoding.lower().split(",")) if name not in ("", "identity")]
        self._api = api
        self._packed = bool(names)
        self._known = names in ([], ["gzip"], ["x-gzip"], ["deflate"])
        self._may_be_raw = names == ["deflate"]
        self._held = b""
        self._unpacking: zlib._Decompress | None = None
        self._members = 0

    def of(self, piece: bytes) -> bytes:
        """What a piece says."""
        if not self._packed:
            return piece
        if not self._known:
            return _as_text(piece, self._api)
        said: list[bytes] = []
        room = _MOST_PIECE
        left, self._held = self._held + piece, b""
        try:
            while left and room > 0 and self._has_begun(left):
                unpacking = self._unpacking
                assert unpacking is not None
                said.append(unpacking.decompress(left, room))
                room -= len(said[-1])
                left = unpacking.unconsumed_tail
                if unpacking.eof:
                    left, self._unpacking = unpacking.unused_data, None
        except zlib.error:
            self._known = False
        if left and room <= 0:
            self._known = False
        if not self._known:  # nor can what follows
            self._unpacking = None
            said.append(_as_text(left, self._api))
        return b"".join(said)

    def _has_begun(self, left: bytes) -> bool:
        """Whether something is being unpacked; not where more has to come first, or where nothing is left but padding."""
        if self._unpacking is not None:
            return True
        if len(left) < len(_MAGIC):
            self._held = left
            return False
        if self._members and not left.startswith(_MAGIC):
            return False
        is_zlib = left[0] & 15 == zlib.DEFLATED and int.from_bytes(left[:2], "big") % 31 == 0
        raw = self._may_be_raw and not is_zlib and not left.startswith(_MAGIC)
        self._unpacking = zlib.decompressobj(-zlib.MAX_WBITS if raw else zlib.MAX_WBITS | 32)
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise zlib.error("too many members")
        return True


def _as_text(packed: bytes, api: Api) -> bytes:
    """An event with a text of that size, as a meter reads it. What an answer did cost is then estimated, and never nothing."""
    says = MANNERS[api].says
    if not packed or not says:
        return b""
    return b'\n\ndata: {"%b":"%b"}\n\n' % (says[0].strip(b'"'), b"x" * len(packed))


class Lasting:
    """Opens and settles the calls of an engine. Neither is left half done, whatever becomes of who waits for it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self, exchange: Exchange, end: End, status: int) -> None:
        """The end of a call."""
        self._engine.close(exchange, _as_said(exchange, end), status)

    async def aclose(self, exchange: Exchange, end: End, status: int) -> None:
        """The same from an event loop, or from a finaliser after that was closed."""
        if in_a_loop():
            await self._engine.aclose(exchange, _as_said(exchange, end), status)
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


def in_a_loop() -> bool:
    """Whether anything can be waited for: not where a loop was closed over its tasks, and a finaliser ends them."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _as_said(exchange: Exchange, end: End) -> End:
    """`complete` where the answer had said itself that it was over before whoever read it left, as clients of streams do."""
    return "complete" if end == "client_disconnect" and exchange.answered.complete else end
