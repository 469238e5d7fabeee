"""What the journal keeps of a decision: one value, complete enough to decide again, and without text of the call."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Set as AbstractSet
from types import MappingProxyType
from typing import NamedTuple

from policyroute.call import NO_ANSWERS, NO_ASKS, NO_FIGURES, NOTHING, Asks, Call, Target
from policyroute.decision import Decision
from policyroute.errors import PolicyrouteError

NO_LISTS: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_BUDGETS = "budgets."
_ANYWHERE = Target("", "", "", "")  # the text of a call is as long wherever it goes


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
    `text` stays empty unless a policy asks for it.
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


def opaque(value: str, key: bytes) -> str:
    """A value as nobody can read it; the same one is the same again, as long as the key is."""
    return f"hmac:{hmac.digest(key, value.encode('utf-8', 'surrogatepass'), 'sha256').hex()[:24]}"


def kept(attributes: Mapping[str, str], closed: Mapping[str, AbstractSet[str]], key: bytes) -> Mapping[str, str]:
    """Attributes as they may be kept: a value of a closed list as it is, anything else as a keyed hash."""
    return {name: value if value in closed.get(name, ()) else opaque(value, key) for name, value in sorted(attributes.items())}


def decided(
    decision: Decision, call: Call, *, at: float, attributes: Mapping[str, str] = NOTHING, user: str | None = None
) -> Record:
    """What is to be kept of a decision when it is made. `attributes` and `user` are kept as they are given."""
    version, excluded = decision.policy, decision.excluded
    return Record(
        id=decision.id,
        at=at,
        policy_name=version.name,
        policy_version=version.version,
        policy_hash=version.hash,
        outcome=decision.outcome,
        mode=decision.mode,
        api=call.api,
        reason=decision.reason,
        stage=decision.stage,
        requested_model=call.requested_model,
        model=decision.model,
        tier=decision.tier,
        tags=decision.tags,
        fired=decision.fired,
        excluded=excluded,
        budget=_held_back(decision, excluded),
        task=decision.task,
        score=decision.score,
        unscanned=decision.unscanned,
        tokens_estimated=decision.most_used(_ANYWHERE).input_tokens,
        user=user,
        facts=_known(decision, call, attributes),
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
    known = Known(
        attributes=attributes,
        spent=facts.spent,
        short={budget: tuple(sorted(models)) for budget, models in facts.short.items()},
        down=tuple(sorted(facts.down)),
        failed=tuple(sorted(facts.failed)),
        detected=facts.detected,
        unscanned=call.unscanned,
        has=tuple(sorted(call.has)),
        stream=call.stream,
        max_output=call.max_output,
        answers=call.answers,
        seed=facts.seed,
        canary=facts.canary,
        shadow=facts.shadow,
        last_model=facts.last_model,
    )
    return known if asks == NO_ASKS else _with_asks(known, asks)


def _with_asks(known: Known, asks: Asks) -> Known:
    return known._replace(
        asked_tags=asks.tags, asked_tier=asks.tier, asked_cost_nano=asks.max_cost_nano, asked_prefer=asks.prefer
    )
