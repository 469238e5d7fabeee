"""`policyroute test`: what is collected, what fails, what is covered, and how each form says it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

FORMS = ["text", "json", "junit", "github", "markdown"]
FAILING = ("expect: {model: us-small, fired_exactly: [cheap]}", "expect: {model: eu-small, fired_exactly: [cheap]}")
UNCOVERED = ("  - {name: a contract is premium", "  # {name: a contract is premium")
ROW_FAILING = ("{requested_model: us-large}", "{prompt: hi}")


def change(place: Path, *changes: tuple[str, str], file: str = "small_test.yaml") -> None:
    """Changes the file, and makes sure that there was something to change."""
    text = (place / file).read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (place / file).write_text(text, "utf-8")


@pytest.mark.parametrize("args", [[], ["."], ["small.yaml"], ["small_test.yaml"], ["small_test.yaml", "small.yaml", "."]])
def test_what_is_collected(run, args: list[str]) -> None:
    """Nothing, a folder, a policy and a test file all lead to the same tests, each once."""
    ran = run("test", *args, "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    assert (ran.answer["ok"], ran.answer["passed"], ran.answer["failed"]) == (True, 8, 0)
    assert {test["file"] for test in ran.answer["tests"]} == {"small_test.yaml"}


def test_files_of_others_are_left_alone(run, place) -> None:
    """In a folder, a *_test.yaml of another tool is not ours; one with a misspelled kind is."""
    (place / "chart_test.yaml").write_text("kind: Pod\n", "utf-8")
    assert run("test").code == 0
    (place / "chart_test.yaml").write_text("apiVersion: policyroute/v1\nkind: PolicyTets\n", "utf-8")
    assert run("test").code == 3


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["empty"], "no tests are below `empty`: a file such as `policy_test.yaml` with `kind: PolicyTest` is expected"),
        (["alone.yaml"], "`alone.yaml` has no tests beside it: `alone_test.yaml` is expected"),
        (["-k", "zebra"], "no test has `zebra` in its name"),
        (["--coverage", "1.0"], "`1.0` is no share of the rules: such as 100%"),
        (["--coverage", "101%"], "`101%` is no share of the rules: such as 100%"),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_no_test_is_no_success(run, place, args: list[str], message: str, form: str) -> None:
    """Where nothing would be run the exit code is 2, never 0."""
    (place / "empty").mkdir()
    (place / "alone.yaml").write_text((place / "small.yaml").read_text("utf-8"), "utf-8")
    ran = run("test", *args, "-o", form)
    assert ran.code == 2
    assert message in (ran.out + ran.err).replace("%25", "%")


def test_json(run, place) -> None:
    """A row of JSON for each row of each test: where it stands, whether it holds, and the difference."""
    change(place, FAILING, ROW_FAILING)
    ran = run("test", "-o", "json")
    answer = ran.answer
    assert (ran.code, answer["ok"], answer["passed"], answer["failed"]) == (4, False, 6, 2)
    assert all(test.keys() == {"name", "file", "line", "ok", "row", "diff"} for test in answer["tests"])
    assert [test["row"] for test in answer["tests"]] == [None, 0, 1, 2, 0, None, 0, 0]
    first, row = (test for test in answer["tests"] if not test["ok"])
    assert (first["line"], first["diff"].splitlines()[:2]) == (9, ["- model: eu-small", "+ model: us-small"])
    assert "steps:" in first["diff"]
    assert (row["row"], row["line"]) == (1, 12)
    assert all(test["diff"] == "" for test in answer["tests"] if test["ok"])
    assert answer["mutation"] is None
    assert {key: answer["coverage"][key] for key in ("covered", "total", "missing")} == {"covered": 6, "total": 6, "missing": []}


@pytest.mark.parametrize(
    ("changes", "args", "code"),
    [
        ([], [], 0),
        ([FAILING], [], 4),
        ([UNCOVERED], [], 7),
        ([FAILING, UNCOVERED], [], 4),
        ([UNCOVERED], ["--coverage", "83%"], 0),
        ([UNCOVERED], ["--coverage", "84%"], 7),
        ([UNCOVERED], ["--coverage", "100%"], 7),
        ([("coverage: {rules: 100%}\n", "")], ["-k", "plain"], 0),
        ([], ["-k", "plain"], 0),
        ([], ["-k", "PLAIN"], 0),
        ([], ["-k", "plain", "--coverage", "100%"], 7),
        ([UNCOVERED, ("coverage: {rules: 100%}\n", "")], [], 0),
        ([FAILING], ["-k", "record"], 0),
        ([FAILING], ["--fail-fast"], 4),
        ([("model: us-small", "model: us-smal")], [], 3),
        ([("policy: small.yaml", "policy: gone.yaml")], [], 3),
        ([("tests:\n", "tests:\n  - 7\n")], [], 3),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_exit_codes(run, place, changes, args: list[str], code: int, form: str) -> None:
    """Failures are 4, too few rules 7, faulty files 3; failures weigh more than coverage, and no form changes that."""
    change(place, *changes)
    ran = run("test", *args, "-o", form)
    assert ran.code == code
    if form == "json":
        assert ran.answer["ok"] is (code == 0)
    if form == "junit":
        suites = ElementTree.fromstring(ran.out.encode())
        failed = sum(int(suites.get(key, "0")) for key in ("failures", "errors"))
        assert (failed > 0) is (code != 0)
        assert len(list(suites.iter("testcase"))) == int(suites.get("tests", "0"))
        assert len([*suites.iter("failure"), *suites.iter("error")]) == failed


@pytest.mark.parametrize("form", ["text", "json", "junit", "github", "markdown"])
def test_a_faulty_test_file_says_where(run, place, form: str) -> None:
    """An unknown model in an expectation is a problem with its place; nothing is run."""
    change(place, ("model: us-small", "model: us-smal"))
    ran = run("test", "-o", form)
    assert ran.code == 3
    said = ran.out + ran.err
    assert "unknown model `us-smal`" in said
    assert re.search(r"small_test\.yaml(:9:|,line=9,|\",\s+\"line\": 9,)", said)
    assert "passed" not in said


def test_failing_fast(run, place) -> None:
    """With --fail-fast the first failure is the last row."""
    change(place, FAILING)
    assert [test["ok"] for test in run("test", "-x", "-o", "json").answer["tests"]] == [False]


def test_two_files_for_one_policy_cover_it_together(run, place) -> None:
    """Coverage is of the policy: a rule that another test file reaches is reached."""
    text = (place / "small_test.yaml").read_text("utf-8")
    contract = next(line for line in text.splitlines() if "a contract is premium" in line)
    head, _, _ = text.partition("tests:\n")
    (place / "small_test.yaml").write_text(text.replace(contract, "  # elsewhere"), "utf-8")
    assert run("test", "small_test.yaml").code == 7
    more = re.sub(r"  (record|image):.*\n", "", head)
    (place / "contracts_test.yaml").write_text(f"{more}tests:\n{contract}\n", "utf-8")
    ran = run("test", ".", "-o", "json")
    assert (ran.code, ran.answer["coverage"]["missing"]) == (0, [])
    assert [one["policy"] for one in ran.answer["coverage"]["policies"]] == ["small.yaml"]


def test_text(run) -> None:
    """A line for each policy, and the sum."""
    ran = run("test")
    assert ran.err == ""
    assert re.fullmatch(r"small\.yaml: 6 of 6 rules fired\n8 passed in \d+\.\d\d s\n", ran.out)


def test_text_of_failures(run, place) -> None:
    """A failure shows its place, the difference and the steps; a rule that nothing reached is named."""
    change(place, FAILING, UNCOVERED)
    lines = run("test").out.splitlines()
    assert lines[:5] == [
        "✗ a plain question is cheap",
        "  --> small_test.yaml:9",
        "  - model: eu-small",
        "  + model: us-small",
        "    steps:",
    ]
    assert lines[-3:-1] == ["small.yaml: 5 of 6 rules fired, 100% have to", "  never fired: contract"]
    assert re.fullmatch(r"1 failed, 6 passed, too few rules fired in \d+\.\d\d s", lines[-1])


def test_github(run, place) -> None:
    """Failures and missing coverage are annotations; success is silent."""
    assert run("test", "-o", "github").out == ""
    change(place, FAILING, UNCOVERED)
    failure, coverage = run("test", "-o", "github").out.splitlines()
    assert failure.startswith(
        "::error file=small_test.yaml,line=9,title=policy test failed%3A a plain question is cheap::- model: eu-small%0A"
    )
    assert coverage == "::error file=small.yaml,line=1,title=rule coverage::these rules never fired in a test: contract"


def test_junit_is_xml_whatever_a_name_holds(run, place) -> None:
    """Characters that mean something in XML, or may not stand in it at all, are escaped or replaced."""
    odd = r'name: "<&\"]]>\x01\u0007é\uFFFF"'
    change(place, ("name: a plain question is cheap", odd), FAILING)
    ran = run("test", "-o", "junit")
    names = [case.get("name") for case in ElementTree.fromstring(ran.out.encode()).iter("testcase")]
    assert names[0] == '<&"]]>\ufffd\ufffdé\ufffd'


def test_text_shows_no_control_character(run, place) -> None:
    """A name cannot move the cursor of whoever reads the report."""
    change(place, ("name: a plain question is cheap", r'name: "\x1b[2Jgone"'), FAILING)
    for form in ("text", "markdown"):
        assert "\x1b" not in run("test", "-o", form).out


def test_markdown(run, place) -> None:
    """A comment for a review: the sum, coverage, and each failure as a diff."""
    change(place, FAILING, UNCOVERED)
    out = run("test", "-o", "markdown").out
    assert out.startswith("**Policy tests: 1 failed, 6 passed**\n")
    assert "| `small.yaml` | 5 of 6 | `contract` |" in out
    assert "```diff\n- model: eu-small\n+ model: us-small\n" in out
