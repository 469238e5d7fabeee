"""The engine of every face: calls are opened and closed here, each under one policy from its begin to its end."""

from __future__ import annotations

from asyncio import to_thread
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from os import getpid
from secrets import token_hex
from threading import Lock
from time import perf_counter_ns, time_ns
from typing import NamedTuple

from policyroute.call import ASSUMED_OUTPUT, NO_ANSWERS, Call, Facts, Target, Usage
from policyroute.dialects import read_plain
from policyroute.dialects.headers import encoding_of
from policyroute.dialects.json_body import MAX_BYTES, unpacked
from policyroute.dialects.stripping import UsageStripper
from policyroute.dialects.writing import rewritten, tells_usage
from policyroute.engine.admission import Admission, Admitter
from policyroute.engine.exchange import Asked, Bill, End, Exchange, Watch, denial, dry_run
from policyroute.engine.usage import spent_nano, used
from policyroute.errors import LedgerError, UsageError
from policyroute.ledgers.ledger import Flow, Ledger, adrive, drive
from policyroute.loading import Policy
from policyroute.plugins import Plugin, look
from policyroute.redaction import NotRedacted
from policyroute.redaction.streams import Restoring
from policyroute.stages.sensitivity import NOT_MASKED
from policyroute.taggers import HEADER, Verifier

BYTES_A_TOKEN = 4
LONG_BYTES = 100_000
NO_USAGE = Usage(0, 0)
_AT_ONCE = 4
_EVERYTHING = 1_000_000
_MOST_RETIRED = 100


class Outside(NamedTuple):
    """Who else says something about a call: a tagger in front who signs it, and plug-ins, which may take their time."""

    verifier: Verifier | None = None
    plugins: tuple[Plugin, ...] = ()


NOBODY = Outside()


