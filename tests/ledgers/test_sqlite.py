"""What a ledger in a file promises beside what every ledger does: for processes, threads and event loops, over restarts."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
import time as clocks
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import coroutine

import pytest

from benchmarks.hammer import Plan, hammer
from benchmarks.killing import killing
from policyroute.errors import LedgerError
from policyroute.ledgers.ledger import NO_CAP, Account, Balance, Entry, Line, Look, Offer, Reserve, Settle
from policyroute.ledgers.sqlite import SqliteLedger
from tests.ledgers.stores import Time

FAR = 2_000_000_000
DAY = Account("acme/day?tenant=a@2026-11-21", FAR)
LOCKING = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
held.execute("ROLLBACK")
"""


def reserve(hold: str, amount: int = 10, account: Account = DAY, cap: int = 100) -> Reserve:
    return Reserve(hold, (Line(account),), (Offer((amount,), (cap,)),), 60.0)


def settle(hold: str, amount: int = 7, account: Account = DAY) -> Settle:
    return Settle(hold, (account,), (amount,))


def used(ledger: SqliteLedger, account: Account = DAY) -> int:
    return ledger.do(Look((account,))).used[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path, time: Time) -> Iterator[SqliteLedger]:
    with closing(SqliteLedger(path, clock=time, now=time)) as made:
        yield made


