"""Between budgets and complexity: the caller may tighten what the policy left, and never more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyroute.call import NO_ASKS, Call, Facts, Target, cost_nano, output_ceiling
from policyroute.decision import Match, Removal, StageName, Verdict
from policyroute.errors import CallError
from policyroute.reading import Reading
from policyroute.stages.stage import Candidates

EFFECTS = {
    "requested-model": "keeps the model that the caller named, as the policy requires",
    "caller-tier": "keeps the tier that the caller asked for",
    "caller-max-cost": "drops models that could cost more than the caller allows",
}
REASONS = {"requested-model": "model_not_allowed", "caller-tier": "tier_not_allowed", "caller-max-cost": "max_cost"}


class Override:
    """A required model, a tier, a cost limit: each keeps fewer models."""

    name: StageName = "override"

    def __init__(self, targets: Sequence[Target], tiers: Sequence[str], required: Mapping[str, int] | None) -> None:
        self._targets = tuple(targets)
        self._tiers = {tier: sum(1 << i for i, t in enumerate(targets) if t.tier == tier) for tier in tiers}
        self._required = required

    def judge(self, call: Call, candidates: Candidates, facts: Facts, reading: Reading) -> Verdict:
        """What the caller's own words leave."""
        eligible, tags = candidates.eligible, candidates.tags
        asks = call.asks
        if asks is NO_ASKS and self._required is None:
            return candidates
        kept: list[tuple[str, int]] = []
        if self._required is not None and call.requested_model is not None:
            kept.append(("requested-model", self._required.get(call.requested_model.casefold(), 0)))
        if asks.tier is not None:
            if asks.tier not in self._tiers:
                raise CallError("the tier that the caller asked for is not one of the policy's")
            kept.append(("caller-tier", self._tiers[asks.tier]))
        if asks.max_cost_nano is not None:
            kept.append(("caller-max-cost", self._affordable(asks.max_cost_nano, reading)))
        removed: list[Removal] = []
        denied: str | None = None
        for rule, keeps in kept:
            if eligible & ~keeps:
                removed.append(Removal(rule, eligible & ~keeps))
                eligible &= keeps
                denied = denied or (None if eligible else REASONS[rule])
        return Verdict(eligible, tags, removed=tuple(removed), denied=denied)

    def _affordable(self, most_nano: int, reading: Reading) -> int:
        return sum(
            1 << i
            for i, t in enumerate(self._targets)
            if cost_nano(t, reading.tokens, output_ceiling(t, reading.max_output) * reading.answers) <= most_nano
        )

    def fired(self, verdict: Verdict) -> tuple[str, ...]:
        return tuple([rule for rule, _ in verdict.removed])

    def matches(self, verdict: Verdict, reading: Reading) -> tuple[Match, ...]:
        """Each wish of the caller that took something out."""
        return tuple(Match(rule, "the caller asked for it", EFFECTS[rule]) for rule, _ in verdict.removed)
