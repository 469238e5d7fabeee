"""What a ledger in Redis keeps under which keys, for how long, and who shares its connections."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from policyroute.errors import LedgerError, UsageError
from policyroute.ledgers.ledger import MOST_AMOUNT, Account, Balance, Entry, Line, Look, Offer, Reserve, Settle
from policyroute.ledgers.redis import RedisLedger
from policyroute.ledgers.redis.asking import LOOK, Ask
from policyroute.ledgers.redis.threads import ThreadConnections
from policyroute.ledgers.redis.trouble import RedisTrouble
from tests.ledgers.redis_server import (
    BOTH,
    DAY,
    FAR,
    MONTH,
    PATIENT_S,
    ROOM_S,
    WAIT_S,
    RedisServer,
    ado,
    both,
    do,
    reserve,
    running,
    settle,
    shared,
    turn,
)
from tests.ledgers.stores import Time

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with running() as one:
        yield one


@pytest.fixture
def ledger(server: RedisServer) -> Iterator[RedisLedger]:
    with closing(RedisLedger(server.url, wait_s=PATIENT_S)) as one:
        yield one


def test_every_step_is_one_round_trip(server: RedisServer, ledger: RedisLedger) -> None:
    """One call of one script, for any number of accounts."""
    for i in range(2):  # the scripts are known then
        ledger.do(Look(BOTH))
        ledger.do(reserve(f"first{i}"))
        ledger.do(settle(f"first{i}"))
    with server.client() as client:
        before = client.info("stats")["total_commands_processed"]
        client.config_resetstat()
        for i in range(10):
            ledger.do(Look(BOTH))
            ledger.do(reserve(f"h{i}"))
            ledger.do(settle(f"h{i}"))
        calls = {name: one["calls"] for name, one in client.info("commandstats").items()}
        assert before > 0
    assert calls["cmdstat_evalsha"] == 30
    assert "cmdstat_eval" not in calls


def test_all_keys_of_a_ledger_are_of_one_slot_and_of_one_name(server: RedisServer, ledger: RedisLedger) -> None:
    """A cluster keeps what has one tag on one node, and two ledgers in a server do not know each other."""
    ledger.do(reserve("h"))
    ledger.do(settle("h"))
    ledger.grant(DAY, 1, Entry(1.0, DAY.key, 1, "ops", ""))
    with server.client() as client:
        assert all(key.startswith("{policyroute}:") for key in client.scan_iter())
    with closing(RedisLedger(server.url, name="another", wait_s=PATIENT_S)) as another:
        assert another.balances("") == ()
        assert another.do(settle("h")).outcome == "settled"
    assert ledger.balances("") == (Balance(DAY.key, 7, 0, 1), Balance(MONTH.key, 7, 0, 0))


@pytest.mark.parametrize("name", ["", "a{b", "a}b", "a\nb"])
def test_a_name_makes_one_tag(name: str) -> None:
    """A brace in it would end the tag early."""
    with pytest.raises(UsageError):
        RedisLedger(shared().url, name=name)


def test_what_is_over_goes_by_itself(server: RedisServer) -> None:
    """An account stays for a day after its window, an end for an hour after its hold; then the server has them no more."""
    time = Time()
    with closing(RedisLedger(server.url, clock=time, now=time, wait_s=PATIENT_S)) as ledger, server.client() as client:
        soon = Account("soon", int(time()) + 100)
        ledger.do(Settle("s", (soon,), (5,)))
        assert 86400 < client.ttl("{policyroute}:account:soon") <= 86500
        ledger.do(reserve("h", lasts_s=600.0))
        ledger.do(settle("h"))
        assert 4100 < client.ttl("{policyroute}:hold:h") <= 4200
        assert client.zscore("{policyroute}:accounts", "soon") is not None
        time.on(90_000)
        ledger.do(Settle("t", (Account("later", FAR),), (5,)))
        assert client.zscore("{policyroute}:accounts", "soon") is None


def test_a_crowd_of_dead_holds_is_freed_before_anybody_is_refused(server: RedisServer) -> None:
    """They are freed a bounded piece at a time, but all of them before the answer."""
    time = Time()
    with closing(RedisLedger(server.url, clock=time, now=time, wait_s=PATIENT_S)) as ledger, server.client() as client:
        for i in range(1300):
            ledger.do(Reserve(f"h{i}", (Line(DAY),), (Offer((1,), (1300,)),), 60.0))
        assert ledger.do(reserve("more", 1)).outcome == "short"
        time.on(60)
        client.config_resetstat()
        assert ledger.do(Reserve("more", (Line(DAY),), (Offer((1300,), (1300,)),), 60.0)) == ("reserved", (0,), 0)
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] == 3
        assert client.zcard("{policyroute}:holds") == 1


def test_holds_expire_by_the_clock_of_the_server(ledger: RedisLedger) -> None:
    """Hosts whose clocks differ agree on when a hold is over; one that lasts no time is over at once."""
    ledger.do(reserve("h", lasts_s=60.0))
    ledger.do(reserve("i", lasts_s=0.0))
    assert ledger.do(Look(BOTH)).used == (10, 10)


def test_what_cannot_be_counted_is_refused(ledger: RedisLedger) -> None:
    """An amount over what is exact is an error before anything is written."""
    with pytest.raises(LedgerError, match="2\\^53"):
        ledger.do(settle("h", MOST_AMOUNT + 1))
    assert ledger.balances("") == ()


def test_keys_may_hold_half_a_surrogate(ledger: RedisLedger) -> None:
    """JSON may name a tenant so, and so it comes back."""
    odd = Account("acme/\ud800@x", FAR)
    ledger.do(Settle("\udfff", (odd,), (5,)))
    assert ledger.balances("acme/\ud800") == (Balance(odd.key, 5, 0, 0),)


def test_balances_are_found_by_what_their_keys_begin_with(ledger: RedisLedger) -> None:
    """Whatever a pattern would mean by it."""
    keys = [f"a{letter}b" for letter in "*?[]\\^-x"] + ["a[x]b", "a[^x]b", "ab"]
    ledger.do(Settle("h", tuple(Account(key, FAR) for key in keys), (1,) * len(keys)))
    for prefix in ("", "a", *keys, *(key[:2] for key in keys)):
        assert [one.key for one in ledger.balances(prefix)] == sorted(key for key in keys if key.startswith(prefix))


def test_a_step_that_is_given_up_leaves_no_answer_behind(ledger: RedisLedger) -> None:
    """A task that was cancelled in the middle takes its connection with it: nobody gets the answer of another."""

    async def steps() -> None:
        await ledger.ado(reserve("h"))
        for turns in range(6):
            given_up = asyncio.ensure_future(ledger.ado(Look((DAY,))))
            for _ in range(turns):
                await turn()
            given_up.cancel()
            assert (await ledger.ado(Look(BOTH))).used == (10, 10)
        await ledger.aclose()

    asyncio.run(steps())


def test_a_bill_is_put_down_though_its_task_is_cancelled(ledger: RedisLedger) -> None:
    """A client that goes away, at whatever point of it, takes no bill with it."""

    async def steps() -> None:
        for turns in reversed(range(8)):
            await ledger.ado(reserve(f"h{turns}"))
            given_up = asyncio.ensure_future(ledger.ado(settle(f"h{turns}")))
            for _ in range(turns + 1):
                await turn()
            given_up.cancel()
            await asyncio.wait([given_up])
        await ledger.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(steps())
    assert ledger.balances("") == both(7 * 8, 0)


def test_event_loops_and_threads_share_a_ledger(ledger: RedisLedger) -> None:
    """Each loop has its own connections, one after the other and at the same time, and nothing is left open."""

    def run(i: int) -> object:
        return ado(ledger, settle(f"h{i}"))

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(run, range(12)))) == 12
    ledger.do(settle("h12"))
    ledger.close()
    ledger.do(settle("h13"))
    ledger.close()
    gc.collect()
    assert ledger.balances("") == both(7 * 14, 0)


FORK = """
import os, sys
from policyroute.ledgers.ledger import Account, Look, Settle
from policyroute.ledgers.redis import RedisLedger

