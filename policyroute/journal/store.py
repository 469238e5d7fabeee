"""The journal in a file of SQLite: who writes when, what waits meanwhile, and what happens when the file cannot be written."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from math import inf
from queue import Empty, SimpleQueue
from threading import Lock, RLock, Thread
from typing import TypeVar

from policyroute.database import clear_away, follow_forks, identity, let_go
from policyroute.errors import UsageError
from policyroute.journal.address import path_of
from policyroute.journal.file import (
    Opened,
    Place,
    code,
    forget,
    last_row,
    open_file,
    open_to_read,
    page,
    put,
    trouble,
)
from policyroute.journal.record import JournalError, Record
from policyroute.journal.rows import Cell, cells, mended, record_of

T = TypeVar("T")

MOST_WAITING = 10_000
MOST_TEXT = 100_000_000
RETENTION_DAYS = 90.0
_LINGER_S = 0.1  # what comes within that is written together
_WAIT_S = 0.25  # for other processes, and for other threads of this one
_PATIENCE_S = 5.0  # of what nobody's call waits for
_AGAIN_S = 1.0
_TENDED_S = 600.0
_BESIDE = 10_000  # so many more may wait while it is being written
_PIECE = 500
_PAGE = 2000
_KEEPING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL})  # after these a connection is as good as before
_UNWRITABLE = (UnicodeEncodeError, OverflowError, sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
_LOG = logging.getLogger(__name__)


class Journal:
    """Keeps every decision in one row of the table `decisions`. An app never fails by it.

    `write` puts a record on a queue, which a thread of its own writes into the file ten times a second. When `most_waiting`
    records wait, whoever brings the next one writes them all first. While the file cannot be written they wait, as many as
    that, and `most_text` characters of texts: what comes then is kept without its text, or `dropped`, counted and logged. Any
    number of threads and processes may share a file. Rows older than `retention_days` by `now` (Unix seconds) are deleted;
    None keeps them.
    """

    def __init__(
        self,
        url: str | os.PathLike[str],
        *,
        now: Callable[[], float] = time.time,
        retention_days: float | None = RETENTION_DAYS,
        most_waiting: int = MOST_WAITING,
        most_text: int = MOST_TEXT,
    ) -> None:
        self.path = path_of(url)
        self._now = now
        self._retention_days = retention_days
        self._most = most_waiting
        self._most_text = most_text
        self._opened: Opened | None = None
        self._not_ours: Opened | None = None
        self._stopped: list[Lock] = []
        self._begin_alone()
        follow_forks(self)
        _follow_the_end(self)

    def _begin_alone(self) -> None:
        """What a process must not share with the one that it was forked from: that one writes what waited there."""
        self.dropped = 0
        self.failures = 0
        self._queue: SimpleQueue[Record] = SimpleQueue()
        self._kept: dict[str, Record] = {}
        self._text = 0  # so many characters of texts are among what is kept
        self._told: set[str] = set()
        self._failing = False
        self._again_at = self._tend_at = -inf
        self._lock = Lock()  # of the connection that writes, and of what is kept
        self._aside = Lock()  # of whoever has another connection open, so that no fork happens meanwhile
        # A record may come from a finaliser, in the middle of anything that its thread does: so there is no lock on its way
        # that this thread could hold, and what wakes the writer is one call into C.
        self._wake = Lock()
        self._wake.acquire()
        self._starting = RLock()
        self._stop = Lock()
        self._thread: Thread | None = None

    @property
    def queued(self) -> int:
        """How many records wait."""
        return self._queue.qsize() + len(self._kept)

    def write(self, record: Record) -> None:
        """Keeps a record. Written again under its id, it takes the place of what is there, unless that is complete."""
        if self._queue.qsize() + len(self._kept) >= self._most:
            self._relieve(record)
            return
        self._queue.put(record)
        if self._thread is None:
            self._start()
        elif self._wake.locked():
            try:
                self._wake.release()
            except RuntimeError:  # somebody else just did
                pass

    def _relieve(self, record: Record) -> None:
        """Makes room for one more, by writing what waits."""
        if self._lock.acquire(timeout=_WAIT_S):
            try:
                self._absorb()
                if record.id in self._kept or self._write_kept() or len(self._kept) < self._most:
                    self._keep(record)
                    if self._thread is None:
                        self._start()
                else:
                    self._lose("it cannot be written, and too many wait", 1)
            finally:
                self._lock.release()
        elif self._queue.qsize() < self._most + _BESIDE:  # somebody else writes at this moment
            self._queue.put(record)
        else:
            self._lose("it is written too slowly, and too many wait", 1)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._stop = Lock()
                self._stop.acquire()
                self._thread = thread = Thread(target=self._work, args=(self._stop,), name="policyroute-journal", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # the interpreter ends, or there are no threads left
                    self._thread = None
                    self._drain(_WAIT_S)

    def _work(self, stop: Lock) -> None:
        """The thread: a moment after something came it is written, with all that came meanwhile."""
        try:
            while not stop.acquire(timeout=_LINGER_S):
                done = self._drain(_PATIENCE_S)
                if done and time.monotonic() >= self._tend_at:
                    self.tend()
                if done:
                    self._wake.acquire(timeout=_TENDED_S)
        finally:
            if self._stop is stop:
                self._thread = None  # so that the next record starts another one, whatever ended this

    def _drain(self, wait_s: float, *, at_once: bool = False) -> bool:
        """Writes what waits, and says whether nothing does any more."""
        if not self._lock.acquire(timeout=wait_s):
            return False
        try:
            if at_once:
                self._again_at = -inf
            self._absorb()
            return self._write_kept()
        finally:
            self._lock.release()

    def _absorb(self) -> None:
        """Takes over what is on the queue now. There is one record of a decision, the latest."""
        for _ in range(self._queue.qsize()):
            try:
                self._keep(self._queue.get_nowait())
            except Empty:
                return

    def _keep(self, record: Record) -> None:
        before = self._kept.get(record.id)
        if before is None or before.stream_end is None or record.stream_end is not None:
            self._weigh(before, -1)
            if record.text is not None and self._text + len(record.text) > self._most_text:
                record = record._replace(text=None)
                self._say("keeps a decision without its text: too much text waits to be written")
            self._weigh(record, 1)
            self._kept[record.id] = record

    def _weigh(self, record: Record | None, sign: int) -> None:
        if record is not None and record.text is not None:
            self._text += sign * len(record.text)

    def _write_kept(self) -> bool:
        while self._kept:
            if time.monotonic() < self._again_at:
                return False
            piece = list(islice(self._kept.values(), _PIECE))
            try:
                self._put([row for record in piece if (row := self._row(record))])
            except sqlite3.Error as error:
                self._fail_file(error)
                return False
            except JournalError as error:
                self._fail(error)
                return False
            for record in piece:
                self._weigh(self._kept.pop(record.id), -1)
            self._works()
        return True

    def _row(self, record: Record) -> list[Cell] | None:
        try:
            return cells(record)
        except (TypeError, ValueError, AttributeError):
            self._lose("it holds what no row can", 1)
            return None

    def _put(self, rows: list[list[Cell]]) -> None:
        connection = self._connection()
        try:
            put(connection, rows)
        except _UNWRITABLE:
            put(connection, [mended(row) for row in rows])

    def _connection(self) -> sqlite3.Connection:
        opened = self._opened
        if opened is not None and identity(self.path) != opened.file:
            self._drop()
            clear_away(opened.log, self.path)
            self._fail(JournalError(f"the journal `{self.path}` was removed or replaced while in use: what is there now goes on"))
        if self._opened is None:
            self._opened = open_file(self.path, _WAIT_S)
        return self._opened.connection

    def _drop(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            let_go(opened.connection)

    def _fail_file(self, error: sqlite3.Error) -> None:
        if code(error) not in _KEEPING:
            self._drop()
        self._fail(trouble(error, self.path))

    def _fail(self, error: JournalError) -> None:
        """Counts a failure; each kind is logged once, until it works again."""
        self.failures += 1
        self._failing = True
        self._again_at = time.monotonic() + _AGAIN_S
        if str(error) not in self._told:
            self._told.add(str(error))
            _LOG.warning("%s (%d decisions wait to be written)", error, self.queued)

    def _lose(self, why: str, count: int) -> None:
        self.dropped += count
        self._say(f"loses a decision: {why}")

    def _say(self, what: str) -> None:
        if what not in self._told:
            self._told.add(what)
            _LOG.error("the journal `%s` %s", self.path, what)

    def _works(self) -> None:
        if self._failing:
            self._told.clear()
            self._failing, self._again_at = False, -inf
            _LOG.warning("the journal `%s` is written again; %d decisions were lost", self.path, self.dropped)

    def flush(self, wait_s: float = _PATIENCE_S) -> bool:
        """Writes what waits now, and says whether all of it is in the file."""
        # A record that the thread has just taken over is neither on the queue nor kept for a moment: so this waits its turn.
        return self._drain(wait_s, at_once=True)

    def tend(self) -> None:
        """Deletes what is older than it may become, piece by piece. It is done now and then by itself."""
        self._tend_at = time.monotonic() + _TENDED_S
        if self._retention_days is None:
            return
        before = self._now() - self._retention_days * 86400
        while self._lock.acquire(timeout=_PATIENCE_S):
            try:
                if forget(self._connection(), before, _PIECE) < _PIECE:
                    return
            except sqlite3.Error as error:
                self._fail_file(error)
                return
            except JournalError as error:
                self._fail(error)
                return
            finally:
                self._lock.release()

    def rows(self, since: float = -inf, until: float = inf) -> Iterator[Record]:
        """What was decided from `since` on and before `until`, the oldest first, as far as it is there at the start."""
        return map(record_of, self.read(Record._fields, since, until))

    def read(self, names: Sequence[str], since: float = -inf, until: float = inf) -> Iterator[tuple[Cell, ...]]:
        """The same with the columns that are named, as they stand in the table."""
        if unknown := [name for name in names if name not in Record._fields]:
            raise UsageError(f"the journal has no column `{unknown[0]}`")
        self.flush()
        last = self._aside_do(last_row)
        after = Place(since, -1)
        while True:
            found = self._aside_do(partial(page, names=("at", *names), after=after, until=until, last=last, most=_PAGE))
            for row in found:
                yield row[2:]
            if len(found) < _PAGE:
                return
            after = Place(float(found[-1][1] or 0.0), int(found[-1][0] or 0))

    def _aside_do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Does something with a connection of its own, which only reads, so that no writer waits for it."""
        if not os.path.exists(self.path):
            raise JournalError(f"there is no journal `{self.path}`")
        if not self._aside.acquire(timeout=_PATIENCE_S):
            raise JournalError(f"the journal `{self.path}` did not answer in time; see what ails its disk")
        try:
            with contextlib.closing(open_to_read(self.path, _PATIENCE_S)) as connection:
                return work(connection)
        except sqlite3.Error as error:
            raise trouble(error, self.path) from None
        finally:
            self._aside.release()

    def close(self) -> None:
        """Writes what waits, and lets go of the file. What comes later is written all the same."""
        with self._starting:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._stop.release()
                if self._wake.locked():
                    with contextlib.suppress(RuntimeError):
                        self._wake.release()
        if thread is not None:
            thread.join(_PATIENCE_S)
        if not self.flush():
            _LOG.error("the journal `%s` is closed before %d decisions could be written", self.path, self.queued)
        if self._lock.acquire(timeout=_PATIENCE_S):
            try:
                self._drop()
            finally:
                self._lock.release()

    async def aclose(self) -> None:
        """The same from an event loop, which goes on meanwhile."""
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


def _follow_the_end(journal: Journal) -> None:
    """Writes what waits when the program ends, if the journal still lives then."""
    alive = weakref.ref(journal)

    def end() -> None:
        if (one := alive()) is not None:
            one.close()

    atexit.register(end)


def open_journal(
    url: str | os.PathLike[str],
    *,
    now: Callable[[], float] = time.time,
    retention_days: float | None = RETENTION_DAYS,
    new: bool = True,
) -> Journal:
    """The journal behind a URL or a path. The file is not touched before the first record; unless `new`, it has to be there."""
    path = path_of(url)
    if not new and not os.path.exists(path):
        raise UsageError(f"there is no journal `{path}`")
    return Journal(path, now=now, retention_days=retention_days)
