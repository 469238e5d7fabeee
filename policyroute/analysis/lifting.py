"""Which tags masking can lift, by which rule, and on which detectors that rests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from policyroute.conditions import questions as ask
from policyroute.conditions.condition import Condition, bits
from policyroute.policy.compile import Compiled
from policyroute.policy.problems import Problems
from policyroute.stages.sensitivity import covers


class Lift(NamedTuple):
    """A rule that adds a tag which may be lifted where these kinds are masked."""

    tag: int
    rule: int
    kinds: tuple[str, ...]


def lifts(policy: Compiled) -> tuple[Lift, ...]:
    """Every tag and every rule of whose tags it can be one, as far as something masks what the rule fires for."""
    masked = tuple(dict.fromkeys(kind for tagging in policy.taggings for kind in tagging.redact))
    found = []
    for i, tagging in enumerate(policy.taggings if masked else ()):
        kinds = tuple(kind for _, kind in _detected(policy, tagging.clause.when, masked))
        closure = _closure(policy, tagging.add)
        stays = _closure(policy, sum(1 << t for t, tag in enumerate(policy.tags) if closure >> t & 1 and not tag.declassifies))
        if kinds:
            found += [Lift(t, i, kinds) for t in range(len(policy.tags)) if (closure & ~stays) >> t & 1]
    return tuple(found)


def assumed(policy: Compiled, when: Condition, known: tuple[Lift, ...]) -> Iterator[Lift]:
    """Those that a statement about such calls rests on: it asks for the tag itself, or for what a rule adds it for."""
    asked = bits(when)
    for lift in known:
        clause = policy.taggings[lift.rule].clause
        wanted = sum(bit for bit, _ in _detected(policy, clause.when, lift.kinds))
        tag = ask.TagIs(policy.tags[lift.tag].name)
        if asked & wanted or any(question == tag and asked >> i & 1 for i, question in enumerate(policy.questions)):
            yield lift


def invariants_say_what_they_rest_on(policy: Compiled, problems: Problems) -> None:
    """An invariant about a tag that masking lifts holds for what was masked only as far as the detectors find it."""
    known = lifts(policy)
    for one in policy.invariants if known else ():
        if one.reach is None:
            continue  # a call without the tag reaches more, not less
        for lift in assumed(policy, one.when, known):
            tag, rule = policy.tags[lift.tag].name, policy.taggings[lift.rule].clause.id
            kinds = ", ".join(f"`{kind}`" for kind in lift.kinds)
            problems.add(
                "PR504",
                f"invariant `{one.said.id}` assumes that {kinds} find everything: `{rule}` lifts `{tag}` where they are masked",
                one.said.id,
                severity="info",
                help=f"take `declassify` from `{tag}` if that is not for you",
            )


def tags_are_lifted(policy: Compiled, problems: Problems) -> None:
    """`declassify` says nothing where no rule masks what the tag is added for."""
    lifted = {lift.tag for lift in lifts(policy)}
    for i, (name, tag) in enumerate((policy.document.tags or {}).items()):
        if tag is not None and tag.declassify is not None and i not in lifted:
            problems.add(
                "PR315",
                f"nothing lifts the tag `{name}`: no rule masks what it is added for",
                tag.declassify.by,
                severity="warning",
                help="write `redact` with these detectors into a sensitivity rule, or take `declassify` out",
            )


def masking_is_backed(policy: Compiled, problems: Problems) -> None:
    """Masking can fail; then a tag has to keep the call where its text may go."""
    assert policy.document.pipeline is not None
    for tagging, rule in zip(policy.taggings, policy.document.pipeline.sensitivity, strict=True):
        if tagging.redact and not tagging.add and tagging.add_from is None:
            problems.add(
                "PR316",
                f"`{rule.id}` only masks: where that does not work out, nothing keeps the call back",
                rule.id,
                severity="info",
                help="add a tag as well, with `declassify: {by: redact}` if masking is to lift it",
            )


def _closure(policy: Compiled, tags: int) -> int:
    closure = 0
    for i, tag in enumerate(policy.tags):
        if tags >> i & 1:
            closure |= tag.closure
    return closure


def _detected(policy: Compiled, when: Condition, masked: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """The detectors that a condition asks for and that these kinds mask."""
    asked = bits(when)
    for i, question in enumerate(policy.questions):
        if asked >> i & 1 and isinstance(question, ask.Detected) and any(covers(kind, question.kind) for kind in masked):
            yield 1 << i, question.kind
