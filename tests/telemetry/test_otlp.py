"""Over the wire: what a collector of somebody else's gets is the whole tree, and a dead one is no matter to a call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from policyroute.telemetry.telemetry import Telemetry
from tests.telemetry.hearing import START_NS, denied, listening, routed
from tests.telemetry.receiver import Receiver, agent, collecting, receiving, unused_port


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of its own for each test."""
    with receiving() as one:
        yield one


def telling(endpoint: str) -> None:
    """A routed and a denied call, sent to an endpoint as a host would."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
    telemetry = Telemetry(provider, strict=True)
    routed(telemetry)
    denied(telemetry)
    provider.shutdown()


def whole(spans: list[Span]) -> None:
    """Asserts that both calls are there as they were told: the same spans, times, links, states and attributes."""
    heard = listening()
    routed(heard.telemetry)
    denied(heard.telemetry)
    assert sorted(map(shape, spans)) == sorted(
        (
            span.name,
            span.start_time,
            span.end_time,
            span.kind.value + 1,
            span.status.status_code.value,
            len(span.links),
            tuple(sorted((name, str(value)) for name, value in (span.attributes or {}).items())),
        )
        for span in heard.spans
    )
    roots = [span for span in spans if not span.parent_span_id]
    assert [root.name for root in roots] == ["policyroute.request"] * 2
    ids = {root.span_id: root.trace_id for root in roots}
    assert all(ids[span.parent_span_id] == span.trace_id for span in spans if span.parent_span_id)
    (linked,) = [span for span in spans if span.links]
    before = next(span for span in spans if span.span_id == linked.links[0].span_id)
    assert (before.name, before.status.code) == ("chat near", Status.STATUS_CODE_ERROR)


def shape(span: Span) -> tuple[object, ...]:
    """All that a span says, but for its ids."""
    attributes = sorted((one.key, str(plain(one.value))) for one in span.attributes)
    times = (span.start_time_unix_nano, span.end_time_unix_nano)
    return (span.name, *times, span.kind, span.status.code, len(span.links), tuple(attributes))


def plain(value: AnyValue) -> object:
    """A value of the protocol as one of Python."""
    kind = value.WhichOneof("value")
    return tuple(plain(one) for one in value.array_value.values) if kind == "array_value" else getattr(value, kind or "")


def test_a_receiver_gets_the_tree_whole(receiver: Receiver) -> None:
    """Read by the protocol's own types, every span is there, with its parent, link, status, times and attributes."""
    telling(receiver.endpoint)
    whole(receiver.spans(7))


def test_a_collector_gets_the_tree_whole(receiver: Receiver, tmp_path: Path) -> None:
    """A collector of another maker takes the spans and hands them on, and nothing is lost on the way."""
    program = agent()
    if program is None:
        pytest.skip("no collector runs on this machine")
    with collecting(program, tmp_path, receiver) as endpoint:
        telling(endpoint)
        whole(receiver.spans(7))


def test_a_receiver_gets_the_metrics(receiver: Receiver) -> None:
    """Counters, gauges and histograms arrive under their names."""
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{receiver.endpoint}/v1/metrics"), 3_600_000)
    meters = MeterProvider([reader], shutdown_on_exit=False)
    routed(Telemetry(meter_provider=meters, strict=True))
    meters.force_flush()
    assert receiver.metrics() == {
        "policyroute.decisions",
        "policyroute.decision.duration",
        "policyroute.cost.actual",
        "policyroute.cost.baseline",
        "policyroute.budget.used_ratio",
        "gen_ai.client.operation.duration",
        "gen_ai.client.token.usage",
    }
    meters.shutdown()


def test_a_dead_collector_is_no_matter_to_a_call() -> None:
    """With nobody at the other end, calls end as ever."""
    exporter = OTLPSpanExporter(f"http://127.0.0.1:{unused_port()}/v1/traces", timeout=1)
    processor = BatchSpanProcessor(exporter, schedule_delay_millis=3_600_000)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    telemetry = Telemetry(provider, strict=True)
    for _ in range(50):
        routed(telemetry)
    span = telemetry.request(START_NS)
    assert span.heard
    assert telemetry.failures == 0
    exporter.shutdown()
    provider.shutdown()
