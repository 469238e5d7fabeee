"""Processes that are killed while they reserve and settle: what the ledger has afterwards, to the last unit.

`scripts/bench killing [--store URL] [--rounds 200] [--workers 2]`
"""

from __future__ import annotations

import multiprocessing
import os
import random
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.hammer import parser
from benchmarks.timing import table
from policyroute.errors import LedgerError
from policyroute.ledgers.ledger import NO_CAP, Account, Answer, Ledger, Line, Offer, Reserve, Settle, Step
from policyroute.ledgers.opening import open_ledger

LASTS_S = 1.0


class Notes(NamedTuple):
    """What a worker wrote down: what it was about to settle, and what it was told is settled."""

    meant: dict[str, int]
    told: set[str]


class Result(NamedTuple):
    """What many rounds came to."""

    told: int
    in_flight: int
    in_flight_done: int
    lost: int
    drift: int
    held: int


def accounts(name: str) -> tuple[Account, ...]:
    """Two accounts, so that a step that is half done shows."""
    forget_at = int(time.time()) + 3600
    return (Account(f"{name}/day?", forget_at), Account(f"{name}/month?", forget_at))


def ask(ledger: Ledger, step: Step) -> Answer:
    """A step, until it is answered."""
    for attempt in range(100):
        try:
            return ledger.do(step)
        except LedgerError:
            time.sleep(0.001 * attempt)
    return ledger.do(step)


def work(url: str, name: str, notes: Path, worker: str) -> None:
    """Reserves and settles until it is killed. A line is written before a settlement and another one after it."""
    ledger = open_ledger(url)
    both = accounts(name)
    lines = tuple(Line(account) for account in both)
    rng = random.Random(worker)
    file = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for i in range(1_000_000):
        hold = f"{worker}-{i}"
        amount = rng.randint(1, 1_000)
        ask(ledger, Reserve(hold, lines, (Offer((1_000, 1_000), (NO_CAP, NO_CAP)),), LASTS_S))
        if i % 5 == 4:  # nobody settles this one
            continue
        os.write(file, f"meant {hold} {amount}\n".encode())
        ask(ledger, Settle(hold, both, (amount, amount)))
        os.write(file, f"told {hold} {amount}\n".encode())


def read(notes: Path) -> Notes:
    """The notes of a worker that was killed, maybe before it wrote any, or in the middle of a line."""
    meant: dict[str, int] = {}
    told: set[str] = set()
    whole = notes.read_text().rpartition("\n")[0] if notes.exists() else ""
    for line in whole.splitlines():
        what, hold, amount = line.split()
        if what == "meant":
            meant[hold] = int(amount)
        else:
            told.add(hold)
    return Notes(meant, told)


def kill(url: str, name: str, folder: Path, workers: list[str]) -> list[Notes]:
    """One round: workers are started, and each is killed at some moment, the first ones before they have opened anything."""
    context = multiprocessing.get_context("fork")
    started = [context.Process(target=work, args=(url, name, folder / worker, worker)) for worker in workers]
    for process in started:
        process.start()
    for process in started:
        time.sleep(random.random() * 0.06)
        process.kill()
        process.join()
    return [read(folder / worker) for worker in workers]


def killing(url: str, rounds: int, workers: int) -> Result:
    """All rounds. After each the books have to balance, once what was in flight has been settled again."""
    name = f"killing-{uuid.uuid4().hex[:12]}"
    both = accounts(name)
    ledger = open_ledger(url)
    told = in_flight = in_flight_done = lost = drift = expected = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            if number % 2:
                ledger.close()  # so that who is killed may have been the last to have it open
            for notes in kill(url, name, Path(folder), [f"{name}-{number}-{worker}" for worker in range(workers)]):
                for hold, amount in notes.meant.items():
                    answer = ask(ledger, Settle(hold, both, (amount, amount)))
                    if hold in notes.told:
                        told += 1
                        lost += answer.outcome != "known"
                    else:
                        in_flight += 1
                        in_flight_done += answer.outcome == "known"
                    expected += amount
                assert len(notes.meant) - len(notes.told) <= 1
            ended = {balance.key: balance.spent for balance in ledger.balances(f"{name}/")}
            drift = max(drift, *(abs(ended.get(account.key, 0) - expected) for account in both))
    time.sleep(LASTS_S + 0.1)
    held = sum(balance.held for balance in ledger.balances(f"{name}/"))
    ledger.close()
    return Result(told, in_flight, in_flight_done, lost, drift, held)


def main(options: Sequence[str] = ()) -> None:
    """All of it."""
    made = parser("killing")
    made.add_argument("--rounds", type=int, default=200)
    made.add_argument("--workers", type=int, default=2)
    given = made.parse_args(options)
    with tempfile.TemporaryDirectory() as folder:
        url = given.store or f"sqlite:///{Path(folder, 'ledger.db')}"
        if url.startswith("memory:"):
            print("a ledger in memory ends with its process")
            return
        began = time.perf_counter()
        result = killing(url, given.rounds, given.workers)
        rows = [
            ("settlements that a worker was told of", f"{result.told:,}", ""),
            ("settlements in flight at the kill", result.in_flight, f"≤ {given.rounds * given.workers}"),
            ("of these done", result.in_flight_done, ""),
            ("told of, and not in the ledger", result.lost, "0"),
            ("largest drift of what is spent, after any round", result.drift, "0"),
            ("held once everything has expired", result.held, "0"),
            ("wall time", f"{time.perf_counter() - began:.1f} s", ""),
        ]
        print(table((f"{url.split(':')[0]}: {given.rounds} rounds × {given.workers} killed", "seen", "wanted"), rows))


if __name__ == "__main__":
    main()
