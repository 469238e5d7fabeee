"""What may be called under a decision, and in which order: the primary, its retries, fallbacks, escalation, canary, shadow.

Every entry is drawn from the ranking, so nothing that a stage took out can come back on a later path.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from policyroute.call import Facts, Target
from policyroute.decision import Kind, Order
from policyroute.reading import Reading
from policyroute.stages.complexity import draw, sticky_draw

Bounds = tuple[tuple[str, float], ...]


class Retry(NamedTuple):
    """The same model again, on these errors."""

    on: tuple[str, ...] = ()
    attempts: int = 0
    backoff_s: float = 0.0


class Fallback(NamedTuple):
    """The next models of the ranking, on these errors."""

    on: tuple[str, ...] = ()
    attempts: int = 0


class Unsatisfying(NamedTuple):
    """What makes an answer poor: a symptom by name, a pattern in it, or its size; `asked_words` says for which calls."""

    symptom: str
    pattern: str | None = None
    words: Bounds = ()
    chars: Bounds = ()
    asked_words: Bounds = ()


class Escalation(NamedTuple):
    """A model of a higher tier, or of a named one, when the answer is poor."""

    on: tuple[Unsatisfying, ...] = ()
    to: str = "higher_tier"
    attempts: int = 0


class Breaker(NamedTuple):
    """When a model counts as down: so many failures within a time, and for how long."""

    failures: int
    within_s: float
    open_s: float


class Recovery(NamedTuple):
    """What to do when a call fails or disappoints."""

    retry: Retry = Retry()
    fallback: Fallback = Fallback()
    escalate: Escalation = Escalation()
    stop_on: tuple[str, ...] = ()
    breaker: Breaker | None = None


class Canary(NamedTuple):
    """A model that takes a share of what others would have served."""

    model: int
    replaces: int
    share: float
    sticky_by: str | None = None


class Shadow(NamedTuple):
    """A model that sees a copy of a share of the calls; its answers go nowhere."""

    model: int
    share: float


class Quality(NamedTuple):
    """A sample of calls that is answered twice and judged blind."""

    sample: float
    against: int
    judge: int


class Cache(NamedTuple):
    """How long exact answers are kept, and what they are never shared across."""

    ttl_s: float
    per: tuple[str, ...] = ()


class Plan(NamedTuple):
    """The recovery and rollout sections, compiled."""

    targets: tuple[Target, ...]
    tiers: tuple[str, ...]
    recovery: Recovery = Recovery()
    canary: Canary | None = None
    shadow: Shadow | None = None
    quality: Quality | None = None
    cache: Cache | None = None

    def serving(self, order: Order, facts: Facts, reading: Reading) -> int:
        """Who is called first: the best of the ranking, or its canary where the draw hits."""
        best = order.models[0]
        canary = self.canary
        if canary is None or not order.bits >> canary.model & 1 or not canary.replaces >> best & 1:
            return best
        if facts.canary is None:
            return canary.model if sticky_draw("canary", canary.sticky_by, facts, reading) < canary.share else best
        return canary.model if facts.canary else best

    def under(self, order: Order, facts: Facts, reading: Reading) -> tuple[tuple[Kind, int], ...]:
        """Every call that may be made, in order. A ranking of nothing has no plan."""
        if not order.models:
            return ()
        serving = self.serving(order, facts, reading)
        planned: list[tuple[Kind, int]] = [("primary" if serving == order.models[0] else "canary", serving)]
        rest = [i for i in order.models if i != serving]
        planned += [("retry", serving)] * self.recovery.retry.attempts
        planned += [("fallback", i) for i in rest[: self.recovery.fallback.attempts]]
        planned += [("escalation", i) for i in self._better(serving, rest)[: self.recovery.escalate.attempts]]
        shadow = self.shadow
        if shadow is not None and shadow.model in rest and hit(facts.shadow, "shadow", shadow.share, facts):
            planned.append(("shadow", shadow.model))
        return tuple(planned)

    def _better(self, serving: int, rest: Sequence[int]) -> list[int]:
        """Who may take over from a poor answer: the nearest higher tier first, or the tier that is named."""
        rank = self.tiers.index
        to = self.recovery.escalate.to
        if to == "higher_tier":
            higher = [i for i in rest if rank(self.targets[i].tier) > rank(self.targets[serving].tier)]
            return sorted(higher, key=lambda i: rank(self.targets[i].tier))
        return [i for i in rest if to in (self.targets[i].tier, self.targets[i].name)]


def hit(settled: bool | None, what: str, share: float, facts: Facts) -> bool:
    """Whether a draw hits: as the facts say, otherwise from the seed."""
    return draw(what, facts.seed) < share if settled is None else settled
