"""The clock of budgets."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from policyroute.engine.clock import SteadyClock
from tests.ledgers.stores import Time

HOUR = 3600.0


@pytest.mark.parametrize("step_s", [HOUR, -HOUR])
def test_a_clock_that_is_set_moves_no_window(step_s: float) -> None:
    """An hour forward or back at once is walked to, over most of a day."""
    wall, elapsed = Time(1e9), Time(50.0)
    clock = SteadyClock(wall, elapsed)
    wall.on(step_s)
    before = clock()
    assert before == 1e9
    for _ in range(60):
        wall.on(60)
        elapsed.on(60)
        now = clock()
        assert 0.95 * 60 - 1e-3 <= now - before <= 1.05 * 60 + 1e-3
        before = now
    for _ in range(30):
        wall.on(HOUR)
        elapsed.on(HOUR)
        now = clock()
    assert now == pytest.approx(wall())


@given(moves=st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(0, 1e4)), max_size=20))
def test_no_second_is_shown_twice(moves: list[tuple[float, float]]) -> None:
    """Whoever sets the machine's clock, as often as he likes."""
    wall, elapsed = Time(1e9), Time(0.0)
    clock = SteadyClock(wall, elapsed)
    before = clock()
    for step_s, gone_s in moves:
        wall.on(step_s + gone_s)
        elapsed.on(gone_s)
        now = clock()
        assert now >= before
        before = now


def test_it_shows_the_time() -> None:
    """With nobody setting anything."""
    wall, elapsed = Time(1e9), Time(0.0)
    clock = SteadyClock(wall, elapsed)
    wall.on(1234.5)
    elapsed.on(1234.5)
    assert clock() == 1e9 + 1234.5
