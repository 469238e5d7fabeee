"""A clock for budgets: it shows the time of day, and nobody who sets the machine's clock opens a window twice."""

from __future__ import annotations

import time
from collections.abc import Callable

_PER_S = 0.05
_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)


def elapsed() -> float:
    """Seconds that never go back, those of a machine asleep included where the system counts them."""
    return time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)


class SteadyClock:
    """Unix seconds. It follows the machine's clock, but when that is set it only walks towards it, three minutes an hour.

    So an hour forward opens no window early, an hour back fills no window again, and no second is ever shown twice.
    """

    def __init__(self, wall: Callable[[], float] = time.time, elapsed: Callable[[], float] = elapsed) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._at = wall(), elapsed()

    def __call__(self) -> float:
        shown, then = self._at
        now = self._elapsed()
        gone = max(0.0, now - then)
        shown += gone
        off = self._wall() - shown
        shown += max(-_PER_S * gone, min(_PER_S * gone, off))
        self._at = shown, now
        return shown
