"""Each expectation can fail, and says how."""

from __future__ import annotations

import pytest

from policyroute.loading import loads
from tests.cases.asked import POLICY, results_of

SMALL = loads(POLICY)
PLAIN = "requests:\n  plain: {prompt: hello, tokens: 10, max_output: 10}\n"


def row(expect: str, change: str = "{}") -> str:
    """The difference of a test of one row."""
    (result,) = results_of(f"{PLAIN}tests:\n  - {{name: n, request: plain, each: [{change}], expect: {expect}}}\n", SMALL)
    assert result.ok == (result.diff == "")
    return result.diff


@pytest.mark.parametrize(
    ("holds", "fails", "says"),
    [
        ("{outcome: route}", "{outcome: deny}", "- outcome: deny\n+ outcome: route"),
        ("{reason: complexity.all}", "{reason: default}", "- reason: default\n+ reason: complexity.all"),
        ("{model: home}", "{model: abroad}", "- model: abroad\n+ model: home"),
        ("{tier: basic}", "{tier: premium}", "- tier: premium\n+ tier: basic"),
        ("{tags: []}", "{tags: [personal]}", "- tags: [personal]\n+ tags: []"),
        ("{fired: [all]}", "{fired: [hard, all]}", "- fired: [hard]\n+ fired: [all]"),
        ("{fired: all}", "{fired: [mails]}", "- fired: [mails]\n+ fired: [all]"),
        ("{fired_exactly: [all]}", "{fired_exactly: []}", "- fired_exactly: []\n+ fired_exactly: [all]"),
        ("{fired_exactly: [all]}", "{fired_exactly: [all, hard]}", "- fired_exactly: [all, hard]\n+ fired_exactly: [all]"),
        ("{not_fired: [hard]}", "{not_fired: [all]}", "- not_fired: [all]\n+ fired: [all]"),
        ("{excluded: {}, calls: 1}", "{excluded: {home: fit.down}}", "- excluded home: fit.down\n+ excluded home: not excluded"),
        ("{rank: [home, abroad]}", "{rank: [abroad, home]}", "- rank: [abroad, home]\n+ rank: [home, abroad]"),
        ("{rank: [home, abroad]}", "{rank: [home]}", "- rank: [home]\n+ rank: [home, abroad]"),
        ("{calls: 1}", "{calls: 2}", "- calls: 2\n+ calls: 1"),
        ("{cost_lte: 0.00002}", "{cost_lte: 0.0000199}", "- cost_lte: 1.99e-05\n+ cost_lte: 2e-05"),
        ("{every_call: {region: eu}}", "{every_call: {region: us}}", "+ every_call: [primary home]"),
        ("{every_call: any, calls: 1}", "{every_call: nothing}", "+ every_call: [primary home]"),
        ("{outcome: route}", "{error: unknown_tag}", "- error: unknown_tag\n+ decided: route home"),
    ],
)
def test_an_expectation_holds_or_says_what_came_out(holds: str, fails: str, says: str) -> None:
    """What is expected is compared, and the difference names both sides and then the steps."""
    assert row(holds) == ""
    diff = row(fails)
    assert says in diff
    assert diff.splitlines()[-1].strip().startswith("complexity")


@pytest.mark.parametrize(
    ("holds", "fails", "says"),
    [
        ("{error: unknown_tag}", "{error: invalid_request}", "- error: invalid_request\n+ error: unknown_tag"),
        ("{error: unknown_tag}", "{outcome: deny}", "- a decision\n+ refused with unknown_tag: "),
    ],
)
def test_a_refused_call_is_compared_too(holds: str, fails: str, says: str) -> None:
    """A call that is refused has no decision, and only its code can be expected."""
    change = "{headers: {x-policyroute-tags: nosuch}}"
    assert row(holds, change) == ""
    assert says in row(fails, change)


def test_all_differences_are_said_at_once() -> None:
    """A row that is wrong in three ways says three things."""
    diff = row("{model: abroad, tags: [personal], calls: 7}")
    assert [line for line in diff.splitlines() if line.startswith("-")] == ["- model: abroad", "- tags: [personal]", "- calls: 7"]


@pytest.mark.parametrize(
    "change",
    ["{down: [abroad]}", "{headers: {x-policyroute-tier: basic}}", "{tokens: 2000}", "{headers: {x-policyroute-tags: personal}}"],
)
def test_only_the_policys_own_rules_fire(change: str) -> None:
    """That a model was down or a tier asked for is no rule, so it neither spoils `fired_exactly` nor counts as fired."""
    assert row("{fired_exactly: [all]}", change) == ""


def test_what_is_down_covers_no_rule_of_that_name() -> None:
    """A rule that is called like a reason of the machine is covered only where it fires itself."""
    named = loads(POLICY.replace("id: hard", "id: down"))
    text = f"{PLAIN}tests:\n  - {{name: n, request: plain, each: [{{down: [abroad]}}], expect: {{outcome: route}}}}\n"
    assert results_of(text, named)[0].fired == {"all"}
