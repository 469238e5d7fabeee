"""A host whose telemetry is dead, slow or broken: callers, the ledger and the journal do not notice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import pytest
from opentelemetry import context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Meter, MeterProvider, NoOpHistogram, NoOpMeter
from opentelemetry.sdk.metrics import MeterProvider as SdkMeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import IdGenerator, ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Sampler, SamplingResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from policyroute.journal import Journal, Record
from policyroute.journal.record import NOTHING_KNOWN
from tests.middleware.faces import FACES, URL, Asgi, Face, Sync, shop
from tests.middleware.test_behaviour import CALL, COST, KEY, MAIL
from tests.telemetry.receiver import unused_port

NAMES = ("asgi", "httpx")
LONG_MS = 3_600_000
WAIT_S = 20
UNSAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


class Broken(RuntimeError):
    """What goes wrong at the host."""


class Seen(NamedTuple):
    """What the rest of the world sees of some calls."""

    answers: list[tuple[int, bytes, dict[str, str]]]
    spent: tuple[int, int]
    rows: list[Record]


def calls(name: str, folder: Path, **options: Any) -> Seen:
    """Calls of every kind: answered, streamed, at another model, denied, and refused by the upstream."""
    journal = Journal(folder / "journal.db")
    face = mounted_once(FACES[name](shop(), journal=journal, **options))
    answers = []
    for body, status in ((CALL, 200), ({**CALL, "stream": True}, 200), (MAIL, 200), (KEY, 403), (CALL, 500)):
        face.model.status = status if status == 500 else 200
        answer = face.send(body, traceparent=UNSAMPLED)
        assert answer.status_code == status
        headers = dict(answer.headers)
        decision = headers.pop("x-policyroute-decision").encode()
        answers.append((answer.status_code, answer.content.replace(decision, b"dec_"), headers))
    journal.flush()
    rows = sorted(journal.rows(), key=lambda row: row.at)
    journal.close()
    return Seen(answers, face.spent(), [row._replace(id="", at=0, latency_ms=0, facts=NOTHING_KNOWN) for row in rows])


def mounted_once(face: Face) -> Face:
    """A face with one layer for all its calls."""
    if isinstance(face, Asgi):
        app = face.app()
        face.app = lambda: app  # type: ignore[method-assign]
    elif isinstance(face, Sync):
        http, transport = face.http, face.client()._transport
        face.client = lambda: http.Client(transport=transport, base_url=URL)  # type: ignore[method-assign]
    return face


class Letting(SpanExporter):
    """Holds up every export until it is let go."""

    def __init__(self) -> None:
        self.got, self.free = Event(), Event()
        self.spans = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.got.set()
        assert self.free.wait(WAIT_S)
        self.spans += len(spans)
        return SpanExportResult.SUCCESS


class RaisingExporter(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        raise Broken


class RaisingAtStart(SpanProcessor):
    def on_start(self, span: Span, parent_context: Any = None) -> None:
        raise Broken


class RaisingAtEnd(SpanProcessor):
    def on_end(self, span: ReadableSpan) -> None:
        raise Broken


class RaisingSampler(Sampler):
    def should_sample(self, *_: Any, **__: Any) -> SamplingResult:
        raise Broken

    def get_description(self) -> str:
        raise Broken


class RaisingIds(IdGenerator):
    def generate_span_id(self) -> int:
        raise Broken

    def generate_trace_id(self) -> int:
        raise Broken


class RaisingProvider(TracerProvider):
    def get_tracer(self, *_: Any, **__: Any) -> Any:
        raise Broken


class RaisingHistogram(NoOpHistogram):
    def record(self, *_: Any, **__: Any) -> None:
        raise Broken


class OfRaisingHistograms(NoOpMeter):
    def create_histogram(self, name: str, *_: Any, **__: Any) -> RaisingHistogram:
        return RaisingHistogram(name)


class RaisingMeter(NoOpMeter):
    def create_histogram(self, name: str, *_: Any, **__: Any) -> RaisingHistogram:
        raise Broken


class Meters(MeterProvider):
    """A provider of one meter; where there is none it raises."""

    def __init__(self, meter: Meter | None) -> None:
        self._meter = meter

    def get_meter(self, *_: Any, **__: Any) -> Meter:
        if self._meter is None:
            raise Broken
        return self._meter


class RaisingLog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise Broken


Options = dict[str, Any]
Host = Callable[[], AbstractContextManager[Options]]


@contextmanager
def processed(*processors: SpanProcessor) -> Iterator[Options]:
    provider = TracerProvider(shutdown_on_exit=False)
    for processor in processors:
        provider.add_span_processor(processor)
    yield {"tracer_provider": provider}


@contextmanager
def given(**options: Any) -> Iterator[Options]:
    yield options


@contextmanager
def dead() -> Iterator[Options]:
    """Nobody listens where spans and metrics are sent; each span is tried at once."""
    endpoint = f"http://127.0.0.1:{unused_port()}/v1"
    spans = OTLPSpanExporter(f"{endpoint}/traces", timeout=1)
    batch = BatchSpanProcessor(spans, max_export_batch_size=1)
    figures = OTLPMetricExporter(f"{endpoint}/metrics", timeout=1)
    meters = SdkMeterProvider([PeriodicExportingMetricReader(figures, LONG_MS)], shutdown_on_exit=False)
    with processed(batch) as options:
        try:
            yield {**options, "meter_provider": meters}
        finally:
            spans.shutdown()
            figures.shutdown()
            batch.shutdown()
            meters.shutdown()


@contextmanager
def slow() -> Iterator[Options]:
    """Each span is exported where it ends, and waits there until another thread has let it go."""
    exporter, over = Letting(), Event()

    def let_go() -> None:
        while not over.is_set():
            exporter.got.wait(WAIT_S)
            exporter.got.clear()
            exporter.free.set()

    thread = Thread(target=let_go)
    thread.start()
    with processed(SimpleSpanProcessor(exporter)) as options:
        try:
            yield options
        finally:
            over.set()
            exporter.got.set()
            thread.join(WAIT_S)
    assert exporter.spans


@contextmanager
def full() -> Iterator[Options]:
    """The exporter does not come back, and the queue in front of it takes one span."""
    exporter = Letting()
    batch = BatchSpanProcessor(exporter, max_queue_size=1, max_export_batch_size=1)
    with processed(batch) as options:
        try:
            yield options
            assert exporter.got.wait(WAIT_S)
            assert not exporter.spans
        finally:
            exporter.free.set()
            batch.shutdown()


def logger() -> logging.Logger:
    made = logging.Logger("broken")
    made.addHandler(RaisingLog())
    return made


HOSTS: dict[str, Host] = {
    "dead": dead,
    "slow": slow,
    "a full queue": full,
    "an exporter that raises": lambda: processed(SimpleSpanProcessor(RaisingExporter())),
    "raising at the start": lambda: processed(RaisingAtStart()),
    "raising at the end": lambda: processed(RaisingAtEnd()),
    "a sampler that raises": lambda: given(tracer_provider=TracerProvider(RaisingSampler(), shutdown_on_exit=False)),
    "ids that raise": lambda: given(tracer_provider=TracerProvider(id_generator=RaisingIds(), shutdown_on_exit=False)),
    "no tracer": lambda: given(tracer_provider=RaisingProvider(shutdown_on_exit=False)),
    "no meter": lambda: given(meter_provider=Meters(None)),
    "no instruments": lambda: given(meter_provider=Meters(RaisingMeter("raising"))),
    "instruments that raise": lambda: given(meter_provider=Meters(OfRaisingHistograms("raising"))),
    "a log that raises": lambda: given(log=logger()),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("host", HOSTS)
def test_callers_do_not_notice(name: str, host: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Answers, spend and rows are the same as of an app that has no telemetry; what went wrong is said in the log."""
    for folder in ("without", "with"):
        (tmp_path / folder).mkdir()
    without = calls(name, tmp_path / "without")
    with HOSTS[host]() as options, caplog.at_level(logging.WARNING, "policyroute"):
        assert calls(name, tmp_path / "with", **options) == without
    assert without.spent == (2 * COST + 11 * 1000 + 6 * 2000, 0)
    assert [row.status for row in without.rows] == [200, 200, 200, 403, 500]
    failed = [record for record in caplog.records if "telemetry failed" in record.getMessage()]
    assert len(failed) == (host not in ("dead", "slow", "a full queue", "an exporter that raises"))


@pytest.mark.parametrize("name", NAMES)
def test_a_caller_whom_nobody_samples_is_in_the_journal(name: str, tmp_path: Path) -> None:
    """With `traceparent …-00` no span is recorded, and every row is there."""
    exporter = InMemorySpanExporter()
    run = partial(calls, name, tmp_path)
    with processed(SimpleSpanProcessor(exporter)) as options:
        token = context.attach(TraceContextTextMapPropagator().extract({"traceparent": UNSAMPLED}))
        try:
            seen = run(**options)
        finally:
            context.detach(token)
    assert exporter.get_finished_spans() == ()
    assert [(row.status, row.outcome) for row in seen.rows] == [
        (200, "route"),
        (200, "route"),
        (200, "route"),
        (403, "deny"),
        (500, "route"),
    ]
