"""What a ledger in a file does about its file: one that is not its own, that is full, shut, damaged, deleted or exchanged."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from policyroute.errors import LedgerError
from policyroute.ledgers.ledger import NO_CAP, Account, Balance, Line, Look, Offer, Reserve, Settle
from policyroute.ledgers.sqlite import SqliteLedger
from tests.ledgers.stores import Time

FAR = 2_000_000_000
DAY = Account("acme/day?tenant=a@2026-11-21", FAR)


def reserve(hold: str, amount: int = 10, account: Account = DAY, cap: int = 100) -> Reserve:
    return Reserve(hold, (Line(account),), (Offer((amount,), (cap,)),), 60.0)


def settle(hold: str, amount: int = 7, account: Account = DAY) -> Settle:
    return Settle(hold, (account,), (amount,))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path, time: Time) -> Iterator[SqliteLedger]:
    with closing(SqliteLedger(path, clock=time, now=time)) as made:
        yield made


@contextmanager
def in_file(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def foreign(path: Path) -> None:
    with in_file(path) as connection:
        connection.execute("PRAGMA application_id = 77")


def nameless(path: Path) -> None:
    with in_file(path) as connection:
        connection.execute("CREATE TABLE songs (title)")


def newer(path: Path) -> None:
    with closing(SqliteLedger(path)) as ledger:
        ledger.do(Look(()))
    with in_file(path) as connection:
        connection.execute("PRAGMA user_version = 200")


def text(path: Path) -> None:
    path.write_text("not a database, but long enough to be one " * 30)


def damaged(path: Path) -> None:
    with closing(SqliteLedger(path)) as ledger:
        ledger.do(reserve("h0"))
    whole = bytearray(path.read_bytes())
    whole[100:] = b"\xa5" * (len(whole) - 100)
    path.write_bytes(whole)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (foreign, "another application"),
        (nameless, "another application"),
        (newer, "newer policyroute"),
        (text, "damaged or no ledger"),
        (damaged, "damaged"),
        (Path.mkdir, "cannot be opened"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_and_left_alone(path: Path, make: Callable[[Path], None], says: str) -> None:
    """Nothing is written into it, the error says what to do, and a ledger in its place is used at once."""
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with closing(SqliteLedger(path)) as ledger:
        for _ in range(2):
            with pytest.raises(LedgerError, match=says) as raised:
                ledger.do(reserve("h1"))
            assert raised.value.__context__ is None or raised.value.__suppress_context__
        if path.is_file():
            assert path.read_bytes() == before
            path.unlink()
        else:
            path.rmdir()
        assert ledger.do(reserve("h1")).outcome == "reserved"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """Folders are not made; once it is there the ledger works."""
    with closing(SqliteLedger(tmp_path / "none" / "ledger.db")) as ledger:
        with pytest.raises(LedgerError, match=r"none/ledger\.db` cannot be opened; its folder has to exist"):
            ledger.do(Look(()))
        (tmp_path / "none").mkdir()
        assert ledger.do(Look((DAY,))).used == (0,)


def test_other_rooms_of_this_package_may_live_in_the_file(path: Path) -> None:
    """Only the lowest byte of the version is the ledger's."""
    with in_file(path) as connection:
        connection.execute("CREATE TABLE decisions (id)")
        connection.execute(f"PRAGMA application_id = {0x706F6C72}")
        connection.execute("PRAGMA user_version = 0x300")
    with closing(SqliteLedger(path)) as ledger:
        ledger.do(reserve("h1"))
    with in_file(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (0x301,)


def test_a_hold_that_cannot_be_read_is_trouble(path: Path, ledger: SqliteLedger) -> None:
    """A row that somebody has changed is damage, and nothing is settled on it; other holds go on."""
    for hold in ("h1", "h2"):
        ledger.do(reserve(hold))
    with in_file(path) as connection:
        connection.execute("UPDATE holds SET what = '[0' WHERE hold = 'h1'")
    with pytest.raises(LedgerError, match="is damaged; put a copy in its place"):
        ledger.do(settle("h1"))
    assert ledger.do(settle("h2")).outcome == "settled"
    assert ledger.balances("") == (Balance(DAY.key, 7, 10, 0),)


def test_a_full_disk_is_trouble_and_nothing_is_half_done(ledger: SqliteLedger) -> None:
    """A step for which there is no room did not happen on any account; with room it does."""
    ledger.do(Look(()))
    assert ledger._opened is not None
    connection = ledger._opened.connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    wide = tuple(Account(f"{i}/{'x' * 900}", FAR) for i in range(4))
    step = Reserve("h1", tuple(Line(one) for one in wide), (Offer((1,) * 4, (NO_CAP,) * 4),), 60.0)
    for _ in range(2):
        with pytest.raises(LedgerError, match="has no room left; free some on its disk"):
            ledger.do(step)
    assert ledger.do(Look(wide)).used == (0, 0, 0, 0)
    assert ledger.balances("") == ()
    connection.execute("PRAGMA max_page_count = 1000")
    assert ledger.do(step).outcome == "reserved"
    assert ledger.do(Look(wide)).used == (1, 1, 1, 1)


def test_a_file_that_cannot_be_written_is_trouble() -> None:
    """It says so, and works once it may write."""
    folder = Path(tempfile.mkdtemp())
    me = os.geteuid()
    try:
        ledger = SqliteLedger(folder / "ledger.db")
        ledger.do(reserve("h1"))
        ledger.close()
        (folder / "ledger.db").chmod(0o444)
        folder.chmod(0o555)
        os.seteuid(me or 65534)  # permissions do not stop root
        with pytest.raises(LedgerError, match=r"cannot be (written|opened)"):
            ledger.do(settle("h1"))
        os.seteuid(me)
        folder.chmod(0o755)
        (folder / "ledger.db").chmod(0o644)
        assert ledger.do(settle("h1")).outcome == "settled"
        ledger.close()
    finally:
        os.seteuid(me)
        shutil.rmtree(folder)


def remove(path: Path) -> None:
    path.unlink()


def remove_all(path: Path) -> None:
    for name in path.parent.glob(f"{path.name}*"):
        name.unlink()


@pytest.mark.parametrize("take", [remove, remove_all])
def test_a_file_that_is_deleted_is_noticed_and_made_anew(path: Path, ledger: SqliteLedger, take: Callable[[Path], None]) -> None:
    """The next step fails and says so; from then on a fresh file counts, and a cost that comes late is in it."""
    ledger.do(reserve("h1"))
    take(path)
    with pytest.raises(LedgerError, match="was removed or replaced while in use"):
        ledger.do(settle("h1"))
    assert ledger.do(settle("h1")).outcome == "settled"
    assert ledger.balances("") == (Balance(DAY.key, 7, 0, 0),)


def test_a_file_in_its_place_is_used_as_it_is(path: Path, ledger: SqliteLedger, tmp_path: Path, time: Time) -> None:
    """What the log of the old file still held is not mixed into the new one."""
    copy = tmp_path / "copy.db"
    with closing(SqliteLedger(copy, clock=time, now=time)) as other:
        other.do(settle("x", 55))
    ledger.do(reserve("h1"))
    with closing(SqliteLedger(path, clock=time, now=time)) as second:
        second.do(settle("h2", 20))
        os.replace(copy, path)
        for one in (ledger, second):
            with pytest.raises(LedgerError, match="was removed or replaced while in use"):
                one.do(reserve("h3"))
            assert one.do(reserve("h3")).outcome == "reserved"
        assert ledger.balances("") == second.balances("") == (Balance(DAY.key, 55, 10, 0),)


@pytest.mark.parametrize(
    "step",
    [
        reserve("h1", 2**70, cap=NO_CAP),
        settle("h1", 2**63),
        reserve("h1", account=Account("\udc80", FAR)),
        reserve("\udc80"),
    ],
)
def test_what_no_file_can_keep_is_refused(ledger: SqliteLedger, step: Reserve | Settle) -> None:
    """An amount or a name of that kind is a ledger's error, and nothing happened."""
    with pytest.raises(LedgerError, match="none that a ledger can keep"):
        ledger.do(step)
    assert ledger.balances("") == ()
    assert ledger.do(reserve("h1")).outcome == "reserved"
