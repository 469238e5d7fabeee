"""The canonical form of a policy or a test file: what changes is how it looks, never what it says, and no comment is lost.

Two spaces of indent, sections in the order of the language, one blank line around sections of several lines, quotes only
where they matter. A list or mapping that the author wrote in one line stays in one line.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from policyroute.errors import PolicyError
from policyroute.policy import source
from policyroute.policy.format.comments import Comment, comments_of
from policyroute.policy.format.printer import Printer, ends_open

POLICY = (
    *("apiVersion", "kind", "metadata", "mode", "include", "models", "tiers", "attributes", "tags", "detectors"),
    *("pipeline", "recovery", "rollout", "cache", "requested_model", "baseline", "invariants"),
)
TESTS = ("apiVersion", "kind", "policy", "now", "seed", "requests", "tests", "coverage")

_ORDERS = {"Policy": POLICY, "PolicyTest": TESTS}
_HEAD = frozenset(("apiVersion", "kind", "metadata", "mode", "policy", "now", "seed"))
_FOR_TOOLS = ("#!", "# yaml-language-server:", "# vim:", "# -*-")


class FormatError(PolicyError):
    """A file without a canonical form: it cannot be read, or the form would say something else."""


class _Section(NamedTuple):
    """A key of the file with everything that moves with it; `after_blank` where the author left a line free above."""

    key: str
    lines: list[str]
    large: bool
    after_blank: bool
    ends_open: bool


def canonical(text: str, file: str = "-") -> str:
    """The file in canonical form, which is its own canonical form; FormatError where there is none."""
    read = source.read_text(text, file)
    if read.problems:
        raise FormatError(read.problems)
    root = read.root
    if not isinstance(root, source.Mapping):
        place = source.Place(file, 1, 1, 1, 1)
        raise FormatError(
            [place.problem("PR016", "only a mapping has a canonical form", help="a policy begins with `apiVersion: `")]
        )
    comments = comments_of(root)
    printer = Printer(root.origin, comments)
    head, sections = _sections(root, printer)
    ordered = _in_order(root, sections)
    lines = _joined(head, ordered)
    lines.extend(printer.footer(close=not lines or (bool(ordered) and ordered[-1].ends_open)))
    formatted = "\n".join(lines) + "\n" if lines else ""
    _verify(root, comments, formatted)
    return formatted


def _sections(root: source.Mapping, printer: Printer) -> tuple[list[str], list[_Section]]:
    """The lines that stay on top, and the sections in the author's order."""
    head: list[str] = []
    sections: list[_Section] = []
    ends = [key.start for key, _ in root.entries[1:]] + [len(root.origin.text)]
    for (key, value), end in zip(root.entries, ends, strict=True):
        above = printer.take_before(key.start)
        line = key.place.line
        if not sections:
            count = _of_the_file(above, line, printer)
            head = printer.above(above[:count], above[count].line if count < len(above) else line, 0)
            above = above[count:]
        after_blank = bool(sections) and printer.blank_above(above[0].line if above else line)
        lines = printer.above(above, line, 0)
        pair = printer.pair(key, value, 0, end)
        large = sum(not printed.startswith("#") for printed in pair) > 1
        sections.append(_Section(key.text, lines + pair, large, after_blank, ends_open(value)))
    return head, sections


def _of_the_file(above: list[Comment], line: int, printer: Printer) -> int:
    """How many of the comments above the first key are about the file: those before a free line, and those for tools."""
    lines = [comment.line for comment in above[1:]] + [line]
    count = max((index for index, below in enumerate(lines, 1) if index <= len(above) and printer.blank_above(below)), default=0)
    tools = max((index for index, comment in enumerate(above, 1) if comment.text.startswith(_FOR_TOOLS)), default=0)
    return max(count, tools)


def _in_order(root: source.Mapping, sections: list[_Section]) -> list[_Section]:
    """Sections in the order of the language, unknown ones last; files of other kinds keep theirs."""
    kind = root.get("kind")
    order = _ORDERS.get(kind.text if isinstance(kind, source.Scalar) else "", ())
    places = {key: place for place, key in enumerate(order)}
    return sorted(sections, key=lambda section: places.get(section.key, len(places)))


def _joined(head: list[str], sections: list[_Section]) -> list[str]:
    lines = list(head)
    before: _Section | None = None
    for section in sections:
        if before is not None and not before.ends_open and _apart(before, section):
            lines.append("")
        lines.extend(section.lines)
        before = section
    return lines


def _apart(one: _Section, other: _Section) -> bool:
    """Whether a line is left free between two sections."""
    if one.key in _HEAD and other.key in _HEAD:
        return other.after_blank
    return one.large or other.large or other.after_blank


def _verify(root: source.Mapping, comments: Sequence[Comment], formatted: str) -> None:
    """Reads the canonical form again: it must say the same, and hold the same comments."""
    again = source.read_text(formatted, root.origin.file)
    wrong: source.Node | None = root
    if isinstance(again.root, source.Mapping) and not again.problems:
        said = {key.text: _spelled(value) for key, value in again.root.entries}
        differs = (key for key, value in root.entries if said.get(key.text) != _spelled(value))
        wrong = next(differs, None) if len(said) == len(root.entries) else root
        if wrong is None and Counter(c.text for c in comments) != Counter(c.text for c in comments_of(again.root)):
            wrong = root
    if wrong is not None:
        message = "this cannot be formatted without changing what it says"
        raise FormatError([wrong.place.problem("PR016", message, help="write it in a simpler way, or leave this file as it is")])


def _spelled(node: source.Node) -> str:
    return json.dumps(source.to_plain(node))
