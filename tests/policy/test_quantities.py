"""Quantities as policies spell them, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from policyroute.policy.problems import Problems
from policyroute.policy.quantities import CLOCK, DAYS, DURATION, LEVEL, SHARE, SIZE, WINDOW
from policyroute.policy.shape import ABSENT, Spelled
from policyroute.policy.source import Scalar, read_text


def read(shape: Spelled, text: str) -> object:
    """What a text without quotes stands for; None where it is refused."""
    root = read_text(f"{text}\n", "p.yaml").root
    assert isinstance(root, Scalar)
    problems = Problems()
    found = shape.read(root, "$", problems)
    assert (found is ABSENT) == bool(problems.found)
    assert all(p.code in ("PR103", "PR108") for p in problems.found)
    return None if found is ABSENT else found


@pytest.mark.parametrize(
    ("shape", "text", "value"),
    [
        (DURATION, "200ms", 0.2),
        (DURATION, "5s", 5),
        (DURATION, "1.5h", 5400),
        (DURATION, "7d", 604800),
        (DURATION, "2w", 1209600),
        (DURATION, "0s", None),
        (DURATION, "5", None),
        (DURATION, "-5s", None),
        (DURATION, "5 s", None),
        (DURATION, "5S", None),
        (DURATION, "1e3s", None),
        (DURATION, "99999d", None),
        (DURATION, "5sec", None),
        (DURATION, "٥s", None),
        (DURATION, ".5s", None),
        (SHARE, "5%", 0.05),
        (SHARE, "0%", 0),
        (SHARE, "100%", 1),
        (SHARE, "0.5%", 0.005),
        (SHARE, "100.1%", None),
        (SHARE, "5", None),
        (SHARE, "-1%", None),
        (SHARE, "5 %", None),
        (SHARE, "५%", None),
        (LEVEL, "80%", 0.8),
        (LEVEL, "1000%", 10),
        (LEVEL, "0%", None),
        (LEVEL, "1001%", None),
        (LEVEL, "true", None),
        (SIZE, "10MB", 10_000_000),
        (SIZE, "1KiB", 1024),
        (SIZE, "1.5GB", 1_500_000_000),
        (SIZE, "0MB", None),
        (SIZE, "0.1B", None),
        (SIZE, "10", None),
        (SIZE, "9" * 400 + "GB", None),
        (SIZE, "10mb", None),
        (CLOCK, "08:00", 480),
        (CLOCK, "24:00", 1440),
        (CLOCK, "00:00", 0),
        (CLOCK, "24:01", None),
        (CLOCK, "8:00", None),
        (CLOCK, "23:60", None),
        (CLOCK, "25:00", None),
        (DAYS, "mon", (0,)),
        (DAYS, "mon-fri", (0, 1, 2, 3, 4)),
        (DAYS, "sat-mon", (5, 6, 0)),
        (DAYS, "mon-mon", (0,)),
        (DAYS, "Mon", None),
        (DAYS, "monday", None),
        (DAYS, "mon-", None),
        (WINDOW, "day", "day"),
        (WINDOW, "90m", "90m"),
        (WINDOW, "7d", "7d"),
        (WINDOW, "0d", None),
        (WINDOW, "days", None),
        (WINDOW, "1.5h", None),
        (WINDOW, "9999d", None),
        (WINDOW, "9" * 5000 + "m", None),
    ],
)
def test_a_quantity(shape: Spelled, text: str, value: object) -> None:
    """Each spelling has one meaning, and what is spelled otherwise has none."""
    assert read(shape, text) == (pytest.approx(value) if isinstance(value, float | int) else value)


@given(
    st.sampled_from((DURATION, SHARE, LEVEL, SIZE, CLOCK, DAYS, WINDOW)), st.from_regex(r"\d{1,6}(\.\d)?(ms|s|m|h|d|w|%|MB|B)?")
)
def test_any_quantity_is_finite_or_refused(shape: Spelled, text: str) -> None:
    """Whatever digits and units say, the value is within bounds or there is none."""
    root = Scalar(read_text("a\n", "p.yaml").root.origin, 0, 1, text, text, "'")  # type: ignore[union-attr]
    found = shape.read(root, "$", Problems())
    assert found is ABSENT or isinstance(found, str | tuple) or 0 <= found < 1e16
