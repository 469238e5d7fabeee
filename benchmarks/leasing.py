"""What a lease saves and what it parks: a thousand replicas on one budget, simulated with real ledgers and a made-up clock."""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from typing import NamedTuple

from policyroute.ledgers.leased import LeasedLedger
from policyroute.ledgers.ledger import Account, Answer, Ledger, Line, Look, Offer, Reserve, Settle, Step
from policyroute.ledgers.memory import MemoryLedger

DAY = Account("company/day?@2026-11-21", 2**31)
CAP = 1_000_000_000_000  # a thousand dollars
HELD = 4_000_000  # 0.4 cents at most, half of it on average
ENOUGH = 500
SEED = 7
HEAD = "   chunk  admitted  store steps  an admitted call  over cap  left at first denial  left at the end"


class Time:
    """A clock that the simulation moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class Counting(MemoryLedger):
    """The one store, which counts what it is asked."""

    def __init__(self, time: Time) -> None:
        super().__init__(clock=time, now=time)
        self.count = 0

    def do(self, step: Step) -> Answer:
        self.count += 1
        return super().do(step)


class Run(NamedTuple):
    """What came of one size of chunk."""

    admitted: int
    steps: int
    over: int
    parked_at_first_denial: float
    unused: float


def simulate(share: float, replicas: int) -> Run:
    """Calls arrive at random replicas until nearly all are denied; a share of 0 is no lease."""
    time, chance = Time(), random.Random(SEED)
    store = Counting(time)
    chunks = {"company/day?": max(1, int(CAP * share))}

    def replica() -> Ledger:
        return LeasedLedger(store, MemoryLedger(clock=time, now=time), chunks, clock=time) if share else store

    ledgers = [replica() for _ in range(replicas)]
    admitted = spent = over = denied = calls = steps = 0
    parked = 0.0
    while denied < ENOUGH:
        time.at += 0.01
        calls += 1
        ledger = ledgers[chance.randrange(replicas)]
        step = Reserve(str(calls), (Line(DAY, -(2**53)),), (Offer((HELD,), (CAP,)),), 900.0)
        if ledger.do(step).outcome == "reserved":
            cost = chance.randint(0, HELD)
            ledger.do(Settle(str(calls), (DAY,), (cost,)))
            admitted, spent, denied, steps = admitted + 1, spent + cost, 0, store.count
        else:
            parked = parked or (CAP - spent) / CAP
            denied += 1
        over = max(over, MemoryLedger.do(store, Look((DAY,))).used[0] - CAP)
    return Run(admitted, steps, over, parked, max(0, CAP - spent) / CAP)


def main(options: Sequence[str] = ()) -> None:
    """Prints a line for each size of chunk."""
    parser = argparse.ArgumentParser(prog="scripts/bench leasing", description=__doc__)
    parser.add_argument("--replicas", type=int, default=1000)
    replicas: int = parser.parse_args(list(options)).replicas
    print(f"{replicas:,} replicas, calls that cost {HELD / 2e9:g} USD on average, against {CAP / 1e9:g} USD a day")
    print(HEAD)
    for share in (0.0, 0.0001, 0.001, 0.01, 0.1):
        run = simulate(share, replicas)
        print(
            f"{f'{share:.2%}' if share else 'none':>8} {run.admitted:>9,} {run.steps:>12,} {run.steps / run.admitted:>17.3f}"
            f" {run.over:>9,} {run.parked_at_first_denial:>21.2%} {run.unused:>16.2%}",
            flush=True,
        )
