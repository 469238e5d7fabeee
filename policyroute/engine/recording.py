"""What is told of every decision and every bill: spans, metrics, and a row of the journal."""

from __future__ import annotations

from collections.abc import Mapping
from time import time_ns
from typing import get_args

from policyroute.engine.exchange import Bill, Exchange
from policyroute.journal import Journal, Record, decided, kept
from policyroute.loading import Policy
from policyroute.telemetry.describing import Answer, Ending
from policyroute.telemetry.names import StreamEnd
from policyroute.telemetry.request import AttemptSpan, RequestSpan
from policyroute.telemetry.telemetry import Telemetry

_KNOWN_ENDS = frozenset(get_args(StreamEnd))


class Recorder:
    """Writes down what an engine does. It never fails a call.

    `key` is what attributes are hashed with whose values are no closed list of the policy; without one they are left out.
    """

    def __init__(self, telemetry: Telemetry, journal: Journal | None, key: bytes | None = None) -> None:
        self.telemetry = telemetry
        self.journal = journal
        self._key = key

    def decided(self, exchange: Exchange, began_ns: int, ended_ns: int) -> None:
        """A call was decided."""
        baseline = exchange.admitter.policy.compiled.document.baseline
        span = self.telemetry.request(began_ns, requested=exchange.call.requested_model, baseline=baseline)
        span.decided(exchange.decision, started_ns=began_ns, ended_ns=ended_ns)
        exchange.span = span
        if self.journal is not None and exchange.decision.mode != "off":
            attributes = self._attributes(exchange.admitter.policy, exchange)
            exchange.record = decided(exchange.decision, exchange.call, at=began_ns / 1e9, attributes=attributes)
            self.journal.write(exchange.record)

    def attempted(self, exchange: Exchange) -> None:
        """A model is called."""
        target = exchange.decision.candidates[0] if exchange.decision.candidates else None
        if target is not None and isinstance(exchange.span, RequestSpan):
            exchange.attempt = exchange.span.attempt(
                target.upstream, target.provider, started_ns=time_ns(), stream=exchange.call.stream
            )

    def billed(self, exchange: Exchange, bill: Bill) -> None:
        """A call has ended."""
        now_ns = time_ns()
        called = bill.end != "not_called"
        if isinstance(exchange.attempt, AttemptSpan):
            answer = Answer(bill.usage, (bill.finish,) if bill.finish else (), bill.model or None)
            error = str(bill.status) if bill.status >= 400 else None if bill.end == "complete" else bill.end
            exchange.attempt.ended(now_ns, answer, error=error)
        if isinstance(exchange.span, RequestSpan):
            end = next((known for known in _KNOWN_ENDS if known == bill.end), None)
            ending = Ending(bill.usage, bill.cost_nano, bill.baseline_nano, end, exchange.attempts) if called else Ending()
            exchange.span.ended(now_ns, ending)
        if self.journal is not None and isinstance(exchange.record, Record):
            self.journal.write(_completed(exchange.record, exchange, bill))
            self.telemetry.journal_waits(self.journal.queued)

    def ledger_failed(self) -> None:
        """The store of spend did not do a step."""
        self.telemetry.ledger_failed()

    def close(self) -> None:
        """Writes what waits."""
        if self.journal is not None:
            self.journal.close()

    def _attributes(self, policy: Policy, exchange: Exchange) -> Mapping[str, str]:
        """The attributes that the policy names, as they may be kept."""
        declared = policy.compiled.vocabulary.attributes
        call = exchange.call
        closed = {str(name): frozenset(map(str, a.values)) for name, a in declared.items() if a.values is not None}
        said: dict[str, str] = {}
        for name, attribute in declared.items():
            source = str(attribute.source)
            value = call.attributes.get(name) or call.attributes.get(source.removeprefix("auth.")) or call.claims.get(source)
            if value is not None and (self._key is not None or value in closed.get(name, ())):
                said[name] = value
        return kept(said, closed, self._key or b"")


def _completed(record: Record, exchange: Exchange, bill: Bill) -> Record:
    return record._replace(
        attempts=exchange.attempts,
        input_tokens=bill.usage.input_tokens,
        output_tokens=bill.usage.output_tokens,
        cached_tokens=bill.usage.cached_input_tokens,
        estimated=bill.usage.estimated,
        cost_nano=bill.cost_nano,
        baseline_nano=bill.baseline_nano,
        latency_ms=bill.latency_ms,
        stream_end=None if bill.end == "not_called" else bill.end,
        status=bill.status,
    )
