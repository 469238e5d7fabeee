"""Test files: one that asserts nothing, names what is not there or needs a clock it has not is refused, never passed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import yaml

from policyroute.policy.source import read_text
from tests.loading.editing import SHOP, SHOP_TEST, Edit, check, edited, marked, places, problems_in_tests
from tests.timing import least_s

EDITS = [Edit(**said) for said in yaml.safe_load(Path(__file__).with_name("defects_of_tests.yaml").read_text("utf-8"))["edits"]]
HOURS = edited(SHOP, ("{plan: [free]}, only", "{time: {from: '08:00', to: '18:00'}}, only"))
CLOCK = "now: 2026-11-02T09:00:00Z\n"


def test_the_file_that_is_broken_here_is_good() -> None:
    """Nothing is wrong with the test file before it is edited."""
    assert problems_in_tests(SHOP_TEST) == ()


@pytest.mark.parametrize("edit", EDITS, ids=[f"{edit.code}-{i}" for i, edit in enumerate(EDITS)])
def test_one_defect_is_one_problem(edit: Edit) -> None:
    """What a test file gets wrong makes one problem at its exact place, and none elsewhere."""
    text = marked(edited(SHOP_TEST, (edit.old, edit.new)))
    check(edit, problems_in_tests(text.text), text)


@pytest.mark.parametrize(
    "edits",
    [
        (),
        ((CLOCK, ""), ("score: 0.5", "now: 2026-11-02T09:00:00Z, score: 0.5")),
        ((CLOCK, ""), ("request: plain, expect", "request: plain, each: [{now: '2026-11-02T09:00'}], expect"),
         ("[{}, {down: [large-eu]}]", "[{now: 2026-11-02 09:00:00+01:00}]")),
    ],
)  # fmt: skip
def test_a_clock_may_stand_in_three_places(edits: tuple[tuple[str, str], ...]) -> None:
    """A policy that asks for the time has tests whose file, request or every row says what time it is."""
    assert problems_in_tests(edited(SHOP_TEST, *edits), HOURS) == ()


def test_without_a_clock_there_is_no_answer() -> None:
    """A test that needs the time and has none is refused; where only some rows have one it is still lacking."""
    missing = marked(
        edited(SHOP_TEST, (CLOCK, ""), ("all is well", "«all is well»"), ("mail stays in the EU", "«mail stays in the EU»"))
    )
    problems = problems_in_tests(missing.text, HOURS)
    assert places(problems) == [("PR608", mark) for mark in missing.marks]
    assert problems[0].help == "give the file, or the request, a `now`"
    half = edited(missing.text, ("{down: [large-eu]}", "{now: 2026-11-02T09:00:00Z}"))
    assert [p.code for p in problems_in_tests(half, HOURS)] == ["PR608", "PR608"]
    assert problems_in_tests(missing.text, SHOP) == ()


def test_what_no_test_uses_is_worth_knowing() -> None:
    """A request that is neither asked nor extended is said, and does not keep the file from running."""
    text = marked(edited(SHOP_TEST, ("  mail: {ext", "  «spare»: {prompt: x}\n  mail: {ext")))
    problems = problems_in_tests(text.text)
    assert places(problems) == [("PR606", text.marks[0])]
    assert problems[0].severity == "info"


def test_many_defects_are_said_at_once() -> None:
    """All that is wrong with a test file is said together, in order."""
    text = marked(
        edited(
            SHOP_TEST,
            ("{tenant: acme}", "{«tenat»: acme}"),
            ("extends: plain", "extends: «plian»"),
            ("model: large-eu", "model: «large»"),
            ("{down: [large-eu]}", "{down: [«x»]}"),
            ("tags: [pii]", "tags: [«ppi»]"),
        )
    )
    assert places(problems_in_tests(text.text)) == list(
        zip(["PR114", "PR601", "PR112", "PR112", "PR111"], text.marks, strict=True)
    )


def test_a_missing_policy_is_said_where_it_is_named() -> None:
    """A test file without its policy cannot run, and says so at the name."""
    text = marked(edited(SHOP_TEST, ("policy: shop.yaml", "policy: «shops.yaml»")))
    problems = problems_in_tests(text.text)
    assert places(problems) == [("PR012", text.marks[0])]
    assert "cannot read the policy `shops.yaml`" in problems[0].message


def test_a_broken_policy_is_said_in_its_own_file() -> None:
    """What is wrong with the policy is said at its place; its tests are not judged by half of it."""
    problems = problems_in_tests(SHOP_TEST, edited(SHOP, ("mode: enforce", "mode: enforced")))
    assert [(p.code, p.file, p.line) for p in problems] == [("PR104", "shop.yaml", 4)]


def test_long_chains_of_requests_cost_little() -> None:
    """Ten thousand requests that extend each other are no depth of calls and no square of time."""
    chain = "".join(f"  r{i}: {{extends: r{i + 1}}}\n" for i in range(10_000))
    text = edited(
        SHOP_TEST, ("requests:\n", f"requests:\n{chain}  r10000: {{extends: plain}}\n"), ("request: mail", "request: r0")
    )
    assert read_text(text, "p_test.yaml").problems == []
    assert [p.code for p in problems_in_tests(text)] == ["PR606"]
    assert least_s(partial(problems_in_tests, text), enough=10) < 10
