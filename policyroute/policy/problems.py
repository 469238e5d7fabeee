"""Collecting what is wrong: all of it, each with its place."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from policyroute.errors import Problem, Severity
from policyroute.policy.source import Node, Place


class Placed(Protocol):
    """Anything that knows where in a file it stands."""

    @property
    def place(self) -> Place: ...

    @property
    def path(self) -> str: ...


class At(NamedTuple):
    """A place and the path that leads there."""

    place: Place
    path: str


class Word(str):
    """Text that remembers where it was written."""

    __slots__ = ("path", "place")

    place: Place
    path: str


def word(text: str, place: Place, path: str) -> Word:
    """Text with its place."""
    new = Word(text)
    new.place = place
    new.path = path
    return new


def at(node: Node, path: str) -> At:
    """Where a node stands."""
    return At(node.place, path)


class Problems:
    """A list of problems that is told where, what, and what to do."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(
        self, code: str, message: str, where: Placed, *, label: str = "", help: str = "", severity: Severity = "error"
    ) -> None:
        """One more."""
        place = where.place
        end = place.end_column if place.end_line == place.line else place.column + 1
        self.found.append(Problem(code, severity, message, place.file, place.line, place.column, end, where.path, label, help))

    def error_count(self) -> int:
        """How many of them keep the policy from serving."""
        return sum(p.severity == "error" for p in self.found)

    def in_order(self) -> tuple[Problem, ...]:
        """Sorted by file and place, each once."""
        return tuple(sorted(dict.fromkeys(self.found), key=lambda p: (p.file, p.line, p.column, p.code)))
