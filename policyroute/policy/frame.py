"""A `Problem` as text: the line it is on, carets under the place, and what to do about it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from policyroute.errors import Problem, Severity

WIDTH = 120
"""Columns of a source line that are shown; a longer line is cut around the carets."""

INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters but tab and line ends
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiner, letter mark, fillers
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, direction
    "\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters that a reviewer cannot see, or that change the order in which text is shown. The two selectors that
emoji need (U+FE0E, U+FE0F) are not among them."""

_UNSHOWABLE = re.compile(f"{INVISIBLE.pattern[:-1]}\t\r\n\ud800-\udfff]")
_Cell = tuple[str, int]
_TAB = "    "
_SELECTORS = "\ufe0e\ufe0f"
_COLOURS = {"error": "31", "warning": "33", "info": "36"}


def shown(text: str) -> str:
    """`text` as a terminal may have it: no control, direction or invisible character survives."""
    return _UNSHOWABLE.sub(lambda match: _escaped(match[0]), text)


def frame(problem: Problem, lines: Sequence[str] | None, colour: bool = False) -> str:
    """The problem as a reader sees it; `lines` are those of its file, or None where they are not at hand."""
    gutter = " " * len(str(problem.line))
    bright = _COLOURS[problem.severity]
    head = _paint(f"{problem.severity}[{shown(problem.code)}]", f"1;{bright}", colour)
    out = [
        f"{head}{_paint(f': {shown(problem.message)}', '1', colour)}",
        f"{gutter}{_paint('-->', '34', colour)} {shown(problem.file)}:{problem.line}:{problem.column}",
    ]
    bar = _paint("|", "34", colour)
    if lines is not None and 1 <= problem.line <= len(lines):
        text, before, carets = _marked(lines[problem.line - 1], problem.column, problem.end_column)
        out.append(f"{_paint(str(problem.line), '34', colour)} {bar} {text}".rstrip())
        marks = "^" * carets + (f" {shown(problem.label)}" if problem.label else "")
        out.append(f"{gutter} {bar} {' ' * before}{_paint(marks, f'1;{bright}', colour)}")
    elif problem.label:
        out.append(f"{gutter} {_paint('=', '34', colour)} note: {shown(problem.label)}")
    if problem.help:
        first, *rest = problem.help.splitlines()
        out.append(f"{gutter} {_paint('=', '34', colour)} help: {shown(first)}")
        out.extend(f"{gutter}         {shown(line)}" for line in rest)
    return "\n".join(out)


def summary(problems: Iterable[Problem]) -> str:
    """One line for the end: how many of what, and where."""
    found = list(problems)
    if not found:
        return "no problems"
    counts = Counter(problem.severity for problem in found)
    names: tuple[tuple[Severity, str], ...] = (("error", "error"), ("warning", "warning"), ("info", "note"))
    said = ", ".join(f"{counts[key]} {name}{'s' * (counts[key] > 1)}" for key, name in names if counts[key])
    files = sorted({problem.file for problem in found})
    return f"{said} in {shown(files[0]) if len(files) == 1 else f'{len(files)} files'}"


def _marked(line: str, column: int, end_column: int) -> tuple[str, int, int]:
    """The line as shown, how many columns come before the carets, and how many carets there are."""
    at = min(max(column - 1, 0), len(line))
    to = min(max(end_column - 1, at + 1), at + WIDTH, len(line))
    low, high = max(at - WIDTH, 0), to + WIDTH
    left, marked, right = _cells(line[low:at]), _cells(line[at:to]), _cells(line[to:high])
    if low or high < len(line) or _width(left) + _width(marked) + _width(right) > WIDTH:
        room = WIDTH - 2
        kept = _fitting(marked, room // 2)
        right = right if len(kept) == len(marked) else []
        room -= _width(kept)
        fair = _width(_fitting(right, room // 2))
        shown_left = _fitting(left[::-1], room - fair)[::-1]
        shown_right = _fitting(right, room - _width(shown_left))
        cut_left = bool(low) or len(shown_left) < len(left)
        cut_right = at + len(kept) + len(shown_right) < len(line)
        left = [("…", 1), *shown_left] if cut_left else shown_left
        marked, right = kept, [*shown_right, ("…", 1)] if cut_right else shown_right
    text = "".join(text for text, _ in (*left, *marked, *right))
    return text, _width(left), max(_width(marked), 1)


def _fitting(cells: list[_Cell], room: int) -> list[_Cell]:
    """The first cells that fit into `room` columns."""
    for count, (_, width) in enumerate(cells):
        room -= width
        if room < 0:
            return cells[:count]
    return cells


def _width(cells: list[_Cell]) -> int:
    return sum(width for _, width in cells)


def _cells(text: str) -> list[_Cell]:
    """What each character shows, and over how many columns."""
    return [_cell(char) for char in text]


def _cell(char: str) -> _Cell:
    if char == "\t":
        return _TAB, len(_TAB)
    if _UNSHOWABLE.match(char):
        escaped = _escaped(char)
        return escaped, len(escaped)
    if char in _SELECTORS:
        # Terminals disagree on the width of a character with a selector, and agree on it without.
        return "", 0
    if unicodedata.category(char) in ("Mn", "Me"):
        return char, 0
    return char, 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _escaped(char: str) -> str:
    return f"<U+{ord(char):04X}>"


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
