"""What a ledger in Redis does when its server does not do what it should."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from time import monotonic

import pytest

from policyroute.errors import LedgerError, UsageError
from policyroute.ledgers.ledger import Balance, Entry, Look, Settle, Step
from policyroute.ledgers.redis import RedisLedger
from policyroute.ledgers.redis.trouble import RedisTrouble
from tests.ledgers.redis_server import (
    BOTH,
    DAY,
    MONTH,
    PATIENT_S,
    ROOM_S,
    STARTED,
    WAIT_S,
    Proxy,
    RedisServer,
    ado,
    both,
    do,
    free_port,
    reserve,
    running,
    settle,
    turn,
)

Way = Callable[[RedisLedger, Step], object]

WAYS = pytest.mark.parametrize("ask", [do, ado], ids=["thread", "loop"])


def trouble(ask: Way, ledger: RedisLedger, step: Step | None = None) -> str:
    """The word for what went wrong; nothing of the client library hangs on the error."""
    with pytest.raises(RedisTrouble) as told:
        ask(ledger, step or reserve("h"))
    assert isinstance(told.value, LedgerError)
    assert told.value.__cause__ is None
    assert told.value.__context__ is None
    return told.value.reason


def quickest(ask: Way, ledger: RedisLedger) -> float:
    """The shortest time of several in which a step fails, of those that wait: a busy machine does not lengthen all of them."""
    times = []
    for i in range(8):
        began = monotonic()
        trouble(ask, ledger, reserve(f"late{i}"))
        times.append(monotonic() - began)
    return min(time for time in times if time > WAIT_S / 2)


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with running() as one:
        yield one


@pytest.fixture
def ledger(server: RedisServer) -> Iterator[RedisLedger]:
    with closing(RedisLedger(server.url, wait_s=PATIENT_S)) as one:
        yield one


@pytest.fixture
def hasty(server: RedisServer) -> Iterator[RedisLedger]:
    with closing(RedisLedger(server.url, wait_s=WAIT_S)) as one:
        yield one


@WAYS
def test_a_server_that_is_down_is_known_at_once(ask: Way, ledger: RedisLedger, server: RedisServer) -> None:
    """Where nobody listens there is nothing to wait for, with connections of before and without; and it is found again."""
    ask(ledger, reserve("h"))
    server.stop()
    began = monotonic()
    assert trouble(ask, ledger) == "down"
    assert trouble(ask, ledger) == "down"
    assert monotonic() - began < PATIENT_S
    server.start()
    assert ask(ledger, Look(BOTH)) == ("looked", (0, 0), -1)


@WAYS
def test_a_frozen_server_costs_no_more_than_the_wait(ask: Way, hasty: RedisLedger, server: RedisServer) -> None:
    """A server that does not move is given up in time: with a connection to it, and while another is made."""
    times = []
    for i in range(3):
        hasty.do(Look(BOTH))
        server.freeze()
        began = monotonic()
        assert trouble(ask, hasty, reserve(f"h{i}")) == "slow"
        times.append(monotonic() - began)
        server.thaw()
        with server.client() as client:
            client.ping()
    assert WAIT_S / 2 < min(times) < WAIT_S + ROOM_S
    server.freeze()
    assert quickest(ask, hasty) < WAIT_S + ROOM_S


@WAYS
def test_what_a_frozen_server_was_told_counts_once(ask: Way, server: RedisServer) -> None:
    """It may do the step when it moves again; asked again, it does not do it twice."""
    with closing(RedisLedger(server.url)) as hasty, closing(RedisLedger(server.url, wait_s=PATIENT_S)) as patient:
        patient.do(reserve("h"))
        server.freeze()
        assert trouble(ask, hasty, settle("h")) == "slow"
        server.thaw()
        patient.do(settle("h"))
        assert patient.balances("") == both(7, 0)


@WAYS
def test_an_address_that_swallows_everything_costs_no_more_than_the_wait(ask: Way) -> None:
    """Where not even a connection is refused nobody waits longer."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # the queue is full, and whoever comes now is not answered
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}"
        ledger = stack.enter_context(closing(RedisLedger(url, wait_s=WAIT_S)))
        assert quickest(ask, ledger) < WAIT_S + ROOM_S


@pytest.mark.parametrize("url", ["redis://no-such-host.invalid:6379", "redis://" + "x" * 70, "unix:///no/such.sock"])
@WAYS
def test_a_name_that_leads_nowhere_is_a_ledger_error(ask: Way, url: str) -> None:
    """No name, no name that can be one, and no file."""
    with closing(RedisLedger(url, wait_s=PATIENT_S)) as ledger:
        assert trouble(ask, ledger) in {"down", "slow"}


