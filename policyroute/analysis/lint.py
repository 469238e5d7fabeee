"""What a careful reviewer would ask about: rules that can never fire, gaps, and sets that leave everything or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from policyroute.conditions import questions as ask
from policyroute.conditions.condition import ALWAYS, bits, implies
from policyroute.policy import rules
from policyroute.policy.compile import Compiled
from policyroute.policy.problems import Problems
from policyroute.stages.stage import Clause


def unscanned_is_decided(policy: Compiled, problems: Problems) -> None:
    """A policy that tags by text says what a part that cannot be read means."""
    said = _pipeline(policy)
    asked = 0
    for tagging in policy.taggings:
        asked |= bits(tagging.clause.when)
    kinds = {type(q) for i, q in enumerate(policy.questions) if asked >> i & 1}
    if kinds & {ask.TextHas, ask.Detected} and ask.Unscanned not in kinds:
        by_text = next(
            rule
            for rule, tagging in zip(said.sensitivity, policy.taggings, strict=True)
            if any(isinstance(policy.questions[i], ask.TextHas | ask.Detected) for i in _set(bits(tagging.clause.when)))
        )
        problems.add(
            "PR206",
            "this policy tags by text, and does not say what a part that cannot be read means",
            by_text.id,
            label="an image or a file would count as clean",
            help="add a rule such as `- {id: not-scanned, when: {unscanned: true}, add: [...]}`",
        )


def tags_are_added(policy: Compiled, problems: Problems) -> None:
    """A tag that no rule adds is never there, unless a caller asks for it."""
    added = 0
    for tagging in policy.taggings:
        added |= tagging.add
        if tagging.add_from is not None:
            name = next((a for a in policy.vocabulary.attributes if a == tagging.add_from), None)
            values = policy.vocabulary.attributes[name].values if name is not None else None
            added |= policy.vocabulary.tag_bits(map(str, values or ()))
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
    asked = {q.name for q in policy.questions if isinstance(q, ask.AttributeQuestion)}
    asked |= {t.add_from for t in policy.taggings if t.add_from is not None}
    asked |= {name for budget in policy.budgets for name in budget.per}
    asked |= {str(name) for name in policy.document.cache.per} if policy.document.cache else set()
    rollout = policy.document.rollout
    if rollout is not None and rollout.canary is not None:
        asked.add(str(rollout.canary.sticky_by))
    asked |= {row.split.sticky_by for row in policy.rows if row.split is not None and row.split.sticky_by is not None}
    for name in policy.vocabulary.attributes:
        if name not in asked:
            problems.add("PR302", f"nothing asks about the attribute `{name}`", name, severity="info")


def rows_are_reachable(policy: Compiled, problems: Problems) -> None:
    """First match wins: a row that an earlier one swallows never decides, and the last one should take everything."""
    complexity = _pipeline(policy).complexity
    if complexity is None:
        return
    for i, row in enumerate(policy.rows):
        shadow = _shadowed(row.clause, [r.clause for r in policy.rows[:i]])
        if shadow is not None:
            problems.add(
                "PR303",
                f"`{row.clause.id}` can never match: `{shadow}` above it takes every such call",
                complexity.ladder[i].id,
                severity="warning",
            )
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
    said = _pipeline(policy).routes
    pinned: list[Clause] = []
    for rule, route in zip(said, policy.routes, strict=True):
        if not route.pins:
            continue
        shadow = _shadowed(route.clause, pinned)
        if shadow is not None:
            problems.add(
                "PR304", f"`{rule.id}` can never match: `{shadow}` above it takes every such call", rule.id, severity="warning"
            )
        if not route.passes:
            pinned.append(route.clause)


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
        problems.add("PR312", f"until a score of `{use.llm}` is handed in, the heuristic one is used", use.llm, severity="info")
    elif use == "learned":
        problems.add("PR312", "this build has no learned scorer: the heuristic one is used", use, severity="info")


CHECKS: tuple[Callable[[Compiled, Problems], None], ...] = (
    unscanned_is_decided,
    tags_are_added,
    attributes_are_asked,
    rows_are_reachable,
    routes_are_reachable,
    sets_are_sensible,
    budgets_end,
    scorer_is_here,
)


def lint(policy: Compiled, problems: Problems) -> None:
    """Every check of the list above."""
    for check in CHECKS:
        check(policy, problems)


def _pipeline(policy: Compiled) -> rules.Pipeline:
    assert policy.document.pipeline is not None
    return policy.document.pipeline


def _shadowed(clause: Clause, above: Sequence[Clause]) -> str | None:
    return next((one.id for one in above if implies(clause.when, one.when)), None)


def _odd(keeps: int, everything: int, what: str, where: object, problems: Problems) -> None:
    if keeps == everything:
        problems.add("PR307", f"{what} narrows nothing: every model fits its `only`", where, severity="warning")  # type: ignore[arg-type]
    elif not keeps:
        problems.add("PR308", f"{what} leaves no model", where, severity="warning", help="write `only: nothing` if that is meant")  # type: ignore[arg-type]


def _set(mask: int) -> list[int]:
    return [i for i in range(mask.bit_length()) if mask >> i & 1]
