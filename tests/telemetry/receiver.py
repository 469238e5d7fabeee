"""A receiver of OTLP over HTTP, and a collector in front of it: what comes over the wire, read by the protocol's own types."""

from __future__ import annotations

import gzip
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from queue import Queue
from threading import Thread
from time import monotonic

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

WAIT_S = 20.0


class Receiver:
    """Where OTLP ends. Bodies are kept as they came, after unpacking."""

    def __init__(self, server: ThreadingHTTPServer, bodies: Queue[tuple[str, bytes]]) -> None:
        self.endpoint = f"http://127.0.0.1:{server.server_port}"
        self._bodies = bodies

    def spans(self, count: int) -> list[Span]:
        """The spans that came, once there are so many."""
        found: list[Span] = []
        while len(found) < count:
            path, body = self._bodies.get(timeout=WAIT_S)
            assert path == "/v1/traces"
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                found += [span for scope in resource.scope_spans for span in scope.spans]
        return found

    def metrics(self) -> set[str]:
        """The names of the metrics that come next."""
        path, body = self._bodies.get(timeout=WAIT_S)
        assert path == "/v1/metrics"
        read = ExportMetricsServiceRequest.FromString(body).resource_metrics
        return {metric.name for resource in read for scope in resource.scope_metrics for metric in scope.metrics}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    bodies: Queue[tuple[str, bytes]] = Queue()

    class Receiving(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            bodies.put((self.path, gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body))
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiving)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Receiver(server, bodies)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def agent() -> Path | None:
    """The collector's program, where it is installed and runs: it is built for some machines only."""
    found = find_spec("rotel")
    path = Path(found.origin or "").with_name("rotel-agent") if found else None
    if path is None or not path.is_file() or not os.access(path, os.X_OK):
        return None
    ran = subprocess.run([path, "--version"], capture_output=True, timeout=WAIT_S, check=False)
    return path if ran.returncode == 0 else None


def unused_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def collecting(program: Path, folder: Path, receiver: Receiver) -> Iterator[str]:
    """The collector, which hands all on to the receiver; the endpoint it listens on."""
    http, grpc = unused_port(), unused_port()
    options = {
        "pid-file": str(folder / "agent.pid"),
        "log-file": str(folder / "agent.log"),
        "otlp-http-endpoint": f"127.0.0.1:{http}",
        "otlp-grpc-endpoint": f"127.0.0.1:{grpc}",
        "exporter": "otlp",
        "otlp-exporter-endpoint": receiver.endpoint,
        "otlp-exporter-protocol": "http",
        "batch-timeout": "20ms",
    }
    command = [str(program), "start", *(word for name, value in options.items() for word in (f"--{name}", value))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={}) as process:
        try:
            until_s = monotonic() + WAIT_S
            while not answers(http):
                assert monotonic() < until_s, "the collector does not listen"
                with_code = waited(process)
                assert with_code is None, f"the collector ended with {with_code}"
            yield f"http://127.0.0.1:{http}"
        finally:
            process.terminate()


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def waited(process: subprocess.Popen[bytes]) -> int | None:
    """Gives a process a moment; its exit code if it ended."""
    try:
        return process.wait(0.02)
    except subprocess.TimeoutExpired:
        return None
