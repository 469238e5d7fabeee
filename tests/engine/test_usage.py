"""What an upstream says of its own cost."""

from __future__ import annotations

import logging
from math import inf, nan

import pytest

from policyroute.call import Target, Usage
from policyroute.dialects.dialect.tally import Tally
from policyroute.engine.usage import spent_nano, used

ESTIMATE = Usage(100, 50)
TARGET = Target("m", "p", "m", "t", price_in=2_000_000, price_out=3_000_000, price_cached_in=500_000)


def billed(*said: dict[str, object]) -> Usage:
    counted = Tally()
    for one in said:
        counted.says(one)
    return used(counted, ESTIMATE)


def test_what_makes_sense_is_believed() -> None:
    """Also where it is less than was estimated."""
    assert billed({"input_tokens": 90, "output_tokens": 20, "cached_input_tokens": 30}) == Usage(90, 20, 30)
    assert billed({"input_tokens": 90.0, "output_tokens": 20}) == Usage(90, 20)


@pytest.mark.parametrize("bad", [-1, nan, inf, -inf, True, False, "12", 10**12, 1.5, [], {}, b"1"])
@pytest.mark.parametrize("field", ["input_tokens", "output_tokens", "cached_input_tokens"])
def test_nonsense_never_makes_a_call_cheaper(bad: object, field: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is billed by the text, marked as estimated, and somebody is told."""
    with caplog.at_level(logging.WARNING):
        usage = billed({"input_tokens": 120, "output_tokens": 40, field: bad})
    assert usage.estimated
    assert usage.input_tokens >= 100
    assert usage.output_tokens >= (40 if field != "output_tokens" else 50)
    assert usage.cached_input_tokens == 0
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        ([], Usage(100, 50, 0, True)),
        ([{"output_tokens": 7}], Usage(100, 7, 0, True)),
        ([{"input_tokens": 7}], Usage(7, 50, 0, True)),
        ([{"input_tokens": None, "output_tokens": None}], Usage(100, 50, 0, True)),
        ([{"input_tokens": 7, "output_tokens": 0}], Usage(100, 50, 0, True)),
    ],
)
def test_what_is_missing_is_estimated(said: list[dict[str, object]], usage: Usage) -> None:
    """No figure is not nothing, and an answer with text in it has not used nothing."""
    assert billed(*said) == usage


def test_what_makes_no_sense_is_told_once_it_is_billed(caplog: pytest.LogCaptureFixture) -> None:
    """Counting is silent; nobody is told of what is merely missing."""
    counted = Tally()
    with caplog.at_level(logging.WARNING):
        counted.says({"output_tokens": 5})
        assert not counted.doubtful
        assert used(counted, ESTIMATE) == Usage(100, 5, 0, True)
        counted.says({"input_tokens": "many"})
        assert counted.doubtful
        assert not caplog.records
        assert used(counted, ESTIMATE) == Usage(100, 50, 0, True)
    assert [record.name for record in caplog.records] == ["policyroute.engine.usage"]


def test_what_is_said_again_counts_once() -> None:
    """Figures of a stream grow; they are neither added up nor taken back."""
    first, more = {"input_tokens": 9, "output_tokens": 1}, {"output_tokens": 30}
    assert billed(first, more, more, {"output_tokens": 2}) == Usage(9, 30)


def test_more_cached_than_there_was_is_not_cheaper() -> None:
    """What was read from a cache is a part of the input."""
    assert billed({"input_tokens": 10, "output_tokens": 1, "cached_input_tokens": 500}) == Usage(10, 1, 10)


def test_a_cost_is_rounded_up_once() -> None:
    """At two, three and a half dollars a million."""
    assert spent_nano(TARGET, Usage(10, 7, 4)) == (6 * 2_000_000 + 4 * 500_000 + 7 * 3_000_000) // 1_000_000
    assert spent_nano(TARGET._replace(price_in=1), Usage(1, 0)) == 1
    assert spent_nano(TARGET._replace(price_cached_in=None), Usage(10, 0, 10)) == 20
