"""What comes out: a decision, with every step that led to it.

A decision is made in microseconds and read seldom, so it keeps bit sets and works out names, steps and sums when asked.
It never holds text of the call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

from policyroute.call import Facts, Target, Usage, cost_nano, output_ceiling
from policyroute.errors import Widened
from policyroute.reading import Reading

Outcome = Literal["route", "deny", "passthrough"]
StageName = Literal["fit", "override", "sensitivity", "routes", "budgets", "complexity"]
OTHER = "other"
AUTO = frozenset({"auto", "smart-router"})
BETWEEN: frozenset[StageName] = frozenset({"fit", "override"})
Kind = Literal["primary", "retry", "fallback", "escalation", "canary", "shadow", "judge"]


class Match(NamedTuple):
    """A rule that fired: why (in the words of the policy, never of the call) and what it did."""

    rule: str
    why: str
    effect: str


class Step(NamedTuple):
    """What one stage did, and the models it left."""

    stage: StageName
    fired: tuple[Match, ...]
    eligible: tuple[str, ...]


class Brief(NamedTuple):
    """The same in short: the ids of the rules that fired, and how many models were left."""

    stage: StageName
    fired: tuple[str, ...]
    left: int


class Removal(NamedTuple):
    """Models (as bits) that one rule took out."""

    rule: str
    models: int


class Order:
    """A ranking: models by position, each once. Its bits are worked out here and nowhere else."""

    __slots__ = ("bits", "models")

    def __init__(self, models: Sequence[int]) -> None:
        self.models = tuple(models)
        self.bits = sum(1 << i for i in self.models)
        if self.bits.bit_count() != len(self.models):
            raise Widened("a ranking lists a model twice")


NOBODY = Order(())


class Verdict(NamedTuple):
    """What a stage answers: a subset or a reordering of the candidates it was given.

    `fired` are the stage's own rules as bits; `order` is a permutation of the eligible models, from the last stage only.
    """

    eligible: int
    tags: int
    fired: int = 0
    removed: tuple[Removal, ...] = ()
    denied: str | None = None
    reason: str | None = None
    order: Order = NOBODY


class Explains(Protocol):
    """A stage, as a decision sees it: it can put its verdict into words."""

    name: StageName

    def matches(self, verdict: Verdict, reading: Reading) -> tuple[Match, ...]:
        """The rules that fired, in words."""
        ...

    def fired(self, verdict: Verdict) -> tuple[str, ...]:
        """Their ids, in the same order, without putting anything into words."""
        ...


class Ranked(NamedTuple):
    """A place in the ranking, with what the call can cost there at most."""

    model: str
    tier: str
    cost_ceiling_usd: float


class Planned(NamedTuple):
    """One call that may be made under this decision."""

    kind: Kind
    model: str


class Version(NamedTuple):
    """Which policy decided."""

    name: str
    version: int
    hash: str


class Masking(NamedTuple):
    """What a sensitivity rule does to the tags (as bits) and to the text of a call: `redact` masks values of these kinds."""

    adds: int
    redact: tuple[str, ...]
    restore: bool


class Names(NamedTuple):
    """The policy's vocabulary: what the bits stand for. `maskings` are of the sensitivity rules, in order; `masks` says
    whether one masks something.
    """

    targets: tuple[Target, ...]
    tags: tuple[str, ...]
    version: Version
    mode: str
    maskings: tuple[Masking, ...] = ()
    masks: bool = False


class Plans(Protocol):
    """The recovery and rollout sections, as a decision sees them."""

    def under(self, order: Order, facts: Facts, reading: Reading) -> tuple[tuple[Kind, int], ...]:
        """Every call that may be made, in order."""
        ...


class Ended(NamedTuple):
    """How the fold ended: the outcome, its reason, the stage it ended in, the ranking, and who is called first."""

    outcome: Outcome
    reason: str
    stage: str
    order: Order = NOBODY
    serving: int | None = None


class Made(NamedTuple):
    """What a decision is made of and by. `times_ns`, if somebody looked at a clock, are its begin and the end of each stage."""

    names: Names
    plans: Plans
    facts: Facts
    reading: Reading
    verdicts: tuple[tuple[Explains, Verdict], ...]
    times_ns: tuple[int, ...] = ()


def names_of(bits: int, names: Sequence[str]) -> tuple[str, ...]:
    """The names whose bits are set, in order."""
    found = []
    while bits:
        low = bits & -bits
        found.append(names[low.bit_length() - 1])
        bits ^= low
    return tuple(found)


class Decision:
    """Where a call may go, and why. Immutable by convention of the whole package; compare `to_dict()`s."""

    def __init__(self, made: Made, ended: Ended) -> None:
        self.id = made.facts.id
        self.outcome: Outcome = ended.outcome
        self.reason = ended.reason
        self._names = made.names
        self._made = made
        self._ended = ended

    def __repr__(self) -> str:
        return f"<Decision {self.outcome} {self.model or self.reason} tags={list(self.tags)}>"

    @property
    def target(self) -> Target | None:
        """The model to call first, as a place to send to."""
        serving = self._ended.serving
        return None if serving is None else self._names.targets[serving]

    @property
    def model(self) -> str | None:
        """The model to call first; None for a denial."""
        target = self.target
        return None if target is None else target.name

    @property
    def tier(self) -> str | None:
        """The tier of that model."""
        target = self.target
        return None if target is None else target.tier

    @cached_property
    def candidates(self) -> tuple[Target, ...]:
        """The models that may be called, in the order they are tried; the first is the one to call."""
        first, targets = self._ended.serving, self._names.targets
        if first is None:
            return ()
        return (targets[first], *[targets[i] for i in self._ended.order.models if i != first])

    @property
    def policy(self) -> Version:
        """Which policy decided."""
        return self._names.version

    @property
    def mode(self) -> str:
        """`enforce`, `shadow` or `off`."""
        return self._names.mode

    @property
    def stage(self) -> str:
        """The stage that settled it."""
        return self._ended.stage

    @property
    def task(self) -> str | None:
        """The task label, where the policy asked for it."""
        return self._made.reading.task

    @property
    def score(self) -> float | None:
        """The complexity score, where the policy asked for it."""
        return self._made.reading.score

    @property
    def unscanned(self) -> bool:
        """Whether some part of the call could not be read."""
        return bool(self._made.reading.unscanned)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """What the call was found to be, in the policy's order."""
        return names_of(self._made.verdicts[-1][1].tags, self._names.tags) if self._made.verdicts else ()

    @cached_property
    def _maskings(self) -> tuple[Masking, ...]:
        if not self._names.masks:
            return ()
        fired = next((verdict.fired for stage, verdict in self._made.verdicts if stage.name == "sensitivity"), 0)
        return tuple(masking for i, masking in enumerate(self._names.maskings) if fired >> i & 1)

    @property
    def redact(self) -> tuple[str, ...]:
        """The kinds of values to mask before the call leaves, in the policy's order."""
        if not self._names.masks:
            return ()
        return tuple(dict.fromkeys(kind for masking in self._maskings for kind in masking.redact))

    @cached_property
    def restore(self) -> tuple[str, ...]:
        """Those of them to put back into the answer: a rule that masks for good is not undone by another."""
        kept = {kind for masking in self._maskings if not masking.restore for kind in masking.redact}
        return tuple(kind for kind in self.redact if not any(f"{kind}.".startswith(f"{other}.") for other in kept))

    @cached_property
    def lifted(self) -> tuple[str, ...]:
        """The tags that the rules would have added, and that are not needed since the call leaves masked."""
        added = 0
        for masking in self._maskings:
            added |= masking.adds
        return tuple(tag for tag in names_of(added, self._names.tags) if tag not in self.tags)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every stage that was reached: what fired, why, and what was left. What stands between stages, only where it acted."""
        models = tuple(t.name for t in self._names.targets)
        steps = []
        for stage, verdict in self._made.verdicts:
            matches = stage.matches(verdict, self._made.reading)
            if matches or stage.name not in BETWEEN:
                steps.append(Step(stage.name, matches, names_of(verdict.eligible, models)))
        return tuple(steps)

    @cached_property
    def brief(self) -> tuple[Brief, ...]:
        """The steps in short, which costs little."""
        return tuple([Brief(s.name, s.fired(verdict), verdict.eligible.bit_count()) for s, verdict in self._made.verdicts])

    @property
    def fired(self) -> tuple[str, ...]:
        """The ids of all rules of the policy that fired."""
        return tuple([rule for stage, fired, _ in self.brief if stage not in BETWEEN for rule in fired])

    @property
    def durations_ns(self) -> Mapping[StageName, int]:
        """How long each stage took, if somebody looked at a clock; finding out about the call is part of the first."""
        made, times = self._made, self._made.times_ns
        took = {stage.name: end - began for (stage, _), began, end in zip(made.verdicts, times, times[1:], strict=False)}
        if "sensitivity" in took:
            took["sensitivity"] += made.reading.took_ns
        return took

    @cached_property
    def excluded(self) -> Mapping[str, str]:
        """Each model that was taken out, and the first `stage.rule-id` that did."""
        models = tuple(t.name for t in self._names.targets)
        out: dict[str, str] = {}
        for stage, verdict in self._made.verdicts:
            for rule, bits in verdict.removed:
                for model in names_of(bits, models):
                    out.setdefault(model, f"{stage.name}.{rule}")
        return out

    @cached_property
    def ranking(self) -> tuple[Ranked, ...]:
        """The eligible models in the order they are tried, each with its cost ceiling."""
        targets = [self._names.targets[i] for i in self._ended.order.models]
        return tuple(Ranked(t.name, t.tier, self.ceiling_nano(t) / 1e9) for t in targets)

    @cached_property
    def plan(self) -> tuple[Planned, ...]:
        """Every call that may be made under this decision, in order."""
        made = self._made
        planned = made.plans.under(self._ended.order, made.facts, made.reading)
        return tuple(Planned(kind, self._names.targets[i].name) for kind, i in planned)

    @property
    def cost_ceiling_nano(self) -> int:
        """The most that the first call can cost."""
        target = self.target
        return 0 if target is None else self.ceiling_nano(target)

    def named(self, name: str | None) -> Target | None:
        """The model of the policy that a caller means by this name."""
        return next((one for one in self._names.targets if name in (one.name, one.upstream)), None)

    def known_model(self, name: str | None) -> str | None:
        """The name of a model as it may be kept: what the policy does not know is a text of the caller's."""
        return name if name is None or name in AUTO or self.named(name) is not None else OTHER

    @property
    def tokens_estimated(self) -> int:
        """About how many tokens go in."""
        return self._made.reading.tokens

    @property
    def facts(self) -> Facts:
        """What was known when it was made."""
        return self._made.facts

    def most_used(self, target: Target) -> Usage:
        """The most tokens that this call can use at a target."""
        reading = self._made.reading
        return Usage(reading.tokens, output_ceiling(target, reading.max_output) * reading.answers, estimated=True)

    def ceiling_nano(self, target: Target) -> int:
        """The most that this call can cost at a target."""
        return cost_nano(target, *self.most_used(target)[:2])

    def to_dict(self) -> dict[str, object]:
        """The shape that `explain`, the journal, the span and the page are views of."""
        version = self.policy
        return {
            "id": self.id,
            "outcome": self.outcome,
            "reason": self.reason,
            "stage": self.stage,
            "mode": self.mode,
            "model": self.model,
            "tier": self.tier,
            "tags": list(self.tags),
            "lifted": list(self.lifted),
            "redact": list(self.redact),
            "restore": list(self.restore),
            "task": self.task,
            "score": self.score,
            "fired": list(self.fired),
            "ranking": [r._asdict() for r in self.ranking],
            "excluded": dict(self.excluded),
            "plan": [p._asdict() for p in self.plan],
            "steps": [
                {"stage": s.stage, "fired": [m._asdict() for m in s.fired], "eligible": list(s.eligible)} for s in self.steps
            ],
            "unscanned": self.unscanned,
            "tokens_estimated": self.tokens_estimated,
            "policy": {"name": version.name, "version": version.version, "hash": version.hash},
        }
