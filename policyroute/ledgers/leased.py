"""Leases: a replica draws a part of a budget from the store, and admits calls on it without asking again.

What is drawn counts as spent in the store until what is left of it is given back. So no cap is ever passed, also when a
replica dies: then what it had not used is lost to the window. What others have drawn looks spent to everybody else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from secrets import token_hex
from threading import Lock

from policyroute.errors import LedgerError
from policyroute.ledgers.ledger import (
    NO_CAP,
    Account,
    Answer,
    Balance,
    Entry,
    Flow,
    Ledger,
    Line,
    Look,
    Offer,
    Reserve,
    Settle,
    Step,
    adrive,
    drive,
)

IDLE_S = 30.0
_DRAW_S = 5.0
_FIRST = 16
"""The first draw is this part of a chunk; each one after is twice the one before, up to the chunk."""
_REMAINING = 32
"""Never is more than this part of what is left drawn at once, or what one call needs."""
_MOST_MINE = 50_000
_AT_ONCE = 4


class _Lease:
    """What was drawn from an account: how much, what was used of it, and what the store said of all of it at last."""

    __slots__ = ("account", "chunk", "drawn", "next", "seen", "used_at")

    def __init__(self, account: Account, chunk: int) -> None:
        self.account = account
        self.chunk = chunk
        self.next = max(1, chunk // _FIRST)
        self.drawn = 0
        self.seen: int | None = None
        self.used_at = 0.0


class LeasedLedger:
    """A ledger in front of another. `local` keeps what this replica holds and spends of what it has drawn.

    `chunks` are the amounts to draw, by the prefix of an account's key. Only a call all of whose accounts are leased is
    admitted here; with one that is not the store has to be asked anyway, and is asked for all.
    """

    def __init__(
        self,
        store: Ledger,
        local: Ledger,
        chunks: Mapping[str, int],
        *,
        clock: Callable[[], float] = time.monotonic,
        idle_s: float = IDLE_S,
    ) -> None:
        self._store = store
        self._local = local
        self._chunks = dict(chunks)
        self._clock = clock
        self._idle_s = idle_s
        self._lock = Lock()
        self._leases: dict[str, _Lease] = {}
        self._mine: dict[str, tuple[_Lease, ...]] = {}
        self._looked_at = clock()

    at_once = False

    def do(self, step: Step) -> Answer:
        return drive(self._doing(step), self._store)

    async def ado(self, step: Step) -> Answer:
        return await adrive(self._doing(step), self._store)

    def _doing(self, step: Step) -> Flow[Answer]:
        if isinstance(step, Settle):
            leases = self._mine.get(step.hold)
            if leases is not None:
                return self._local.do(Settle(step.hold, _here(leases), step.amounts))
            return (yield step)
        yield from self._give_back_idle()
        if isinstance(step, Look):
            return (yield from self._looking(step))
        leases = self._leased(tuple(line.account for line in step.lines))
        if not leases:
            return (yield step)
        return (yield from self._reserving(step, leases))

    def _leased(self, accounts: Sequence[Account]) -> tuple[_Lease, ...]:
        """The leases of these accounts; none where one of them is not leased."""
        found = []
        for account in accounts:
            chunk = self._chunks.get(account.key.partition("?")[0] + "?")
            if chunk is None:
                return ()
            found.append(self._leases.get(_name(account)) or self._opened(account, chunk))
        return tuple(found)

    def _opened(self, account: Account, chunk: int) -> _Lease:
        """A new lease; what was used under an earlier one, which was given back, was drawn under it."""
        with self._lock:
            lease = _Lease(account, chunk)
            (lease.drawn,) = self._local.do(Look(_here((lease,)))).used
            return self._leases.setdefault(_name(account), lease)

    def _looking(self, step: Look) -> Flow[Answer]:
        """What the store says, less what was drawn here and is still there to use."""
        answer = yield step
        leases = self._leased(step.accounts)
        for lease, used in zip(leases, answer.used, strict=False):
            lease.seen = used
        return answer if not leases else Answer("looked", self._used(leases))

    def _used(self, leases: Sequence[_Lease]) -> tuple[int, ...]:
        here = self._local.do(Look(_here(leases))).used
        return tuple((lease.seen or 0) - lease.drawn + used for lease, used in zip(leases, here, strict=True))

    def _reserving(self, step: Reserve, leases: tuple[_Lease, ...]) -> Flow[Answer]:
        now = self._clock()
        first = step.offers[0]
        for lease, needed, cap in zip(leases, first.amounts, first.caps, strict=True):
            lease.used_at = now
            if lease.seen is None:
                yield from self._drawing(lease, needed, cap)
        used = self._used(leases)
        for (_, least, below), amount in zip(step.lines, used, strict=True):
            if amount < least or (amount >= below and below != NO_CAP):
                return Answer("moved", used)
        for index, offer in enumerate(step.offers):
            answer = self._hold(step, leases, offer)
            if answer.outcome == "short" and (yield from self._drawing_all(leases, offer)):
                answer = self._hold(step, leases, offer)
            if answer.outcome != "short":
                return answer._replace(used=used, offer=index if answer.outcome == "reserved" else -1)
        return Answer("short", self._used(leases))

    def _hold(self, step: Reserve, leases: tuple[_Lease, ...], offer: Offer) -> Answer:
        """Holds on what was drawn, if there is enough of it."""
        lines = tuple(Line(account) for account in _here(leases))
        with self._lock:
            caps = tuple(lease.drawn for lease in leases)
            answer = self._local.do(Reserve(step.hold, lines, (Offer(offer.amounts, caps),), step.lasts_s))
            if answer.outcome == "reserved":
                self._mine[step.hold] = leases
                if len(self._mine) > _MOST_MINE:
                    del self._mine[next(iter(self._mine))]
        return answer

    def _drawing_all(self, leases: Sequence[_Lease], offer: Offer) -> Flow[bool]:
        """Draws what is missing on each account for an offer."""
        for lease, amount, cap, used in zip(
            leases, offer.amounts, offer.caps, self._local.do(Look(_here(leases))).used, strict=True
        ):
            missing = used + amount - lease.drawn
            if missing > 0 and not (yield from self._drawing(lease, missing, cap)):
                return False
        return True

    def _drawing(self, lease: _Lease, needed: int, cap: int) -> Flow[bool]:
        """Draws a chunk, or what is needed where there is no chunk. It is spent at once: a dead replica gives nothing back."""
        wanted = lease.next
        if cap != NO_CAP and lease.seen is not None:
            wanted = min(wanted, max(0, cap - lease.seen) // _REMAINING)
        sizes = dict.fromkeys((max(wanted, needed), needed))
        draw = f"draw-{token_hex(16)}"
        offers = tuple(Offer((size,), (cap,)) for size in sizes)
        answer = yield Reserve(draw, (Line(lease.account, least=-(2**53)),), offers, _DRAW_S)
        lease.seen = answer.used[0]
        if answer.outcome != "reserved":
            return False
        size = offers[answer.offer].amounts[0]
        yield Settle(draw, (lease.account,), (size,))
        with self._lock:
            lease.drawn += size
            lease.seen += size
            lease.next = min(lease.chunk, 2 * lease.next)
        return True

    def _give_back_idle(self) -> Flow[None]:
        """Gives back what is left of leases that nobody has used for a while: windows end, and callers go home."""
        now = self._clock()
        if now - self._looked_at < self._idle_s:
            return
        self._looked_at = now
        idle = [lease for lease in list(self._leases.values()) if now - lease.used_at >= self._idle_s]
        for lease in idle[:_AT_ONCE]:
            yield from self._giving_back(lease)

    def _giving_back(self, lease: _Lease) -> Flow[bool]:
        """Whether what is left of a lease could be given back; otherwise it stays, for another time."""
        name = _name(lease.account)
        with self._lock:
            here = next((balance for balance in self._local.balances(name) if balance.key == name), None)
            if here is not None and here.held:
                return False
            left = lease.drawn - (here.spent if here else 0)
            if self._leases.get(name) is lease:
                del self._leases[name]
            lease.drawn -= left
        if left:
            try:
                yield Settle(f"back-{token_hex(16)}", (lease.account,), (-left,))
            except LedgerError:
                with self._lock:
                    self._leases.setdefault(name, lease).drawn += left
                return False
        return True

    def balances(self, prefix: str) -> Sequence[Balance]:
        """Those of the store: what is drawn counts as spent there."""
        return self._store.balances(prefix)

    def grant(self, account: Account, amount: int, entry: Entry) -> Balance:
        return self._store.grant(account, amount, entry)

    def audit(self, prefix: str) -> Sequence[Entry]:
        return self._store.audit(prefix)

    def giving_back(self, most: int) -> Flow[bool]:
        """The flow of giving back what is left of so many leases, where nobody holds any of it; whether any lease stays."""
        for lease in list(self._leases.values())[:most]:
            if not (yield from self._giving_back(lease)):
                break  # it counts as spent until its window ends, or until somebody tries again
        return bool(self._leases)

    def close(self) -> None:
        """Gives back what is left, if the store takes it."""
        drive(self.giving_back(len(self._leases)), self._store)
        self._store.close()

    async def aclose(self) -> None:
        """The same, from an event loop."""
        await adrive(self.giving_back(len(self._leases)), self._store)
        await self._store.aclose()


def _name(account: Account) -> str:
    return f"{account.key}#{account.cell}"


def _here(leases: Sequence[_Lease]) -> tuple[Account, ...]:
    """The accounts of `local`: each slice of a rolling window is one of its own there."""
    return tuple(Account(_name(lease.account), lease.account.forget_at) for lease in leases)
