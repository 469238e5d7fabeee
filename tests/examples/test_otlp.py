"""The example with a collector: it runs as its compose file runs it, and the files beside it fit each other and the app."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from opentelemetry.metrics import get_meter_provider
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk import environment_variables
from opentelemetry.trace import get_tracer_provider

from examples.otlp.app import create, providers
from policyroute.journal import open_journal
from policyroute.policy.source import read_text
from tests.house.survey import ROOT
from tests.telemetry.receiver import WAIT_S, Receiver, agent, answers, collecting, receiving, unused_port, waited

FOLDER = ROOT / "examples/otlp"
COMPOSE = (FOLDER / "compose.yaml").read_text("utf-8")
COLLECTOR = (FOLDER / "collector.yaml").read_text("utf-8")
APP = yaml.safe_load(COMPOSE)["services"]["app"]

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACED, UNTRACED = f"00-{TRACE}-{CALLER}-01", "00-11111111111111111111111111111111-2222222222222222-00"
EASY, MAIL, KEY = "Thank you!", "Write to jane@example.com", "password = 'Tr0ub4dor&3x!'"
ASKED = [(EASY, UNTRACED), (MAIL, TRACED), (KEY, TRACED)]
ANSWERED = [(200, "own-small", None), (200, "own-small", None), (403, None, "policy_denied")]
RECORDED = [("route", "own-small"), ("route", "own-small"), ("deny", None)]


@contextmanager
def serving(folder: Path, endpoint: str, **variables: str) -> Iterator[str]:
    """The app, as the compose file starts it, but for where it listens and where its telemetry goes."""
    port = unused_port()
    # The last of two options counts.
    command = [sys.executable, "-m", *APP["command"], "--host", "127.0.0.1", "--port", str(port)]
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "JOURNAL": f"sqlite:///{folder / 'journal.db'}"}
    # Spans go at once, metrics when the app stops.
    paces = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "20", "OTEL_METRIC_EXPORT_INTERVAL": "3600000"}
    env = APP["environment"] | own | paces | variables
    with (
        (folder / "app.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log) as process,
    ):
        try:
            until_s = monotonic() + WAIT_S
            while not answers(port):
                assert monotonic() < until_s, "the app does not listen"
                assert waited(process) is None, (folder / "app.log").read_text("utf-8")
            yield f"http://127.0.0.1:{port}"
            process.terminate()
            process.wait(WAIT_S)
        finally:
            process.kill()


def ask(url: str) -> list[tuple[int, str | None, str | None]]:
    """An easy call, one with personal data, and one with a password: their statuses, models and errors."""
    said = []
    with httpx.Client(base_url=url) as client:
        for prompt, traceparent in ASKED:
            body = {"model": "auto", "messages": [{"role": "user", "content": prompt}]}
            answer = client.post("/v1/chat/completions", json=body, headers={"traceparent": traceparent})
            model, error = answer.headers.get("x-policyroute-model"), answer.json().get("error", {})
            said.append((answer.status_code, model, error.get("code")))
    return said


def recorded(folder: Path) -> list[tuple[str, str | None]]:
    """What the journal says of each call."""
    journal = open_journal(folder / "journal.db")
    rows = [(row.outcome, row.model) for row in journal.rows()]
    journal.close()
    return rows


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where telemetry ends."""
    with receiving() as one:
        yield one


def test_a_collector_gets_the_example_whole(receiver: Receiver, tmp_path: Path) -> None:
    """Spans of both traced calls come below the caller's, with what was decided; metrics come; the journal has all calls."""
    program = agent()
    if program is None:
        pytest.skip("no collector runs on this machine")
    with collecting(program, tmp_path, receiver) as endpoint:
        with serving(tmp_path, endpoint) as url:
            assert ask(url) == ANSWERED
            spans = receiver.spans(6)
        metrics = receiver.metrics()
    assert {span.trace_id.hex() for span in spans} == {TRACE}
    below: dict[str, list[Span]] = {}
    for span in spans:
        below.setdefault(span.parent_span_id.hex(), []).append(span)
    decided = []
    for server in below[CALLER]:
        (request,) = below[server.span_id.hex()]
        (decision,) = below[request.span_id.hex()]
        assert (server.name, request.name, decision.name) == ("POST", "policyroute.request", "policyroute.decision")
        decided.append({one.key: one.value.string_value for one in decision.attributes}["policyroute.decision.outcome"])
    assert sorted(decided) == ["deny", "route"]
    assert metrics >= {"policyroute.decisions", "policyroute.decision.duration", "policyroute.cost.actual"}
    assert recorded(tmp_path) == RECORDED


