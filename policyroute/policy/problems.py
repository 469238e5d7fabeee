"""Collecting what is wrong: all of it, each with its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple, Protocol

from policyroute.errors import Problem, Severity
from policyroute.policy.source import Node, Place
from policyroute.policy.suggest import closest

MOST_PROBLEMS = 100
MOST_LISTED = 12
MOST_COMPARED = 500
MOST_EFFORT = 12_000_000
LEAST_EFFORT = 150
"""What comparing two names takes at least, in pairs of letters that are compared."""
MOST_LOOKUPS = 20_000
UNREADABLE = "\ufffd"
"""What the reader puts where it refused a character."""


class Placed(Protocol):
    """Anything that knows where in a file it stands."""

    @property
    def place(self) -> Place: ...

    @property
    def path(self) -> str: ...


Where = Place | Node
"""A place, or the node that stands there: few places are ever asked for, and a node is there anyway."""
NO_KEYS: frozenset[str] = frozenset()


class At(NamedTuple):
    """Where something stands, and the path there; `unread` are keys that ought to be there, and are missing or wrong."""

    where: Where
    path: str
    unread: frozenset[str] = NO_KEYS

    @property
    def place(self) -> Place:
        """The place itself."""
        return self.where if isinstance(self.where, Place) else self.where.place


class Word(str):
    """Text that remembers where it was written."""

    __slots__ = ("path", "where")

    where: Where
    path: str

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.where if isinstance(self.where, Place) else self.where.place


def word(text: str, where: Where, path: str) -> Word:
    """Text with its place."""
    new = Word(text)
    new.where = where
    new.path = path
    return new


def at(node: Node, path: str) -> At:
    """Where a node stands."""
    return At(node, path)


def shown(text: str, most: int = 40) -> str:
    """A value as a message shows it."""
    return text if len(text) <= most else text[: most - 1] + "…"


class Problems:
    """A list of problems that is told where, what, and what to do.

    One defect is one problem. `unread` are the sections of which some names may not be known because they could not be
    read, and `refused` the names that are written in a wrong way: that such a name is not found says nothing.
    """

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.unread: frozenset[str] = frozenset()
        self.refused: list[str] = []
        self._over: set[Severity] = set()
        self._above: set[str] = set()
        self._effort = MOST_EFFORT
        self._lookups = MOST_LOOKUPS
        self._room = {"error": MOST_PROBLEMS + 1, "warning": MOST_PROBLEMS + 1, "info": MOST_PROBLEMS + 1}

    def add(
        self, code: str, message: str, where: Placed, *, label: str = "", help: str = "", severity: Severity = "error"
    ) -> None:
        """One more."""
        if not self._room[severity]:
            return
        self._room[severity] -= 1
        if not self._room[severity]:
            self._over.add(severity)
        place, path = where.place, where.path
        self._above.update(path[:i] for i, char in enumerate(path) if char in ".[")
        self._above.add(path)
        end = max(place.end_column if place.end_line == place.line else 0, place.column + 1)
        self.found.append(Problem(code, severity, message, place.file, place.line, place.column, end, path, label, help))

    @property
    def full(self) -> bool:
        """Whether there are so many errors that one more would not be shown."""
        return not self._room["error"]

    def takes(self, severity: Severity) -> bool:
        """Whether one more of a severity would be kept."""
        return self._room[severity] > 0

    def nearest(self, text: str, names: Iterable[str]) -> str | None:
        """The name that is most like a text. Of very many names, and for very many texts, not all are compared."""
        return closest(text, self._comparable(text, names))

    def offered(self, text: str, names: Collection[str], known: str = "declared", also: Collection[str] = ()) -> str:
        """What could be meant: the name that is nearest, or else those that there are; `also` are not worth a list."""
        if near := self.nearest(text, chain(names, also)):
            return f"did you mean `{near}`?"
        listed = ", ".join(f"`{name}`" for name in islice(names, MOST_LISTED))
        more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
        return f"{known}: {listed or 'none'}{more}"

    @property
    def tired(self) -> bool:
        """Whether so much was compared that nothing is any more: then it is not known whether a name is near another."""
        return self._effort < 0

    def _comparable(self, text: str, names: Iterable[str]) -> Iterator[str]:
        for name in islice(names, MOST_COMPARED):
            self._effort -= len(text) * min(len(name), len(text)) + LEAST_EFFORT
            if self._effort < 0:
                return
            yield name

    def retract(self, where: Placed) -> None:
        """Takes back what was said of a value whose key turned out to be unknown; there is room again to say that."""
        path = where.path
        if path not in self._above:
            return
        file = where.place.file
        below = (f"{path}.", f"{path}[")
        gone = {id(p) for p in self.found if p.file == file and (p.path == path or p.path.startswith(below))}
        for problem in self.found:
            self._room[problem.severity] += id(problem) in gone
        self.found = [p for p in self.found if id(p) not in gone]

    def are_below(self, path: str) -> bool:
        """Whether there is an error at a path, or in what stands there; a file that cannot be read may have it anywhere."""
        return any(p.severity == "error" and (p.path.startswith(path) or _of_the_file(p)) for p in self.found)

    def lost(self, text: str, section: str) -> bool:
        """Whether a name may be missing only because something else could not be read."""
        return section in self.unread or any(self._alike(one, text) for one in self.refused)

    def _alike(self, one: str, text: str) -> bool:
        if abs(len(one) - len(text)) > 1:
            return False
        # Some name is refused, so nothing will be served: after very many looks, no more is said of others.
        self._lookups -= 1
        return self._lookups < 0 or one == text or closest(text, (one,)) is not None

    def error_count(self) -> int:
        """How many of them keep the policy from serving."""
        return sum(p.severity == "error" for p in self.found)

    def in_order(self) -> tuple[Problem, ...]:
        """Sorted by file and place, each once; of too many, the first, and that there are more."""
        unread = {(p.file, p.line, p.column) for p in self.found if _of_the_file(p)}
        lines = {(file, line) for file, line, _ in unread}
        said = [
            p
            for p in dict.fromkeys(self.found)
            if _of_the_file(p) or not ((p.file, p.line, p.column) in unread or (UNREADABLE in p.message and p[3:5] in lines))
        ]
        said.sort(key=_place)
        for severity in ("error", "warning", "info"):
            alike = [p for p in said if p.severity == severity]
            if len(alike) > MOST_PROBLEMS or severity in self._over:
                more = f"more than {MOST_PROBLEMS} problems; the others are not shown"
                last = alike[:MOST_PROBLEMS][-1]._replace(code="PR017", message=more, label="", help="mend these first")
                dropped = {id(p) for p in alike[MOST_PROBLEMS - 1 :]}
                said = [p for p in said if id(p) not in dropped]
                said.append(last)
        return tuple(sorted(said, key=_place))


def _place(problem: Problem) -> tuple[str, int, int, str]:
    # Of one place, that there are more comes last.
    return problem.file, problem.line, problem.column, "~" if problem.code == "PR017" else problem.code


def _of_the_file(problem: Problem) -> bool:
    """Whether it is about what is written, not about what it means: then the value it is about has no meaning."""
    return problem.code.startswith("PR0")
