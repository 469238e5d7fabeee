"""The file: opened, known again, and what is wrong with it in the words of who runs it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from policyroute.database import APPLICATION, Identity, identity
from policyroute.errors import LedgerError
from policyroute.ledgers.sqlite.tables import SCHEMA, VERSION, start_over

_PAGE = 1024  # a step changes three pages, and each is written to the log whole
_SAYS = {
    sqlite3.SQLITE_BUSY: "was locked for longer than a call may wait; see which process holds it",
    sqlite3.SQLITE_FULL: "has no room left; free some on its disk",
    sqlite3.SQLITE_READONLY: "cannot be written; let this process write the file and its folder",
    sqlite3.SQLITE_PERM: "cannot be written; let this process write the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; its folder has to exist, and this process to write there",
    sqlite3.SQLITE_CORRUPT: "is damaged; put a copy in its place, or move it away to begin anew",
    sqlite3.SQLITE_NOTADB: "is damaged or no ledger at all; put a copy in its place, or move it away to begin anew",
    sqlite3.SQLITE_IOERR: "could not be read or written; see what ails its disk",
}
KEEPING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL}
"""After these a connection is as good as before."""


class Opened(NamedTuple):
    """A connection, the one cursor that steps are done with, and which files these are."""

    connection: sqlite3.Connection
    cursor: sqlite3.Cursor
    file: Identity | None
    log: Identity | None


def same(path: str, file: Identity | None) -> bool:
    """Whether it is still that file. Each step asks, for a few microseconds."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    return file is not None and found.st_ino == file.number and found.st_dev == file.device


def code(error: sqlite3.Error) -> int:
    """What kind of trouble this is."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def trouble(error: sqlite3.Error, path: str) -> LedgerError:
    """The same, for whoever runs the ledger."""
    says = _SAYS.get(code(error), f"could not be used ({getattr(error, 'sqlite_errorname', type(error).__name__)})")
    return LedgerError(f"the ledger `{path}` {says}")


def damage(path: str) -> LedgerError:
    """What is in the file is not what was written."""
    return LedgerError(f"the ledger `{path}` {_SAYS[sqlite3.SQLITE_CORRUPT]}")


def boot() -> str:
    """Which start of this host it is, where that can be known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def open_file(path: str, boot_id: str, clock: Callable[[], float]) -> Opened:
    """A connection to the ledger in this file, which is made where there is none."""
    connection = connect(path)
    done = False
    try:
        connection.execute("BEGIN")  # so that what is known is of one moment, while others may be making the file
        _know(connection, path)
        connection.execute("COMMIT")
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise LedgerError(f"the ledger `{path}` is on a disk that several processes cannot share; put it on a local one")
        connection.execute("BEGIN IMMEDIATE")
        version = _know(connection, path)
        if version & 0xFF == 0:
            for statement in SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {version | VERSION}")
        start_over(connection.cursor(), boot_id, clock())  # asked now that nobody else can take a hold
        connection.execute("COMMIT")
        done = True
    finally:
        if not done:
            connection.close()
    return Opened(connection, connection.cursor(), identity(path), identity(f"{path}-wal"))


def connect(path: str) -> sqlite3.Connection:
    """A connection that waits for nothing by itself, begins nothing by itself, and leaves the disk alone in a step."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA page_size = {_PAGE}")
    # A process that is killed loses nothing, whatever this says. A machine that loses power loses at most the steps since the
    # last checkpoint, and never the file; FULL would wait for the disk in each step.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")  # a thread of its own waits for the disk
    connection.execute("PRAGMA secure_delete = OFF")
    return connection


def _know(connection: sqlite3.Connection, path: str) -> int:
    """The version of a file that is ours, or that has nothing in it."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION and (application or tables):
        raise LedgerError(f"`{path}` is a file of another application; name one for the ledger alone")
    if version & 0xFF > VERSION:
        raise LedgerError(f"the ledger `{path}` was written by a newer policyroute (version {version & 0xFF}); use that one")
    return int(version)