def test_a_dead_collector_changes_nothing_for_callers(tmp_path: Path) -> None:
    """With nobody at the other end, answers and journal are as ever."""
    with serving(tmp_path, f"http://127.0.0.1:{unused_port()}", OTEL_EXPORTER_OTLP_TIMEOUT="0.2") as url:
        assert ask(url) == ANSWERED
    assert recorded(tmp_path) == RECORDED


def test_what_is_not_sampled_is_in_the_journal(receiver: Receiver, tmp_path: Path) -> None:
    """With a sampler that wants nothing no span is sent; metrics and the journal are complete."""
    with serving(tmp_path, receiver.endpoint, OTEL_TRACES_SAMPLER="always_off") as url:
        assert ask(url) == ANSWERED
    assert "policyroute.decisions" in receiver.metrics()  # and so no spans came before
    assert recorded(tmp_path) == RECORDED


def test_nothing_global_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The app and the layer leave the global providers as they are."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{unused_port()}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    monkeypatch.setenv("JOURNAL", f"sqlite:///{tmp_path / 'journal.db'}")
    before = get_tracer_provider(), get_meter_provider()

    async def live() -> int:
        app = create()
        transport = httpx.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            body = {"model": "auto", "messages": [{"role": "user", "content": EASY}]}
            return (await client.post("/v1/chat/completions", json=body)).status_code

    assert asyncio.run(live()) == 200
    assert (get_tracer_provider(), get_meter_provider()) == before


def test_the_name_of_the_service_is_what_the_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans and metrics come under the name that the compose file gives."""
    for name in ("OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.setenv(name, APP["environment"][name])
    sdk = providers()
    assert sdk.tracers.resource.attributes["service.name"] == "shop"
    sdk.tracers.shutdown()
    sdk.meters.shutdown()


def wrong(compose_text: str, collector_text: str) -> list[str]:
    """What does not fit between the two files, the app and the checkout."""
    compose, collector = yaml.safe_load(compose_text), yaml.safe_load(collector_text)
    services = compose["services"]
    listening = listeners(services["app"], collector)
    return [
        *unpinned(services),
        *unknown(services),
        *unheard(services, collector, listening),
        *unreached(services, listening),
        *(f"{name} is no file" for name in missing(compose)),
        *(f"{name} is used or declared alone" for name in loose(collector)),
        *(f"{one} is not what the tests run with" for one in untested(services["app"])),
    ]


def listeners(app: Any, collector: Any) -> dict[str, set[tuple[str, int]]]:
    """Where each service listens: Jaeger as its own defaults say, which its image needs no settings for."""
    command = app["command"]
    host, port = (command[command.index(option) + 1] for option in ("--host", "--port"))
    serving = [one["endpoint"] for one in collector["receivers"]["otlp"]["protocols"].values()]
    serving.append(collector["exporters"]["prometheus"]["endpoint"])
    jaeger = {("0.0.0.0", 4317), ("0.0.0.0", 16686)}
    return {"app": {(host, int(port))}, "collector": {place(one) for one in serving}, "jaeger": jaeger}


def place(endpoint: str) -> tuple[str, int]:
    """The host and the port of an endpoint, with or without a scheme."""
    parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
    return parts.hostname or "", parts.port or 0


def unpinned(services: Any) -> Iterator[str]:
    """Images that would be others tomorrow."""
    images = [one["image"] for one in services.values() if "image" in one]
    images += re.findall(r"^FROM (\S+)", services["app"]["build"]["dockerfile_inline"], re.MULTILINE)
    yield from (f"{image} has no version" for image in images if not re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+[\w.-]*", image))


def unknown(services: Any) -> Iterator[str]:
    """Variables that the SDK or the app would not look at, and keys that Compose would not."""
    variables = {"JOURNAL", *(value for name, value in vars(environment_variables).items() if name.startswith("OTEL_"))}
    yield from (f"{name} is no variable" for name in services["app"]["environment"].keys() - variables)
    keys = {"image", "build", "command", "environment", "volumes", "ports", "depends_on"}
    yield from (f"{name} is no key" for service in services.values() for name in service.keys() - keys)


def unheard(services: Any, collector: Any, listening: dict[str, set[tuple[str, int]]]) -> Iterator[str]:
    """Ends of a line where nobody listens, or who may not be there yet."""
    spoken = [("app", services["app"]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"])]
    spoken += [("collector", one["endpoint"]) for name, one in collector["exporters"].items() if name.startswith("otlp")]
    for speaker, endpoint in spoken:
        host, port = place(endpoint)
        if ("0.0.0.0", port) not in listening.get(host, ()):
            yield f"nobody hears {speaker} at {endpoint}"
        if host not in services[speaker].get("depends_on", ()):
            yield f"{speaker} does not wait for {host}"


def unreached(services: Any, listening: dict[str, set[tuple[str, int]]]) -> Iterator[str]:
    """Published ports behind which nobody listens, or that the whole network sees."""
    for name, service in services.items():
        for published in service["ports"]:
            address, _, inside = published.split(":")
            if address != "127.0.0.1" or ("0.0.0.0", int(inside)) not in listening[name]:
                yield f"{published} of {name} leads nowhere, or too far"


def missing(compose: Any) -> Iterator[str]:
    """What is copied, mounted or written to, and is not there."""
    app = compose["services"]["app"]
    context = FOLDER / app["build"]["context"]
    for line in re.findall(r"^COPY (.+) \S+$", app["build"]["dockerfile_inline"], re.MULTILINE):
        yield from (name for name in line.split() if not (context / name).exists())
    mounts = [mount.split(":") for service in compose["services"].values() for mount in service.get("volumes", ())]
    for source, *_ in mounts:
        if not ((FOLDER / source).is_file() if source.startswith("./") else source in compose["volumes"]):
            yield source
    journal = app["environment"]["JOURNAL"].removeprefix("sqlite:///")
    if str(Path(journal).parent) not in {inside for _, inside, *_ in mounts}:
        yield journal


def loose(collector: Any) -> set[str]:
    """Receivers and exporters of only one mind with the pipelines, and signals of the app without one."""
    pipelines = collector["service"]["pipelines"]
    used = {name for one in pipelines.values() for kind in ("receivers", "exporters") for name in one[kind]}
    return (used ^ (collector["receivers"].keys() | collector["exporters"].keys())) | ({"traces", "metrics"} ^ pipelines.keys())


def untested(app: Any) -> set[str]:
    """Packages that the image has in other versions than the tests."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (line,) = re.findall(r"pip install ((?:.|\\\n)+?)\n", app["build"]["dockerfile_inline"].replace("\\\n", ""))
    installed = {word for word in shlex.split(line) if not word.startswith("-")}
    extras = {f".[{name}]" for name in project["project"]["optional-dependencies"]}
    return installed - set(project["dependency-groups"]["test"]) - extras


