"""What the tests of telemetry listen with: a policy that uses every part, an SDK that keeps spans and metrics in memory."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Sampler

from policyroute.call import Call, Facts, Usage
from policyroute.decision import Decision
from policyroute.loading import Policy, loads
from policyroute.telemetry.describing import Answer, Ending
from policyroute.telemetry.jsonlog import JsonLog
from policyroute.telemetry.telemetry import Telemetry

POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: heard, version: 7}
tiers: [basic, premium]
models:
  near: {provider: own, tier: basic, region: eu, context: 1000000, price: {in: 1, out: 1}}
  far: {provider: google, upstream: gemini-9, tier: premium, region: us, context: 1000000, price: {in: 1, out: 2}}
attributes:
  team: {from: auth.team, trust: verified}
tags:
  pii: {only: {region: [eu]}}
  secret: {only: {region: [moon]}}
pipeline:
  sensitivity:
    - {id: mail, when: {detect: [email]}, add: [pii]}
    - {id: keys, when: {prompt: {keywords: [sesame]}}, add: [secret]}
    - {id: unread, when: {unscanned: true}, add: [pii]}
  routes:
    - {id: asked, when: {requested_model: [far]}, to: far, otherwise: continue}
  budgets:
    - id: day
      per: [team]
      window: day
      limit: {usd: 1}
      steps: [{at: 80%, only: {tier: [basic]}}, {at: 100%, deny: budget_exhausted}]
    - id: month
      per: []
      window: month
      limit: {usd: 9}
      steps: [{at: 50%, only: {tier: [basic]}}, {at: 100%, deny: budget_exhausted}]
  complexity:
    ladder: [{id: hard, when: {score: {gte: 0.9}}, prefer: [premium, basic]}, {id: all, when: {}, prefer: [basic, premium]}]
"""
START_NS = 1_790_000_000_000_000_000
MS = 1_000_000
USED = Usage(12, 30, 4)
# When a call was read, and when each stage was over: fit, sensitivity, routes, budgets, override, complexity.
TIMES_NS = (0, 4000, 4000, 4001, 4501, 4503, 6603, 6604, 14604)
CALLER = Call.from_text("Thank you for the fish", attributes={"team": "red"})


@cache
def policy() -> Policy:
    """The policy above."""
    return loads(POLICY)


def decide(text: str = "Thank you for the fish", *, spent: float = 0.25, month: float = 0.01) -> Decision:
    """A decision on a text, with these shares of the daily and the monthly budget spent."""
    call = Call.from_text(text, attributes={"team": "red"})
    facts = Facts(spent={"day": spent, "month": month}, id="d" * 32)
    return policy().pipeline.decide(call, facts, iter(TIMES_NS).__next__)


class Heard(NamedTuple):
    """A telemetry, and what it said."""

    telemetry: Telemetry
    provider: TracerProvider
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """The spans that ended, in order of their ends."""
        return self.exporter.get_finished_spans()

    def span(self, name: str) -> ReadableSpan:
        """The one span of a name."""
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def points(self, metric: str) -> list[NumberDataPoint | HistogramDataPoint]:
        """All that a metric says."""
        read = self.reader.get_metrics_data()
        found = read.resource_metrics if read else ()
        metrics = [one for resource in found for scope in resource.scope_metrics for one in scope.metrics]
        return [point for one in metrics if one.name == metric for point in one.data.data_points]


def listening(*first: SpanProcessor, sampler: Sampler | None = None, log: JsonLog | None = None) -> Heard:
    """A telemetry whose spans and metrics are kept."""
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
    for one in (*first, SimpleSpanProcessor(exporter)):
        provider.add_span_processor(one)
    meters = MeterProvider([reader], shutdown_on_exit=False)
    return Heard(Telemetry(provider, meters, log=log, strict=True), provider, exporter, reader)


def routed(telemetry: Telemetry, decision: Decision | None = None) -> None:
    """A call whose first attempt failed, as an engine tells of it."""
    decision = decision or decide()
    span = telemetry.request(START_NS, requested="auto", baseline="far")
    span.decided(decision, started_ns=START_NS + MS, ended_ns=START_NS + 2 * MS)
    first = span.attempt("near", "own", started_ns=START_NS + 3 * MS)
    first.ended(START_NS + 9 * MS, error="500")
    far = next(target for target in decision.candidates if target.name == "far")
    span.decided(decision, started_ns=START_NS + 9 * MS, ended_ns=START_NS + 10 * MS, trigger="fallback", serving=far)
    second = span.attempt(far.upstream, far.provider, started_ns=START_NS + 10 * MS, stream=True)
    second.ended(START_NS + 30 * MS, Answer(USED, ("stop",), "gemini-9-2026-01-01", START_NS + 15 * MS))
    span.ended(START_NS + 31 * MS, Ending(USED, 42_000_001, 72_000_002, "complete", answer_hash="0a" * 16))


def denied(telemetry: Telemetry, decision: Decision | None = None) -> None:
    """A call that is denied."""
    span = telemetry.request(START_NS)
    span.decided(decision or decide("open sesame"), started_ns=START_NS + MS, ended_ns=START_NS + 2 * MS)
    span.ended(START_NS + 3 * MS)
