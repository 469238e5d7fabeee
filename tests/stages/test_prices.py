"""Models by price: the order is that of what the call costs, though hardly any call is worked out."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings, strategies as st

from policyroute.call import ASSUMED_OUTPUT, NO_ASKS, Asks, Call, Facts, Target
from policyroute.conditions.condition import ALWAYS
from policyroute.reading import Reading
from policyroute.stages.complexity import MOST_PRICES, Complexity, Ordering, Prices, Row
from policyroute.stages.stage import Candidates, Clause

CENT = 10_000_000  # nano-dollars
NO_FACTS = Facts()


def targets_of(prices: list[tuple[int, int]]) -> list[Target]:
    """A model for each pair of prices, in cents per million tokens."""
    return [Target(f"m{i}", "p", f"m{i}", "basic", price_in=a * CENT, price_out=b * CENT) for i, (a, b) in enumerate(prices)]


def reading_of(tokens: int, max_output: int | None = None, answers: int = 1) -> Reading:
    """A call of this size."""
    reading = Reading(Call(max_output=max_output, answers=answers))
    reading.tokens = tokens
    return reading


def stage_of(prices: list[tuple[int, int]], row: tuple[int, ...] = ()) -> Complexity:
    """A ladder of one row over these models."""
    rows = [Row(Clause("all", ALWAYS, False), row, None, "all")] if row else []
    return Complexity(rows, Ordering(), targets_of(prices), ("basic",), ())


def ranked(stage: Complexity, call: Call, reading: Reading, eligible: int) -> tuple[int, ...]:
    """The order that a stage gives."""
    return stage.judge(call, Candidates(eligible, 0), NO_FACTS, reading).order.models


PRICES = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 8000)), min_size=1, max_size=7)
CALLS = st.lists(
    st.tuples(st.integers(0, 10**6), st.none() | st.integers(0, 10**5), st.integers(1, 4), st.integers(1, 2**7 - 1)),
    min_size=1,
    max_size=6,
)


@given(PRICES, CALLS)
@example([(2000, 1), (0, 2)], [(0, 10, 1, 3), (10, 0, 1, 3), (0, 0, 1, 3)])
@example([(1, 3), (3, 1), (2, 2)], [(100, 100, 1, 7), (100, 101, 1, 7), (101, 100, 1, 7), (50, None, 2, 7)])
@settings(max_examples=150)
def test_the_order_is_that_of_exact_costs(prices: list[tuple[int, int]], calls: list[tuple[int, int | None, int, int]]) -> None:
    """For every call of a sequence: where two costs differ, the cheaper model is first; equal prices stand as declared."""
    stage = stage_of(prices)
    for tokens, max_output, answers, some in calls:
        eligible = some & ((1 << len(prices)) - 1)
        out = (ASSUMED_OUTPUT if max_output is None else max_output) * answers
        order = ranked(stage, Call(), reading_of(tokens, max_output, answers), eligible)
        assert sorted(order) == [i for i in range(len(prices)) if eligible >> i & 1]
        for first, second in pairwise(order):
            costs = [prices[i][0] * tokens + prices[i][1] * out for i in (first, second)]
            assert costs[0] <= costs[1], (first, second, costs)
            assert prices[first] != prices[second] or first < second


@given(PRICES, st.integers(1, 10**6), st.integers(0, 10**5))
def test_many_prices_are_ordered_alike(prices: list[tuple[int, int]], tokens: int, out: int) -> None:
    """With too many prices for a table each model is looked at, and the costs are in the same order."""
    many = targets_of([*prices, *((5000 + i, 9000 + i) for i in range(MOST_PRICES + 1))])
    table, plain = Prices(targets_of(prices)), Prices(many)
    reading = reading_of(tokens, out)
    for a in range(len(prices)):
        for b in range(len(prices)):
            costs = [prices[i][0] * tokens + prices[i][1] * out for i in (a, b)]
            for one in (table, plain):
                ratio = one.ratio(reading)
                assert costs[0] >= costs[1] or one.cost(a, ratio) < one.cost(b, ratio)


def test_alike_calls_share_an_order() -> None:
    """Calls between the same two turning points are ordered once, whatever their size."""
    prices = Prices(targets_of([(100, 300), (300, 100), (150, 200)]))
    assert len({prices.ratio(reading_of(tokens, 10)) for tokens in range(1, 5000)}) <= 4
    assert len({Prices(targets_of([(1, 1), (2, 2)])).ratio(reading_of(tokens, 10)) for tokens in range(1, 50)}) == 1


@pytest.mark.parametrize("first", [NO_ASKS, Asks(prefer="cost")])
def test_a_callers_wish_changes_no_other_call(first: Asks) -> None:
    """Orders are kept, and a call that asks for the cheapest gets one of its own, whichever of the two comes first."""
    stage = stage_of([(1, 1), (2, 2), (3, 3)], (0b100, 0b010))
    expected = {NO_ASKS: (2, 1, 0), Asks(prefer="cost"): (0, 1, 2)}
    for asks in (first, NO_ASKS, Asks(prefer="cost"), NO_ASKS):
        assert ranked(stage, Call(asks=asks), reading_of(10, 10), 0b111) == expected[asks]
