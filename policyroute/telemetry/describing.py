"""A decision, an answer and an end as attributes: pure, from names that the policy declares and from numbers."""

from __future__ import annotations

import re
from typing import NamedTuple

from policyroute.call import Target, Usage
from policyroute.decision import OTHER, Decision
from policyroute.telemetry import names
from policyroute.telemetry.names import StreamEnd, Trigger, Value

UNKNOWN_ERROR = "_OTHER"  # the word of the semantic conventions

_DURATIONS = {
    "sensitivity": names.DURATION_SENSITIVITY,
    "routes": names.DURATION_ROUTES,
    "budgets": names.DURATION_BUDGETS,
    "complexity": names.DURATION_COMPLEXITY,
}
_ELIGIBLE = {
    "sensitivity": names.ELIGIBLE_SENSITIVITY,
    "routes": names.ELIGIBLE_ROUTES,
    "budgets": names.ELIGIBLE_BUDGETS,
}
_PROVIDERS = {"google": "gcp.gemini", "gemini": "gcp.gemini", "vertex": "gcp.vertex_ai", "azure": "azure.ai.openai"}
_FINISHES = frozenset(
    "stop length tool_calls function_call content_filter end_turn max_tokens stop_sequence tool_use pause_turn refusal"
    " model_context_window_exceeded completed incomplete STOP MAX_TOKENS SAFETY RECITATION LANGUAGE BLOCKLIST"
    " PROHIBITED_CONTENT SPII MALFORMED_FUNCTION_CALL OTHER".split()
)
_ERROR = re.compile(r"[1-5][0-9][0-9]|[a-z]+(?:_[a-z]+){0,4}|[A-Z][A-Za-z]{2,60}(?:Error|Timeout|Exception|Exit|Group)")
_DATED = re.compile(r"[-@:][0-9.-]{1,16}")
_HASH = re.compile(r"[0-9a-f]{16,128}")
# The estimate of a prompt is the same for every model.
_ANY = Target("any", "any", "any", "any")


class Asked(NamedTuple):
    """What a call asked for and is compared with. A requested model is only repeated if the policy knows it."""

    requested: str | None = None
    baseline: str | None = None


class Turn(NamedTuple):
    """Which decision of a call this is, and the model it comes to where that is not the first of the ranking."""

    trigger: Trigger = "initial"
    seq: int = 0
    serving: Target | None = None


class Answer(NamedTuple):
    """What is known of an answer: its usage, why it ended, the model that says it gave it, when its first piece came."""

    usage: Usage | None = None
    finish: tuple[str, ...] = ()
    model: str | None = None
    first_ns: int | None = None


class Ending(NamedTuple):
    """How a call ended and what it came to. Without `attempts` those that were started here are counted.

    `answer_hash` is a keyed HMAC in hex, where the host wants one.
    """

    usage: Usage | None = None
    cost_nano: int | None = None
    baseline_nano: int | None = None
    stream_end: StreamEnd | None = None
    attempts: int | None = None
    answer_hash: str | None = None


NO_ANSWER = Answer()
NO_ENDING = Ending()
FIRST = Turn()


def decision_attributes(decision: Decision, asked: Asked, turn: Turn) -> dict[str, Value]:
    """All that the span of a decision says."""
    policy = decision.policy
    candidates = decision.candidates
    target = turn.serving or (candidates[0] if candidates else None)
    said: dict[str, Value] = {
        names.DECISION_ID: decision.id,
        names.DECISION_SEQ: turn.seq,
        names.DECISION_TRIGGER: turn.trigger,
        names.DECISION_OUTCOME: decision.outcome,
        names.DECISION_STAGE: decision.stage,
        names.DECISION_REASON: decision.reason,
        names.DECISION_MODE: decision.mode,
        names.POLICY_NAME: policy.name,
        names.POLICY_VERSION: policy.version,
        names.POLICY_HASH: policy.hash,
        names.RULES_FIRED: decision.fired,
        names.SENSITIVITY_TAGS: decision.tags,
        names.TOKENS_ESTIMATED: decision.most_used(_ANY).input_tokens,
    }
    if target is not None:
        said[names.MODEL_SELECTED] = target.name
        said[names.PROVIDER_SELECTED] = target.provider
        said[names.COMPLEXITY_TIER] = target.tier
        said[names.COST_ESTIMATED] = decision.ceiling_nano(target) / 1e9
    requested = decision.known_model(asked.requested)
    if requested is not None:
        said[names.MODEL_REQUESTED] = requested
    if asked.baseline is not None:
        said[names.MODEL_BASELINE] = asked.baseline
    if decision.score is not None:
        said[names.COMPLEXITY_SCORE] = decision.score
    if decision.task is not None:
        said[names.COMPLEXITY_TASK] = decision.task
    rule = deciding_rule(decision)
    if rule:
        said[names.RULE_ID] = rule
    for step in decision.brief:
        name = _ELIGIBLE.get(step.stage)
        if name is not None:
            said[name] = step.left
    for stage, duration_ns in decision.durations_ns.items():
        name = _DURATIONS.get(stage)
        if name is not None:
            said[name] = duration_ns / 1000
    said.update(_budget(decision))
    return said


