"""What a file is made of: scalars, sequences and mappings, each with its place."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from typing import Literal, NamedTuple

from policyroute.errors import Problem
from policyroute.policy.source.core import Value

Style = Literal["", "'", '"', "|", ">"]

_LINE_END = re.compile(r"\r\n|\r|\n")


class Place(NamedTuple):
    """Where something stands: lines and columns from 1, columns in code points, the end exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def problem(self, code: str, message: str, label: str = "", help: str = "", path: str = "$") -> Problem:
        """An error at this place; of a place of several lines, only the start is marked."""
        end = max(self.end_column if self.line == self.end_line else 0, self.column + 1)
        return Problem(code, "error", message, self.file, self.line, self.column, end, path, label, help)


class Origin:
    """The text of a file, and where its lines begin: what turns an offset into a place."""

    __slots__ = ("file", "starts", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        # Four bytes a line: a file may be a million empty lines.
        self.starts = array("I", [0])
        self.starts.extend(match.end() for match in _LINE_END.finditer(text))

    def place(self, start: int, end: int) -> Place:
        """The place from one offset to another."""
        starts = self.starts
        line = bisect_right(starts, start)
        end_line = bisect_right(starts, end, line - 1)
        return Place(self.file, line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1)

    def lines(self) -> tuple[str, ...]:
        """The lines without their ends."""
        lines = _LINE_END.split(self.text)
        return tuple(lines[:-1] if lines[-1] == "" else lines)


class _Placed:
    """What all nodes share. Offsets are kept, not places: a file of many nodes stays small, and reads fast."""

    # Of a length and an end, the length is the smaller number: of most nodes it takes no memory.
    __slots__ = ("origin", "size", "start")

    origin: Origin
    start: int
    size: int

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        return self.start + self.size

    @property
    def place(self) -> Place:
        """Where the node stands."""
        return self.origin.place(self.start, self.start + self.size)


class Scalar(_Placed):
    """One value: what it means, its text without quotes, and how it was quoted. A key means its text."""

    __slots__ = ("style", "text", "value")

    def __init__(self, origin: Origin, start: int, end: int, value: Value, text: str, style: Style = "") -> None:
        self.origin = origin
        self.start = start
        self.size = end - start
        self.value = value
        self.text = text
        self.style = style

    @property
    def quoted(self) -> bool:
        """Whether the author said that it is text: in quotes, or as a block."""
        return self.style != ""


class Sequence(_Placed):
    """A list; `flow` where it is written in brackets."""

    __slots__ = ("flow", "items")

    def __init__(self, origin: Origin, start: int, end: int, items: tuple[Node, ...], flow: bool) -> None:
        self.origin = origin
        self.start = start
        self.size = end - start
        self.items = items
        self.flow = flow


class Mapping(_Placed):
    """Keys and their values in the author's order, no key twice; `flow` where it is written in braces."""

    __slots__ = ("entries", "flow")

    def __init__(self, origin: Origin, start: int, end: int, entries: tuple[tuple[Scalar, Node], ...], flow: bool) -> None:
        self.origin = origin
        self.start = start
        self.size = end - start
        self.entries = entries
        self.flow = flow

    def get(self, key: str) -> Node | None:
        """The value of a key, or None."""
        return next((value for name, value in self.entries if name.text == key), None)


Node = Scalar | Sequence | Mapping


def to_plain(node: Node | None) -> object:
    """The content as dicts, lists and values."""
    if node is None or isinstance(node, Scalar):
        return None if node is None else node.value
    if isinstance(node, Sequence):
        return [to_plain(item) for item in node.items]
    return {key.text: to_plain(value) for key, value in node.entries}
