"""How keywords are compared: after NFKC and casefold, without the characters that nobody sees.

The mapping is Unicode's NFKC_Casefold, with one bound: of more than thirty combining marks in a row thirty are read,
because putting a run of them in order takes quadratic time and no writing has so many.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from bisect import bisect_right
from typing import Final

from policyroute.scan import charset

_MOST_MARKS: Final = 30
# What Unicode calls default ignorable.
_INVISIBLE: Final[charset.Ranges] = (
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F)),
    *((0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0)),
    *((0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)
# Vowels and finals of Hangul, and the voicing marks of half-width kana.
_JOINING: Final[charset.Ranges] = ((0x1161, 0x11FF), (0xFF9E, 0xFF9F))
# Scripts that put no spaces between words: Thai, Lao, Tibetan, Myanmar, Khmer, Tai, Balinese, Javanese, kana, Han, Yi.
UNSPACED: Final[charset.Ranges] = (
    *((0xE00, 0xEFF), (0xF00, 0xFFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1950, 0x19FF), (0x1A20, 0x1AAF), (0x1B00, 0x1B7F)),
    *((0x2E80, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xA4CF)),
    *((0xA980, 0xA9DF), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F), (0xAA80, 0xAADF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F)),
    *((0x16FE0, 0x18DFF), (0x1AFF0, 0x1B16F), (0x20000, 0x3FFFF)),
)


def fold(text: str, caseless: bool = True) -> str:
    """NFKC, casefold where case does not matter, and no invisible characters."""
    if text.isascii():
        return text.lower() if caseless else text
    seen = _runs_of_marks().sub(lambda run: run[0][:_MOST_MARKS], text.translate(_removal()))
    return _mapped(seen, caseless)


def _mapped(text: str, caseless: bool) -> str:
    composed = unicodedata.normalize("NFKC", text)
    return unicodedata.normalize("NFKC", composed.casefold()) if caseless else composed


def is_spaced(char: str) -> bool:
    """Whether a character is part of words that are set off by spaces."""
    if char.isascii():
        return char.isalnum() or char == "_"
    return (char.isalnum() or unicodedata.category(char)[0] == "M") and not charset.holds(UNSPACED, ord(char))


class Unfolding:
    """Finds the places of a folded text in the text as it was."""

    def __init__(self, text: str, caseless: bool) -> None:
        self._length = len(text)
        self._folded: list[int] = []
        self._original: list[int] = []
        pieces = []
        at = 0
        for cluster in _clusters().finditer(text):
            pieces.append(fold(cluster[0], caseless))
            self._folded.append(at)
            self._original.append(cluster.start())
            at += len(pieces[-1])
        self._folded.append(at)
        self._original.append(len(text))
        self._exact = "".join(pieces) == fold(text, caseless)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The characters that became those of a span; all there are, if the text does not fold piece by piece."""
        if not self._exact:
            return 0, self._length
        first = bisect_right(self._folded, start) - 1
        last = bisect_right(self._folded, end - 1) - 1
        low, high = self._original[first], self._original[last + 1]
        if self._is_plain(first):
            low += start - self._folded[first]
        if self._is_plain(last):
            high -= self._folded[last + 1] - end
        return low, high

    def _is_plain(self, piece: int) -> bool:
        # A run of ASCII has as many characters as before. So may another cluster, but then it has one.
        return self._folded[piece + 1] - self._folded[piece] == self._original[piece + 1] - self._original[piece]


@functools.cache
def _clusters() -> re.Pattern[str]:
    """A run of ASCII, or a character with all that may melt into it."""
    unseen = "".join(map(chr, melting()))
    return re.compile(f"[\\0-\\x7f]+(?=[\\0-\\x7f]|\\Z)|.[{unseen}]*", re.DOTALL)


@functools.cache
def melting() -> tuple[int, ...]:
    """Characters that may become one with the character before them, or nothing at all."""
    ranges = charset.merged((*marks(), *_JOINING, *_INVISIBLE))
    return tuple(code for low, high in ranges for code in range(low, high + 1))


@functools.cache
def marks() -> charset.Ranges:
    """The combining marks."""
    kinds = "".join(map(unicodedata.category, charset.every_character(2)))[::2]
    found = ((run.start(), run.end() - 1) for run in re.finditer("M+", kinds))
    return (*found, (0xE0100, 0xE01EF))


def invisible() -> tuple[int, ...]:
    """The characters that nobody sees."""
    return tuple(code for low, high in _INVISIBLE for code in range(low, high + 1))


@functools.cache
def _removal() -> dict[int, None]:
    return dict.fromkeys(invisible())


@functools.cache
def changed(caseless: bool) -> tuple[tuple[int, str], ...]:
    """The characters that are another, or several, when folded."""
    everything = charset.every_character(4)
    found: list[tuple[int, str]] = []
    for start in range(128, len(everything), 64):
        block = everything[start : start + 64]
        if not unicodedata.is_normalized("NFKC", block) or (caseless and block.casefold() != block):
            found.extend((code, folded) for code, char in enumerate(block, start) if (folded := _mapped(char, caseless)) != char)
    return tuple(found)


@functools.cache
def _runs_of_marks() -> re.Pattern[str]:
    members = "".join(f"{chr(low)}-{chr(high)}" for low, high in marks())
    return re.compile(f"[{members}]{{{_MOST_MARKS + 1},}}")
