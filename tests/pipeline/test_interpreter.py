"""The interpreter trusts no stage: what widens, forgets or invents is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from policyroute.call import Asks, Call, Facts, Target, cost_nano, output_ceiling
from policyroute.decision import Match, Order, StageName, Verdict, names_of
from policyroute.errors import CallError, EngineError, Widened
from policyroute.loading import loads
from policyroute.reading import Reading
from policyroute.stages.stage import Candidates

POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: small, version: 7}
mode: MODE
models:
  home: {provider: own, region: eu, tier: basic, price: {in: 1, out: 1}}
  near: {provider: own, region: eu, tier: basic, price: {in: 2, out: 2}}
  abroad: {provider: cloud, region: us, tier: premium, price: {in: 3, out: 3}}
tiers: [basic, premium]
attributes:
  plan: {from: auth.plan, trust: verified, values: [free, pro], required: true}
tags:
  personal: {only: {region: [eu]}}
  spare: {}
pipeline:
  sensitivity:
    - {id: free-plan, when: {plan: [free]}, add: [personal]}
  complexity:
    ladder:
      - {id: all, when: {}, prefer: [basic]}
"""
SMALL = loads(POLICY.replace("MODE", "enforce"))
FREE, PRO = (Call(attributes={"plan": plan}) for plan in ("free", "pro"))
EVERYBODY, HOME = 0b111, 0b001
JUDGE = Callable[[Candidates], Verdict]


class Bad(NamedTuple):
    """A stage that answers as it is told."""

    name: StageName
    answer: JUDGE

    def judge(self, call: Call, candidates: Candidates, facts: Facts, reading: Reading) -> Verdict:
        return self.answer(candidates)

    def matches(self, verdict: Verdict, reading: Reading) -> tuple[Match, ...]:
        return ()


def with_stage(place: int, stage: Bad) -> object:
    """The decision for a free plan, with one stage replaced."""
    stages = list(SMALL.pipeline.stages)
    stages[place] = stage  # type: ignore[call-overload]
    return SMALL.pipeline._replace(stages=tuple(stages)).decide(FREE)


ROUTES, BUDGETS, LAST = 2, 3, 5


def ranks(*models: int) -> JUDGE:
    """A last stage that ranks these."""
    return lambda given: Verdict(given.eligible, given.tags, order=Order(models))


@pytest.mark.parametrize(
    ("place", "name", "answer", "says"),
    [
        (ROUTES, "routes", lambda given: Verdict(EVERYBODY, given.tags), "stage routes gave back more than it was given"),
        (BUDGETS, "budgets", lambda given: Verdict(given.eligible | 0b100, given.tags), "stage budgets gave back more"),
        (BUDGETS, "budgets", lambda given: Verdict(given.eligible << 1 | 1, given.tags), "stage budgets gave back more"),
        (BUDGETS, "budgets", lambda given: Verdict(-1, given.tags), "stage budgets gave back more"),
        (BUDGETS, "budgets", lambda given: Verdict(0b1000, given.tags), "stage budgets gave back more"),
        (ROUTES, "routes", lambda given: Verdict(given.eligible, 0), "stage routes gave back more than it was given"),
        (ROUTES, "routes", lambda given: Verdict(given.eligible, 0b10), "stage routes gave back more than it was given"),
        (
            LAST,
            "complexity",
            lambda given: Verdict(EVERYBODY, given.tags, order=Order((0, 1, 2))),
            "stage complexity gave back more",
        ),
        (LAST, "complexity", ranks(0, 1, 2), "the ranking is not a permutation of what was eligible"),
        (LAST, "complexity", ranks(0, 2), "the ranking is not a permutation of what was eligible"),
        (LAST, "complexity", ranks(0), "the ranking is not a permutation of what was eligible"),
        (LAST, "complexity", ranks(), "the ranking is not a permutation of what was eligible"),
        (LAST, "complexity", ranks(0, 0), "a ranking lists a model twice"),
        (LAST, "complexity", ranks(0, 1, 1), "a ranking lists a model twice"),
    ],
)
def test_a_stage_that_widens_is_refused(place: int, name: StageName, answer: JUDGE, says: str) -> None:
    """More models, fewer tags, or a ranking of anything but what is eligible: an error, and no decision."""
    with pytest.raises(Widened, match=f"^{says}") as refused:
        with_stage(place, Bad(name, answer))
    assert isinstance(refused.value, EngineError) and refused.value.status == 500