class Engine:
    """Decides and settles the calls of an app. `policy` gives the one that is active: each call has one, from begin to end."""

    def __init__(
        self,
        policy: Callable[[], Policy],
        ledger: Ledger,
        *,
        now: Callable[[], float],
        max_body: int = MAX_BYTES,
        watch: Watch | None = None,
        outside: Outside = NOBODY,
    ) -> None:
        self.ledger = ledger
        self.max_body = max_body
        self._policy = policy
        self._now = now
        self._watch = watch
        self._outside = outside
        self._asks_others = outside != NOBODY
        self._admitter = self._made(policy())
        self._retired: deque[Admitter] = deque(maxlen=_MOST_RETIRED)
        # By process: a lock that another thread held in the moment of a fork would never be released in the child.
        self._replacing: dict[int, Lock] = {}
        self._process = getpid()

    def open(self, asked: Asked) -> Exchange:
        """A call that came in. It may wait for the store."""
        admitter = self._current()
        return drive(self.opening(admitter, asked), admitter.ledger)

    async def aopen(self, asked: Asked) -> Exchange:
        """The same from an event loop, which goes on meanwhile: what takes long to read is read in a thread."""
        if self.is_long(asked):
            return await to_thread(self.open, asked)
        admitter = self._current()
        return await adrive(self.opening(admitter, asked), admitter.ledger)

    @property
    def policy(self) -> Policy:
        """The policy that is active."""
        return self._policy()

    def read(self, asked: Asked) -> Call:
        """A call as it is read; `CallError` where it cannot be."""
        return read_plain(*self._unpacked(asked), self.max_body)

    def is_long(self, asked: Asked) -> bool:
        """Whether a call takes long to decide, even where the ledger waits for nobody."""
        return len(asked.body) > LONG_BYTES or bool(self._outside.plugins)

    def close(self, exchange: Exchange, end: End, status: int) -> Bill | None:
        """The end of a call."""
        return drive(self.closing(exchange, end, status), exchange.admitter.ledger)

    async def aclose(self, exchange: Exchange, end: End, status: int) -> Bill | None:
        """The same from an event loop. Where the task is cancelled meanwhile, a thread goes on with it."""
        return await adrive(self.closing(exchange, end, status), exchange.admitter.ledger, lasting=True)

    def give_back(self) -> None:
        """Gives back what was drawn of budgets ahead, as when an app goes down. Calls may go on."""
        for admitter in (*self._retired, self._admitter):
            drive(admitter.parting(_EVERYTHING), self.ledger)

    def opening(self, admitter: Admitter, asked: Asked) -> Flow[Exchange]:
        """The flow of a call that came in; `CallError` where it cannot be read."""
        began_ns = time_ns()
        if self._retired:
            yield from self._parting()
        policy = admitter.policy
        came = asked.body
        asked = self._unpacked(_vouched(asked))
        call: Call = read_plain(*asked, self.max_body)
        detected = NO_ANSWERS
        if self._asks_others:
            call, detected = self._told(call, asked.headers, came)
        drawn = token_hex(20)
        facts = Facts(now=self._now(), seed=int(drawn[24:], 16) >> 2, detected=detected, id=f"dec_{drawn[:24]}")
        if policy.pipeline.names.mode != "enforce" or call.asks.dry_run:
            decision = policy.pipeline.decide(call, facts, perf_counter_ns)
            exchange = Exchange(admitter, asked._replace(body=came), call, Admission(decision))
        else:
            exchange = yield from self._admitting(admitter, asked, call, facts)
        if call.asks.dry_run and policy.pipeline.names.mode != "off":
            exchange.refusal = dry_run(exchange)
        elif exchange.enforced:
            if exchange.decision.target is None:
                exchange.refusal = denial(exchange)
            else:
                self._rewrite(exchange, asked, exchange.decision.target)
        if self._watch is not None:
            self._watch.decided(exchange, began_ns, time_ns())
        return exchange

    def _told(self, call: Call, headers: Sequence[tuple[str, str]], came: bytes) -> tuple[Call, Mapping[str, bool]]:
        """The call with what others vouch for, and what they found in it. A signature is of the bytes that came."""
        verifier, plugins = self._outside
        if verifier is not None:
            signed = [value for name, value in headers if name.lower() == HEADER]
            call = verifier.admit(call, signed, came)
        return call, look(plugins, call) if plugins else NO_ANSWERS

    def _unpacked(self, asked: Asked) -> Asked:
        """The same with a body that is not packed: what is read is what goes on."""
        encoding = encoding_of(asked.headers)
        if not encoding:
            return asked
        headers = [(name, value) for name, value in asked.headers if name.lower() != "content-encoding"]
        return asked._replace(body=unpacked(asked.body, encoding, self.max_body), headers=headers)

    def _admitting(self, admitter: Admitter, asked: Asked, call: Call, facts: Facts) -> Flow[Exchange]:
        """Admitted, and masked; decided again where masking does not work out: it goes where its text may go, or nowhere."""
        admission = yield from admitter.admitting(call, facts)
        exchange = Exchange(admitter, asked, call, admission)
        if exchange.decision.redact and exchange.decision.outcome == "route":
            try:
                exchange.redaction = admitter.policy.redact(asked.body, exchange.decision, asked.api)
            except NotRedacted:
                if admission.held is not None:
                    yield from admitter.releasing(admission.held)
                again = facts._replace(failed=facts.failed | {NOT_MASKED})
                exchange = Exchange(admitter, asked, call, (yield from admitter.admitting(call, again)))
        return exchange

    def _rewrite(self, exchange: Exchange, asked: Asked, target: Target) -> None:
        """The body that goes on: masked, and for the model that was chosen."""
        body = asked.body if exchange.redaction is None else exchange.redaction.body
        asks_usage = exchange.call.stream and not tells_usage(body, asked.api)
        exchange.body = rewritten(
            body, asked.api, model=target.upstream, most_output=_limit(exchange, target), ask_usage=asks_usage
        )
        if asks_usage:
            exchange.filters.append(UsageStripper())
        if exchange.redaction is not None and exchange.redaction.restores:
            exchange.filters.append(Restoring(exchange.redaction, exchange.call.stream))

    def attempting(self, exchange: Exchange, *, watched: bool) -> None:
        """A model is about to be called; `watched` where it is we who do it."""
        exchange.attempts += 1
        if watched and self._watch is not None:
            self._watch.attempted(exchange)

    def closing(self, exchange: Exchange, end: End, status: int) -> Flow[Bill | None]:
        """The flow of an end: what was used is worked out and settled. Only the first end of an exchange counts."""
        if not exchange.end():
            return None
        if end == "complete" and exchange.answered.failed and status < 400:
            end = "upstream_error"  # it says so itself, in an event of a stream
        usage = NO_USAGE if end == "not_called" or (end == "upstream_error" and not status) else self._used(exchange, status)
        held = exchange.admission.held
        cost_nano = 0
        if held is not None:
            admitter = exchange.admitter
            if usage is not NO_USAGE:  # one of no tokens is a call all the same
                cost_nano = yield from admitter.settling(held, usage)
            else:
                yield from admitter.releasing(held)
        elif exchange.served is not None:
            cost_nano = spent_nano(exchange.served, usage)
        latency_ms = (perf_counter_ns() - exchange.began_ns) / 1e6
        baseline = exchange.admitter.baseline if exchange.enforced else None  # a shadow saves nothing
        baseline_nano = None if baseline is None else spent_nano(baseline, usage)
        answered = exchange.answered
        bill = Bill(end, status, usage, cost_nano, baseline_nano, latency_ms, answered.finish, answered.model)
        if self._watch is not None:
            self._watch.billed(exchange, bill)
        return bill

    def cost_nano(self, exchange: Exchange, status: int) -> int:
        """What a call did cost whose answer is whole: the same that it will be settled to."""
        target = exchange.served
        return 0 if target is None else spent_nano(target, self._used(exchange, status))

    def _used(self, exchange: Exchange, status: int) -> Usage:
        """What the upstream says, and where it says nothing or nonsense an estimate of the text."""
        if exchange.usage is None:
            if status >= 300:  # an upstream refused, or is elsewhere: what was not answered is not billed
                exchange.usage = NO_USAGE
            else:
                answered = exchange.answered
                said = -(-answered.said_bytes // BYTES_A_TOKEN)
                exchange.usage = used(answered.tally, Usage(exchange.decision.tokens_estimated, said, estimated=True))
        return exchange.usage

    def _current(self) -> Admitter:
        """The admitter of the active policy; one that was replaced goes on for the calls it admitted."""
        admitter, process = self._admitter, getpid()
        if admitter.policy is self._policy() and process == self._process:
            return admitter
        with self._replacing.setdefault(process, Lock()):
            admitter, policy = self._admitter, self._policy()
            if process != self._process:  # what was drawn ahead before a fork is the other process's to use
                self._retired.clear()
                self._admitter, self._process = self._made(policy), process
            elif admitter.policy is not policy:
                self._retired.append(admitter)
                self._admitter = self._made(policy)
            return self._admitter

    def _parting(self) -> Flow[None]:
        """What a replaced policy had drawn of its budgets ahead goes back, a little with each call."""
        try:
            retired = self._retired[0]
        except IndexError:  # somebody else was quicker
            return
        try:
            stays = yield from retired.parting(_AT_ONCE)
        except LedgerError as error:
            self._ledger_failed(error)
            return
        with suppress(ValueError):
            self._retired.remove(retired)
            if stays:
                self._retired.append(retired)

    def _made(self, policy: Policy) -> Admitter:
        return Admitter(policy, self.ledger, now=self._now, failed=self._ledger_failed)

    def _ledger_failed(self, _error: LedgerError) -> None:
        if self._watch is not None:
            self._watch.ledger_failed()


def _vouched(asked: Asked) -> Asked:
    """The same with attributes that are texts, as numbers and truth values of an app's own may be."""
    given: Mapping[str, object] = asked.attributes
    if not isinstance(given, Mapping):
        raise UsageError(f"`attributes` gave a {type(given).__name__}: a mapping of names to values is expected")
    if all(type(value) is str for value in given.values()):
        return asked
    told: dict[str, str] = {}
    for name, value in given.items():
        if isinstance(value, bool):
            told[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            told[name] = str(value)
        elif value is not None:
            raise UsageError(f"`attributes` gave a {type(value).__name__} for `{name}`: a text or a number is expected")
    return asked._replace(attributes=told)


def _limit(exchange: Exchange, target: Target) -> int | None:
    """The longest answer that money is held for, where neither the caller nor the model says where it ends."""
    if exchange.admission.held is None or exchange.call.max_output is not None or target.max_output is not None:
        return None
    return ASSUMED_OUTPUT
