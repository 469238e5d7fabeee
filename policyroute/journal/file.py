"""The file of a journal: opened, known again, and what is wrong with it in the words of who runs it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from policyroute.database import APPLICATION, Identity, identity
from policyroute.journal.record import JournalError, Record
from policyroute.journal.rows import COLUMNS, Cell

VERSION = 1

_SHIFT = 8
_PAGE = 1024  # as a ledger wants it, which may come to live in the same file
_NAMES = ", ".join(column.name for column in COLUMNS)
_SCHEMA = (
    f"CREATE TABLE decisions ({', '.join(f'{column.name} {column.declared}' for column in COLUMNS)})",
    "CREATE INDEX decisions_at ON decisions (at)",
)
# What is complete is never undone by what was known before: a row may be written by whoever comes first.
_PUT = (
    f"INSERT INTO decisions ({_NAMES}) VALUES ({', '.join('?' * len(COLUMNS))}) ON CONFLICT (id) DO UPDATE SET"
    f" {', '.join(f'{name} = excluded.{name}' for name in Record._fields if name != 'id')}"
    " WHERE excluded.stream_end IS NOT NULL OR decisions.stream_end IS NULL"
)
_FORGET = "DELETE FROM decisions WHERE rowid IN (SELECT rowid FROM decisions WHERE at < ? ORDER BY at LIMIT ?)"
_PAGE_OF_ROWS = (
    "SELECT rowid, {names} FROM decisions WHERE (at, rowid) > (?, ?) AND at < ? AND rowid <= ? ORDER BY at, rowid LIMIT ?"
)
_SAYS = {
    sqlite3.SQLITE_BUSY: "is locked; see which process holds it",
    sqlite3.SQLITE_FULL: "has no room left; free some on its disk",
    sqlite3.SQLITE_READONLY: "cannot be written; let this process write the file and its folder",
    sqlite3.SQLITE_PERM: "cannot be written; let this process write the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; its folder has to exist, and this process to write there",
    sqlite3.SQLITE_CORRUPT: "is damaged; put a copy in its place, or move it away to begin anew",
    sqlite3.SQLITE_NOTADB: "is damaged or no journal at all; put a copy in its place, or move it away to begin anew",
    sqlite3.SQLITE_IOERR: "could not be read or written; see what ails its disk",
}


class Opened(NamedTuple):
    """A connection that writes, and which files these are."""

    connection: sqlite3.Connection
    file: Identity | None
    log: Identity | None


class Place(NamedTuple):
    """Up to where somebody has read."""

    at: float
    row: int


def code(error: sqlite3.Error) -> int:
    """What kind of trouble this is."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def trouble(error: sqlite3.Error, path: str) -> JournalError:
    """The same, for whoever runs the journal."""
    says = _SAYS.get(code(error), f"could not be used ({getattr(error, 'sqlite_errorname', type(error).__name__)})")
    return JournalError(f"the journal `{path}` {says}")


def open_file(path: str, wait_s: float) -> Opened:
    """A connection to the journal in this file, which is made where there is none."""
    connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None, check_same_thread=False)
    done = False
    try:
        connection.execute(f"PRAGMA page_size = {_PAGE}")
        # A process that is killed loses nothing that is in the file, whatever this says; a machine that loses power at most
        # what came since the last checkpoint, and never the file.
        connection.execute("PRAGMA synchronous = NORMAL")
        _know(connection, path)
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise JournalError(f"the journal `{path}` is on a disk that several processes cannot share; put it on a local one")
        connection.execute("BEGIN IMMEDIATE")
        version = _know(connection, path)
        if not version >> _SHIFT & 0xFF:
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {version | VERSION << _SHIFT}")
        connection.execute("COMMIT")
        done = True
    finally:
        if not done:
            connection.close()
    return Opened(connection, identity(path), identity(f"{path}-wal"))


def open_to_read(path: str, wait_s: float) -> sqlite3.Connection:
    """A connection that writes nothing, not even a file where there is none."""
    connection = sqlite3.connect(f"{Path(path).as_uri()}?mode=ro", uri=True, timeout=wait_s, isolation_level=None)
    done = False
    try:
        if not _know(connection, path) >> _SHIFT & 0xFF:
            raise JournalError(f"there is no journal in `{path}`")
        done = True
    finally:
        if not done:
            connection.close()
    return connection


def _know(connection: sqlite3.Connection, path: str) -> int:
    """The version of a file that is ours, or that has nothing in it."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION and (application or tables):
        raise JournalError(f"`{path}` is a file of another application; name one for the journal, or for journal and ledger")
    found = version >> _SHIFT & 0xFF
    if found > VERSION:
        raise JournalError(f"the journal `{path}` was written by a newer policyroute (version {found}); use that one")
    return int(version)


def put(connection: sqlite3.Connection, rows: Iterable[Sequence[Cell]]) -> None:
    """All of these rows, or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(_PUT, rows)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.rollback()


def forget(connection: sqlite3.Connection, before: float, most: int) -> int:
    """Deletes the oldest rows from before that time, so many at most; how many there were."""
    return connection.execute(_FORGET, (before, most)).rowcount


def last_row(connection: sqlite3.Connection) -> int:
    """The newest row that is there."""
    (last,) = connection.execute("SELECT max(rowid) FROM decisions").fetchone()
    return last or 0


def page(
    connection: sqlite3.Connection, names: Sequence[str], after: Place, until: float, last: int, most: int
) -> list[tuple[Cell, ...]]:
    """The next rows by time, each behind its number; the first of the names is `at`."""
    asked = _PAGE_OF_ROWS.format(names=", ".join(names))
    return connection.execute(asked, (*after, until, last, most)).fetchall()
