"""`policyroute budgets`: who spent what in which window, and more room by hand."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from urllib.parse import unquote

import click

from policyroute.cli.render import counted, dim, output_option, red, say, show_table, write_json, yellow
from policyroute.cli.render.typed import known, moment, pair
from policyroute.engine.accounts import Cap, Caps
from policyroute.engine.liveness import liveness
from policyroute.errors import UsageError
from policyroute.ledgers.ledger import MOST_AMOUNT, Account, Balance, Entry, Ledger
from policyroute.ledgers.opening import open_ledger
from policyroute.loading import load
from policyroute.policy.frame import shown

NEARLY = 0.8
NANO = 1_000_000_000
EXAMPLES = """\b
Examples:
  policyroute budgets policies/default.yaml --ledger sqlite:///policyroute.db
  policyroute budgets grant policies/default.yaml tenant-day 50 --attr tenant=acme \\
    --ledger sqlite:///policyroute.db --by ops@acme --why "launch day"
  policyroute budgets audit policies/default.yaml --ledger sqlite:///policyroute.db
"""


class Budgets(click.Group):
    """Shows the accounts unless told to do something with them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What is no subcommand is a policy to show."""
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["show", *args]
        return super().parse_args(ctx, args or ["--help"])


class Row(NamedTuple):
    """An account in one window."""

    cap: Cap
    account: str
    window: str
    balance: Balance
    resets_at: float | None

    @property
    def share(self) -> float:
        """The used share."""
        return self.cap.share(self.balance.spent + self.balance.held - self.balance.granted)


class Change(NamedTuple):
    """A change by hand, as it was typed; without an amount it is a reset."""

    policy: str
    budget: str
    ledger: str
    attr: tuple[str, ...]
    by: str
    why: str
    now: str | None
    amount: str | None = None


_ledger = click.option("--ledger", required=True, metavar="URL", help="The store: sqlite:///FILE or redis://HOST:PORT/NUMBER.")
_attr = click.option("--attr", multiple=True, metavar="NAME=VALUE", help="Whose account: an attribute of the caller; repeats.")
_now = click.option("--now", metavar="TIME", help="The clock, such as 2026-11-02T09:00:00Z.  [default: the present]")
_by = click.option("--by", required=True, metavar="NAME", help="Who does this; it goes into the audit.")
_why = click.option("--why", required=True, metavar="TEXT", help="What for; it goes into the audit.")


@click.group(cls=Budgets, epilog=EXAMPLES)
def command() -> None:
    """Show who spent what of a policy's budgets: `policyroute budgets POLICY --ledger URL`.

    What is held counts as used: it is what calls under way can cost at most.
    """


@command.command("show")
@click.argument("policy")
@_ledger
@click.option("--budget", metavar="ID", help="Only this budget.")
@_attr
@click.option("--all", "every", is_flag=True, help="Also windows that are over, as long as the store keeps them.")
@_now
@output_option("text", "json")
def show(policy: str, form: str, **given: Any) -> int:
    """Show the accounts of a POLICY's budgets: what is spent and held, and when that ends."""
    caps = Caps(load(policy)).caps
    wanted = caps if given["budget"] is None else (_cap(caps, given["budget"]),)
    whose = _attributes(wanted, given["attr"])
    now = _clock(given["now"])
    with closing(_opened(given["ledger"])) as opened:
        rows = [row for cap in wanted for row in _rows(cap, opened, now) if row.resets_at is not None or given["every"]]
    rows = [row for row in rows if _is_of(row, whose)]
    if form == "json":
        write_json({"ok": True, "budgets": [_told(row) for row in rows]})
    else:
        _show(rows)
    return 0


@command.command("grant")
@click.argument("policy")
@click.argument("budget")
@click.argument("amount")
@_ledger
@_attr
@_by
@_why
@_now
@output_option("text", "json")
def grant(form: str, **given: Any) -> int:
    """Give an account of BUDGET more room in its current window: AMOUNT in dollars, tokens or calls, as it counts."""
    return _change(_typed(given), form)


@command.command("reset")
@click.argument("policy")
@click.argument("budget")
@_ledger
@_attr
@_by
@_why
@_now
@output_option("text", "json")
def reset(form: str, **given: Any) -> int:
    """Let an account of BUDGET start anew: what is spent is granted. What is held stays held."""
    return _change(_typed(given), form)


