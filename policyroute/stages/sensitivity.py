"""Stage 1: every rule that matches adds its tags, and a tag narrows for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from policyroute.call import Call, Facts
from policyroute.conditions.condition import Test, compile_test
from policyroute.conditions.questions import Detected, Question, TextHas
from policyroute.decision import Masking, Match, Removal, StageName, Verdict, names_of
from policyroute.errors import CallError
from policyroute.reading import Reading
from policyroute.stages.stage import Candidates, Clause, Rulebook

ASKED = "caller-asked"
NOT_MASKED = "redact"
NOT_REDACTED = "not_redacted"
"""The name in `Facts.failed` that says that masking did not work out: nothing is lifted."""
_LOST = "detect:"


class Tag(NamedTuple):
    """A tag of the policy: the tags it brings with it (itself included) and the models it leaves, both as bits.

    One that `declassifies` is lifted where the values that a rule fired for are masked before the call leaves.
    """

    name: str
    closure: int
    keeps: int
    reason: str = ""
    declassifies: bool = False


class Tagging(NamedTuple):
    """A sensitivity rule: `add` is what it adds; `add_from` names the attribute whose value is the tag to add.

    `redact` lists the detectors whose values are masked before the call leaves, `restore` puts them back into the answer.
    """

    clause: Clause
    add: int = 0
    add_from: str | None = None
    redact: tuple[str, ...] = ()
    restore: bool = False


class _Lifting(NamedTuple):
    """How the tags of one rule can be lifted: its condition, and what of its tags stays all the same."""

    test: Test
    fires_unknown: bool
    stays: tuple[int, int]


def covers(kind: str, other: str) -> bool:
    """Whether what is asked of a kind is asked of the other: a family covers its members, not the other way round."""
    return other == kind or other.startswith(f"{kind}.")


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
        self._masked = tuple(_detected(rule.redact, questions) for rule in rules)
        self._texts = sum(1 << i for i, question in enumerate(questions) if isinstance(question, TextHas))
        self._liftings: Mapping[int, _Lifting] = {}
        if any(self._masked):
            self._liftings = {i: lifting for i, rule in enumerate(rules) if (lifting := self._lifting(rule)) is not None}

    @property
    def maskings(self) -> tuple[Masking, ...]:
        """What each rule adds, masks and puts back: the words a decision has for the bits of `fired`."""
        return tuple(
            Masking(effect[0], rule.redact, rule.restore) for rule, effect in zip(self.rules, self._effects, strict=True)
        )

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

    def _lifting(self, rule: Tagging) -> _Lifting | None:
        """What stays of a rule's tags where they are lifted; nothing where none of them can be."""
        closure = self._effect(rule.add)[0]
        stays = self._effect(sum(1 << i for i, tag in enumerate(self.tags) if closure >> i & 1 and not tag.declassifies))
        if stays[0] == closure:
            return None
        return _Lifting(compile_test(rule.clause.when), rule.clause.fires_unknown, stays)

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
        masked = self._cleared(firing, facts, reading) if self._liftings else 0
        for index in firing:
            fired |= 1 << index
            closure, keeps = self._effects[index]
            if masked and index in self._liftings and not self._still_fires(self._liftings[index], masked, reading):
                closure, keeps = self._liftings[index].stays
            source = self.rules[index].add_from
            if source is not None:
                named_closure, named_keeps = self._effect(self._named(source, reading))
                closure, keeps = closure | named_closure, keeps & named_keeps
            tags |= closure
            if eligible & ~keeps:
                removed.append(Removal(self.rules[index].clause.id, eligible & ~keeps))
                eligible &= keeps
        denied = NOT_REDACTED if NOT_MASKED in facts.failed and any(map(self._only_masks, firing)) else None
        return Verdict(eligible, tags, fired, tuple(removed), denied)

    def _only_masks(self, index: int) -> bool:
        """Whether a rule wants a mask, and has no tag that stands in for one: then an unmasked text may go nowhere."""
        return bool(self.rules[index].redact) and index not in self._liftings

    def _cleared(self, firing: Sequence[int], facts: Facts, reading: Reading) -> int:
        """The detectors that will find nothing once the call is masked; none where that is not certain."""
        if reading.unscanned or NOT_MASKED in facts.failed:
            return 0
        masked = 0
        for index in firing:
            masked |= self._masked[index]
        if reading.unknown & masked:
            return 0
        if facts.failed:
            kinds = [kind for index in firing for kind in self.rules[index].redact]
            lost = [name.removeprefix(_LOST) for name in facts.failed if name.startswith(_LOST)]
            if any(covers(kind, other) or covers(other, kind) for kind in kinds for other in lost):
                return 0
        return masked

    def _still_fires(self, lifting: _Lifting, masked: int, reading: Reading) -> bool:
        """Whether a rule would fire on the masked text. A pattern that matches may stop matching there: that counts as open."""
        truth, unknown = reading.truth & ~masked, reading.unknown & ~masked
        answer = lifting.test(truth, unknown)
        if lifting.fires_unknown if answer is None else answer:
            return True
        texts = truth & self._texts
        return bool(texts) and lifting.test(truth & ~texts, unknown | texts) is not False

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

    def fired(self, verdict: Verdict) -> tuple[str, ...]:
        asked = (ASKED,) if verdict.removed and any(one.rule == ASKED for one in verdict.removed) else ()
        return (*asked, *self._book.ids(verdict.fired))

    def matches(self, verdict: Verdict, reading: Reading) -> tuple[Match, ...]:
        """Each rule that fired: the tags it added, and why they matter."""
        out = [Match(ASKED, "the caller asked for tags", "narrows")] if self.fired(verdict)[:1] == (ASKED,) else []
        for index, rule in enumerate(self.rules):
            if verdict.fired >> index & 1:
                closure = self._effects[index][0]
                if rule.add_from is not None:
                    closure |= self._effect(self._named(rule.add_from, reading))[0]
                out.append(self._book.match(index, reading, self._worded(rule, closure & verdict.tags, closure & ~verdict.tags)))
        return tuple(out)

    def _worded(self, rule: Tagging, closure: int, lifted: int) -> str:
        reasons = "; ".join(tag.reason for i, tag in enumerate(self.tags) if closure >> i & 1 and tag.reason)
        added = ", ".join(names_of(closure, self._names))
        words = [f"tags {added}{f' ({reasons})' if reasons else ''}"] if added else []
        if rule.redact:
            words.append(f"redacts {', '.join(rule.redact)}{' and restores them' if rule.restore else ''}")
        if lifted:
            words.append(f"lifts {', '.join(names_of(lifted, self._names))}")
        return "; ".join(words) or "adds nothing"


def _detected(kinds: Sequence[str], questions: Sequence[Question]) -> int:
    """The questions for these kinds and their members."""
    found = 0
    for i, question in enumerate(questions):
        if isinstance(question, Detected) and any(covers(kind, question.kind) for kind in kinds):
            found |= 1 << i
    return found
