"""The ledger in a file: who may use it when, from which thread, for how long, and after which trouble."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from json import JSONDecodeError
from random import random
from threading import Lock
from typing import TypeVar, TypeVarTuple

from policyroute.database import clear_away, follow_forks, let_go
from policyroute.errors import LedgerError
from policyroute.ledgers.ledger import Account, Answer, Balance, Entry, Look, Reserve, Settle, Step
from policyroute.ledgers.sqlite import tables
from policyroute.ledgers.sqlite.file import (
    KEEPING,
    Opened,
    boot,
    code,
    connect,
    damage,
    open_file,
    same,
    trouble,
)
from policyroute.ledgers.sqlite.worker import Wish, Worker

T = TypeVar("T")
Given = TypeVarTuple("Given")

_PAUSE_S = 0.0002  # about as long as a few steps of others take
# A thread of its own does the steps of event loops. It gets little of Python's one lock while a loop is busy, and needs it a
# dozen times for a step: so the loop stands still until the step is done, or for so long at most, and goes on without it then.
_GRACE_S = 0.0005
_PATIENCE_S = 5.0  # of what nobody's call waits for
_MOST_WAITING = 10_000
_TENDED = 1024  # steps between two times that the file is tended
_SWEPT = 250  # rows in one piece
_LONG_LOG = 8_192  # pages of the log from which others are kept waiting until it can begin anew

if hasattr(time, "CLOCK_BOOTTIME"):
    _host_clock: Callable[[], float] = partial(time.clock_gettime, time.CLOCK_BOOTTIME)
else:
    _host_clock = time.monotonic


class SqliteLedger:
    """Holds expire by `clock`, which all processes of a host share; `now` says which windows are over (Unix seconds).

    Every step is one transaction. A step waits at most `wait_s` for other threads and processes. One connection serves all
    threads of a process, one after the other: SQLite has one writer at a time anyway, and a lock in the process hands over
    in microseconds, where connections of their own would find the file locked and try again later.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        clock: Callable[[], float] | None = None,
        now: Callable[[], float] = time.time,
        wait_s: float = 0.05,
    ) -> None:
        self.path = os.path.abspath(path)
        self.wait_s = wait_s
        self._clock = clock or _host_clock
        self._boot = boot() if clock is None else ""
        self._now = now
        self._steps = 0
        self._swept_to: tuple[str, tuple[str, int]] = ("", ("", 0))
        self._opened: Opened | None = None
        self._not_ours: Opened | None = None
        self._stopped: list[Lock] = []
        self._begin_alone()
        follow_forks(self)

    def _begin_alone(self) -> None:
        """What a process must not share with the one that it was forked from."""
        self._lock = Lock()  # of the connection that steps use
        self._aside = Lock()  # of whoever has another one open, so that no fork happens meanwhile
        self._last: Wish | None = None
        self._async = Worker("policyroute-ledger")
        self._upkeep = Worker("policyroute-ledger-upkeep")

    def do(self, step: Step) -> Answer:
        return self._wait(self._do, step)

    def _do(self, cursor: sqlite3.Cursor, step: Step) -> Answer:
        now = self._clock()
        if type(step) is Look:
            seen = tables.look(cursor, step.accounts, now)
            return seen or _at_once(cursor, tables.look_after_expiry, step.accounts, now)
        self._steps += 1
        if self._steps % _TENDED == 0:
            self._upkeep.hand(self._tend)
        if type(step) is Reserve:
            return _at_once(cursor, tables.reserve, step, now)
        assert type(step) is Settle
        return _at_once(cursor, tables.settle, step, now, self._now())

    def _wait(self, work: Callable[[sqlite3.Cursor, *Given], T], *given: *Given) -> T:
        """Does something with the connection, as soon as that is possible. Whatever fails has not happened."""
        lock = self._lock
        until = time.monotonic() + self.wait_s
        if not lock.acquire(blocking=False) and not lock.acquire(timeout=self.wait_s):
            raise LedgerError(f"the ledger `{self.path}` did not answer in time; see what ails its disk")
        try:
            while True:
                try:
                    return work(self._cursor(), *given)
                except sqlite3.Error as error:
                    if code(error) not in KEEPING:
                        self._drop()
                    if code(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                        raise trouble(error, self.path) from None
                except JSONDecodeError:
                    raise damage(self.path) from None
                except (OverflowError, UnicodeEncodeError):
                    raise LedgerError("an amount or a name of this step is none that a ledger can keep") from None
                time.sleep(_PAUSE_S * random())
        finally:
            lock.release()

    def _cursor(self) -> sqlite3.Cursor:
        opened = self._opened
        if opened is None:
            opened = self._opened = open_file(self.path, self._boot, self._clock)
        elif not same(self.path, opened.file):
            self._drop()
            clear_away(opened.log, self.path)
            raise LedgerError(f"the ledger `{self.path}` was removed or replaced while in use; from here on counts what is there")
        return opened.cursor

    def _drop(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            let_go(opened.connection)

    at_once = False

    async def ado(self, step: Step) -> Answer:
        if self._async.waiting() >= _MOST_WAITING:
            raise LedgerError(f"the ledger `{self.path}` is behind by {_MOST_WAITING} steps; see what ails its disk")
        before, wish = self._last, Wish(step)
        self._last = wish
        self._async.hand(partial(self._do_for, wish))
        if before is None or before.told is not None:
            wish.wait_here(_GRACE_S)
        if wish.told is None:
            late = LedgerError(f"the ledger `{self.path}` did not answer in time; see what ails its disk")
            await wish.wait(self.wait_s, late)
        return wish.answer()

    def _do_for(self, wish: Wish) -> None:
        """The step of a task. Where nobody waits for it any more, only what was spent is still put down."""
        told: Answer | LedgerError = LedgerError(f"the ledger `{self.path}` broke off")
        try:
            if not wish.over or type(wish.step) is Settle:
                told = self.do(wish.step)
        except LedgerError as error:
            told = error
        finally:
            wish.tell(told)

    def balances(self, prefix: str) -> Sequence[Balance]:
        while self._wait(_at_once, tables.expire, self._clock()):
            pass  # people are shown nothing that is over; others have their steps between the pieces
        return self._beside(lambda cursor: tuple(tables.balances(cursor, prefix)))

    def grant(self, account: Account, amount: int, entry: Entry) -> Balance:
        return self._wait(_at_once, tables.grant, account, amount, entry)

    def audit(self, prefix: str) -> Sequence[Entry]:
        self.do(Look(()))  # which opens the file
        return self._beside(lambda cursor: tuple(tables.audit(cursor, prefix)))

    def _beside(self, work: Callable[[sqlite3.Cursor], T]) -> T:
        """Does something that may take long with a connection of its own, which only reads, so that no step waits for it."""
        aside = self._aside
        if not aside.acquire(timeout=_PATIENCE_S):
            raise LedgerError(f"the ledger `{self.path}` did not answer in time; see what ails its disk")
        try:
            until = time.monotonic() + _PATIENCE_S
            while True:
                try:
                    with contextlib.closing(self._second()) as connection:
                        return work(connection.cursor())
                except sqlite3.Error as error:
                    if code(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                        raise trouble(error, self.path) from None
                time.sleep(_PAUSE_S * random())
        finally:
            aside.release()

    def _second(self) -> sqlite3.Connection:
        """Another connection to the file that is open."""
        opened = self._opened
        if opened is None or not same(self.path, opened.file):
            raise LedgerError(f"the ledger `{self.path}` was removed or replaced while in use")
        return connect(self.path)

    def tend(self) -> None:
        """Forgets some of what is over, and brings the log into the file. It is done now and then by itself."""
        self._beside(self._sweep)
        self._beside(_bring_in)

    def _sweep(self, cursor: sqlite3.Cursor) -> None:
        """Looks with the connection given, which keeps nobody waiting, and then forgets piece by piece as a step would."""
        over = self._now()
        for _ in range(1 + _TENDED // _SWEPT):
            holds, mark = tables.old_marks(cursor, self._swept_to[0], over, _SWEPT)
            rows, account = tables.old_accounts(cursor, self._swept_to[1], over, _SWEPT)
            if holds or rows:
                self._wait(_at_once, tables.forget, holds, rows, over)
            self._swept_to = (mark, account)

    def _tend(self) -> None:
        try:
            self.tend()
        except LedgerError:  # whoever asks for a step next hears of it
            pass

    def close(self) -> None:
        self._async.stop(_PATIENCE_S)
        self._upkeep.stop(_PATIENCE_S)
        lock = self._lock
        if lock.acquire(timeout=_PATIENCE_S):
            try:
                self._drop()
            finally:
                lock.release()

    async def aclose(self) -> None:
        await asyncio.to_thread(self.close)

    def before_fork(self) -> None:
        """Closes the file: SQLite believes of a child that it has the locks of its parent, and those are not inherited."""
        self._stopped = [lock for lock in (self._aside, self._lock) if lock.acquire(timeout=_PATIENCE_S)]
        if self._lock in self._stopped:
            self._drop()

    def after_fork(self, child: bool) -> None:
        """Goes on: the parent where it was, the child from the start."""
        stopped, self._stopped = self._stopped, []
        if child:
            self._not_ours, self._opened = self._opened, None  # what could not be closed is never touched, not even to close it
            self._begin_alone()
        else:
            for lock in stopped:
                lock.release()


def _at_once(cursor: sqlite3.Cursor, work: Callable[[sqlite3.Cursor, *Given], T], *given: *Given) -> T:
    """All of it in one transaction, or nothing."""
    cursor.execute("BEGIN IMMEDIATE")
    try:
        done = work(cursor, *given)
        cursor.execute("COMMIT")
        return done
    finally:
        if cursor.connection.in_transaction:
            cursor.connection.rollback()


def _bring_in(cursor: sqlite3.Cursor) -> None:
    """Waits for the disk, while steps go on; only a log that has become long is ended while they wait."""
    _, pages, _ = cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    if pages > _LONG_LOG:
        cursor.execute("PRAGMA busy_timeout = 1000")
        cursor.execute("PRAGMA wal_checkpoint(RESTART)")
