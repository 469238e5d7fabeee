"""Sets of characters, as the author of a pattern means them: Unicode, and folded where case does not matter.

A set answers for ASCII with a bit mask and for everything else with the kinds it takes in whole (letters, digits, white
space, the rest) plus or minus ranges of single characters. Most patterns need kinds only, and those cost nothing.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

Ranges = tuple[tuple[int, int], ...]
"""Sorted, disjoint, both ends included, nothing below 128."""

WORD: Final = 1
DIGIT: Final = 2
SPACE: Final = 4
OTHER: Final = 8
ALL_KINDS: Final = 15
ALL_ASCII: Final = (1 << 128) - 1
LAST: Final = 0x10FFFF
UPPER_ASCII: Final = ((1 << 26) - 1) << 0x41
LOWER_ASCII: Final = UPPER_ASCII << 32
TWINS: Final[Mapping[int, int]] = {0x130: 0x69, 0x131: 0x69, 0x17F: 0x73, 0x212A: 0x6B}
"""Characters outside ASCII that fold to an ASCII letter: dotted and dotless i, long s, kelvin."""


class CharSet(NamedTuple):
    """`kinds` plus `ranges`, or, when `negated`, `kinds` minus `ranges`; `ascii` answers alone below 128."""

    ascii: int
    kinds: int = 0
    ranges: Ranges = ()
    negated: bool = False

    def __contains__(self, code: object) -> bool:
        if not isinstance(code, int):
            return False
        if code < 128:
            return bool(self.ascii >> code & 1)
        inside = holds(self.ranges, code)
        of_kind = bool(self.kinds & kind_of(code))
        return of_kind and not inside if self.negated else of_kind or inside


ANY: Final = CharSet(ALL_ASCII, ALL_KINDS)
NOTHING: Final = CharSet(0)


def kind_of(code: int) -> int:
    """What `\\w`, `\\d` and `\\s` say of a character."""
    char = chr(code)
    if char.isdecimal():
        return DIGIT
    if char.isalnum():
        return WORD
    return SPACE if char.isspace() else OTHER


def holds(ranges: Ranges, code: int) -> bool:
    """Whether a range has the character."""
    place = bisect_right(ranges, (code, LAST + 1)) - 1
    return place >= 0 and ranges[place][1] >= code


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same characters as sorted, disjoint ranges."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def gaps(ranges: Ranges) -> Ranges:
    """All characters from 128 on that no range has."""
    lows = [128, *(high + 1 for _, high in ranges)]
    highs = [*(low - 1 for low, _ in ranges), LAST]
    return tuple((low, high) for low, high in zip(lows, highs, strict=True) if low <= high)


def without(ranges: Ranges, codes: Iterable[int]) -> Ranges:
    """The ranges less a few single characters."""
    for code in codes:
        if holds(ranges, code):
            parts = [(a, b) for a, b in ranges if not a <= code <= b]
            low, high = next((a, b) for a, b in ranges if a <= code <= b)
            ranges = merged([*parts, *((a, b) for a, b in ((low, code - 1), (code + 1, high)) if a <= b)])
    return ranges


def from_ranges(ranges: Iterable[tuple[int, int]], kinds: int = 0) -> CharSet:
    """The set of the kinds' non-ASCII characters and of all characters of the ranges."""
    mask = 0
    wide: list[tuple[int, int]] = []
    for low, high in ranges:
        if low < 128:
            mask |= (1 << min(high, 127) + 1) - (1 << low)
        if high >= 128:
            wide.append((max(low, 128), high))
    return tidy(CharSet(mask, kinds, merged(wide)))


def tidy(chars: CharSet) -> CharSet:
    """The same set, without the ranges that its kinds make needless."""
    if not chars.ranges:
        return chars._replace(negated=False)
    if chars.ranges == ((128, LAST),):
        return CharSet(chars.ascii, 0 if chars.negated else ALL_KINDS)
    if sum(high - low + 1 for low, high in chars.ranges) > 512:
        return chars
    single = [code for low, high in chars.ranges for code in range(low, high + 1)]
    kept = merged((code, code) for code in single if bool(kind_of(code) & chars.kinds) == chars.negated)
    return chars._replace(ranges=kept, negated=chars.negated and bool(kept))


