"""Texts spelled as bytes, so that a plain byte automaton can answer questions about Unicode.

An engine that scans in linear time knows words, digits and spaces of ASCII only. So a text is not handed to it as it
is: every character outside ASCII becomes a byte that says what kind of character it is, and where a policy asks for
that very character, a short unit of bytes that says so. What stands for a word character is made of upper-case letters,
which are free because the text is read in lower case; where case matters it is put between low lines instead, and a low
line itself is spelled that way too. So the engine's own `\\b` is right, and nothing has to be confirmed afterwards.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from policyroute.scan import charset, folding
from policyroute.scan.charset import DIGIT, OTHER, SPACE, WORD, CharSet, Ranges
from policyroute.scan.kinds import CODES, KINDS, TOP, kind_table, runs_of
from policyroute.scan.pattern import Question, Reading
from policyroute.scan.translate import byte_class
from policyroute.scan.tree import Chars, walk

_PIECE: Final = 64
_RUN: Final = re.compile(r"(.)\1*", re.DOTALL)


class _Layout(NamedTuple):
    """Which bytes say what. A unit is a lead of its kind and some tails; `frame` stands before and after word characters."""

    plain: Mapping[int, str]
    leads: Mapping[int, str]
    tails: str
    word_tails: str
    frame: str = ""

    def unit(self, kind: int, code: str) -> str:
        """What stands for a character: a code, framed if it is one of a word."""
        return f"{self.frame}{code}{self.frame}" if kind in (WORD, DIGIT) else code


def _bytes(start: int, stop: int) -> str:
    return bytes(range(start, stop)).decode("latin-1")


_HIGH: Final = _bytes(0xA8, 0xFF)
_AS_BYTES: Final = _Layout(
    {SPACE: "\x80", OTHER: "\x81", WORD: "\x82", DIGIT: "\x83"},
    {SPACE: _bytes(0x84, 0x88), OTHER: _bytes(0x88, 0x98), WORD: _bytes(0x98, 0xA4), DIGIT: _bytes(0xA4, 0xA7)},
    _HIGH,
    _HIGH,
)
_AS_LETTERS: Final = _AS_BYTES._replace(
    plain={**_AS_BYTES.plain, WORD: "W", DIGIT: "D"},
    leads={**_AS_BYTES.leads, WORD: "ABCEFGHIJKL", DIGIT: "M"},
    word_tails="NOPQRSTUVXYZ",
)
_FRAMED: Final = _AS_BYTES._replace(frame="_")
_LOW_LINE: Final = 0x5F
_FRAMED_LOW_LINE: Final = "_\xa7_"
# Goes before what may melt into the character before it: a text with one is folded before it is spelled.
_MELTS: Final = "\xff"
_MELTS_BYTE: Final = b"\xff"


def _layout(reading: Reading) -> _Layout:
    if reading.words == "ascii":
        return _AS_BYTES
    return _AS_LETTERS if reading.fold else _FRAMED


@functools.cache
def _narrowing(reading: Reading) -> tuple[bytes, bytes]:
    """For `bytes.translate`: every lead becomes the code of its kind, and tails go."""
    layout = _layout(reading)
    table = bytearray(range(256))
    for kind, leads in layout.leads.items():
        for lead in leads:
            table[ord(lead)] = ord(layout.plain[kind])
    return bytes(table), (layout.tails + layout.word_tails).encode("latin-1")


@functools.lru_cache(maxsize=4096)
def write_lower(chars: CharSet) -> str | None:
    """A set, for texts of lower-case ASCII."""
    return byte_class(code for code in range(128) if (chars.ascii & ~charset.UPPER_ASCII) >> code & 1)


@functools.lru_cache(maxsize=4096)
def _asked(chars: CharSet, reading: Reading) -> Ranges:
    """The single characters outside ASCII that a set asks for; twins of ASCII letters are read as those."""
    if reading.fold and reading.words == "unicode":
        return charset.without(chars.ranges, charset.TWINS)
    return chars.ranges


def sets_of(question: Question) -> Iterator[Ranges]:
    """What a pattern asks for, besides kinds of characters."""
    leaves = (leaf for tree in question.trees for leaf in walk(tree) if isinstance(leaf, Chars))
    return (asked for leaf in leaves if leaf.chars.ranges and (asked := _asked(leaf.chars, question.reading)))


def asks(question: Question) -> bool:
    """Whether a pattern can be answered outside ASCII only where single characters have units."""
    return any(sets_of(question))


Symbol = tuple[int, frozenset[int]]
"""What is known of a character: its kind, and which of the sets asked for have it."""


def _symbols(sets: Sequence[Ranges], kinds: str) -> Iterator[tuple[int, int, Symbol]]:
    """The ranges in which all characters are alike to every set asked for: first, behind the last, what they are."""
    events = sorted((place, member) for member, ranges in enumerate(sets) for low, high in ranges for place in (low, high + 1))
    active: set[int] = set()
    before = 0
    for place, group in itertools.groupby(events, key=lambda event: event[0]):
        if active:
            members = frozenset(active)
            for run in _RUN.finditer(kinds, before, place):
                yield run.start(), run.end(), (KINDS[run[1]], members)
            if place > TOP:
                yield max(before, TOP), place, (OTHER, members)
        # The ranges of a set are never adjacent, so whatever happens to a set here is one beginning or one end.
        active.symmetric_difference_update(member for _, member in group)
        before = place


def _units(symbols: Iterable[Symbol], layout: _Layout) -> dict[Symbol, str]:
    """A unit for each symbol: as short as their number allows, none the beginning of another."""
    by_kind: dict[int, list[Symbol]] = {}
    for symbol in dict.fromkeys(symbols):
        by_kind.setdefault(symbol[0], []).append(symbol)
    units: dict[Symbol, str] = {}
    for kind, members in by_kind.items():
        leads = layout.leads[kind]
        tails = layout.word_tails if kind in (WORD, DIGIT) else layout.tails
        more = next(more for more in itertools.count() if len(leads) * len(tails) ** more >= len(members))
        spellings = itertools.product(leads, *[tails] * more)
        units.update((symbol, layout.unit(kind, "".join(code))) for symbol, code in zip(members, spellings, strict=False))
    return units


@functools.cache
def _plain_codes(reading: Reading) -> str:
    """How every character below `TOP` is spelled when nobody asks for one, and words have no frames."""
    layout = _layout(reading)
    recoded = bytearray(range(256))
    for kind, code in CODES.items():
        recoded[ord(code)] = ord(layout.plain[kind])
    table = bytearray(kind_table(reading.words).encode("latin-1").translate(recoded))
    if reading.fold:
        table[:128] = table[:128].lower()
    for twin, letter in charset.TWINS.items() if reading.fold and reading.words == "unicode" else ():
        table[twin] = letter
    return table.decode("latin-1")


class _Codes:
    """How every character is spelled: below `TOP` by its number, above where it is not one that nobody asks for."""

    def __init__(self, reading: Reading) -> None:
        self.low: Sequence[str] = _plain_codes(reading)
        self.high: dict[int, str] = {}
        layout = _layout(reading)
        if layout.frame:
            framed = list(self.low)
            for kind in (WORD, DIGIT):
                for start, end in runs_of(kind, reading.words):
                    framed[start:end] = [layout.unit(kind, layout.plain[kind])] * (end - start)
            framed[_LOW_LINE] = _FRAMED_LOW_LINE
            self.low = framed

    def assign(self, ranges: Iterable[tuple[int, int, str]]) -> None:
        """Spell ranges of characters, first and behind the last, otherwise."""
        low = list(self.low)
        for start, end, unit in ranges:
            if start < TOP:
                low[start:end] = [unit] * (end - start)
            else:
                self.high.update(dict.fromkeys(range(start, end), unit))
        self.low = low

    def fold(self, caseless: bool) -> None:
        """Spell each character as what it folds to, and mark those that must not be folded alone."""
        low = list(self.low)
        for code, folded in folding.changed(caseless):
            low[code] = "".join([low[ord(char)] for char in folded])
        for code in folding.melting():
            if code < TOP:
                low[code] = _MELTS + low[code]
            else:
                self.high[code] = _MELTS + self.high.get(code, _AS_BYTES.plain[OTHER])
        self.low = low

    def melts(self, char: str) -> bool:
        """Whether a character may become one with what stands before it."""
        code = ord(char)
        return (self.low[code] if code < TOP else self.high.get(code, "")).startswith(_MELTS)

    def spell(self, text: str) -> bytes:
        """The characters, one after the other."""
        spelled = text.translate(self.low)
        try:
            return spelled.encode("latin-1")
        except UnicodeEncodeError:
            other, high = _AS_BYTES.plain[OTHER], self.high
            return "".join([high.get(ord(char), other) if char > "\xff" else char for char in spelled]).encode("latin-1")


class Alphabet:
    """The spelling of texts for the patterns of one reading; `asked` are the sets of characters that they ask for."""

    def __init__(self, reading: Reading, asked: Iterable[Ranges] = ()) -> None:
        self.reading = reading
        self._layout = _layout(reading)
        self._codes = _Codes(reading)
        self._of_kind = {kind: [self._layout.unit(kind, code).encode("latin-1")] for kind, code in self._layout.plain.items()}
        self._of_set: dict[Ranges, list[bytes]] = {ranges: [] for ranges in sorted(set(asked))}
        self._written: dict[CharSet, str | None] = {}
        if self._of_set:
            self._learn(tuple(self._of_set))
        if reading.words == "spaced":
            self._codes.fold(reading.fold)

    def _learn(self, sets: Sequence[Ranges]) -> None:
        found = list(_symbols(sets, kind_table(self.reading.words)))
        units = _units((symbol for _, _, symbol in found), self._layout)
        self._codes.assign((start, end, units[symbol]) for start, end, symbol in found)
        for (kind, members), unit in units.items():
            spelled = unit.encode("latin-1")
            self._of_kind[kind].append(spelled)
            for member in members:
                self._of_set[sets[member]].append(spelled)

    def spell(self, text: str) -> bytes:
        """The text in bytes."""
        caseless, frame, codes = self.reading.fold, self._layout.frame, self._codes
        if text.isascii():
            if caseless:
                return text.lower().encode()
            return (text.replace(frame, _FRAMED_LOW_LINE) if frame else text).encode("latin-1")
        melting = self.reading.words == "spaced"
        pieces: list[bytes] = []
        start, size = 0, len(text)
        while start < size:
            end = start + _PIECE
            while melting and end < size and codes.melts(text[end]):
                end += _PIECE // 4
            piece = text[start:end]
            start = end
            if not piece.isascii() or (frame and frame in piece):
                spelled = codes.spell(piece)
                if melting and _MELTS_BYTE in spelled:
                    spelled = codes.spell(folding.fold(piece, caseless)).replace(_MELTS_BYTE, b"")
                pieces.append(spelled)
            else:
                pieces.append(piece.lower().encode() if caseless else piece.encode())
        return b"".join(pieces)

    def narrow(self, spelled: bytes) -> bytes:
        """The same text as if nobody asked for single characters."""
        return spelled.translate(*_narrowing(self.reading))

    def characters(self, spelled: bytes) -> int:
        """How many characters a spelling has."""
        frame = self._layout.frame.encode()
        return len(spelled.translate(None, _narrowing(self.reading)[1] + frame))

    def write(self, chars: CharSet) -> str | None:
        """A set, for texts that this alphabet spelled."""
        if chars not in self._written:
            ranges = _asked(chars, self.reading)
            asked = self._of_set[ranges] if ranges else []
            units = {unit for kind, units in self._of_kind.items() if kind & chars.kinds for unit in units}
            units = units.difference(asked) if chars.negated else units.union(asked)
            own = chars.ascii & ~charset.UPPER_ASCII if self.reading.fold else chars.ascii
            if self._layout.frame and own >> _LOW_LINE & 1:
                own ^= 1 << _LOW_LINE
                units.add(_FRAMED_LOW_LINE.encode("latin-1"))
            self._written[chars] = byte_class((code for code in range(128) if own >> code & 1), units)
        return self._written[chars]
