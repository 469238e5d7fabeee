"""Invariants that can be settled by sets alone: proved by what surely fires, or disproved by a call that is really decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from math import prod
from typing import Literal, NamedTuple

from policyroute.call import Asks, Call, Facts
from policyroute.conditions import questions as ask
from policyroute.conditions.condition import All, Any, Atom, Condition, compile_test, implies
from policyroute.errors import CallError
from policyroute.pipeline import Pipeline
from policyroute.policy.compile import Compiled, Invariant
from policyroute.policy.problems import Problems

Verdict = Literal["proved", "violated", "unknown"]
PLAIN = Facts(now=0.0)
MOST_WAYS = 100


class Settled(NamedTuple):
    """What is known of one invariant, and for a violated one the model that shows it."""

    invariant: Invariant
    verdict: Verdict
    model: str | None = None


def settle(policy: Compiled, pipeline: Pipeline) -> tuple[Settled, ...]:
    """Each invariant, as far as sets can tell."""
    return tuple(_settle(policy, pipeline, one) for one in policy.invariants)


def _settle(policy: Compiled, pipeline: Pipeline, one: Invariant) -> Settled:
    if one.reach is not None and not surely_left(policy, one.when) & one.reach:
        return Settled(one, "proved")
    tried = (_try(policy, pipeline, one, way) for way in ways(one.when))
    return next((settled for settled in tried if settled.verdict == "violated"), Settled(one, "unknown"))


def disproved(policy: Compiled, pipeline: Pipeline, problems: Problems) -> None:
    """Says which invariants a plain call already breaks, and which ones sets alone cannot settle."""
    for settled in settle(policy, pipeline):
        said = settled.invariant.said
        if settled.verdict == "unknown":
            message = f"invariant `{said.id}` is not proved: sets alone do not settle it"
            problems.add("PR503", message, said.id, severity="info", help="show it by tests, or narrow so that it follows")
        if settled.verdict != "violated":
            continue
        if settled.model is not None:
            message = f"invariant `{said.id}` does not hold: such a call can reach `{settled.model}`"
            problems.add("PR501", message, said.id, label="violated", help="narrow by a tag's `only`, or by an `only` route")
        else:
            message = f"invariant `{said.id}` does not hold: nothing that it needs is left for such a call"
            problems.add("PR502", message, said.id, label="violated", help="add a model that fits, or loosen what narrows it")


def ways(when: Condition) -> list[Condition]:
    """The ways in which a condition can hold: one of them does whenever it does. Too many are left together."""
    found = [when]
    if isinstance(when, Any):
        found = [way for part in when.of for way in ways(part)]
    elif isinstance(when, All):
        parts = [ways(part) for part in when.of]
        if prod(map(len, parts)) <= MOST_WAYS:
            found = [All(_flat(chosen)) for chosen in product(*parts)]
    return found if len(found) <= MOST_WAYS else [when]


def _flat(parts: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(inner for part in parts for inner in (part.of if isinstance(part, All) else (part,)))


def surely_left(policy: Compiled, when: Condition) -> int:
    """The models that may be left when a condition holds, in whichever way."""
    left = 0
    for way in ways(when):
        left |= _left(policy, way)
    return left


def _left(policy: Compiled, when: Condition) -> int:
    """The models that may be left: what surely fires has narrowed, nothing else is assumed."""
    when = All((when, *_given(policy, when)))
    known: list[Condition] = [when]
    tags = 0
    for tagging in policy.taggings:
        if implies(when, tagging.clause.when):
            tags |= tagging.add
            tags |= _named_tag(policy, tagging.add_from, when)
    for i, question in enumerate(policy.questions):
        if isinstance(question, ask.TagIs) and implies(when, Atom(1 << i)):
            tags |= policy.vocabulary.tag_bits((question.tag,))
    closed = 0
    left = (1 << len(policy.vocabulary.targets)) - 1
    for i, tag in enumerate(policy.tags):
        if tags >> i & 1:
            closed |= tag.closure
    for i, tag in enumerate(policy.tags):
        if closed >> i & 1:
            left &= tag.keeps
    for i, question in enumerate(policy.questions):
        if isinstance(question, ask.TagIs) and closed & policy.vocabulary.tag_bits((question.tag,)):
            known.append(Atom(1 << i))
    for route in policy.routes:
        if not route.pins and implies(All(tuple(known)), route.clause.when):
            left &= route.keeps
    return left


def _given(policy: Compiled, when: Condition) -> Iterator[Condition]:
    """That an attribute has a value, where the condition says which."""
    for i, question in enumerate(policy.questions):
        if isinstance(question, ask.AttributeKnown):
            asked = enumerate(policy.questions)
            values = [j for j, other in asked if isinstance(other, ask.AttributeIs) and other.name == question.name]
            if implies(when, Any(tuple(Atom(1 << j) for j in values))):
                yield Atom(1 << i)


def _named_tag(policy: Compiled, attribute: str | None, when: Condition) -> int:
    if attribute is None:
        return 0
    for i, question in enumerate(policy.questions):
        if isinstance(question, ask.AttributeIs) and question.name == attribute and implies(when, Atom(1 << i)):
            return policy.vocabulary.tag_bits((question.value,))
    return 0


def _try(policy: Compiled, pipeline: Pipeline, one: Invariant, way: Condition) -> Settled:
    """Decides the plainest call that fits one way for the condition to hold; what asks for text is left open.

    An invariant is about what the rules say, also in a policy that is switched off.
    """
    call = _plainest(policy, way)
    if call is None:
        return Settled(one, "unknown")
    try:
        decision = pipeline._replace(off=False).decide(call, PLAIN)
    except CallError:
        return Settled(one, "unknown")
    if not _holds(pipeline, one.when, call, decision.tags):
        return Settled(one, "unknown")
    left = {ranked.model for ranked in decision.ranking}
    if one.reach is not None:
        wrong = [t.name for i, t in enumerate(policy.vocabulary.targets) if one.reach >> i & 1 and t.name in left]
        return Settled(one, "violated", wrong[0]) if wrong else Settled(one, "unknown")
    needed = one.needs or 0
    fits = any(needed >> i & 1 and t.name in left for i, t in enumerate(policy.vocabulary.targets))
    return Settled(one, "unknown") if fits else Settled(one, "violated")


def _plainest(policy: Compiled, when: Condition) -> Call | None:
    """A call without text that has the tags and attributes asked for; None where more than those is asked."""
    tags: list[str] = []
    attributes = {str(n): str(a.values[0]) for n, a in policy.vocabulary.attributes.items() if a.required and a.values}
    wanted = when.of if isinstance(when, All) else (when,)
    for part in wanted:
        if not isinstance(part, Atom):
            continue  # such as the absence of tags: `_holds` looks whether the call keeps to it
        question = policy.questions[part.bit.bit_length() - 1]
        if isinstance(question, ask.TagIs):
            tags.append(question.tag)
        elif isinstance(question, ask.AttributeIs):
            attributes[question.name] = question.value
        else:
            return None
    return Call(attributes=attributes, asks=Asks(tags=tuple(tags)))


def _holds(pipeline: Pipeline, when: Condition, call: Call, tags: tuple[str, ...]) -> bool:
    """Whether the condition really holds for a call that was decided, with the tags that it got."""
    reading = pipeline.reader.read(call, PLAIN)
    truth = reading.truth
    for tag in tags:
        truth |= pipeline.reader.tagged(tag)
    return compile_test(when)(truth, reading.unknown) is True
