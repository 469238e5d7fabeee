"""`policyroute check`: every problem with its place, in the form that a person, a program or a CI takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ERROR = ("add: [personal]}\n    - {id: unscanned", "add: [persnal]}\n    - {id: unscanned")
WARNING = ("tags:\n", "tags:\n  unused: {}\n")
INFO = ("attributes:\n", "attributes:\n  team: {from: auth.team, trust: verified}\n")


def change(place: Path, *changes: tuple[str, str], file: str = "small.yaml") -> None:
    """Changes the file, and makes sure that there was something to change."""
    text = (place / file).read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (place / file).write_text(text, "utf-8")


def test_a_policy_without_problems(run) -> None:
    """What is fine is one line: how large it is, and its hash."""
    ran = run("check", "small.yaml")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("small.yaml: ok (3 models, 6 rules, hash ")
    assert len(ran.out.splitlines()) == 1


def test_a_problem_is_shown_where_it_is(run, place) -> None:
    """An error has its code, its place, the line with carets and a suggestion; then comes the sum."""
    change(place, ERROR)
    ran = run("check", "small.yaml")
    assert (ran.code, ran.err) == (3, "")
    assert ran.out.splitlines() == [
        "error[PR111]: unknown tag `persnal`",
        "  --> small.yaml:17:60",
        "17 |     - {id: declared, when: {data-class: [personal]}, add: [persnal]}",
        "   |                                                            ^^^^^^^ not declared under `tags`",
        "   = help: did you mean `personal`?",
        "",
        "1 error in small.yaml",
    ]


@pytest.mark.parametrize(
    ("changes", "fail_on", "code"),
    [
        ([], "info", 0),
        ([INFO], "error", 0),
        ([INFO], "warning", 0),
        ([INFO], "info", 9),
        ([WARNING], "error", 0),
        ([WARNING], "warning", 9),
        ([WARNING], "info", 9),
        ([ERROR], "error", 3),
        ([ERROR, WARNING], "warning", 3),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_exit_codes(run, place, changes, fail_on: str, code: int, form: str) -> None:
    """Errors are 3, lint is 9 from the severity on that is asked for, and no form changes that."""
    change(place, *changes)
    ran = run("check", "small.yaml", "--fail-on", fail_on, "-o", form)
    assert (ran.code, ran.err) == (code, "")
    if form == "json":
        assert ran.answer["ok"] is (code == 0)


def test_json(run, place) -> None:
    """One object with every problem in the shape that all commands share, and what the files are."""
    change(place, ERROR)
    ran = run("check", "small.yaml", "small_test.yaml", "-o", "json")
    assert ran.answer["ok"] is False
    assert [problem["code"] for problem in ran.answer["problems"]] == ["PR111"]
    assert ran.answer["problems"][0].keys() == {
        "code", "severity", "message", "file", "line", "column", "end_column", "path", "help",
    }  # fmt: skip
    assert ran.answer["problems"][0]["path"] == "$.pipeline.sensitivity[1].add[0]"
    assert [(one["file"], one["kind"], one["ok"]) for one in ran.answer["files"]] == [
        ("small.yaml", "Policy", False),
        ("small_test.yaml", "PolicyTest", False),
    ]


def test_json_of_what_is_fine(run) -> None:
    """A policy's name, version, hash and size; a test file's policy and size."""
    policy, tests = run("check", ".", "-o", "json").answer["files"]
    assert (policy["name"], policy["version"], policy["models"], policy["rules"]) == ("small", 3, 3, 6)
    assert (tests["policy"], tests["tests"]) == ("small.yaml", 6)


def test_github(run, place) -> None:
    """Annotations have their place, and nothing in them ends or splits a line."""
    change(place, ERROR)
    (place / "small.yaml").rename(place / "100%, odd:.yaml")
    place_said = "file=100%25%2C odd%3A.yaml,line=17,col=60,endColumn=67,title=PR111"
    said = "unknown tag `persnal`%0Adid you mean `personal`?"
    assert run("check", "100%, odd:.yaml", "-o", "github").out == f"::error {place_said}::{said}\n"


def test_sarif(run, place) -> None:
    """SARIF 2.1.0 lists each kind of problem once, and results point at it and at the place."""
    change(place, ERROR, WARNING)
    sarif = run("check", "small.yaml", "-o", "sarif").answer
    assert sarif["version"] == "2.1.0"
    (one,) = sarif["runs"]
    assert one["columnKind"] == "unicodeCodePoints"  # as columns are counted here, which is not the default
    rules = one["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({result["ruleId"] for result in one["results"]})
    for result in one["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert rules[result["ruleIndex"]]["shortDescription"]["text"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] >= 1 and region["endColumn"] >= region["startColumn"] >= 1
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "small.yaml"


def test_a_test_file_is_told_by_its_kind(run, place) -> None:
    """A test file under any name is one, and its policy is looked at with it."""
    (place / "small_test.yaml").rename(place / "facts.yaml")
    assert run("check", "facts.yaml").out == "facts.yaml: ok (6 tests of small.yaml)\n"
    change(place, ERROR)
    ran = run("check", "facts.yaml")
    assert ran.code == 3
    assert "error[PR111]" in ran.out
    assert "--> small.yaml:" in ran.out


def test_a_fault_of_a_test_file(run, place) -> None:
    """Unknown names in tests are problems with a place."""
    change(place, ("fired: [record]", "fired: [recrod]"), file="small_test.yaml")
    ran = run("check", "small_test.yaml")
    assert ran.code == 3
    assert "error[PR604]: unknown rule `recrod`" in ran.out
    assert "did you mean `record`?" in ran.out


def test_a_policy_that_is_not_there_is_said_where_it_is_named(run, place) -> None:
    """The place of the problem is the `policy` of the test file."""
    change(place, ("policy: small.yaml", "policy: gone.yaml"), file="small_test.yaml")
    ran = run("check", "small_test.yaml")
    assert ran.code == 3
    assert "error[PR012]: cannot read the policy `gone.yaml`: no such file or directory\n --> small_test.yaml:3:9\n" in ran.out


def test_both_files_may_be_wrong(run, place) -> None:
    """Where the tests' own shape is wrong, what is wrong with their policy is said all the same."""
    change(place, ERROR)
    change(place, ("requests:", "request:"), file="small_test.yaml")
    codes = {problem["file"]: problem["code"] for problem in run("check", "small_test.yaml", "-o", "json").answer["problems"]}
    assert codes["small.yaml"] == "PR111"
    assert "small_test.yaml" in codes


