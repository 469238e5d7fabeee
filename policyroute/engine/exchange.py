"""One call from its body to its bill: read, decided, held for, masked, rewritten; metered, and settled once.

A face only carries bytes: it hands in what came, sends on `Exchange.body` or answers with `Exchange.refusal`, shows the answer's
bytes to the meter, and says how it ended.
"""

from __future__ import annotations

from asyncio import to_thread
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from json import dumps
from secrets import token_hex
from threading import Lock
from time import perf_counter_ns, time_ns
from typing import Literal, NamedTuple, Protocol

from policyroute.call import ASSUMED_OUTPUT, NOTHING, Api, Call, Facts, Target, Usage
from policyroute.decision import Decision
from policyroute.dialects import read_plain
from policyroute.dialects.headers import encoding_of
from policyroute.dialects.json_body import MAX_BYTES, unpacked
from policyroute.dialects.meters import Answered, Meter
from policyroute.dialects.refusals import refusal
from policyroute.dialects.stripping import UsageStripper
from policyroute.dialects.writing import rewritten, tells_usage
from policyroute.engine.admission import Admission, Admitter
from policyroute.engine.usage import spent_nano, used
from policyroute.errors import CallError, LedgerError
from policyroute.ledgers.ledger import Flow, Ledger, adrive, drive
from policyroute.loading import Policy
from policyroute.redaction import NotRedacted, Redaction
from policyroute.redaction.streams import StreamRestorer, WholeRestorer
from policyroute.stages.budgets import STORE_FAILED
from policyroute.stages.sensitivity import NOT_MASKED

End = Literal["complete", "client_disconnect", "upstream_error", "timeout", "not_called"]
BYTES_A_TOKEN = 4
LONG_BYTES = 100_000
SOON_S = 5
_AT_ONCE = 4
_EVERYTHING = 1_000_000
_MOST_RETIRED = 100
NO_RETRY = ("x-should-retry", "false")


class Asked(NamedTuple):
    """A call as a face got it. `attributes` are what the app vouches for."""

    body: bytes
    api: Api
    headers: Sequence[tuple[str, str]]
    attributes: Mapping[str, str] = NOTHING
    path: str = ""


