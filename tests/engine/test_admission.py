"""Admission: a cap is a cap, whoever asks at the same time, and whatever the store does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from policyroute.call import Call, Facts, Usage
from policyroute.engine.admission import Admission, Admitter
from policyroute.errors import LedgerError, Widened
from policyroute.ledgers.ledger import Answer, Look, Reserve, Settle, Step
from policyroute.ledgers.memory import MemoryLedger
from policyroute.loading import Policy, loads
from tests.ledgers.stores import Time

SHOP = Path(__file__).with_name("shop.yaml").read_text("utf-8")
NOON = datetime.fromisoformat("2026-11-21T12:00:00+00:00").timestamp()
LARGE_USD = 0.1001  # what ten tokens and the longest answer cost at most


class Watched(MemoryLedger):
    """Counts the steps it is asked for, and fails while it is told to."""

    def __init__(self, time: Time) -> None:
        super().__init__(clock=time, now=time)
        self.steps: list[Step] = []
        self.down = False
        self.loses = False

    def do(self, step: Step) -> Answer:
        self.steps.append(step)
        if self.down:
            raise LedgerError("down")
        answer = super().do(step)
        if self.loses:
            raise LedgerError("the reply was lost")
        return answer


class Shop:
    """An admitter of the shop's policy, over a ledger that is watched."""

    def __init__(self, text: str = SHOP) -> None:
        self.time = Time(NOON)
        self.policy: Policy = loads(text)
        self.ledger = Watched(self.time)
        self.failures: list[LedgerError] = []
        self.admitter = self.another()

    def another(self) -> Admitter:
        return Admitter(self.policy, self.ledger, now=self.time, failed=self.failures.append)

    def ask(self, tenant: str | None = "acme", tokens: int = 10, **facts: object) -> Admission:
        call = Call.from_text("hello", attributes={"tenant": tenant} if tenant else {})
        return self.admitter.admit(call, Facts(tokens=tokens, **facts))  # type: ignore[arg-type]

    def spend(self, usd: float, tenant: str = "acme") -> None:
        """That much, at the small model, whose tokens cost a dollar a million."""
        held = self.ask(tenant).held
        assert held is not None
        small = self.policy.pipeline.names.targets[0]
        self.admitter.settle(held._replace(target=small), Usage(round(usd * 1_000_000), 0))

    def spent(self, prefix: str = "shop/tenant-day?tenant=acme") -> tuple[int, int]:
        balances = self.ledger.balances(prefix)
        return sum(b.spent for b in balances), sum(b.held for b in balances)


@pytest.fixture
def shop() -> Iterator[Shop]:
    yield Shop()


def test_a_call_is_held_for_and_settled(shop: Shop) -> None:
    """What the chosen model can cost at most is held, and what it did cost is spent: one step each."""
    admission = shop.ask()
    assert admission.decision.model == "large"
    assert shop.spent() == (0, round(LARGE_USD * 1e9))
    assert [type(step) for step in shop.ledger.steps] == [Reserve]
    assert admission.held is not None
    assert shop.admitter.settle(admission.held, Usage(10, 5)) == 600_000
    assert shop.spent() == (600_000, 0)
    assert [type(step) for step in shop.ledger.steps] == [Reserve, Settle]
    assert [b.key for b in shop.ledger.balances("")] == ["shop/calls?@1h", "shop/tenant-day?tenant=acme@2026-11-21"]


def test_a_call_that_was_never_made_costs_nothing(shop: Shop) -> None:
    """Not even a request."""
    held = shop.ask().held
    assert held is not None
    shop.admitter.release(held)
    assert [(b.spent, b.held) for b in shop.ledger.balances("")] == [(0, 0), (0, 0)]


def test_a_step_that_is_reached_narrows(shop: Shop) -> None:
    """From half of it on there is the small model, and 100 % denies, with the time when it starts anew."""
    shop.spend(0.50)
    admission = shop.ask()
    assert (admission.decision.model, admission.decision.facts.spent["tenant-day"]) == ("small", 0.5)
    assert admission.decision.excluded == {"large": "budgets.tenant-day"}
    shop.spend(0.50)
    denied = shop.ask()
    assert (denied.decision.outcome, denied.decision.reason, denied.held) == ("deny", "budget_exhausted", None)
    assert denied.retry_after_s == 11 * 3600  # noon in Greenwich is one o'clock in Berlin
    assert shop.ask("other").decision.model == "large"


def test_another_process_is_noticed(shop: Shop) -> None:
    """A decision on balances that have changed is not held for; it is made again, on those that the store has."""
    other = shop.another()
    shop.ask()
    shop.spend(0.60)
    admission = other.admit(Call.from_text("hello", attributes={"tenant": "acme"}), Facts(tokens=10))
    assert admission.decision.model == "small"
    assert [type(step) for step in shop.ledger.steps[-2:]] == [Reserve, Reserve]


def test_a_denial_is_never_a_guess(shop: Shop) -> None:
    """Before a budget denies, the store is asked: somebody may have made room."""
    shop.spend(1.0)
    assert shop.ask().decision.outcome == "deny"
    shop.time.on(24 * 3600)
    assert shop.ask().decision.outcome == "route"


