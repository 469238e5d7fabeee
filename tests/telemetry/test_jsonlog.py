"""The log of decisions: a line of JSON for each, with what the spans say."""

from __future__ import annotations

import json
import logging

from policyroute.decision import Version
from policyroute.telemetry.jsonlog import JsonLog
from policyroute.telemetry.telemetry import Telemetry
from tests.telemetry.hearing import MS, START_NS, denied, listening, routed


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(record.getMessage()))


def logger(level: int = logging.INFO) -> tuple[JsonLog, list[dict[str, object]]]:
    """A log, and its lines."""
    kept, log = Lines(), logging.Logger("test", level)
    log.addHandler(kept)
    return JsonLog(log), kept.lines


def test_each_decision_is_a_line() -> None:
    """Without any provider, decisions and the end of the call are logged, in order, with their times."""
    log, lines = logger()
    telemetry = Telemetry(log=log, strict=True)
    routed(telemetry)
    denied(telemetry)
    assert [(line["name"], line["time_unix_nano"]) for line in lines] == [
        ("policyroute.decision", START_NS + 2 * MS),
        ("policyroute.decision", START_NS + 10 * MS),
        ("policyroute.request", START_NS + 31 * MS),
        ("policyroute.decision", START_NS + 2 * MS),
        ("policyroute.request", START_NS + 3 * MS),
    ]
    assert "trace_id" not in lines[0]


def test_lines_and_spans_say_the_same() -> None:
    """A line has the attributes of its span, and the ids to find it by."""
    log, lines = logger()
    heard = listening(log=log)
    routed(heard.telemetry)
    spans = [span for span in heard.spans if not span.name.startswith("chat")]
    assert [json.loads(json.dumps(dict(span.attributes or {}))) for span in spans] == [line["attributes"] for line in lines]
    assert [line["span_id"] for line in lines] == [f"{span.context.span_id:016x}" for span in spans]
    assert {line["trace_id"] for line in lines} == {f"{spans[0].context.trace_id:032x}"}


def test_a_log_that_nobody_reads_is_not_written() -> None:
    """Above INFO no line is worked out, and the call is as cheap as without a log."""
    log, lines = logger(logging.WARNING)
    telemetry = Telemetry(log=log)
    routed(telemetry)
    assert lines == []
    assert not telemetry.request(START_NS).heard


def test_a_reload_is_a_line_too() -> None:
    """Hosts without OpenTelemetry learn of a new policy by the log."""
    log, lines = logger()
    version = Version("heard", 7, "abc")
    Telemetry(log=log, strict=True).reloaded(START_NS, version, "loaded", version)
    assert [(line["name"], line["attributes"]) for line in lines] == [
        (
            "policyroute.policy.reload",
            {
                "policyroute.policy.name": "heard",
                "policyroute.policy.version": 7,
                "policyroute.policy.hash": "abc",
                "policyroute.policy.reload.outcome": "loaded",
            },
        )
    ]
