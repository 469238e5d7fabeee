"""Where the comments of a file are. A `#` outside of every scalar begins one: nothing else there can hold it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from policyroute.policy import source

_COMMENT = re.compile(r"#[^\r\n]*")
_HEADER = re.compile(r"[^\r\n]*")


class Comment(NamedTuple):
    """A comment from its `#` on, with its place; columns from 0."""

    start: int
    line: int
    column: int
    text: str


def comments_of(root: source.Node) -> list[Comment]:
    """All comments, in the order of the file."""
    origin = root.origin
    found: list[Comment] = []
    for start, end in _gaps(root):
        for match in _COMMENT.finditer(origin.text, start, end):
            place = origin.place(match.start(), match.start())
            found.append(Comment(match.start(), place.line, place.column - 1, match[0].rstrip()))
    return found


def _gaps(root: source.Node) -> Iterator[tuple[int, int]]:
    """What lies between the scalars. The first line of a block scalar lies before its text, and may hold a comment."""
    text = root.origin.text
    last = 0
    for scalar in _scalars(root):
        yield last, scalar.start
        if scalar.style in ("|", ">") and (header := _HEADER.match(text, scalar.start)):
            yield scalar.start, min(header.end(), scalar.end)
        last = scalar.end
    yield last, len(text)


def _scalars(root: source.Node) -> Iterator[source.Scalar]:
    """Every key and value, in the order of the file."""
    waiting: list[source.Node] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, source.Scalar):
            yield node
        elif isinstance(node, source.Sequence):
            waiting.extend(reversed(node.items))
        else:
            waiting.extend(part for pair in reversed(node.entries) for part in reversed(pair))
