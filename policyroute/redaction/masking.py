"""Finding values in the leaves of a body, also across leaves, and giving each its placeholder."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from policyroute.redaction.answers import PLACEHOLDER, Masked
from policyroute.redaction.leaves import Leaf, Page, Unmaskable
from policyroute.scan.detectors import Finding
from policyroute.stages.sensitivity import covers

MOST_LEARNED = 100
_SAYS = re.compile(r"[^\W_]|[!-/:-@\[-`{-~]").search


class _Span(NamedTuple):
    """A stretch of text to mask; of a value that is spread over several, `width` is that of all of it."""

    start: int
    end: int
    kind: str
    width: int


_Lines = Sequence[tuple[Leaf, str]]
_Edits = dict[Leaf, list[_Span]]


class Masker:
    """Masks the leaves of one page."""

    def __init__(self, page: Page, body: str, find: Callable[[str], list[Finding]], kinds: Sequence[str]) -> None:
        self._page = page
        self._find = find
        self._kinds = tuple(kinds)
        self._own = re.compile(rf"\[(?:{'|'.join(map(_label, kinds))})_[0-9]{{1,6}}\]")
        self._taken = set(PLACEHOLDER.findall(body))
        self._taken.update(found for leaf, _ in page.lines if "[" in leaf.text for found in PLACEHOLDER.findall(leaf.text))
        self._places: dict[tuple[str, str], str] = {}
        self._masked: dict[str, Masked] = {}
        self._counts: dict[str, int] = {}
        self._learned: dict[str, str] = {}

    def find(self, text: str) -> list[Finding]:
        """What detectors find, but for placeholders: a password is no password any more, though its name stands before it."""
        found = self._find(text)
        if not found or "[" not in text:
            return found
        places = [match.span() for match in self._own.finditer(text)]
        starts = [start for start, _ in places]

        def is_placeholder(one: Finding) -> bool:
            i = bisect_right(starts, one.start) - 1
            return i >= 0 and one.end <= places[i][1]

        return [one for one in found if not is_placeholder(one)]

    def mask(self) -> bool:
        """One look at everything, and then all of it masked at once; false where there was nothing to mask."""
        edits: _Edits = {}
        lines = [(leaf, gap) for leaf, gap in self._page.lines if not leaf.quiet]
        text, starts = _laid_out(lines)
        _note(edits, lines, starts, self._spans(text))
        for run in self._page.runs:
            saying = [leaf for leaf in run if _SAYS(leaf.text)]
            self._look_across(edits, saying)
            if len(saying) < len(run):
                self._look_across(edits, run)
        if self._learned:
            text, starts = _laid_out(self._page.lines)
            known = [
                _Span(start, start + len(value), kind, len(value))
                for value, kind in self._learned.items()
                for start in _standing(value, text)
            ]
            _note(edits, self._page.lines, starts, known)
        for leaf, _ in self._page.lines:
            if leaf in edits:
                self._edit(leaf, _apart(edits[leaf]))
        return bool(edits)

    def learn(self, left: Sequence[tuple[Finding, str]]) -> bool:
        """What is still found in the call as a whole is masked wherever it stands; false where none of it is new."""
        new = {value: found.kind for found, value in left if value not in self._learned}
        self._learned |= new
        return bool(new) and len(self._learned) <= MOST_LEARNED

    def numbered(self, text: str) -> tuple[str, Mapping[str, Masked]]:
        """The body with its placeholders numbered in the order in which they come, and what they stand for."""
        names: dict[str, str] = {}
        counts: dict[str, int] = {}
        for place in PLACEHOLDER.findall(text):
            if place in self._masked and place not in names:
                names[place] = self._next(place.rpartition("_")[0], counts)
        masked = {name: self._masked[place] for place, name in names.items()}
        if all(place == name for place, name in names.items()):
            return text, masked
        return PLACEHOLDER.sub(lambda found: names.get(found[0], found[0]), text), masked

    def _look_across(self, edits: _Edits, run: Sequence[Leaf]) -> None:
        """Looks at consecutive pieces of text as one. A piece that is a value by itself leaves words beside it alone."""
        lines = [(leaf, "") for leaf in run]
        text, starts = _laid_out(lines)
        for span in _apart(self._spans(text)):
            pieces = list(_pieces(span, starts, lines))
            alone = any(_is_within(piece, edits.get(leaf, ())) for leaf, piece in pieces)
            for leaf, piece in pieces:
                if not alone or any(c.isdigit() for c in leaf.text[piece.start : piece.end]):
                    edits.setdefault(leaf, []).append(piece)

    def _spans(self, text: str) -> list[_Span]:
        return [_Span(one.start, one.end, one.kind, one.end - one.start) for one in self.find(text) if one.start < one.end]

    def _edit(self, leaf: Leaf, spans: Sequence[_Span]) -> None:
        if leaf.sealed:
            raise Unmaskable
        if leaf.sort == "number":  # what is left of a number would be another number
            leaf.text = self._place(spans[0].kind, str(leaf.value))
            return
        parts: list[str] = []
        at = 0
        for span in spans:
            parts += (leaf.text[at : span.start], self._place(span.kind, leaf.text[span.start : span.end]))
            at = span.end
        leaf.text = "".join([*parts, leaf.text[at:]])

    def _place(self, kind: str, value: str) -> str:
        """The placeholder of a value: the same one for the same value, however it is spaced."""
        asked = self._asked(kind)
        key = asked, _same(kind, value)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = self._next(f"[{_label(asked)}", self._counts)
            # A wider value may have been found around one that was masked before.
            whole = PLACEHOLDER.sub(lambda found: self._masked[found[0]].value if found[0] in self._masked else found[0], value)
            self._masked[place] = Masked(asked, whole)
        return place

    def _asked(self, kind: str) -> str:
        """The narrowest of the kinds that were asked for which this one belongs to."""
        of = [asked for asked in self._kinds if covers(asked, kind)]
        family = kind.partition(".")[0]
        return max(of, key=len) if of else next((asked for asked in self._kinds if covers(family, asked)), kind)

    def _next(self, opening: str, counts: dict[str, int]) -> str:
        """The next placeholder of a kind that does not stand in the body as it came."""
        while True:
            counts[opening] = counts.get(opening, 0) + 1
            place = f"{opening}_{counts[opening]}]"
            if place not in self._taken:
                return place


def _note(edits: _Edits, lines: _Lines, starts: Sequence[int], spans: Iterable[_Span]) -> None:
    """Puts each span down for the leaves that it goes over. A key only names its value: it is masked where it is one itself."""
    for span in spans:
        pieces = list(_pieces(span, starts, lines))
        for leaf, piece in pieces:
            if leaf.sort != "key" or len(pieces) == 1:
                edits.setdefault(leaf, []).append(piece)


def _is_within(piece: _Span, spans: Iterable[_Span]) -> bool:
    return any(span.kind == piece.kind and span.start <= piece.start and piece.end <= span.end for span in spans)


def _laid_out(lines: _Lines) -> tuple[str, list[int]]:
    """The leaves with their gaps as one text, and where in it each begins."""
    starts: list[int] = []
    parts: list[str] = []
    at = 0
    for leaf, gap in lines:
        starts.append(at)
        parts += (leaf.text, gap)
        at += len(leaf.text) + len(gap)
    return "".join(parts), starts


def _pieces(span: _Span, starts: Sequence[int], lines: _Lines) -> Iterator[tuple[Leaf, _Span]]:
    """The pieces of a stretch: of which leaf, and from where to where in it."""
    for i in range(bisect_right(starts, span.start) - 1, bisect_right(starts, span.end - 1)):
        leaf = lines[i][0]
        start, end = max(span.start - starts[i], 0), min(span.end - starts[i], len(leaf.text))
        if start < end:
            yield leaf, _Span(start, end, span.kind, span.width)


def _apart(spans: list[_Span]) -> list[_Span]:
    """Spans that overlap as one, of the kind of the widest of them; in order."""
    spans.sort(key=lambda span: (span.start, -span.end))
    kept: list[_Span] = []
    for span in spans:
        if kept and span.start < kept[-1].end:
            widest = max(kept[-1], span, key=lambda one: one.width)
            kept[-1] = _Span(kept[-1].start, max(kept[-1].end, span.end), widest.kind, widest.width)
        else:
            kept.append(span)
    return kept


def _standing(value: str, text: str) -> Iterator[int]:
    """Where a value stands in a text, not as a piece of something longer."""
    start = text.find(value)
    while start >= 0:
        end = start + len(value)
        before, after = text[max(0, start - 1) : start + 1], text[end - 1 : end + 1]
        if not (len(before) == 2 and before.isalnum()) and not (len(after) == 2 and after.isalnum()):
            yield start
        start = text.find(value, end)


def _same(kind: str, value: str) -> str:
    """A value without what can be written in several ways."""
    small = unicodedata.normalize("NFKC", value).casefold()
    if kind == "email":
        return small
    bare = "".join(c for c in small if c.isalnum())
    return bare if any(c.isdigit() for c in bare) and not covers("secret", kind) else value


def _label(kind: str) -> str:
    """A kind as it stands in placeholders."""
    return re.sub(r"[^A-Z0-9]+", "_", kind.upper()).strip("_") or "VALUE"