@command.command("audit")
@click.argument("policy")
@_ledger
@output_option("text", "json")
def audit(policy: str, ledger: str, form: str) -> int:
    """Show what was granted and reset by hand, oldest first."""
    caps = Caps(load(policy)).caps
    with closing(_opened(ledger)) as opened:
        found = [(entry, cap) for cap in caps for entry in opened.audit(cap.prefix)]
    found.sort(key=lambda one: one[0].at)
    if form == "json":
        write_json({"ok": True, "audit": [_audited(entry, cap) for entry, cap in found]})
    elif found:
        rows = [
            (_iso(e.at), c.budget.id, _account(c, e.key), _spelled(c, e.granted), shown(e.by), shown(e.why)) for e, c in found
        ]
        show_table(("when", "budget", "account", "granted", "by", "why"), rows, right=(3,))
    else:
        say(dim("nothing was granted or reset by hand"))
    return 0


@command.command("check")
@click.argument("policy")
@_ledger
@_attr
@output_option("text", "json")
def check(policy: str, ledger: str, attr: tuple[str, ...], form: str) -> int:
    """Prove that the budgets of a POLICY count a caller: where, and that the store keeps a hold and lets it go.

    The caller is who --attr says.
    """
    loaded = load(policy)
    caps = Caps(loaded).caps
    with closing(_opened(ledger)) as opened:
        found = liveness(loaded, opened, _attributes(caps, attr), time.time())
    good = all(one.live for one in found)
    whose = ["" if one.account is None else _account(cap, one.account) for cap, one in zip(caps, found, strict=True)]
    if form == "json":
        write_json({"ok": good, "checks": [{**one._asdict(), "account": who} for one, who in zip(found, whose, strict=True)]})
    elif found:
        rows = [(one.budget, who, "live" if one.live else "not live", one.why) for one, who in zip(found, whose, strict=True)]
        show_table(("budget", "account", "", "why"), rows)
    else:
        say(dim("the policy has no budgets"))
    return 0 if good else 1


def _typed(given: Mapping[str, Any]) -> Change:
    return Change._make(given.get(name) for name in Change._fields)


def _change(asked: Change, form: str) -> int:
    caps = Caps(load(asked.policy)).caps
    cap, now = _cap(caps, asked.budget), _clock(asked.now)
    account = _whose(cap, _attributes((cap,), asked.attr), now)
    with closing(_opened(asked.ledger)) as opened:
        amount = _spent(opened, account) if asked.amount is None else _amount(cap, asked.amount)
        entry = Entry(time.time(), account.key, amount, asked.by, asked.why)
        balance = opened.grant(account, amount, entry)
    span = cap.window.at(now)
    row = Row(cap, _account(cap, account.key), span.name, balance, span.ends_at)
    if form == "json":
        write_json({"ok": True, "granted": _units(cap, amount), "budget": _told(row)})
    else:
        say(f"granted {_spelled(cap, amount)} of {cap.budget.id} to {row.account}, in the window {row.window}")
        _show([row])
    return 0


def _opened(url: str) -> Ledger:
    if url == "memory://":
        raise UsageError("memory:// is within the process that spends; nobody else can look into it")
    return open_ledger(url, new=False)


def _cap(caps: Sequence[Cap], name: str) -> Cap:
    known(name, "budget", [cap.budget.id for cap in caps])
    return next(cap for cap in caps if cap.budget.id == name)


def _clock(text: str | None) -> float:
    return time.time() if text is None else moment(text)


def _attributes(caps: Sequence[Cap], given: Sequence[str]) -> Mapping[str, str]:
    named = dict(pair(text, "--attr", "tenant=acme") for text in given)
    counts = list(dict.fromkeys(name for cap in caps for name in cap.budget.per))
    for name in named:
        if name not in counts:
            listed = f"per {', '.join(f'`{one}`' for one in counts)}" if counts else "for everybody"
            raise UsageError(f"no budget counts per `{shown(name)}`: they count {listed}")
    return named


def _whose(cap: Cap, attributes: Mapping[str, str], now: float) -> Account:
    """The one account that is meant: each of its names has to be said."""
    missing = [name for name in cap.budget.per if name not in attributes]
    if missing:
        raise UsageError(
            f"`{cap.budget.id}` counts per {', '.join(cap.budget.per)}: say whose account, as in `--attr {missing[0]}=acme`"
        )
    return cap.account(cap.window.at(now), [attributes[name] for name in cap.budget.per])


def _rows(cap: Cap, ledger: Ledger, now: float) -> Iterator[Row]:
    """The accounts of a budget, those used most first; of a budget for everybody also one that is not used yet."""
    span = cap.window.at(now)
    balances = list(ledger.balances(cap.prefix))
    if not cap.budget.per and not any(balance.key.endswith(f"@{span.name}") for balance in balances):
        balances.append(Balance(cap.account(span, ()).key, 0, 0, 0))
    rows = []
    for balance in balances:
        window = balance.key.rpartition("@")[2]
        resets_at = span.ends_at if window == span.name else None
        rows.append(Row(cap, _account(cap, balance.key), window, balance, resets_at))
    yield from sorted(rows, key=lambda row: (row.resets_at is None, -row.share, row.account))


