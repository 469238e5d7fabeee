"""What a journal promises: every decision is in it once, soon, whoever writes, and an app never waits for it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from policyroute.errors import UsageError
from policyroute.journal import Journal, JournalError, Record, open_journal
from policyroute.ledgers.ledger import NO_CAP, Account, Line, Look, Offer, Reserve
from policyroute.ledgers.sqlite import SqliteLedger
from tests.house.survey import ROOT
from tests.journal.records import DONE, MADE, NOON, done, made

DAY = 86_400.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with closing(Journal(path, now=lambda: NOON)) as opened:
        yield opened


def in_file(path: Path, asked: str = "SELECT id, stream_end FROM decisions ORDER BY rowid") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(asked).fetchall()


def test_a_row_a_decision(path: Path, journal: Journal) -> None:
    """It is written when it is made and completed when it is settled."""
    journal.write(MADE)
    assert journal.flush()
    assert list(journal.rows()) == [MADE]
    assert in_file(path) == [("d0", None)]
    journal.write(DONE)
    assert list(journal.rows()) == [DONE]
    assert in_file(path) == [("d0", "complete")]
    assert (journal.queued, journal.dropped, journal.failures) == (0, 0, 0)


def test_it_is_readable_soon_while_the_app_runs(path: Path, journal: Journal) -> None:
    """A row is in the file within seconds, without anybody asking for it."""
    until = time.monotonic() + 6
    for one in (MADE, DONE):
        journal.write(one)
        while not path.exists() or not _has(path, one):
            assert time.monotonic() < until


def _has(path: Path, record: Record) -> bool:
    try:
        return (record.id, record.stream_end) in in_file(path)
    except sqlite3.OperationalError:  # the table is being made
        return False


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, "complete", "timeout"]), st.sampled_from("...fc"))))
def test_what_is_complete_stays_so(tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str | None, str]]) -> None:
    """In whatever order records come, and wherever they are written meanwhile: a row is the last one, a complete one first."""
    expected: dict[str, Record] = {}
    with closing(Journal(tmp_path_factory.mktemp("law") / "j.db", retention_days=None, most_waiting=2)) as journal:
        for number, (name, end, then) in enumerate(said):
            one = MADE._replace(id=name, stream_end=end, cost_nano=number)
            if end is not None or name not in expected or expected[name].stream_end is None:
                expected[name] = one
            journal.write(one)
            if then == "f":
                assert journal.flush()
            elif then == "c":
                journal.close()
        if said:
            assert {one.id: one for one in journal.rows()} == expected
        assert (journal.dropped, journal.failures) == (0, 0)


def test_when_too_many_wait_they_are_written_at_once(path: Path) -> None:
    """Whoever brings one more waits for it, and nothing is dropped."""
    with closing(Journal(path, retention_days=None, most_waiting=5)) as journal:
        for i in range(100):
            journal.write(made(f"d{i}"))
            assert journal.queued <= 5
        assert len(in_file(path)) >= 90
        journal.flush()
        assert [one[0] for one in in_file(path)] == [f"d{i}" for i in range(100)]
        assert (journal.dropped, journal.failures) == (0, 0)


def test_threads_share_it(path: Path) -> None:
    """Each of their records is there once."""
    with closing(Journal(path, retention_days=None, most_waiting=50)) as journal:

        def keep(name: int) -> None:
            for i in range(200):
                journal.write(made(f"{name}-{i}"))
                journal.write(done(f"{name}-{i}"))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(keep, range(4)))
        assert sum(one.stream_end == "complete" for one in journal.rows()) == 800
        assert journal.dropped == 0


def test_time_bounds_what_is_read(journal: Journal) -> None:
    """From a time on and before another, the oldest first, over many pages and many at one moment."""
    for i in range(4_500):
        journal.write(made(f"d{i}", NOON + i % 3))
    assert [one.id for one in journal.rows(NOON + 1, NOON + 2)] == [f"d{i}" for i in range(1, 4_500, 3)]
    read = list(journal.read(("at", "id")))
    assert len(read) == len(set(read)) == 4_500
    assert read == sorted(read, key=lambda row: row[0])  # type: ignore[arg-type, return-value]


def test_what_comes_while_somebody_reads_is_not_in_it(journal: Journal) -> None:
    """So a reader comes to an end."""
    for i in range(2_500):
        journal.write(made(f"d{i}"))
    count = 0
    for _ in journal.read(("id",)):
        count += 1
        journal.write(made(f"more{count}", NOON + 1))
        if count % 1000 == 0:
            journal.flush()
    assert count == 2_500


def test_rows_that_are_old_are_forgotten(path: Path) -> None:
    """However many there are, and none that is younger; without a limit all stay."""
    with (
        closing(Journal(path, now=lambda: NOON, retention_days=30)) as journal,
        closing(Journal(path, retention_days=None)) as all_,
    ):
        for i in range(1_200):
            all_.write(made(f"old{i}", NOON - 30 * DAY - 1 - i))
        all_.write(made("young", NOON - 30 * DAY + 1))
        all_.flush()
        all_.tend()
        assert len(in_file(path)) == 1_201
        journal.tend()
        assert in_file(path) == [("young", None)]


def test_it_lives_beside_a_ledger_in_one_file(path: Path) -> None:
    """Whichever came first; each keeps what it knows, and both go on after a fork."""
    account = Account("acme/day@2026-11-21", 2_000_000_000)
    for first in (True, False):
        with closing(Journal(path, now=lambda: NOON)) as journal, closing(SqliteLedger(path)) as ledger:
            if first:
                journal.write(MADE)
                journal.flush()
            ledger.do(Reserve(f"h{first}", (Line(account),), (Offer((5,), (NO_CAP,)),), 60.0))
            journal.write(DONE)
            assert in_child(lambda journal=journal: _keeps(journal, "child"))  # type: ignore[misc]
            assert {one.id for one in journal.rows()} == {"d0", "child"}
            assert ledger.do(Look((account,))).used == (5,)
            assert in_file(path, "PRAGMA user_version") == [(0x101,)]
        path.unlink()


def _keeps(journal: Journal, name: str) -> bool:
    journal.write(done(name))
    return journal.flush()


def in_child(work: Callable[[], bool]) -> bool:
    """What a forked process finds."""
    child = os.fork()
    if child == 0:
        result = 2
        try:
            result = 0 if work() else 1
        finally:
            os._exit(result)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_forked_process_has_its_own(path: Path, journal: Journal) -> None:
    """The child has no handle of its parent and nothing of what waited there; both write on."""
    journal.write(made("before"))
    journal.flush()
    journal.write(made("waiting"))

    def child() -> bool:
        handles = [f"/proc/self/fd/{one}" for one in os.listdir("/proc/self/fd")]
        alone = not any(str(path) in os.readlink(one) for one in handles if os.path.exists(one))
        return alone and journal.queued == 0 and _keeps(journal, "child")

    assert in_child(child)
    assert {one.id for one in journal.rows()} == {"before", "waiting", "child"}


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_may_fork_while_it_writes(path: Path) -> None:
    """The child finds no lock held and writes its own; what waited is written by the parent, once."""
    over = threading.Event()
    counts: list[int] = []

    def keep(name: str) -> None:
        count = 0
        while not over.is_set():
            journal.write(made(f"{name}-{count}"))
            count += 1
        counts.append(count)

    with closing(Journal(path, retention_days=None, most_waiting=200)) as journal:
        threads = [threading.Thread(target=keep, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        children = [in_child(lambda i=i: journal.queued == 0 and _keeps(journal, f"child-{i}")) for i in range(5)]  # type: ignore[misc]
        over.set()
        for thread in threads:
            thread.join()
        assert all(children)
        assert sum(1 for _ in journal.read(("id",))) + journal.dropped == sum(counts) + 5
        assert journal.dropped == 0


WRITING = """
import os, signal, sys
from policyroute.journal import Journal
from tests.journal.records import done, made
journal = Journal(sys.argv[1], retention_days=None, most_waiting=50)
for i in range(300):
    journal.write(made(f"{sys.argv[2]}-{i}"))
    journal.write(done(f"{sys.argv[2]}-{i}"))
