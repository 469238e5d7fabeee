"""What a journal does about a file that is locked, full, shut, damaged, deleted or not its own: app and rows go on."""

from __future__ import annotations

import logging
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from policyroute.journal import Journal, JournalError
from policyroute.ledgers.ledger import Look
from policyroute.ledgers.sqlite import SqliteLedger
from tests.journal.records import DONE, MADE, NOON, done, made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with closing(Journal(path, now=lambda: NOON, most_waiting=10)) as opened:
        yield opened


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process is at it, for as long as this lasts."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def ids(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [one for (one,) in connection.execute("SELECT id FROM decisions ORDER BY rowid")]


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 77")


def nameless(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (title)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {0x706F6C72}")
        connection.execute("PRAGMA user_version = 0x201")


def text(path: Path) -> None:
    path.write_text("not a database, but long enough to be one " * 30)


def damaged(path: Path) -> None:
    with closing(Journal(path, retention_days=None)) as journal:
        journal.write(MADE)
    whole = bytearray(path.read_bytes())
    whole[100:] = b"\xa5" * (len(whole) - 100)
    path.write_bytes(whole)


BAD = [
    (foreign, "another application"),
    (nameless, "another application"),
    (newer, "newer policyroute"),
    (text, "damaged or no journal"),
    (damaged, "damaged"),
    (Path.mkdir, "cannot be opened|could not be read"),
]


@pytest.mark.parametrize(("make", "says"), BAD)
def test_a_file_that_is_no_journal_is_left_alone(
    path: Path, journal: Journal, make: Callable[[Path], None], says: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, rows wait, and are written as soon as there is a journal in its place."""
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    journal.write(MADE)
    for _ in range(3):
        assert not journal.flush()
    assert journal.failures >= 3
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert re.search(says, caplog.text)
    assert journal.queued == 1
    with pytest.raises(JournalError, match=says):
        list(journal.rows())
    if path.is_file():
        assert path.read_bytes() == before
        path.unlink()
    else:
        path.rmdir()
    assert journal.flush()
    assert ids(path) == ["d0"]
    assert "is written again; 0 decisions were lost" in caplog.text
    assert journal.dropped == 0


def test_what_a_locked_file_cannot_take_waits(path: Path, journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    """Within the bound; what is over it is dropped, counted and said, and those that wait are completed all the same."""
    journal.write(made("first"))
    journal.flush()
    with locked(path):
        for i in range(15):
            journal.write(made(f"d{i}"))
        for i in range(10):
            journal.write(done(f"d{i}"))
        assert journal.queued == 10
        assert journal.dropped == 5
        assert "is locked" in caplog.text
        assert "loses a decision: it cannot be written, and too many wait" in caplog.text
        assert not journal.flush()
        assert len(list(Journal(path).rows())) == 1  # who reads is not kept out
    assert journal.flush()
    assert ids(path) == ["first", *(f"d{i}" for i in range(10))]
    assert all(one.stream_end == "complete" for one in journal.rows() if one.id != "first")
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 3
    assert said[-1].endswith("is written again; 5 decisions were lost")


def test_a_full_disk(path: Path, journal: Journal) -> None:
    """Rows wait for room, and nothing is half there."""
    journal.write(made("first"))
    journal.flush()
    assert journal._opened is not None
    connection = journal._opened.connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    for i in range(8):
        journal.write(made(f"d{i}")._replace(reason="x" * 900))
    assert not journal.flush()
    assert ids(path) == ["first"]
    connection.execute("PRAGMA max_page_count = 10000")
    assert journal.flush()
    assert len(ids(path)) == 9
    assert journal.dropped == 0


def test_a_file_that_may_not_be_written() -> None:
    """Rows wait until it may."""
    folder = Path(tempfile.mkdtemp())
    me = os.geteuid()
    try:
        journal = Journal(folder / "journal.db", now=lambda: NOON)
        journal.write(MADE)
        journal.close()
        (folder / "journal.db").chmod(0o444)
        folder.chmod(0o555)
        os.seteuid(me or 65534)  # permissions do not stop root
        journal.write(DONE)
        assert not journal.flush()
        assert journal.queued == 1
        os.seteuid(me)
        folder.chmod(0o755)
        (folder / "journal.db").chmod(0o644)
        journal.close()
        assert list(journal.rows()) == [DONE]
    finally:
        os.seteuid(me)
        shutil.rmtree(folder)


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    """It is named, and not made; closing says what could not be written."""
    with closing(Journal(tmp_path / "none" / "j.db", retention_days=None)) as journal:
        journal.write(MADE)
        assert not journal.flush()
        (tmp_path / "none").mkdir()
        assert journal.flush()


def test_closing_says_what_is_lost(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is lost in silence, at the end neither."""
    journal = Journal(tmp_path / "none" / "j.db", retention_days=None)
    journal.write(MADE)
    journal.close()
    assert "is closed before 1 decisions could be written" in caplog.text
    (tmp_path / "none").mkdir()
    journal.close()


def remove(path: Path) -> None:
    path.unlink()


def remove_all(path: Path) -> None:
    for name in path.parent.glob(f"{path.name}*"):
        name.unlink()


@pytest.mark.parametrize("take", [remove, remove_all])
def test_a_file_that_is_deleted_is_made_anew(
    path: Path, journal: Journal, take: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    """What comes then is in the new one, and it is said."""
    journal.write(MADE)
    journal.write(made("gone"))
    journal.flush()
    take(path)
    journal.write(DONE)
    assert journal.flush()
    assert list(journal.rows()) == [DONE]
    assert "was removed or replaced while in use" in caplog.text
    assert (journal.failures, journal.dropped) == (1, 0)


def test_a_file_in_its_place_is_used_as_it_is(path: Path, journal: Journal, tmp_path: Path) -> None:
    """What the log of the old file still held is not mixed into the new one."""
    copy = tmp_path / "copy.db"
    with closing(Journal(copy, now=lambda: NOON)) as other:
        other.write(made("copied"))
    journal.write(MADE)
    journal.flush()
    os.replace(copy, path)
    journal.write(made("d1"))
    assert journal.flush()
    assert {one.id for one in journal.rows()} == {"copied", "d1"}


ODD = [
    MADE._replace(requested_model="\udc80"),
    MADE._replace(tokens_estimated=2**70),
    MADE._replace(at=float("nan")),
    MADE._replace(score=float("nan")),
    MADE._replace(cost_nano=-(2**64)),
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_what_no_file_can_keep_is_mended(path: Path, journal: Journal, odd) -> None:
    """A name or a number of that kind keeps no other row out, nor its own."""
    journal.write(odd)
    journal.write(made("d1"))
    assert journal.flush()
    assert sorted(ids(path)) == ["d0", "d1"]
    assert (journal.failures, journal.dropped) == (0, 0)


def test_a_record_that_is_none_is_dropped(path: Path, journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    """And counted, and said without what is in it."""
    journal.write(MADE._replace(excluded={"kestrel": object()}))  # type: ignore[dict-item]
    journal.write(made("d1"))
    assert journal.flush()
    assert ids(path) == ["d1"]
    assert journal.dropped == 1
    assert "loses a decision: it holds what no row can" in caplog.text
    assert "kestrel" not in caplog.text


def test_texts_that_wait_are_bounded(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """While the file cannot be written: then decisions are kept without them, and that is said once."""
    with closing(Journal(path, most_text=100, retention_days=None)) as journal:
        journal.write(made("first"))
        journal.flush()
        with locked(path):
            for i in range(6):
                journal.write(made(f"d{i}")._replace(text="x" * 30))
            assert not journal.flush()
            for i in (0, 4):
                journal.write(done(f"d{i}")._replace(text="y" * 30))
            assert not journal.flush()
        assert journal.flush() and journal.dropped == 0
        found = {one.id: one.text for one in journal.rows()}
        assert found == {"first": None} | {f"d{i}": ("y" if i == 0 else "x") * 30 if i < 3 else None for i in range(6)}
        assert caplog.text.count("keeps a decision without its text: too much text waits") == 1
        journal.write(made("later")._replace(text="z" * 100))
        assert [one.text for one in journal.rows() if one.id == "later"] == ["z" * 100]
        journal.write(made("long")._replace(text="z" * 101))
        assert [one.text for one in journal.rows() if one.id == "long"] == [None]


def test_a_file_without_a_journal_is_named(path: Path) -> None:
    """A ledger alone is no journal, and reading makes none of it."""
    with closing(SqliteLedger(path)) as ledger:
        ledger.do(Look(()))
    with pytest.raises(JournalError, match="there is no journal in"):
        list(Journal(path).rows())


def test_a_row_that_somebody_changed(path: Path, journal: Journal) -> None:
    """It is trouble for who reads it, and for nobody else."""
    journal.write(MADE)
    journal.flush()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE decisions SET facts = '{'")
    with pytest.raises(JournalError, match="none that a journal has written"):
        list(journal.rows())
    assert list(journal.read(("id",))) == [("d0",)]


def test_no_failure_is_logged_with_what_is_kept(path: Path, journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    """A log names the file and the trouble."""
    caplog.set_level(logging.DEBUG)
    path.mkdir()
    journal.write(MADE._replace(requested_model="kestrel", user="kestrel"))
    journal.flush()
    path.rmdir()
    assert "kestrel" not in caplog.text
    assert "cannot be opened" in caplog.text
