"""Stage 4: the first matching row of the ladder orders what is still eligible. It can remove nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Literal, NamedTuple

from policyroute.call import ASSUMED_OUTPUT, Call, Facts, Target
from policyroute.conditions.questions import Question
from policyroute.decision import Match, Order, StageName, Verdict
from policyroute.reading import Reading
from policyroute.stages.stage import Candidates, Clause, Rulebook, members

ThenBy = Literal["price", "latency", "weight", "declared"]
ORDERS_KEPT = 4096
MOST_PRICES = 300
NEXT_TO_NONE = 1e-9
PREFERENCES = {"cost": "price", "speed": "latency", "quality": "quality"}


class Ordering(NamedTuple):
    """What orders models of equal preference, and what may come first."""

    then_by: ThenBy = "price"
    sticky: bool = False
    requested_first: bool = True


class Split(NamedTuple):
    """`split`: one of these models first, drawn by weight; the same for as long as `sticky_by` is the same."""

    weights: tuple[tuple[int, int], ...]
    sticky_by: str | None


class Row(NamedTuple):
    """A ladder row: groups of models (as bits), best first. Models in no group rank after all of them."""

    clause: Clause
    prefer: tuple[int, ...]
    split: Split | None
    spelled: str


def draw(*parts: object) -> float:
    """A number in [0, 1) that the same parts always give, on every machine."""
    digest = blake2b("\x1f".join(map(str, parts)).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class Prices:
    """Orders models by what a call costs, without looking at each model on each call.

    Which of two models is cheaper depends only on the ratio of output to input tokens, and turns at one ratio at most.
    Between two neighbouring turning points the order is fixed, so it is worked out once, at the middle of the two.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        self._prices = tuple((t.price_in, t.price_out) for t in targets)
        points = sorted(set(self._prices))
        self._turns: list[float] | None = None
        if len(points) <= MOST_PRICES:
            pairs = ((a, b) for i, a in enumerate(points) for b in points[i + 1 :])
            self._turns = sorted({(b[0] - a[0]) / (a[1] - b[1]) for a, b in pairs if a[0] < b[0] and a[1] > b[1]})

    def ratio(self, reading: Reading) -> float:
        """The ratio that stands for every call which orders models as this one does."""
        turns = self._turns
        if turns is not None and not turns:
            return 1.0
        tokens_out = (ASSUMED_OUTPUT if reading.max_output is None else reading.max_output) * reading.answers
        ratio = tokens_out / (reading.tokens or NEXT_TO_NONE)
        if turns is None:
            return ratio
        at = bisect_right(turns, ratio)
        if at == len(turns):
            return turns[-1] * 2
        return (turns[at] + (turns[at - 1] if at else 0.0)) / 2

    def cost(self, model: int, ratio: float) -> float:
        """A figure to compare models by, at this ratio."""
        price_in, price_out = self._prices[model]
        return price_in + price_out * ratio


