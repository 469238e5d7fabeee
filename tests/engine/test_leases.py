"""Leased budgets through a whole engine: what is drawn is used without asking the store, and goes back when a policy does."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from policyroute.engine.engine import Engine
from policyroute.engine.exchange import Asked
from policyroute.errors import LedgerError
from policyroute.ledgers.ledger import Account, Answer, Balance, Entry, Step
from policyroute.ledgers.memory import MemoryLedger
from policyroute.loading import Policy, loads
from tests.house.survey import ROOT

POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: leased, version: VERSION}
tiers: [t]
models: {m: {provider: p, tier: t, context: 1000000, max_output: 10, price: {in: 1, out: 1}}}
attributes: {team: {from: auth.team, trust: verified}}
pipeline:
  budgets:
    - {id: day, per: [team], window: day, limit: {usd: 100}, steps: [{at: 100%, deny: budget_exhausted}], LEASE}
  complexity: {ladder: [{id: all, when: {}, prefer: [t]}]}
"""
BODY = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "Thank you"}]}).encode()
ANSWER = b'{"usage":{"prompt_tokens":100,"completion_tokens":10},"choices":[]}'
CALLS = 50


class Counting:
    """A store that says how often it was asked."""

    at_once = False

    def __init__(self) -> None:
        self.store = MemoryLedger()
        self.steps = 0

    def do(self, step: Step) -> Answer:
        self.steps += 1
        return self.store.do(step)

    async def ado(self, step: Step) -> Answer:
        return self.do(step)

    def balances(self, prefix: str) -> Sequence[Balance]:
        return self.store.balances(prefix)

    def grant(self, account: Account, amount: int, entry: Entry) -> Balance:
        return self.store.grant(account, amount, entry)

    def audit(self, prefix: str) -> Sequence[Entry]:
        return self.store.audit(prefix)

    def close(self) -> None:
        self.store.close()

    async def aclose(self) -> None:
        await self.store.aclose()


def policy(version: int, lease: str = "lease: {chunk: 1%}") -> Policy:
    return loads(POLICY.replace("VERSION", str(version)).replace("LEASE", lease).replace(", }", "}"))


def call(engine: Engine) -> int:
    """One call, and what it did cost."""
    exchange = engine.open(Asked(BODY, "openai.chat", (), {"team": "red"}))
    exchange.passing(ANSWER)
    bill = engine.close(exchange, "complete", 200)
    assert bill is not None
    return bill.cost_nano


def test_most_calls_do_not_ask_the_store() -> None:
    """With a lease a call asks the store a fraction of once; without one, twice: for its hold and for its end."""
    asked = []
    for lease in ("lease: {chunk: 1%}", ""):
        store = Counting()
        active = policy(1, lease)
        engine = Engine(lambda active=active: active, store, now=lambda: 1e9)
        for _ in range(CALLS):
            call(engine)
        asked.append(store.steps)
    assert asked[0] < CALLS < 2 * CALLS <= asked[1]


def test_what_a_replaced_policy_had_drawn_goes_back() -> None:
    """After a reload, and at the end, what counts as spent is what was spent: the account is the same one."""
    store = Counting()
    versions = count(1)
    active = [policy(next(versions))]
    engine = Engine(lambda: active[0], store, now=lambda: 1e9)
    spent = 0
    for _ in range(3):
        spent += sum(call(engine) for _ in range(10))
        active[0] = policy(next(versions))
    spent += call(engine)
    engine.give_back()
    (balance,) = store.balances("")
    assert (balance.spent, balance.held) == (spent, 0)


def test_a_hold_of_a_replaced_policy_is_ended_where_it_was_taken() -> None:
    """A call that began before a reload is settled under the policy that admitted it."""
    store = Counting()
    active = [policy(1)]
    engine = Engine(lambda: active[0], store, now=lambda: 1e9)
    exchange = engine.open(Asked(BODY, "openai.chat", (), {"team": "red"}))
    active[0] = policy(2)
    spent = call(engine)
    exchange.passing(ANSWER)
    bill = engine.close(exchange, "complete", 200)
    assert bill is not None
    spent += call(engine) + bill.cost_nano
    engine.give_back()
    (balance,) = store.balances("")
    assert (balance.spent, balance.held) == (spent, 0)


class Failing(Counting):
    """A store that can be down."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False

    def do(self, step: Step) -> Answer:
        if self.down:
            raise LedgerError("down")
        return super().do(step)


def test_what_a_replaced_policy_could_not_tell_is_told_later() -> None:
    """The store was down when calls ended, the policy was replaced, and the store is back: nothing is lost, nothing is held."""
    store = Failing()
    active = [policy(1, "")]
    engine = Engine(lambda: active[0], store, now=lambda: 1e9)
    exchanges = [engine.open(Asked(BODY, "openai.chat", (), {"team": "red"})) for _ in range(10)]
    store.down = True
    spent = 0
    for exchange in exchanges:
        exchange.passing(ANSWER)
        bill = engine.close(exchange, "complete", 200)
        assert bill is not None
        spent += bill.cost_nano
    active[0] = policy(2, "")
    store.down = False
    spent += sum(call(engine) for _ in range(2))
    engine.give_back()
    (balance,) = store.balances("")
    assert (balance.spent, balance.held) == (spent, 0)


def test_threads_that_find_a_new_policy_at_once_share_one_admitter() -> None:
    """What one of them draws ahead is not forgotten with its own admitter."""
    store = Counting()
    versions = [policy(number) for number in range(1, 4)]
    active = [versions[0]]
    engine = Engine(lambda: active[0], store, now=lambda: 1e9)
    with ThreadPoolExecutor(8) as pool:
        switching = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            spent = 0
            for number in range(60):
                active[0] = versions[number % 3]
                spent += sum(pool.map(lambda _: call(engine), range(8)))
        finally:
            sys.setswitchinterval(switching)
    engine.give_back()
    (balance,) = store.balances("")
    assert (balance.spent, balance.held) == (spent, 0)


FORKED = """
import os, sys
from policyroute.engine.engine import Engine
from policyroute.ledgers.opening import open_ledger
from tests.engine.test_leases import call, policy
ledger = open_ledger("sqlite:///" + sys.argv[1])
active = policy(1)
engine = Engine(lambda: active, ledger, now=lambda: 1e9)
spent = call(engine)
read, write = os.pipe()
child = os.fork()
spent += sum(call(engine) for _ in range(5))
engine.give_back()
if not child:
    os.write(write, str(spent).encode())
    os._exit(0)
os.waitpid(child, 0)
both = spent + int(os.read(read, 99)) - spent // 6
(balance,) = ledger.balances("")
print(balance.spent == both, balance.held)
"""


def test_a_forked_process_draws_for_itself(tmp_path: Path) -> None:
    """What the first process had drawn is not used twice: all that both spend is in the store."""
    command = [sys.executable, "-c", FORKED, str(tmp_path / "ledger.db")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=50)
    assert done.stdout.split() == ["True", "0"], done.stderr
