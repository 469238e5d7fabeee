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
from policyroute.scan.kinds import CODES, KINDS, kind_table, runs_of
from policyroute.scan.pattern import Question, Reading, Words
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
    silent: bytes
    """Bytes that never begin what stands for a character."""
    frame: str = ""


def _bytes(start: int, stop: int) -> str:
    return bytes(range(start, stop)).decode("latin-1")


_HIGH: Final = _bytes(0xA8, 0x100)
_AS_BYTES: Final = _Layout(
    {SPACE: "\x80", OTHER: "\x81", WORD: "\x82", DIGIT: "\x83"},
    {SPACE: _bytes(0x84, 0x88), OTHER: _bytes(0x88, 0x98), WORD: _bytes(0x98, 0xA4), DIGIT: _bytes(0xA4, 0xA8)},
    _HIGH,
    _HIGH,
    _HIGH.encode("latin-1"),
)
_AS_LETTERS: Final = _AS_BYTES._replace(
    plain={**_AS_BYTES.plain, WORD: "W", DIGIT: "D"},
    leads={**_AS_BYTES.leads, WORD: "ABCEFGHIJKL", DIGIT: "M"},
    word_tails="NOPQRSTUVXYZ",
    silent=(_HIGH + "NOPQRSTUVXYZ").encode("latin-1"),
)
_FRAMED: Final = _AS_BYTES._replace(frame="_", silent=(_HIGH + "_").encode("latin-1"))
_LOW_LINE: Final[Ranges] = ((0x5F, 0x5F),)


def _layout(reading: Reading) -> _Layout:
    if reading.words == "ascii":
        return _AS_BYTES
    return _AS_LETTERS if reading.fold else _FRAMED


def _narrowing() -> bytes:
    table = bytearray(range(256))
    for layout in (_AS_BYTES, _AS_LETTERS):
        for kind, leads in layout.leads.items():
            for lead in leads:
                table[ord(lead)] = ord(layout.plain[kind])
    return bytes(table)


_NARROW: Final = _narrowing()


def narrow(spelled: bytes) -> bytes:
    """The spelling in lower case as if nobody asked for single characters: one byte for each."""
    return spelled.translate(_NARROW, _AS_LETTERS.silent)


@functools.lru_cache(maxsize=4096)
def write_ascii(chars: CharSet) -> str | None:
    """A set, for ASCII texts handed over as they are."""
    return byte_class(code for code in range(128) if chars.ascii >> code & 1)


@functools.lru_cache(maxsize=4096)
def write_narrow(chars: CharSet, words: Words) -> str | None:
    """A set, for texts in lower case and without units. Where it asks for single characters, only the rest of it."""
    reading = Reading(True, words)
    lower = chars.ascii & ~charset.UPPER_ASCII
    kinds = 0 if chars.negated and _asked(chars, reading) else chars.kinds
    of_kinds = (ord(code) for kind, code in _layout(reading).plain.items() if kind & kinds)
    return byte_class((*(code for code in range(128) if lower >> code & 1), *of_kinds))


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
    """Whether a pattern can be answered only where single characters have units."""
    return not question.reading.fold or any(sets_of(question))


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
        leads, is_word = layout.leads[kind], kind in (WORD, DIGIT)
        tails, frame = (layout.word_tails, layout.frame) if is_word else (layout.tails, "")
        more = next(more for more in itertools.count() if len(leads) * len(tails) ** more >= len(members))
        spellings = itertools.product(leads, *[tails] * more)
        units.update((symbol, frame + "".join(unit) + frame) for symbol, unit in zip(members, spellings, strict=False))
    return units


@functools.cache
def _plain_codes(reading: Reading) -> Sequence[str]:
    """How every character is spelled when nobody asks for one."""
    layout = _layout(reading)
    kinds = kind_table(reading.words)
    if layout.frame:
        framed = list(kinds)
        for kind in (WORD, DIGIT):
            for start, end in runs_of(kind, reading.words):
                framed[start:end] = [f"{layout.frame}{layout.plain[kind]}{layout.frame}"] * (end - start)
        return framed
    recoded = bytearray(range(256))
    for kind, code in CODES.items():
        recoded[ord(code)] = ord(layout.plain[kind])
    table = bytearray(kinds.encode("latin-1").translate(recoded))
    if reading.fold:
        table[:128] = table[:128].lower()
    for twin, letter in charset.TWINS.items() if reading.fold and reading.words == "unicode" else ():
        table[twin] = letter
    return table.decode("latin-1")


class Alphabet:
    """The spelling of texts for the patterns of one reading; `asked` are the sets of characters that they ask for."""

    def __init__(self, reading: Reading, asked: Iterable[Ranges] = ()) -> None:
        self.reading = reading
        self._layout = _layout(reading)
        own = [_LOW_LINE] if self._layout.frame else []
        sets = [*own, *sorted(set(asked))]
        self._codes = _plain_codes(reading)
        self._of_kind = {kind: [self._encode(kind, code)] for kind, code in self._layout.plain.items()}
        self._of_set: dict[Ranges, list[bytes]] = {ranges: [] for ranges in sets}
        self._written: dict[CharSet, str | None] = {}
        if sets:
            self._learn(sets)

    def _encode(self, kind: int, code: str) -> bytes:
        frame = self._layout.frame if kind in (WORD, DIGIT) else ""
        return f"{frame}{code}{frame}".encode("latin-1")

    def _learn(self, sets: Sequence[Ranges]) -> None:
        found = list(_symbols(sets, kind_table(self.reading.words)))
        units = _units((symbol for _, _, symbol in found), self._layout)
        codes = list(self._codes)
        for low, end, symbol in found:
            codes[low:end] = [units[symbol]] * (end - low)
        self._codes = codes
        for (kind, members), unit in units.items():
            spelled = unit.encode("latin-1")
            for member in members:
                self._of_set[sets[member]].append(spelled)
            if _LOW_LINE not in [sets[member] for member in members]:
                self._of_kind[kind].append(spelled)

    def spell(self, text: str) -> bytes:
        """The text in bytes."""
        caseless, folds = self.reading.fold, self.reading.words == "spaced"
        if caseless and text.isascii():
            return text.lower().encode()
        pieces: list[str] = []
        start, size = 0, len(text)
        while start < size:
            # Before a character of ASCII a text may be cut: nothing melts into one.
            end = start + _PIECE
            while folds and end < size and not text[end].isascii():
                end += _PIECE
            piece = text[start:end]
            start = end
            if folds:
                piece = folding.fold(piece, caseless)
            if not piece.isascii() or (self._layout.frame in piece and self._layout.frame):
                piece = piece.translate(self._codes)
            elif caseless:
                piece = piece.lower()
            pieces.append(piece)
        return "".join(pieces).encode("latin-1")

    def characters(self, spelled: bytes) -> int:
        """How many characters a spelling has."""
        return len(spelled.translate(None, self._layout.silent))

    def write(self, chars: CharSet) -> str | None:
        """A set, for texts that this alphabet spelled."""
        if chars not in self._written:
            ranges = _asked(chars, self.reading)
            asked = self._of_set[ranges] if ranges else []
            units = {unit for kind, units in self._of_kind.items() if kind & chars.kinds for unit in units}
            units = units.difference(asked) if chars.negated else units.union(asked)
            own = chars.ascii
            if self._layout.frame and own >> 0x5F & 1:
                own ^= 1 << 0x5F
                units.update(self._of_set[_LOW_LINE])
            if self.reading.fold:
                own &= ~charset.UPPER_ASCII
            self._written[chars] = byte_class((code for code in range(128) if own >> code & 1), units)
        return self._written[chars]
