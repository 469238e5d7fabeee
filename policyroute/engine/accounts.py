"""A policy's budgets as accounts: what a call counts on, what it may cost there, and which steps are reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from hashlib import blake2b
from math import ceil
from typing import NamedTuple
from urllib.parse import quote

from policyroute.call import Target, Usage, cost_nano
from policyroute.decision import Decision
from policyroute.ledgers.ledger import MOST_AMOUNT, NO_CAP, Account, Line, Offer
from policyroute.ledgers.windows import Span, Window, window
from policyroute.loading import Policy
from policyroute.policy.source import to_plain
from policyroute.stages.budgets import Budget, Unit

_LONGEST = 120
_REMEMBERED = 10_000
FULL = 1.0
MOST_SHARE = 10.0
"""The highest level that a step can have."""


class Cap(NamedTuple):
    """A budget, ready to count on. `bounds` are the amounts at which its steps are reached, rising.

    `most` says up to where each model may fill an account: to the step that denies, or that from 100 % on leaves it out.
    """

    budget: Budget
    owner: str
    window: Window
    bounds: tuple[int, ...]
    most: Mapping[str, int]

    def account(self, span: Span, values: Sequence[str | None]) -> Account:
        """The account of a caller: two callers have the same one only if they are the same to the budget."""
        named = zip(self.budget.per, values, strict=True)
        per = "&".join(f"{_plain(name)}={_plain(value)}" for name, value in named if value is not None)
        return Account(f"{self.prefix}{per}@{span.name}", self.window.forget_at(span), span.cell, span.first)

    @property
    def prefix(self) -> str:
        """What the keys of all its accounts begin with."""
        return f"{_plain(self.owner)}/{_plain(self.budget.id)}?"

    def share(self, used: int) -> float:
        """The used share; of nothing, all is used and more."""
        return max(0, used) / self.budget.limit if self.budget.limit else MOST_SHARE

    def line(self, account: Account, used: int) -> Line:
        """The stretch of use within which the same steps are reached as now."""
        least, below = -MOST_AMOUNT, NO_CAP
        for bound in self.bounds:
            if used < bound:
                below = bound
                break
            least = bound
        return Line(account, least, below)


class Counted(NamedTuple):
    """A budget that counts a call: its cap, the account, and until when its window lasts."""

    cap: Cap
    account: Account
    ends_at: float


class _Current:
    """A cap in the window that is current, with the accounts that were asked for in it."""

    __slots__ = ("accounts", "cap", "span")

    def __init__(self, cap: Cap) -> None:
        self.cap = cap
        self.span = Span("", 0.0, 0.0)
        self.accounts: dict[tuple[str | None, ...], Counted] = {}


class Caps:
    """The budgets of one policy."""

    def __init__(self, policy: Policy) -> None:
        targets = policy.pipeline.names.targets
        caps = [_cap(budget, owner, targets) for budget, owner in zip(policy.compiled.budgets, _owners(policy), strict=True)]
        self.caps = tuple(caps)
        self._current = [_Current(cap) for cap in caps]

    def chunks(self) -> Mapping[str, int]:
        """What a replica may draw at once of each account, by the prefix of its key."""
        caps = [cap for cap in self.caps if cap.budget.lease is not None]
        return {cap.prefix: max(1, int(cap.budget.limit * (cap.budget.lease or 0.0))) for cap in caps}

    def counted(self, attributes: Mapping[str, str], now: float) -> tuple[Counted, ...]:
        """The accounts of a caller now; one that a budget denies for having none has none there."""
        counted = []
        for index, current in enumerate(self._current):
            if not current.span.starts_at <= now < current.span.ends_at or len(current.accounts) > _REMEMBERED:
                self._current[index] = current = _Current(current.cap)
                current.span = current.cap.window.at(now)
            budget = current.cap.budget
            values = tuple([attributes.get(name) for name in budget.per])
            found = current.accounts.get(values)
            if found is None:
                if budget.deny_missing and None in values:
                    continue
                account = current.cap.account(current.span, values)
                found = current.accounts[values] = Counted(current.cap, account, current.span.ends_at)
            counted.append(found)
        return tuple(counted)


def _cap(budget: Budget, owner: str, targets: Sequence[Target]) -> Cap:
    bounds = tuple(reached_at(step.at, budget.limit) for step in budget.steps)
    most = {target.name: _most(budget, bounds, 1 << i) for i, target in enumerate(targets)}
    return Cap(budget, owner, window(budget.window, budget.timezone), bounds, most)


def _most(budget: Budget, bounds: Sequence[int], model: int) -> int:
    for step, bound in zip(budget.steps, bounds, strict=True):
        if not step.keeps & model and (not step.keeps or step.at >= FULL):
            return bound
    return NO_CAP


def reached_at(level: float, limit: int) -> int:
    """The least use at which a step is reached: exactly where the used share, as a number, is not below the level."""
    if not limit:
        return 0
    bound = ceil(Fraction(level) * limit)
    while bound / limit < level:
        bound += 1
    while bound and (bound - 1) / limit >= level:
        bound -= 1
    return min(bound, MOST_AMOUNT)


def offer(counted: Iterable[Counted], decision: Decision, target: Target) -> Offer:
    """The most that a call can use of each account at a target, and up to where that may go."""
    usage = decision.most_used(target)
    most = amounts(counted, cost_nano(target, usage.input_tokens, usage.output_tokens), usage)
    return Offer(most, tuple([one.cap.most[target.name] for one in counted]))


def amounts(counted: Iterable[Counted], paid_nano: int, usage: Usage) -> tuple[int, ...]:
    """What a call of this cost uses of each account, in its unit."""
    return tuple([_amount(one.cap.budget.unit, paid_nano, usage) for one in counted])


def _amount(unit: Unit, paid_nano: int, usage: Usage) -> int:
    if unit == "usd":
        return min(paid_nano, MOST_AMOUNT)
    return min(usage.input_tokens + usage.output_tokens, MOST_AMOUNT) if unit == "tokens" else 1


def _owners(policy: Policy) -> Sequence[str]:
    """The name of the policy that each budget was written in: one that several policies include is one budget for all of them."""
    pipeline = policy.compiled.document.pipeline
    rules = pipeline.budgets if pipeline else ()
    names: dict[str, str] = {}
    for source in policy.sources:
        plain = to_plain(source.root) if source.root is not None else None
        said = plain.get("metadata") if isinstance(plain, dict) else None
        if isinstance(said, dict):
            names[source.file] = str(said.get("name"))
    return [names.get(rule.at.place.file, policy.version.name) for rule in rules]


def _plain(text: str) -> str:
    """A text without what has a meaning in a key; a long one by its hash, which begins as no text does."""
    quoted = quote(text, safe=" :,;+()", errors="surrogatepass").replace("~", "%7E")
    if len(quoted) <= _LONGEST:
        return quoted
    return "~" + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
