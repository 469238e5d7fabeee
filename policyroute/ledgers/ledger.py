"""What a ledger is: accounts that caps count on, holds on them, and three steps that each happen wholly or not at all.

A step is a value, so that whoever has several stores, or none, or waits for them in one way or another, hands on the same.
Amounts are whole numbers: nano-dollars, tokens or calls. Nobody but a ledger adds them up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from typing import Literal, NamedTuple, Protocol, TypeVar

from policyroute.errors import LedgerError

_T = TypeVar("_T")

MOST_AMOUNT = 2**53 - 1
"""The most that an account can have: more is not exact in every store."""
NO_CAP = -1


class Account(NamedTuple):
    """What a cap counts on: its window is in the key, so there is nothing to reset.

    Of a rolling window `cell` is the slice of time that is counted on now, `first` the oldest one that counts still.
    From `forget_at` on (Unix seconds) nobody asks for it any more.
    """

    key: str
    forget_at: int
    cell: int = 0
    first: int = 0


class Line(NamedTuple):
    """An account of a call. What was decided holds while `least <= used < below`; `below` may be `NO_CAP`."""

    account: Account
    least: int = 0
    below: int = NO_CAP


class Offer(NamedTuple):
    """What a call can cost at most on each account, at one model, and up to where each may be filled by it."""

    amounts: tuple[int, ...]
    caps: tuple[int, ...]


class Look(NamedTuple):
    """How much of these accounts is used."""

    accounts: tuple[Account, ...]


class Reserve(NamedTuple):
    """A hold for the first of the offers that fits on every account; of no offer if what was decided does not hold any more.

    The same hold again answers what it answered first.
    """

    hold: str
    lines: tuple[Line, ...]
    offers: tuple[Offer, ...]
    lasts_s: float


class Settle(NamedTuple):
    """The end of a hold: what was really spent, which may be more, or nothing. Only the first end of a hold counts.

    What is settled after the hold expired, or in a store that lost it, is spent all the same.
    """

    hold: str
    accounts: tuple[Account, ...]
    amounts: tuple[int, ...]


Step = Look | Reserve | Settle
Outcome = Literal["looked", "reserved", "moved", "short", "settled", "known"]


class Answer(NamedTuple):
    """What came of a step, and what was used of each account before a look or a hold: spent and held, less what was granted.

    `reserved` names the `offer`; `moved` says that what was decided does not hold, `short` that nothing fits; `known`
    that this hold had ended before.
    """

    outcome: Outcome
    used: tuple[int, ...] = ()
    offer: int = -1


Flow = Generator[Step, Answer, _T]
"""What takes several steps, written once for those who wait and for event loops: it is thrown the `LedgerError` of a step."""


class Balance(NamedTuple):
    """An account, as people look at it."""

    key: str
    spent: int
    held: int
    granted: int


class Entry(NamedTuple):
    """A change that somebody made by hand."""

    at: float
    key: str
    granted: int
    by: str
    why: str


class Ledger(Protocol):
    """A store of accounts. Any number of threads may share one; a forked process opens its own connections.

    What goes wrong with the store is a `LedgerError`, and then the step either happened or did not: it may be asked again.
    """

    def do(self, step: Step) -> Answer:
        """One step, in one go. It waits for the store, so it is not for an event loop."""
        ...

    async def ado(self, step: Step) -> Answer:
        """The same, without keeping an event loop from anything else."""
        ...

    at_once: bool
    """Whether a step waits for nobody, so that an event loop may as well do it itself."""

    def balances(self, prefix: str) -> Sequence[Balance]:
        """Every account whose key begins so, by key."""
        ...

    def grant(self, account: Account, amount: int, entry: Entry) -> Balance:
        """More room on an account, by hand: as much less is counted as used. The entry goes into the audit."""
        ...

    def audit(self, prefix: str) -> Sequence[Entry]:
        """What was changed by hand, oldest first."""
        ...

    def close(self) -> None:
        """Lets go of what it holds open. What happened is kept."""
        ...

    async def aclose(self) -> None:
        """The same, from an event loop."""
        ...


def drive(flow: Flow[_T], ledger: Ledger, step: Step | None = None) -> _T:
    """Runs a flow, waiting for each step; one that was begun already from a `step` on that was not answered."""
    try:
        if step is None:
            step = next(flow)
        while True:
            try:
                answer = ledger.do(step)
            except LedgerError as error:
                step = flow.throw(error)
            else:
                step = flow.send(answer)
    except StopIteration as done:
        result: _T = done.value
        return result
    finally:
        flow.close()


async def adrive(flow: Flow[_T], ledger: Ledger, *, lasting: bool = False) -> _T:
    """Runs a flow without keeping the event loop. Cancelled in a step it ends there, and is told so; a `lasting` one does not:
    a thread goes on with it, and a step that is asked again happens once all the same.
    """
    if ledger.at_once:
        return drive(flow, ledger)
    handed_on = False
    try:
        step = next(flow)
        while True:
            try:
                answer = await ledger.ado(step)
            except LedgerError as error:
                step = flow.throw(error)
            except asyncio.CancelledError:
                if lasting:
                    handed_on = True
                    await asyncio.wait([asyncio.get_running_loop().run_in_executor(None, drive, flow, ledger, step)])
                raise
            else:
                step = flow.send(answer)
    except StopIteration as done:
        result: _T = done.value
        return result
    finally:
        if not handed_on:
            flow.close()
