"""What an engine does is told: also that its store did not answer."""

from __future__ import annotations

import json
from pathlib import Path

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from policyroute.engine.exchange import Asked, Engine
from policyroute.engine.recording import Recorder
from policyroute.loading import loads
from policyroute.telemetry.telemetry import Telemetry
from tests.engine.test_admission import NOON, Watched
from tests.ledgers.stores import Time

SHOP = Path(__file__).with_name("shop.yaml").read_text("utf-8")
BODY = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "hello"}]}).encode()


def test_trouble_with_the_store_is_a_metric() -> None:
    """And the decision says which budgets nobody could ask."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    time = Time(NOON)
    ledger = Watched(time)
    policy = loads(SHOP)
    engine = Engine(lambda: policy, ledger, now=time, watch=Recorder(Telemetry(meter_provider=provider), None))
    ledger.down = True
    exchange = engine.open(Asked(BODY, "openai.chat", (), {"tenant": "acme"}))
    assert exchange.decision.facts.failed == {"budget:tenant-day", "budget:calls"}
    data = reader.get_metrics_data()
    assert data is not None
    metrics = [metric for one in data.resource_metrics for scope in one.scope_metrics for metric in scope.metrics]
    (errors,) = [metric for metric in metrics if metric.name == "policyroute.ledger.errors"]
    assert [point.value for point in errors.data.data_points] == [1]  # type: ignore[union-attr]
    provider.shutdown()