class Refusal(NamedTuple):
    """What a face answers instead of calling: a denial, an error, or what a dry run would have been."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Bill(NamedTuple):
    """How a call ended, and what it cost."""

    end: End
    status: int
    usage: Usage
    cost_nano: int
    baseline_nano: int | None
    latency_ms: float
    finish: str = ""
    model: str = ""


class Filter(Protocol):
    """Changes an answer on its way to the caller, piece by piece."""

    def feed(self, data: bytes) -> bytes:
        """What goes on after this piece."""
        ...

    def end(self) -> bytes:
        """What is left when no more comes."""
        ...


class Watch(Protocol):
    """What is told of every decision, every call of a model and every bill. It never raises."""

    def decided(self, exchange: Exchange, began_ns: int, ended_ns: int) -> None:
        """A call was decided; times are nanoseconds since 1970."""
        ...

    def attempted(self, exchange: Exchange) -> None:
        """A model is called."""
        ...

    def billed(self, exchange: Exchange, bill: Bill) -> None:
        """A call has ended."""
        ...

    def ledger_failed(self) -> None:
        """The store of spend did not do a step."""
        ...


class Exchange:
    """One call that was decided. It is settled once, whoever says first how it ended."""

    __slots__ = (
        *("_lock", "_over", "admission", "admitter", "api", "attempt", "attempts", "began_ns", "body", "call"),
        *("decision", "enforced", "filters", "meter", "record", "redaction", "refusal", "span"),
    )

    def __init__(self, admitter: Admitter, asked: Asked, call: Call, admission: Admission) -> None:
        self.admitter = admitter
        self.api = asked.api
        self.call = call
        self.admission = admission
        self.decision = admission.decision
        # Whether anything of the call is changed: not in shadow mode, and not where the policy is off.
        self.enforced = self.decision.mode == "enforce"
        self.body = asked.body
        self.refusal: Refusal | None = None
        self.redaction: Redaction | None = None
        self.attempts = 0
        self.meter = Meter(asked.api, call.stream)
        self.began_ns = perf_counter_ns()
        self.filters: list[Filter] = []
        self.span: object = None
        self.attempt: object = None
        self.record: object = None
        self._lock = Lock()
        self._over = False

    def __repr__(self) -> str:
        return f"<Exchange {self.decision!r}>"

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What every answer carries."""
        name, version, _ = self.decision.policy
        told = [("x-policyroute-decision", self.decision.id), ("x-policyroute-policy", f"{name}@{version}")]
        target = self.decision.target
        if target is not None:
            told += [("x-policyroute-model", target.name), ("x-policyroute-tier", target.tier)]
        told.append(("x-policyroute-attempts", str(self.attempts)))
        return tuple(told)

    @property
    def changes_answer(self) -> bool:
        """Whether what the caller gets may differ from what the model said."""
        return bool(self.filters)

    def passing(self, piece: bytes) -> bytes:
        """A piece of the answer on its way to the caller: metered, and without what he did not ask for."""
        self.meter.feed(piece)
        for one in self.filters:
            piece = one.feed(piece)
        return piece

    def rest(self) -> bytes:
        """What was held back, once nothing more comes."""
        rest = b""
        for one in self.filters:
            rest = one.feed(rest) + one.end()
        return rest

    def end(self) -> bool:
        """Whether this is the first that says so."""
        with self._lock:
            first, self._over = not self._over, True
        return first


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
    ) -> None:
        self.ledger = ledger
        self.max_body = max_body
        self._policy = policy
        self._now = now
        self._watch = watch
        self._admitter = self._made(policy())
        self._retired: deque[Admitter] = deque(maxlen=_MOST_RETIRED)

    def open(self, asked: Asked) -> Exchange:
        """A call that came in. It may wait for the store."""
        admitter = self._current()
        return drive(self.opening(admitter, asked), admitter.ledger)

    async def aopen(self, asked: Asked) -> Exchange:
        """The same from an event loop, which goes on meanwhile: what takes long to read is read in a thread."""
        if len(asked.body) > LONG_BYTES:
            return await to_thread(self.open, asked)
        admitter = self._current()
        return await adrive(self.opening(admitter, asked), admitter.ledger)

    def close(self, exchange: Exchange, end: End, status: int) -> Bill | None:
        """The end of a call."""
        return drive(self.closing(exchange, end, status), exchange.admitter.ledger)

    async def aclose(self, exchange: Exchange, end: End, status: int) -> Bill | None:
        """The same from an event loop."""
        return await adrive(self.closing(exchange, end, status), exchange.admitter.ledger)

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
        asked = self._unpacked(asked)
        call: Call = read_plain(*asked, self.max_body)
        drawn = token_hex(20)
        facts = Facts(now=self._now(), seed=int(drawn[24:], 16) >> 2, id=f"dec_{drawn[:24]}")
        if policy.pipeline.names.mode != "enforce" or call.asks.dry_run:
            decision = policy.pipeline.decide(call, facts, perf_counter_ns)
            exchange = Exchange(admitter, asked._replace(body=came), call, Admission(decision))
        else:
            exchange = yield from self._admitting(admitter, asked, call, facts)
        if call.asks.dry_run and policy.pipeline.names.mode != "off":
            exchange.refusal = _dry_run(exchange)
        elif exchange.enforced:
            if exchange.decision.target is None:
                exchange.refusal = _denial(exchange)
            else:
                self._rewrite(exchange, asked, exchange.decision.target)
        if self._watch is not None:
            self._watch.decided(exchange, began_ns, time_ns())
        return exchange

    def _unpacked(self, asked: Asked) -> Asked:
        """The same with a body that is not packed: what is read is what goes on."""
        encoding = encoding_of(asked.headers)
        if not encoding:
            return asked
        headers = [(name, value) for name, value in asked.headers if name.lower() != "content-encoding"]
        return asked._replace(body=unpacked(asked.body, encoding, self.max_body), headers=headers)

    def _admitting(self, admitter: Admitter, asked: Asked, call: Call, facts: Facts) -> Flow[Exchange]:
        """Admitted, and masked; decided again where masking does not work out."""
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
                if exchange.decision.redact and exchange.decision.outcome == "route":
                    raise
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
            restorer = StreamRestorer if exchange.call.stream else WholeRestorer
            exchange.filters.append(restorer(exchange.redaction))

    def attempting(self, exchange: Exchange, *, watched: bool) -> None:
        """A model is about to be called; `watched` where it is we who do it."""
        exchange.attempts += 1
        if watched and self._watch is not None:
            self._watch.attempted(exchange)

    def closing(self, exchange: Exchange, end: End, status: int) -> Flow[Bill | None]:
        """The flow of an end: what was used is worked out and settled. Only the first end of an exchange counts."""
        if not exchange.end():
            return None
        answered = exchange.meter.end()
        usage = Usage(0, 0) if end == "not_called" or _cost_nothing(status, answered) else self._used(exchange, answered)
        held = exchange.admission.held
        cost_nano = 0
        if held is not None:
            admitter = exchange.admitter
            if usage.input_tokens or usage.output_tokens:
                cost_nano = yield from admitter.settling(held, usage)
            else:
                yield from admitter.releasing(held)
        elif exchange.decision.target is not None:
            cost_nano = spent_nano(exchange.decision.target, usage)
        latency_ms = (perf_counter_ns() - exchange.began_ns) / 1e6
        baseline = exchange.admitter.baseline
        baseline_nano = None if baseline is None else spent_nano(baseline, usage)
        bill = Bill(end, status, usage, cost_nano, baseline_nano, latency_ms, answered.finish, answered.model)
        if self._watch is not None:
            self._watch.billed(exchange, bill)
        return bill

    def _used(self, exchange: Exchange, answered: Answered) -> Usage:
        """What the upstream says, and where it says nothing or nonsense an estimate of the text."""
        said = -(-answered.said_bytes // BYTES_A_TOKEN)
        estimate = Usage(exchange.decision.tokens_estimated, said, estimated=True)
        return used(answered.tally, estimate)

    def _current(self) -> Admitter:
        """The admitter of the active policy; one that was replaced goes on for the calls it admitted."""
        policy = self._policy()
        admitter = self._admitter
        if admitter.policy is not policy:
            self._retired.append(admitter)
            admitter = self._admitter = self._made(policy)
        return admitter

    def _parting(self) -> Flow[None]:
        """What a replaced policy had drawn of its budgets ahead goes back, a little with each call."""
        retired = self._retired[0]
        try:
            stays = yield from retired.parting(_AT_ONCE)
        except LedgerError as error:
            self._ledger_failed(error)
            return
        if stays:
            self._retired.rotate(-1)
        else:
            with suppress(ValueError):  # somebody else was quicker
                self._retired.remove(retired)

    def _made(self, policy: Policy) -> Admitter:
        return Admitter(policy, self.ledger, now=self._now, failed=self._ledger_failed)

    def _ledger_failed(self, _error: LedgerError) -> None:
        if self._watch is not None:
            self._watch.ledger_failed()


def refused(api: Api, error: CallError | NotRedacted) -> Refusal:
    """What answers a call that cannot be read."""
    body = refusal(api, status=error.status, code=error.code, message=str(error))
    return Refusal(error.status, (("content-type", "application/json"), NO_RETRY), body)


def _denial(exchange: Exchange) -> Refusal:
    decision = exchange.decision
    status, code = _status(decision)
    headers = [("content-type", "application/json"), *exchange.headers]
    wait_s = exchange.admission.retry_after_s
    if wait_s is not None:
        headers.append(("retry-after", str(wait_s)))
    if status == 403 or (wait_s or 0) > SOON_S:
        headers.append(NO_RETRY)
    message = f"the policy {decision.policy.name} denies this call: {decision.reason}"
    body = refusal(exchange.api, status=status, code=code, message=message, decision_id=decision.id, rules=decision.fired)
    return Refusal(status, tuple(headers), body)


def _status(decision: Decision) -> tuple[int, str]:
    if decision.reason == STORE_FAILED:
        return 503, STORE_FAILED
    if decision.reason == "no_model_available":
        return 503, decision.reason
    if decision.stage == "budgets":
        return 429, "budget_exhausted"
    return 403, "policy_denied"


def _dry_run(exchange: Exchange) -> Refusal:
    body = dumps({"ok": True, "decision": exchange.decision.to_dict()}).encode()
    return Refusal(200, (("content-type", "application/json"), *exchange.headers), body)


def _cost_nothing(status: int, answered: Answered) -> bool:
    """Whether an upstream refused: a call that was not answered is not billed."""
    return status >= 400 and not answered.said_bytes


def _limit(exchange: Exchange, target: Target) -> int | None:
    """The longest answer that money is held for, where neither the caller nor the model says where it ends."""
    if exchange.admission.held is None or exchange.call.max_output is not None or target.max_output is not None:
        return None
    return ASSUMED_OUTPUT
