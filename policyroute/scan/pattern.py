"""What can be asked of a text, and whether it may be asked."""

from __future__ import annotations

import functools
import re
from typing import Final, Literal, NamedTuple

from policyroute.scan import charset, folding, properties
from policyroute.scan.charset import CharSet
from policyroute.scan.refusal import PatternError
from policyroute.scan.syntax import parse
from policyroute.scan.tree import At, Chars, Node, Rep, Seq, misplaced_last, nullable, size, walk

__all__ = ["Pattern", "PatternError", "Question", "Reading", "Words", "check", "read"]

MOST_STATES: Final = 20_000
_ASCII_EDGES: Final = ("ascii_edge", "no_ascii_edge")
_EDGES: Final = ("edge", "no_edge", *_ASCII_EDGES)
_SPACE: Final = Rep(Chars(properties.SPACES), 1, None)
_ANYTHING: Final = Rep(Chars(charset.ANY), 0, None)


class Pattern(NamedTuple):
    """A question to a text. `sources` are alternatives: regexes, words and phrases, or shell globs over the whole text."""

    kind: Literal["regex", "keywords", "glob"]
    sources: tuple[str, ...]
    case_sensitive: bool = False


Words = Literal["unicode", "ascii", "spaced"]


class Reading(NamedTuple):
    """How a text is read for a pattern: whether letters lose their case, and what a word is made of.

    `unicode` words are `\\w`; `ascii` words are those of `(?a)`; `spaced` words are of scripts that put spaces between
    words, and are read after NFKC.
    """

    fold: bool
    words: Words


class Question(NamedTuple):
    """A pattern, read: one tree for each source."""

    trees: tuple[Node, ...]
    reading: Reading


def check(pattern: Pattern) -> None:
    """Raise `PatternError` unless the pattern can be answered in linear time and does not match everything."""
    read(pattern)


@functools.lru_cache(maxsize=4096)
def read(pattern: Pattern) -> Question:
    """The pattern as trees; raises `PatternError`."""
    if not pattern.sources:
        raise PatternError("the pattern is empty", help="write at least one alternative")
    trees = []
    for index, source in enumerate(pattern.sources):
        try:
            trees.append(_tree(pattern.kind, source, pattern.case_sensitive))
        except PatternError as error:
            error.source_index = index
            raise
    if pattern.kind == "keywords":
        return Question(tuple(trees), Reading(not pattern.case_sensitive, "spaced"))
    return Question(tuple(trees), _reading(trees))


def _tree(kind: str, source: str, case_sensitive: bool) -> Node:
    if kind == "keywords":
        return _keyword(source, not case_sensitive)
    if kind == "glob":
        return _glob(source, case_sensitive)
    tree = parse(source, case_sensitive=case_sensitive)
    if nullable(tree):
        needs = "make it need a character: `a+` for `a*`"
        raise PatternError("the regex matches the empty text, so it matches everything", 0, help=needs)
    if (lost := misplaced_last(tree)) is not None:
        ends = "write `\\$` for the character itself, or `(?m)` in front for the ends of lines"
        raise PatternError("nothing can follow `$`", lost.offset, help=ends)
    if size(tree) > MOST_STATES:
        smaller = f"it needs more than {MOST_STATES} states; write smaller repeats, or make several patterns of it"
        raise PatternError("the regex is too big", 0, help=smaller)
    return tree


def _reading(trees: list[Node]) -> Reading:
    """Read without case if no set of the pattern tells cases apart: such texts are scanned at one go with most others."""
    edges = [
        (index, leaf) for index, tree in enumerate(trees) for leaf in walk(tree) if isinstance(leaf, At) and leaf.place in _EDGES
    ]
    ascii_words = bool(edges) and edges[0][1].place in _ASCII_EDGES
    for index, leaf in edges:
        if (leaf.place in _ASCII_EDGES) != ascii_words:
            one = "use `(?a)` for the whole pattern, or not at all"
            message = "words of ASCII and of Unicode cannot both be asked for"
            raise PatternError(message, leaf.offset, help=one, source_index=index)
    chars = (leaf.chars for tree in trees for leaf in walk(tree) if isinstance(leaf, Chars))
    return Reading(all(_caseless(one, ascii_words) for one in chars), "ascii" if ascii_words else "unicode")


@functools.lru_cache(maxsize=4096)
def _caseless(chars: CharSet, ascii_words: bool) -> bool:
    if (chars.ascii & charset.UPPER_ASCII) << 32 != chars.ascii & charset.LOWER_ASCII:
        return False
    return ascii_words or all((twin in chars) == (letter in chars) for twin, letter in charset.TWINS.items())


def _keyword(source: str, fold: bool) -> Node:
    words = folding.fold(source, fold).split()
    if not words:
        raise PatternError("the keyword is empty", 0, help="write a word, or remove the entry")
    items: list[Node] = [At("edge")] if folding.is_spaced(words[0][0]) else []
    for index, word in enumerate(words):
        items.extend([_SPACE] if index else [])
        items.extend(_single(char) for char in word)
    items.extend([At("edge")] if folding.is_spaced(words[-1][-1]) else [])
    if len(items) > MOST_STATES:
        raise PatternError("the keyword is too long", 0, help=f"write at most {MOST_STATES} characters")
    return Seq(tuple(items))


@functools.lru_cache(4096)  # keywords are made of few characters, and there may be very many keywords
def _single(char: str) -> Chars:
    return Chars(charset.from_ranges(((ord(char), ord(char)),)))


_GLOB_PART: Final = re.compile(r"\*+|\?|\[(!?)(\]?[^\]]*)\]|.", re.DOTALL)


def _glob(source: str, case_sensitive: bool) -> Node:
    items: list[Node] = [At("start")]
    for part in _GLOB_PART.finditer(source):
        text = part.group()
        if text[0] == "*":
            items.append(_ANYTHING)
        elif text == "?":
            items.append(Chars(charset.ANY))
        else:
            ranges = [(ord(text), ord(text))] if len(text) == 1 else _glob_class(part.group(2), part.start())
            chars = charset.from_ranges(ranges)
            chars = chars if case_sensitive else charset.caseless(chars)
            items.append(Chars(charset.complement(chars) if part.group(1) else chars))
    items.append(At("end"))
    # What may begin or end with anything need not say where the text begins or ends.
    if items[1] == _ANYTHING:
        del items[:2]
    if items[-2:-1] == [_ANYTHING]:
        del items[-2:]
    if not any(isinstance(item, Chars) for item in items):
        raise PatternError("the glob matches every text, or none", 0, help="write at least one character besides `*`")
    return Seq(tuple(items))


def _glob_class(members: str, offset: int) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    place = 0
    while place < len(members):
        low = high = ord(members[place])
        if members[place + 1 : place + 2] == "-" and place + 2 < len(members):
            high = ord(members[place + 2])
            place += 2
        if low > high:
            raise PatternError("not a range of characters", offset, help="write the lower character first")
        ranges.append((low, high))
        place += 1
    return ranges
