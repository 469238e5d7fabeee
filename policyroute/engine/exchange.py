"""One call from its body to its bill: read, decided, held for, masked, rewritten; metered, and settled once.

A face only carries bytes: it hands in what came, sends on `Exchange.body` or answers with `Exchange.refusal`, shows the answer's
bytes to the meter, and says how it ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from json import dumps
from threading import Lock
from time import perf_counter_ns
from typing import Literal, NamedTuple, Protocol

from policyroute.call import NOTHING, Api, Call, Target, Usage
from policyroute.decision import Decision, Version
from policyroute.dialects.meters import Answered, Meter
from policyroute.dialects.refusals import refusal
from policyroute.dialects.writing import rewritten_path
from policyroute.engine.admission import Admission, Admitter
from policyroute.errors import CallError
from policyroute.redaction import Redaction
from policyroute.stages.budgets import STORE_FAILED

End = Literal["complete", "client_disconnect", "upstream_error", "timeout", "not_called"]
SOON_S = 5
NO_RETRY = ("x-should-retry", "false")
NO_CACHE = ("x-policyroute-cache", "miss")


class Asked(NamedTuple):
    """A call as a face got it. `attributes` are what the app vouches for."""

    body: bytes
    api: Api
    headers: Sequence[tuple[str, str]]
    attributes: Mapping[str, str] = NOTHING
    path: str = ""

    def __repr__(self) -> str:
        """Without what is in it: a repr ends up in logs."""
        return f"<Asked {self.api}, {len(self.body)} bytes>"


class Refusal(NamedTuple):
    """What a face answers instead of calling: a denial, an error, or what a dry run would have been."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __repr__(self) -> str:
        """Its status: nobody needs the rest in a log."""
        return f"<Refusal {self.status}>"


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


class Spanning(Protocol):
    """A span of the call."""

    def current(self) -> AbstractContextManager[object]:
        """While this is open, what is done is below the span."""
        ...


class Attempting(Protocol):
    """A call of a model, as it is told of."""

    @property
    def traceparent(self) -> str | None:
        """What tells the upstream which span it works for."""
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
        *("_answered", "_lock", "_over", "admission", "admitter", "api", "attempt", "attempts", "began_ns", "body", "call"),
        *("decision", "enforced", "filters", "meter", "path", "record", "redaction", "refusal", "span", "usage"),
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
        self.path = asked.path
        self.refusal: Refusal | None = None
        self.redaction: Redaction | None = None
        self.attempts = 0
        self.meter = Meter(asked.api, call.stream)
        self.began_ns = perf_counter_ns()
        self.filters: list[Filter] = []
        self.span: Spanning | None = None
        self.attempt: Attempting | None = None
        self.record: object = None
        self._lock = Lock()
        self._over = False
        self.usage: Usage | None = None
        self._answered: Answered | None = None

    def __repr__(self) -> str:
        return f"<Exchange {self.decision!r}>"

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What every answer carries."""
        told = [("x-policyroute-decision", self.decision.id), _policy(self.decision.policy)]
        target = self.decision.target
        if target is not None:
            told += [("x-policyroute-model", target.name), ("x-policyroute-tier", target.tier)]
        return (*told, ("x-policyroute-attempts", str(self.attempts)), NO_CACHE)

    @property
    def answered(self) -> Answered:
        """The answer as it was metered; from here on nothing more is."""
        if self._answered is None:
            self._answered = self.meter.end()
        return self._answered

    @property
    def sent(self) -> Asked:
        """The call as it goes on, where anything of it is changed: then it is not packed any more."""
        return Asked(self.body, self.api, (), path=self.renamed(self.path, decoded=True))

    def renamed(self, path: str, *, decoded: bool = False) -> str:
        """A path as it goes on: where it names the model, it names the one that was chosen."""
        target = self.decision.target
        if not self.enforced or target is None:
            return path
        return rewritten_path(path, self.api, target.upstream, decoded=decoded)

    def current(self) -> AbstractContextManager[object]:
        """While this is open, what an app does is below the span of the call."""
        return nullcontext() if self.span is None else self.span.current()

    @property
    def served(self) -> Target | None:
        """The model that is called, where that is known: in shadow mode the one the caller names."""
        return self.decision.target if self.enforced else self.decision.named(self.call.requested_model)

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


def costs(cost_nano: int) -> tuple[str, str]:
    """The header that says what a call did cost."""
    return "x-policyroute-cost-usd", f"{cost_nano // 10**9}.{cost_nano % 10**9:09}"


def refused(api: Api, error: CallError, policy: Version) -> Refusal:
    """What answers a call that cannot be read."""
    body = refusal(api, status=error.status, code=error.code, message=str(error))
    return Refusal(error.status, (("content-type", "application/json"), _policy(policy), NO_RETRY), body)


def _policy(policy: Version) -> tuple[str, str]:
    return "x-policyroute-policy", f"{policy.name}@{policy.version}"


def denial(exchange: Exchange) -> Refusal:
    decision = exchange.decision
    status, code = _status(decision)
    headers = [("content-type", "application/json"), *exchange.headers, costs(0)]
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


def dry_run(exchange: Exchange) -> Refusal:
    body = dumps({"ok": True, "decision": exchange.decision.to_dict()}).encode()
    return Refusal(200, (("content-type", "application/json"), *exchange.headers, costs(0)), body)
