"""What every store of spend promises."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from policyroute.ledgers.ledger import (
    MOST_AMOUNT,
    NO_CAP,
    Account,
    Answer,
    Balance,
    Entry,
    Ledger,
    Line,
    Look,
    Offer,
    Reserve,
    Settle,
)
from tests.ledgers.stores import Time

FAR = 2_000_000_000
DAY = Account("acme/day?tenant=a@2026-11-21", FAR)
MONTH = Account("acme/month?@2026-11", FAR)
LASTS_S = 60.0


def reserve(hold: str, *amounts: int, accounts: tuple[Account, ...] = (DAY,), cap: int = 100) -> Reserve:
    """A hold of the first of these amounts that fits, the same on every account."""
    lines = tuple(Line(account) for account in accounts)
    offers = tuple(Offer((amount,) * len(accounts), (cap,) * len(accounts)) for amount in amounts)
    return Reserve(hold, lines, offers, LASTS_S)


def settle(hold: str, amount: int, accounts: tuple[Account, ...] = (DAY,)) -> Settle:
    return Settle(hold, accounts, (amount,) * len(accounts))


def used(ledger: Ledger, *accounts: Account) -> tuple[int, ...]:
    return ledger.do(Look(accounts)).used


def test_a_new_account_is_empty(ledger: Ledger) -> None:
    """Nobody has to make an account before it is used."""
    assert ledger.do(Look((DAY, MONTH))) == Answer("looked", (0, 0))
    assert ledger.balances("") == ()


def test_a_hold_counts_at_once(ledger: Ledger) -> None:
    """What is held is used, so that two calls cannot have the same money."""
    assert ledger.do(reserve("h1", 60)) == Answer("reserved", (0,), 0)
    assert used(ledger, DAY) == (60,)
    assert ledger.do(reserve("h2", 60)) == Answer("short", (60,))
    assert ledger.balances("acme/day") == (Balance(DAY.key, 0, 60, 0),)


def test_a_cap_may_be_filled_to_the_last_unit(ledger: Ledger) -> None:
    """What fits exactly fits."""
    assert ledger.do(reserve("h1", 100)).outcome == "reserved"
    assert ledger.do(reserve("h2", 1)).outcome == "short"
    assert ledger.do(reserve("h3", 0)).outcome == "reserved"


def test_the_first_offer_that_fits_is_held(ledger: Ledger) -> None:
    """The ranking says what is next where the best is too dear."""
    ledger.do(reserve("h1", 70))
    assert ledger.do(reserve("h2", 60, 31, 30, 1)) == Answer("reserved", (70,), 2)
    assert used(ledger, DAY) == (100,)


def test_every_account_or_none(ledger: Ledger) -> None:
    """One account without room leaves the others untouched."""
    ledger.do(reserve("h1", 90, accounts=(MONTH,)))
    assert ledger.do(reserve("h2", 20, accounts=(DAY, MONTH))) == Answer("short", (0, 90))
    assert used(ledger, DAY, MONTH) == (0, 90)
    assert [balance.key for balance in ledger.balances("")] == [MONTH.key]


def test_no_cap_is_no_limit(ledger: Ledger) -> None:
    """An account may only count."""
    assert ledger.do(reserve("h1", 10**12, cap=NO_CAP)).outcome == "reserved"
    assert used(ledger, DAY) == (10**12,)


@pytest.mark.parametrize(
    ("least", "below", "outcome"),
    [(50, NO_CAP, "reserved"), (51, NO_CAP, "moved"), (0, 51, "reserved"), (0, 50, "moved"), (50, 51, "reserved")],
)
def test_what_was_decided_has_to_hold(ledger: Ledger, least: int, below: int, outcome: str) -> None:
    """A hold is taken on what was known, and refused with what is the case where that has changed."""
    ledger.do(reserve("h1", 50))
    step = Reserve("h2", (Line(DAY, least, below),), (Offer((1,), (100,)),), LASTS_S)
    assert ledger.do(step) == Answer(outcome, (50,), 0 if outcome == "reserved" else -1)  # type: ignore[arg-type]
    assert used(ledger, DAY) == (51 if outcome == "reserved" else 50,)


def test_settling_puts_the_cost_in_place_of_the_hold(ledger: Ledger) -> None:
    """What was held beyond the cost is free again; what was spent beyond the hold is recorded in full."""
    ledger.do(reserve("h1", 60))
    assert ledger.do(settle("h1", 5)).outcome == "settled"
    assert ledger.balances("") == (Balance(DAY.key, 5, 0, 0),)
    ledger.do(reserve("h2", 60))
    ledger.do(settle("h2", 300))
    assert ledger.balances("") == (Balance(DAY.key, 305, 0, 0),)


def test_letting_go_of_a_hold_costs_nothing(ledger: Ledger) -> None:
    """A call that failed is as if it had never been."""
    ledger.do(reserve("h1", 60))
    ledger.do(settle("h1", 0))
    assert ledger.balances("") == (Balance(DAY.key, 0, 0, 0),)


def test_a_hold_is_taken_once(ledger: Ledger) -> None:
    """A reply that was lost may be asked for again: the answer is the same, and nothing is held twice."""
    first = ledger.do(reserve("h1", 70, 60))
    assert ledger.do(reserve("h1", 70, 60)) == first
    assert used(ledger, DAY) == (70,)


def test_a_hold_ends_once(ledger: Ledger) -> None:
    """Only its first end counts, whatever comes after."""
    ledger.do(reserve("h1", 60))
    ledger.do(settle("h1", 7))
    assert ledger.do(settle("h1", 7)).outcome == "known"
    assert ledger.do(settle("h1", 99)).outcome == "known"
    assert ledger.do(reserve("h1", 60)).outcome == "known"
    assert ledger.balances("") == (Balance(DAY.key, 7, 0, 0),)


def test_a_hold_that_nobody_ends_expires(ledger: Ledger, time: Time) -> None:
    """A process that dies keeps its money for a while, not for ever."""
    ledger.do(reserve("h1", 60, accounts=(DAY, MONTH)))
    time.on(LASTS_S - 1)
    assert used(ledger, DAY, MONTH) == (60, 60)
    time.on(1)
    assert used(ledger, DAY, MONTH) == (0, 0)
    assert ledger.do(reserve("h2", 100)).outcome == "reserved"


def test_holds_expire_however_many_there_are(ledger: Ledger, time: Time) -> None:
    """A crowd of dead calls leaves nothing held."""
    for i in range(300):
        ledger.do(reserve(f"h{i}", 1, cap=NO_CAP))
    time.on(LASTS_S)
    assert used(ledger, DAY) == (0,)
    assert ledger.balances("")[0].held == 0


def test_what_is_settled_late_is_spent_all_the_same(ledger: Ledger, time: Time) -> None:
    """A stream may last longer than its hold; it is billed, and once."""
    ledger.do(reserve("h1", 60))
    time.on(LASTS_S + 1)
    assert ledger.do(settle("h1", 40)).outcome == "settled"
    assert ledger.do(settle("h1", 40)).outcome == "known"
    assert ledger.balances("") == (Balance(DAY.key, 40, 0, 0),)


def test_what_was_never_held_can_be_settled(ledger: Ledger) -> None:
    """A store that was emptied meanwhile records what it hears of."""
    assert ledger.do(settle("h1", 40, (DAY, MONTH))).outcome == "settled"
    assert used(ledger, DAY, MONTH) == (40, 40)


def test_a_rolling_window_forgets_slice_by_slice(ledger: Ledger) -> None:
    """What is older than the window does not count, held or spent."""

    def at(cell: int) -> Account:
        return Account("acme/rolling?@7d", FAR, cell, cell - 2)

    for cell in (10, 11, 12):
        ledger.do(reserve(f"h{cell}", 10, accounts=(at(cell),)))
        ledger.do(settle(f"h{cell}", cell, (at(cell),)))
    assert used(ledger, at(12)) == (33,)
    assert used(ledger, at(13)) == (23,)
    assert ledger.do(reserve("h14", 80, accounts=(at(14),))).used == (12,)
    assert used(ledger, at(16)) == (80,)
    assert used(ledger, at(17)) == (0,)
    ledger.do(settle("h14", 5, (at(17),)))
    assert used(ledger, at(17)) == (0,)  # the cost belongs to the slice of its hold


def test_a_cost_counts_where_its_hold_was(ledger: Ledger) -> None:
    """A call that ends in the next slice of time is of the slice in which it was admitted."""

    def at(cell: int) -> Account:
        return Account("acme/rolling?@1h", FAR, cell, cell - 1)

    ledger.do(reserve("h1", 10, accounts=(at(5),)))
    ledger.do(settle("h1", 10, (at(6),)))
    assert used(ledger, at(6)) == (10,)
    assert used(ledger, at(7)) == (0,)


def test_a_grant_makes_room_and_is_on_record(ledger: Ledger) -> None:
    """Somebody may give more by hand, and it is known who and why."""
    ledger.do(reserve("h1", 100))
    ledger.do(settle("h1", 100))
    entry = Entry(5.0, DAY.key, 30, "ops", "launch day")
    assert ledger.grant(DAY, 30, entry) == Balance(DAY.key, 100, 0, 30)
    assert used(ledger, DAY) == (70,)
    assert ledger.do(reserve("h2", 30)).outcome == "reserved"
    assert ledger.do(reserve("h3", 1)).outcome == "short"
    later = Entry(6.0, MONTH.key, 1, "ops", "")
    ledger.grant(MONTH, 1, later)
    assert ledger.audit("acme/") == (entry, later)
    assert ledger.audit("acme/day") == (entry,)
    assert used(ledger, MONTH) == (-1,)


def test_sums_are_whole_numbers_of_any_size(ledger: Ledger) -> None:
    """Not a nano-dollar is lost at nine million dollars."""
    most = MOST_AMOUNT
    assert ledger.do(reserve("h1", most - 1, cap=most)).outcome == "reserved"
    ledger.do(settle("h1", most - 1))
    assert ledger.do(reserve("h2", 2, 1, cap=most)) == Answer("reserved", (most - 1,), 1)
    assert used(ledger, DAY) == (most,)
    assert ledger.do(reserve("h3", 1, cap=most)).outcome == "short"


def test_keys_may_hold_anything(ledger: Ledger) -> None:
    """A tenant is named as it likes to be."""
    odd = tuple(Account(key, FAR) for key in ("a b", "ü/€", "{x}", "%s*?[", "a'b\"c;--", "x" * 300))
    ledger.do(reserve("h1", 1, accounts=odd))
    assert used(ledger, *odd) == (1,) * len(odd)
    assert {balance.key for balance in ledger.balances("")} == {account.key for account in odd}
    assert [balance.key for balance in ledger.balances("%s*")] == ["%s*?["]


def test_threads_never_hold_more_than_the_cap(ledger: Ledger) -> None:
    """Of many at once exactly those are let in that fit."""

    def ask(i: int) -> str:
        return ledger.do(reserve(f"h{i}", 1, accounts=(DAY, MONTH), cap=25)).outcome

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(ask, range(80)))
    assert outcomes.count("reserved") == 25
    assert used(ledger, DAY, MONTH) == (25, 25)


def test_an_event_loop_gets_the_same(ledger: Ledger) -> None:
    """Of many tasks at once exactly those are let in that fit."""

    async def ask(i: int) -> str:
        answer = await ledger.ado(reserve(f"h{i}", 1, cap=5))
        if answer.outcome == "reserved":
            await ledger.ado(settle(f"h{i}", 1))
        return answer.outcome

    async def all_at_once() -> list[str]:
        outcomes = await asyncio.gather(*(ask(i) for i in range(20)))
        assert (await ledger.ado(Look((DAY,)))).used == (5,)
        return outcomes

    with asyncio.Runner() as runner:
        outcomes = runner.run(all_at_once())
        runner.run(ledger.aclose())
    assert outcomes.count("reserved") == 5
