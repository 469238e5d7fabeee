"""Stage 2: every matching `only` narrows; the first matching `to` is the hard route."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from policyroute.call import Call, Facts
from policyroute.conditions.questions import Question
from policyroute.decision import Match, Removal, StageName, Verdict
from policyroute.reading import Reading
from policyroute.stages.stage import Candidates, Clause, Rulebook


class Route(NamedTuple):
    """A route rule: `keeps` are the models it leaves; `pins` says it is a `to` rule, of which only the first counts.

    `passes` is `otherwise: continue`: where nothing of the target is eligible, the rule counts as not matching.
    """

    clause: Clause
    keeps: int
    pins: bool
    passes: bool
    spelled: str


class Routes:
    """The `only` rules first, in any order; then the `to` rules, in theirs."""

    name: StageName = "routes"

    def __init__(self, rules: Sequence[Route], questions: Sequence[Question]) -> None:
        self.rules = tuple(rules)
        self._book = Rulebook([rule.clause for rule in rules], questions)

    def judge(self, call: Call, candidates: Candidates, facts: Facts, reading: Reading) -> Verdict:
        """Models only shrink; the reason is the hard route's, where there is one."""
        firing = self._book.firing(reading)
        if not firing:
            return candidates
        eligible, tags = candidates.eligible, candidates.tags
        fired = 0
        removed: list[Removal] = []
        pins: list[int] = []
        for index in firing:
            rule = self.rules[index]
            if rule.pins:
                pins.append(index)
                continue
            fired |= 1 << index
            if eligible & ~rule.keeps:
                removed.append(Removal(rule.clause.id, eligible & ~rule.keeps))
                eligible &= rule.keeps
        for index in pins:
            rule = self.rules[index]
            if rule.passes and not eligible & rule.keeps:
                continue
            if eligible & ~rule.keeps:
                removed.append(Removal(rule.clause.id, eligible & ~rule.keeps))
            reason = rule.clause.reason or f"routes.{rule.clause.id}"
            return Verdict(eligible & rule.keeps, tags, fired | 1 << index, tuple(removed), reason=reason)
        return Verdict(eligible, tags, fired, tuple(removed))

    def fired(self, verdict: Verdict) -> tuple[str, ...]:
        return self._book.ids(verdict.fired)

    def matches(self, verdict: Verdict, reading: Reading) -> tuple[Match, ...]:
        """Each rule that fired, and the models it left."""
        return tuple(self._book.match(i, reading, rule.spelled) for i, rule in enumerate(self.rules) if verdict.fired >> i & 1)
