"""`policyroute bench`: figures that were measured, for prompts that are the same every time."""

from __future__ import annotations

import re
import subprocess
import sys

from policyroute.cli.bench import SIZES, Measured, _prose

QUICK = ("bench", "small.yaml", "--seconds", "0.1")


def test_json(run) -> None:
    """Three sizes of prompts, with and without spans, with throughput and percentiles that are in order."""
    ran = run(*QUICK, "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    answer = ran.answer
    assert answer["ok"] is True
    assert answer["policy"]["name"] == "small"
    assert answer["load_ms"] > 0 and answer["first_decision_us"] > 0
    for rows in (answer["sizes"], answer["with_telemetry"]):
        assert [row["prompt_bytes"] for row in rows] == [200, 4000, 40000]
    for row in (*answer["sizes"], *answer["with_telemetry"]):
        assert 0 < row["p50_us"] <= row["p90_us"] <= row["p99_us"] <= row["max_us"]
        assert row["decisions"] >= 50
        assert row["per_second"] > 0


def test_text(run) -> None:
    """A table, and what the figures do not hold."""
    ran = run(*QUICK)
    head, _, columns, *rows = ran.out.splitlines()
    assert re.fullmatch(r"small@3   loaded in \d+ ms   first decision in [\d.]+ (µs|ms)", head)
    assert columns.split() == ["prompt", "spans", "decisions/s", "p50", "p90", "p99", "max"]
    sizes = [["200", "B"], ["4", "KB"], ["40", "KB"]]
    assert [row.split()[:3] for row in rows[:6]] == [[*size, spans] for spans in ("off", "on") for size in sizes]
    assert rows[-1].endswith("without reading a body")


def test_without_the_sdk_there_is_nothing_to_record_with(place) -> None:
    """Then it is said, and what can be measured is."""
    code = "import sys; sys.modules['opentelemetry.sdk'] = None; from policyroute.cli.main import main; main()"
    command = [sys.executable, "-c", code, *QUICK]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=True, timeout=30)
    assert " on " not in done.stdout
    assert "`spans: on` needs opentelemetry-sdk, which is not installed" in done.stdout


def test_a_required_attribute_is_given(run, place) -> None:
    """A policy that refuses calls without an attribute can be measured all the same."""
    text = (place / "small.yaml").read_text("utf-8")
    required = text.replace("values: [free, pro]", "values: [free, pro], required: true")
    assert required != text
    (place / "small.yaml").write_text(required, "utf-8")
    assert run(*QUICK).code == 0


def test_prompts() -> None:
    """Prompts have the size they are said to have, are the same every time, and differ from each other."""
    for size in SIZES:
        prompts = [_prose(size, variant) for variant in range(4)]
        assert {len(prompt.encode()) for prompt in prompts} == {size}
        assert len(set(prompts)) == 4
        assert prompts == [_prose(size, variant) for variant in range(4)]


def test_quantiles() -> None:
    """A quantile is a time that was measured: the share of decisions was made within it."""
    measured = Measured(200, 2.0, [1000 * i for i in range(1, 101)])
    assert measured.per_second == 50
    assert [measured.quantile_us(share) for share in (0, 0.5, 0.99, 1)] == [1, 51, 100, 100]


def test_what_makes_no_sense(run) -> None:
    """No time to measure in is a message."""
    assert run("bench", "small.yaml", "--seconds", "0").code == 2
    assert run("bench").code == 2
