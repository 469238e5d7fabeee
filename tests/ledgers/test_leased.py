"""Leases: a replica serves from what it has drawn, and no cap is ever passed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.errors import LedgerError
from policyroute.ledgers.leased import IDLE_S, LeasedLedger
from policyroute.ledgers.ledger import NO_CAP, Account, Answer, Ledger, Line, Look, Offer, Reserve, Settle, Step, drive
from policyroute.ledgers.memory import MemoryLedger
from tests.ledgers.stores import Time

FAR = 2_000_000_000
CAP = 10_000
CHUNK = 1_000
LASTS_S = 100_000.0
DAY = Account("acme/day?t=a@x", FAR)
OTHER = Account("acme/month?@x", FAR)


class Counting(MemoryLedger):
    """Counts the steps it is asked for, and fails while it is told to; of one step it does nobody hears while `deaf`."""

    deaf = False

    def __init__(self, time: Time) -> None:
        super().__init__(clock=time, now=time)
        self.count = 0
        self.down = False

    def do(self, step: Step) -> Answer:
        self.count += 1
        if self.down:
            raise LedgerError("down")
        answer = super().do(step)
        if self.deaf:
            self.deaf = False
            raise LedgerError("no answer")
        return answer


class Replicas:
    """Some replicas in front of one store."""

    def __init__(self, many: int = 2) -> None:
        self.time = Time()
        self.store = Counting(self.time)
        self.ledgers = [self.another() for _ in range(many)]

    def another(self) -> LeasedLedger:
        return LeasedLedger(self.store, MemoryLedger(clock=self.time, now=self.time), {"acme/day?": CHUNK}, clock=self.time)

    def spent(self) -> int:
        return sum(balance.spent for balance in self.store.balances(DAY.key))


class Late(MemoryLedger):
    """Does each step at once; the answer to the first one comes when it is let go."""

    at_once = False

    def __init__(self, time: Time) -> None:
        super().__init__(clock=time, now=time)
        self.asked, self.first = asyncio.Event(), asyncio.Event()

    async def ado(self, step: Step) -> Answer:
        answer = super().do(step)
        if not self.asked.is_set():
            self.asked.set()
            await self.first.wait()
        return answer


def user(i: int) -> Account:
    return Account(f"acme/day?t={i}@x", FAR)


@pytest.fixture
def replicas() -> Iterator[Replicas]:
    yield Replicas()


def reserve(hold: str, *amounts: int, account: Account = DAY, least: int = -(2**53), below: int = NO_CAP) -> Reserve:
    return Reserve(hold, (Line(account, least, below),), tuple(Offer((amount,), (CAP,)) for amount in amounts), LASTS_S)


def settle(hold: str, amount: int, account: Account = DAY) -> Settle:
    return Settle(hold, (account,), (amount,))


def test_most_calls_do_not_ask_the_store(replicas: Replicas) -> None:
    """A thousand small calls on chunks: some dozen steps, where they would have been two thousand."""
    one = replicas.ledgers[0]
    for i in range(1000):
        assert one.do(reserve(f"h{i}", 5)).outcome == "reserved"
        assert one.do(settle(f"h{i}", 5)).outcome == "settled"
    assert replicas.store.count < 80
    assert 5000 <= replicas.spent() <= 5000 + CHUNK
    one.close()
    assert replicas.spent() == 5000


def test_at_the_edge_it_is_exact(replicas: Replicas) -> None:
    """Where no chunk is left, what a call needs is drawn, to the last unit and not beyond."""
    outcomes = [replicas.ledgers[i % 2].do(reserve(f"h{i}", 7)).outcome for i in range(3000)]
    held = 7 * outcomes.count("reserved")
    assert replicas.spent() <= CAP
    assert CAP - held < 2 * 7 + CAP // 32  # a little is parked at the replica that has more than it needs


def test_a_call_that_costs_more_is_recorded_in_full(replicas: Replicas) -> None:
    """What was spent beyond the hold is drawn with the next call, or told at the end."""
    one = replicas.ledgers[0]
    one.do(reserve("h1", 5))
    one.do(settle("h1", 7777))
    one.close()
    assert replicas.spent() == 7777


def test_an_end_counts_once(replicas: Replicas) -> None:
    """Also for a hold that the store has never heard of."""
    one = replicas.ledgers[0]
    one.do(reserve("h1", 5))
    assert one.do(settle("h1", 5)).outcome == "settled"
    assert one.do(settle("h1", 5)).outcome == "known"
    one.close()
    assert replicas.spent() == 5


def test_a_mixed_call_asks_the_store(replicas: Replicas) -> None:
    """With an account that is not leased, everything is where it always is."""
    one = replicas.ledgers[0]
    step = Reserve("h1", (Line(DAY), Line(OTHER)), (Offer((5, 5), (CAP, CAP)),), 60.0)
    assert one.do(step) == Answer("reserved", (0, 0), 0)
    assert replicas.store.do(Look((DAY, OTHER))).used == (5, 5)
    one.do(Settle("h1", (DAY, OTHER), (3, 3)))
    assert replicas.store.do(Look((DAY, OTHER))).used == (3, 3)


def test_what_a_replica_has_drawn_is_free_to_it(replicas: Replicas) -> None:
    """The one that drew sees what it used, another one what was drawn."""
    one, other = replicas.ledgers
    one.do(reserve("h1", 5))
    assert one.do(Look((DAY,))).used == (5,)
    assert other.do(Look((DAY,))).used == (CHUNK // 16,)


def test_a_decision_on_other_balances_is_not_held_for(replicas: Replicas) -> None:
    """The band counts here too."""
    one = replicas.ledgers[0]
    one.do(reserve("h1", 50))
    assert one.do(reserve("h2", 5, below=50)) == Answer("moved", (50,))
    assert one.do(reserve("h3", 5, least=50)).outcome == "reserved"


def test_the_best_offer_is_drawn_for(replicas: Replicas) -> None:
    """A cheaper model is not taken only because a chunk is small."""
    one = replicas.ledgers[0]
    one.do(reserve("h1", 5))
    assert one.do(reserve("h2", 4000, 10)).offer == 0
    assert one.do(reserve("h3", 9000, 10)).offer == 1
    assert one.do(reserve("h4", 9000)).outcome == "short"


def test_what_is_idle_is_given_back(replicas: Replicas) -> None:
    """A caller who has gone home leaves nothing parked, and may come back."""
    one, other = replicas.ledgers
    one.do(reserve("h1", 5))
    one.do(settle("h1", 5))
    replicas.time.on(IDLE_S + 1)
    one.do(Look((OTHER,)))
    assert replicas.spent() == 5
    other.do(reserve("h2", 9900))
    assert one.do(reserve("h3", 5)).outcome == "reserved"
    one.do(settle("h3", 5))
    one.close()
    assert one.do(Look((OTHER,))).used == (0,)
    other.do(settle("h2", 0))
    other.close()
    assert replicas.spent() == 10


def test_nothing_is_given_back_while_it_is_held(replicas: Replicas) -> None:
    """A long stream keeps its money."""
    one = replicas.ledgers[0]
    one.do(reserve("h1", 50))
    replicas.time.on(IDLE_S + 1)
    one.do(Look((OTHER,)))
    assert replicas.spent() == CHUNK // 16


def test_idle_leases_do_not_pile_up(replicas: Replicas) -> None:
    """With a new caller a second only those of the last half minute are parked, and no call waits for many steps."""
    one, most = replicas.ledgers[0], 0
    for i in range(600):
        before = replicas.store.count
        one.do(reserve(f"h{i}", 5, account=user(i)))
        one.do(settle(f"h{i}", 5, user(i)))
        most = max(most, replicas.store.count - before)
        replicas.time.on(1)
    parked = sum(balance.spent - 5 for balance in replicas.store.balances(""))
    assert parked <= (IDLE_S + 1) * (CHUNK // 16)
    assert most <= 4  # its own draw takes two


def test_a_crowd_that_has_gone_is_given_back_by_a_few_calls(replicas: Replicas) -> None:
    """Each call gives back two of them, also behind streams that go on, which keep theirs."""
    one = replicas.ledgers[0]
    for i in range(100):
        one.do(reserve(f"h{i}", 5, account=user(i)))
        if i >= 10:
            one.do(settle(f"h{i}", 5, user(i)))
    replicas.time.on(IDLE_S + 1)
    for _ in range(45):
        one.do(Look((OTHER,)))
    spent = [balance.spent for balance in replicas.store.balances("acme/day")]
    assert sorted(spent) == [5] * 90 + [CHUNK // 16] * 10


def test_one_in_use_does_not_keep_the_others(replicas: Replicas) -> None:
    """At the end, and after a reload, what nobody holds is given back, wherever in the order it is."""
    one = replicas.ledgers[0]
    for i in range(6):
        one.do(reserve(f"h{i}", 5, account=user(i)))
    for i in (1, 2, 4, 5):
        one.do(settle(f"h{i}", 5, user(i)))
    assert drive(one.giving_back(4), replicas.store) is True
    assert [balance.spent for balance in replicas.store.balances("")] == [62, 5, 5, 62, 62, 62]
    assert drive(one.giving_back(4), replicas.store) is True
    assert [balance.spent for balance in replicas.store.balances("")] == [62, 5, 5, 62, 5, 5]
    one.do(settle("h0", 5, user(0)))
    one.do(settle("h3", 5, user(3)))
    assert drive(one.giving_back(4), replicas.store) is False


def test_a_store_that_is_down_is_asked_once(replicas: Replicas) -> None:
    """Not for each lease in turn: neither at the end, nor by the calls that would give back what is idle."""
    one = replicas.ledgers[0]
    for i in range(6):
        one.do(reserve(f"h{i}", 5, account=user(i)))
        one.do(settle(f"h{i}", 5, user(i)))
    replicas.store.down, replicas.store.count = True, 0
    assert drive(one.giving_back(10), replicas.store) is True
    assert replicas.store.count == 1
    replicas.time.on(IDLE_S + 1)
    for _ in range(5):
        with pytest.raises(LedgerError):
            one.do(Look((OTHER,)))
    assert replicas.store.count == 1 + 1 + 5
    replicas.store.down = False
    assert drive(one.giving_back(10), replicas.store) is False


def test_what_was_given_back_unheard_is_not_used() -> None:
    """The store may have done what it did not answer: others may have that money, and it is given back once."""
    time = Time()
    store = Counting(time)
    one = LeasedLedger(store, MemoryLedger(clock=time, now=time), {"acme/day?": CHUNK}, clock=time)
    one.do(reserve("h1", 5))
    one.do(settle("h1", 5))
    store.deaf = True
    assert drive(one.giving_back(1), store) is True
    assert store.do(reserve("h2", CAP - 5)).outcome == "reserved"
    assert one.do(reserve("h3", 5)).outcome == "short"
    one.close()
    assert [(balance.spent, balance.held) for balance in store.balances("")] == [(5, CAP - 5)]


def test_what_is_spent_after_its_lease_was_given_back_is_told(replicas: Replicas) -> None:
    """A hold that expired, and a call that ended later all the same."""
    one = replicas.ledgers[0]
    one.do(reserve("h1", 50))
    replicas.time.on(LASTS_S + 1)
    one.do(Look((OTHER,)))
    assert replicas.spent() == 0
    one.do(settle("h1", 40))
    one.close()
    assert replicas.spent() == 40


def test_an_answer_that_comes_late_takes_nothing_off() -> None:
    """Two calls draw at once, and the first hears last: what both have used still counts, so no step is seen late."""

    async def both() -> Answer:
        time = Time()
        store = Late(time)
        one = LeasedLedger(store, MemoryLedger(clock=time, now=time), {"acme/day?": CHUNK}, clock=time)
        first = asyncio.create_task(one.ado(reserve("h1", 50)))
        await store.asked.wait()
        assert (await one.ado(reserve("h2", 50))).outcome == "reserved"
        store.first.set()
        assert (await first).outcome == "reserved"
        return await one.ado(reserve("h3", 1, below=100))

    outcome, (used,), _ = asyncio.run(both())
    assert (outcome, used >= 100) == ("moved", True)


def test_a_store_that_is_down_is_not_needed_while_a_chunk_lasts(replicas: Replicas) -> None:
    """And when it is needed, its failure is told."""
    one = replicas.ledgers[0]
    one.do(reserve("h1", 5))
    replicas.store.down = True
    assert one.do(reserve("h2", 5)).outcome == "reserved"
    with pytest.raises(LedgerError):
        one.do(reserve("h3", 500))
    replicas.time.on(IDLE_S + 1)
    one.do(settle("h1", 5))
    one.do(settle("h2", 5))
    with pytest.raises(LedgerError):
        one.do(Look((DAY,)))
    one.close()
    replicas.store.down = False
    assert one.do(reserve("h4", 5)).outcome == "reserved"
    one.do(settle("h4", 5))
    one.close()
    assert replicas.spent() == 15


def test_a_rolling_window_forgets_what_was_drawn(replicas: Replicas) -> None:
    """Each slice of time has a lease of its own."""
    one = replicas.ledgers[0]

    def at(cell: int) -> Account:
        return Account("acme/day?t=r@7d", FAR, cell, cell - 2)

    for cell in (10, 11, 12):
        one.do(reserve(f"h{cell}", 3000, account=at(cell)))
        one.do(settle(f"h{cell}", 3000, at(cell)))
    assert one.do(reserve("more", 3000, account=at(12))).outcome == "short"
    assert one.do(reserve("later", 3000, account=at(13))).outcome == "reserved"


def test_any_store_will_do(ledger: Ledger, time: Time) -> None:
    """What was not used is given back to each of them."""
    one = LeasedLedger(ledger, MemoryLedger(clock=time, now=time), {"acme/day?": CHUNK}, clock=time)
    for i in range(100):
        one.do(reserve(f"h{i}", 9))
        one.do(settle(f"h{i}", 8))
    balances = ledger.balances(DAY.key)
    assert 800 < balances[0].spent <= CHUNK + 800
    assert drive(one.giving_back(10), ledger) is False
    assert ledger.balances(DAY.key)[0].spent == 800


def test_from_an_event_loop(replicas: Replicas) -> None:
    """Many tasks at once draw and use what they draw, and all of it is accounted for."""
    one = replicas.ledgers[0]

    async def ask(i: int) -> int:
        if (await one.ado(reserve(f"h{i}", 90))).outcome != "reserved":
            return 0
        await one.ado(settle(f"h{i}", 60))
        return 60

    async def everybody() -> list[int]:
        costs = await asyncio.gather(*map(ask, range(300)))
        await one.aclose()
        return costs

    costs = asyncio.run(everybody())
    assert sum(costs) == replicas.spent() <= CAP


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**9), many=st.integers(1, 5))
def test_no_cap_is_ever_passed(seed: int, many: int) -> None:
    """Whatever replicas ask, end, give back or die of."""
    chance = random.Random(seed)
    replicas = Replicas(many)
    real, holds = 0, []
    for i in range(400):
        which = chance.randrange(many)
        ledger = replicas.ledgers[which]
        amount = chance.choice((1, 7, 60, 400))
        if ledger.do(reserve(f"h{i}", amount, max(1, amount // 2))).outcome == "reserved":
            holds.append((which, f"h{i}", max(1, amount // 2)))
        while holds and chance.random() < 0.5:
            who, hold, most = holds.pop(chance.randrange(len(holds)))
            if who >= 0:
                cost = chance.randint(0, most)
                replicas.ledgers[who].do(settle(hold, cost))
                real += cost
        if chance.random() < 0.02:
            replicas.ledgers[which] = replicas.another()  # it died, with all that it had drawn
            holds = [(-1 if who == which else who, hold, most) for who, hold, most in holds]
        replicas.time.on(chance.choice((0, 0, 1, 20)))
        assert replicas.store.do(Look((DAY,))).used[0] <= CAP
    assert real <= replicas.spent() <= CAP
