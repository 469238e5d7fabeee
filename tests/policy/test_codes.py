"""The problem codes: the table, the package and the page know the same ones, and the page's examples make what they say."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import pytest

from policyroute.errors import Problem
from policyroute.loading import examine
from policyroute.loading.tests import examine_tests
from policyroute.policy.codes import CODES
from policyroute.policy.format import FormatError, canonical
from policyroute.policy.source import Source, read_file, read_text, to_plain
from tests.docs.pages import HEADING, Page
from tests.house.survey import ROOT, sources

PAGE = Page("docs/problems.md", (ROOT / "docs/problems.md").read_text("utf-8"))
TITLES = [found[1].split(": ", 1) for _, line in PAGE.lines if (found := HEADING.match(line)) and line.startswith("### ")]
BASE, TESTS, *EXAMPLES = [block.text for block in PAGE.blocks]
SHOWN = list(zip(CODES, EXAMPLES, strict=False))
PROSE = [part.rpartition("```\n")[2].strip() for part in PAGE.text.split("\n### ")[1:]]
SHOP: Any = to_plain(read_text(BASE, "shop.yaml").root)
SHOP_TESTS: Any = to_plain(read_text(TESTS, "shop_test.yaml").root)
HEAD = "apiVersion: policyroute/v1\nkind: Policy\nmetadata: {name: privacy, version: 1}\n"
HOURS = BASE.replace("{team: [x]}", "{time: {from: '08:00'}}")
OTHERS = {"shop.yaml": BASE, "hours.yaml": HOURS, "privacy.yaml": HEAD + "tags: {health: {only: nothing}}\n"}

# What is wrong with the text of a file, whatever it says.
OF_THE_FILE = {code for code in CODES if code < "PR100"} - {"PR012", "PR016", "PR017"}
# What a page cannot show: another encoding, a file without its last line end, and how many lines stand for `…`.
ENCODINGS = {"PR002": "latin-1"}
CUT = {"PR015", "PR313"}
LINES = {"PR009": 100_001, "PR017": 101, "PR127": 2001}


def whole(code: str, example: str) -> tuple[str, str | bytes]:
    """The file that an example stands for, and its name."""
    if "…" in example:
        *before, line = example.partition("…")[0].rstrip().splitlines(keepends=True)
        example = "".join([*before, *(re.sub(r"\d+", str(i), line) + "\n" for i in range(LINES[code]))])
    if code in ENCODINGS:
        return "shop.yaml", example.encode(ENCODINGS[code])
    if code in OF_THE_FILE or code == "PR016":
        return "shop.yaml", example.rstrip("\n") if code in CUT else example
    part: Any = to_plain(read_text(example, "part.yaml").root)
    if part.keys() & {"tests", "requests", "policy"}:
        return "shop_test.yaml", json.dumps(SHOP_TESTS | part) + "\n"
    if "pipeline" in part:
        part["pipeline"] = {stage: rules for stage, rules in (SHOP["pipeline"] | part["pipeline"]).items() if rules is not None}
    return "shop.yaml", json.dumps(SHOP | part) + "\n" * (code not in CUT)


def problems_of(code: str, example: str) -> tuple[Problem, ...]:
    """Everything that is wrong with an example."""
    file, text = whole(code, example)

    def read(name: str) -> Source:
        return read_text(text if name == file else OTHERS[name], name) if name in (file, *OTHERS) else read_file("no/such")

    if code == "PR016":
        with pytest.raises(FormatError) as refused:
            canonical(str(text), file)
        return tuple(refused.value.problems)
    if code in OF_THE_FILE:
        return tuple(read_text(text, file).problems)
    if file.endswith("_test.yaml"):
        return examine_tests(file, read, lambda name: examine(name, read)).problems
    return examine(file, read).problems


def test_the_table_and_the_package_know_the_same_codes() -> None:
    """Each code that the package can say is in the table, and each code of the table can be said."""
    said = {
        node.value
        for source in sources("policyroute")
        if source.path != "policyroute/policy/codes.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"PR\d{3}", node.value)
    }
    assert said == CODES.keys()


def test_titles_are_short_and_in_order() -> None:
    """Codes rise, and a title is one line in the style of messages."""
    assert list(CODES) == sorted(CODES)
    assert all(len(title) <= 60 and not title.endswith(".") for title in CODES.values())
    assert len(set(CODES.values())) == len(CODES)


def test_the_page_has_every_code_with_its_title() -> None:
    """The page and the table have the same codes, titles and order, and each has one example."""
    assert [tuple(said) for said in TITLES] == list(CODES.items())
    assert len(EXAMPLES) == len(CODES)


def test_what_the_examples_are_parts_of_is_good() -> None:
    """The policy and the tests at the top of the page have no problem."""
    assert examine("shop.yaml", lambda name: read_text(BASE, name)).problems == ()
    assert problems_of("PR600", TESTS) == ()


@pytest.mark.parametrize(("code", "example"), SHOWN, ids=list(CODES))
def test_an_example_makes_its_problem(code: str, example: str) -> None:
    """The example of a code makes that problem, and nothing worse."""
    problems = problems_of(code, example)
    assert code in {p.code for p in problems}
    assert {p.code for p in problems if p.severity != "info" and code != "PR017"} <= {code}


@pytest.mark.parametrize(("code", "example"), SHOWN, ids=list(CODES))
def test_a_page_says_how_grave_it_is(code: str, example: str) -> None:
    """What is a warning or a note is called so on the page: by itself, or by its section."""
    grave = {p.severity for p in problems_of(code, example) if p.code == code}
    after = PROSE[list(CODES).index(code)]
    note, warning = after.startswith("A note: "), after.startswith("A warning: ")
    expected = "info" if note else "warning" if warning or code.startswith("PR3") else "error"
    assert grave == {expected}
