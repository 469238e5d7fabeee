"""Whether budgets are live: that each counts a caller on some account, and that the store keeps what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex
from typing import NamedTuple

from policyroute.call import Call, Facts
from policyroute.engine.accounts import Caps
from policyroute.ledgers.ledger import NO_CAP, Account, Ledger, Line, Look, Offer, Reserve, Settle
from policyroute.loading import Policy

_LASTS_S = 5.0
_KEPT_S = 60
_AMOUNT = 7


class Live(NamedTuple):
    """A budget, the account it counts a caller on, and whether that works; if not, why."""

    budget: str
    account: str | None
    live: bool
    why: str = ""


def liveness(policy: Policy, ledger: Ledger, attributes: Mapping[str, str], now: float) -> tuple[Live, ...]:
    """Asks for the caller's accounts as an admission does, and takes a hold beside each, looks at it, and ends it."""
    caps = Caps(policy)
    reading = policy.pipeline.read(Call(attributes=attributes), Facts(now=now))
    counted = {one.cap.budget.id: one.account for one in caps.counted(reading.attributes, now)}
    beside = tuple(Account(f"~check/{account.key}", int(now) + _KEPT_S) for account in counted.values())
    told = _told(ledger, beside)
    found = []
    for cap in caps.caps:
        account = counted.get(cap.budget.id)
        if account is None:
            per = ", ".join(cap.budget.per)
            found.append(Live(cap.budget.id, None, False, f"counts per {per}: a caller who does not have it is denied"))
        elif any(name not in reading.attributes for name in cap.budget.per):
            found.append(Live(cap.budget.id, account.key, not told, told or "counts with everybody who is not known"))
        else:
            found.append(Live(cap.budget.id, account.key, not told, told))
    return tuple(found)


def _told(ledger: Ledger, accounts: tuple[Account, ...]) -> str:
    """What is wrong with the store; nothing where it does what it should."""
    if not accounts:
        return ""
    hold, all_of = f"check-{token_hex(16)}", (_AMOUNT,) * len(accounts)
    before = ledger.do(Look(accounts)).used
    ledger.do(Reserve(hold, tuple(map(Line, accounts)), (Offer(all_of, (NO_CAP,) * len(accounts)),), _LASTS_S))
    during = ledger.do(Look(accounts)).used
    ledger.do(Settle(hold, accounts, (0,) * len(accounts)))
    after = ledger.do(Look(accounts)).used
    if tuple(now - then for now, then in zip(during, before, strict=True)) != all_of:
        return "the store did not count a hold"
    return "" if after == before else "the store did not let go of a hold"
