"""A pattern as a tree, and what can be told of it without running it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from policyroute.scan.charset import CharSet

Place = Literal["start", "end", "last", "line_start", "line_end", "edge", "no_edge", "ascii_edge", "no_ascii_edge"]
"""`last` is the end, or before a line feed that ends the text; edges are those of words."""


class Chars(NamedTuple):
    """One character of a set."""

    chars: CharSet


class At(NamedTuple):
    """A place in the text; reads nothing."""

    place: Place
    offset: int = 0


class Seq(NamedTuple):
    """One after the other; empty, it is the empty text."""

    items: tuple[Node, ...]


class Alt(NamedTuple):
    """The first that leads to a match."""

    items: tuple[Node, ...]


class Rep(NamedTuple):
    """Again and again; `high` None is without end."""

    item: Node
    low: int
    high: int | None
    lazy: bool = False


Node: TypeAlias = Chars | At | Seq | Alt | Rep


def walk(node: Node) -> Iterator[Chars | At]:
    """The leaves, in the order in which they are written."""
    if isinstance(node, (Seq, Alt)):
        for item in node.items:
            yield from walk(item)
    elif isinstance(node, Rep):
        yield from walk(node.item)
    else:
        yield node


def nullable(node: Node) -> bool:
    """Whether it can match without reading a character."""
    if isinstance(node, Chars):
        return False
    if isinstance(node, Seq):
        return all(map(nullable, node.items))
    if isinstance(node, Alt):
        return any(map(nullable, node.items))
    return isinstance(node, At) or node.low == 0 or nullable(node.item)


def size(node: Node) -> int:
    """How many states an automaton of it has, about: every repeat counts as often as it may run."""
    if isinstance(node, (Seq, Alt)):
        return sum(map(size, node.items)) + len(node.items)
    if isinstance(node, Rep):
        return size(node.item) * max(node.low + 1 if node.high is None else node.high, 1)
    return 1


def repeats(node: Node) -> int:
    """The greatest product of counted repeats inside one another."""
    if isinstance(node, (Seq, Alt)):
        return max(map(repeats, node.items), default=1)
    if isinstance(node, Rep):
        return repeats(node.item) * max(node.low if node.high is None else node.high, 1)
    return 1


def misplaced_last(node: Node) -> At | None:
    """A `last` that something else follows, which could match nothing or only a final line feed."""
    if isinstance(node, Rep):
        return _first_last(node.item) if node.high != 1 else misplaced_last(node.item)
    if isinstance(node, Alt):
        return next(filter(None, map(misplaced_last, node.items)), None)
    if isinstance(node, Seq):
        seen: At | None = None
        for item in node.items:
            if seen is not None and not all(_is_last(leaf) for leaf in walk(item)):
                return seen
            if (found := misplaced_last(item)) is not None:
                return found
            seen = seen or _first_last(item)
    return None


def _is_last(leaf: Chars | At) -> bool:
    return isinstance(leaf, At) and leaf.place == "last"


def _first_last(node: Node) -> At | None:
    return next((leaf for leaf in walk(node) if isinstance(leaf, At) and leaf.place == "last"), None)
