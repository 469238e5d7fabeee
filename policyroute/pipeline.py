"""The interpreter: fold a call through the stages. Pure: the same policy, call and facts give the same decision."""

from __future__ import annotations

from typing import NamedTuple

from policyroute.call import Call, Facts
from policyroute.conditions.reader import Reader
from policyroute.decision import Decision, Ended, Explains, Names, Reading, Verdict, names_of
from policyroute.errors import Widened
from policyroute.plan import Plan
from policyroute.stages.stage import Candidates, Stage

NO_FACTS = Facts()
DENIED = "policy_denied"
UNSERVED = "no_model_available"


class Pipeline(NamedTuple):
    """A compiled policy: what it asks, its stages in order, and what may be called under a decision."""

    names: Names
    reader: Reader
    stages: tuple[Stage, ...]
    plan: Plan

    def decide(self, call: Call, facts: Facts | None = None) -> Decision:
        """Where this call may go, and why."""
        if facts is None:
            facts = NO_FACTS
        reading = self.reader.read(call, facts)
        if self.names.mode == "off":
            return Decision(self.names, (), reading, Ended("passthrough", "mode_off", "default"), facts.id)
        verdicts, ended = self._fold(call, facts, reading)
        if (
            ended.outcome == "deny"
            and facts.down
            and self._fold(call, facts._replace(down=frozenset()), self.reader.read(call, facts))[1].outcome == "route"
        ):
            ended = ended._replace(reason=UNSERVED)
        return Decision(self.names, verdicts, reading, ended, facts.id)

    def _fold(self, call: Call, facts: Facts, reading: Reading) -> tuple[tuple[tuple[Explains, Verdict], ...], Ended]:
        candidates = Candidates((1 << len(self.names.targets)) - 1, 0)
        verdicts: list[tuple[Explains, Verdict]] = []
        reason: str | None = None
        for stage in self.stages:
            verdict = stage.judge(call, candidates, facts, reading)
            if verdict.eligible & ~candidates.eligible or candidates.tags & ~verdict.tags:
                raise Widened(f"stage {stage.name} gave back more than it was given")
            verdicts.append((stage, verdict))
            if verdict.tags != candidates.tags:
                for tag in names_of(verdict.tags, self.names.tags):
                    reading.truth |= self.reader.tagged(tag)
            candidates = Candidates(verdict.eligible, verdict.tags)
            reason = reason or verdict.reason
            if verdict.denied is not None or not (verdict.eligible or stage.name == "fit"):
                return tuple(verdicts), Ended("deny", verdict.denied or DENIED, stage.name)
        order = verdicts[-1][1].order or ()
        if sum(1 << i for i in order) != candidates.eligible or len(order) != candidates.eligible.bit_count():
            raise Widened("the ranking is not a permutation of what was eligible")
        plan = self.plan.under(order, facts, reading)
        return tuple(verdicts), Ended("route", reason or "default", verdicts[-1][0].name, order, plan)
