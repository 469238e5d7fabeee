"""Every call that may be made under a decision, in order, and drawn from its ranking."""

from __future__ import annotations

import pytest

from policyroute.call import Call, Facts, Target
from policyroute.decision import Order
from policyroute.plan import Canary, Escalation, Fallback, Plan, Recovery, Retry, Shadow
from policyroute.reading import Reading
from policyroute.stages.complexity import draw

TIERS = ("low", "mid", "top")
TARGETS = tuple(Target(f"m{i}", "p", f"m{i}", tier) for i, tier in enumerate(("low", "mid", "top", "mid", "top")))
NO_FACTS = Facts()
RETRY, FALLBACK = Retry(("timeout",), 1), Fallback(("timeout",), 2)


def planned(recovery: Recovery, order: tuple[int, ...], facts: Facts = NO_FACTS, canary: Canary | None = None) -> list[str]:
    """The plan, as words such as `retry 0`; with a shadow of model 4 that is never drawn on its own."""
    plan = Plan(TARGETS, TIERS, recovery, canary, Shadow(4, 0.0))
    return [f"{kind} {model}" for kind, model in plan.under(Order(order), facts, Reading(Call()))]


@pytest.mark.parametrize(
    ("recovery", "order", "calls"),
    [
        (Recovery(), (2, 0, 1), ["primary 2"]),
        (Recovery(), (), []),
        (Recovery(retry=RETRY, fallback=FALLBACK, escalate=Escalation(attempts=1)), (), []),
        (Recovery(retry=Retry((), 2)), (1, 0), ["primary 1", "retry 1", "retry 1"]),
        (Recovery(fallback=FALLBACK), (2, 0, 1, 3), ["primary 2", "fallback 0", "fallback 1"]),
        (Recovery(fallback=FALLBACK), (2, 0), ["primary 2", "fallback 0"]),
        (Recovery(fallback=FALLBACK), (2,), ["primary 2"]),
        (Recovery(escalate=Escalation(attempts=1)), (0, 2, 1), ["primary 0", "escalation 1"]),
        (
            Recovery(escalate=Escalation(attempts=9)),
            (0, 4, 3, 2, 1),
            ["primary 0", "escalation 3", "escalation 1", "escalation 4", "escalation 2"],
        ),
        (Recovery(escalate=Escalation(attempts=9)), (1, 0, 3, 2), ["primary 1", "escalation 2"]),
        (Recovery(escalate=Escalation(attempts=9)), (2, 0, 1, 4), ["primary 2"]),
        (Recovery(escalate=Escalation((), "mid", 9)), (2, 3, 0, 1), ["primary 2", "escalation 3", "escalation 1"]),
        (Recovery(escalate=Escalation((), "m0", 9)), (2, 3, 0, 1), ["primary 2", "escalation 0"]),
        (Recovery(escalate=Escalation((), "m0", 9)), (0, 1), ["primary 0"]),
        (
            Recovery(RETRY, FALLBACK, Escalation(attempts=1)),
            (0, 1, 2, 3),
            ["primary 0", "retry 0", "fallback 1", "fallback 2", "escalation 1"],
        ),
    ],
)
def test_recovery(recovery: Recovery, order: tuple[int, ...], calls: list[str]) -> None:
    """Retries call the same model, fallbacks the next of the ranking, escalations the nearest higher tier or the one named."""
    assert planned(recovery, order) == calls


CANARY = Canary(1, 0b00001, 0.5)


@pytest.mark.parametrize(
    ("facts", "order", "calls"),
    [
        (Facts(canary=True), (0, 1, 2), ["canary 1", "retry 1", "fallback 0", "fallback 2"]),
        (Facts(canary=False), (0, 1, 2), ["primary 0", "retry 0", "fallback 1", "fallback 2"]),
        (Facts(canary=True), (2, 0, 1), ["primary 2", "retry 2", "fallback 0", "fallback 1"]),
        (Facts(canary=True), (0, 2), ["primary 0", "retry 0", "fallback 2"]),
        (Facts(canary=True), (1, 0), ["primary 1", "retry 1", "fallback 0"]),
        (Facts(canary=True), (), []),
        (Facts(shadow=True), (2, 4), ["primary 2", "retry 2", "fallback 4", "shadow 4"]),
        (Facts(shadow=True), (4, 2), ["primary 4", "retry 4", "fallback 2"]),
        (Facts(shadow=True), (2, 0), ["primary 2", "retry 2", "fallback 0"]),
    ],
)
def test_rollout(facts: Facts, order: tuple[int, ...], calls: list[str]) -> None:
    """A canary serves in place of those it replaces, where it is eligible; a shadow gets its copy beside another."""
    assert planned(Recovery(RETRY, FALLBACK), order, facts, CANARY) == calls


def test_draws_are_by_the_seed() -> None:
    """Without a settled draw the seed decides, and about the share of the calls is hit."""
    served = [planned(Recovery(), (0, 1), Facts(seed=seed), CANARY) for seed in range(300)]
    assert served == [["canary 1"] if draw("canary", seed) < 0.5 else ["primary 0"] for seed in range(300)]
    assert 100 < served.count(["canary 1"]) < 200
    assert planned(Recovery(), (0, 1), Facts(seed=1), CANARY._replace(share=0.0)) == ["primary 0"]
    assert planned(Recovery(), (0, 1), Facts(seed=1), CANARY._replace(share=1.0)) == ["canary 1"]


def test_a_canary_sticks_to_its_conversation() -> None:
    """The same conversation always meets the same model, whatever the seed."""
    sticky = CANARY._replace(sticky_by="conversation")
    for conversation in ("a", "b", "c", "d"):
        plans = {tuple(planned(Recovery(), (0, 1), Facts(seed=seed, conversation=conversation), sticky)) for seed in range(30)}
        assert len(plans) == 1
    assert len({tuple(planned(Recovery(), (0, 1), Facts(conversation=str(i)), sticky)) for i in range(30)}) == 2


def test_a_shadow_is_drawn_by_its_share() -> None:
    """0 % is never, 100 % is always, and a fifth is about a fifth."""

    def drawn(share: float) -> int:
        plan = Plan(TARGETS, TIERS, shadow=Shadow(4, share))
        return sum(("shadow", 4) in plan.under(Order((0, 4)), Facts(seed=seed), Reading(Call())) for seed in range(500))

    assert (drawn(0.0), drawn(1.0)) == (0, 500) and 60 < drawn(0.2) < 140