ledger = RedisLedger(sys.argv[1], wait_s=5.0)
account = Account("acme/day", 2_000_000_000)
ledger.do(Settle("before", (account,), (1,)))
child = os.fork()
who = "parent" if child else "child"
assert {ledger.do(Settle(f"{who}{i}", (account,), (1,))).outcome for i in range(300)} == {"settled"}
mine = (account,) * (1 if child else 2)
assert {len(ledger.do(Look(mine)).used) for _ in range(300)} == {len(mine)}
if child:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert ledger.balances("")[0].spent == 601
ledger.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_has_connections_of_its_own(server: RedisServer) -> None:
    """What was open before the fork stays with the parent, and works there while the child asks as well."""
    # Forking beside a thread that is just ending is what the warning is about, and what may happen to anybody.
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", FORK, server.url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    with server.client() as client:
        assert client.info("stats")["total_connections_received"] == 4  # parent, child, this one, and one at the start


class Stuck:
    """A connection whose name server does not answer until it is let go."""

    def __init__(self) -> None:
        self.let_go = Event()
        self.closed = Event()

    def connect(self) -> None:
        self.let_go.wait()

    def disconnect(self) -> None:
        self.closed.set()

    def send_packed_command(self, command: list[bytes], check_health: bool = True) -> None:
        raise AssertionError("nobody waits for it any more")

    def can_read(self, timeout: float = 0) -> bool:
        return False

    def read_response(self) -> bytes:
        return b""


def test_connecting_takes_as_long_as_it_takes_and_nobody_waits_for_it() -> None:
    """A thread may be stuck in a name server; who asks is not, and what comes of it too late is closed again."""
    made: list[Stuck] = []

    def make() -> Stuck:
        made.append(Stuck())
        return made[-1]

    connections = ThreadConnections(make, "nowhere")
    times = []
    for _ in range(6):
        began = monotonic()
        with pytest.raises(RedisTrouble, match="in time"):
            connections.ask(Ask(LOOK, (), []), WAIT_S)
        times.append(monotonic() - began)
    assert WAIT_S / 2 < min(times) < WAIT_S + ROOM_S
    assert len(made) == 1  # who asks next waits for the same
    connections.close()
    for one in made:
        one.let_go.set()
        assert one.closed.wait(PATIENT_S)


def test_a_ledger_that_is_closed_while_it_connects_leaves_nothing_open(server: RedisServer) -> None:
    """The thread that connects finds out, and lets go."""
    server.freeze()
    ledger = RedisLedger(server.url, wait_s=WAIT_S)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(do, ledger, reserve("h"))
        ledger.close()
        assert isinstance(asking.exception(), LedgerError)
    ledger.close()
    server.thaw()
    gc.collect()
