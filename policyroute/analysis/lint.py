"""What a careful reviewer would ask about: rules that can never fire, gaps, and sets that leave everything or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from policyroute.analysis.lifting import invariants_say_what_they_rest_on, masking_is_backed, tags_are_lifted
from policyroute.conditions import questions as ask
from policyroute.conditions.condition import ALWAYS, All, Any as AnyOf, Atom, Condition, bits, implies
from policyroute.policy import rules
from policyroute.policy.compile import Compiled
from policyroute.policy.problems import At, Placed, Problems
from policyroute.policy.source import Source
from policyroute.stages.stage import Clause


def unscanned_is_decided(policy: Compiled, problems: Problems) -> None:
    """A policy that tags by text says what a part that cannot be read means."""
    text, unscanned = (_bits_of(policy, kinds) for kinds in ((ask.TextHas, ask.Detected), (ask.Unscanned,)))
    clauses = [*(tagging.clause for tagging in policy.taggings), *(route.clause for route in policy.routes)]
    if any(bits(clause.when) & unscanned for clause in clauses):
        return
    for rule, tagging in zip(_pipeline(policy).sensitivity, policy.taggings, strict=True):
        if bits(tagging.clause.when) & text:
            problems.add(
                "PR206",
                "this policy tags by text, and does not say what a part that cannot be read means",
                rule.id,
                label="an image or a file would count as clean",
                help="add a rule such as `- {id: not-scanned, when: {unscanned: true}, add: [...]}`",
            )
            return


def tags_are_added(policy: Compiled, problems: Problems) -> None:
    """A tag that no rule adds is never there, unless a caller asks for it."""
    attributes = policy.vocabulary.attributes.items()
    added = 0
    for tagging in policy.taggings:
        added |= tagging.add
        if tagging.add_from is not None:
            added |= policy.vocabulary.tag_bits(next(a.values or () for n, a in attributes if n == tagging.add_from))
    for i, tag in enumerate(policy.tags):
        if added >> i & 1:
            added |= tag.closure
    for i, name in enumerate(policy.document.tags or {}):
        if not added >> i & 1:
            problems.add(
                "PR301",
                f"no rule adds the tag `{name}`",
                name,
                severity="warning",
                help="add a sensitivity rule for it, or take it out",
            )


def attributes_are_asked(policy: Compiled, problems: Problems) -> None:
    """An attribute that nothing asks about is noise in a review."""
    asked: set[str | None] = {q.name for q in policy.questions if isinstance(q, ask.AttributeQuestion)}
    asked |= {tagging.add_from for tagging in policy.taggings}
    asked |= {name for budget in policy.budgets for name in budget.per}
    asked |= set(policy.document.cache.per) if policy.document.cache else set()
    rollout = policy.document.rollout
    if rollout is not None and rollout.canary is not None:
        asked.add(rollout.canary.sticky_by)
    asked |= {row.split.sticky_by for row in policy.rows if row.split is not None}
    for name in policy.vocabulary.attributes:
        if name not in asked:
            help = "take it out, or ask for it in a rule"
            problems.add("PR302", f"nothing asks about the attribute `{name}`", name, severity="info", help=help)


def rows_are_reachable(policy: Compiled, problems: Problems) -> None:
    """First match wins: a row that an earlier one swallows never decides, and the last one should take everything."""
    complexity = _pipeline(policy).complexity
    if complexity is None:
        problems.add(
            "PR309",
            "no `complexity` orders the models, so the cheapest one is always called",
            _pipeline(policy).at,
            severity="warning",
            help="end the pipeline with a `complexity` that has a `ladder`; or was the file cut off?",
        )
        return
    for i, shadow in _shadowed(policy, [row.clause for row in policy.rows]):
        said = complexity.ladder[i].id
        message = f"`{said}` can never match: `{shadow}` above it takes every such call"
        problems.add("PR303", message, said, severity="warning", help="write the narrower row first, or take it out")
    if policy.rows and policy.rows[-1].clause.when != ALWAYS:
        last = complexity.ladder[-1]
        problems.add(
            "PR305",
            "no row of the ladder takes the calls that are left",
            last.id,
            severity="warning",
            help="end the ladder with a row `when: {}`",
        )


def routes_are_reachable(policy: Compiled, problems: Problems) -> None:
    """The first matching `to` counts: one that an earlier one swallows never does."""
    pairs = zip(_pipeline(policy).routes, policy.routes, strict=True)
    pinned = [(rule, route) for rule, route in pairs if route.pins]
    passing = frozenset(i for i, (_, route) in enumerate(pinned) if route.passes)
    for i, shadow in _shadowed(policy, [route.clause for _, route in pinned], passing):
        said = pinned[i][0].id
        message = f"`{said}` can never match: `{shadow}` above it takes every such call"
        problems.add("PR304", message, said, severity="warning", help="write the narrower rule first, or take it out")


def sets_are_sensible(policy: Compiled, problems: Problems) -> None:
    """`only` that leaves everything does nothing, and one that leaves nothing is spelled `nothing`."""
    everything = (1 << len(policy.vocabulary.targets)) - 1
    for name, tag in zip(policy.document.tags or {}, policy.tags, strict=True):
        said = (policy.document.tags or {})[name]
        if said is not None and said.only is not None and said.only != "nothing":
            _odd(tag.keeps & everything, everything, f"tag `{name}`", name, problems)
    for rule, route in zip(_pipeline(policy).routes, policy.routes, strict=True):
        if not route.pins and rule.only != "nothing":
            _odd(route.keeps & everything, everything, f"route `{rule.id}`", rule.id, problems)


def budgets_end(policy: Compiled, problems: Problems) -> None:
    """A budget whose last step denies nothing can be overspent; that may be meant."""
    for rule, budget in zip(_pipeline(policy).budgets, policy.budgets, strict=True):
        if not any(step.deny is not None or step.keeps == 0 for step in budget.steps):
            problems.add(
                "PR306",
                f"`{rule.id}` never denies, so calls go on past its limit",
                rule.id,
                severity="info",
                help="add a step with `deny`",
            )


def scorer_is_here(policy: Compiled, problems: Problems) -> None:
    """A scorer that cannot run in process is stood in for by the heuristic one."""
    complexity = _pipeline(policy).complexity
    if complexity is None or complexity.score is None or not any(isinstance(q, ask.ScoreIs) for q in policy.questions):
        return
    use = complexity.score.use
    if isinstance(use, rules.LlmScore):
        message = f"until a score of `{use.llm}` is handed in, the heuristic one is used"
        problems.add(
            "PR312", message, use.llm, severity="info", help="hand it in with the facts, or set the ladder by the heuristic"
        )
    elif use == "learned":
        message = "this build has no learned scorer: the heuristic one is used"
        problems.add("PR312", message, use, severity="info", help="set the ladder by the heuristic")


def text_is_kept(policy: Compiled, problems: Problems) -> None:
    """That the journal holds what people wrote is for the reviewer to know."""
    record = policy.document.record
    if record is not None and record.text == "full":
        message = "the journal keeps the text of every call that leaves, readable for whoever can read the journal"
        help = "write `text: hmac` to tell equal texts apart from others, or take `record` out"
        problems.add("PR317", message, record.text, severity="info", help=help)


CHECKS: tuple[Callable[[Compiled, Problems], None], ...] = (
    unscanned_is_decided,
    tags_are_added,
    attributes_are_asked,
    rows_are_reachable,
    routes_are_reachable,
    sets_are_sensible,
    budgets_end,
    scorer_is_here,
    text_is_kept,
    tags_are_lifted,
    masking_is_backed,
    invariants_say_what_they_rest_on,
)


def lint(policy: Compiled, problems: Problems) -> None:
    """Every check of the list above."""
    for check in CHECKS:
        check(policy, problems)


def lines_end(sources: Sequence[Source], problems: Problems) -> None:
    """A file whose last line does not end may be the first part of one: what was cut off, no other check can miss."""
    for source in sources:
        if source.root is not None and not source.root.origin.text.endswith(("\n", "\r")):
            origin = source.root.origin
            end = At(origin.place(len(origin.text), len(origin.text)), "$")
            help = "end it, so that a file which was cut off can be told from a whole one"
            problems.add("PR313", "the last line does not end", end, severity="info", help=help)


def _pipeline(policy: Compiled) -> rules.Pipeline:
    assert policy.document.pipeline is not None
    return policy.document.pipeline


class _Look(NamedTuple):
    """A clause as the search for shadows sees it: what surely holds where it does, and all it asks where that is a list."""

    clause: Clause
    known: int
    asked: int | None


def _shadowed(policy: Compiled, clauses: Sequence[Clause], passing: frozenset[int] = frozenset()) -> Iterator[tuple[int, str]]:
    """Each clause that one above it swallows, by its position, and that one's id; those of `passing` swallow nothing."""
    looser = _looser(policy.questions)
    above: list[_Look] = []
    for i, clause in enumerate(clauses):
        known = asked = 0
        for atom in _atoms(clause.when):
            asked |= atom
            known |= atom | looser.get(atom, 0)
        look = _Look(clause, known, asked if _is_list(clause.when) else None)
        by = next((one.clause.id for one in above if _swallows(one, look)), None)
        if by is not None:
            yield i, by
        elif i not in passing:
            above.append(look)


