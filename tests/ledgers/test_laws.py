"""Every store against a ledger that is too simple to be wrong, with whatever may be asked in any order."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from policyroute.ledgers.ledger import NO_CAP, Account, Answer, Line, Look, Offer, Reserve, Settle
from tests.ledgers.stores import STORES, Time

FAR = 2_000_000_000
FIXED = ("day", "month")
ROLLING = "rolling"
LASTS_S = 100.0
AMOUNTS = st.integers(0, 60)
OFFERS = st.lists(AMOUNTS, min_size=1, max_size=3)
BANDS = st.sampled_from(((0, 40), (40, 80), (80, NO_CAP)))


class _Entry(NamedTuple):
    key: str
    cell: int
    amount: int


class Simple:
    """A list of what happened. What is used is added up anew each time."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.spent: list[_Entry] = []
        self.open: dict[str, tuple[float, tuple[_Entry, ...], Answer]] = {}
        self.ended: set[str] = set()

    def used(self, account: Account) -> int:
        self.open = {name: one for name, one in self.open.items() if one[0] > self.time.at}
        entries = [*self.spent, *(entry for _, held, _ in self.open.values() for entry in held)]
        return sum(e.amount for e in entries if e.key == account.key and (not account.cell or e.cell >= account.first))

    def reserve(self, step: Reserve) -> Answer:
        used = tuple(self.used(line.account) for line in step.lines)
        if step.hold in self.open:
            return self.open[step.hold][2]
        if step.hold in self.ended:
            return Answer("known")
        if any(u < line.least or (line.below != NO_CAP and u >= line.below) for u, line in zip(used, step.lines, strict=True)):
            return Answer("moved", used)
        for i, offer in enumerate(step.offers):
            if all(cap in (NO_CAP, max(cap, u + a)) for u, a, cap in zip(used, offer.amounts, offer.caps, strict=True)):
                answer = Answer("reserved", used, i)
                accounts = [line.account for line in step.lines]
                held = tuple(_Entry(a.key, a.cell, amount) for a, amount in zip(accounts, offer.amounts, strict=True))
                self.open[step.hold] = (self.time.at + step.lasts_s, held, answer)
                return answer
        return Answer("short", used)

    def settle(self, step: Settle) -> str:
        for account in step.accounts:
            self.used(account)
        if step.hold in self.ended:
            return "known"
        _, held, _ = self.open.pop(step.hold, (0.0, (), None))
        cells = {entry.key: entry.cell for entry in held}
        self.spent += [
            _Entry(a.key, cells.get(a.key, a.cell), amount) for a, amount in zip(step.accounts, step.amounts, strict=True)
        ]
        self.ended.add(step.hold)
        return "settled"


def machine(store: str) -> type[RuleBasedStateMachine]:
    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.folder, self.time = tempfile.TemporaryDirectory(), Time()
            self.ledger = STORES[store](Path(self.folder.name), self.time)
            self.simple = Simple(self.time)
            self.names: list[str] = []
            self.asked: dict[str, Reserve] = {}

        def teardown(self) -> None:
            self.ledger.close()
            self.folder.cleanup()

        def accounts(self, which: int) -> tuple[Account, ...]:
            cell = int(self.time.at // 50)
            every = (*(Account(key, FAR) for key in FIXED), Account(ROLLING, FAR, cell, cell - 4))
            return tuple(account for i, account in enumerate(every) if which >> i & 1)

        @rule(which=st.integers(1, 7), offers=OFFERS, cap=st.sampled_from((NO_CAP, 50, 100)))
        def reserve(self, which: int, offers: list[int], cap: int) -> None:
            self.ask(f"h{len(self.names)}", which, offers, (0, NO_CAP), cap)

        @rule(which=st.integers(1, 7), amount=AMOUNTS, band=BANDS)
        def reserve_within(self, which: int, amount: int, band: tuple[int, int]) -> None:
            self.ask(f"h{len(self.names)}", which, [amount], band, 100)

        def ask(self, hold: str, which: int, offers: list[int], band: tuple[int, int], cap: int) -> None:
            accounts = self.accounts(which)
            made = tuple(Offer((one,) * len(accounts), (cap,) * len(accounts)) for one in offers)
            step = Reserve(hold, tuple(Line(one, *band) for one in accounts), made, LASTS_S)
            self.names.append(hold)
            self.asked[hold] = step
            assert self.ledger.do(step) == self.simple.reserve(step)

        @precondition(lambda self: self.names)
        @rule(data=st.data())
        def reserve_again(self, data: st.DataObject) -> None:
            step = self.asked[data.draw(st.sampled_from(self.names))]
            if step.hold in self.simple.open or step.hold in self.simple.ended:
                assert self.ledger.do(step) == self.simple.reserve(step)

        @precondition(lambda self: self.names)
        @rule(data=st.data(), amount=AMOUNTS)
        def settle(self, data: st.DataObject, amount: int) -> None:
            hold = data.draw(st.sampled_from(self.names))
            accounts = tuple(line.account for line in self.asked[hold].lines)
            step = Settle(hold, accounts, (amount,) * len(accounts))
            assert self.ledger.do(step).outcome == self.simple.settle(step)

        @rule(seconds=st.sampled_from((1, 30, 49, 50, 99, 100, 170)))
        def wait(self, seconds: int) -> None:
            self.time.on(seconds)

        @invariant()
        def both_say_the_same(self) -> None:
            accounts = self.accounts(7)
            assert self.ledger.do(Look(accounts)).used == tuple(map(self.simple.used, accounts))

    return Machine


@pytest.mark.parametrize("store", STORES)
def test_a_store_is_as_good_as_the_simple_one(store: str) -> None:
    """Whatever is held, ended, repeated or left to expire: the same answers, and the same sums."""
    checks = [HealthCheck.too_slow]
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine(store), settings=settings(max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=checks)
    )
