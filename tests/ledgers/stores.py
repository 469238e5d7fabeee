"""Every store of spend, made for one test: what they promise is written down once, for all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

from policyroute.ledgers.ledger import Ledger
from policyroute.ledgers.memory import MemoryLedger
from policyroute.ledgers.redis import RedisLedger
from policyroute.ledgers.sqlite import SqliteLedger
from tests.ledgers.redis_server import shared


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


def sqlite(folder: Path, time: Time) -> Ledger:
    return SqliteLedger(folder / "ledger.db", clock=time, now=time, wait_s=5.0)


def redis(folder: Path, time: Time) -> Ledger:
    return RedisLedger(shared().url, name=token_hex(8), clock=time, now=time, wait_s=5.0)


STORES: dict[str, Callable[[Path, Time], Ledger]] = {"memory": memory, "sqlite": sqlite, "redis": redis}
