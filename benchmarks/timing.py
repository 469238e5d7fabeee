"""How things are timed here: many short rounds, the subjects in turn, medians of the rounds, so that a noisy machine tells."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence


def calibration() -> float:
    """Microseconds that a fixed loop of plain Python takes now: what the machine is worth at this moment."""
    started = time.perf_counter_ns()
    total = 0
    for i in range(10_000):
        total += i & 7
    return (time.perf_counter_ns() - started) / 1000


def medians(subjects: dict[str, Callable[[], object]], *, rounds: int = 15, calls: int = 200) -> dict[str, float]:
    """Median microseconds a call, the subjects interleaved round by round."""
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for subject in subjects.values():
        for _ in range(max(3, calls // 4)):
            subject()
    for _ in range(rounds):
        for name, subject in subjects.items():
            started = time.perf_counter_ns()
            for _ in range(calls):
                subject()
            times[name].append((time.perf_counter_ns() - started) / calls / 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns, aligned."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
