"""The ledger of one process: as long as that lives."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from threading import Lock

from policyroute.ledgers.ledger import NO_CAP, Account, Answer, Balance, Entry, Look, Reserve, Settle, Step

REMEMBERED = 100_000
_SWEEP_S = 60.0


class _Sums:
    """What an account has. Of a rolling one `cells` says what of it is of which slice of time, in this order."""

    __slots__ = ("cells", "forget_at", "granted", "held", "spent")

    def __init__(self, forget_at: int) -> None:
        self.spent = 0
        self.held = 0
        self.granted = 0
        self.forget_at = forget_at
        self.cells: dict[int, list[int]] | None = None


class _Hold:
    __slots__ = ("amounts", "answer", "cells", "expires_at", "keys")

    def __init__(self, keys: list[str], cells: list[int], amounts: tuple[int, ...], answer: Answer, expires_at: float) -> None:
        self.keys = keys
        self.cells = cells
        self.amounts = amounts
        self.answer = answer
        self.expires_at = expires_at


class MemoryLedger:
    """Holds expire by `clock`, which never goes back; `now` says which windows are over (Unix seconds)."""

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
        self._ended: dict[str, None] = {}  # in the order in which they ended
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
            return Answer("looked", tuple([self._used(account) for account in step.accounts]))

    async def ado(self, step: Step) -> Answer:
        return self.do(step)

    def _used(self, account: Account) -> int:
        sums = self._sums.get(account.key)
        if sums is None:
            return 0
        if sums.cells is not None and account.first:
            _forget(sums, account.first)
        return sums.spent + sums.held - sums.granted

    def _reserve(self, step: Reserve, now: float) -> Answer:
        known = self._holds.get(step.hold)
        if known is not None:
            return known.answer
        if step.hold in self._ended:
            return Answer("known")
        used = []
        moved = False
        for account, least, below in step.lines:
            amount = self._used(account)
            used.append(amount)
            if amount < least or (amount >= below and below != NO_CAP):
                moved = True
        if moved:
            return Answer("moved", tuple(used))
        for index, (amounts, caps) in enumerate(step.offers):
            for amount, cap, before in zip(amounts, caps, used, strict=True):
                if before + amount > cap and cap != NO_CAP:
                    break
            else:
                answer = Answer("reserved", tuple(used), index)
                self._hold(step, amounts, answer, now)
                return answer
        return Answer("short", tuple(used))

    def _hold(self, step: Reserve, amounts: tuple[int, ...], answer: Answer, now: float) -> None:
        keys, cells = [], []
        for (account, _, _), amount in zip(step.lines, amounts, strict=True):
            sums = self._open(account, now)
            sums.held += amount
            if sums.cells is not None:
                sums.cells.setdefault(account.cell, [0, 0, 0])[1] += amount
            keys.append(account.key)
            cells.append(account.cell)
        expires_at = now + step.lasts_s
        self._holds[step.hold] = _Hold(keys, cells, amounts, answer, expires_at)
        heappush(self._expiring, (expires_at, step.hold))
        if len(self._expiring) > 2 * len(self._holds) + 1000:
            self._expiring = [(hold.expires_at, name) for name, hold in self._holds.items()]
            heapify(self._expiring)

    def _open(self, account: Account, now: float) -> _Sums:
        sums = self._sums.get(account.key)
        if sums is None:
            if now - self._swept_at > _SWEEP_S:
                self._sweep(now)
            sums = self._sums[account.key] = _Sums(account.forget_at)
            if account.cell:
                sums.cells = {}
        elif account.forget_at > sums.forget_at:
            sums.forget_at = account.forget_at
        return sums

    def _sweep(self, now: float) -> None:
        """Forgets the accounts of windows that are over, as long as nobody holds anything on them."""
        self._swept_at = now
        over = self._now()
        for key in [key for key, sums in self._sums.items() if sums.forget_at <= over and not sums.held]:
            del self._sums[key]

    def _settle(self, step: Settle) -> Answer:
        if step.hold in self._ended:
            return Answer("known", tuple([self._used(account) for account in step.accounts]))
        hold = self._holds.pop(step.hold, None)
        cells = None
        if hold is not None:
            self._let_go(hold)
            cells = dict(zip(hold.keys, hold.cells, strict=True))
        self._ended[step.hold] = None
        if len(self._ended) > self._remembered:
            del self._ended[next(iter(self._ended))]
        used = []
        now = self._swept_at
        for account, amount in zip(step.accounts, step.amounts, strict=True):
            used.append(self._used(account))
            if amount:
                sums = self._open(account, now)
                sums.spent += amount
                if sums.cells is not None:
                    cell = account.cell if cells is None else cells.get(account.key, account.cell)
                    sums.cells.setdefault(cell, [0, 0, 0])[0] += amount
        return Answer("settled", tuple(used))

    def _let_go(self, hold: _Hold) -> None:
        for key, cell, amount in zip(hold.keys, hold.cells, hold.amounts, strict=True):
            sums = self._sums.get(key)
            if sums is None:
                continue
            if sums.cells is None:
                sums.held -= amount
            elif cell in sums.cells:  # else its slice of time was forgotten, and the hold with it
                sums.held -= amount
                sums.cells[cell][1] -= amount

    def _expire(self, now: float) -> None:
        while self._expiring and self._expiring[0][0] <= now:
            hold = self._holds.pop(heappop(self._expiring)[1], None)
            if hold is not None:
                self._let_go(hold)

    def balances(self, prefix: str) -> Sequence[Balance]:
        with self._lock:
            self._expire(self._clock())
            found = [(key, sums) for key, sums in self._sums.items() if key.startswith(prefix)]
            return tuple(Balance(key, sums.spent, sums.held, sums.granted) for key, sums in sorted(found, key=lambda one: one[0]))

    def grant(self, account: Account, amount: int, entry: Entry) -> Balance:
        with self._lock:
            sums = self._open(account, self._swept_at)
            sums.granted += amount
            if sums.cells is not None:
                sums.cells.setdefault(account.cell, [0, 0, 0])[2] += amount
            self._audit.append(entry)
            return Balance(account.key, sums.spent, sums.held, sums.granted)

    def audit(self, prefix: str) -> Sequence[Entry]:
        with self._lock:
            return tuple(entry for entry in self._audit if entry.key.startswith(prefix))

    def close(self) -> None:
        """There is nothing to let go of."""

    async def aclose(self) -> None:
        """There is nothing to let go of."""


def _forget(sums: _Sums, first: int) -> None:
    """Takes out what is of slices of time that do not count any more."""
    assert sums.cells is not None
    for cell in [cell for cell in sums.cells if cell < first]:
        spent, held, granted = sums.cells.pop(cell)
        sums.spent -= spent
        sums.held -= held
        sums.granted -= granted
