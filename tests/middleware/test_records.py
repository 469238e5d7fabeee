"""The span, the row of the journal and the ledger say the same of every call, to the nano-dollar."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from policyroute.journal import Journal, Record
from tests.middleware.faces import FACES, Face, shop
from tests.middleware.test_behaviour import CALL, COST, KEY, MAIL

BIRD = "kestrel7f3a9"


class Kept(NamedTuple):
    """What was recorded of one call."""

    spans: dict[str, ReadableSpan]
    row: Record
    face: Face
    answer: Any

    @property
    def request(self) -> Any:
        return self.spans["policyroute.request"].attributes

    @property
    def decision(self) -> Any:
        return self.spans["policyroute.decision"].attributes


@pytest.fixture(params=FACES)
def keep(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Sends one call through a face, and hands out what was recorded of it."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    journal = Journal(tmp_path / "journal.db")

    def sending(body: Any, *, status: int = 200, **headers: str) -> Kept:
        face = FACES[request.param](shop(), journal=journal, tracer_provider=provider)
        face.model.status = status
        answer = face.send(body, **headers)
        journal.flush()
        provider.force_flush()
        (row,) = journal.rows()
        spans = {span.name: span for span in exporter.get_finished_spans()}
        return Kept(spans, row, face, answer)

    yield sending
    journal.close()
    provider.shutdown()


@pytest.mark.parametrize(
    ("body", "status", "cost"),
    [
        (CALL, 200, COST),
        ({**CALL, "stream": True, "stream_options": {"include_usage": True}}, 200, COST),
        (CALL, 500, 0),
        (MAIL, 200, 11 * 1000 + 6 * 2000),
    ],
)
def test_all_three_agree(keep: Any, body: Any, status: int, cost: int) -> None:
    """Whole, streamed, refused by the upstream, and at a cheaper model."""
    kept = keep(body, status=status)
    assert kept.row.id == kept.answer.headers["x-policyroute-decision"] == kept.decision["policyroute.decision.id"]
    assert kept.face.spent() == (cost, 0)
    assert kept.row.cost_nano == cost
    assert round(kept.request["policyroute.cost.actual_usd"] * 1e9) == cost
    assert kept.row.status == status
    assert kept.row.model == kept.decision["policyroute.model.selected"]
    assert kept.row.stream_end == kept.request["policyroute.stream.end"] == "complete"
    assert kept.row.attempts == kept.request["policyroute.attempt.count"] == 1
    assert kept.row.baseline_nano == (COST if cost else 0)


def test_a_denial_is_a_decision_without_an_attempt(keep: Any) -> None:
    """Recorded like any other, and it cost nothing."""
    kept = keep(KEY)
    assert set(kept.spans) == {"policyroute.request", "policyroute.decision"}
    assert (kept.decision["policyroute.decision.outcome"], kept.row.outcome) == ("deny", "deny")
    assert (kept.row.status, kept.row.cost_nano, kept.row.stream_end) == (403, 0, None)
    assert kept.spans["policyroute.decision"].status.is_unset


def test_nothing_of_a_call_is_recorded(keep: Any, tmp_path: Path) -> None:
    """Neither of its text nor of its headers, whatever happens to it."""
    body = {"model": "auto", "user": BIRD, "messages": [{"role": "user", "content": f"{BIRD}@{BIRD}.com {BIRD}"}]}
    kept = keep(body, x_note=BIRD)
    told = "".join(span.to_json() for span in kept.spans.values())
    assert BIRD not in told
    assert BIRD not in repr(tuple(kept.row))
    for file in tmp_path.iterdir():
        assert BIRD.encode() not in file.read_bytes()
