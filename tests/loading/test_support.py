"""The policy of the language's own description: it loads as it is written, and its tests pass and say what they leave out."""

from __future__ import annotations

import pytest

from policyroute.analysis.coverage import Coverage, coverage
from policyroute.loading import load, tests as looking
from policyroute.policy.cases import Result, run
from tests.house.survey import ROOT

FOLDER = ROOT / "tests/data"
LEFT_OUT = (
    "caller-declares", "record-number", "cloud-keys", "hr-workspace", "not-scanned", "free-plan", "batch-jobs", "contract-review",
    "small-tasks", "trivial", "long-input", "hard",
)  # fmt: skip


def ran(name: str) -> tuple[looking.Tested, list[Result], Coverage]:
    """A test file beside the policy, its results, and what it reaches."""
    tested = looking.examine_tests(str(FOLDER / name))
    assert tested.cases is not None, tested.problems
    assert tested.about is not None and tested.about.policy is not None
    policy = tested.about.policy
    results = list(run(tested.cases, policy.compiled, policy.pipeline))
    return tested, results, coverage(policy.compiled, (rule for result in results for rule in result.fired))


def test_it_loads_without_a_warning() -> None:
    """The example of the language is a good policy; what is said of it are notes."""
    policy = load(FOLDER / "support.yaml")
    assert [(p.code, p.message) for p in policy.warnings if p.severity != "info"] == []
    assert policy.version.name == "support-assistant"
    assert policy.version.version == 14
    assert len(policy.compiled.rule_ids) == 16


@pytest.mark.parametrize("name", ["support_test.yaml", "support_full_test.yaml"])
def test_its_tests_pass(name: str) -> None:
    """Every row of both test files comes out as expected, and nothing is wrong with the files."""
    tested, results, _ = ran(name)
    assert [p for p in tested.problems if p.severity != "info"] == []
    assert [(result.name, result.diff) for result in results if not result.ok] == []


def test_the_coverage_names_what_no_test_reached() -> None:
    """The three tests of the description reach four rules, and the other twelve are named in the policy's order."""
    _, results, reached = ran("support_test.yaml")
    assert len(results) == 9
    assert reached == Coverage(4, 16, LEFT_OUT)


def test_the_second_file_reaches_every_rule() -> None:
    """With all that the description leaves out, every rule fires somewhere."""
    assert ran("support_full_test.yaml")[2] == Coverage(16, 16, ())
