"""The interpreter: fold a call through the stages. Pure: the same policy, call and facts give the same decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from policyroute.call import Call, Facts
from policyroute.conditions.reader import Reader
from policyroute.decision import Decision, Ended, Explains, Made, Names, Verdict, names_of
from policyroute.errors import Widened
from policyroute.plan import Plan
from policyroute.reading import Reading
from policyroute.stages.stage import Candidates, Stage

Clock = Callable[[], int]

NO_FACTS = Facts()
UNFIT = Ended("deny", "no_model_fits", "default")
PASSED = Ended("passthrough", "mode_off", "default")
DENIED = "policy_denied"
UNSERVED = "no_model_available"


class Pipeline(NamedTuple):
    """A compiled policy: what it asks, its stages in order, and what may be called under a decision."""

    names: Names
    reader: Reader
    stages: tuple[Stage, ...]
    plan: Plan
    everybody: Candidates
    off: bool

    def decide(self, call: Call, facts: Facts | None = None, clock: Clock | None = None) -> Decision:
        """Where this call may go, and why. With a `clock` of nanoseconds it is also known how long each stage took."""
        if facts is None:
            facts = NO_FACTS
        return self.judge(call, facts, self.read(call, facts, clock), clock)

    def read(self, call: Call, facts: Facts, clock: Clock | None = None) -> Reading:
        """What there is to find out about a call. It may be judged again with other balances."""
        if self.off:
            return Reading(call)
        if clock is None:
            return self.reader.read(call, facts)
        began_ns = clock()
        reading = self.reader.read(call, facts)
        reading.took_ns = clock() - began_ns
        return reading

    def judge(self, call: Call, facts: Facts, reading: Reading, clock: Clock | None = None) -> Decision:
        """Where a call may go that was read."""
        if self.off:
            return Decision(Made(self.names, self.plan, facts, reading, ()), PASSED)
        times_ns: list[int] = []
        verdicts, ended = self._fold(call, facts, reading, clock, times_ns)
        if facts.down and ended.outcome == "deny" and self._served_if_up(call, facts):
            ended = ended._replace(reason=UNSERVED)
        return Decision(Made(self.names, self.plan, facts, reading, tuple(verdicts), tuple(times_ns)), ended)

    def _fold(
        self, call: Call, facts: Facts, reading: Reading, clock: Clock | None, times_ns: list[int]
    ) -> tuple[list[tuple[Explains, Verdict]], Ended]:
        if clock is not None:
            times_ns.append(clock())
        candidates = self.everybody
        verdicts: list[tuple[Explains, Verdict]] = []
        reason: str | None = None
        for stage in self.stages:
            verdict = stage.judge(call, candidates, facts, reading)
            verdicts.append((stage, verdict))
            if clock is not None:
                times_ns.append(clock())
            if verdict is candidates:
                if verdict.eligible or stage.name == "fit":
                    continue
            elif verdict.eligible != candidates.eligible or verdict.tags != candidates.tags:
                if verdict.eligible & ~candidates.eligible or candidates.tags & ~verdict.tags:
                    raise Widened(f"stage {stage.name} gave back more than it was given")
                if verdict.tags != candidates.tags:
                    for tag in names_of(verdict.tags, self.names.tags):
                        reading.truth |= self.reader.tagged(tag)
                candidates = Candidates(verdict.eligible, verdict.tags)
            reason = reason or verdict.reason
            if verdict.denied is not None or not (verdict.eligible or stage.name == "fit"):
                if not verdicts[0][1].eligible:
                    return verdicts, UNFIT
                return verdicts, Ended("deny", verdict.denied or DENIED, stage.name)
        order = verdict.order
        if order.bits != candidates.eligible:
            raise Widened("the ranking is not a permutation of what was eligible")
        return verdicts, Ended("route", reason or "default", stage.name, order, self.plan.serving(order, facts, reading))

    def _served_if_up(self, call: Call, facts: Facts) -> bool:
        """Whether it was health alone that left nothing."""
        healthy = facts._replace(down=frozenset())
        return self._fold(call, healthy, self.reader.read(call, healthy), None, [])[1].outcome == "route"
