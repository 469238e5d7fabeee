"""`python -m benchmarks.telemetry`: what spans and metrics add to a call, beside a bare span with as many attributes."""

from __future__ import annotations

import time
from collections.abc import Callable

from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from benchmarks.timing import calibration, medians, table
from policyroute import Call, Facts
from policyroute.call import Usage
from policyroute.decision import Decision
from policyroute.loading import Policy, loads
from policyroute.telemetry.describing import Answer, Ending
from policyroute.telemetry.telemetry import Telemetry

POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: bench, version: 3}
tiers: [basic, premium]
models:
  near: {provider: own, tier: basic, region: eu, context: 1000000, price: {in: 1, out: 1}}
  far: {provider: openai, tier: premium, region: us, context: 1000000, price: {in: 1, out: 2}}
attributes:
  team: {from: auth.team, trust: verified}
tags: {pii: {only: {region: [eu]}}}
pipeline:
  sensitivity:
    - {id: mail, when: {detect: [email]}, add: [pii]}
    - {id: unread, when: {unscanned: true}, add: [pii]}
  budgets:
    - id: day
      per: [team]
      window: day
      limit: {usd: 1}
      steps: [{at: 80%, only: {tier: [basic]}}, {at: 100%, deny: budget_exhausted}]
  complexity:
    ladder: [{id: hard, when: {score: {gte: 0.9}}, prefer: [premium, basic]}, {id: all, when: {}, prefer: [basic, premium]}]
"""
USED = Usage(12, 30)


class Sink(SpanProcessor):
    """Takes spans and keeps the last, as a batch would take them."""

    last: ReadableSpan | None = None

    def on_end(self, span: ReadableSpan) -> None:
        self.last = span


def fresh(policy: Policy) -> Decision:
    """A decision that nobody has asked anything yet."""
    call = Call.from_text("Please thank jane.doe@example.com", attributes={"team": "red"})
    return policy.pipeline.decide(call, Facts(spent={"day": 0.83}, id="8f14e45fceea167a5a36dedd4bea2543"), time.perf_counter_ns)


def whole_call(telemetry: Telemetry, decision: Decision, *, by_app: bool = False) -> None:
    """All that a routed call tells; where it is the app that calls the model, without the attempt."""
    now_ns = time.time_ns()
    span = telemetry.request(now_ns, requested="auto", baseline="far")
    span.decided(decision, started_ns=now_ns, ended_ns=now_ns + 15_000)
    if not by_app:
        attempt = span.attempt("near", "own", started_ns=now_ns)
        attempt.ended(now_ns + 1_000_000, Answer(USED, ("stop",)))
    span.ended(now_ns + 1_100_000, Ending(USED, 42_000, 72_000, "complete"))


def only_decision(telemetry: Telemetry, policy: Policy) -> Callable[[], None]:
    """The span of a decision that nobody has looked into before."""
    span = telemetry.request(time.time_ns(), requested="auto", baseline="far")

    def subject() -> None:
        decision = fresh(policy)
        now_ns = time.time_ns()
        span.decided(decision, started_ns=now_ns, ended_ns=now_ns + 15_000)

    return subject


def measured(rounds: int = 15) -> dict[str, float]:
    """Median microseconds of each subject."""
    policy = loads(POLICY)
    decision = fresh(policy)
    sink = Sink()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(sink)
    meters = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    nobody, spans = Telemetry(), Telemetry(provider)
    both = Telemetry(provider, meters)
    unsampled = Telemetry(TracerProvider(ALWAYS_OFF, shutdown_on_exit=False))
    tracer = provider.get_tracer("bare")
    only_decision(spans, policy)()
    attributes = dict(sink.last.attributes or {}) if sink.last else {}
    above = trace.set_span_in_context(tracer.start_span("above"))

    def bare() -> None:
        fresh(policy)
        tracer.start_span("bare", above, attributes=attributes, start_time=time.time_ns()).end(time.time_ns())

    subjects: dict[str, Callable[[], object]] = {
        "a call, nobody listens": lambda: whole_call(nobody, decision),
        "a call, spans": lambda: whole_call(spans, decision),
        "a call, spans and metrics": lambda: whole_call(both, decision),
        "a call of an app, spans and metrics": lambda: whole_call(both, decision, by_app=True),
        "a call, not sampled": lambda: whole_call(unsampled, decision),
        "deciding": lambda: fresh(policy),
        "deciding, bare span": bare,
        "deciding, decision span": only_decision(spans, policy),
    }
    found = medians(subjects, rounds=rounds)
    found["attributes"] = float(len(attributes))
    return found


def main() -> None:
    """Prints the table."""
    found = measured()
    deciding = found["deciding"]
    bare, decided = found["deciding, bare span"] - deciding, found["deciding, decision span"] - deciding
    print(f"calibration {calibration():.0f} us")
    print(table(["subject", "us"], [[name, f"{value:.2f}"] for name, value in found.items() if name != "attributes"]))
    print(f"decision span {decided:.2f} us, {found['attributes']:.0f} attributes; bare {bare:.2f} us: {decided / bare:.2f}x")


if __name__ == "__main__":
    main()
