"""The table of names: it is what the page says, nothing else is emitted, and the API is all that it takes."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics
from opentelemetry.semconv.attributes import error_attributes

from policyroute.telemetry.names import METRICS, SPANS
from tests.house.survey import ROOT
from tests.telemetry.hearing import denied, listening, routed

PAGE = (ROOT / "docs/nouns/span.md").read_text("utf-8")
TABLE = {name for kind in SPANS for name in kind.attributes} | {name for metric in METRICS.values() for name in metric.attributes}
NAME = re.compile(r"`((?:policyroute|gen_ai|error)\.[a-z_.]+)`")


def test_the_page_and_the_table_are_one() -> None:
    """Every name that can be emitted is on the page, and no other."""
    ours = {name for name in NAME.findall(PAGE) if not name.startswith("policyroute.telemetry")}
    assert ours == TABLE | set(METRICS) | {kind.name for kind in SPANS if kind.name != "chat"}


def test_names_of_others_are_as_they_say() -> None:
    """What begins with `gen_ai` or `error` is a name of the semantic conventions."""
    theirs = {
        value
        for module in (gen_ai_attributes, gen_ai_metrics, error_attributes)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    }
    assert {name for name in TABLE | set(METRICS) if not name.startswith("policyroute.")} <= theirs


def test_genai_stays_with_attempts() -> None:
    """Attributes of the GenAI conventions are on attempts only, and attempts have no others but the kind of error."""
    for kind in SPANS:
        theirs = {name for name in kind.attributes if not name.startswith("policyroute.")}
        assert theirs == (kind.attributes if kind.name == "chat" else set())


def test_all_that_is_said_is_in_the_table() -> None:
    """Spans and metrics of routed and denied calls carry names of their own row only."""
    heard = listening()
    routed(heard.telemetry)
    denied(heard.telemetry)
    rows = {kind.name: kind.attributes for kind in SPANS}
    for span in heard.spans:
        assert set(span.attributes or {}) <= rows[span.name.split(" ")[0]]
    for name, metric in METRICS.items():
        for point in heard.points(name):
            assert set(point.attributes or {}) <= metric.attributes


def test_the_api_alone_is_enough() -> None:
    """Where no SDK is installed, a call is told of all the same, and the SDK is not asked for."""
    code = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.semconv")):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from policyroute.decision import Version
from policyroute.telemetry.telemetry import Telemetry
telemetry = Telemetry(strict=True)
span = telemetry.request(1)
span.attempt("m", "p", started_ns=1).ended(2, error="500")
span.ended(3)
telemetry.reloaded(4, Version("p", 1, "h"), "loaded")
telemetry.ledger_failed()
print(span.heard, telemetry.failures, any(name.startswith("opentelemetry.sdk") for name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.split() == ["False", "0", "False"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_global_providers_count_whenever_they_are_set(when: str) -> None:
    """A host may set its providers before or after it mounts us; ours are never set."""
    code = f"""
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from policyroute.telemetry.telemetry import Telemetry
from tests.telemetry.hearing import START_NS, routed
def host():
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([reader]))
provider, exporter, reader = TracerProvider(), InMemorySpanExporter(), InMemoryMetricReader()
if {when!r} == "before":
    host()
telemetry = Telemetry(strict=True)
if {when!r} == "after":
    telemetry.request(START_NS - 10**9).ended(START_NS)
    host()
routed(telemetry)
print(len(exporter.get_finished_spans()), reader.get_metrics_data() is not None, telemetry.failures)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.split() == ["5", "True", "0"]