@contextmanager
def locked(path: Path) -> Iterator[Callable[[], None]]:
    """Another process that is in the middle of writing, until it is told to stop."""
    other = subprocess.Popen([sys.executable, "-c", LOCKING, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "locked\n"

    def unlock() -> None:
        other.communicate("\n", timeout=30)

    try:
        yield unlock
    finally:
        if other.poll() is None:
            unlock()


@coroutine
def turn() -> Iterator[None]:
    """Lets everything else of an event loop have its turn."""
    yield


@contextmanager
def in_file(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


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


def test_what_happened_is_there_after_a_restart(path: Path, ledger: SqliteLedger, time: Time) -> None:
    """Spend, holds, grants and ends outlive the process; a hold of it still ends once."""
    for hold in ("h1", "h2"):
        ledger.do(reserve(hold))
    ledger.do(settle("h1"))
    ledger.grant(DAY, 5, Entry(1.0, DAY.key, 5, "ops", "why"))
    ledger.close()
    with closing(SqliteLedger(path, clock=time, now=time)) as again:
        assert again.balances("") == (Balance(DAY.key, 7, 10, 5),)
        assert again.do(settle("h1")).outcome == "known"
        assert again.do(settle("h2")).outcome == "settled"
        assert again.audit("") == (Entry(1.0, DAY.key, 5, "ops", "why"),)
        time.on(60)
        assert again.balances("") == (Balance(DAY.key, 14, 0, 5),)


def test_a_locked_file_is_trouble_for_a_bounded_time(path: Path, ledger: SqliteLedger) -> None:
    """A step waits so long, says what is wrong, did not happen, and works once the lock is gone."""
    ledger.do(reserve("h1"))
    with locked(path) as unlock:
        began = clocks.monotonic()
        for step in (reserve("h2"), settle("h1")):
            with pytest.raises(LedgerError, match="was locked for longer than a call may wait"):
                ledger.do(step)
        assert clocks.monotonic() - began < 2
        unlock()
    assert used(ledger) == 10
    assert ledger.do(settle("h1")).outcome == "settled"
    assert used(ledger) == 7


def test_an_event_loop_goes_on_while_the_file_is_locked(path: Path, time: Time) -> None:
    """Tasks that want a step hear of the trouble in time, and nobody else waits for them."""

    async def all_at_once(ledger: SqliteLedger) -> list[object]:
        turns = 0

        async def tick() -> int:
            nonlocal turns
            while len(asyncio.all_tasks()) > 2:
                turns += 1
                await turn()
            return turns

        steps = (ledger.ado(reserve(f"h{i}")) for i in range(50))
        return await asyncio.gather(*steps, tick(), return_exceptions=True)

    with closing(SqliteLedger(path, clock=time, now=time)) as ledger:
        ledger.do(reserve("h"))
        with locked(path):
            began = clocks.monotonic()
            *answers, turns = asyncio.run(all_at_once(ledger))
            took = clocks.monotonic() - began
            ledger.close()
        assert {type(answer) for answer in answers} == {LedgerError}
        assert took < 2  # and not 50 times 50 ms one after the other
        assert isinstance(turns, int)
        assert turns > 100
        assert asyncio.run(ledger.ado(reserve("h51"))).outcome == "reserved"
        assert used(ledger) == 20


def test_what_a_task_settles_is_put_down_though_it_is_cancelled(path: Path, time: Time) -> None:
    """A client that goes away takes no bill with it; a hold that nobody began to take is not taken."""

    async def cancelled(ledger: SqliteLedger, unlock: Callable[[], None]) -> None:
        tasks = [asyncio.create_task(ledger.ado(step)) for step in (settle("h1"), settle("h2"), reserve("h3"))]
        for _ in range(3):
            await turn()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        unlock()
        await ledger.aclose()

    with closing(SqliteLedger(path, clock=time, now=time, wait_s=20.0)) as ledger:
        for hold in ("h1", "h2"):
            ledger.do(reserve(hold))
        with locked(path) as unlock:
            asyncio.run(cancelled(ledger, unlock))
        assert ledger.balances("") == (Balance(DAY.key, 14, 0, 0),)


def test_holds_of_an_earlier_boot_are_over(path: Path, ledger: SqliteLedger) -> None:
    """Who held them is gone with it; the clock of this boot says nothing about them."""
    ledger.do(reserve("h1"))
    ledger.close()
    with in_file(path) as connection:
        connection.execute("UPDATE host SET boot = 'another'")
    assert used(ledger) == 0


def test_holds_of_a_clock_that_began_anew_are_over(ledger: SqliteLedger, time: Time) -> None:
    """Where the boot has no name, a hold from the future is one of an earlier boot."""
    ledger.do(reserve("h1"))
    ledger.close()
    time.on(-1000)
    assert used(ledger) == 0


def test_the_wall_clock_ends_no_hold(path: Path, time: Time) -> None:
    """An hour back or forth on the wall frees nothing, holds nothing longer, and opens no window twice."""
    wall = Time(1_800_000_000)
    with closing(SqliteLedger(path, clock=time, now=wall)) as ledger:
        ledger.do(reserve("h1"))
        ledger.do(settle("h0"))
        for step_s in (3600, -7200, 3600):
            wall.on(step_s)
            ledger.tend()
            assert used(ledger) == 17
        time.on(60)
        assert used(ledger) == 7


def test_windows_that_are_over_are_forgotten(path: Path, time: Time) -> None:
    """Accounts go when nobody asks for them any more and nothing is held; that a hold ended is known a day longer."""
    wall = Time(1_000)
    short, held = Account("short", 2_000), Account("held", 2_000)
    with closing(SqliteLedger(path, clock=time, now=wall)) as ledger:
        ledger.do(reserve("open", account=held))
        for i in range(2_500):
            ledger.do(settle(f"h{i:04}", 1, short if i % 2 else DAY))
        wall.on(1_000)
        for _ in range(4):
            ledger.tend()
        assert ledger.balances("") == (Balance(DAY.key, 1250, 0, 0), Balance("held", 0, 10, 0))
        assert ledger.do(settle("h0001", 1, short)).outcome == "known"
        wall.on(86_400)
        for _ in range(4):
            ledger.tend()
        assert ledger.do(settle("h0002", 1)).outcome == "known"
        with in_file(path) as connection:
            assert connection.execute("SELECT count(*) FROM holds").fetchone() == (1_251,)
        wall.on(30 * 86_400)
        for _ in range(4):
            ledger.tend()
        with in_file(path) as connection:
            assert connection.execute("SELECT hold FROM holds").fetchall() == [("open",)]


def test_a_great_many_holds_expire_piece_by_piece(ledger: SqliteLedger, time: Time) -> None:
    """No step lets go of more than it has time for, what is left counts as held, and in the end nothing is."""
    for i in range(2_100):
        ledger.do(reserve(f"h{i}", 1, cap=NO_CAP))
    time.on(60)
    assert [used(ledger) for _ in range(4)] == [1_100, 100, 0, 0]
    assert ledger.do(settle("h2099", 3)).outcome == "settled"
    assert ledger.balances("") == (Balance(DAY.key, 3, 0, 0),)


def test_all_who_open_a_new_file_at_once_share_it(path: Path, time: Time) -> None:
    """One of them makes it, and of all exactly those are let in that fit."""

    def ask(i: int) -> str:
        with closing(SqliteLedger(path, clock=time, now=time, wait_s=20.0)) as ledger:
            return ledger.do(reserve(f"h{i}", 1, cap=5)).outcome

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(24))).count("reserved") == 5


def test_a_forked_process_has_its_own(path: Path, ledger: SqliteLedger) -> None:
    """The child has no handle of its parent, works as soon as it wants, and both count on the same file."""
    ledger.do(reserve("h1"))

    def child() -> bool:
        handles = [
            os.readlink(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{one}")
        ]
        alone = not any(str(path) in handle for handle in handles)
        return alone and ledger.do(settle("h1")).outcome == "settled" and ledger.do(reserve("h2")).outcome == "reserved"

    assert in_child(child)
    assert ledger.do(settle("h2")).outcome == "settled"
    assert ledger.balances("") == (Balance(DAY.key, 14, 0, 0),)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_may_fork_in_the_middle_of_a_step(path: Path, time: Time) -> None:
    """Whatever other threads are at, the child finds no lock held, and nothing is lost or counted twice."""
    done = threading.Event()
    counts: list[int] = []

    def spend(name: str) -> None:
        count = 0
        while not done.is_set():
            ledger.do(settle(f"{name}-{count}", 1))
            count += 1
        counts.append(count)

    with closing(SqliteLedger(path, clock=time, now=time, wait_s=20.0)) as ledger:
        threads = [threading.Thread(target=spend, args=(name,)) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        children = [in_child(lambda i=i: ledger.do(settle(f"child-{i}", 1)).outcome == "settled") for i in range(10)]
        done.set()
        for thread in threads:
            thread.join()
        assert all(children)
        assert used(ledger) == sum(counts) + 10


def test_who_opens_the_file_ends_no_hold_of_others(path: Path, time: Time) -> None:
    """A hold that is taken while another process opens the file is not taken for one of an earlier boot."""
    with closing(SqliteLedger(path, clock=time, now=time, wait_s=0)) as other:
        taken: list[str] = []

        def clock() -> float:
            at = time()
            time.on(1)
            with suppress(LedgerError):
                taken.append(other.do(reserve(f"h{at}")).outcome)
            return at

        other.do(Look(()))
        with closing(SqliteLedger(path, clock=clock, now=time)) as ledger:
            ledger.do(Look(()))
        assert taken
        assert used(other) == 10 * len(taken)


def test_people_are_shown_nothing_that_has_expired(ledger: SqliteLedger, time: Time) -> None:
    """However many holds are over, a balance is without them."""
    for i in range(2_100):
        ledger.do(reserve(f"h{i}", 1, cap=NO_CAP))
    time.on(60)
    assert ledger.balances("") == (Balance(DAY.key, 0, 0, 0),)


@pytest.mark.slow
@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_a_hammer_spends_nothing_over_a_cap_and_loses_nothing(tmp_path: Path, store: str) -> None:
    """Of many callers in several processes, some of which abort and some stream, every unit is where it belongs."""
    url = {"memory": "memory://", "sqlite": f"sqlite:///{tmp_path / 'ledger.db'}"}[store]
    plan = Plan(url, "hammer", processes=2, concurrent=32, calls=400, forget_at=FAR)
    result = hammer(plan)
    assert result.total(lambda one: one.calls) == 800
    assert 0 < result.total(lambda one: one.admitted) < 800
    assert (result.over, result.drift, result.held_drift) == (0, 0, 0)


@pytest.mark.slow
def test_killed_processes_leave_the_books_balanced(tmp_path: Path) -> None:
    """What a process was told of is in the file, what it was not told of is in it once or not at all, and nothing stays held."""
    result = killing(f"sqlite:///{tmp_path / 'ledger.db'}", rounds=10, workers=2)
    assert result.told > 0
    assert (result.lost, result.drift, result.held) == (0, 0, 0)
