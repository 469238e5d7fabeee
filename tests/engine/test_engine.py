"""The engine: what a call is charged, and what happens to one that cannot be masked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyroute.engine.engine import Engine
from policyroute.engine.exchange import Asked, Refusal
from policyroute.engine.recording import Recorder
from policyroute.errors import UsageError
from policyroute.journal import Record
from policyroute.ledgers.memory import MemoryLedger
from policyroute.loading import Policy, loads
from policyroute.telemetry.telemetry import Telemetry

POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: one, version: 1}
tiers: [t]
models:
  home: {provider: own, region: eu, tier: t, context: 1000000, max_output: 10, price: {in: 1, out: 1}}
  away: {provider: p, region: us, tier: t, context: 1000000, max_output: 10, price: {in: 1, out: 1}}
attributes: {team: {from: auth.team, trust: verified}}
tags: {pii: {only: {region: [eu]}, declassify: {by: redact}}}
pipeline:
  sensitivity:
    - {id: mail, when: {detect: [email]}, redact: [email], TAG}
    - {id: unread, when: {unscanned: true}, add: [pii]}
  routes: [{id: far, when: {not: {tags: [pii]}}, to: away, otherwise: continue}]
  budgets:
    - {id: calls, per: [team], window: day, limit: {requests: 100}, steps: [{at: 100%, deny: budget_exhausted}]}
  complexity: {ladder: [{id: all, when: {}, prefer: [t]}]}
"""
HELLO = {"model": "auto", "messages": [{"role": "user", "content": "Thank you"}]}
# Two spellings of one address as names of one object: they would become one placeholder.
AWKWARD = {**HELLO, "metadata": {"jo@example.com": "1", "Jo@example.com": "2"}}
EMPTY = b'{"usage":{"prompt_tokens":0,"completion_tokens":0},"choices":[]}'
ECHO = b'<html>"content":"all of what was asked"</html>'


class Rows:
    """A journal that keeps its rows here."""

    queued = dropped = 0

    def __init__(self) -> None:
        self.kept: dict[str, Record] = {}

    def write(self, record: Record) -> None:
        self.kept[record.id] = record


def policy(tag: str = "add: [pii]") -> Policy:
    return loads(POLICY.replace(", TAG", f", {tag}" if tag else ""))


def engine(active: Policy, ledger: MemoryLedger, rows: Rows) -> Engine:
    recorder = Recorder(Telemetry(), rows)  # type: ignore[arg-type]
    return Engine(lambda: active, ledger, now=lambda: 1e9, watch=recorder)


def asked(body: Any) -> Asked:
    return Asked(json.dumps(body).encode(), "openai.chat", (), {"team": "red"})


@pytest.mark.parametrize(
    ("answer", "status", "calls"),
    [(EMPTY, 200, 1), (b"", 200, 1), (EMPTY, 500, 0), (ECHO, 502, 0), (ECHO, 307, 0), (ECHO, 200, 1)],
)
def test_a_call_counts_where_it_was_answered(answer: bytes, status: int, calls: int) -> None:
    """Also one that used nothing; not one that an upstream refused, whatever stands in what it says instead."""
    ledger = MemoryLedger()
    one = engine(policy(), ledger, Rows())
    exchange = one.open(asked(HELLO))
    exchange.passing(answer)
    bill = one.close(exchange, "complete", status)
    assert bill is not None
    assert (bill.cost_nano > 0) == (calls > 0 and answer != EMPTY)
    (balance,) = ledger.balances("")
    assert (balance.spent, balance.held) == (calls, 0)


@pytest.mark.parametrize(("tag", "model"), [("add: [pii]", "home"), ("", None)])
def test_what_cannot_be_masked_stays_home_or_is_denied(tag: str, model: str | None) -> None:
    """Where its tag lets it go it goes as it is, where there is none it goes nowhere; either way it is recorded."""
    ledger, rows = MemoryLedger(), Rows()
    one = engine(policy(tag), ledger, rows)
    exchange = one.open(asked(AWKWARD))
    (row,) = rows.kept.values()
    assert (row.model, row.outcome) == (model, "route" if model else "deny")
    if model is None:
        assert exchange.refusal is not None and exchange.refusal.status == 403
        assert b"not_redacted" in exchange.refusal.body
    one.close(exchange, "not_called", 403)
    assert sum(balance.held for balance in ledger.balances("")) == 0


@pytest.mark.parametrize(("given", "account"), [(42, "42"), (True, "true"), (1.5, "1.5"), ("red", "red")])
def test_an_app_may_vouch_for_numbers(given: Any, account: str) -> None:
    """An id of a database is one; it is the text of it."""
    ledger = MemoryLedger()
    engine(policy(), ledger, Rows()).open(asked(HELLO)._replace(attributes={"team": given, "plan": None}))
    assert [balance.key.partition("@")[0] for balance in ledger.balances("")] == [f"one/calls?team={account}"]


@pytest.mark.parametrize("given", [{"team": ["red"]}, {"team": b"red"}, "red"])
def test_an_app_that_vouches_for_something_else_is_told_so(given: Any) -> None:
    """By the name of the attribute, and without its value."""
    with pytest.raises(UsageError, match="`attributes` gave a") as told:
        engine(policy(), MemoryLedger(), Rows()).open(asked(HELLO)._replace(attributes=given))
    assert "red" not in str(told.value)


def shadow() -> Policy:
    return loads(POLICY.replace(", TAG", ", add: [pii]").replace("tiers:", "mode: shadow\nbaseline: home\ntiers:"))


@pytest.mark.parametrize(("model", "cost"), [("home", 110), ("auto", 0), ("no-such-model", 0)])
def test_a_shadow_costs_what_was_called(model: str, cost: int) -> None:
    """Not what would have been, and it saves nothing: the caller's own model is called, where anybody knows that one."""
    rows = Rows()
    one = engine(shadow(), MemoryLedger(), rows)
    exchange = one.open(asked({**HELLO, "model": model}))
    exchange.passing(b'{"usage":{"prompt_tokens":100000,"completion_tokens":10000},"choices":[]}')
    assert one.cost_nano(exchange, 200) == cost * 1_000_000
    one.close(exchange, "complete", 200)
    (row,) = rows.kept.values()
    assert (row.cost_nano, row.baseline_nano) == (cost * 1_000_000, None)


def test_a_dry_run_is_no_call() -> None:
    """It has no row: nothing was asked of a model, and nothing was denied."""
    rows = Rows()
    one = engine(policy(), MemoryLedger(), rows)
    exchange = one.open(asked(HELLO)._replace(headers=[("x-policyroute-dry-run", "true")]))
    assert exchange.refusal is not None and exchange.refusal.status == 200
    one.close(exchange, "not_called", 200)
    assert rows.kept == {}


def test_what_carries_a_call_does_not_show_it() -> None:
    """A repr ends up in logs."""
    secret = "kestrel7f3a9"
    told = Asked(secret.encode(), "openai.chat", [("authorization", secret)], {"team": secret}, f"/{secret}")
    assert secret not in repr(told) and secret not in repr(Refusal(403, (("a", secret),), secret.encode()))
