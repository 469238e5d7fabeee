"""A host whose telemetry fails, hangs or lies: a call goes on as if there were none."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from threading import Event

import pytest
from opentelemetry.context import Context
from opentelemetry.metrics import Meter, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Tracer
from opentelemetry.util.types import Attributes

from policyroute.telemetry.jsonlog import JsonLog
from policyroute.telemetry.shield import Shield, Unlisted
from policyroute.telemetry.spans import MOST_WAITING, Ending
from policyroute.telemetry.telemetry import Telemetry
from tests.telemetry.hearing import START_NS, decide, denied, listening, routed

SECRET = "kestrel7f3a9"


class Broken(RuntimeError):
    """What goes wrong at the host, with a text that nobody must read."""

    def __init__(self) -> None:
        super().__init__(SECRET)


class RaisingAtStart(SpanProcessor):
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        raise Broken


class RaisingAtEnd(SpanProcessor):
    def on_end(self, span: ReadableSpan) -> None:
        raise Broken


class RaisingExporter(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        raise Broken


class RaisingProvider(TracerProvider):
    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> Tracer:
        raise Broken


class RaisingMeters(MeterProvider):
    def get_meter(
        self, name: str, version: str | None = None, schema_url: str | None = None, attributes: Attributes = None
    ) -> Meter:
        raise Broken


class RaisingLog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise Broken


def with_processor(processor: SpanProcessor) -> Telemetry:
    """A telemetry whose spans go through this."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return Telemetry(provider)


def with_log() -> Telemetry:
    """A telemetry whose log is broken."""
    logger = logging.Logger("broken")
    logger.addHandler(RaisingLog())
    return Telemetry(log=JsonLog(logger))


BROKEN = {
    "on_start": lambda: with_processor(RaisingAtStart()),
    "on_end": lambda: with_processor(RaisingAtEnd()),
    "exporter": lambda: with_processor(SimpleSpanProcessor(RaisingExporter())),
    "tracer provider": lambda: Telemetry(RaisingProvider(shutdown_on_exit=False)),
    "meter provider": lambda: Telemetry(meter_provider=RaisingMeters()),
    "log": with_log,
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_raises_is_kept_from_the_call(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever part of the host's telemetry raises, calls end as ever; a log says which class it was, once, and no text."""
    telemetry = BROKEN[name]()
    with caplog.at_level(logging.WARNING, logger="policyroute"):
        for _ in range(3):
            routed(telemetry)
            denied(telemetry)
    mine = [record.getMessage() for record in caplog.records if record.name.startswith("policyroute")]
    assert mine == (["telemetry failed (Broken): calls go on without it"] if telemetry.failures else [])
    # The SDK itself catches what an exporter raises.
    assert telemetry.failures > 0 or name == "exporter"


def test_a_cancellation_passes() -> None:
    """What is no error of an exporter, such as an interrupt, is not swallowed."""

    class Interrupting(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        routed(with_processor(Interrupting()))


def test_an_unlisted_attribute_raises_in_tests_and_is_dropped_elsewhere(caplog: pytest.LogCaptureFixture) -> None:
    """The table is closed: strictly, an attribute beside it is an exception; else it is dropped, with one line in the log."""
    allowed = frozenset({"policyroute.rule.id"})
    said = {"policyroute.rule.id": "a", "policyroute.prompt": SECRET}
    with pytest.raises(Unlisted, match=r"policyroute\.prompt"), Shield(strict=True) as shield:
        shield.listed(allowed, said)
    shield = Shield()
    assert [shield.listed(allowed, said) for _ in range(2)] == [{"policyroute.rule.id": "a"}] * 2
    assert [record.getMessage() for record in caplog.records] == [
        "attribute policyroute.prompt is not in the table and is dropped"
    ]


class Hanging(SpanProcessor):
    """Holds up every span until it may go on."""

    def __init__(self) -> None:
        self.free = Event()
        self.got = Event()
        self.names: list[str] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.got.set()
        assert self.free.wait(20)
        self.names.append(span.name)


def test_a_slow_processor_is_felt_once() -> None:
    """After one slow end, spans are ended aside, in order; a call is not held up by a processor that hangs."""
    hanging = Hanging()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(hanging)
    tracer = provider.get_tracer("test")
    ending = Ending(Shield(), slow_ns=0)
    hanging.free.set()
    ending.end(tracer.start_span("felt"), START_NS)
    hanging.free.clear()
    hanging.got.clear()
    for number in range(MOST_WAITING + 100):
        ending.end(tracer.start_span(str(number)), START_NS)
    assert hanging.got.wait(20)
    assert hanging.names == ["felt"]
    assert 0 < ending.dropped <= 100
    worker = ending._thread
    hanging.free.set()
    assert worker is not None
    worker.join(20)
    assert not worker.is_alive()
    assert hanging.names[1:4] == ["0", "1", "2"]
    assert len(hanging.names) == 1 + MOST_WAITING + 100 - ending.dropped


def test_a_processor_that_keeps_up_again_is_back_in_its_place() -> None:
    """When what had waited is done quickly, spans are ended in the thread of the call as before."""
    heard = listening()
    tracer = heard.provider.get_tracer("test")
    ending = Ending(Shield(), slow_ns=60_000_000_000)
    ending._slow = True
    ending.end(tracer.start_span("aside"), START_NS)
    worker = ending._thread
    assert worker is not None
    worker.join(20)
    assert heard.spans[0].name == "aside"
    ending.end(tracer.start_span("here"), START_NS)
    assert [span.name for span in heard.spans] == ["aside", "here"]
    assert ending._thread is None


def test_a_reader_that_fails_changes_nothing() -> None:
    """Metrics that cannot be collected are the host's affair; calls go on."""
    heard = listening()
    heard.reader.shutdown()
    routed(heard.telemetry, decide())
    assert isinstance(heard.reader, InMemoryMetricReader)
    assert heard.telemetry.failures == 0
