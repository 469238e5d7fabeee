"""Compares a decision with what a test expects, and words the difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyroute.decision import BETWEEN, Decision
from policyroute.errors import CallError
from policyroute.policy.casefile import Expect
from policyroute.policy.compile import Compiled
from policyroute.policy.problems import Problems
from policyroute.policy.selectors import select


def differences(expect: Expect, decision: Decision | None, refused: CallError | None, compiled: Compiled) -> list[str]:
    """`-` lines for what was expected, `+` lines for what came out, then the steps; nothing where all is as expected."""
    lines = list(_refusals(expect, refused) if decision is None else _compared(expect, decision, compiled))
    if lines and decision is not None:
        lines += ["  steps:", *(f"    {line}" for line in steps_of(decision))]
    return lines


def steps_of(decision: Decision) -> Iterator[str]:
    """The steps of a decision, a line each, as failures show them."""
    for step in decision.steps:
        rules = "; ".join(f"{m.rule}: {m.effect}" for m in step.fired) or "-"
        yield f"{step.stage:<12} {rules} → {', '.join(step.eligible) or 'nothing left'}"


def _refusals(expect: Expect, refused: CallError | None) -> Iterator[str]:
    assert refused is not None
    if expect.error is None:
        yield "- a decision"
        yield f"+ refused with {refused.code}: {refused}"
    elif expect.error != refused.code:
        yield f"- error: {expect.error}"
        yield f"+ error: {refused.code}"


def _compared(expect: Expect, decision: Decision, compiled: Compiled) -> Iterator[str]:
    if expect.error is not None:
        yield f"- error: {expect.error}"
        yield f"+ decided: {decision.outcome} {decision.model or decision.reason}"
    for name in ("outcome", "reason", "model", "tier"):
        wanted = getattr(expect, name)
        if wanted is not None:
            yield from _unless(str(wanted) == getattr(decision, name), name, str(wanted), getattr(decision, name))
    if expect.tags is not None:
        yield from _unless(set(map(str, expect.tags)) == set(decision.tags), "tags", _listed(expect.tags), _listed(decision.tags))
    yield from _fired(expect, rules_fired(decision, compiled))
    for model, why in (expect.excluded or {}).items():
        got = decision.excluded.get(str(model), "not excluded")
        yield from _unless(str(why) == got, f"excluded {model}", str(why), got)
    if expect.rank is not None:
        got_rank = [ranked.model for ranked in decision.ranking]
        yield from _unless([str(m) for m in expect.rank] == got_rank, "rank", _listed(expect.rank), _listed(got_rank))
    if expect.calls is not None:
        yield from _unless(expect.calls == len(decision.plan), "calls", str(expect.calls), str(len(decision.plan)))
    if expect.cost_lte is not None:
        got_cost = decision.cost_ceiling_nano / 1e9
        yield from _unless(got_cost <= expect.cost_lte, "cost_lte", f"{expect.cost_lte:g}", f"{got_cost:g}")
    if expect.every_call is not None:
        allowed = select(expect.every_call, compiled.vocabulary, Problems())
        wrong = [f"{p.kind} {p.model}" for p in decision.plan if not compiled.vocabulary.model_bit(p.model) & allowed]
        if wrong:
            yield "- every_call: one of the models that are allowed"
            yield f"+ every_call: {_listed(wrong)}"


def rules_fired(decision: Decision, compiled: Compiled) -> tuple[str, ...]:
    """The policy's own rules that fired; not that a model was down, or that the caller asked for a tier."""
    rules = set(compiled.rule_ids)
    steps = (step for step in decision.steps if step.stage not in BETWEEN)
    return tuple(match.rule for step in steps for match in step.fired if match.rule in rules)


def _fired(expect: Expect, fired: Sequence[str]) -> Iterator[str]:
    missing = [str(rule) for rule in expect.fired or () if rule not in fired]
    if missing:
        yield f"- fired: {_listed(missing)}"
        yield f"+ fired: {_listed(fired)}"
    if expect.fired_exactly is not None:
        same = set(map(str, expect.fired_exactly)) == set(fired)
        yield from _unless(same, "fired_exactly", _listed(expect.fired_exactly), _listed(fired))
    wrong = [str(rule) for rule in expect.not_fired or () if rule in fired]
    if wrong:
        yield f"- not_fired: {_listed(wrong)}"
        yield f"+ fired: {_listed(fired)}"


def _unless(same: bool, what: str, wanted: str, got: object) -> Iterator[str]:
    if not same:
        yield f"- {what}: {wanted}"
        yield f"+ {what}: {got}"


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(map(str, names))}]"
