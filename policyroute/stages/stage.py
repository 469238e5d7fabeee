"""What every stage is: it takes a reading and the candidates, and answers a verdict that never widens.

Rules are indexed by the questions they hang on, so that a stage looks only at rules that can fire: a thousand rules cost
what ten do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from policyroute.call import Call, Facts
from policyroute.conditions.condition import Condition, Test, bits, compile_test, watch
from policyroute.conditions.questions import Question
from policyroute.decision import Match, StageName, Verdict
from policyroute.reading import Reading

# What a stage is given, the models still in and the tags so far: a verdict in which nothing fired. So a stage that has
# nothing to say answers with what it was given.
Candidates = Verdict


class Stage(Protocol):
    """One stage of the pipeline: pure, and it can word what it did."""

    name: StageName

    def judge(self, call: Call, candidates: Candidates, facts: Facts, reading: Reading) -> Verdict:
        """A subset or a reordering of the candidates."""
        ...

    def matches(self, verdict: Verdict, reading: Reading) -> tuple[Match, ...]:
        """The rules that fired, in words."""
        ...

    def fired(self, verdict: Verdict) -> tuple[str, ...]:
        """Their ids, in the same order."""
        ...


class Clause(NamedTuple):
    """The part all rules share: an id, a condition, and what to do when the condition cannot be decided."""

    id: str
    when: Condition
    fires_unknown: bool
    reason: str = ""


class Rulebook:
    """The clauses of one stage, indexed by what they hang on."""

    def __init__(self, clauses: Sequence[Clause], questions: Sequence[Question]) -> None:
        self.clauses = tuple(clauses)
        self._questions = tuple(questions)
        self._tests: tuple[tuple[Test, bool], ...] = tuple((compile_test(c.when), c.fires_unknown) for c in clauses)
        self._always = 0
        self._by_question: dict[int, int] = {}
        for i, clause in enumerate(clauses):
            mask = watch(clause.when)
            if mask is None:
                self._always |= 1 << i
                continue
            while mask:
                low = mask & -mask
                mask ^= low
                self._by_question[low] = self._by_question.get(low, 0) | 1 << i
        self._watched = 0
        for low in self._by_question:
            self._watched |= low

    def firing(self, reading: Reading) -> Sequence[int]:
        """The rules that fire, in the policy's order."""
        if not self._always and not (reading.truth | reading.unknown) & self._watched:
            return ()
        return [index for index in members(self._waiting(reading)) if self._fires(index, reading)]

    def first(self, reading: Reading) -> int:
        """The first rule that fires; -1 where none does."""
        waiting = self._waiting(reading)
        while waiting:
            low = waiting & -waiting
            waiting ^= low
            index = low.bit_length() - 1
            if self._fires(index, reading):
                return index
        return -1

    def _waiting(self, reading: Reading) -> int:
        """The rules that can fire at all, going by what they hang on."""
        waiting = self._always
        hot = (reading.truth | reading.unknown) & self._watched
        while hot:
            low = hot & -hot
            hot ^= low
            waiting |= self._by_question[low]
        return waiting

    def _fires(self, index: int, reading: Reading) -> bool:
        test, fires_unknown = self._tests[index]
        answer = test(reading.truth, reading.unknown)
        return fires_unknown if answer is None else answer

    def ids(self, fired: int) -> tuple[str, ...]:
        """The ids of the rules with these bits."""
        return tuple([self.clauses[index].id for index in members(fired)]) if fired else ()

    def match(self, index: int, reading: Reading, effect: str) -> Match:
        """One rule that fired, in words."""
        clause = self.clauses[index]
        asked = bits(clause.when)
        seen = [self._questions[i].why() for i in members(asked & reading.truth)]
        seen += [f"could not tell whether {self._questions[i].why()}" for i in members(asked & reading.unknown)]
        if not seen:
            seen = [f"not: {self._questions[i].why()}" for i in members(asked)]
        why = "; ".join(seen) or "always"
        return Match(clause.id, f"{why} ({clause.reason})" if clause.reason else why, effect)


def members(bits: int) -> list[int]:
    """The positions of the set bits."""
    found = []
    while bits:
        low = bits & -bits
        bits ^= low
        found.append(low.bit_length() - 1)
    return found