def complement(chars: CharSet) -> CharSet:
    """Every character that is not in the set."""
    negated = bool(chars.ranges) and not chars.negated
    return CharSet(chars.ascii ^ ALL_ASCII, chars.kinds ^ ALL_KINDS, chars.ranges, negated)


@functools.lru_cache(maxsize=4096)
def caseless(chars: CharSet, ascii_only: bool = False) -> CharSet:
    """A positive set with every other case of its characters, as `re.IGNORECASE` pairs them."""
    letters = (chars.ascii & UPPER_ASCII) << 32 | (chars.ascii & LOWER_ASCII) >> 32
    mask = chars.ascii | letters
    if ascii_only:
        return chars._replace(ascii=mask)
    more = [(twin, twin) for twin, letter in TWINS.items() if mask >> letter & 1]
    if chars.ranges:
        more.extend((other, other) for others in _cases_in(chars.ranges) for other in others)
    if not more:
        return chars._replace(ascii=mask)
    closed = from_ranges([*chars.ranges, *more], chars.kinds)
    return closed._replace(ascii=closed.ascii | mask | _both_cases(closed.ascii))


def _cases_in(ranges: Ranges) -> Iterator[tuple[int, ...]]:
    cases = _cases()
    if sum(high - low for low, high in ranges) < 512:
        return (cases[code] for low, high in ranges for code in range(low, high + 1) if code in cases)
    return (others for code, others in cases.items() if holds(ranges, code))


def _both_cases(mask: int) -> int:
    return mask | (mask & UPPER_ASCII) << 32 | (mask & LOWER_ASCII) >> 32


def every_character(planes: int) -> str:
    """All characters of the first planes, surrogates too, each at the place of its number."""
    codes = bytearray(4 * 0x10000 * planes)
    codes[0::4] = bytes(range(256)) * (256 * planes)
    codes[1::4] = b"".join(bytes((byte,)) * 256 for byte in range(256)) * planes
    codes[2::4] = b"".join(bytes((plane,)) * 0x10000 for plane in range(planes))
    return codes.decode("utf-32-le", "surrogatepass")


# Where Unicode keeps its cased letters; a test compares the result with all of `re`.
_CASED: Final = (
    *((0x80, 0x12F), (0x131, 0x3A2), (0x3A4, 0x58F), (0x10A0, 0x10FF), (0x13A0, 0x13FF), (0x1C80, 0x218F), (0x24B6, 0x24E9)),
    *((0x2C00, 0x2D2F), (0xA640, 0xABBF), (0xFB00, 0xFB17), (0xFF21, 0xFF5A), (0x10400, 0x105FF), (0x10C80, 0x10D8F)),
    *((0x118A0, 0x118DF), (0x16E40, 0x16EDF), (0x1E900, 0x1E943)),
)


@functools.cache
def _cases() -> Mapping[int, tuple[int, ...]]:
    """Each cased character outside ASCII, and all that it is equal to when case does not matter."""
    # Dotted capital I lowers to two characters and capital sigma by its place in a word: both are added by hand.
    plain = "".join(chr(code) for low, high in _CASED for code in range(low, high + 1))
    families: dict[int, set[int]] = {0x3C3: {0x3C3, 0x3A3}, 0x69: {0x69, 0x130}}
    for char, low_char in zip(plain, plain.lower(), strict=True):
        if char != low_char:
            families.setdefault(ord(low_char), {ord(low_char)}).add(ord(char))
    by_upper: dict[str, set[int]] = {}
    for char in plain + "iks":
        if char.islower() and (upper := char.upper()) != char:
            by_upper.setdefault(upper, set()).add(ord(char))
    for lows in by_upper.values():
        if len(lows) > 1:
            family = set[int]().union(*(families.get(low, {low}) for low in lows))
            families.update(dict.fromkeys(lows, family))
    return {code: tuple(sorted(family)) for family in families.values() for code in family if code >= 128}
