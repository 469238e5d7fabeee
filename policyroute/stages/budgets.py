"""Stage 3: every budget applies, and every step that is reached narrows or denies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from policyroute.call import Call, Facts
from policyroute.decision import Match, Reading, Removal, StageName, Verdict
from policyroute.stages.stage import Candidates

Unit = Literal["usd", "tokens", "requests"]
STORE_FAILED = "budget_unavailable"
NO_ACCOUNT = "budget_account_missing"


class Reached(NamedTuple):
    """What happens from a used share on: some models stay, or none and a reason."""

    at: float
    keeps: int
    deny: str | None
    spelled: str


class Budget(NamedTuple):
    """A budget: what it counts per, over which window, and what its steps do.

    `on_missing` says whether a call without the `per` attributes counts on one shared account or is denied. `on_failure`
    is the step taken when the store cannot say what is spent; None lets the call pass.
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


class Budgets:
    """All budgets, over balances that are handed in."""

    name: StageName = "budgets"

    def __init__(self, budgets: Sequence[Budget]) -> None:
        self.budgets = tuple(budgets)

    def judge(self, call: Call, candidates: Candidates, facts: Facts, reading: Reading) -> Verdict:
        """Steps are cumulative; the first denial is final, and its stage lists every step reached before it."""
        eligible, tags = candidates
        fired = 0
        removed: list[Removal] = []
        denied: str | None = None
        for index, budget in enumerate(self.budgets):
            for step in self._reached(budget, facts, reading):
                fired |= 1 << index
                if step.deny is not None:
                    denied = denied or step.deny
                if eligible & ~step.keeps:
                    removed.append(Removal(budget.id, eligible & ~step.keeps))
                    eligible &= step.keeps
        return Verdict(eligible, tags, fired, tuple(removed), denied)

    def _reached(self, budget: Budget, facts: Facts, reading: Reading) -> Sequence[Reached]:
        if budget.deny_missing and any(name not in reading.attributes for name in budget.per):
            return (Reached(0.0, 0, NO_ACCOUNT, "denies: the call has no account to count on"),)
        if facts.failed and f"budget:{budget.id}" in facts.failed:
            return () if budget.on_failure is None else (budget.on_failure,)
        spent = facts.spent.get(budget.id)
        if not spent:
            return ()
        return [step for step in budget.steps if spent >= step.at]

    def matches(self, verdict: Verdict, reading: Reading) -> tuple[Match, ...]:
        """Each budget that did something. How much was spent stands in the facts, not here."""
        out = []
        for index, budget in enumerate(self.budgets):
            if verdict.fired >> index & 1:
                per = ", ".join(budget.per) or "everybody"
                steps = "; ".join(f"from {step.at:.0%}: {step.spelled}" for step in budget.steps)
                out.append(Match(budget.id, f"budget per {per} and {budget.window} reached a step", steps))
        return tuple(out)