def test_what_does_not_fit_is_passed_over(shop: Shop) -> None:
    """Where the best model may cost more than is left, the next of the ranking is held for, and the decision says why."""
    shop.spend(0.49)
    admission = shop.ask(tokens=60_000)  # 0.60 and more at the large one, 0.061 at the small one
    assert admission.decision.model == "small"
    assert admission.decision.facts.short == {"tenant-day": frozenset({"large"})}
    assert admission.decision.excluded == {"large": "budgets.tenant-day"}
    assert admission.held is not None
    assert admission.held.amounts == (61_000_000, 1)


def test_where_nothing_fits_the_budget_denies(shop: Shop) -> None:
    """A call that could cost more than is left is denied as if nothing were left."""
    shop.spend(0.95)
    admission = shop.ask(tokens=60_000)
    assert (admission.decision.outcome, admission.decision.reason) == ("deny", "budget_exhausted")
    assert shop.spent()[1] == 0


def test_a_decision_can_be_replayed(shop: Shop) -> None:
    """Whatever the store answered is in the facts."""
    shop.spend(0.49)
    for tokens in (10, 60_000):
        decision = shop.ask(tokens=tokens).decision
        call = Call.from_text("hello", attributes={"tenant": "acme"})
        assert shop.policy.decide(call, decision.facts).to_dict() == decision.to_dict()


def test_many_at_once_never_get_more_than_there_is(shop: Shop) -> None:
    """Fifty calls against a cap of a few: those that are let in fit, all together."""
    with ThreadPoolExecutor(16) as pool:
        admissions = list(pool.map(lambda _: shop.ask(tokens=90_000), range(50)))
    routed = [a for a in admissions if a.held is not None]
    assert 0 < len(routed) < 50
    spent, held = shop.spent()
    assert spent == 0
    assert held == sum(a.held.amounts[0] for a in routed if a.held) <= 1_000_000_000
    assert {a.decision.reason for a in admissions if a.held is None} == {"budget_exhausted"}


def test_an_event_loop_gets_the_same(shop: Shop) -> None:
    """The same flow, driven without waiting."""

    async def one(i: int) -> int:
        call = Call.from_text("hello", attributes={"tenant": "acme"})
        admission = await shop.admitter.aadmit(call, Facts(tokens=90_000))
        if admission.held is None:
            return 0
        if i % 2:
            await shop.admitter.arelease(admission.held)
            return 0
        return await shop.admitter.asettle(admission.held, Usage(10, 10))

    async def everyone() -> list[int]:
        return await asyncio.gather(*map(one, range(40)))

    costs = asyncio.run(everyone())
    assert shop.spent() == (sum(costs), 0)
    assert sum(costs) > 0


def test_a_store_that_is_down_is_what_each_budget_says_it_is(shop: Shop) -> None:
    """One narrows, the other allows; the decision says so, and what is spent meanwhile is told later, once."""
    shop.ledger.down = True
    admission = shop.ask()
    assert admission.decision.model == "small"
    assert admission.decision.facts.failed == {"budget:tenant-day", "budget:calls"}
    assert admission.held is not None
    assert shop.admitter.settle(admission.held, Usage(1000, 0)) == 1_000_000
    assert len(shop.failures) == 2
    assert shop.admitter.untold == 1
    shop.ledger.down = False
    shop.spend(0.001)
    assert shop.admitter.untold == 0
    assert shop.spent() == (2_000_000, 0)


def test_a_store_that_is_down_may_mean_no_call() -> None:
    """The default denies, and says that it was not the caller who spent too much."""
    shop = Shop(SHOP.replace("on_store_error: {only: {tier: [basic]}}", "on_store_error: deny"))
    shop.ledger.down = True
    admission = shop.ask()
    assert (admission.decision.reason, admission.held, admission.retry_after_s) == ("budget_unavailable", None, None)


def test_a_hold_whose_reply_was_lost_is_ended_all_the_same(shop: Shop) -> None:
    """What the store did and could not say is not counted twice, and not kept."""
    shop.ledger.loses = True
    admission = shop.ask()
    assert admission.decision.model == "small"
    assert shop.spent()[1] > 0
    assert admission.held is not None
    shop.admitter.settle(admission.held, Usage(1000, 0))
    shop.ledger.loses = False
    shop.spend(0)
    assert shop.spent() == (1_000_000, 0)


def test_a_denied_call_gives_back_what_the_store_may_have_held() -> None:
    """Also where the policy denies while the store fails."""
    shop = Shop(SHOP.replace("on_store_error: {only: {tier: [basic]}}", "on_store_error: deny"))
    shop.ledger.loses = True
    assert shop.ask().held is None
    assert shop.spent()[1] > 0
    shop.ledger.loses = False
    shop.spend(0, "other")
    assert shop.spent() == (0, 0)


def test_no_budget_no_ledger(shop: Shop) -> None:
    """A policy that caps nothing never asks a store."""
    free = Shop(SHOP[: SHOP.index("  budgets:")] + SHOP[SHOP.index("  complexity:") :])
    assert free.ask().decision.model == "large"
    assert free.ledger.steps == []