class Complexity:
    """The ladder, and what orders models of equal preference."""

    name: StageName = "complexity"

    def __init__(
        self,
        rows: Sequence[Row],
        ordering: Ordering,
        targets: Sequence[Target],
        tiers: Sequence[str],
        questions: Sequence[Question],
    ) -> None:
        self.rows = tuple(rows)
        self.ordering = ordering
        self._names = tuple(t.name for t in targets)
        self._index = {name: i for i, name in enumerate(self._names)}
        self._weights = tuple(t.weight for t in targets)
        self._tiers = tuple(-tiers.index(t.tier) for t in targets)
        self._prices = Prices(targets)
        self._book = Rulebook([row.clause for row in rows], questions)
        self._groups = (*(_groups(row) for row in rows), ())
        self._reasons = (*(f"complexity.{row.clause.id}" for row in rows), "default")
        self._requested = requested_names(targets) if ordering.requested_first else {}
        self._orders: dict[tuple[int, str, int, float], Order] = {}

    def judge(self, call: Call, candidates: Candidates, facts: Facts, reading: Reading) -> Verdict:
        """A permutation of the candidates: never more, never fewer."""
        eligible, tags = candidates.eligible, candidates.tags
        index = self._book.first(reading)
        row = self.rows[index] if index >= 0 else None
        order = self._order(index, call, facts, reading, eligible)
        if row is not None and row.split is not None and call.asks.prefer is None:
            order = _first(order, 1 << _drawn(row.split, eligible, facts, reading))
        if self.ordering.sticky and facts.last_model is not None:
            order = _first(order, 1 << self._index.get(facts.last_model, len(self._names)))
        asked = 0
        if call.requested_model is not None:
            asked = self._requested.get(call.requested_model.casefold(), 0) & eligible
            order = _first(order, asked)
        reason = "requested_model" if asked else self._reasons[index]
        return Verdict(eligible, tags, 1 << index if index >= 0 else 0, order=order, reason=reason)

    def _order(self, index: int, call: Call, facts: Facts, reading: Reading, eligible: int) -> Order:
        """Groups by preference, then by the tie-break; kept for calls that order models alike."""
        asks = call.asks.prefer
        by = self.ordering.then_by if asks is None else PREFERENCES[asks]
        if asks is not None:
            index = -1
        groups = self._groups[index]
        if by == "latency":
            return _sorted(groups, eligible, lambda i: facts.latency_ms.get(self._names[i], float("inf")))
        if by == "weight":
            return _sorted(groups, eligible, lambda i: -(draw(facts.seed, "weight", self._names[i]) ** (1 / self._weights[i])))
        ratio = self._prices.ratio(reading) if by == "price" else 1.0
        key = (index, by, eligible, ratio)
        order = self._orders.get(key)
        if order is None:
            if by == "price":
                order = _sorted(groups, eligible, lambda i: self._prices.cost(i, ratio))
            else:
                order = _sorted(groups, eligible, (lambda i: self._tiers[i]) if by == "quality" else (lambda i: 0))
            if len(self._orders) >= ORDERS_KEPT:
                self._orders.clear()
            self._orders[key] = order
        return order

    def fired(self, verdict: Verdict) -> tuple[str, ...]:
        return self._book.ids(verdict.fired)

    def matches(self, verdict: Verdict, reading: Reading) -> tuple[Match, ...]:
        """The row that decided."""
        return tuple(
            self._book.match(i, reading, f"prefers {row.spelled}, then by {self.ordering.then_by}")
            for i, row in enumerate(self.rows)
            if verdict.fired >> i & 1
        )


def requested_names(targets: Sequence[Target]) -> dict[str, int]:
    """A client names a target by its name or by its `upstream`."""
    found: dict[str, int] = {}
    for i, target in enumerate(targets):
        for name in {target.name.casefold(), target.upstream.casefold()}:
            found[name] = found.get(name, 0) | 1 << i
    return found


def _sorted(groups: Sequence[int], eligible: int, key: Callable[[int], float]) -> Order:
    """Group by group, each ordered by the key and then as declared; what no group names comes last."""
    order: list[int] = []
    left = eligible
    for group in (*groups, -1):
        order += sorted(members(left & group), key=key)
        left &= ~group
    return Order(order)


def _groups(row: Row) -> tuple[int, ...]:
    """What a row prefers; of a split those that were not drawn come before the models that it does not name."""
    return row.prefer if row.split is None else (sum(1 << model for model, _ in row.split.weights),)


def _first(order: Order, models: int) -> Order:
    """The same order with these models in front."""
    if not models & order.bits:
        return order
    return Order([*(i for i in order.models if models >> i & 1), *(i for i in order.models if not models >> i & 1)])


def _drawn(split: Split, eligible: int, facts: Facts, reading: Reading) -> int:
    """The model that a split draws among those still eligible; a position past all models where there is none."""
    weights = [(model, weight) for model, weight in split.weights if eligible >> model & 1 and weight]
    if not weights:
        return eligible.bit_length()
    ball = sticky_draw("split", split.sticky_by, facts, reading) * sum(weight for _, weight in weights)
    for model, weight in weights:
        ball -= weight
        if ball < 0:
            return model
    return weights[-1][0]


def sticky_draw(what: str, sticky_by: str | None, facts: Facts, reading: Reading) -> float:
    """A draw that stays the same for one value of an attribute, or one conversation; otherwise from the seed."""
    if sticky_by is not None:
        kept = facts.conversation if sticky_by == "conversation" else reading.attributes.get(sticky_by)
        if kept is not None:
            return draw(what, sticky_by, kept)
    return draw(what, facts.seed)
