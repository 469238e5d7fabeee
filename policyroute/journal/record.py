"""What the journal keeps of a decision: one value, complete enough to decide again, and without text of the call."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Set as AbstractSet
from types import MappingProxyType
from typing import NamedTuple

from policyroute.call import NO_ANSWERS, NO_FIGURES, NOTHING, Call
from policyroute.decision import Decision
from policyroute.errors import PolicyrouteError

NO_LISTS: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_BUDGETS = "budgets."


class JournalError(PolicyrouteError):
    """The store of decisions cannot be read: it is not there, is damaged, or is somebody else's."""

    status = 503
    code = "journal_unavailable"


class Known(NamedTuple):
    """What a decision was made on, beside the text: with it another policy can decide the call again.

    `attributes` are those that the policy names; what is not one of a closed list of values is a keyed hash, see `kept`.
    `detected` is what plug-ins found, `has` and `unscanned` are kinds of parts. The balances are shares of each budget.
    """

    attributes: Mapping[str, str] = NOTHING
    spent: Mapping[str, float] = NO_FIGURES
    short: Mapping[str, tuple[str, ...]] = NO_LISTS
    down: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    detected: Mapping[str, bool] = NO_ANSWERS
    unscanned: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    stream: bool = False
    max_output: int | None = None
    answers: int = 1
    asked_tags: tuple[str, ...] = ()
    asked_tier: str | None = None
    asked_cost_nano: int | None = None
    asked_prefer: str | None = None
    seed: int = 0
    canary: bool | None = None
    shadow: bool | None = None
    last_model: str | None = None


NOTHING_KNOWN = Known()


class Record(NamedTuple):
    """One decision, and what came of it. It is written when it is made, and again when the call is over.

    The fields from `attempts` to `status` are known at the end: until then `stream_end` is None, and a denial, of which
    nothing more comes, may stay so. `baseline_nano` is None where the baseline has no price. `user` is an opaque key.
    `text` stays empty unless a policy asks for it: then it is a JSON list of the texts that left, or a keyed hash of that.
    """

    id: str
    at: float
    policy_name: str
    policy_version: int
    policy_hash: str
    outcome: str
    mode: str = "enforce"
    api: str = "openai.chat"
    reason: str = ""
    stage: str = ""
    requested_model: str | None = None
    model: str | None = None
    tier: str | None = None
    tags: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()
    excluded: Mapping[str, str] = NOTHING
    budget: str | None = None
    task: str | None = None
    score: float | None = None
    unscanned: bool = False
    tokens_estimated: int = 0
    attempts: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    estimated: bool = False
    cost_nano: int = 0
    baseline_nano: int | None = None
    latency_ms: float | None = None
    stream_end: str | None = None
    status: int | None = None
    user: str | None = None
    facts: Known = NOTHING_KNOWN
    text: str | None = None

    def __repr__(self) -> str:
        """Without what is in it: a repr ends up in logs."""
        return f"<Record {self.id} {self.outcome} {self.stream_end or 'under way'}>"


_BEFORE = Record._fields.index("attempts")
_BEHIND = Record._fields.index("status") + 1


class Closing(NamedTuple):
    """What came of a call: the fields of a record that are known at the end, in their order."""

    attempts: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    estimated: bool
    cost_nano: int
    baseline_nano: int | None
    latency_ms: float
    stream_end: str | None
    status: int


def completed(record: Record, closing: Closing) -> Record:
    """The record of a call that is over."""
    return Record._make((*record[:_BEFORE], *closing, *record[_BEHIND:]))


def opaque(value: str, key: bytes) -> str:
    """A value as nobody can read it; the same one is the same again, as long as the key is."""
    return f"hmac:{hmac.digest(key, value.encode('utf-8', 'surrogatepass'), 'sha256').hex()[:24]}"


def kept(value: str, closed: AbstractSet[str], key: bytes | None) -> str | None:
    """A value as it may be kept: one of a closed list as it is, any other as a keyed hash; nothing where there is no key."""
    if value in closed:
        return value
    return None if key is None else opaque(value, key)


def decided(
    decision: Decision,
    call: Call,
    *,
    at: float,
    attributes: Mapping[str, str] = NOTHING,
    user: str | None = None,
    text: str | None = None,
) -> Record:
    """What is to be kept of a decision when it is made. `attributes`, `user` and `text` are kept as they are given."""
    version, excluded, target = decision.policy, decision.excluded, decision.target
    return Record(
        decision.id,
        at,
        version.name,
        version.version,
        version.hash,
        decision.outcome,
        decision.mode,
        call.api,
        decision.reason,
        decision.stage,
        decision.known_model(call.requested_model),
        None if target is None else target.name,
        None if target is None else target.tier,
        decision.tags,
        decision.fired,
        excluded,
        _held_back(decision, excluded),
        decision.task,
        decision.score,
        decision.unscanned,
        decision.tokens_estimated,
        user=user,
        facts=_known(decision, call, attributes),
        text=text,
    )


def _held_back(decision: Decision, excluded: Mapping[str, str]) -> str | None:
    """The first budget that took a model away, or that denied."""
    for place in excluded.values():
        if place.startswith(_BUDGETS):
            return place.removeprefix(_BUDGETS)
    if decision.stage != "budgets":
        return None
    return next((match.rule for step in decision.steps if step.stage == "budgets" for match in step.fired), None)


def _known(decision: Decision, call: Call, attributes: Mapping[str, str]) -> Known:
    facts, asks = decision.facts, call.asks
    return Known(
        attributes,
        facts.spent,
        {budget: tuple(sorted(models)) for budget, models in facts.short.items()} if facts.short else NO_LISTS,
        _sorted(facts.down),
        _sorted(facts.failed),
        facts.detected,
        call.unscanned,
        _sorted(call.has),
        call.stream,
        call.max_output,
        call.answers,
        asks.tags,
        asks.tier,
        asks.max_cost_nano,
        asks.prefer,
        facts.seed,
        facts.canary,
        facts.shadow,
        facts.last_model,
    )


def _sorted(names: AbstractSet[str]) -> tuple[str, ...]:
    return tuple(sorted(names)) if names else ()
