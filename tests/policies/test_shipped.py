"""The policies that ship: each loads without a word of complaint, and its tests pass and reach all of it."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import pytest

from policyroute.analysis.containment import settle
from policyroute.analysis.coverage import coverage
from policyroute.loading import Policy, load, loads
from policyroute.policy.casefile import CASES, CaseFile
from policyroute.policy.cases import Result, check_cases, run
from policyroute.policy.format import canonical
from policyroute.policy.problems import Problems
from policyroute.policy.source import read_file
from tests.house.survey import ROOT

FOLDER = ROOT / "policies"
SHIPPED = ("content-aware", "default", "hard-routes-first", "signals-and-length", "task-by-profile", "three-tiers-by-task")
FILES = sorted(path.name for path in FOLDER.iterdir())


class Shipped(NamedTuple):
    """One policy with its tests, looked at once for all that is asked of it here."""

    policy: Policy
    cases: CaseFile
    problems: Problems
    results: tuple[Result, ...]


@cache
def shipped(name: str) -> Shipped:
    """A policy that ships, and what its tests came to."""
    policy = load(FOLDER / f"{name}.yaml")
    source = read_file(str(FOLDER / f"{name}_test.yaml"))
    problems = Problems()
    problems.found += source.problems
    assert source.root is not None
    cases = CASES.read(source.root, "$", problems)
    assert isinstance(cases, CaseFile)
    check_cases(cases, policy.compiled, problems)
    return Shipped(policy, cases, problems, tuple(run(cases, policy.compiled, policy.pipeline)))


class Weakening(NamedTuple):
    """What somebody could do to a policy in a hurry, and the fact that is none any more."""

    name: str
    old: str
    new: str
    fact: str

    def failing(self) -> list[str]:
        """The tests that fail once it is done."""
        text = (FOLDER / f"{self.name}.yaml").read_text("utf-8")
        assert text.count(self.old) == 1
        changed = loads(text.replace(self.old, self.new))
        cases = shipped(self.name).cases
        return [result.name for result in run(cases, changed.compiled, changed.pipeline) if not result.ok]


def test_every_policy_has_its_tests_beside_it() -> None:
    """The folder holds the six policies and their tests, and nothing that no test looks at."""
    assert FILES == sorted(f"{name}{ending}.yaml" for name in SHIPPED for ending in ("", "_test"))


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_is_to_be_said_against_it(name: str) -> None:
    """It loads without a warning or a remark, and so do its tests."""
    found = shipped(name)
    assert [*found.policy.warnings, *found.problems.in_order()] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_its_tests_pass(name: str) -> None:
    """Every row of every test comes out as expected."""
    failed = [f"{one.file}:{one.line} [{one.row}] {one.name}\n{one.diff}" for one in shipped(name).results if not one.ok]
    assert "\n\n".join(failed) == ""


@pytest.mark.parametrize("name", SHIPPED)
def test_its_tests_reach_every_rule(name: str) -> None:
    """No rule ships that no test has seen fire, and the file itself asks for that."""
    policy, cases, _, results = shipped(name)
    assert coverage(policy.compiled, frozenset().union(*(one.fired for one in results))).missing == ()
    assert cases.coverage is not None and cases.coverage.rules == 1.0


@pytest.mark.parametrize("name", SHIPPED)
def test_its_invariants_are_proved(name: str) -> None:
    """There is at least one, and each is proved by sets alone, whatever a call says and whatever fails."""
    policy = shipped(name).policy
    verdicts = {str(one.invariant.said.id): one.verdict for one in settle(policy.compiled, policy.pipeline)}
    assert verdicts and set(verdicts.values()) == {"proved"}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_reviewer_finds_his_way(name: str) -> None:
    """It is called like its file, says what it is for and who owns it, and begins with a comment that says what it does."""
    document = shipped(name).policy.compiled.document
    assert document.metadata.name == name
    assert document.metadata.description and document.metadata.owners
    assert all(owner.startswith("@acme/") for owner in document.metadata.owners)
    schema, comment, *_ = (FOLDER / f"{name}.yaml").read_text("utf-8").splitlines()
    assert schema == "# yaml-language-server: $schema=../schemas/policy-v1.json"
    assert comment.startswith("# ")


@pytest.mark.parametrize("name", SHIPPED)
def test_prices_have_a_date(name: str) -> None:
    """A figure without its date is a riddle a year later."""
    assert "as of 2026-11-01" in (FOLDER / f"{name}.yaml").read_text("utf-8")


@pytest.mark.parametrize("file", FILES)
def test_it_is_written_as_fmt_writes_it(file: str) -> None:
    """`policyroute fmt --check` has nothing to change."""
    text = (FOLDER / file).read_text("utf-8")
    assert canonical(text, file) == text


@pytest.mark.parametrize("name", SHIPPED)
def test_no_two_tests_say_the_same(name: str) -> None:
    """A test's name is the fact it shows, so no two are alike, not even in their capitals."""
    names = [str(test.name).casefold() for test in shipped(name).cases.tests]
    assert sorted(set(names)) == sorted(names)


WEAKENED = [
    Weakening(
        "content-aware",
        "add: [personal, proprietary]",
        "add: [personal]",
        "a document goes to the one model under guarantee that takes files",
    ),
    Weakening(
        "default",
        "credit-card, us-ssn, national-id]",
        "credit-card, us-ssn]",
        "each kind of personal data is found, also in the middle of a sentence",
    ),
    Weakening(
        "hard-routes-first",
        "force-tier: [nano]}, to: nano",
        "force-tier: [nano]}, to: standard",
        "a caller with the right forces nano",
    ),
    Weakening(
        "signals-and-length",
        "words: {gt: 500}",
        "words: {gt: 501}",
        "more than 500 words get a power model, and a small word among them is chance",
    ),
    Weakening(
        "task-by-profile",
        "prefer: [gpt-4o-mini, glm-4v, gpt-4o]",
        "prefer: [glm-4v, gpt-4o-mini, gpt-4o]",
        "vision on a budget",
    ),
    Weakening(
        "three-tiers-by-task",
        "    default: unknown\n",
        "",
        "who declares nothing gets the medium tier, as does who declares that he does not know",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("weakening", WEAKENED, ids=lambda weakening: weakening.name)
def test_a_weakened_policy_fails_its_tests(weakening: Weakening) -> None:
    """The tests are no decoration: what a hurried change breaks, a test names."""
    assert weakening.fact in weakening.failing()
