"""A face over the life of a process: a hundred thousand calls, five hundred reloads, and what is left when it is gone."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import os
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from policyroute.journal import Journal
from policyroute.ledgers.memory import MemoryLedger
from policyroute.middleware import httpx as old, wsgi
from policyroute.middleware.asgi import PolicyRouteMiddleware
from tests.middleware.faces import SHOP, URL, Asgi, SyncOld, Wsgi, shop
from tests.middleware.test_asgi import HTTP, asked, run
from tests.middleware.test_behaviour import CALL, KEY
from tests.middleware.test_wsgi import Server, environ
from tests.reload.test_life import resident_kb

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="there is no /proc here"),
]
BODIES = [json.dumps(body).encode() for body in (CALL, {**CALL, "stream": True}, KEY)] + [b'{"model": ']


class Nowhere(SpanExporter):
    """Takes every span, and keeps none."""

    def export(self, spans: object) -> SpanExportResult:
        return SpanExportResult.SUCCESS


class Forgetful(Asgi):
    """A face whose model does not remember what it was sent."""

    async def _inner(self, scope: Any, receive: Any, send: Any) -> None:
        await super()._inner(scope, receive, send)
        self.model.seen.clear()
        self.decisions.clear()


def endless() -> Any:
    """A policy whose budget is never used up."""
    return shop(lambda text: text.replace("limit: {usd: 1}", "limit: {usd: 1000000}"))


async def calls(app: Any, count: int) -> None:
    """So many calls of every kind: answered, streamed, denied, and such as cannot be read."""
    statuses: set[int] = set()

    async def send(message: Any) -> None:
        if "status" in message:
            statuses.add(message["status"])

    for body in itertools.islice(itertools.cycle(BODIES), count):
        messages = iter(asked(body))

        async def receive(messages: Iterator[Any] = messages) -> Any:
            return next(messages)

        await app(HTTP, receive, send)
    assert statuses == {200, 403, 400}


def grown_kb(app: Any, first: int, then: int) -> int:
    """By how much the process is larger after these calls than it was after the first ones."""

    async def both() -> int:
        await calls(app, first)
        gc.collect()
        before = resident_kb()
        await calls(app, then)
        gc.collect()
        return resident_kb() - before

    return asyncio.run(both())


def test_memory_is_flat_over_a_hundred_thousand_calls() -> None:
    """A ledger remembers the last ends; as many of them as were asked for, and nothing else stays."""
    face = Forgetful(endless(), ledger=MemoryLedger(remembered=1000))
    assert grown_kb(face.app(), 20_000, 80_000) < 3_000
    assert face.spent()[1] == 0


def test_memory_is_flat_where_everything_is_recorded(tmp_path: Path) -> None:
    """Spans, metrics and the journal take what they are given, and hand it on."""
    tracers, meters = TracerProvider(shutdown_on_exit=False), MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    tracers.add_span_processor(BatchSpanProcessor(Nowhere()))
    journal = Journal(tmp_path / "journal.db")
    face = Forgetful(
        endless(),
        ledger=MemoryLedger(remembered=1000),
        journal=journal,
        tracer_provider=tracers,
        meter_provider=meters,
    )
    assert grown_kb(face.app(), 12_000, 20_000) < 6_000
    assert journal.dropped == 0
    journal.close()
    tracers.shutdown()
    meters.shutdown()


def test_no_line_of_ours_keeps_anything_of_a_call() -> None:
    """What was allocated during two thousand calls, five hundred of each kind, is gone after them."""
    face = Forgetful(endless(), ledger=MemoryLedger(remembered=10))
    app = face.app()

    async def measured() -> tuple[tracemalloc.Snapshot, tracemalloc.Snapshot]:
        await calls(app, 1000)
        gc.collect()
        before = tracemalloc.take_snapshot()
        await calls(app, 2000)
        gc.collect()
        return before, tracemalloc.take_snapshot()

    tracemalloc.start(1)
    try:
        before, after = asyncio.run(measured())
    finally:
        tracemalloc.stop()
    ours = [tracemalloc.Filter(True, "*/policyroute/*")]
    grown = after.filter_traces(ours).compare_to(before.filter_traces(ours), "lineno")
    # The first place that took memory for a list is named, also where another list has that memory now.
    kept = {str(line.traceback): line.size_diff for line in grown if line.size_diff > 10_000}
    assert not kept, kept


SMALL = """apiVersion: policyroute/v1
kind: Policy
metadata: {name: small, version: VERSION}
tiers: [basic]
models:
  own: {provider: own, region: eu, tier: basic, max_output: 1000, price: {in: 1, out: 2}}
  far: {provider: far, region: us, tier: basic, max_output: 1000, price: {in: 0.1, out: 0.2}}
