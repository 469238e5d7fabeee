"""Metrics: each instrument of the table, made when a meter provider is there.

Counters and gauges are added up here and read when somebody collects them, which costs a call a tenth of what an
instrument of the SDK does. Only histograms are the SDK's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from types import MappingProxyType

from opentelemetry.metrics import (
    CallbackOptions,
    Histogram,
    Meter,
    MeterProvider as MeterProvider,  # the faces take one
    Observation,
    get_meter_provider,
)

from policyroute import __version__
from policyroute.telemetry.names import METRICS, Attributes, Metric, Value
from policyroute.telemetry.shield import Shield

MOST_SERIES = 2000
LOOK_AGAIN_NS = 100_000_000
_API = "opentelemetry.metrics"
_NO_HISTOGRAMS: Mapping[str, Histogram] = MappingProxyType({})

Seen = Callable[[], tuple[Attributes, float] | None]
"""What something is right now; nothing once that is gone."""


class Series:
    """One counter or gauge: its value for each set of attributes. What would be one set too many is not kept."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self._values: dict[tuple[tuple[str, Value], ...], float] = {}
        self._followed: tuple[Seen, ...] = ()
        self._lock = Lock()

    def follow(self, seen: Seen) -> None:
        """Has a value asked for whenever somebody collects, and at no other time."""
        with self._lock:
            self._followed += (seen,)

    def put(self, value: float, attributes: Attributes) -> None:
        """Adds to a counter, sets a gauge."""
        key = tuple(attributes.items())
        with self._lock:
            if key in self._values:
                self._values[key] = value + self._values[key] if self._metric.kind == "counter" else value
            elif len(self._values) < MOST_SERIES:
                self._values[key] = value

    def values(self) -> list[tuple[Attributes, float]]:
        """All values as they are now."""
        with self._lock:
            kept = tuple(self._values.items())
            followed = self._followed
        said = [(dict(key), value if self._metric.scale == 1 else value / self._metric.scale) for key, value in kept]
        return [*said, *(now for seen in followed if (now := seen()) is not None)]

    def observe(self, _: CallbackOptions) -> Iterable[Observation]:
        """The same for whoever collects."""
        return [Observation(value, attributes) for attributes, value in self.values()]


class Instruments:
    """The metrics of one host. Without a meter provider of its own the global one counts, also if it is set later."""

    def __init__(self, provider: MeterProvider | None, shield: Shield) -> None:
        self._provider = provider
        self._shield = shield
        self._series = {name: Series(metric) for name, metric in METRICS.items() if metric.kind != "histogram"}
        self._histograms = _NO_HISTOGRAMS
        self._looked_ns = -LOOK_AGAIN_NS
        self._lock = Lock()

    @property
    def opened(self) -> bool:
        """Whether somebody was found to listen."""
        return bool(self._histograms)

    def live(self, now_ns: int) -> bool:
        """Whether anybody listens. While nobody does, the providers are those of the API, which do nothing.

        The global one is looked for ten times a second at most: the API reads the environment to find it.
        """
        if self._histograms:
            return True
        if 0 <= now_ns - self._looked_ns < LOOK_AGAIN_NS:
            return False
        self._looked_ns = now_ns
        with self._shield:
            provider = self._provider or get_meter_provider()
            if not type(provider).__module__.startswith(_API):
                self._open(provider)
        return bool(self._histograms)

    def _open(self, provider: MeterProvider) -> None:
        with self._lock:
            if not self._histograms:
                meter = provider.get_meter("policyroute", __version__)
                for name, series in self._series.items():
                    _observed(meter, name, series)
                self._histograms = {
                    name: meter.create_histogram(
                        name, metric.unit, metric.says, explicit_bucket_boundaries_advisory=list(metric.bounds)
                    )
                    for name, metric in METRICS.items()
                    if metric.kind == "histogram"
                }

    def record(self, name: str, value: float, attributes: Attributes) -> None:
        """Adds to a counter, sets a gauge, or records a value."""
        listed = self._shield.listed(METRICS[name].attributes, attributes)
        series = self._series.get(name)
        if series is not None:
            series.put(value, listed)
        elif name in self._histograms:
            with self._shield:
                self._histograms[name].record(value, listed)

    def follow(self, name: str, seen: Seen) -> None:
        """Has a counter or a gauge ask for its value instead of being told."""

        def listed() -> tuple[Attributes, float] | None:
            now = seen()
            return None if now is None else (self._shield.listed(METRICS[name].attributes, now[0]), now[1])

        self._series[name].follow(listed)


def _observed(meter: Meter, name: str, series: Series) -> None:
    metric = METRICS[name]
    if metric.kind == "counter":
        meter.create_observable_counter(name, [series.observe], metric.unit, metric.says)
    else:
        meter.create_observable_gauge(name, [series.observe], metric.unit, metric.says)


def narrowed(name: str, attributes: Attributes) -> Attributes:
    """Those of the attributes that a metric has room for."""
    allowed = METRICS[name].attributes
    return {key: value for key, value in attributes.items() if key in allowed}
