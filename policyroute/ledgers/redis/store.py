"""A ledger in Redis: steps as script calls, from threads and from event loops."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable, Sequence
from itertools import chain, count
from math import ceil
from secrets import token_hex
from threading import Lock
from typing import Final, get_args

from policyroute.errors import LedgerError, UsageError
from policyroute.ledgers.ledger import MOST_AMOUNT, Account, Answer, Balance, Entry, Look, Outcome, Reserve, Settle, Step
from policyroute.ledgers.redis.address import read_address
from policyroute.ledgers.redis.asking import AUDIT, BALANCES, GRANT, LOOK, RESERVE, SETTLE, Ask, Reply, Script
from policyroute.ledgers.redis.loops import LoopConnections
from policyroute.ledgers.redis.threads import ThreadConnections
from policyroute.ledgers.redis.trouble import RedisTrouble

PATIENT_S = 5.0
"""How long a person waits for a server who looks at balances or grants something."""

_PAGE = 1000
_SETTLED, _SETTLED_REPLY = Answer("settled"), b"settled -1"
_OUTCOMES: Final = {outcome: outcome for outcome in get_args(Outcome)}


class RedisLedger:
    """Holds expire by `clock`, and accounts are over by `now` (Unix seconds); both are the server's where they are not given.

    No step takes longer than `wait_s`. An event loop that used this has to `aclose` it before it ends.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "policyroute",
        clock: Callable[[], float] | None = None,
        now: Callable[[], float] | None = None,
        wait_s: float = 0.05,
    ) -> None:
        if not name or not name.isprintable() or {"{", "}"} & set(name):
            raise UsageError("the name of a ledger is printable and has no braces")
        self._address = read_address(url, wait_s)
        self._clock = clock
        self._now = now
        self._wait_s = wait_s
        # One tag for all, so that a cluster keeps them on one node.
        base = f"{{{name}}}:"
        self._shared = (base + "holds", base + "accounts")
        self._hold = base + "hold:"
        self._granted = base + "granted:"
        self._entries = base + "audit"
        # Who asks, and how often before: what tells a question that is asked again from another one.
        self._me = token_hex(8)
        self._asked = count()
        self._lock = Lock()
        self._threads = ThreadConnections(self._address.for_threads, self._address.place)
        self._loops: dict[asyncio.AbstractEventLoop, LoopConnections] = {}
        self._inherited: list[object] = []

    def do(self, step: Step) -> Answer:
        return self._read(self._for_threads().ask(self._ask(step), self._wait_s))

    at_once = False

    async def ado(self, step: Step) -> Answer:
        connections, ask = self._for_loop(), self._ask(step)
        try:
            return self._read(await connections.ask(ask, self._wait_s))
        except asyncio.CancelledError:
            if type(step) is Settle:  # a client that goes away takes no bill with it
                connections.finish(ask, self._wait_s)
            raise

    def _times(self) -> list[str | int]:
        """The clocks that were given, for the server, which has its own."""
        clock, now = self._clock, self._now
        return [ceil(clock() * 1000) if clock is not None else "", int(now()) if now is not None else ""]

    def _ask(self, step: Step) -> Ask:
        words = self._times()
        if type(step) is Look:
            for account in step.accounts:
                words += account.key, account.first
            return Ask(LOOK, self._shared, words)
        if type(step) is Reserve:
            words += ceil(step.lasts_s * 1000), len(step.lines), len(step.offers)
            for (key, forget_at, cell, first), least, below in step.lines:
                words += key, forget_at, cell, first, least, below
            for amounts, caps in step.offers:
                self._check(amounts)
                words += chain.from_iterable(zip(amounts, caps, strict=True))
            return Ask(RESERVE, (*self._shared, self._hold + step.hold), words)
        assert type(step) is Settle
        self._check(step.amounts)
        words.append(f"{self._me}{next(self._asked)}")
        for (key, forget_at, cell, first), amount in zip(step.accounts, step.amounts, strict=True):
            words += key, forget_at, cell, first, amount
        return Ask(SETTLE, (*self._shared, self._hold + step.hold), words)

    def _check(self, amounts: Sequence[int]) -> None:
        if amounts and (max(amounts) > MOST_AMOUNT or min(amounts) < -MOST_AMOUNT):
            raise LedgerError("an amount is over 2^53 - 1, the most that an account can have")

    def _read(self, reply: Reply) -> Answer:
        if reply == _SETTLED_REPLY:
            return _SETTLED
        if isinstance(reply, bytes):
            outcome, offer, *used = reply.decode().split(" ")
            return Answer(_OUTCOMES[outcome], tuple(map(int, used)), int(offer))
        raise RedisTrouble("unfit", self._address.place)

    def balances(self, prefix: str) -> Sequence[Balance]:
        found: dict[str, Balance] = {}
        pattern = re.sub(r"([*?\[\]\\^])", r"\\\1", prefix) + "*"
        at = b"0"
        while True:
            rows = self._rows(BALANCES, (), [at.decode(), pattern])
            at, rows = rows[0], rows[1:]
            found |= {balance.key: balance for balance in map(_balance, zip(*[iter(rows)] * 4, strict=True))}
            if at == b"0":
                return tuple(sorted(found.values()))

    def grant(self, account: Account, amount: int, entry: Entry) -> Balance:
        self._check((amount,))
        keys = (f"{self._granted}{self._me}{next(self._asked)}", self._entries)
        words = (*account, amount, json.dumps(entry))
        return _balance(self._rows(GRANT, keys, words))

    def audit(self, prefix: str) -> Sequence[Entry]:
        entries: list[Entry] = []
        first = 0
        while rows := self._rows(AUDIT, (self._entries,), [first, first + _PAGE - 1]):
            entries += [Entry(*json.loads(row)) for row in rows]
            first += _PAGE
        return tuple(entry for entry in entries if entry.key.startswith(prefix))

    def _rows(self, script: Script, keys: tuple[str, ...], words: Sequence[str | int]) -> list[bytes]:
        ask = Ask(script, (*self._shared, *keys), [*self._times(), *words])
        reply = self._for_threads().ask(ask, PATIENT_S)
        if isinstance(reply, list):
            return reply
        raise RedisTrouble("unfit", self._address.place)

    def _for_threads(self) -> ThreadConnections:
        threads = self._threads
        return threads if threads.pid == os.getpid() else self._after_fork(threads)

    def _after_fork(self, threads: ThreadConnections) -> ThreadConnections:
        """Connections of this process. A lock may be held by a thread that does not exist here, so none is taken."""
        self._me = token_hex(8)
        self._lock = Lock()
        # An event loop's selector is shared with the parent as well: what belongs to it is left alone, and kept.
        self._inherited += [threads, self._loops]
        self._loops = {}
        self._threads = ThreadConnections(self._address.for_threads, self._address.place)
        threads.abandon()
        return self._threads

    def _for_loop(self) -> LoopConnections:
        self._for_threads()
        loop = asyncio.get_running_loop()
        found = self._loops.get(loop)
        if found is None:
            with self._lock:
                self._loops = {one: its for one, its in self._loops.items() if not one.is_closed()}
                found = self._loops[loop] = LoopConnections(self._address.for_loops, self._address.place, loop)
        return found

    def close(self) -> None:
        threads = self._for_threads()
        self._threads = ThreadConnections(self._address.for_threads, self._address.place)
        threads.close()

    async def aclose(self) -> None:
        self.close()
        with self._lock:
            found = self._loops.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found.close()


def _balance(row: Sequence[bytes]) -> Balance:
    key, spent, held, granted = row
    return Balance(key.decode("utf-8", "surrogatepass"), int(spent), int(held), int(granted))
