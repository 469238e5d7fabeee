"""Before the first stage: a model that lacks what the call needs, or is down, is out."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from policyroute.call import Call, Facts, Feature, Target
from policyroute.decision import Match, Removal, StageName, Verdict
from policyroute.reading import Reading
from policyroute.stages.stage import Candidates

NEEDS: dict[Feature, str] = {"tools": "tools", "images": "vision", "audio": "audio", "files": "files", "json_schema": "json"}


class Fit:
    """Drops models by context window, by missing capability and by health. What a model does not state is not held against it."""

    name: StageName = "fit"

    def __init__(self, targets: Sequence[Target]) -> None:
        self._bit = {target.name: 1 << i for i, target in enumerate(targets)}
        self._lacking = {
            feature: sum(1 << i for i, t in enumerate(targets) if t.caps is not None and cap not in t.caps)
            for feature, cap in NEEDS.items()
        }
        windows = sorted({t.context for t in targets if t.context is not None})
        self._windows = tuple((size, sum(1 << i for i, t in enumerate(targets) if t.context == size)) for size in windows)
        self._smallest = windows[0] if windows else inf

    def judge(self, call: Call, candidates: Candidates, facts: Facts, reading: Reading) -> Verdict:
        """What is left is every model that could serve this call if policy allowed it."""
        eligible, tags = candidates.eligible, candidates.tags
        needed = reading.tokens + (call.max_output or 0)
        if needed <= self._smallest and not call.has and not facts.down:
            return candidates
        removed: list[Removal] = []
        if needed > self._smallest:
            for size, models in self._windows:
                if needed > size:
                    eligible = _take(eligible, models, "context", removed)
        for feature in sorted(call.has) if call.has else ():
            eligible = _take(eligible, self._lacking[feature], NEEDS[feature], removed)
        if facts.down:
            for model in sorted(facts.down):
                eligible = _take(eligible, self._bit.get(model, 0), "down", removed)
        return Verdict(eligible, tags, removed=tuple(removed))

    def fired(self, verdict: Verdict) -> tuple[str, ...]:
        return tuple(dict.fromkeys([rule for rule, _ in verdict.removed]))

    def matches(self, verdict: Verdict, reading: Reading) -> tuple[Match, ...]:
        """One line for each reason a model was dropped."""
        whys = {
            "context": f"the call may need more than its context window (about {reading.tokens} tokens in)",
            "down": "reported down",
        }
        rules = dict.fromkeys(rule for rule, _ in verdict.removed)
        return tuple(
            Match(rule, whys.get(rule, f"the call needs the capability `{rule}`"), "drops models that cannot serve it")
            for rule in rules
        )


def _take(eligible: int, models: int, why: str, removed: list[Removal]) -> int:
    gone = eligible & models
    if gone:
        removed.append(Removal(why, gone))
    return eligible & ~models
