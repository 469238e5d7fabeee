"""The rules of the four stages, made into what the stages judge by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policyroute.conditions.condition import All, Not
from policyroute.policy import rules
from policyroute.policy.conditions import Asker, Setting
from policyroute.policy.prices import nano
from policyroute.policy.problems import Problems, Word
from policyroute.policy.selectors import select, spelled, tier_or_model
from policyroute.policy.vocabulary import Vocabulary, declared, zone
from policyroute.stages.budgets import STORE_FAILED, Budget, Reached
from policyroute.stages.complexity import Row, Split
from policyroute.stages.routes import Route
from policyroute.stages.sensitivity import Tagging
from policyroute.stages.stage import Clause


def unique_ids(said: Sequence[Any], problems: Problems) -> None:
    seen: dict[str, Word] = {}
    for one in said:
        first = seen.setdefault(str(one.id), one.id)
        if first is not one.id:
            problems.add(
                "PR110",
                f"the id `{one.id}` is used twice",
                one.id,
                help=f"first used in {first.place.file}, line {first.place.line}",
            )


def _clause(rule: Any, asker: Asker, setting: Setting, *, fires_unknown: bool) -> Clause:
    problems = asker.problems
    when = asker.condition(rule.when, setting)
    if not rule.when and setting.where != "complexity":
        problems.add(
            "PR203",
            f"an empty `when` in `{rule.id}` would match every call",
            rule.when,
            help="say when it applies; only the last row of the ladder may leave it empty",
        )
    unless = getattr(rule, "unless", None)
    if unless is not None:
        if not unless:
            message = f"an empty `unless` would switch `{rule.id}` off"
            problems.add("PR203", message, unless, help="say when it does not apply, or take it out")
        when = All((when, Not(asker.condition(unless, setting.flipped()))))
    said = rule.on_unknown
    return Clause(str(rule.id), when, fires_unknown if said is None else said == "fire", str(rule.reason or ""))


def tagging(rule: rules.SensitivityRule, asker: Asker) -> Tagging:
    vocabulary, problems = asker.vocabulary, asker.problems
    clause = _clause(rule, asker, Setting("sensitivity"), fires_unknown=True)
    for kind in rule.redact:
        if declared(kind, "detector", vocabulary.detectors, problems) and kind in vocabulary.plugins:
            help = "mask it in the app, where its plug-in says where it is, or take it out"
            problems.add("PR208", f"`{kind}` cannot be redacted: a plug-in finds it, outside", kind, help=help)
    if rule.add is None and not rule.redact:
        if not rule.at.unread & {"add", "redact"}:
            help = "say which tags it adds, or which values it masks"
            problems.add("PR102", f"`{rule.id}` does nothing: it needs `add` or `redact`", rule.id, help=help)
    if rule.restore and not rule.redact and "redact" not in rule.at.unread:
        help = "say with `redact` which values are masked and put back"
        problems.add("PR208", f"`{rule.id}` restores what it does not redact", rule.id, help=help)
    bits, source = 0, None
    if isinstance(rule.add, rules.AddFrom):
        source = str(rule.add.source)
        if declared(rule.add.source, "attribute", vocabulary.attributes, problems):
            _tag_values(rule.add.source, vocabulary, problems)
    elif rule.add is not None:
        bits = vocabulary.tag_bits(str(tag) for tag in rule.add if declared(tag, "tag", vocabulary.tags, problems))
    return Tagging(clause, bits, source, tuple(map(str, rule.redact)), rule.restore)


def _tag_values(name: Word, vocabulary: Vocabulary, problems: Problems) -> None:
    """Every value that can become a tag has to be one."""
    attribute = vocabulary.attributes[name]
    values = attribute.values
    if values is None and "values" not in attribute.at.unread:
        problems.add(
            "PR209", f"`{name}` has no closed list of values, so it cannot name tags", name, help=f"give `{name}` its `values`"
        )
    for value in values or ():
        declared(value, "tag", vocabulary.tags, problems)


def route(rule: rules.RouteRule, asker: Asker) -> Route:
    vocabulary, problems = asker.vocabulary, asker.problems
    pins = rule.to is not None
    clause = _clause(rule, asker, Setting("routes"), fires_unknown=not pins)
    if rule.otherwise is not None and not pins and "to" not in rule.at.unread:
        message = f"`otherwise` goes with `to`; `{rule.id}` has `only`"
        problems.add("PR208", message, rule.otherwise, help="take it out: what `only` leaves is narrowed for good")
    if rule.to is None:
        return Route(clause, select(rule.only, vocabulary, problems), False, False, f"keeps only {spelled(rule.only)}")
    keeps = 0
    for word in rule.to:
        keeps |= tier_or_model(word, vocabulary, problems)
    return Route(clause, keeps, True, rule.otherwise == "continue", "hard route to " + ", ".join(rule.to))


def budget(rule: rules.BudgetRule, vocabulary: Vocabulary, problems: Problems) -> Budget:
    for name in rule.per:
        if declared(name, "attribute", vocabulary.attributes, problems) and vocabulary.attributes[name].trust == "claimed":
            problems.add(
                "PR311",
                f"`{rule.id}` counts per `{name}`, which a caller can change at will",
                name,
                severity="warning",
                help="count per a verified attribute",
            )
    zone(rule.timezone, problems)
    unit = "usd" if rule.limit.usd is not None else "tokens" if rule.limit.tokens is not None else "requests"
    amount = (
        rule.limit.usd
        if rule.limit.usd is not None
        else rule.limit.tokens
        if rule.limit.tokens is not None
        else rule.limit.requests
    )
    steps = []
    for i, step in enumerate(rule.steps):
        if i and step.level <= rule.steps[i - 1].level:
            problems.add(
                "PR210", f"the steps of `{rule.id}` have to rise", step.at, help="write them from the lowest level to the highest"
            )
        if step.deny is not None:
            steps.append(Reached(step.level, 0, str(step.deny), f"denies ({step.deny})"))
        else:
            steps.append(Reached(step.level, select(step.only, vocabulary, problems), None, f"keeps only {spelled(step.only)}"))
    failure: Reached | None = Reached(0.0, 0, STORE_FAILED, "denies: the store cannot say what is spent")
    if isinstance(rule.on_store_error, rules.StoreFailure):
        failure = Reached(
            0.0,
            select(rule.on_store_error.only, vocabulary, problems),
            None,
            f"keeps only {spelled(rule.on_store_error.only)} while the store fails",
        )
    elif rule.on_store_error == "allow":
        failure = None
    return Budget(
        id=str(rule.id),
        per=tuple(map(str, rule.per)),
        window=str(rule.window),
        timezone=str(rule.timezone or "UTC"),
        unit=unit,  # type: ignore[arg-type]
        limit=nano(float(amount or 0)) if unit == "usd" else int(amount or 0),
        steps=tuple(steps),
        deny_missing=rule.on_missing == "deny",
        on_failure=failure,
        lease=None if rule.lease is None else rule.lease.chunk,
    )


def ladder(said: rules.Complexity | None, asker: Asker) -> tuple[Row, ...]:
    if said is None:
        return ()
    vocabulary, problems = asker.vocabulary, asker.problems
    if said.score is not None and isinstance(said.score.use, rules.LlmScore):
        declared(said.score.use.llm, "model", vocabulary.models, problems)
    rows = []
    for i, rule in enumerate(said.ladder):
        last = i == len(said.ladder) - 1
        if not rule.when and not last:
            message = f"an empty `when` in `{rule.id}` hides every row below it"
            problems.add("PR203", message, rule.when, help="`when: {}` belongs in the last row")
        clause = _clause(rule, asker, Setting("complexity"), fires_unknown=False)
        if isinstance(rule.prefer, rules.Split):
            weights = tuple(
                (vocabulary.model_index(str(m)), w)
                for m, w in rule.prefer.split.items()
                if declared(m, "model", vocabulary.models, problems)
            )
            if weights and not any(w for _, w in weights):
                problems.add("PR105", f"every weight of `{rule.id}` is 0", rule.prefer.at, help="give one of the models a weight")
            if rule.prefer.sticky_by is not None:
                declared(rule.prefer.sticky_by, "attribute", vocabulary.attributes, problems, also=("conversation",))
            split = Split(weights, None if rule.prefer.sticky_by is None else str(rule.prefer.sticky_by))
            rows.append(Row(clause, (), split, "a split of " + ", ".join(f"{m} {w}" for m, w in rule.prefer.split.items())))
        else:
            groups = tuple(tier_or_model(word, vocabulary, problems) for word in rule.prefer)
            rows.append(Row(clause, groups, None, ", ".join(rule.prefer)))
    return tuple(rows)