if sys.argv[3] == "killed":
    journal.write(made(f"{sys.argv[2]}-last"))
    journal.flush()
    os.kill(os.getpid(), signal.SIGKILL)
print(journal.dropped)
"""


def start(path: Path, name: str, end: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITING, str(path), name, end]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_several_processes_write_one_file(path: Path) -> None:
    """All that they wrote is there when they have ended, though none of them closed it."""
    writing = [start(path, name, "plainly") for name in "abc"]
    ends = [(*one.communicate(timeout=50), one.returncode) for one in writing]
    assert [(out, code) for out, _, code in ends] == [("0\n", 0)] * 3, ends
    assert in_file(path, "SELECT count(*), count(stream_end) FROM decisions") == [(900, 900)]


def test_a_process_that_is_killed_leaves_its_calls_under_way(path: Path) -> None:
    """What was settled is complete, and what was not has no end."""
    one = start(path, "a", "killed")
    one.communicate(timeout=50)
    assert one.returncode == -signal.SIGKILL
    rows = in_file(path)
    assert len(rows) == 301
    assert [row for row in rows if row[1] is None] == [("a-last", None)]


def test_it_goes_on_after_it_was_closed(path: Path, journal: Journal) -> None:
    """A call that ends late is still written."""
    journal.write(MADE)
    journal.close()
    assert in_file(path) == [("d0", None)]
    journal.write(DONE)
    journal.close()
    assert in_file(path) == [("d0", "complete")]
    assert not path.with_name("journal.db-wal").exists()


def test_nothing_is_made_before_there_is_something_to_write(path: Path, journal: Journal) -> None:
    """Neither a file nor a thread."""
    assert journal.flush()
    journal.close()
    assert not path.exists()
    with pytest.raises(JournalError, match="there is no journal"):
        list(journal.rows())


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("sqlite:///a.db", "a.db"),
        ("sqlite:///sub/a%20b.db", "sub/a b.db"),
        ("sqlite:////var/lib/a.db", "/var/lib/a.db"),
        ("a.db", "a.db"),
        (Path("/var/lib/a.db"), "/var/lib/a.db"),
    ],
)
def test_where_a_url_leads(url: str | Path, leads: str) -> None:
    """Three strokes are the working directory, four the root; a path is a path."""
    assert open_journal(url).path == os.path.abspath(leads)


@pytest.mark.parametrize(
    "url",
    ["", "sqlite://", "sqlite://host/a.db", "sqlite:///a.db?x=1", "redis://:word@h/0", "memory://", "http://[", "sqlite:///"],
)
def test_an_address_that_is_none(url: str) -> None:
    """It is said what there is, and what was given is not repeated."""
    with pytest.raises(UsageError, match="a journal is sqlite:///FILE") as raised:
        open_journal(url)
    assert "word" not in str(raised.value)


def test_postgresql_is_not_there() -> None:
    """It says so, and not the password."""
    with pytest.raises(UsageError, match="no journal is kept in PostgreSQL") as raised:
        open_journal("postgresql://me:word@host/db")
    assert "word" not in str(raised.value)


def test_a_journal_that_has_to_be_there(tmp_path: Path) -> None:
    """Who only reads makes no file."""
    with pytest.raises(UsageError, match=r"there is no journal `.*none\.db`"):
        open_journal(f"sqlite:///{tmp_path}/none.db", new=False)


def test_a_column_that_is_none(journal: Journal) -> None:
    """Only names of columns go into a question."""
    with pytest.raises(UsageError, match="no column"):
        list(journal.read(("id; DROP TABLE decisions",)))
