"""What an engine does is told: also that its store did not answer."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from policyroute.engine.engine import Engine
from policyroute.engine.exchange import Asked
from policyroute.engine.recording import Recorder
from policyroute.journal import Journal
from policyroute.ledgers.memory import MemoryLedger
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


def metrics(reader: InMemoryMetricReader) -> set[str]:
    """The names of all that has a value."""
    data = reader.get_metrics_data()
    found = [metric for one in data.resource_metrics for scope in one.scope_metrics for metric in scope.metrics] if data else []
    return {metric.name for metric in found if metric.data.data_points}


def test_each_call_is_kept_as_its_own_policy_says(tmp_path: Path) -> None:
    """While policies come and go."""
    plain, full = loads(SHOP), loads(SHOP + "record: {text: full}\n")
    journal = Journal(tmp_path / "journal.db")
    recorder = Recorder(Telemetry(), journal)
    now = [plain]
    engine = Engine(lambda: now[0], MemoryLedger(), now=Time(NOON), watch=recorder)
    for policy in (plain, full, full, plain, full):
        now[0] = policy
        engine.open(Asked(BODY, "openai.chat", (), {"tenant": "acme"}))
    assert [one.text for one in journal.rows()] == [None, '["hello"]', '["hello"]', None, '["hello"]']
    journal.close()


@pytest.mark.parametrize("key", [None, b"k" * 32])
@pytest.mark.parametrize("text", ["none", "full", "hmac"])
def test_which_policy_takes_a_key(text: str, key: bytes | None, tmp_path: Path) -> None:
    """One that wants hashes of texts, where they would be kept."""
    policy = loads(SHOP + f"record: {{text: {text}}}\n")
    kept = Recorder(Telemetry(), Journal(tmp_path / "journal.db"), key)
    assert kept.lacks_key(policy) == (text == "hmac" and key is None)
    assert not Recorder(Telemetry(), None, key).lacks_key(policy)


def test_metrics_do_not_keep_a_journal_alive(tmp_path: Path) -> None:
    """A provider lives as long as the program; what it measured may be gone before."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    telemetry = Telemetry(meter_provider=provider)
    recorder = Recorder(telemetry, Journal(tmp_path / "journal.db"))
    telemetry.request(1)
    assert {"policyroute.journal.queue", "policyroute.journal.dropped"} <= metrics(reader)
    del recorder
    gc.collect()
    assert not metrics(reader)
    provider.shutdown()
