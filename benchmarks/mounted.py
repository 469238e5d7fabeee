"""What a face costs: an ASGI app alone, the same behind the layer on a path that is nobody's business, and on one that is."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import MutableMapping
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from benchmarks.material import policy, prompt
from benchmarks.timing import calibration, table
from policyroute.loading import loads
from policyroute.middleware.asgi import PolicyRouteMiddleware

ROUNDS, CALLS = 15, 300
USAGE = {"prompt_tokens": 9, "completion_tokens": 2}
ANSWER = json.dumps({"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}], "usage": USAGE}).encode()
WANTED = {
    "behind the layer, another path": "≤ 1 µs",
    "behind the layer, 2 KB": "≤ 60 µs",
    "the same, with the SDK recording": "≤ 150 µs",
    "behind the layer, 32 KB": "≤ 250 µs",
}
Message = MutableMapping[str, Any]


class Nowhere(SpanExporter):
    """Takes every span, and keeps none."""

    def export(self, spans: object) -> SpanExportResult:
        return SpanExportResult.SUCCESS


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads its body and answers."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": ANSWER, "more_body": False})


def call(path: str, size: int) -> Any:
    """One call, as a server would make it, without the server."""
    body = json.dumps({"model": "auto", "messages": [{"role": "user", "content": prompt(size)}]}).encode()
    headers = [(b"content-type", b"application/json"), (b"host", b"app.example")]

    async def one(target: Any) -> None:
        given = False

        async def receive() -> Message:
            nonlocal given
            if given:
                return {"type": "http.disconnect"}
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            return None

        await target({"type": "http", "method": "POST", "path": path, "headers": headers}, receive, send)

    return one


def main() -> None:
    """Prints medians, interleaved in one run."""
    loaded = loads(policy(100, 20))
    layer = PolicyRouteMiddleware(app, loaded)
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    recording = PolicyRouteMiddleware(app, loaded, tracer_provider=provider)
    ours, other, long = call("/v1/chat/completions", 2048), call("/v1/other", 2048), call("/v1/chat/completions", 32_768)
    subjects = {
        "app alone": lambda: ours(app),
        "behind the layer, another path": lambda: other(layer),
        "behind the layer, 2 KB": lambda: ours(layer),
        "the same, with the SDK recording": lambda: ours(recording),
        "behind the layer, 32 KB": lambda: long(layer),
    }
    times: dict[str, list[float]] = {name: [] for name in subjects}

    async def run() -> None:
        for make in subjects.values():
            for _ in range(100):
                await make()
        for _ in range(ROUNDS):
            for name, make in subjects.items():
                began = time.process_time_ns()
                for _ in range(CALLS):
                    await make()
                times[name].append((time.process_time_ns() - began) / CALLS / 1000)

    asyncio.run(run())
    alone = statistics.median(times["app alone"])
    rows = []
    for name, values in times.items():
        median = statistics.median(values)
        rows.append((name, f"{median:.1f} µs", f"{median - alone:+.1f} µs", WANTED.get(name, "")))
    print(table(("processor time of a call", "median", "added", "wanted"), rows))
    print(f"(a loop of 10,000 additions takes {calibration():.0f} µs now)")
