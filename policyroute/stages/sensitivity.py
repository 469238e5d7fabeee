"""Stage 1: every rule that matches adds its tags, and a tag narrows for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from policyroute.call import Call, Facts
from policyroute.conditions.questions import Question
from policyroute.decision import Match, Reading, Removal, StageName, Verdict, names_of
from policyroute.errors import CallError
from policyroute.stages.stage import Candidates, Clause, Rulebook

ASKED = "caller-asked"


class Tag(NamedTuple):
    """A tag of the policy: the tags it brings with it (itself included) and the models it leaves, both as bits."""

    name: str
    closure: int
    keeps: int
    reason: str = ""


class Tagging(NamedTuple):
    """A sensitivity rule: `add` is what it adds; `add_from` names the attribute whose value is the tag to add.

    `redact` lists the detectors whose values are masked before the call leaves, `restore` puts them back into the answer.
    """

    clause: Clause
    add: int = 0
    add_from: str | None = None
    redact: tuple[str, ...] = ()
    restore: bool = False


class Sensitivity:
    """All tagging rules. Their order means nothing."""

    name: StageName = "sensitivity"

    def __init__(self, rules: Sequence[Tagging], tags: Sequence[Tag], questions: Sequence[Question]) -> None:
        self.rules = tuple(rules)
        self.tags = tuple(tags)
        self._names = tuple(tag.name for tag in tags)
        self._bit: Mapping[str, int] = {tag.name: 1 << i for i, tag in enumerate(tags)}
        self._book = Rulebook([rule.clause for rule in rules], questions)
        self._effects = tuple(self._effect(rule.add) for rule in rules)

    def _effect(self, add: int) -> tuple[int, int]:
        """The closure of some tags, and the models that all of it leaves; -1 is every model."""
        closure, keeps = 0, -1
        for i, tag in enumerate(self.tags):
            if add >> i & 1:
                closure |= tag.closure
        for i, tag in enumerate(self.tags):
            if closure >> i & 1:
                keeps &= tag.keeps
        return closure, keeps

    def judge(self, call: Call, candidates: Candidates, facts: Facts, reading: Reading) -> Verdict:
        """Tags only grow, models only shrink."""
        firing = self._book.firing(reading)
        if not firing and not call.asks.tags:
            return candidates
        eligible, tags = candidates.eligible, candidates.tags
        fired = 0
        removed: list[Removal] = []
        if call.asks.tags:
            closure, keeps = self._effect(self._asked(call.asks.tags))
            tags |= closure
            if eligible & ~keeps:
                removed.append(Removal(ASKED, eligible & ~keeps))
                eligible &= keeps
        for index in firing:
            fired |= 1 << index
            closure, keeps = self._effects[index]
            source = self.rules[index].add_from
            if source is not None:
                named_closure, named_keeps = self._effect(self._named(source, reading))
                closure, keeps = closure | named_closure, keeps & named_keeps
            tags |= closure
            if eligible & ~keeps:
                removed.append(Removal(self.rules[index].clause.id, eligible & ~keeps))
                eligible &= keeps
        return Verdict(eligible, tags, fired, tuple(removed))

    def _named(self, attribute: str, reading: Reading) -> int:
        """The tag that an attribute names; every tag that it may name where its value could not be found out."""
        if attribute in reading.lost:
            return sum(self._bit.get(value, 0) for value in reading.lost[attribute])
        return self._bit.get(reading.attributes.get(attribute, ""), 0)

    def _asked(self, names: Sequence[str]) -> int:
        bits = 0
        for name in names:
            if name not in self._bit:
                raise CallError("a tag that the caller asked for is not declared by the policy", code="unknown_tag")
            bits |= self._bit[name]
        return bits

    def matches(self, verdict: Verdict, reading: Reading) -> tuple[Match, ...]:
        """Each rule that fired: the tags it added, and why they matter."""
        out = [Match(ASKED, "the caller asked for tags", "narrows")] if any(r.rule == ASKED for r in verdict.removed) else []
        for index, rule in enumerate(self.rules):
            if verdict.fired >> index & 1:
                closure = self._effects[index][0]
                if rule.add_from is not None:
                    closure |= self._effect(self._named(rule.add_from, reading))[0]
                out.append(self._book.match(index, reading, self._worded(rule, closure)))
        return tuple(out)

    def _worded(self, rule: Tagging, closure: int) -> str:
        reasons = "; ".join(tag.reason for i, tag in enumerate(self.tags) if closure >> i & 1 and tag.reason)
        added = ", ".join(names_of(closure, self._names))
        words = [f"tags {added}{f' ({reasons})' if reasons else ''}"] if added else []
        if rule.redact:
            words.append(f"redacts {', '.join(rule.redact)}")
        return "; ".join(words) or "adds nothing"
