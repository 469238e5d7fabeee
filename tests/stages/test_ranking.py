"""What orders models beside their price: draws, latency, quality, conversations, and what the client named."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given, strategies as st

from policyroute.call import NO_ASKS, Asks, Call, Facts, Target
from policyroute.conditions.condition import ALWAYS
from policyroute.reading import Reading
from policyroute.stages.complexity import Complexity, Ordering, Row, Split, draw, requested_names, sticky_draw
from policyroute.stages.stage import Candidates, Clause

TIERS = ("basic", "standard", "premium")
TARGETS = (
    Target("a", "p", "up-a", "basic", price_in=4, price_out=4),
    Target("b", "p", "up-b", "premium", price_in=3, price_out=3, weight=3),
    Target("c", "p", "Up-A", "standard", price_in=2, price_out=2),
    Target("d", "p", "a", "standard", price_in=1, price_out=1, weight=6),
)
NO_FACTS, ANY = Facts(), Call()
CLAUSE = Clause("all", ALWAYS, False)
BY_PRICE = (3, 2, 1, 0)


def rank(
    row: Row | None, ordering: Ordering, call: Call = ANY, facts: Facts = NO_FACTS, eligible: int = 0b1111
) -> tuple[int, ...]:
    """The ranking of a ladder of at most one row."""
    stage = Complexity([] if row is None else [row], ordering, TARGETS, TIERS, ())
    reading = Reading(call)
    reading.attributes = dict(call.attributes)
    verdict = stage.judge(call, Candidates(eligible, 0), facts, reading)
    assert verdict.eligible == eligible == verdict.order.bits
    return verdict.order.models


def test_a_draw_is_the_same_everywhere() -> None:
    """The same parts give the same number on every machine and in every version."""
    assert [round(draw("canary", seed), 6) for seed in range(4)] == [0.664326, 0.7776, 0.90232, 0.525152]
    assert draw("a", "b") != draw("b", "a") and draw("ab") != draw("a", "b")


def test_draws_are_spread_evenly() -> None:
    """A share of 5 % is hit by a twentieth of the seeds, and every tenth of the range by a tenth."""
    draws = [draw("shadow", seed) for seed in range(4000)]
    assert 150 < sum(one < 0.05 for one in draws) < 250
    tenths = Counter(int(10 * one) for one in draws)
    assert set(tenths) == set(range(10)) and min(tenths.values()) > 320


@given(st.text(max_size=5), st.integers(-9, 9))
@example("\ud800", 0)
def test_a_draw_is_a_share(text: str, seed: int) -> None:
    """Always at least 0 and less than 1, whatever stands in an attribute."""
    assert 0 <= draw("split", text, seed) < 1


@pytest.mark.parametrize(
    ("sticky_by", "facts", "attributes", "kept"),
    [
        (None, {"conversation": "x"}, {"tenant": "x"}, False),
        ("conversation", {"conversation": "x"}, {}, True),
        ("conversation", {}, {"conversation": "x"}, True),
        ("tenant", {}, {"tenant": "x"}, True),
        ("tenant", {"conversation": "x"}, {}, False),
    ],
)
def test_a_draw_sticks_to_what_it_is_told(
    sticky_by: str | None, facts: dict[str, str], attributes: dict[str, str], kept: bool
) -> None:
    """One tenant or one conversation always draws the same; without it, or where it is absent, the seed decides."""
    if sticky_by == "conversation" and "conversation" in attributes:
        kept = False  # the conversation is a fact, and no attribute of that name
    reading = Reading(Call())
    reading.attributes = attributes
    drawn = {
        sticky_draw("split", sticky_by, Facts(seed=seed, conversation=facts.get("conversation")), reading) for seed in range(20)
    }
    assert (len(drawn) == 1) is kept


def test_a_split_is_drawn_by_weight() -> None:
    """Models come first as often as their weights say, those of weight 0 never, and the rest of the split comes next."""
    row = Row(CLAUSE, (), Split(((0, 3), (1, 1), (2, 0)), None), "")
    firsts = Counter(rank(row, Ordering(), facts=Facts(seed=seed)) for seed in range(400))
    assert {order[0] for order in firsts} == {0, 1}
    assert 260 < sum(count for order, count in firsts.items() if order[0] == 0) < 340
    assert set(firsts) == {(0, 2, 1, 3), (1, 2, 0, 3)}


def test_a_split_draws_among_those_left() -> None:
    """Who was taken out is not drawn; where none of the split is left, the order is that of the tie-break."""
    row = Row(CLAUSE, (), Split(((0, 1), (1, 1)), None), "")
    assert {rank(row, Ordering(), facts=Facts(seed=seed), eligible=0b1101) for seed in range(20)} == {(0, 3, 2)}
    assert rank(row, Ordering(), eligible=0b1100) == (3, 2)
    weightless = Row(CLAUSE, (), Split(((0, 0), (1, 1)), None), "")
    assert rank(weightless, Ordering(), eligible=0b1001) == (0, 3)


def test_weights_order_by_chance() -> None:
    """Under `then_by: weight` a model of weight 6 is first about six times as often as one of weight 1."""
    firsts = Counter(rank(None, Ordering("weight"), facts=Facts(seed=seed))[0] for seed in range(1100))
    assert 40 < firsts[0] < 160 and 220 < firsts[1] < 380 and 520 < firsts[3] < 680


@pytest.mark.parametrize(
    ("ordering", "asks", "latency_ms", "order"),
    [
        (Ordering("declared"), NO_ASKS, {}, (0, 1, 2, 3)),
        (Ordering("price"), NO_ASKS, {}, BY_PRICE),
        (Ordering("latency"), NO_ASKS, {"c": 90.0, "a": 100.0}, (2, 0, 1, 3)),
        (Ordering("latency"), NO_ASKS, {}, (0, 1, 2, 3)),
        (Ordering("price"), Asks(prefer="speed"), {"b": 5.0}, (1, 0, 2, 3)),
        (Ordering("price"), Asks(prefer="quality"), {}, (1, 2, 3, 0)),
        (Ordering("declared"), Asks(prefer="cost"), {}, BY_PRICE),
    ],
)
def test_what_orders_equals(ordering: Ordering, asks: Asks, latency_ms: dict[str, float], order: tuple[int, ...]) -> None:
    """The policy's tie-break, or the caller's wish; whose latency is not known is last, and equals stand as declared."""
    assert rank(None, ordering, Call(asks=asks), Facts(latency_ms=latency_ms)) == order


def test_a_wish_ranks_before_the_ladder() -> None:
    """A caller who asks for cost, speed or quality gets that order whatever the row prefers, and no draw of a split."""
    row = Row(CLAUSE, (0b0001,), None, "")
    assert rank(row, Ordering()) == (0, 3, 2, 1)
    assert rank(row, Ordering(), Call(asks=Asks(prefer="cost"))) == BY_PRICE
    split = Row(CLAUSE, (), Split(((0, 1),), None), "")
    assert rank(split, Ordering()) == (0, 3, 2, 1)
    assert rank(split, Ordering(), Call(asks=Asks(prefer="cost"))) == BY_PRICE


def test_a_conversation_stays_with_its_model() -> None:
    """Under `sticky_by: conversation` the last model is first while it is eligible; what the client names is before it."""
    sticky, facts = Ordering(sticky=True), Facts(last_model="b")
    assert rank(None, sticky, facts=facts) == (1, 3, 2, 0)
    assert rank(None, sticky, facts=facts, eligible=0b1101) == (3, 2, 0)
    assert rank(None, sticky, facts=Facts(last_model="gone")) == BY_PRICE
    assert rank(None, Ordering(), facts=facts) == BY_PRICE
    assert rank(None, sticky, Call(requested_model="c"), facts) == (2, 1, 3, 0)


def test_a_name_is_that_of_every_target_it_fits() -> None:
    """By target or by upstream, whatever the case; several keep their order among themselves."""
    assert requested_names(TARGETS) == {"a": 0b1001, "b": 0b0010, "c": 0b0100, "d": 0b1000, "up-a": 0b0101, "up-b": 0b0010}
    assert rank(None, Ordering(), Call(requested_model="UP-A")) == (2, 0, 3, 1)
    assert rank(None, Ordering(), Call(requested_model="up-z")) == BY_PRICE
    assert rank(None, Ordering(requested_first=False), Call(requested_model="up-a")) == BY_PRICE


def test_the_rows_do_not_mix() -> None:
    """Each row's order is its own, though orders are kept."""
    rows = [Row(Clause(name, ALWAYS, False), (group,), None, "") for name, group in (("x", 0b0001), ("y", 0b0100))]
    first, second = (Complexity(order, Ordering(), TARGETS, TIERS, ()) for order in (rows, rows[::-1]))
    reading = Reading(Call())
    for stage, model in ((first, 0), (second, 2), (first, 0)):
        verdict = stage.judge(Call(), Candidates(0b1111, 0), NO_FACTS, reading)
        assert verdict.order.models[0] == model and verdict.fired == 1
