"""`python -m benchmarks [NAME…]`: all measurements, or those that are named."""

from __future__ import annotations

import sys

from benchmarks import decide, scan, scoring, starting

ALL = {"decide": decide.main, "starting": starting.main, "scan": scan.main, "scoring": scoring.main}


def main(names: list[str]) -> int:
    """Runs what is asked for; 2 where there is no such measurement."""
    if {"-h", "--help"} & set(names):
        print(f"scripts/bench [NAME…]: all measurements, or those that are named: {', '.join(ALL)}")
        return 0
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"no such measurement: {', '.join(unknown)}; there are {', '.join(ALL)}", file=sys.stderr)
        return 2
    for name in names or ALL:
        print(f"== {name}", flush=True)
        ALL[name]()
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
