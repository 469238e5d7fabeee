"""What is in the file, and what each step does to it. Every function here is part of a transaction that its caller began.

An account has a row for each slice of time, in which plain ones have but one. A hold has a row from the moment that it is
taken; when it ends the row stays, without what it held, as the mark that it has ended. Only open holds are in the index by
which they expire, so that this stays as small as what is going on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby, takewhile
from operator import itemgetter
from sqlite3 import Cursor

from policyroute.ledgers.ledger import NO_CAP, Account, Answer, Balance, Entry, Reserve, Settle

VERSION = 1
SCHEMA = (
    "CREATE TABLE accounts (key TEXT, cell INTEGER, first INTEGER, spent INTEGER, held INTEGER, granted INTEGER,"
    " forget_at INTEGER, PRIMARY KEY (key, cell)) WITHOUT ROWID",
    "CREATE TABLE holds (hold TEXT PRIMARY KEY, expires_at REAL, made_at REAL, forget_at INTEGER, what TEXT) WITHOUT ROWID",
    "CREATE INDEX expiring ON holds (expires_at) WHERE expires_at IS NOT NULL",
    "CREATE TABLE audit (number INTEGER PRIMARY KEY, at REAL, key TEXT, granted INTEGER, who TEXT, why TEXT)",
    "CREATE TABLE host (boot TEXT)",
    "INSERT INTO host VALUES ('')",
)
PIECE = 1000
"""So many holds expire in one step, so that no step takes long; those that are left count as held until the next one."""
KEPT_S = (86_400, 8 * 86_400)
"""How long it is known at least and at most that a hold has ended."""

_LONG_AGO = -1e18
_ENDED = ""
_encode = json.JSONEncoder(separators=(",", ":")).encode

_DUE = "(SELECT expires_at FROM holds WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 1)"
_WHAT = "(SELECT what FROM holds WHERE hold = ?)"
_USED = "(SELECT sum(spent + held - granted) FROM accounts WHERE key = ? AND cell >= ?)"
_ADD = "UPDATE accounts SET spent = spent + ?, held = held + ?, forget_at = max(forget_at, ?) WHERE key = ? AND cell = ?"
_NEW = "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, 0, ?)"
_TAKE = "INSERT INTO holds VALUES (?, ?, ?, 0, ?)"
_END = (
    "INSERT INTO holds VALUES (?, NULL, NULL, ?, '')"
    " ON CONFLICT DO UPDATE SET expires_at = NULL, made_at = NULL, forget_at = excluded.forget_at, what = ''"
)


@cache
def _looking(accounts: int) -> str:
    return f"SELECT {', '.join([_DUE, *[_USED] * accounts])}"


@cache
def _seeing(accounts: int) -> str:
    return f"SELECT {', '.join([_DUE, _WHAT, *[_USED] * accounts])}"


def _asked(accounts: Iterable[Account]) -> list[str | int]:
    asked: list[str | int] = []
    for account in accounts:
        asked += (account.key, account.first if account.cell else 0)
    return asked


def look(run: Cursor, accounts: Sequence[Account], now: float) -> Answer | None:
    """What is used of these accounts, if nothing has to expire first. It needs no transaction: it is one statement."""
    due, *used = run.execute(_looking(len(accounts)), _asked(accounts)).fetchone()
    if due is not None and due <= now:
        return None
    return Answer("looked", tuple([amount or 0 for amount in used]))


def look_after_expiry(run: Cursor, accounts: Sequence[Account], now: float) -> Answer:
    """The same, with what has to expire first."""
    expire(run, now)
    _, *used = run.execute(_looking(len(accounts)), _asked(accounts)).fetchone()
    return Answer("looked", tuple([amount or 0 for amount in used]))


def _see(run: Cursor, hold: str, accounts: Sequence[Account], now: float) -> tuple[str | None, list[int]]:
    """What is known of a hold, and what is used of each account."""
    asked = [hold, *_asked(accounts)]
    due, what, *used = run.execute(_seeing(len(accounts)), asked).fetchone()
    if due is not None and due <= now:
        expire(run, now)
        _, what, *used = run.execute(_seeing(len(accounts)), asked).fetchone()
    return what, [amount or 0 for amount in used]


def reserve(run: Cursor, step: Reserve, now: float) -> Answer:
    """Holds the first offer that fits on every account."""
    accounts = [line.account for line in step.lines]
    what, used = _see(run, step.hold, accounts, now)
    if what == _ENDED:
        return Answer("known")
    if what is not None:
        offer, before, _ = json.loads(what)
        return Answer("reserved", tuple(before), offer)
    for (_, least, below), amount in zip(step.lines, used, strict=True):
        if amount < least or (amount >= below and below != NO_CAP):
            return Answer("moved", tuple(used))
    for index, (amounts, caps) in enumerate(step.offers):
        for amount, cap, before in zip(amounts, caps, used, strict=True):
            if before + amount > cap and cap != NO_CAP:
                break
        else:
            lines = [(account.key, account.cell, amount) for account, amount in zip(accounts, amounts, strict=True)]
            run.execute(_TAKE, (step.hold, now + step.lasts_s, now, _encode((index, used, lines))))
            for account, amount in zip(accounts, amounts, strict=True):
                _add(run, account, account.cell, 0, amount)
            return Answer("reserved", tuple(used), index)
    return Answer("short", tuple(used))


def settle(run: Cursor, step: Settle, now: float, over: float) -> Answer:
    """Ends a hold; `over` are the Unix seconds from which its mark is kept for a while."""
    what, _ = _see(run, step.hold, (), now)
    if what == _ENDED:
        return Answer("known")
    held: dict[str, tuple[int, int]] = {}
    if what is not None:
        held = {key: (cell, amount) for key, cell, amount in json.loads(what)[2]}
    kept_until = max([account.forget_at for account in step.accounts], default=0)
    least_s, most_s = KEPT_S
    run.execute(_END, (step.hold, min(max(kept_until, int(over) + least_s), int(over) + most_s)))
    for account, amount in zip(step.accounts, step.amounts, strict=True):
        cell, freed = held.pop(account.key, (account.cell, 0))
        if amount or freed:
            _add(run, account, cell, amount, -freed)
    for key, (cell, freed) in held.items():  # what was held on accounts that nothing is settled on
        run.execute(_ADD, (0, -freed, 0, key, cell))
    return Answer("settled")


def _add(run: Cursor, account: Account, cell: int, spent: int, held: int) -> None:
    changed = run.execute(_ADD, (spent, held, account.forget_at, account.key, cell)).rowcount
    if changed or (not spent and held < 0):  # the slice of time in which that was held was forgotten, and the hold with it
        return
    first = account.first if account.cell else 0
    run.execute(_NEW, (account.key, cell, first, spent, max(held, 0), account.forget_at))
    if first:
        run.execute("DELETE FROM accounts WHERE key = ? AND cell < ?", (account.key, min(first, cell)))


def expire(run: Cursor, now: float) -> bool:
    """Lets go of holds whose time is over, the oldest first; whether there may be more of them."""
    due = run.execute("SELECT hold, what FROM holds WHERE expires_at <= ? ORDER BY expires_at LIMIT ?", (now, PIECE)).fetchall()
    freed: dict[tuple[str, int], int] = {}
    for _, what in due:
        for key, cell, amount in json.loads(what)[2]:
            freed[key, cell] = freed.get((key, cell), 0) + amount
    run.executemany("DELETE FROM holds WHERE hold = ?", [(hold,) for hold, _ in due])
    run.executemany(_ADD, [(0, -amount, 0, key, cell) for (key, cell), amount in freed.items() if amount])
    return len(due) == PIECE


def grant(run: Cursor, account: Account, amount: int, entry: Entry) -> Balance:
    """More room on an account, and who made it."""
    _add(run, account, account.cell, 0, 0)
    run.execute("UPDATE accounts SET granted = granted + ? WHERE key = ? AND cell = ?", (amount, account.key, account.cell))
    run.execute("INSERT INTO audit VALUES (NULL, ?, ?, ?, ?, ?)", (entry.at, entry.key, entry.granted, entry.by, entry.why))
    return next(balances(run, account.key))


def balances(run: Cursor, prefix: str) -> Iterator[Balance]:
    """The accounts whose key begins so; of rolling ones what counted when something last happened on them."""
    rows = run.execute("SELECT key, cell, first, spent, held, granted FROM accounts WHERE key >= ? ORDER BY key, cell", (prefix,))
    for key, group in groupby(takewhile(lambda row: row[0].startswith(prefix), rows), key=itemgetter(0)):
        cells = list(group)
        first = max(row[2] for row in cells)
        spent, held, granted = (sum(row[i] for row in cells if row[1] >= first) for i in (3, 4, 5))
        yield Balance(key, spent, held, granted)


def audit(run: Cursor, prefix: str) -> Iterator[Entry]:
    """The entries of accounts whose key begins so."""
    for row in run.execute("SELECT at, key, granted, who, why FROM audit ORDER BY number"):
        if row[1].startswith(prefix):
            yield Entry(*row)


def start_over(run: Cursor, boot: str, now: float) -> None:
    """Ends what was held before this host was started: it is another boot, or the clock has begun anew."""
    if run.execute("SELECT boot FROM host").fetchone()[0] != boot:
        run.execute("UPDATE holds SET expires_at = ? WHERE expires_at IS NOT NULL", (_LONG_AGO,))
        run.execute("UPDATE host SET boot = ?", (boot,))
    run.execute("UPDATE holds SET expires_at = ? WHERE expires_at IS NOT NULL AND made_at > ?", (_LONG_AGO, now))


def old_marks(run: Cursor, after: str, over: float, count: int) -> tuple[list[str], str]:
    """Of the next so many holds those whose mark may be forgotten, and where to go on ("" at the end)."""
    rows = run.execute(
        "SELECT hold, expires_at IS NULL AND forget_at <= ? FROM holds WHERE hold > ? ORDER BY hold LIMIT ?", (over, after, count)
    ).fetchall()
    return [hold for hold, old in rows if old], rows[-1][0] if len(rows) == count else ""


def old_accounts(run: Cursor, after: tuple[str, int], over: float, count: int) -> tuple[list[tuple[str, int]], tuple[str, int]]:
    """Of the next so many rows of accounts those of windows that are over and on which nothing is held, and where to go on."""
    rows = run.execute(
        "SELECT key, cell, held = 0 AND forget_at <= ? FROM accounts WHERE (key, cell) > (?, ?) ORDER BY key, cell LIMIT ?",
        (over, *after, count),
    ).fetchall()
    return [(key, cell) for key, cell, old in rows if old], rows[-1][:2] if len(rows) == count else ("", 0)


def forget(run: Cursor, holds: list[str], accounts: list[tuple[str, int]], over: float) -> None:
    """Forgets what was found, where it is still so."""
    run.executemany(
        "DELETE FROM holds WHERE hold = ? AND expires_at IS NULL AND forget_at <= ?", [(hold, over) for hold in holds]
    )
    run.executemany(
        "DELETE FROM accounts WHERE key = ? AND cell = ? AND held = 0 AND forget_at <= ?", [(*row, over) for row in accounts]
    )