@pytest.mark.parametrize(
    ("place", "name", "answer", "outcome", "ranking"),
    [
        (ROUTES, "routes", lambda given: Verdict(given.eligible & HOME, given.tags), "route", ["home"]),
        (ROUTES, "routes", lambda given: Verdict(given.eligible, given.tags | 0b10), "route", ["home", "near"]),
        (ROUTES, "routes", lambda given: Verdict(0, given.tags), "deny", []),
        (ROUTES, "routes", lambda given: Verdict(given.eligible, given.tags, denied="said_so"), "deny", []),
        (LAST, "complexity", ranks(1, 0), "route", ["near", "home"]),
    ],
)
def test_a_stage_that_narrows_is_followed(place: int, name: StageName, answer: JUDGE, outcome: str, ranking: list[str]) -> None:
    """Fewer models, more tags, another order, a denial."""
    decision = with_stage(place, Bad(name, answer))
    assert decision.outcome == outcome and [ranked.model for ranked in decision.ranking] == ranking  # type: ignore[attr-defined]


def test_a_denial_ends_the_fold() -> None:
    """No stage is asked after one that denied, and no model of it is left."""

    def never(given: Candidates) -> Verdict:
        raise AssertionError("a stage was asked after a denial")

    stages = list(SMALL.pipeline.stages)
    stages[ROUTES] = Bad("routes", lambda given: Verdict(given.eligible, given.tags, denied="said_so"))  # type: ignore[call-overload]
    stages[BUDGETS] = Bad("budgets", never)  # type: ignore[call-overload]
    decision = SMALL.pipeline._replace(stages=tuple(stages)).decide(FREE)
    assert (decision.outcome, decision.reason, decision.stage, decision.tags) == ("deny", "said_so", "routes", ("personal",))
    assert [step.stage for step in decision.steps] == ["sensitivity", "routes"]


def test_a_policy_that_is_off_lets_everything_pass_unread() -> None:
    """Nothing is decided, refused or asked: not even what every call must have, or a tag that does not exist."""
    off = loads(POLICY.replace("MODE", '"off"'))
    decision = off.decide(Call(asks=Asks(tags=("nosuch",), tier="nosuch")), Facts(id="d-1"))
    assert (decision.outcome, decision.reason, decision.mode, decision.id) == ("passthrough", "mode_off", "off", "d-1")
    assert decision.model is decision.tier is None
    assert (decision.ranking, decision.plan, decision.steps, decision.tags, decision.fired) == ((), (), (), (), ())
    assert decision.to_dict()["outcome"] == "passthrough" and "passthrough" in repr(decision)


def test_a_policy_in_shadow_decides_like_one_in_force() -> None:
    """Only what is made of the decision differs: it says which mode it was made in."""
    shadow = loads(POLICY.replace("MODE", "shadow"))
    for call in (FREE, PRO):
        one, other = shadow.decide(call).to_dict(), SMALL.decide(call).to_dict()
        assert (one.pop("mode"), other.pop("mode")) == ("shadow", "enforce")
        assert one.pop("policy") != other.pop("policy") and one == other


@pytest.mark.parametrize(("asks", "code"), [(Asks(tags=("nosuch",)), "unknown_tag"), (Asks(tier="nosuch"), "invalid_request")])
def test_what_does_not_exist_cannot_be_asked_for(asks: Asks, code: str) -> None:
    """The message names nothing that the caller sent."""
    with pytest.raises(CallError) as refused:
        SMALL.decide(PRO._replace(asks=asks))
    assert (refused.value.code, refused.value.status) == (code, 400) and "nosuch" not in str(refused.value)


def test_facts_may_be_left_out() -> None:
    """Deciding without facts is deciding with none."""
    assert SMALL.decide(FREE).to_dict() == SMALL.decide(FREE, Facts()).to_dict()


@pytest.mark.parametrize(("bits", "found"), [(0, ()), (0b1, ("a",)), (0b110, ("b", "c")), (0b111, ("a", "b", "c"))])
def test_names_of_bits(bits: int, found: tuple[str, ...]) -> None:
    """In order of position."""
    assert names_of(bits, ("a", "b", "c")) == found


@pytest.mark.parametrize(
    ("tokens", "out", "nano"),
    [(0, 0, 0), (1, 0, 1), (1_000_000, 0, 250_000_000), (1, 1, 3), (4000, 0, 1_000_000), (4000, 1, 1_000_003), (3, 3, 8)],
)
def test_costs_are_rounded_up(tokens: int, out: int, nano: int) -> None:
    """To a whole nano-dollar, once for the whole call, and never down."""
    target = Target("m", "p", "m", "t", price_in=250_000_000 if tokens >= 1000 else 400_000, price_out=2_100_000)
    assert cost_nano(target, tokens, out) == nano


@pytest.mark.parametrize(
    ("most", "asked", "ceiling"),
    [(None, None, 4096), (None, 10, 10), (100, None, 100), (100, 10, 10), (100, 1000, 100), (100, 0, 0)],
)
def test_how_long_an_answer_can_be(most: int | None, asked: int | None, ceiling: int) -> None:
    """What the call asks for, held to what the model can say; a usual length where neither says."""
    assert output_ceiling(Target("m", "p", "m", "t", max_output=most), asked) == ceiling
