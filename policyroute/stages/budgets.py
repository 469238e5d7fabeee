"""Stage 3: every budget applies, and every step that is reached narrows or denies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from policyroute.call import Call, Facts, Target
from policyroute.decision import Match, Removal, StageName, Verdict
from policyroute.reading import Reading
from policyroute.stages.stage import Candidates, members

Unit = Literal["usd", "tokens", "requests"]
EXHAUSTED = "budget_exhausted"
STORE_FAILED = "budget_unavailable"
NO_ACCOUNT = "budget_account_missing"


class Reached(NamedTuple):
    """What happens from a used share on: some models stay, or none and a reason."""

    at: float
    keeps: int
    deny: str | None
    spelled: str


UNACCOUNTED = Reached(0.0, 0, NO_ACCOUNT, "denies: the call has no account to count on")
TOO_DEAR = Reached(0.0, 0, None, "drops the models that what is left does not cover")


class Budget(NamedTuple):
    """A budget: what it counts per, over which window, and what its steps do.

    `on_missing` says whether a call without the `per` attributes counts on one shared account or is denied. `on_failure`
    is the step taken when the store cannot say what is spent; None lets the call pass. `lease` is the share that a
    replica may draw at once, to serve from it on its own.
    """

    id: str
    per: tuple[str, ...]
    window: str
    timezone: str
    unit: Unit
    limit: int
    steps: tuple[Reached, ...]
    deny_missing: bool
    on_failure: Reached | None
    lease: float | None = None


class Budgets:
    """All budgets, over balances that are handed in."""

    name: StageName = "budgets"

    def __init__(self, budgets: Sequence[Budget], targets: Sequence[Target]) -> None:
        self.budgets = tuple(budgets)
        self._models = {target.name: 1 << i for i, target in enumerate(targets)}
        self._outcomes = tuple((budget, outcome) for budget in budgets for outcome in _outcomes(budget))
        self._bit = {(budget.id, outcome): 1 << i for i, (budget, outcome) in enumerate(self._outcomes)}

    def judge(self, call: Call, candidates: Candidates, facts: Facts, reading: Reading) -> Verdict:
        """Steps are cumulative over all budgets; the first that denies, or that leaves nothing, gives the reason."""
        eligible, tags = candidates.eligible, candidates.tags
        fired = 0
        removed: list[Removal] = []
        denied: str | None = None
        for budget in self.budgets:
            for step in self._reached(budget, facts, reading):
                fired |= self._bit[budget.id, step]
                if step.deny is not None:
                    denied = denied or step.deny
                if eligible & ~step.keeps:
                    removed.append(Removal(budget.id, eligible & ~step.keeps))
                    eligible &= step.keeps
                    if not eligible:
                        denied = denied or (STORE_FAILED if step is budget.on_failure else EXHAUSTED)
            dear = self._too_dear(budget, facts) & eligible if facts.short else 0
            if dear:
                fired |= self._bit[budget.id, TOO_DEAR]
                removed.append(Removal(budget.id, dear))
                eligible &= ~dear
                if not eligible:
                    denied = denied or next((step.deny for step in budget.steps if step.deny is not None), EXHAUSTED)
        return Verdict(eligible, tags, fired, tuple(removed), denied) if fired else candidates

    def _too_dear(self, budget: Budget, facts: Facts) -> int:
        return sum(self._models.get(name, 0) for name in facts.short.get(budget.id, ()))

    def _reached(self, budget: Budget, facts: Facts, reading: Reading) -> Sequence[Reached]:
        if budget.deny_missing and any(name not in reading.attributes for name in budget.per):
            return (UNACCOUNTED,)
        if facts.failed and f"budget:{budget.id}" in facts.failed:
            return () if budget.on_failure is None else (budget.on_failure,)
        spent = facts.spent.get(budget.id, 0.0)
        return [step for step in budget.steps if spent >= step.at]

    def fired(self, verdict: Verdict) -> tuple[str, ...]:
        return tuple(dict.fromkeys([self._outcomes[index][0].id for index in members(verdict.fired)])) if verdict.fired else ()

    def matches(self, verdict: Verdict, reading: Reading) -> tuple[Match, ...]:
        """Each budget that did something, with every step that it reached. How much was spent stands in the facts, not here."""
        reached: dict[str, Match] = {}
        for index in members(verdict.fired):
            budget, step = self._outcomes[index]
            per = ", ".join(budget.per) or "everybody"
            how_far = f" reached {100 * step.at:g} %" if step in budget.steps else ""
            before = reached.get(budget.id)
            effect = step.spelled if before is None else f"{before.effect}; {step.spelled}"
            reached[budget.id] = Match(budget.id, f"the budget per {per} and {budget.window}{how_far}", effect)
        return tuple(reached.values())


def _outcomes(budget: Budget) -> tuple[Reached, ...]:
    return (UNACCOUNTED, TOO_DEAR, *(() if budget.on_failure is None else (budget.on_failure,)), *budget.steps)
