"""Leases: a replica draws a part of a budget from the store, and admits calls on it without asking again.

What is drawn counts as spent in the store until what is left of it is given back. So no cap is ever passed, also when a
replica dies: then what it had not used is lost to the window. What others have drawn looks spent to everybody else.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
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
_LOOKED_AT = 16
_PAUSE_S = 1.0
"""So long nothing idle is given back after the store did not take something, so that calls do not wait for it."""


class _Lease:
    """What was drawn from an account and how much of it is spent, and what the store said that others have used of it.

    `others` is at least what it was when the store was asked: what is drawn meanwhile may be counted in it once more.
    """

    __slots__ = ("account", "chunk", "drawn", "here", "name", "next", "others", "spent", "used_at")

    def __init__(self, account: Account, chunk: int) -> None:
        self.account = account
        self.name = _name(account)
        self.here = Account(self.name, account.forget_at)
        """The account of `local`: each slice of a rolling window is one of its own there."""
        self.chunk = chunk
        self.next = max(1, chunk // _FIRST)
        self.drawn = 0
        self.spent = 0
        self.others: int | None = None
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
        self._leases: OrderedDict[str, _Lease] = OrderedDict()  # by last use, the oldest first
        self._mine: OrderedDict[str, tuple[_Lease, ...]] = OrderedDict()
        self._left: deque[Settle] = deque()  # of leases that ended; the store has not confirmed these
        self._resume_at = clock()

    at_once = False

    def do(self, step: Step) -> Answer:
        return drive(self._doing(step), self._store)

    async def ado(self, step: Step) -> Answer:
        return await adrive(self._doing(step), self._store)

    def _doing(self, step: Step) -> Flow[Answer]:
        if isinstance(step, Settle):
            leases = self._mine.get(step.hold)
            if leases is not None:
                return self._settle(step, leases)
            return (yield step)
        accounts = step.accounts if isinstance(step, Look) else tuple(line.account for line in step.lines)
        # One more than it can open: so they never pile up, and no call waits for many.
        yield from self._giving_back_idle(len(accounts) + 1)
        leases = self._leased(accounts)
        if not leases:
            return (yield step)
        return (yield from self._looking(step, leases) if isinstance(step, Look) else self._reserving(step, leases))

    def _leased(self, accounts: Sequence[Account]) -> tuple[_Lease, ...]:
        """The leases of these accounts; none where one of them is not leased."""
        chunks = []
        for account in accounts:
            chunk = self._chunks.get(account.key.partition("?")[0] + "?")
            if chunk is None:
                return ()
            chunks.append(chunk)
        with self._lock:
            return tuple(map(self._open, accounts, chunks))

    def _open(self, account: Account, chunk: int) -> _Lease:
        """The lease of an account, which now is in use; whoever calls this has the lock.

        A new one begins with what was spent under an earlier one, which was given back: that was drawn under it.
        """
        lease = self._leases.get(_name(account))
        if lease is None:
            lease = _Lease(account, chunk)
            lease.drawn = lease.spent = self._here((lease,))[0]
            self._leases[lease.name] = lease
        lease.used_at = self._clock()
        self._leases.move_to_end(lease.name)
        return lease

    def _opened(self, leases: Sequence[_Lease]) -> tuple[_Lease, ...]:
        """Those that are open now for the same accounts: somebody may have given these back. The caller has the lock."""
        return tuple(self._open(lease.account, lease.chunk) for lease in leases)

    def _here(self, leases: Sequence[_Lease]) -> tuple[int, ...]:
        """What is spent and held of each."""
        return self._local.do(Look(tuple(lease.here for lease in leases))).used

    def _looking(self, step: Look, leases: tuple[_Lease, ...]) -> Flow[Answer]:
        """What the store says, less what was drawn here and is still there to use."""
        drawn = tuple(lease.drawn for lease in leases)
        answer = yield step
        with self._lock:
            for lease, used, before in zip(leases, answer.used, drawn, strict=True):
                self._hear(lease, used, before)
        return Answer("looked", self._used(leases))

    def _hear(self, lease: _Lease, used: int, before: int) -> None:
        """What had been drawn before the store was asked is not of others. Of what was drawn since nobody knows if it was
        counted, and a lease that ended meanwhile has only what is spent. Whoever calls this has the lock.
        """
        lease.others = used - (before if self._leases.get(lease.name) is lease else lease.spent)

    def _used(self, leases: Sequence[_Lease]) -> tuple[int, ...]:
        return tuple((lease.others or 0) + used for lease, used in zip(leases, self._here(leases), strict=True))

    def _reserving(self, step: Reserve, leases: tuple[_Lease, ...]) -> Flow[Answer]:
        first = step.offers[0]
        for lease, needed, cap in zip(leases, first.amounts, first.caps, strict=True):
            if lease.others is None:
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
        with self._lock:
            leases = self._opened(leases)
            lines = tuple(Line(lease.here) for lease in leases)
            caps = tuple(lease.drawn for lease in leases)
            answer = self._local.do(Reserve(step.hold, lines, (Offer(offer.amounts, caps),), step.lasts_s))
            if answer.outcome == "reserved":
                self._mine[step.hold] = leases
                if len(self._mine) > _MOST_MINE:
                    self._mine.popitem(last=False)
        return answer

    def _settle(self, step: Settle, leases: tuple[_Lease, ...]) -> Answer:
        """Ends a hold. What is spent after a lease was given back is told to the store with another one."""
        with self._lock:
            leases = self._opened(leases)
            answer = self._local.do(Settle(step.hold, tuple(lease.here for lease in leases), step.amounts))
            if answer.outcome == "settled":
                for lease, amount in zip(leases, step.amounts, strict=True):
                    lease.spent += amount
        return answer

    def _drawing_all(self, leases: Sequence[_Lease], offer: Offer) -> Flow[bool]:
        """Draws what is missing on each account for an offer."""
        with self._lock:
            leases = self._opened(leases)
            here = self._here(leases)
        for lease, amount, cap, used in zip(leases, offer.amounts, offer.caps, here, strict=True):
            missing = used + amount - lease.drawn
            if missing > 0 and not (yield from self._drawing(lease, missing, cap)):
                return False
        return True

    def _drawing(self, lease: _Lease, needed: int, cap: int) -> Flow[bool]:
        """Draws a chunk, or what is needed where there is no chunk. It is spent at once: a dead replica gives nothing back."""
        with self._lock:
            before, wanted = lease.drawn, lease.next
            if cap != NO_CAP and lease.others is not None:
                wanted = min(wanted, max(0, cap - lease.others - before) // _REMAINING)
        sizes = dict.fromkeys((max(wanted, needed), needed))
        draw = f"draw-{token_hex(16)}"
        offers = tuple(Offer((size,), (cap,)) for size in sizes)
        answer = yield Reserve(draw, (Line(lease.account, least=-(2**53)),), offers, _DRAW_S)
        size = 0
        if answer.outcome == "reserved":
            size = offers[answer.offer].amounts[0]
            yield Settle(draw, (lease.account,), (size,))
        with self._lock:
            self._hear(lease, answer.used[0], before)
            if size:
                (lease,) = self._opened((lease,))
                lease.drawn += size
                lease.next = min(lease.chunk, 2 * lease.next)
        return answer.outcome == "reserved"

    def _giving_back_idle(self, most: int) -> Flow[None]:
        """Gives back what is left of leases that nobody has used for a while: windows end, and callers go home."""
        now = self._clock()
        if now < self._resume_at:
            return
        for _ in range(most):
            if not self._left and not self._close_idle(now):
                return
            if not (yield from self._telling()):
                self._resume_at = now + _PAUSE_S
                return

    def _close_idle(self, now: float) -> bool:
        """Ends the lease that was not used for longest, if that is long enough; one that somebody holds is in use."""
        with self._lock:
            for _ in range(_LOOKED_AT):
                lease = next(iter(self._leases.values()), None)
                if lease is None or now - lease.used_at < self._idle_s:
                    return False
                if self._close(lease):
                    return True
        return False

    def _close(self, lease: _Lease) -> bool:
        """Ends a lease of which nobody holds anything; what is left is to be told. Whoever calls this has the lock."""
        if self._leases.get(lease.name) is not lease:
            return True
        if self._here((lease,))[0] > lease.spent:
            self._open(lease.account, lease.chunk)
            return False
        del self._leases[lease.name]
        left = lease.drawn - lease.spent
        if left:
            self._left.append(Settle(f"back-{token_hex(16)}", (lease.account,), (-left,)))
        return True

    def _telling(self) -> Flow[bool]:
        """Tells the store what was left of one lease; where it did not answer, the same step is asked again another time."""
        try:
            step = self._left.popleft()
        except IndexError:
            return True
        try:
            yield step
        except GeneratorExit:
            self._left.appendleft(step)
            raise
        except LedgerError:
            self._left.appendleft(step)
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
        """The flow of giving back what is left of so many leases, where nobody holds any of it; whether any lease stays.

        The ones that were not used for longest are first; one that somebody holds goes behind the others.
        """
        with self._lock:
            leases = list(islice(self._leases.values(), most))
        for lease in (None, *leases):
            if lease is not None:
                with self._lock:
                    self._close(lease)
            while self._left:
                if not (yield from self._telling()):
                    return True  # it counts as spent until its window ends, or until somebody tries again
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
