"""A Starlette app whose spans and metrics go to a collector: `uvicorn --factory examples.otlp.app:create`.

OpenTelemetry's own variables say where they go, how many, and under which name: OTEL_EXPORTER_OTLP_ENDPOINT,
OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME. JOURNAL is the URL of the journal, which keeps every decision whatever they say.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from policyroute.journal import open_journal
from policyroute.middleware.asgi import PolicyRouteMiddleware

POLICY = Path(__file__).parents[1] / "policy.yaml"


class Providers(NamedTuple):
    """The SDK of this app, handed to whoever tells it something: nothing of it is global."""

    tracers: TracerProvider
    meters: MeterProvider

    async def stop(self) -> None:
        """Sends what waits, both at once: with nobody at the other end each takes as long as it tries again."""
        await asyncio.gather(asyncio.to_thread(self.tracers.shutdown), asyncio.to_thread(self.meters.shutdown))


def providers() -> Providers:
    """Everything that could be set here has a variable of OpenTelemetry, so nothing is."""
    tracers = TracerProvider()
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Providers(tracers, MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())]))


class Traced:
    """One span around each request, below the caller's: an instrumentation from a package does the same."""

    def __init__(self, app: ASGIApp, tracers: TracerProvider) -> None:
        self._app = app
        self._tracer = tracers.get_tracer("examples.otlp")
        self._caller = TraceContextTextMapPropagator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        caller = self._caller.extract({name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]})
        # An exception may quote a call, so its text stays out of the span.
        with self._tracer.start_as_current_span(
            scope["method"], caller, SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ):
            await self._app(scope, receive, send)


async def chat(request: Request) -> JSONResponse:
    """Where your app calls a model: the body names the one that the policy chose."""
    body = await request.json()
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": f"{body['model']} would answer"}}
    return JSONResponse({"model": body["model"], "choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 12}})


def tenant(scope: Scope) -> dict[str, str]:
    """What your own authentication knows about the caller."""
    return {"tenant": dict(scope["headers"]).get(b"x-tenant", b"nobody").decode()}


def create() -> Starlette:
    """The app, with an SDK and a journal of its own, which it stops when it stops."""
    sdk = providers()
    journal = open_journal(os.environ.get("JOURNAL", "sqlite:///journal.db"))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await journal.aclose()
        await sdk.stop()

    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])], lifespan=lifespan)
    app.add_middleware(
        PolicyRouteMiddleware,
        policy=POLICY,
        attributes=tenant,
        journal=journal,
        tracer_provider=sdk.tracers,
        meter_provider=sdk.meters,
    )
    app.add_middleware(Traced, tracers=sdk.tracers)  # added last, so it is outermost
    return app