def _swallows(one: _Look, other: _Look) -> bool:
    if other.clause.fires_unknown and not one.clause.fires_unknown:
        return False
    if one.asked is not None and other.asked is not None:
        return not one.asked & ~other.known
    return _holds(one.clause.when, other.known) or implies(other.clause.when, one.clause.when)


def _holds(condition: Condition, known: int) -> bool:
    """Whether a condition surely holds where these questions are answered with yes."""
    match condition:
        case Atom(bit):
            return bool(bit & known)
        case All(of):
            return all(_holds(part, known) for part in of)
        case AnyOf(of):
            return any(_holds(part, known) for part in of)
        case _:
            return False


def _atoms(condition: Condition) -> Iterator[int]:
    """The questions that all have to be answered with yes, as far as they are a plain list."""
    if isinstance(condition, Atom):
        yield condition.bit
    elif isinstance(condition, All):
        for part in condition.of:
            yield from _atoms(part)


def _is_list(condition: Condition) -> bool:
    return isinstance(condition, Atom) or (isinstance(condition, All) and all(map(_is_list, condition.of)))


def _looser(questions: Sequence[ask.Question]) -> Mapping[int, int]:
    """For each question the others that follow from it: a score below 0.2 is below 0.3 as well."""
    bounds: dict[tuple[str, bool], list[tuple[float, bool, int]]] = {}
    for i, q in enumerate(questions):
        if isinstance(q, ask.ScoreIs | ask.SizeIs):
            upper = q.how in ("lt", "lte")
            what = q.size if isinstance(q, ask.SizeIs) else "score"
            bounds.setdefault((what, upper), []).append((q.bound if upper else -q.bound, q.how in ("lte", "gte"), i))
    found: dict[int, int] = {}
    for alike in bounds.values():
        looser = 0
        for _, _, i in sorted(alike, reverse=True):
            found[1 << i] = looser
            looser |= 1 << i
    given = {q.name: 1 << i for i, q in enumerate(questions) if isinstance(q, ask.AttributeKnown)}
    return found | {1 << i: given[q.name] for i, q in enumerate(questions) if isinstance(q, ask.AttributeIs) and q.name in given}


def _bits_of(policy: Compiled, kinds: tuple[type[ask.Question], ...]) -> int:
    return sum(1 << i for i, question in enumerate(policy.questions) if isinstance(question, kinds))


def _odd(keeps: int, everything: int, what: str, where: Placed, problems: Problems) -> None:
    if keeps == everything:
        message = f"{what} narrows nothing: every model fits its `only`"
        problems.add("PR307", message, where, severity="warning", help="take the `only` out, or choose fewer models")
    elif not keeps:
        problems.add("PR308", f"{what} leaves no model", where, severity="warning", help="write `only: nothing` if that is meant")