def choice_attributes(decision: Decision, turn: Turn) -> dict[str, Value]:
    """The part of it that metrics are told apart by; cheap, since it is worked out for every call that is counted."""
    model, tier = (decision.model, decision.tier) if turn.serving is None else (turn.serving.name, turn.serving.tier)
    said: dict[str, Value] = {
        names.POLICY_NAME: decision.policy.name,
        names.DECISION_OUTCOME: decision.outcome,
        names.DECISION_STAGE: decision.stage,
        names.DECISION_REASON: decision.reason,
        names.DECISION_TRIGGER: turn.trigger,
        names.DECISION_MODE: decision.mode,
    }
    if model is not None and tier is not None:
        said[names.MODEL_SELECTED] = model
        said[names.COMPLEXITY_TIER] = tier
    return said


def deciding_rule(decision: Decision) -> str:
    """The rule that settled it: the one that took the last model out, where it is a denial; else the first that fired there."""
    if decision.outcome == "deny":
        took_out = [place for place in decision.excluded.values() if place.startswith(f"{decision.stage}.")]
        if took_out:
            return took_out[-1].removeprefix(f"{decision.stage}.")
    return next((step.fired[0] for step in decision.brief if step.stage == decision.stage and step.fired), "")


def _budget(decision: Decision) -> dict[str, Value]:
    """The budget that matters most: the one that denied, that cannot be counted on, that narrowed, or that is used most."""
    spent = decision.facts.spent
    failed = [one.removeprefix("budget:") for one in decision.facts.failed if one.startswith("budget:")]
    if not spent and not failed:
        return {}
    narrowed = [rule for step in decision.brief if step.stage == "budgets" for rule in step.fired]
    if decision.outcome == "deny" and decision.stage == "budgets":
        budget = deciding_rule(decision)
        state = "unavailable" if budget in failed else "exhausted"
    elif failed:
        budget, state = min(failed), "unavailable"
    elif narrowed:
        budget, state = max(narrowed, key=lambda one: spent.get(one, 0.0)), "limited"
    else:
        budget, state = max(spent, key=lambda one: spent[one]), "within"
    said: dict[str, Value] = {names.BUDGET_ID: budget, names.BUDGET_STATE: state}
    if budget in spent:
        said[names.BUDGET_USED_RATIO] = spent[budget]
    return said


def provider_name(provider: str) -> str:
    """A provider of the policy, in the word of the semantic conventions where they have one."""
    return _PROVIDERS.get(provider, provider)


def answer_attributes(answer: Answer, model: str, started_ns: int) -> dict[str, Value]:
    """What the span of an attempt says at its end. What an upstream wrote is only repeated if it is a known word."""
    said: dict[str, Value] = {}
    usage = answer.usage
    if usage is not None:
        said[names.USAGE_INPUT] = usage.input_tokens
        said[names.USAGE_OUTPUT] = usage.output_tokens
        if usage.cached_input_tokens:
            said[names.USAGE_CACHED] = usage.cached_input_tokens
    if answer.finish:
        said[names.FINISH_REASONS] = tuple(one if one in _FINISHES else OTHER for one in answer.finish)
    if answer.model is not None and _is_version_of(answer.model, model):
        said[names.RESPONSE_MODEL] = answer.model
    if answer.first_ns is not None:
        said[names.FIRST_CHUNK] = max(0, answer.first_ns - started_ns) / 1e9
    return said


def _is_version_of(named: str, model: str) -> bool:
    return named == model or (named.startswith(model) and _DATED.fullmatch(named, len(model)) is not None)


def error_type(error: str) -> str:
    """A status, a lower case word or the name of an exception's class; whatever else it is could be a text."""
    return error if len(error) <= 64 and _ERROR.fullmatch(error) else UNKNOWN_ERROR


def ending_attributes(ending: Ending, attempts: int) -> dict[str, Value]:
    """What the span of a call says at its end."""
    said: dict[str, Value] = {names.ATTEMPT_COUNT: attempts if ending.attempts is None else ending.attempts}
    if ending.usage is not None:
        said[names.INPUT_TOKENS] = ending.usage.input_tokens
        said[names.OUTPUT_TOKENS] = ending.usage.output_tokens
    if ending.cost_nano is not None:
        said[names.COST_ACTUAL] = ending.cost_nano / 1e9
    if ending.baseline_nano is not None:
        said[names.COST_BASELINE] = ending.baseline_nano / 1e9
    if ending.stream_end is not None:
        said[names.STREAM_END] = ending.stream_end
    if ending.answer_hash is not None and _HASH.fullmatch(ending.answer_hash):
        said[names.ANSWER_HASH] = ending.answer_hash
    return said
