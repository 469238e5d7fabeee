"""One call as spans: the request, its decisions, and its attempts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Span, set_span_in_context, use_span

from policyroute.call import Target
from policyroute.decision import Decision
from policyroute.telemetry import names
from policyroute.telemetry.describing import (
    NO_ANSWER,
    NO_ENDING,
    Answer,
    Asked,
    Ending,
    Turn,
    answer_attributes,
    choice_attributes,
    decision_attributes,
    ending_attributes,
    error_type,
    provider_name,
)
from policyroute.telemetry.instruments import Instruments, narrowed
from policyroute.telemetry.jsonlog import JsonLog
from policyroute.telemetry.names import Attributes, Kind, Trigger, Value
from policyroute.telemetry.shield import Shield
from policyroute.telemetry.spans import Spans

_NO_CHOICE: Attributes = {}


class Outlets(NamedTuple):
    """Where telemetry goes."""

    spans: Spans
    instruments: Instruments
    log: JsonLog | None
    shield: Shield

    def write(self, kind: Kind, at_ns: int, attributes: Attributes, span: Span) -> None:
        """Writes a line, where somebody reads it."""
        if self.log is not None and self.log.live:
            with self.shield:
                self.log.write(kind, at_ns, self.shield.listed(kind.attributes, attributes), span.get_span_context())


class RequestSpan:
    """The telemetry of one call, from its arrival to its last byte."""

    __slots__ = (
        *("_asked", "_choice", "_counts", "_id", "_last", "_logs", "_open", "_outlets", "_parent", "_recorded", "_span"),
        *("attempts", "decisions", "done", "heard"),
    )

    def __init__(self, outlets: Outlets, asked: Asked, started_ns: int) -> None:
        self._outlets = outlets
        self._asked = asked
        self._span = outlets.spans.root(names.REQUEST, started_ns)
        self._recorded = self._span is not INVALID_SPAN
        self._counts = outlets.instruments.live(started_ns)
        self._logs = outlets.log is not None and outlets.log.live
        self.heard = self._recorded or self._counts or self._logs
        self.attempts = 0
        self.decisions = 0
        self.done = False
        if self.heard:
            self._parent: Context | None = set_span_in_context(self._span) if self._recorded else None
            self._choice = _NO_CHOICE
            self._id = ""
            self._last: Span | None = None
            self._open: list[AttemptSpan] = []

    @property
    def traceparent(self) -> str | None:
        """What tells another service which span it works for; nothing where there is none."""
        return _traceparent(self._span)

    def current(self) -> AbstractContextManager[object]:
        """While this is open, what the host does is below this span. Exceptions pass, and are not recorded."""
        if not self._recorded:
            return nullcontext()
        return use_span(self._span, end_on_exit=False, record_exception=False, set_status_on_exception=False)

    def decided(
        self,
        decision: Decision,
        *,
        started_ns: int,
        ended_ns: int,
        trigger: Trigger = "initial",
        serving: Target | None = None,
    ) -> None:
        """A decision was made. `serving` is the model it comes to now, where that is not the first of its ranking."""
        seq = self.decisions
        self.decisions = seq + 1
        if not self.heard:
            return
        turn = Turn(trigger, seq, serving)
        self._id = decision.id
        if self._recorded or self._logs:
            said = decision_attributes(decision, self._asked, turn)
            span = self._span
            if self._recorded:
                span = self._outlets.spans.start(names.DECISION, names.DECISION.name, said, started_ns, self._parent)
                self._outlets.spans.end(span, names.DECISION, _NO_CHOICE, ended_ns)
            self._outlets.write(names.DECISION, ended_ns, said, span)
        if self._counts:
            self._count(decision, turn, ended_ns - started_ns)

    def _count(self, decision: Decision, turn: Turn, took_ns: int) -> None:
        record = self._outlets.instruments.record
        choice = choice_attributes(decision, turn)
        self._choice = narrowed("policyroute.cost.actual", choice)
        record("policyroute.decisions", 1, choice)
        duration = "policyroute.decision.duration"
        record(duration, max(0, took_ns) / 1e9, narrowed(duration, choice))
        for budget, share in decision.facts.spent.items():
            named: Attributes = {names.POLICY_NAME: decision.policy.name, names.BUDGET_ID: budget}
            record("policyroute.budget.used_ratio", share, named)

    def attempt(
        self, model: str, provider: str, *, started_ns: int, operation: str = "chat", stream: bool = False
    ) -> AttemptSpan:
        """A call to a model begins: the name its upstream knows it by, and its provider."""
        self.attempts += 1
        if not self.heard:
            return UNHEARD
        said: dict[str, Value] = {
            names.OPERATION: operation,
            names.PROVIDER: provider_name(provider),
            names.REQUEST_MODEL: model,
        }
        if stream:
            said[names.REQUEST_STREAM] = True
        span = self._span
        if self._recorded:
            title = f"{operation} {model}"
            span = self._outlets.spans.start(names.ATTEMPT, title, said, started_ns, self._parent, self._last)
            self._last = span
        attempt = AttemptSpan(self._outlets, span, said, started_ns)
        self._open.append(attempt)
        return attempt

    def ended(self, ended_ns: int, ending: Ending = NO_ENDING) -> None:
        """The last byte is gone, or nothing will come. Only the first end counts; it ends attempts that nobody ended."""
        if self.done:
            return
        self.done = True
        if not self.heard:
            return
        for attempt in self._open:
            broken = None if ending.stream_end in (None, "complete") else ending.stream_end
            attempt.ended(ended_ns, error=broken)
        outlets = self._outlets
        if self._recorded or self._logs:
            said = ending_attributes(ending, self.attempts)
            if self._id:
                said[names.DECISION_ID] = self._id
            outlets.write(names.REQUEST, ended_ns, said, self._span)
            outlets.spans.end(self._span, names.REQUEST, said, ended_ns)
        if self._counts and ending.cost_nano is not None:
            outlets.instruments.record("policyroute.cost.actual", ending.cost_nano, self._choice)
        if self._counts and ending.baseline_nano is not None:
            outlets.instruments.record("policyroute.cost.baseline", ending.baseline_nano, self._choice)


class AttemptSpan:
    """One call to a model."""

    __slots__ = ("_outlets", "_said", "_span", "_started_ns", "done")

    def __init__(self, outlets: Outlets | None, span: Span, said: Attributes, started_ns: int) -> None:
        self._outlets = outlets
        self._span = span
        self._said = said
        self._started_ns = started_ns
        self.done = False

    @property
    def traceparent(self) -> str | None:
        """The header to send upstream in place of the caller's; nothing where there is no span."""
        return _traceparent(self._span)

    def ended(self, ended_ns: int, answer: Answer = NO_ANSWER, *, error: str | None = None) -> None:
        """The answer is there, or the attempt failed: `error` is its status (`500`), a word, or the name of a class."""
        outlets = self._outlets
        if outlets is None or self.done:
            return
        self.done = True
        failed = None if error is None else error_type(error)
        if self._span is not INVALID_SPAN:
            said = answer_attributes(answer, str(self._said[names.REQUEST_MODEL]), self._started_ns)
            if failed is not None:
                said[names.ERROR_TYPE] = failed
            outlets.spans.end(self._span, names.ATTEMPT, said, ended_ns, failed=failed is not None)
        if outlets.instruments.opened:
            self._count(outlets.instruments.record, ended_ns, answer, failed)

    def _count(self, record: Callable[[str, float, Attributes], None], ended_ns: int, answer: Answer, failed: str | None) -> None:
        tokens = "gen_ai.client.token.usage"
        named = dict(narrowed(tokens, self._said))
        took = named if failed is None else {**named, names.ERROR_TYPE: failed}
        record("gen_ai.client.operation.duration", max(0, ended_ns - self._started_ns) / 1e9, took)
        if answer.usage is not None:
            record(tokens, answer.usage.input_tokens, {**named, names.TOKEN_TYPE: "input"})
            record(tokens, answer.usage.output_tokens, {**named, names.TOKEN_TYPE: "output"})


UNHEARD = AttemptSpan(None, INVALID_SPAN, _NO_CHOICE, 0)
"""The attempts of all calls that nobody wants to know of."""


def _traceparent(span: Span) -> str | None:
    seen = span.get_span_context()
    return f"00-{seen.trace_id:032x}-{seen.span_id:016x}-{int(seen.trace_flags):02x}" if seen.is_valid else None
