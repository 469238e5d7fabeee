"""The one table of names. What is not in it is not emitted, whoever hands it in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Value = str | int | float | bool | tuple[str, ...]
Attributes = Mapping[str, Value]
Reloaded = Literal["loaded", "rejected", "stale", "fresh"]
Trigger = Literal["initial", "fallback", "escalation"]
StreamEnd = Literal["complete", "client_disconnect", "upstream_error", "timeout"]

DECISION_ID = "policyroute.decision.id"
DECISION_SEQ = "policyroute.decision.seq"
DECISION_TRIGGER = "policyroute.decision.trigger"
DECISION_OUTCOME = "policyroute.decision.outcome"
DECISION_STAGE = "policyroute.decision.stage"
DECISION_REASON = "policyroute.decision.reason"
DECISION_MODE = "policyroute.decision.mode"
POLICY_NAME = "policyroute.policy.name"
POLICY_VERSION = "policyroute.policy.version"
POLICY_HASH = "policyroute.policy.hash"
RULE_ID = "policyroute.rule.id"
RULES_FIRED = "policyroute.rules.fired"
MODEL_REQUESTED = "policyroute.model.requested"
MODEL_SELECTED = "policyroute.model.selected"
MODEL_BASELINE = "policyroute.model.baseline"
PROVIDER_SELECTED = "policyroute.provider.selected"
SENSITIVITY_TAGS = "policyroute.sensitivity.tags"
COMPLEXITY_SCORE = "policyroute.complexity.score"
COMPLEXITY_TIER = "policyroute.complexity.tier"
COMPLEXITY_TASK = "policyroute.complexity.task"
BUDGET_ID = "policyroute.budget.id"
BUDGET_STATE = "policyroute.budget.state"
BUDGET_USED_RATIO = "policyroute.budget.used_ratio"
ELIGIBLE_SENSITIVITY = "policyroute.eligible.sensitivity"
ELIGIBLE_ROUTES = "policyroute.eligible.routes"
ELIGIBLE_BUDGETS = "policyroute.eligible.budgets"
TOKENS_ESTIMATED = "policyroute.prompt.tokens_estimated"
COST_ESTIMATED = "policyroute.cost.estimated_usd"
DURATION_SENSITIVITY = "policyroute.stage.sensitivity.duration_us"
DURATION_ROUTES = "policyroute.stage.routes.duration_us"
DURATION_BUDGETS = "policyroute.stage.budgets.duration_us"
DURATION_COMPLEXITY = "policyroute.stage.complexity.duration_us"
INPUT_TOKENS = "policyroute.usage.input_tokens"
OUTPUT_TOKENS = "policyroute.usage.output_tokens"
COST_ACTUAL = "policyroute.cost.actual_usd"
COST_BASELINE = "policyroute.cost.baseline_usd"
STREAM_END = "policyroute.stream.end"
ATTEMPT_COUNT = "policyroute.attempt.count"
ANSWER_HASH = "policyroute.answer.hash"
RELOAD_OUTCOME = "policyroute.policy.reload.outcome"
OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
REQUEST_STREAM = "gen_ai.request.stream"
RESPONSE_MODEL = "gen_ai.response.model"
FINISH_REASONS = "gen_ai.response.finish_reasons"
FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
USAGE_INPUT = "gen_ai.usage.input_tokens"
USAGE_OUTPUT = "gen_ai.usage.output_tokens"
USAGE_CACHED = "gen_ai.usage.cache_read.input_tokens"
TOKEN_TYPE = "gen_ai.token.type"
ERROR_TYPE = "error.type"


class Kind(NamedTuple):
    """A kind of span: its name, and all the attributes it may carry."""

    name: str
    attributes: frozenset[str]


REQUEST = Kind(
    "policyroute.request",
    frozenset({DECISION_ID, INPUT_TOKENS, OUTPUT_TOKENS, COST_ACTUAL, COST_BASELINE, STREAM_END, ATTEMPT_COUNT, ANSWER_HASH}),
)
DECISION = Kind(
    "policyroute.decision",
    frozenset(
        {
            *(DECISION_ID, DECISION_SEQ, DECISION_TRIGGER, DECISION_OUTCOME, DECISION_STAGE, DECISION_REASON, DECISION_MODE),
            *(POLICY_NAME, POLICY_VERSION, POLICY_HASH, RULE_ID, RULES_FIRED),
            *(MODEL_REQUESTED, MODEL_SELECTED, MODEL_BASELINE, PROVIDER_SELECTED),
            *(SENSITIVITY_TAGS, COMPLEXITY_SCORE, COMPLEXITY_TIER, COMPLEXITY_TASK),
            *(BUDGET_ID, BUDGET_STATE, BUDGET_USED_RATIO, ELIGIBLE_SENSITIVITY, ELIGIBLE_ROUTES, ELIGIBLE_BUDGETS),
            *(TOKENS_ESTIMATED, COST_ESTIMATED),
            *(DURATION_SENSITIVITY, DURATION_ROUTES, DURATION_BUDGETS, DURATION_COMPLEXITY),
        }
    ),
)
ATTEMPT = Kind(
    "chat",
    frozenset(
        {
            *(OPERATION, PROVIDER, REQUEST_MODEL, REQUEST_STREAM, RESPONSE_MODEL, FINISH_REASONS, FIRST_CHUNK),
            *(USAGE_INPUT, USAGE_OUTPUT, USAGE_CACHED, ERROR_TYPE),
        }
    ),
)
RELOAD = Kind("policyroute.policy.reload", frozenset({POLICY_NAME, POLICY_VERSION, POLICY_HASH, RELOAD_OUTCOME}))
SPANS = (REQUEST, DECISION, ATTEMPT, RELOAD)


class Metric(NamedTuple):
    """A metric: what it is, its unit, what it says, and the few attributes it may carry: a metric has no room for more.

    Counters and gauges are kept as whole numbers where they have a `scale`, and divided by it when they are read.
    """

    kind: Literal["counter", "histogram", "gauge"]
    unit: str
    says: str
    attributes: frozenset[str]
    bounds: tuple[float, ...] = ()
    scale: int = 1


NANO = 1_000_000_000
_SECONDS = tuple(base * 10.0**power for power in range(-5, 0) for base in (1.0, 2.5, 5.0))
_CHOICE = frozenset({POLICY_NAME, MODEL_SELECTED, COMPLEXITY_TIER})
_GEN_AI = frozenset({OPERATION, PROVIDER, REQUEST_MODEL})
_NONE: frozenset[str] = frozenset()

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "policyroute.decisions": Metric(
            "counter",
            "{decision}",
            "Decisions made.",
            _CHOICE | {DECISION_OUTCOME, DECISION_STAGE, DECISION_REASON, DECISION_TRIGGER, DECISION_MODE},
        ),
        "policyroute.decision.duration": Metric(
            "histogram", "s", "Time that a decision took.", frozenset({POLICY_NAME, DECISION_OUTCOME}), _SECONDS
        ),
        "policyroute.cost.actual": Metric("counter", "{USD}", "What calls did cost.", _CHOICE, scale=NANO),
        "policyroute.cost.baseline": Metric(
            "counter", "{USD}", "What they would have cost at the baseline model.", _CHOICE, scale=NANO
        ),
        "policyroute.budget.used_ratio": Metric(
            "gauge", "1", "Used share of the account last counted on.", frozenset({POLICY_NAME, BUDGET_ID})
        ),
        "policyroute.ledger.errors": Metric("counter", "{error}", "Steps that the ledger did not do.", _NONE),
        "policyroute.journal.queue": Metric("gauge", "{row}", "Rows that wait to be written.", _NONE),
        "policyroute.journal.dropped": Metric("counter", "{row}", "Rows that were lost.", _NONE),
        "policyroute.policy.version.active": Metric(
            "gauge", "{version}", "Version of the policy that decides.", frozenset({POLICY_NAME})
        ),
        "policyroute.policy.version.latest": Metric(
            "gauge", "{version}", "Version of the policy that was read last, good or not.", frozenset({POLICY_NAME})
        ),
        "policyroute.policy.stale": Metric(
            "gauge", "1", "1 while the policy that decides is older than it may be, else 0.", frozenset({POLICY_NAME})
        ),
        "gen_ai.client.operation.duration": Metric(
            "histogram", "s", "GenAI operation duration.", _GEN_AI | {ERROR_TYPE}, tuple(0.01 * 2**i for i in range(14))
        ),
        "gen_ai.client.token.usage": Metric(
            "histogram",
            "{token}",
            "Number of input and output tokens used.",
            _GEN_AI | {TOKEN_TYPE},
            tuple(4.0**i for i in range(14)),
        ),
    }
)
