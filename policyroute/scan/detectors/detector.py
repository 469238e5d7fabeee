"""What a detector is: a kind, the cheap patterns without which it cannot hit, and an exact search in linear time."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import re2

from policyroute.scan.pattern import Pattern

Span = tuple[int, int]

# From Devanagari on, scripts have marks inside words, glue their endings on, or are written without spaces.
_UNSPACED = "\u0900"
_LONG_WORD = 6
_WORD = re.compile(r"[^\W\d_]+")
_THREE = re.compile(rb"[0-9](?:[ ./()-]{0,2}[0-9]){2,}")
_REACH = 100
_GAP = "\n\n\n"
_FAR = 1 << 60


class Finding(NamedTuple):
    """Where a value is, in code points; `mask` is its shape and never the value, `why` what makes it one."""

    kind: str
    start: int
    end: int
    mask: str
    why: str


class Page:
    """A text as detectors read it; never shown in a repr.

    `raw` has one byte for every character of `text`, a `?` for each that is not ASCII: offsets into one are offsets
    into the other, and the engine needs no conversion of them.
    """

    __slots__ = ("_figures", "raw", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.raw = text.encode("ascii", "replace")
        self._figures: Figures | None = None

    def figures(self) -> Figures:
        """The parts of it that have figures: all that numbers of a few dozen kinds need to look at."""
        if self._figures is None:
            self._figures = _figures(self)
        return self._figures


class Figures(NamedTuple):
    """A page of what stands near figures, and where in the whole page each part of it comes from: (there, here)."""

    page: Page
    parts: tuple[tuple[int, int], ...]

    def whole(self, span: Span) -> Span:
        """Where a span stands in the whole page."""
        there, here = self.parts[bisect_right(self.parts, (span[0], _FAR)) - 1]
        return span[0] - there + here, span[1] - there + here


def _figures(page: Page) -> Figures:
    parts: list[tuple[int, int]] = []
    pieces: list[str] = []
    length, ends = 0, -1
    for match in _THREE.finditer(page.raw):
        start = max(0, match.start() - _REACH)
        if start > ends:
            if ends >= 0:
                pieces.append(page.text[parts[-1][1] : ends])
                length += ends - parts[-1][1]
                pieces.append(_GAP)
                length += len(_GAP)
            parts.append((length, start))
        ends = match.end() + _REACH
    if parts:
        pieces.append(page.text[parts[-1][1] : ends])
    return Figures(Page("".join(pieces)), tuple(parts))


class Detector(NamedTuple):
    """One way to find one kind. `find` runs only where one of `candidates` hits, and yields validated spans in order."""

    kind: str
    candidates: tuple[Pattern, ...]
    find: Callable[[Page], Iterator[Span]]
    why: str
    """What makes a finding valid, in a few words."""
    in_figures: bool = False
    """Whether three figures stand together in every value, and all that matters within a hundred characters of them."""

    def spans(self, page: Page) -> Iterator[Span]:
        """What is found in a page."""
        if not self.in_figures:
            return self.find(page)
        figures = page.figures()
        return map(figures.whole, self.find(figures.page))


class Regex(Protocol):
    """A compiled RE2 pattern over bytes, as far as it is used here."""

    @property
    def groups(self) -> int: ...

    def finditer(self, text: bytes) -> Iterator[re.Match[bytes]]: ...

    def search(self, text: bytes, pos: int = 0) -> re.Match[bytes] | None: ...


class _Late:
    """A pattern that is compiled when it is first used: there are a hundred, and few texts have candidates for many."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __getattr__(self, name: str) -> object:
        compiled = _compiled(self._source)
        self.groups, self.search, self.finditer = compiled.groups, compiled.search, compiled.finditer
        return object.__getattribute__(self, name)


def _compiled(source: str) -> Regex:
    options = re2.Options()
    options.log_errors = False
    options.encoding = re2.Options.Encoding.LATIN1
    compiled: Regex = re2.compile(source.encode("ascii"), options)
    return compiled


def regex(source: str) -> Regex:
    """An ASCII pattern for `Page.raw`. The engine is linear in the text whatever it holds."""
    return _Late(source)


def rough(source: str, *, case_sensitive: bool = True) -> Pattern:
    """A candidate for the shared scan that begins after something else than a letter or a figure.

    The bound is not only for precision: without it a value could begin at every character of a long run, and an
    engine that follows all beginnings at once would need a state for every set of them.
    """
    return Pattern("regex", (rf"(?:^|[^0-9A-Za-z])(?:{source})",), case_sensitive)