def test_one_problem_is_said_once(run, place) -> None:
    """A policy that is named, and that a test file is about, is one policy."""
    change(place, ERROR)
    assert run("check", "small.yaml", "small_test.yaml", ".").out.count("error[PR111]") == 1


def test_a_folder(run, place) -> None:
    """A folder stands for the policies and tests below it; what is skipped is told."""
    (place / "deep").mkdir()
    (place / "deep" / "job.yaml").write_text("kind: Deployment\n", "utf-8")
    (place / "deep" / "notes.yml").write_text("a: b\n", "utf-8")
    (place / ".hidden").mkdir()
    (place / ".hidden" / "bad.yaml").write_text("kind: Policy\n", "utf-8")
    ran = run("check", ".")
    assert ran.code == 0
    assert [line.partition(" (")[0] for line in ran.out.splitlines()] == [
        "small.yaml: ok",
        "small_test.yaml: ok",
        "deep/job.yaml: skipped, its kind is `Deployment`",
        "deep/notes.yml: skipped, it has no `kind`",
    ]
    assert [one["file"] for one in run("check", ".", "-o", "json").answer["skipped"]] == ["deep/job.yaml", "deep/notes.yml"]


@pytest.mark.parametrize("text", ["kind: Policy\n", "apiVersion: policyroute/v1\nkind: Polcy\n", "a: [\n", ""])
def test_a_folder_hides_nothing(run, place, text: str) -> None:
    """A misspelled kind or broken YAML is a problem of the folder, not a file of somebody else."""
    (place / "other.yaml").write_text(text, "utf-8")
    assert run("check", ".").code == 3


def test_what_is_included_is_looked_at_as_a_part(run, place) -> None:
    """A file that need not be whole is not held against the folder, and its problems are found all the same."""
    (place / "models.yaml").write_text("apiVersion: policyroute/v1\nkind: Policy\nmetadata: {name: part, version: 1}\n", "utf-8")
    change(place, ("models:\n", "include: models.yaml\nmodels:\n"))
    ran = run("check", ".")
    assert (ran.code, "models.yaml: skipped, it is looked at as a part of small.yaml" in ran.out) == (0, True)
    (place / "models.yaml").write_text("apiVersion: policyroute/v1\nkind: Policy\nmetdata: {name: part, version: 1}\n", "utf-8")
    ran = run("check", ".")
    assert (ran.code, "--> models.yaml:3:1" in ran.out) == (3, True)


def test_an_empty_folder(run, place) -> None:
    """A folder without a policy is a mistake, never a success."""
    (place / "empty").mkdir()
    ran = run("check", "empty")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: no policy and no test file is below `empty`")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "PR013"),
        (b"\xff\xfe\x00", "PR002"),
        (b"a" * 1_500_000, "PR009"),
        (b"\x7fELF\x02\x01\xd0\x00", "PR002"),
        (b"- a\n", "PR103"),
    ],
)
def test_rubbish_is_a_problem(run, place, content: bytes, code: str) -> None:
    """Empty, binary, huge or other files are problems with a code, in every form."""
    (place / "rubbish.yaml").write_bytes(content)
    assert code in {problem["code"] for problem in run("check", "rubbish.yaml", "-o", "json").answer["problems"]}
    ran = run("check", "rubbish.yaml")
    assert ran.code == 3
    assert "\x00" not in ran.out and "\x1b" not in ran.out


def test_a_name_that_no_file_can_have(run) -> None:
    """A zero byte in a name is no crash."""
    ran = run("check", "a\0b", "-o", "json")
    assert (ran.code, ran.answer["problems"][0]["code"]) == (3, "PR012")


def test_everything_is_json(run, place) -> None:
    """What JSON holds is what text says: as many problems, in the same order."""
    change(place, ERROR, ("tier: premium, price", "tier: premum, price"))
    problems = run("check", "small.yaml", "-o", "json").answer["problems"]
    text = run("check", "small.yaml").out
    assert [text.index(f"error[{problem['code']}]: {problem['message']}") for problem in problems] == sorted(
        text.index(f"error[{problem['code']}]: {problem['message']}") for problem in problems
    )
    assert len(problems) == text.count("error[") == 2
    assert json.dumps(problems).isascii()
