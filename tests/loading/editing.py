"""Small edits of a good policy or test file, with the places of the problems marked in the text itself.

`«ppi»` marks what a problem points at; `«»` marks a place of no width, such as the start of a mapping of several lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from policyroute.errors import Problem
from policyroute.loading import examine
from policyroute.loading.tests import examine_tests
from policyroute.policy.source import Source, read_file, read_text

NOTED = ("PR503",)
SHOP = Path(__file__).with_name("shop.yaml").read_text("utf-8")
SHOP_TEST = """\
apiVersion: policyroute/v1
kind: PolicyTest
policy: shop.yaml
now: 2026-11-02T09:00:00Z
requests:
  plain: {attributes: {tenant: acme}, prompt: hello, score: 0.5}
  mail: {extends: plain, prompt: "write to ann@example.org"}
tests:
  - {name: all is well, request: plain, expect: {outcome: route, model: large-eu}}
  - name: mail stays in the EU
    request: mail
    each: [{}, {down: [large-eu]}]
    expect: {tags: [pii], every_call: {region: [eu]}}
"""


class Mark(NamedTuple):
    """A place: line and columns as problems have them."""

    line: int
    column: int
    end_column: int


class Marked(NamedTuple):
    """A text without its marks, and where they were."""

    text: str
    marks: tuple[Mark, ...]


def marked(text: str) -> Marked:
    """Takes the marks out."""
    lines, marks = [], []
    for number, line in enumerate(text.split("\n"), 1):
        while "«" in line:
            start = line.index("«")
            end = line.index("»") - 1
            marks.append(Mark(number, start + 1, max(end, start + 1) + 1))
            line = line.replace("«", "", 1).replace("»", "", 1)
        lines.append(line)
    return Marked("\n".join(lines), tuple(marks))


def edited(base: str, *edits: tuple[str, str]) -> str:
    """The base with some of its text replaced; an edit that does not fit exactly one place is a mistake of the test."""
    for old, new in edits:
        assert base.count(old) == 1, f"{base.count(old)} places for {old!r}"
        base = base.replace(old, new)
    return base


def problems_in(text: str, file: str = "p.yaml") -> Sequence[Problem]:
    """Everything that is wrong with a policy."""
    return _told(examine(file, lambda name: read_text(text, name)).problems)


def problems_in_files(files: dict[str, str], file: str = "p.yaml") -> Sequence[Problem]:
    """Everything that is wrong with a policy of several files."""
    return _told(examine(file, lambda name: _read(files, name)).problems)


def problems_in_tests(text: str, policy: str = SHOP) -> Sequence[Problem]:
    """Everything that is wrong with a test file beside a policy."""
    files = {"p_test.yaml": text, "shop.yaml": policy}

    def read(name: str) -> Source:
        return _read(files, name)

    return _told(examine_tests("p_test.yaml", read, lambda name: examine(name, read)).problems)


def _told(problems: Sequence[Problem]) -> Sequence[Problem]:
    """The problems, less what the good policy is told as well."""
    return tuple(p for p in problems if p.code not in NOTED)


def places(problems: Sequence[Problem]) -> list[tuple[str, Mark]]:
    """The code and the place of each."""
    return [(p.code, Mark(p.line, p.column, p.end_column)) for p in problems]


def _read(files: dict[str, str], name: str) -> Source:
    return read_text(files[name], name) if name in files else read_file(f"no-such-folder/{name}", name)


class Edit(NamedTuple):
    """One edit of the good policy, and the one problem it makes: its code, words of its message or help, and its path."""

    old: str
    new: str
    code: str
    says: str = ""
    path: str = ""


def check(edit: Edit, found: Sequence[Problem], text: Marked) -> None:
    """That exactly this problem is there, at the marked place."""
    assert places(found) == [(edit.code, mark) for mark in text.marks[:1]], [p.message for p in found]
    (problem,) = found
    assert edit.says in f"{problem.message} | {problem.label} | {problem.help}"
    assert problem.path == edit.path or not edit.path
