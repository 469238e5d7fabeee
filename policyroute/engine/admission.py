"""Admission: decide on balances, hold what the chosen model can cost at most, settle to what it did cost.

Deciding needs balances, and they may have changed when the hold is taken. So a call is decided on the balances last seen,
and its hold says within which of them the decision stands: mostly one step does it all, and where it does not the store
answers with the balances as they are. Written once, as a flow of ledger steps; two drivers, one of them for event loops.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from secrets import token_hex
from time import perf_counter_ns
from typing import NamedTuple

from policyroute.call import NO_FIGURES, NO_NAMES, Call, Facts, Target, Usage
from policyroute.decision import Decision
from policyroute.engine.accounts import Caps, Counted, amounts, offer
from policyroute.engine.usage import spent_nano
from policyroute.errors import LedgerError, Widened
from policyroute.ledgers.leased import LeasedLedger
from policyroute.ledgers.ledger import NO_CAP, Flow, Ledger, Line, Look, Offer, Reserve, Settle, Step, adrive, drive
from policyroute.ledgers.memory import MemoryLedger
from policyroute.loading import Policy

HOLD_S = 900.0
MOST_OFFERS = 8
_ROUNDS = 6
_KNOWN = 10_000
_UNTOLD = 10_000
_AT_ONCE = 4
_LOG = logging.getLogger(__name__)


class Held(NamedTuple):
    """A hold: its name, what it is on, and the model it is for. It is ended once, by whoever ends it first."""

    name: str
    counted: tuple[Counted, ...]
    target: Target
    amounts: tuple[int, ...]


class Admission(NamedTuple):
    """A decision, and what is held for it. `retry_after_s` says when a budget that denied may have room again."""

    decision: Decision
    held: Held | None = None
    retry_after_s: int | None = None


class Admitter:
    """Admits the calls of one policy against one ledger. Any number of threads and event loops may share it.

    `now` gives Unix seconds; `failed` is told of each step that the store did not do.
    """

    def __init__(
        self,
        policy: Policy,
        ledger: Ledger,
        *,
        now: Callable[[], float],
        hold_s: float = HOLD_S,
        failed: Callable[[LedgerError], None] | None = None,
    ) -> None:
        self.policy = policy
        self._caps = Caps(policy)
        chunks = self._caps.chunks()
        self._leased = LeasedLedger(ledger, MemoryLedger(), chunks) if chunks else None
        self.ledger: Ledger = self._leased or ledger
        name = policy.compiled.document.baseline
        self.baseline = next((target for target in policy.pipeline.names.targets if target.name == name), None)
        self._now = now
        self._hold_s = hold_s
        self._failed = failed
        self._known: dict[str, int] = {}
        self._untold: deque[Settle] = deque(maxlen=_UNTOLD)

    def admit(self, call: Call, facts: Facts) -> Admission:
        """Decides, and holds. It may wait for the store."""
        return drive(self.admitting(call, facts), self.ledger)

    async def aadmit(self, call: Call, facts: Facts) -> Admission:
        """The same from an event loop, which goes on meanwhile."""
        return await adrive(self.admitting(call, facts), self.ledger)

    def again(self, admission: Admission, target: Target) -> Held | None:
        """A hold for another attempt of an admitted call, at what that model costs; nothing where it does not fit."""
        return drive(self.holding_again(admission, target), self.ledger)

    async def aagain(self, admission: Admission, target: Target) -> Held | None:
        """The same from an event loop."""
        return await adrive(self.holding_again(admission, target), self.ledger)

    def settle(self, held: Held, usage: Usage) -> int:
        """Ends a hold with what the call used; its cost in nano-dollars."""
        return drive(self.settling(held, usage), self.ledger)

    async def asettle(self, held: Held, usage: Usage) -> int:
        """The same from an event loop."""
        return await adrive(self.settling(held, usage), self.ledger)

    def release(self, held: Held) -> None:
        """Ends the hold of a call that was never made, or cost nothing."""
        drive(self.releasing(held), self.ledger)

    async def arelease(self, held: Held) -> None:
        """The same from an event loop."""
        await adrive(self.releasing(held), self.ledger)

    def admitting(self, call: Call, facts: Facts) -> Flow[Admission]:
        """The flow of an admission."""
        pipeline = self.policy.pipeline
        if facts.now is None:
            facts = facts._replace(now=self._now())
        now = facts.now or 0.0
        reading = pipeline.read(call, facts, perf_counter_ns)
        counted = self._caps.counted(reading.attributes, now)
        if not counted or pipeline.off:
            return Admission(pipeline.judge(call, facts, reading, perf_counter_ns))
        used = tuple([self._known.get(one.account.key, 0) for one in counted])
        fresh = False
        short: Mapping[str, frozenset[str]] = NO_NAMES
        hold = token_hex(16)
        offers: tuple[Offer, ...] = ()
        targets: tuple[Target, ...] = ()
        step: Step
        for turn in range(_ROUNDS):
            facts = facts.at(_shares(counted, used), short)
            decision = pipeline.judge(call, facts, reading, perf_counter_ns)
            if decision.target is not None:
                # The first is nearly always held for; the others are worked out where it does not fit.
                targets = decision.candidates[:MOST_OFFERS] if fresh else (decision.target,)
                offers = tuple([offer(counted, decision, target) for target in targets])
                step = Reserve(hold, _lines(counted, used, bound=turn + 1 < _ROUNDS), offers, self._hold_s)
            elif fresh or not _by_budget(decision):
                return Admission(decision, None, _retry_after(decision, counted, now))
            else:
                step = Look(tuple([one.account for one in counted]))
            try:
                answer = yield step
            except LedgerError as error:
                return self._without(error, hold, call, facts)
            except GeneratorExit:  # the caller is gone, and the store may have taken the hold all the same
                self._untold.append(_nothing(hold, counted))
                raise
            used, fresh = answer.used, True
            self._remember(counted, used)
            if answer.outcome == "reserved":
                target = targets[answer.offer]
                held = Held(hold, counted, target, offers[answer.offer].amounts)
                if answer.offer:
                    short = _too_dear(counted, used, targets[: answer.offer], offers, short)
                    decision = pipeline.judge(call, facts.at(_shares(counted, used), short), reading, perf_counter_ns)
                if decision.target is target:
                    return Admission(decision, held)
                yield from self._ending(_nothing(hold, counted))
                hold = token_hex(16)
            elif answer.outcome == "short":
                short = _too_dear(counted, used, targets, offers, short)
        restless = LedgerError("the balances changed faster than a call could be decided on")
        return self._without(restless, hold, call, facts)

    def holding_again(self, admission: Admission, target: Target) -> Flow[Held | None]:
        """The flow of a hold for another attempt. While the store fails each budget says whether the model may be called."""
        decision = admission.decision
        if target not in decision.candidates:
            raise Widened("an attempt at a model that the decision does not allow")
        counted = () if admission.held is None else admission.held.counted
        held = Held(token_hex(16), counted, target, ())
        if not counted:
            return held
        most, caps = offer(counted, decision, target)
        held = held._replace(amounts=most)
        try:
            answer = yield Reserve(held.name, _lines(counted, most, bound=False), (Offer(most, caps),), self._hold_s)
        except GeneratorExit:
            self._untold.append(_nothing(held.name, counted))
            raise
        except LedgerError as error:
            self._tell(error)
            bit = 1 << next(i for i, one in enumerate(self.policy.pipeline.names.targets) if one.name == target.name)
            allowed = all(one.cap.budget.on_failure is None or one.cap.budget.on_failure.keeps & bit for one in counted)
            if not allowed:
                self._untold.append(_nothing(held.name, counted))
            return held if allowed else None
        return held if answer.outcome == "reserved" else None

    def settling(self, held: Held, usage: Usage) -> Flow[int]:
        """The flow of a settlement. A store that does not answer is told later; the cost is known all the same."""
        cost_nano = spent_nano(held.target, usage)
        accounts = tuple(one.account for one in held.counted)
        yield from self._ending(Settle(held.name, accounts, amounts(held.counted, cost_nano, usage)))
        return cost_nano

    def releasing(self, held: Held) -> Flow[None]:
        """The flow of letting go."""
        yield from self._ending(_nothing(held.name, held.counted))

    def parting(self, most: int) -> Flow[bool]:
        """The flow of telling what could not be told, and of giving back what was drawn ahead, so much of it at once; whether
        some of it stays.
        """
        yield from self._telling(most)
        stays = False if self._leased is None else (yield from self._leased.giving_back(most))
        return stays or bool(self._untold)

    @property
    def untold(self) -> int:
        """How many ends of holds the store has not taken yet."""
        return len(self._untold)

    def _ending(self, step: Settle) -> Flow[None]:
        """Ends a hold, and then those that could not be ended before, as long as the store takes them."""
        self._untold.append(step)
        yield from self._telling(_AT_ONCE)

    def _telling(self, most: int) -> Flow[None]:
        """Tells so many ends, the latest first, as long as the store takes them."""
        for _ in range(min(most, len(self._untold))):
            try:
                untold = self._untold.pop()
            except IndexError:
                return
            try:
                yield untold
            except GeneratorExit:
                self._untold.append(untold)
                raise
            except LedgerError as error:
                if len(self._untold) == _UNTOLD:
                    _LOG.error("the ledger takes no settlement, and there are too many to remember: one is lost")
                self._untold.append(untold)
                self._tell(error)
                return

    def _without(self, error: LedgerError, hold: str, call: Call, facts: Facts) -> Admission:
        """A call when the store does not answer: each budget says what happens then. It may have taken the hold all the same."""
        self._tell(error)
        pipeline = self.policy.pipeline
        reading = pipeline.read(call, facts)
        counted = self._caps.counted(reading.attributes, facts.now or 0.0)
        failed = facts.failed | {f"budget:{one.cap.budget.id}" for one in counted}
        decision = pipeline.judge(call, facts._replace(failed=failed, spent=NO_FIGURES, short=NO_NAMES), reading)
        if not decision.candidates:
            self._untold.append(_nothing(hold, counted))
            return Admission(decision)
        target = decision.candidates[0]
        return Admission(decision, Held(hold, counted, target, offer(counted, decision, target).amounts))

    def _tell(self, error: LedgerError) -> None:
        _LOG.warning("the ledger did not do a step: %s", error)
        if self._failed is not None:
            self._failed(error)

    def _remember(self, counted: Sequence[Counted], used: Sequence[int]) -> None:
        if len(self._known) > _KNOWN:
            self._known.clear()  # only a first guess for each account
        for one, amount in zip(counted, used, strict=True):
            self._known[one.account.key] = amount


def _nothing(hold: str, counted: Sequence[Counted]) -> Settle:
    """The end of a hold of which nothing was spent."""
    return Settle(hold, tuple(one.account for one in counted), (0,) * len(counted))


def _shares(counted: Sequence[Counted], used: Sequence[int]) -> Mapping[str, float]:
    return {one.cap.budget.id: one.cap.share(amount) for one, amount in zip(counted, used, strict=True)}


def _too_dear(
    counted: Sequence[Counted],
    used: Sequence[int],
    targets: Sequence[Target],
    offers: Sequence[Offer],
    before: Mapping[str, frozenset[str]],
) -> Mapping[str, frozenset[str]]:
    """Which of these models do not fit, by the budget that is too small for them."""
    short = dict(before)
    for target, (most, caps) in zip(targets, offers, strict=False):
        for one, amount, cap, there in zip(counted, most, caps, used, strict=True):
            if cap != NO_CAP and there + amount > cap:
                name = one.cap.budget.id
                short[name] = short.get(name, frozenset()) | {target.name}
    return short


def _lines(counted: Sequence[Counted], used: Sequence[int], *, bound: bool) -> tuple[Line, ...]:
    """The accounts, each with the stretch of use within which the decision stands."""
    if not bound:
        return tuple(Line(one.account, least=-(2**53)) for one in counted)
    return tuple(one.cap.line(one.account, amount) for one, amount in zip(counted, used, strict=True))


def _by_budget(decision: Decision) -> bool:
    """Whether balances have to do with a denial: they can only take models away."""
    return decision.stage in ("budgets", "override", "complexity")


def _retry_after(decision: Decision, counted: Sequence[Counted], now: float) -> int | None:
    """When every budget that took part in a denial has a new window."""
    acted = set(decision.fired)
    ends = [one.ends_at for one in counted if one.cap.budget.id in acted]
    return max(1, ceil(max(ends) - now)) if decision.stage == "budgets" and ends else None
