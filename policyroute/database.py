"""The SQLite file of a host, in which a ledger and a journal may live together: what it is known by, and what forks do to it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import weakref
from functools import partial
from typing import NamedTuple, Protocol

APPLICATION = 0x706F6C72
"""`polr`: a file of this package. Of its `user_version` the lowest byte is the ledger's, the one above it the journal's."""


class Identity(NamedTuple):
    """Which file a name stands for."""

    device: int
    number: int


class Forked(Protocol):
    """Who has a file open, and must not share it with a process that is forked."""

    def before_fork(self) -> None:
        """A fork is about to happen."""
        ...

    def after_fork(self, child: bool) -> None:
        """It has happened."""
        ...


def identity(path: str) -> Identity | None:
    """Which file is there, if one is. Looking does not open it: closing it again would drop the locks of this process."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return Identity(found.st_dev, found.st_ino)


def let_go(connection: sqlite3.Connection) -> None:
    """Closes a connection, whatever state it is in."""
    with contextlib.suppress(sqlite3.Error):
        connection.close()


def clear_away(log: Identity | None, path: str) -> None:
    """Removes the log of a file that is gone, as long as it is that one: what is there now must not be mixed with it."""
    if log is not None and identity(f"{path}-wal") == log:
        for name in (f"{path}-wal", f"{path}-shm"):
            with contextlib.suppress(OSError):
                os.unlink(name)


def follow_forks(owner: Forked) -> None:
    """Tells somebody of forks, as long as he lives."""
    if sys.platform == "win32":
        return
    alive = weakref.ref(owner)

    def before() -> None:
        if (one := alive()) is not None:
            one.before_fork()

    def after(child: bool) -> None:
        if (one := alive()) is not None:
            one.after_fork(child)

    os.register_at_fork(before=before, after_in_parent=partial(after, False), after_in_child=partial(after, True))
