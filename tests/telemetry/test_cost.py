"""What telemetry costs: next to nothing where nobody listens, and not much more than the SDK's own span where somebody does."""

from __future__ import annotations

import pytest

from benchmarks.telemetry import measured
from benchmarks.timing import calibration

pytestmark = pytest.mark.slow

# What the fixed loop of `calibration` takes on the machine the limit was set on.
CALIBRATED_US = 300.0


def test_the_cost_is_within_its_limits() -> None:
    """Nobody listens: at most 3 us for a whole call. Recording: a decision span is at most three bare ones. Best of three."""
    quiet, ratio = [], []
    for _ in range(3):
        slow = max(1.0, calibration() / CALIBRATED_US)
        found = measured(rounds=7)
        quiet.append(found["a call, nobody listens"] / slow)
        deciding = found["deciding"]
        ratio.append((found["deciding, decision span"] - deciding) / (found["deciding, bare span"] - deciding))
    assert min(quiet) <= 3.0
    assert min(ratio) <= 3.0