attributes:
  tenant: {from: auth.tenant, trust: verified}
pipeline:
  routes: [{id: r, when: {prompt: {regex: 'abVERSIONc+d|xVERSION[yz]'}}, only: {region: [eu]}}]
  budgets:
    - {id: day, per: [tenant], window: day, limit: {usd: 1000}, steps: [{at: 100%, deny: budget_exhausted}]}
  complexity:
    ladder: [{id: all, when: {}, prefer: [basic]}]
"""


class Left(NamedTuple):
    """What a process has at a moment."""

    threads: frozenset[threading.Thread]
    files: frozenset[str]


def left() -> Left:
    """Every thread, and every open file."""
    opened = set()
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # that of the listing itself
            opened.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
    return Left(frozenset(threading.enumerate()), frozenset(opened))


def tenant(given: Any) -> dict[str, str]:
    return {"tenant": "acme"}


def test_five_hundred_reloads_of_a_mounted_face_leave_nothing_behind(tmp_path: Path) -> None:
    """Each policy decides calls of its own, and is gone when the next one is there."""
    file, edited = tmp_path / "policy.yaml", tmp_path / "edited.yaml"
    file.write_text(SMALL.replace("VERSION", "1"), "utf-8")
    ledger = MemoryLedger(remembered=100)
    mounted = PolicyRouteMiddleware(Forgetful(shop())._inner, file, ledger=ledger, attributes=tenant)
    watched = mounted.layer.watched
    assert watched is not None
    sizes, before = [], left()
    for number in range(2, 603):
        edited.write_text(SMALL.replace("VERSION", str(number)), "utf-8")
        edited.replace(file)  # as a whole: the thread may look at any moment
        watched.look()
        said = {**CALL, "messages": [{"role": "user", "content": f"ab{number}cd"}]}
        told = dict(run(mounted, asked(json.dumps(said).encode()))[0]["headers"])
        assert told[b"x-policyroute-policy"] == b"small@%d" % number
        assert told[b"x-policyroute-model"] == b"own"
        if number in (102, 602):
            gc.collect()
            sizes.append(resident_kb())
    assert sizes[1] - sizes[0] < 8_192, sizes
    assert left() == before
    assert all(balance.held == 0 for balance in ledger.balances(""))
    mounted.layer.close()
    assert left().threads == before.threads - {thread for thread in before.threads if thread.name == "policyroute-reload"}


def used(name: str, folder: Path, closes: bool) -> None:
    """A face for a few calls. Then it is closed, with stores of its own, or nobody has it any more."""
    file = folder / "policy.yaml"
    file.write_text(SHOP, "utf-8")
    options: Any = {"attributes": tenant}
    if closes:
        options |= {"ledger": f"sqlite:///{folder}/ledger.db", "journal": f"sqlite:///{folder}/journal.db"}
    if name == "asgi":
        asgi_app = PolicyRouteMiddleware(Forgetful(shop())._inner, file, **options)
        assert [run(asgi_app, asked(BODIES[0]))[0]["status"] for _ in range(3)] == [200] * 3
        layer = asgi_app.layer
    elif name == "wsgi":
        wsgi_app, server = wsgi.PolicyRouteMiddleware(Wsgi(shop())._inner, file, **options), Server()
        assert all(server.run(wsgi_app, environ()) for _ in range(3))
        layer = wsgi_app.layer
    else:
        transport = old.PolicyTransport(file, transport=httpx.MockTransport(SyncOld(shop())._inner), **options)
        with httpx.Client(transport=transport, base_url=URL) as client:
            assert [client.post("/v1/chat/completions", json=CALL).status_code for _ in range(3)] == [200] * 3
        layer = transport._sending.layer
    if closes:
        layer.close()


@pytest.mark.parametrize("closes", [True, False], ids=["closed", "forgotten"])
@pytest.mark.parametrize("name", ["asgi", "wsgi", "httpx"])
def test_a_face_that_is_gone_leaves_nothing_behind(name: str, closes: bool, tmp_path: Path) -> None:
    """Neither threads nor open files. What was opened for it is let go of by `close`; the watch of a policy ends by itself."""
    gc.collect()
    before = left()
    used(name, tmp_path, closes)
    gc.collect()
    for thread in left().threads - before.threads:
        assert not closes, "a thread after the end"
        thread.join(20)
    assert left().threads <= before.threads
    assert left().files <= before.files
