"""Deciding, specified as data: the test files of `tests/data/cases` run by the runner that users have."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyroute.analysis.coverage import coverage
from policyroute.loading.tests import examine_tests
from policyroute.policy.cases import run
from policyroute.policy.source import read_text

FOLDER = Path(__file__).resolve().parents[1] / "data" / "cases"
TOPICS = sorted(path.name.removesuffix("_test.yaml") for path in FOLDER.glob("*_test.yaml"))


@pytest.mark.parametrize("topic", TOPICS)
def test_decisions_are_as_specified(topic: str) -> None:
    """Every row of a topic comes out as it says, and its rows reach every rule of its policy."""
    tested = examine_tests(str(FOLDER / f"{topic}_test.yaml"))
    assert [problem for problem in tested.problems if problem.severity == "error"] == []
    assert tested.cases is not None and tested.about is not None and tested.about.policy is not None
    policy = tested.about.policy
    results = list(run(tested.cases, policy.compiled, policy.pipeline))
    assert "\n\n".join(f"{result.name} [{result.row}]\n{result.diff}" for result in results if not result.ok) == ""
    assert coverage(policy.compiled, {rule for result in results for rule in result.fired}).missing == ()


def test_every_policy_has_its_topic() -> None:
    """No policy of the folder is without tests."""
    policies = {path.stem for path in FOLDER.glob("*.yaml") if not path.name.endswith("_test.yaml")}
    assert policies == set(TOPICS) and len(TOPICS) > 15


@pytest.mark.parametrize("topic", TOPICS)
def test_the_files_demand_every_rule(topic: str) -> None:
    """Each test file asks for all rules itself, so that users see the same demand."""
    text = (FOLDER / f"{topic}_test.yaml").read_text("utf-8")
    assert "coverage: {rules: 100%}" in text and not read_text(text, topic).problems