def stands_alone(page: Page, start: int, end: int) -> bool:
    """Whether a value is a token of its own: not a piece of a word, a price, a decimal, a dotted or dashed longer one."""
    raw = page.raw
    if start:
        before = raw[start - 1 : start]
        if before.isalnum() or before in b"_$":
            return False
        if before in b".-/+" and start > 1 and raw[start - 2 : start - 1].isalnum():
            return False
    after = raw[end : end + 1]
    if after.isalnum() or after == b"_":
        return False
    return not (after in b".-/" and after and raw[end + 1 : end + 2].isalnum())


def said(text: str, start: int, end: int) -> list[str]:
    """The words of a stretch of text, as written. A word the stretch begins within is left out."""
    found = _WORD.findall(text, start, end)
    if found and start and text[start - 1].isalpha() and text[start].isalpha():
        del found[0]
    return found


class Words(NamedTuple):
    """Words one of which has to stand near a value.

    `patterns` look for them in a whole text, roughly. `whole` words, `starts` of words and pairs of words are in small
    letters, `exact` ones as written; `inside` are of scripts that put no spaces between words.
    """

    patterns: tuple[Pattern, ...]
    whole: frozenset[str]
    starts: tuple[str, ...]
    exact: frozenset[str]
    inside: tuple[str, ...]

    def has(self, word: str, following: str = "") -> bool:
        """Whether this is one of the words, alone or with the one that follows."""
        small = word.lower()
        if word in self.exact or small in self.whole or (following and f"{small} {following.lower()}" in self.whole):
            return True
        return small.startswith(self.starts)

    def near(self, page: Page, start: int, end: int, before: int = 60, after: int = 25) -> bool:
        """Whether one of the words is within so many characters of the span."""
        return self._within(page.text, max(0, start - before), start) or self._within(page.text, end, end + after)

    def _within(self, text: str, start: int, end: int) -> bool:
        found = said(text, start, end)
        if any(map(self.has, found, (*found[1:], ""))):
            return True
        window = text[start:end]
        return not window.isascii() and any(term in window for term in self.inside)


def words(*terms: str, exact: tuple[str, ...] = (), also: Words | None = None) -> Words:
    """Words in any case, one or two to a term; a final `*` stands for any ending. `exact` ones count in this case only.

    `also` adds the words of another set, and shares its patterns.
    """
    inside = tuple(term.removesuffix("*") for term in terms if term[0] >= _UNSPACED)
    spaced = [term for term in terms if term[0] < _UNSPACED]
    patterns = [Pattern("regex", _roughly((*spaced, *inside)))] if terms else []
    if exact:
        patterns.append(Pattern("regex", _roughly(exact), case_sensitive=True))
    whole = frozenset(term for term in spaced if not term.endswith("*"))
    starts = tuple(term[:-1] for term in spaced if term.endswith("*"))
    if also is None:
        return Words(tuple(patterns), whole, starts, frozenset(exact), inside)
    return Words(
        (*patterns, *also.patterns), whole | also.whole, starts + also.starts, also.exact.union(exact), inside + also.inside
    )


def _roughly(terms: Sequence[str]) -> tuple[str, ...]:
    """Terms for the shared scan: never less than the words, and without lookaround. Only short ones are worth their bounds."""
    short: list[str] = []
    long: list[str] = []
    for term in terms:
        body = r"[^A-Za-z]{1,4}".join(map(re.escape, term.removesuffix("*").split()))
        bounded = term.isascii() and term.isalpha() and len(term) < _LONG_WORD
        (short if bounded else long).append(body)
    return tuple(
        part
        for part in (
            rf"(?:^|[^A-Za-z])(?:{'|'.join(short)})(?:$|[^A-Za-z])" if short else "",
            "|".join(long),
        )
        if part
    )


# What any country's number may be called.
ANY_ID: Final = words(
    "national id", "national identity", "identity number", "identity card", "identification number", "id number", "id no",
    "id card", "personal number", "personal id", "citizen id", "government id", "tax id", "nationalid", "nid",
    "identity document", "national number", "identity no", "identification no", "identification code", "personal code",
    "national insurance", "national registration", "civil id", "resident id", "residence permit",
)  # fmt: skip


def mask(kind: str, value: str) -> str:
    """The shape of a value: its separators stay, everything else is a star; of a secret nothing stays."""
    if kind.startswith("secret"):
        return "****"
    if kind == "email":
        return "***@***"
    return "".join(c if c in " -.:/()+" else "*" for c in value)
