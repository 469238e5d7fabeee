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


def branches(node: Node) -> Iterator[Node]:
    """Trees of which at least one matches where this one does: engines take many short ones better than a long one."""
    if isinstance(node, Alt):
        for item in node.items:
            yield from branches(item)
        return
    lists = [] if not isinstance(node, Seq) else [item for item in node.items if isinstance(item, Alt)]
    if isinstance(node, Seq) and len(lists) == 1 and len(lists[0].items) >= 8 and size(node) - size(lists[0]) <= 32:
        place = node.items.index(lists[0])
        for item in lists[0].items:
            yield Seq((*node.items[:place], item, *node.items[place + 1 :]))
    else:
        yield node


def is_loose(node: Node) -> bool:
    """Whether no two characters that stand together are in all that it matches."""
    return _firm(node) < 2


def _firm(node: Node) -> int:
    """The length of the longest run of known characters, either case counting as one, that is in every match."""
    if isinstance(node, Chars):
        return int(_is_known(node))
    if isinstance(node, Alt):
        return min(map(_firm, node.items))
    if isinstance(node, Rep):
        return max(_firm(node.item), node.low if _is_known(node.item) else 0) if node.low else 0
    if isinstance(node, At):
        return 0
    longest = run = 0
    for item in node.items:
        if _is_known(item):
            run += 1
        elif not isinstance(item, At):
            longest, run = max(longest, run, _firm(item)), 0
    return max(longest, run)


def _is_known(node: Node) -> bool:
    if not isinstance(node, Chars) or node.chars.kinds:
        return False
    return node.chars.ascii.bit_count() + sum(high - low + 1 for low, high in node.chars.ranges) <= 4


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
