"""What it costs to start: importing, checking a policy from the shell, loading a thousand rules."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.material import policy
from benchmarks.timing import table
from policyroute.loading import loads

UNWANTED = ("starlette", "httpx", "opentelemetry", "yaml", "jsonschema", "click")


def process(*arguments: str, runs: int = 9) -> float:
    """Median milliseconds of a fresh Python with these arguments."""
    took = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


def main() -> None:
    """Import, check, load."""
    bare = process("-c", "pass")
    imported = process("-c", "import policyroute") - bare
    loaded = subprocess.run(
        [sys.executable, "-c", f"import policyroute, sys; print([m for m in {UNWANTED!r} if m in sys.modules])"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    checked = process("-m", "policyroute", "check", "policies/default.yaml")
    text = policy(1000, 20)
    took = []
    for _ in range(5):
        started = time.perf_counter()
        loads(text)
        took.append(time.perf_counter() - started)
    rows = [
        ("import policyroute, over a bare Python", f"{imported:.0f} ms", "≤ 60 ms"),
        ("of its heavy dependencies that brings in", loaded, "[]"),
        ("policyroute check policies/default.yaml", f"{checked:.0f} ms", "≤ 400 ms"),
        ("loading 1,000 rules", f"{statistics.median(took) * 1000:.0f} ms", "≤ 1,000 ms"),
    ]
    print(table(("starting", "median", "wanted"), rows))


if __name__ == "__main__":
    main()