def _account(cap: Cap, key: str) -> str:
    """Whose account it is, in words."""
    per = key.removeprefix(cap.prefix).rpartition("@")[0]
    if per:
        return " ".join(unquote(one) for one in per.split("&"))
    return "everybody" if not cap.budget.per else f"no {', '.join(cap.budget.per)}"


def _is_of(row: Row, attributes: Mapping[str, str]) -> bool:
    values = [attributes.get(name) for name in row.cap.budget.per]
    named = {f"{name}={value}" for name, value in zip(row.cap.budget.per, values, strict=True) if value is not None}
    return len(named) == len(attributes) and named <= set(row.account.split(" ")) if attributes else True


def _spent(ledger: Ledger, account: Account) -> int:
    """What a reset has to grant."""
    balance = next((one for one in ledger.balances(account.key) if one.key == account.key), None)
    if balance is None or balance.spent <= balance.granted:
        raise UsageError("nothing is spent there, so there is nothing to reset")
    return balance.spent - balance.granted


def _amount(cap: Cap, text: str) -> int:
    """An amount in the budget's unit."""
    try:
        said = Decimal(text.removeprefix("$"))
        amount = said * NANO if cap.budget.unit == "usd" else said
        if said.is_finite() and 0 < amount <= MOST_AMOUNT and amount == int(amount):
            return int(amount)
    except InvalidOperation:
        pass
    what = "dollars, such as 50 or 0.25" if cap.budget.unit == "usd" else f"whole {cap.budget.unit}, such as 1000"
    raise UsageError(f"`{shown(text)}` is no amount: `{cap.budget.id}` counts {what}")


def _units(cap: Cap, amount: int) -> float | int:
    return amount / NANO if cap.budget.unit == "usd" else amount


def _spelled(cap: Cap, amount: int) -> str:
    """An amount as people read it, to the last nano-dollar that is not nothing."""
    if cap.budget.unit != "usd":
        return f"{amount:,}"
    dollars = f"{Decimal(amount) / NANO:,.9f}".rstrip("0")
    whole, _, rest = dollars.partition(".")
    return f"${whole}.{rest:0<2}"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _told(row: Row) -> dict[str, object]:
    cap, balance = row.cap, row.balance
    dollars = cap.budget.unit == "usd"
    return {
        "budget": cap.budget.id,
        "account": row.account,
        "window": row.window,
        "unit": cap.budget.unit,
        "limit": _units(cap, cap.budget.limit),
        "spent": _units(cap, balance.spent),
        "held": _units(cap, balance.held),
        "granted": _units(cap, balance.granted),
        "spent_usd": balance.spent / NANO if dollars else None,
        "held_usd": balance.held / NANO if dollars else None,
        "used_ratio": row.share,
        "resets_at": None if row.resets_at is None else _iso(row.resets_at),
    }


def _audited(entry: Entry, cap: Cap) -> dict[str, object]:
    return {
        "at": _iso(entry.at),
        "budget": cap.budget.id,
        "account": _account(cap, entry.key),
        "window": entry.key.rpartition("@")[2],
        "granted": _units(cap, entry.granted),
        "by": entry.by,
        "why": entry.why,
    }


def _show(rows: Sequence[Row]) -> None:
    if not rows:
        say(dim("nothing is spent or held"))
        return
    cells = []
    for row in rows:
        cap, balance = row.cap, row.balance
        used = f"{100 * row.share:.1f}%"
        cells.append(
            (
                cap.budget.id,
                shown(row.account),
                row.window,
                _spelled(cap, balance.spent),
                _spelled(cap, balance.held),
                _spelled(cap, cap.budget.limit + balance.granted) + ("" if cap.budget.unit == "usd" else f" {cap.budget.unit}"),
                used,
                "over" if row.resets_at is None else _iso(row.resets_at),
            )
        )
    show_table(("budget", "account", "window", "spent", "held", "limit", "used", "starts anew"), cells, right=(3, 4, 5, 6))
    full = [row for row in rows if row.share >= 1 and row.resets_at is not None]
    nearly = [row for row in rows if NEARLY <= row.share < 1 and row.resets_at is not None]
    if full:
        say(red(f"{counted(len(full), 'account')} used up"))
    if nearly:
        say(yellow(f"{counted(len(nearly), 'account')} used to {NEARLY:.0%} and more"))