@pytest.mark.parametrize("edit", ["on_missing: deny", "on_missing: shared"])
def test_a_caller_without_a_name(edit: str) -> None:
    """It counts on one account of all such callers, or is denied."""
    shop = Shop(SHOP.replace("per: [tenant]", f"per: [tenant]\n      {edit}"))
    admission = shop.ask(None)
    if edit.endswith("deny"):
        assert admission.decision.reason == "budget_account_missing"
    else:
        assert [b.key for b in shop.ledger.balances("shop/tenant-day")] == ["shop/tenant-day?@2026-11-21"]
        shop.ask("other")
        assert len(shop.ledger.balances("shop/tenant-day")) == 2


def test_only_a_denial_by_budgets_asks_the_store(shop: Shop) -> None:
    """Who is denied before budgets come is denied at once."""
    denied = shop.ask(down=frozenset({"small", "large"}))
    assert denied.decision.outcome == "deny"
    assert shop.ledger.steps == []


def test_looking_is_one_step(shop: Shop) -> None:
    """An admission costs one step, a denial too, once the balances are known."""
    shop.spend(1.0)
    shop.ask()
    shop.ledger.steps.clear()
    shop.ask()
    assert [type(step) for step in shop.ledger.steps] == [Look]


FREE = "price: {in: 1, out: 1}}", "price: {in: 0, out: 0}}"


def test_every_attempt_is_held_at_its_own_price() -> None:
    """A model that costs nothing, with a fallback that does: the fallback is counted, and denied when it does not fit."""
    shop = Shop(SHOP.replace(*FREE).replace("prefer: [premium, basic]", "prefer: [basic, premium]"))
    admission = shop.ask()
    assert admission.decision.model == "small"
    assert admission.held is not None
    shop.admitter.release(admission.held)
    small, large = admission.decision.candidates
    for _ in range(9):
        assert shop.admitter.again(admission, large) is not None
    assert shop.spent() == (0, 9 * round(LARGE_USD * 1e9))
    assert shop.admitter.again(admission, large) is None
    assert shop.admitter.again(admission, small) is not None


def test_an_attempt_stays_within_its_decision(shop: Shop) -> None:
    """What a rule took out cannot be called as a fallback either."""
    admission = shop.ask(down=frozenset({"large"}))
    large = shop.policy.pipeline.names.targets[1]
    with pytest.raises(Widened):
        shop.admitter.again(admission, large)


def test_an_attempt_while_the_store_fails(shop: Shop) -> None:
    """Each budget says which models may be called then."""
    admission = shop.ask()
    shop.ledger.down = True
    large, small = admission.decision.candidates
    assert shop.admitter.again(admission, large) is None
    held = asyncio.run(shop.admitter.aagain(admission, small))
    assert held is not None
    assert held.target == small


def test_sums_are_exact_over_many_tiny_costs() -> None:
    """A ten-millionth of a dollar, a hundred thousand times."""
    ledger = Shop()
    admission = ledger.ask()
    assert admission.held is not None
    held, settle = admission.held, ledger.admitter.settle
    small = ledger.policy.pipeline.names.targets[0]
    cheap = small._replace(price_in=100_000)
    for i in range(100_000):
        settle(held._replace(name=str(i), target=cheap), Usage(1000, 0))
    assert ledger.spent()[0] == 100_000 * 100


class Stuck(Watched):
    """Takes every step, and never answers an event loop while it is told so."""

    at_once = False

    def __init__(self, time: Time) -> None:
        super().__init__(time)
        self.stuck: type[Step] | None = None
        self.reached = asyncio.Event()

    async def ado(self, step: Step) -> Answer:
        answer = self.do(step)
        if self.stuck is not None and isinstance(step, self.stuck):
            self.stuck = None
            self.reached.set()
            await asyncio.Event().wait()
        return answer


@pytest.mark.parametrize("stuck", [Reserve, Settle])
def test_who_is_cancelled_while_he_waits_leaves_nothing_held(stuck: type[Step]) -> None:
    """The hold was taken, or is to be ended, when the caller goes: the next end of a call tells the store."""
    shop = Shop()
    ledger = shop.ledger = Stuck(shop.time)
    admitter = shop.another()
    call = Call.from_text("hello", attributes={"tenant": "acme"})

    async def one() -> None:
        admission = await admitter.aadmit(call, Facts(tokens=10))
        assert admission.held is not None
        await admitter.asettle(admission.held, Usage(1, 1))

    async def go() -> None:
        ledger.stuck = stuck
        task = asyncio.create_task(one())
        await ledger.reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await one()

    asyncio.run(go())
    (balance,) = [one for one in ledger.balances("shop/tenant-day") if one.spent or one.held]
    once = 1 if stuck is Reserve else 2
    assert balance.held == 0
    assert balance.spent == once * admitter.settle(admitter.admit(call, Facts(tokens=10)).held, Usage(1, 1))  # type: ignore[arg-type]
    assert admitter.untold == 0
