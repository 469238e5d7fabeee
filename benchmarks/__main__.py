"""`python -m benchmarks [NAME…]`: all measurements, or those that are named."""

from __future__ import annotations

import sys

from benchmarks import decide, detect, hammer, killing, leasing, mounted, scan, scoring, starting, streams, telemetry

ALL = {"decide": decide.main, "starting": starting.main, "scan": scan.main, "scoring": scoring.main}
ALL |= {"mounted": mounted.main, "streams": streams.main, "telemetry": telemetry.main}
TAKING_OPTIONS = {
    "detect": detect.main,
    "ledgers": hammer.timing,
    "hammer": hammer.main,
    "killing": killing.main,
    "leasing": leasing.main,
}


def main(names: list[str]) -> int:
    """Runs what is asked for; 2 where there is no such measurement."""
    if {"-h", "--help"} & set(names):
        print(f"scripts/bench [NAME…]: all measurements, or those that are named: {', '.join([*ALL, *TAKING_OPTIONS])}")
        return 0
    if names and names[0] in TAKING_OPTIONS:
        TAKING_OPTIONS[names[0]](names[1:])
        return 0
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"no such measurement: {', '.join(unknown)}; there are {', '.join(ALL)}", file=sys.stderr)
        return 2
    for name in names or ALL:
        print(f"== {name}", flush=True)
        ALL[name]()
        print()
    for name in () if names else TAKING_OPTIONS:
        print(f"== {name}", flush=True)
        TAKING_OPTIONS[name]()
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
