"""Windows of time: where they begin and end, in any place and over every change of its clocks."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from policyroute.ledgers.windows import SLICES, window

BERLIN, NEW_YORK, KATHMANDU, LORD_HOWE = "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"
HOUR = 3600
DAY = 24 * HOUR


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("spelled", "zone", "now", "name", "begin", "length_s"),
    [
        ("minute", "UTC", "2026-11-21T10:20:59", "2026-11-21T10:20+0000", "2026-11-21T10:20:00", 60),
        ("hour", "UTC", "2026-11-21T10:00:00", "2026-11-21T10+0000", "2026-11-21T10:00:00", HOUR),
        ("hour", KATHMANDU, "2026-11-21T10:10:00", "2026-11-21T10+0545", "2026-11-21T10:00:00", HOUR),
        ("day", "UTC", "2026-11-21T23:59:59", "2026-11-21", "2026-11-21T00:00:00", DAY),
        ("day", BERLIN, "2026-03-29T12:00:00", "2026-03-29", "2026-03-29T00:00:00", 23 * HOUR),
        ("day", BERLIN, "2026-10-25T12:00:00", "2026-10-25", "2026-10-25T00:00:00", 25 * HOUR),
        ("day", LORD_HOWE, "2026-04-05T12:00:00", "2026-04-05", "2026-04-05T00:00:00", 24 * HOUR + HOUR // 2),
        ("day", "UTC", "2028-02-29T01:00:00", "2028-02-29", "2028-02-29T00:00:00", DAY),
        ("week", "UTC", "2026-11-22T23:00:00", "2026-W47", "2026-11-16T00:00:00", 7 * DAY),
        ("week", "UTC", "2027-01-01T00:00:00", "2026-W53", "2026-12-28T00:00:00", 7 * DAY),
        ("week", NEW_YORK, "2026-03-08T12:00:00", "2026-W10", "2026-03-02T00:00:00", 7 * DAY - HOUR),
        ("month", "UTC", "2028-02-10T00:00:00", "2028-02", "2028-02-01T00:00:00", 29 * DAY),
        ("month", "UTC", "2027-02-28T23:59:59", "2027-02", "2027-02-01T00:00:00", 28 * DAY),
        ("month", BERLIN, "2026-10-31T23:00:00", "2026-10", "2026-10-01T00:00:00", 31 * DAY + HOUR),
        ("month", "UTC", "2026-12-31T23:59:59", "2026-12", "2026-12-01T00:00:00", 31 * DAY),
    ],
)
def test_a_calendar_window(spelled: str, zone: str, now: str, name: str, begin: str, length_s: int) -> None:
    """Days are as long as the place's clock makes them, weeks begin on Monday, months as the calendar has them."""
    span = window(spelled, zone).at(at(now, zone))
    assert span.name == name
    assert span.starts_at == at(begin, zone)
    assert span.ends_at - span.starts_at == length_s


@pytest.mark.parametrize("spelled", ["minute", "hour"])
def test_an_hour_that_comes_twice_is_two_windows(spelled: str) -> None:
    """When clocks go back, the second two o'clock is not paid for by the first."""
    first = at("2026-10-25T00:30:00")
    berlin = window(spelled, BERLIN)
    assert berlin.at(first).name.replace("+0200", "") == berlin.at(first + HOUR).name.replace("+0100", "")
    assert berlin.at(first).name != berlin.at(first + HOUR).name


@pytest.mark.parametrize("spelled", ["minute", "hour", "day", "week", "month"])
@pytest.mark.parametrize(
    "zone", ["UTC", BERLIN, NEW_YORK, KATHMANDU, LORD_HOWE, "America/Sao_Paulo", "Asia/Gaza", "Pacific/Apia"]
)
@given(moment=st.integers(0, 2**32), more_s=st.integers(0, 40 * DAY))
def test_a_window_is_one_stretch_of_time(spelled: str, zone: str, moment: int, more_s: int) -> None:
    """Now is within its window, and two moments are in one window exactly if they have its name."""
    kind = window(spelled, zone)
    span, other = kind.at(moment), kind.at(moment + more_s)
    assert span.starts_at <= moment < span.ends_at
    if span.name == other.name:
        assert spelled in ("minute", "hour") or (span.starts_at, span.ends_at) == (other.starts_at, other.ends_at)
    else:
        assert moment + more_s >= span.ends_at or spelled in ("minute", "hour")


@pytest.mark.parametrize(("spelled", "length_s"), [("90m", 5400), ("7d", 7 * DAY), ("1m", 60), ("24h", DAY)])
@given(now=st.integers(10**9, 2 * 10**9), ago_s=st.integers(0, 10 * DAY))
def test_a_rolling_window_counts_all_of_its_length(spelled: str, length_s: int, now: int, ago_s: int) -> None:
    """What is not older than the window counts, and what is older by more than a slice does not."""
    kind = window(spelled, "UTC")
    then, span = kind.at(now - ago_s), kind.at(now)
    assert span.name == then.name == spelled
    counts = then.cell >= span.first
    if ago_s <= length_s:
        assert counts
    if ago_s > length_s + 2 * length_s / SLICES:
        assert not counts
    assert span.starts_at <= now < span.ends_at


@pytest.mark.parametrize("spelled", ["minute", "day", "month", "7d", "90m"])
def test_a_window_is_not_forgotten_soon(spelled: str) -> None:
    """A clock that is wrong by hours finds what was spent."""
    kind = window(spelled, "UTC")
    now = at("2026-11-21T10:20:59")
    assert kind.forget_at(kind.at(now)) > now + (kind.length_s or 0) + 2 * HOUR
