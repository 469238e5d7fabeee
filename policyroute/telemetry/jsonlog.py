"""Decisions as lines of JSON in a log of the standard library, for hosts without OpenTelemetry."""

from __future__ import annotations

import json
import logging

from opentelemetry.trace import SpanContext

from policyroute.telemetry.names import Attributes, Kind

NAME = "policyroute.decisions"


class JsonLog:
    """Writes a line for each decision and for the end of each call, at level INFO: the attributes of the spans, no more."""

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logging.getLogger(NAME) if logger is None else logger

    @property
    def live(self) -> bool:
        """Whether the log is read at this level."""
        return self._logger.isEnabledFor(logging.INFO)

    def write(self, kind: Kind, at_ns: int, attributes: Attributes, span: SpanContext) -> None:
        """One line; with the ids of the span where there is one."""
        line: dict[str, object] = {"name": kind.name, "time_unix_nano": at_ns}
        if span.is_valid:
            line["trace_id"] = f"{span.trace_id:032x}"
            line["span_id"] = f"{span.span_id:016x}"
        line["attributes"] = dict(attributes)
        self._logger.info("%s", json.dumps(line, ensure_ascii=False, separators=(",", ":")))
