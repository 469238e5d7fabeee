"""The ledger of one process: as long as that lives."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from threading import Lock

from policyroute.ledgers.ledger import NO_CAP, Account, Answer, Balance, Entry, Line, Look, Reserve, Settle, Step

REMEMBERED = 50_000
_SWEEP_S = 60.0
_SPENT, _HELD, _GRANTED = range(3)
_KNOWN, _SETTLED = Answer("known"), Answer("settled")


class _Sums:
    """What an account has. Of a rolling one `cells` says what of it is of which slice of time, in this order."""

    __slots__ = ("cells", "first", "forget_at", "granted", "held", "spent")

    def __init__(self, account: Account) -> None:
        self.spent = 0
        self.held = 0
        self.granted = 0
        self.forget_at = account.forget_at
        self.first = account.first
        self.cells: dict[int, list[int]] | None = {} if account.cell else None

    def add(self, which: int, cell: int, amount: int) -> None:
        """Adds to a slice of time; what is of one that was forgotten does not count."""
        if self.cells is not None:
            if cell < self.first:
                return
            self.cells.setdefault(cell, [0, 0, 0])[which] += amount
        if which == _SPENT:
            self.spent += amount
        elif which == _HELD:
            self.held += amount
        else:
            self.granted += amount

    def used(self, first: int) -> int:
        """What is spent and held, less what was granted, from this slice of time on."""
        if first > self.first:
            self.forget(first)
        return self.spent + self.held - self.granted

    def forget(self, first: int) -> None:
        """Takes out what is of slices of time that do not count any more."""
        self.first = first
        assert self.cells is not None
        for cell in [cell for cell in self.cells if cell < first]:
            spent, held, granted = self.cells.pop(cell)
            self.spent -= spent
            self.held -= held
            self.granted -= granted


_Hold = tuple[list[_Sums], tuple[Line, ...], tuple[int, ...], Answer, float]
"""What is held of which accounts, the answer that was given for it, and when it expires."""


class MemoryLedger:
    """Holds expire by `clock`, which never goes back; `now` says which windows are over (Unix seconds).

    The names of the last ends are remembered, at least `remembered` of them.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        remembered: int = REMEMBERED,
    ) -> None:
        self._clock = clock
        self._now = now
        self._remembered = remembered
        self._lock = Lock()
        self._sums: dict[str, _Sums] = {}
        self._holds: dict[str, _Hold] = {}
        self._expiring: list[tuple[float, str]] = []
        self._ended: set[str] = set()
        self._ended_before: set[str] = set()
        self._audit: list[Entry] = []
        self._swept_at = clock()

    def do(self, step: Step) -> Answer:
        with self._lock:
            now = self._clock()
            if self._expiring and self._expiring[0][0] <= now:
                self._expire(now)
            if type(step) is Reserve:
                return self._reserve(step, now)
            if type(step) is Settle:
                return self._settle(step)
            assert type(step) is Look
            return Answer("looked", tuple(map(self._used, step.accounts)))

    at_once = True

    async def ado(self, step: Step) -> Answer:
        return self.do(step)

    def _used(self, account: Account) -> int:
        sums = self._sums.get(account.key)
        return 0 if sums is None else sums.used(account.first)

    def _reserve(self, step: Reserve, now: float) -> Answer:
        name, lines, offers, lasts_s = step
        holds = self._holds
        if name in holds:
            return holds[name][3]
        if name in self._ended or name in self._ended_before:
            return _KNOWN
        found = self._sums.get
        sums: list[_Sums | None] = []
        used: list[int] = []
        moved = False
        for account, least, below in lines:
            one = found(account[0])
            amount = 0 if one is None else one.used(account[3])
            sums.append(one)
            used.append(amount)
            if amount < least or (amount >= below and below != NO_CAP):
                moved = True
        if moved:
            return Answer("moved", tuple(used))
        index = 0
        for amounts, caps in offers:
            for amount, cap, before in zip(amounts, caps, used, strict=True):
                if before + amount > cap and cap != NO_CAP:
                    break
            else:
                break
            index += 1
        else:
            return Answer("short", tuple(used))
        opened = []
        for line, one, amount in zip(lines, sums, amounts, strict=True):
            if one is None:
                one = self._open(line[0], now)
            opened.append(one)
            if one.cells is None:
                one.held += amount
            else:
                one.add(_HELD, line[0].cell, amount)
        answer = Answer("reserved", tuple(used), index)
        expires_at = now + lasts_s
        holds[name] = opened, lines, amounts, answer, expires_at
        heappush(self._expiring, (expires_at, name))
        if len(self._expiring) > 2 * len(holds) + 1000:
            self._expiring = [(hold[4], name) for name, hold in holds.items()]
            heapify(self._expiring)
        return answer

    def _open(self, account: Account, now: float) -> _Sums:
        if now - self._swept_at > _SWEEP_S:
            self._sweep(now)
        sums = self._sums[account.key] = _Sums(account)
        return sums

    def _sweep(self, now: float) -> None:
        """Forgets the accounts of windows that are over, as long as nobody holds anything on them."""
        self._swept_at = now
        over = self._now()
        for key in [key for key, sums in self._sums.items() if sums.forget_at <= over and not sums.held]:
            del self._sums[key]

    def _settle(self, step: Settle) -> Answer:
        name, accounts, amounts = step
        ended = self._ended
        if name in ended or name in self._ended_before:
            return _KNOWN
        hold = self._holds.pop(name, None)
        ended.add(name)
        if len(ended) > self._remembered:
            self._ended, self._ended_before = set(), ended
        rolling = False
        if hold is not None:
            rolling = _let_go(hold)
        found = self._sums.get
        for account, amount in zip(accounts, amounts, strict=True):
            if amount:
                sums = found(account[0]) or self._open(account, self._swept_at)
                if account[1] > sums.forget_at:
                    sums.forget_at = account[1]
                if sums.cells is None:
                    sums.spent += amount
                else:
                    cell = _cell_of(account, hold) if rolling and hold else account.cell
                    sums.add(_SPENT, cell, amount)
        return _SETTLED

    def _expire(self, now: float) -> None:
        while self._expiring and self._expiring[0][0] <= now:
            hold = self._holds.pop(heappop(self._expiring)[1], None)
            if hold is not None:
                _let_go(hold)

    def balances(self, prefix: str) -> Sequence[Balance]:
        with self._lock:
            self._expire(self._clock())
            found = sorted(key for key in self._sums if key.startswith(prefix))
            return tuple(_balance(key, self._sums[key]) for key in found)

    def grant(self, account: Account, amount: int, entry: Entry) -> Balance:
        with self._lock:
            sums = self._sums.get(account.key) or self._open(account, self._swept_at)
            sums.add(_GRANTED, account.cell, amount)
            self._audit.append(entry)
            return _balance(account.key, sums)

    def audit(self, prefix: str) -> Sequence[Entry]:
        with self._lock:
            return tuple(entry for entry in self._audit if entry.key.startswith(prefix))

    def close(self) -> None:
        """There is nothing to let go of."""

    async def aclose(self) -> None:
        """There is nothing to let go of."""


def _let_go(hold: _Hold) -> bool:
    """Frees what a hold has; whether some of it was of a slice of time."""
    rolling = False
    for sums, line, amount in zip(hold[0], hold[1], hold[2], strict=True):
        if sums.cells is None:
            sums.held -= amount
        else:
            rolling = True
            sums.add(_HELD, line.account.cell, -amount)
    return rolling


def _cell_of(account: Account, hold: _Hold) -> int:
    """The slice of time in which a call was admitted: what it costs belongs there."""
    return next((line.account.cell for line in hold[1] if line.account.key == account.key), account.cell)


def _balance(key: str, sums: _Sums) -> Balance:
    return Balance(key, sums.spent, sums.held, sums.granted)
