"""Spans: started and ended here and nowhere else, with attributes of the table only."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from queue import Empty, Full, Queue
from threading import Lock, Thread
from time import perf_counter_ns

from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    TracerProvider as TracerProvider,  # the faces take one
    get_current_span,
    get_tracer,
    get_tracer_provider,
)

from policyroute import __version__
from policyroute.telemetry.names import ATTEMPT, Attributes, Kind
from policyroute.telemetry.shield import Shield

SCOPE = "policyroute"
SLOW_NS = 100_000_000
LOOK_AGAIN_NS = 100_000_000
_API = "opentelemetry.trace"
MOST_WAITING = 2048
_IDLE_S = 0.2
_LOG = logging.getLogger(__name__)


class Spans:
    """The spans of one host. Without a tracer provider of its own the global one counts, also if it is set later."""

    def __init__(self, provider: TracerProvider | None, shield: Shield) -> None:
        self._provider = provider
        self._shield = shield
        self._tracer: Tracer | None = None
        self._heard = provider is not None
        self._looked_ns = -LOOK_AGAIN_NS
        self._ending = Ending(shield)

    def root(self, kind: Kind, at_ns: int) -> Span:
        """A span under the current one, or the invalid one where nobody wants it: then the call has no spans at all."""
        if not self._heard and not self._looked(at_ns):
            return INVALID_SPAN
        span = self.start(kind, kind.name, {}, at_ns)
        if span is INVALID_SPAN or span.is_recording():
            return span
        # An SDK that does not sample a call answers with a span id of its own: a sampler may still want what is below.
        own = span.get_span_context().span_id
        return span if own and own != get_current_span().get_span_context().span_id else INVALID_SPAN

    def _looked(self, now_ns: int) -> bool:
        """Whether there is a global provider by now. It is looked for ten times a second: the API reads the environment."""
        if 0 <= now_ns - self._looked_ns < LOOK_AGAIN_NS:
            return False
        self._looked_ns = now_ns
        with self._shield:
            self._heard = not type(get_tracer_provider()).__module__.startswith(_API)
        return self._heard

    def start(
        self,
        kind: Kind,
        name: str,
        attributes: Attributes,
        at_ns: int,
        parent: Context | None = None,
        before: Span | None = None,
    ) -> Span:
        """A span that began then. Spans of attempts are those of a client, linked to the attempt `before`."""
        span: Span = INVALID_SPAN
        with self._shield:
            tracer = self._tracer
            if tracer is None:
                tracer = self._tracer = get_tracer(SCOPE, __version__, self._provider)
            links: Sequence[Link] | None = None
            if before is not None and before.get_span_context().is_valid:
                links = (Link(before.get_span_context()),)
            span = tracer.start_span(
                name,
                parent,
                SpanKind.CLIENT if kind is ATTEMPT else SpanKind.INTERNAL,
                self._shield.listed(kind.attributes, attributes) or None,
                links,
                at_ns,
            )
        return span

    def end(self, span: Span, kind: Kind, attributes: Attributes, at_ns: int, *, failed: bool = False) -> None:
        """Ends a span, with what is known by then. A status has no description: it could be a text."""
        if span is INVALID_SPAN:
            return
        with self._shield:
            listed = self._shield.listed(kind.attributes, attributes)
            if listed and span.is_recording():
                span.set_attributes(listed)
            if failed:
                span.set_status(Status(StatusCode.ERROR))
        self._ending.end(span, at_ns)


class Ending:
    """Ends spans in the thread of the call, as most processors want it.

    One that takes long there, such as an exporter without a batch, is felt once: from then on it is given its spans in a
    thread, and what does not fit into the queue is dropped. When it keeps up again, all is as before.
    """

    def __init__(self, shield: Shield, *, slow_ns: int = SLOW_NS) -> None:
        self._shield = shield
        self._slow_ns = slow_ns
        self._slow = False
        self._waiting: Queue[tuple[Span, int]] = Queue(MOST_WAITING)
        self._lock = Lock()
        self._thread: Thread | None = None
        self.dropped = 0

    def end(self, span: Span, at_ns: int) -> None:
        """Ends a span here, or has it ended."""
        if not self._slow:
            self._slow = self._took_long(span, at_ns)
            if self._slow:
                _LOG.warning("a span processor takes longer than %d ms: it works aside now", self._slow_ns // 1_000_000)
            return
        try:
            self._waiting.put_nowait((span, at_ns))
        except Full:
            self.dropped += 1
        with self._lock:
            # Also after a fork, which leaves threads behind.
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._work, name="policyroute-spans", daemon=True)
                self._thread.start()

    def _took_long(self, span: Span, at_ns: int) -> bool:
        started_ns = perf_counter_ns()
        with self._shield:
            span.end(at_ns)
        return perf_counter_ns() - started_ns > self._slow_ns

    def _work(self) -> None:
        while True:
            try:
                span, at_ns = self._waiting.get(timeout=_IDLE_S)
            except Empty:
                with self._lock:
                    if self._waiting.empty():
                        self._thread = None
                        return
                continue
            slow = self._took_long(span, at_ns)
            if not slow and self._waiting.empty():
                self._slow = False