def test_an_event_loop_goes_on_while_a_server_is_frozen(hasty: RedisLedger, server: RedisServer) -> None:
    """Tasks run in between, however many steps wait."""
    server.freeze()

    async def steps() -> int:
        turns = 0
        waiting = [asyncio.ensure_future(hasty.ado(reserve(f"h{i}"))) for i in range(40)]
        while not all(one.done() for one in waiting):
            turns += 1
            await turn()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(one) for one in ended} == {RedisTrouble}
        await hasty.aclose()
        return turns

    assert asyncio.run(steps()) > 50


@WAYS
def test_a_server_that_comes_back_empty_goes_on(ask: Way, ledger: RedisLedger, server: RedisServer) -> None:
    """Lost are connections, scripts and holds; what is settled then is spent, and nothing is held below nothing."""
    ask(ledger, reserve("h"))
    server.restart()
    assert ask(ledger, settle("h")) == ("settled", (), -1)
    assert ledger.balances("") == both(7, 0)
    assert ask(ledger, settle("h")) == ("known", (), -1)


def test_many_connections_of_before_are_no_trouble(ledger: RedisLedger, server: RedisServer) -> None:
    """All of them are lost with the server, and one more try is enough for each step."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ledger.do, [reserve(f"h{i}") for i in range(64)]))
        server.restart()
        assert [answer.outcome for answer in pool.map(ledger.do, [reserve(f"i{i}") for i in range(64)])] == ["reserved"] * 64
    assert ledger.balances("") == both(0, 640)


@pytest.mark.parametrize("how", [("flushall",), ("script", "flush")], ids=" ".join)
def test_a_server_that_was_emptied_goes_on(ledger: RedisLedger, server: RedisServer, how: tuple[str, ...]) -> None:
    """In the middle of a hold its keys are gone, or its scripts."""
    ledger.do(reserve("h"))
    with server.client() as client:
        client.execute_command(*how)
    ledger.do(settle("h"))
    assert ledger.balances("") == both(7, 0)


def test_an_account_that_was_lost_gives_nothing_back(ledger: RedisLedger, server: RedisServer) -> None:
    """A hold never frees more than is held there now, on this account or on the others."""
    ledger.do(reserve("h", 10))
    with server.client() as client:
        client.delete(f"{{policyroute}}:account:{DAY.key}")
    ledger.do(reserve("i", 4))
    ledger.do(settle("h", 0))
    assert ledger.balances("") == (Balance(DAY.key, 0, 0, 0), Balance(MONTH.key, 0, 4, 0))
    ledger.do(settle("i", 1))
    assert ledger.balances("") == both(1, 0)


def replica(server: RedisServer) -> None:
    with server.client() as client:
        client.replicaof("127.0.0.1", free_port())


def without_memory(server: RedisServer) -> None:
    with server.client() as client:
        client.config_set("maxmemory", 1)


def with_a_password(server: RedisServer) -> None:
    with server.client() as client:
        client.config_set("requirepass", "something")
        client.execute_command("client", "kill", "type", "normal", "skipme", "yes")


def without_replicas(server: RedisServer) -> None:
    with server.client() as client:
        client.config_set("min-replicas-to-write", 1)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [(replica, "read-only"), (without_memory, "full"), (with_a_password, "denied"), (without_replicas, "refused")],
)
@WAYS
def test_a_server_that_will_not_is_a_ledger_error(
    ask: Way, ledger: RedisLedger, server: RedisServer, broken: Callable[[RedisServer], None], reason: str
) -> None:
    """It says what is the matter with it, in one word, for a step of a connection of before and of a new one."""
    ask(ledger, reserve("h"))
    broken(server)
    assert trouble(ask, ledger, reserve("i")) == reason
    assert trouble(ask, ledger, settle("never held")) == reason


def test_a_hold_can_be_ended_where_there_is_no_memory(ledger: RedisLedger, server: RedisServer) -> None:
    """What frees more than it takes is let through, so that what was spent is known."""
    ledger.do(reserve("h"))
    without_memory(server)
    assert ledger.do(settle("h")).outcome == "settled"
    with server.client() as client:
        client.config_set("maxmemory", 0)
    assert ledger.balances("") == both(7, 0)


@WAYS
def test_a_server_that_is_loading_is_a_ledger_error(ask: Way, ledger: RedisLedger, server: RedisServer) -> None:
    """It answers already, but knows nothing yet."""
    with server.client() as client:
        client.mset({f"key{i}": "x" for i in range(2000)})
        client.save()
    server.stop()
    server.options = ("--key-load-delay", "500", "--loading-process-events-interval-bytes", "1024")
    server.start(until=STARTED)
    reasons = {trouble(ask, ledger) for _ in range(3)}
    assert reasons <= {"loading", "down"}
    assert "loading" in reasons


def test_a_node_of_a_cluster_that_does_not_have_the_keys_is_a_ledger_error() -> None:
    """A cluster node that serves nothing says so."""
    with running("--cluster-enabled", "yes") as server, closing(RedisLedger(server.url, wait_s=PATIENT_S)) as ledger:
        assert trouble(do, ledger) == "elsewhere"


@WAYS
def test_a_database_that_is_not_there_is_a_ledger_error(ask: Way, server: RedisServer) -> None:
    """What is refused while connecting is told as what is refused later."""
    with closing(RedisLedger(server.url.replace("/0", "/99"), wait_s=PATIENT_S)) as ledger:
        assert trouble(ask, ledger) == "unfit"
        assert trouble(ask, ledger) == "unfit"


@WAYS
def test_a_wrong_password_is_not_repeated(ask: Way) -> None:
    """Who is refused hears why, and nobody reads the secret in it."""
    with running("--requirepass", "right") as server:
        for url, opens in ((":right@", True), (":wr0ng@", False), ("someone:wr0ng@", False), ("", False)):
            with closing(RedisLedger(server.url.replace("://", f"://{url}"), wait_s=PATIENT_S)) as ledger:
                if opens:
                    ask(ledger, reserve("h"))
                    continue
                with pytest.raises(RedisTrouble) as told:
                    ask(ledger, reserve("h"))
                assert told.value.reason == "denied"
                assert "wr0ng" not in str(told.value) + repr(told.value) + repr(ledger)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "redis",
        "http://:s3cret@host",
        "redis://:s3cret@host:port",
        "redis://:s3cret@host?db=x",
        "redis://:s3cret@host?nothing=1",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    """A mistake in a URL is told when the ledger is made, and its password is not."""
    with pytest.raises(UsageError) as told:
        RedisLedger(url)
    assert "s3cret" not in str(told.value)
    assert told.value.__context__ is None


@pytest.mark.parametrize("step", [reserve("h"), settle("h")], ids=["reserve", "settle"])
@WAYS
def test_a_reply_that_is_lost_is_asked_for_again(ask: Way, server: RedisServer, ledger: RedisLedger, step: Step) -> None:
    """The step was done and nobody heard of it: it is asked once more, answers as if for the first time, and counts once."""
    ledger.do(reserve("other"))
    ledger.do(settle("another", 0))
    if isinstance(step, Settle):
        ledger.do(reserve("h"))
    with closing(Proxy(server.port)) as proxy, closing(RedisLedger(proxy.url, wait_s=PATIENT_S)) as far:
        ask(far, Look(BOTH))
        proxy.lose = 1
        answer = ask(far, step)
        assert proxy.lose == 0
    assert answer == (("settled", (), -1) if isinstance(step, Settle) else ("reserved", (10, 10), 0))
    assert ledger.balances("") == (both(7, 10) if isinstance(step, Settle) else both(0, 20))


@WAYS
def test_a_connection_that_is_lost_twice_is_a_ledger_error(ask: Way, server: RedisServer, ledger: RedisLedger) -> None:
    """Nobody tries for ever; and the step, done or not, may be asked again."""
    ledger.do(reserve("h"))
    ledger.do(settle("other", 0))  # the script is known then
    with closing(Proxy(server.port)) as proxy, closing(RedisLedger(proxy.url, wait_s=PATIENT_S)) as far:
        proxy.lose = 2
        assert trouble(ask, far, settle("h")) == "lost"
        assert ask(far, settle("h")) == ("known", (), -1)
    assert ledger.balances("") == both(7, 0)


def test_a_grant_whose_reply_is_lost_counts_once(server: RedisServer, ledger: RedisLedger) -> None:
    """It is on the account once, and in the audit."""
    entry = Entry(5.0, DAY.key, 30, "ops", "")
    with closing(Proxy(server.port)) as proxy, closing(RedisLedger(proxy.url, wait_s=PATIENT_S)) as far:
        far.grant(MONTH, 1, Entry(4.0, MONTH.key, 1, "ops", ""))
        proxy.lose = 1
        assert far.grant(DAY, 30, entry) == Balance(DAY.key, 0, 0, 30)
        assert proxy.lose == 0
    assert ledger.audit("acme/day") == (entry,)


@pytest.mark.parametrize("key", ["holds", "accounts", f"account:{MONTH.key}", "hold:h"])
@pytest.mark.parametrize("step", [reserve("h"), settle("h")], ids=["reserve", "settle"])
def test_a_key_of_another_kind_spoils_the_whole_step_or_nothing(
    server: RedisServer, ledger: RedisLedger, key: str, step: Step
) -> None:
    """Somebody else's value under one of our keys is an error, and no account of the call is touched."""
    with server.client() as client:
        client.rpush(f"{{policyroute}}:{key}", "something else")
        try:
            ledger.do(step)
        except RedisTrouble as told:
            assert told.reason == "unfit"
            assert client.hget(f"{{policyroute}}:account:{DAY.key}", "spent") is None
            assert client.hget(f"{{policyroute}}:account:{DAY.key}", "held") is None
        else:
            assert key == "holds"
            assert isinstance(step, Settle)  # it ends no hold, so it does not look at those