@pytest.mark.parametrize("text", [COMPOSE, COLLECTOR], ids=["compose", "collector"])
def test_the_files_are_strict_yaml(text: str) -> None:
    """No key stands twice, and nothing means another thing than it seems to."""
    assert [problem.message for problem in read_text(text, "file.yaml").problems] == []


def test_the_files_fit_each_other_and_the_app() -> None:
    """Endpoints, ports, images, mounts, variables and pipelines."""
    assert wrong(COMPOSE, COLLECTOR) == []


EDITS = [
    ("jaeger:2.19.0", "jaeger:latest", "no version"),
    ("python:3.13.7-slim-trixie", "python:slim", "no version"),
    ("OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRICS_INTERVAL", "no variable"),
    ("depends_on: [jaeger]", "depend_on: [jaeger]", "depend_on is no key"),
    ("http://collector:4318", "http://collector:4317", "nobody hears app"),
    ("http://collector:4318", "http://otel:4318", "nobody hears app"),
    ("http: {endpoint: 0.0.0.0:4318}", "http: {endpoint: localhost:4318}", "nobody hears app"),
    ("endpoint: jaeger:4317", "endpoint: jaeger:14250", "nobody hears collector"),
    ("depends_on: [collector]", "depends_on: []", "does not wait"),
    ("127.0.0.1:8889:8889", "127.0.0.1:8889:8888", "leads nowhere"),
    ("127.0.0.1:8000:8000", "0.0.0.0:8000:8000", "too far"),
    ('--port, "8000"', '--port, "8080"', "leads nowhere"),
    ("./collector.yaml", "./otel.yaml", "./otel.yaml is no file"),
    ("COPY schemas", "COPY schema", "schema is no file"),
    ("journal:/data", "journal:/var", "journal.db is no file"),
    ("exporters: [prometheus]", "exporters: [debug]", "debug is used"),
    ("    metrics: {", "    metric: {", "metrics is used"),
    ("'uvicorn>=0.35'", "'uvicorn>=0.36'", "uvicorn>=0.36"),
]


@pytest.mark.parametrize(("old", "new", "complaint"), EDITS)
def test_what_does_not_fit_is_seen(old: str, new: str, complaint: str) -> None:
    """Each kind of slip is complained of."""
    assert (COMPOSE + COLLECTOR).count(old) == 1
    assert complaint in " ".join(wrong(COMPOSE.replace(old, new), COLLECTOR.replace(old, new)))
