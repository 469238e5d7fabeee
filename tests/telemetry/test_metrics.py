"""The metrics of a call: what is counted, by which few attributes, and to the nano-dollar."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry.sdk.metrics.export import HistogramDataPoint, NumberDataPoint

from policyroute.decision import Version
from policyroute.telemetry.describing import Ending
from policyroute.telemetry.instruments import LOOK_AGAIN_NS, MOST_SERIES, Series
from policyroute.telemetry.names import METRICS
from tests.telemetry.hearing import MS, START_NS, Heard, decide, denied, listening, routed


def numbers(heard: Heard, metric: str) -> dict[tuple[tuple[str, object], ...], float]:
    """The values of a counter or a gauge, by their attributes."""
    points = [point for point in heard.points(metric) if isinstance(point, NumberDataPoint)]
    return {tuple(sorted((point.attributes or {}).items())): point.value for point in points}


def sums(heard: Heard, metric: str) -> list[tuple[int, float, dict[str, object]]]:
    """The counts and sums of a histogram."""
    points = [point for point in heard.points(metric) if isinstance(point, HistogramDataPoint)]
    return [(point.count, point.sum, dict(point.attributes or {})) for point in points]


def test_decisions_are_counted_by_what_they_came_to() -> None:
    """Routes, fallbacks and denials are apart, each with the model, the tier, the stage and the reason."""
    heard = listening()
    routed(heard.telemetry)
    denied(heard.telemetry)
    found = [dict(key) for key in numbers(heard, "policyroute.decisions")]
    told = ("policyroute.decision.outcome", "policyroute.decision.trigger", "policyroute.model.selected")
    assert sorted(tuple(one.get(name, "") for name in told) for one in found) == [
        ("deny", "initial", ""),
        ("route", "fallback", "far"),
        ("route", "initial", "near"),
    ]
    assert {one["policyroute.policy.name"] for one in found} == {"heard"}


def test_costs_add_up_to_the_nano_dollar() -> None:
    """A thousand costs of one nano-dollar, and one of a thousand dollars, are their sum: nothing is lost to rounding."""
    heard = listening()
    decision = decide()
    for ending in (Ending(cost_nano=1_000_000_000_000, baseline_nano=7), *[Ending(cost_nano=1)] * 1000):
        span = heard.telemetry.request(START_NS)
        span.decided(decision, started_ns=START_NS, ended_ns=START_NS)
        span.ended(START_NS, ending)
    assert list(numbers(heard, "policyroute.cost.actual").values()) == [1000.000001]
    assert list(numbers(heard, "policyroute.cost.baseline").values()) == [7e-9]
    assert len(heard.points("policyroute.cost.actual")) == 1


def test_how_full_budgets_are() -> None:
    """A gauge for each budget of the last decision, by the budget and never by the account."""
    heard = listening()
    routed(heard.telemetry, decide(spent=0.5))
    routed(heard.telemetry, decide(spent=0.625))
    found = {dict(key)["policyroute.budget.id"]: value for key, value in numbers(heard, "policyroute.budget.used_ratio").items()}
    assert found == {"day": 0.625, "month": 0.01}


def test_times_and_tokens() -> None:
    """Durations are seconds, tokens are by input and output, a failed attempt is apart, by its kind of error."""
    heard = listening()
    routed(heard.telemetry)
    assert [(count, round(total, 9)) for count, total, _ in sums(heard, "policyroute.decision.duration")] == [(2, 0.002)]
    durations = {
        said["gen_ai.request.model"]: (total, said) for _, total, said in sums(heard, "gen_ai.client.operation.duration")
    }
    assert durations["near"][0] == 0.006
    assert durations["near"][1]["error.type"] == "500"
    assert durations["gemini-9"] == (
        0.02,
        {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "gemini-9"},
    )
    assert {said["gen_ai.token.type"]: total for _, total, said in sums(heard, "gen_ai.client.token.usage")} == {
        "input": 12,
        "output": 30,
    }


def test_the_ledger_the_journal_and_the_policy_have_metrics() -> None:
    """What goes wrong there is counted, also before the first call."""
    heard = listening()
    heard.telemetry.ledger_failed()
    heard.telemetry.ledger_failed()
    heard.telemetry.follow_journal(lambda: (5, 3))
    heard.telemetry.follow_policy(lambda: ("heard", True))
    heard.telemetry.follow_policy(lambda: ("other", False))
    heard.telemetry.versions(START_NS, Version("heard", 7, "abc"), Version("heard", 8, "def"))
    assert numbers(heard, "policyroute.ledger.errors") == {(): 2}
    assert numbers(heard, "policyroute.journal.queue") == {(): 5}
    assert numbers(heard, "policyroute.journal.dropped") == {(): 3}
    assert list(numbers(heard, "policyroute.policy.version.active").values()) == [7]
    assert list(numbers(heard, "policyroute.policy.version.latest").values()) == [8]
    stale = {dict(key)["policyroute.policy.name"]: value for key, value in numbers(heard, "policyroute.policy.stale").items()}
    assert stale == {"heard": 1, "other": 0}


def test_what_is_followed_is_as_it_is_now() -> None:
    """It is asked for when somebody collects, and says nothing once it is gone."""
    heard = listening()
    heard.telemetry.request(START_NS)
    rows: list[tuple[int, int]] = [(7, 0)]
    heard.telemetry.follow_journal(lambda: rows[-1] if rows else None)
    assert numbers(heard, "policyroute.journal.queue") == {(): 7}
    rows.append((0, 2))
    assert numbers(heard, "policyroute.journal.queue") == {(): 0}
    assert numbers(heard, "policyroute.journal.dropped") == {(): 2}
    rows.clear()
    assert numbers(heard, "policyroute.journal.queue") == numbers(heard, "policyroute.journal.dropped") == {}


def test_every_metric_of_the_table_is_heard() -> None:
    """No metric stands in the table that nothing ever writes."""
    heard = listening()
    routed(heard.telemetry)
    heard.telemetry.ledger_failed()
    heard.telemetry.follow_journal(lambda: (1, 1))
    heard.telemetry.follow_policy(lambda: ("heard", False))
    heard.telemetry.versions(START_NS, Version("heard", 7, "abc"), Version("heard", 8, "def"))
    assert {name for name in METRICS if not heard.points(name)} == set()


def test_threads_lose_no_count() -> None:
    """Calls at once in several threads are all counted."""
    heard = listening()
    decision = decide()

    def calls(_: int) -> None:
        for _ in range(200):
            span = heard.telemetry.request(START_NS)
            span.decided(decision, started_ns=START_NS, ended_ns=START_NS + MS)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(calls, range(4)))
    assert list(numbers(heard, "policyroute.decisions").values()) == [800]


@pytest.mark.parametrize(("name", "end"), [("policyroute.decisions", 3), ("policyroute.journal.queue", 2)])
def test_series_are_bounded(name: str, end: int) -> None:
    """What would be one set of attributes too many is not kept; those that are kept go on counting."""
    series = Series(METRICS[name])
    for number in range(MOST_SERIES + 50):
        series.put(1, {"policyroute.policy.name": str(number)})
    series.put(2, {"policyroute.policy.name": "0"})
    series.put(2, {"policyroute.policy.name": str(MOST_SERIES)})
    kept = series.values()
    assert len(kept) == MOST_SERIES
    assert kept[0] == ({"policyroute.policy.name": "0"}, end)


def test_a_provider_is_looked_for_now_and_then() -> None:
    """While nobody listens, the global provider is asked for ten times a second at most, and at once if a clock goes back."""
    heard = listening()
    instruments = heard.telemetry._outlets.instruments
    real, instruments._provider = instruments._provider, None
    assert not instruments.live(START_NS)
    instruments._provider = real
    assert not instruments.live(START_NS + LOOK_AGAIN_NS - 1)
    assert instruments.live(START_NS + LOOK_AGAIN_NS)
