"""Every store of spend, made for one test: what they promise is written down once, for all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from policyroute.ledgers.ledger import Ledger
from policyroute.ledgers.memory import MemoryLedger


class Time:
    """A clock that goes only where a test moves it."""

    def __init__(self, at: float = 1_000_000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at

    def on(self, seconds: float) -> None:
        self.at += seconds


def memory(folder: Path, time: Time) -> Ledger:
    return MemoryLedger(clock=time, now=time)


STORES: dict[str, Callable[[Path, Time], Ledger]] = {"memory": memory}
