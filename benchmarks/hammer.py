"""Ledgers under load: many callers on few accounts with caps that bind, and what a step takes.

`scripts/bench hammer [--store URL] [--processes 4] [--concurrent 64] [--calls 2000]`; `scripts/bench ledgers [--store URL]`.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import statistics
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.timing import calibration, table
from policyroute.errors import LedgerError
from policyroute.ledgers.ledger import NO_CAP, Account, Answer, Ledger, Line, Look, Offer, Reserve, Settle, Step
from policyroute.ledgers.memory import MemoryLedger
from policyroute.ledgers.opening import open_ledger

MOST = 1_000
"""The most that a call holds."""
TENANTS = 4
LASTS_S = 600.0
ROUNDS, CALLS = 21, 200
PING = "redis, a bare PING"
TRIES = 200


class Plan(NamedTuple):
    """A run: against which store, how many callers, and up to where each account may be filled."""

    url: str
    name: str
    processes: int
    concurrent: int
    calls: int
    forget_at: int

    def accounts(self, tenant: int) -> tuple[Account, ...]:
        """A tenant's window, everybody's, and a rolling one."""
        return (
            Account(f"{self.name}/day?tenant={tenant}", self.forget_at),
            Account(f"{self.name}/month?", self.forget_at),
            Account(f"{self.name}/rolling?tenant={tenant}", self.forget_at, 60, 1),
        )

    def caps(self) -> tuple[int, ...]:
        """So that of what is asked for about three quarters fit, and the rest does not."""
        asked = self.processes * self.calls * MOST // 2
        return (asked // TENANTS // 3, asked // 4, NO_CAP)


class Tally(NamedTuple):
    """What the callers of one process did, and what they saw."""

    calls: int
    admitted: int
    settled: Counter[str]
    held: Counter[str]
    over: int
    trouble: int
    took_us: list[float]


class Caller:
    """All callers of one process: it counts by itself what the ledger should have."""

    def __init__(self, ledger: Ledger, plan: Plan, seed: int) -> None:
        self.ledger = ledger
        self.plan = plan
        self.random = random.Random(seed)
        self.seed = seed
        self.calls = self.admitted = self.over = self.trouble = 0
        self.settled: Counter[str] = Counter()
        self.held: Counter[str] = Counter()
        self.took_us: list[float] = []

    async def ask(self, step: Step) -> Answer:
        """A step, until it is answered: asked again it is the same step."""
        for attempt in range(TRIES):
            try:
                return await self.ledger.ado(step)
            except LedgerError:
                self.trouble += 1
                await asyncio.sleep(0.01 * min(attempt, 20))
        raise LedgerError(f"no answer after {TRIES} tries")

    async def all(self) -> Tally:
        """So many callers at once, each one call after the other."""
        each, rest = divmod(self.plan.calls, self.plan.concurrent)
        await asyncio.gather(*(self.one(i, each + (i < rest)) for i in range(self.plan.concurrent)))
        return Tally(self.calls, self.admitted, self.settled, self.held, self.over, self.trouble, self.took_us)

    async def one(self, number: int, calls: int) -> None:
        """A caller: the upstream's answers take a moment, streams go on while the next call begins."""
        streams = []
        for i in range(calls):
            amount = self.random.randint(1, MOST)
            accounts = self.plan.accounts(self.random.randrange(TENANTS))
            hold = f"{self.plan.name}-{self.seed}-{number}-{i}"
            caps = self.plan.caps()
            offers = tuple(Offer((part,) * len(accounts), caps) for part in (amount, amount // 2))
            began = time.perf_counter()
            answer = await self.ask(Reserve(hold, tuple(Line(one) for one in accounts), offers, LASTS_S))
            took_us = (time.perf_counter() - began) * 1e6
            self.calls += 1
            await self.watch(accounts, caps)
            if answer.outcome != "reserved":
                await asyncio.sleep(0)
                continue
            self.admitted += 1
            ending = self.end(hold, accounts, offers[answer.offer].amounts[0], took_us)
            if self.random.random() < 0.5:
                streams.append(asyncio.create_task(ending))
            else:
                await ending
        await asyncio.gather(*streams)

    async def end(self, hold: str, accounts: tuple[Account, ...], amount: int, took_us: float) -> None:
        """Three in ten abort; half of these let go of the hold, the others are never heard of again."""
        await asyncio.sleep(self.random.random() * 0.004)
        fate = self.random.random()
        if fate < 0.15:
            self.held.update({account.key: amount for account in accounts})
            return
        cost = 0 if fate < 0.3 else self.random.randint(0, amount)
        began = time.perf_counter()
        await self.ask(Settle(hold, accounts, (cost,) * len(accounts)))
        self.took_us.append(took_us + (time.perf_counter() - began) * 1e6)
        self.settled.update({account.key: cost for account in accounts})

    async def watch(self, accounts: tuple[Account, ...], caps: tuple[int, ...]) -> None:
        """Now and then somebody looks whether more is spent and held than may be."""
        if self.calls % 7 == 0:
            used = (await self.ask(Look(accounts))).used
            self.over += any(amount > cap != NO_CAP for amount, cap in zip(used, caps, strict=True))


def work(plan: Plan, seed: int, ledger: Ledger | None = None) -> Tally:
    """One process of callers; in a thread it is handed the ledger."""
    own = ledger or open_ledger(plan.url)
    try:
        return asyncio.run(Caller(own, plan, seed).all())
    finally:
        if ledger is None:
            own.close()


class Result(NamedTuple):
    """A run: what was let in, and by how much the ledger was wrong."""

    tallies: list[Tally]
    over: int
    drift: int
    held_drift: int
    wall_s: float

    def total(self, of: Callable[[Tally], int]) -> int:
        """The sum over the processes."""
        return sum(of(tally) for tally in self.tallies)


def hammer(plan: Plan) -> Result:
    """All processes at once, and then the books."""
    ledger: Ledger = MemoryLedger() if plan.url.startswith("memory:") else open_ledger(plan.url)
    pool: Executor
    if isinstance(ledger, MemoryLedger):
        pool = ThreadPoolExecutor(plan.processes)
        run = partial(work, ledger=ledger)
    else:
        pool = ProcessPoolExecutor(plan.processes, mp_context=multiprocessing.get_context("spawn"))
        run = partial(work)
    with pool:
        began = time.perf_counter()
        tallies = [task.result() for task in [pool.submit(run, plan, seed) for seed in range(plan.processes)]]
        wall_s = time.perf_counter() - began
    settled: Counter[str] = sum((tally.settled for tally in tallies), Counter())
    held: Counter[str] = sum((tally.held for tally in tallies), Counter())
    caps = {account.key: cap for i in range(TENANTS) for account, cap in zip(plan.accounts(i), plan.caps(), strict=True)}
    balances = {balance.key: balance for balance in ledger.balances(f"{plan.name}/")}
    over = sum(tally.over for tally in tallies)
    over += sum(one.spent + one.held > caps[key] != NO_CAP for key, one in balances.items())
    drift = sum(abs(one.spent - settled[key]) for key, one in balances.items())
    held_drift = sum(abs(one.held - held[key]) for key, one in balances.items())
    missing = sum(amount for key, amount in (settled + held).items() if key not in balances)
    ledger.close()
    return Result(tallies, over, drift + missing, held_drift, wall_s)


def report(plan: Plan, result: Result) -> str:
    """What came of it, beside what is wanted."""
    took = sorted(us for tally in result.tallies for us in tally.took_us)
    rows = [
        ("calls", f"{result.total(lambda one: one.calls):,}", f"{plan.processes * plan.calls:,}"),
        ("admitted", f"{result.total(lambda one: one.admitted):,}", ""),
        ("settled or let go", f"{len(took):,}", ""),
        ("seen or left with more spent and held than the cap", result.over, "0"),
        ("drift of what is spent", result.drift, "0"),
        ("drift of what is held", result.held_drift, "0"),
        ("steps that had to be asked again", result.total(lambda one: one.trouble), ""),
        ("reserve + settle as a caller sees it, p50", f"{took[len(took) // 2]:.0f} µs", ""),
        ("reserve + settle as a caller sees it, p99", f"{took[len(took) * 99 // 100]:.0f} µs", ""),
        ("wall time", f"{result.wall_s:.1f} s", ""),
    ]
    where = plan.url.split(":")[0]
    head = f"{where}: {plan.processes} × {plan.concurrent} callers × {plan.calls:,} calls"
    return table((head, "seen", "wanted"), rows)


def pairs(ledger: Ledger, accounts: tuple[Account, ...], count: int) -> Callable[[], object]:
    """Reserves and settles one call after the other, so many of them, all made before."""
    lines = tuple(Line(account) for account in accounts)
    offers = (Offer((10,) * len(accounts), (NO_CAP,) * len(accounts)),)
    costs = (7,) * len(accounts)
    names = [uuid.uuid4().hex for _ in range(count)]
    made = iter([(Reserve(hold, lines, offers, LASTS_S), Settle(hold, accounts, costs)) for hold in names])

    def both() -> None:
        reserve, settle = next(made)
        ledger.do(reserve)
        ledger.do(settle)

    return both


def steps(urls: Sequence[str]) -> str:
    """What one caller waits for, with nobody else about."""
    wanted = {"memory": "≤ 3 µs", "sqlite": "≤ 60 µs"}
    forget_at = int(time.time()) + 3600
    name = f"steps-{uuid.uuid4().hex}"
    accounts = tuple(Account(f"{name}/{window}?tenant=a", forget_at) for window in ("day", "month", "year"))
    ledgers = {url: open_ledger(url) for url in urls}
    subjects: dict[str, Callable[[], object]] = {}
    for url, ledger in ledgers.items():
        for count in (1, 3):
            subjects[f"{url.split(':')[0]}, {count} account{'s' * (count > 1)}"] = pairs(ledger, accounts[:count], ROUNDS * CALLS)
    bare = [url for url in urls if url.startswith("redis")]
    for url in bare:
        subjects[PING] = _ping(url)
    took: dict[str, list[float]] = {subject: [] for subject in subjects}
    for _ in range(ROUNDS):
        for subject, both in subjects.items():
            for _ in range(CALLS):
                began = time.perf_counter_ns()
                both()
                took[subject].append((time.perf_counter_ns() - began) / 1000)
    for ledger in ledgers.values():
        ledger.close()
    medians = {subject: statistics.median(all_us) for subject, all_us in took.items()}
    rows = []
    for subject, all_us in took.items():
        store = subject.split(",")[0]
        against = f"{medians[subject] / medians[PING]:.2f}× a PING" if store == "redis" else ""
        p99 = sorted(all_us)[len(all_us) * 99 // 100]
        rows.append((subject, f"{medians[subject]:.1f} µs", f"{p99:.0f} µs", against, wanted.get(store, "≤ 2.2×")))
    head = ("reserve + settle", "p50", "p99", "", "wanted")
    return table(head, rows) + f"\n(a loop of 10,000 additions takes {calibration():.0f} µs now)"


def _ping(url: str) -> Callable[[], object]:
    import redis

    client = redis.Redis.from_url(url)
    return client.ping


def _urls(given: str | None, folder: str) -> list[str]:
    return [given] if given else ["memory://", f"sqlite:///{Path(folder, 'ledger.db')}"]


def parser(name: str) -> argparse.ArgumentParser:
    """The options that all measurements of ledgers have."""
    made = argparse.ArgumentParser(f"scripts/bench {name}")
    made.add_argument("--store", metavar="URL", help="memory://, sqlite:///PATH or redis://HOST; else memory and SQLite")
    return made


def main(options: Sequence[str] = ()) -> None:
    """The hammer."""
    made = parser("hammer")
    for option, usual in (("--processes", 4), ("--concurrent", 64), ("--calls", 2_000)):
        made.add_argument(option, type=int, default=usual)
    given = made.parse_args(options)
    with tempfile.TemporaryDirectory() as folder:
        for url in _urls(given.store, folder):
            name = f"hammer-{uuid.uuid4().hex[:12]}"
            plan = Plan(url, name, given.processes, given.concurrent, given.calls, int(time.time()) + 3600)
            print(report(plan, hammer(plan)), end="\n\n", flush=True)


def timing(options: Sequence[str] = ()) -> None:
    """The steps alone."""
    given = parser("ledgers").parse_args(options)
    with tempfile.TemporaryDirectory() as folder:
        print(steps(_urls(given.store, folder)), flush=True)


if __name__ == "__main__":
    main()
