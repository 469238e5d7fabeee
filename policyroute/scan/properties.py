"""Named sets of characters: `\\p{Greek}` and `[:alpha:]`. The engine's own Unicode tables answer, so both always agree."""

from __future__ import annotations

import functools
import re

import re2

from policyroute.scan import charset
from policyroute.scan.charset import DIGIT, SPACE, WORD, CharSet


def mask_of(characters: str) -> int:
    """The bit mask of some ASCII characters."""
    return sum(1 << ord(char) for char in set(characters))


_DIGITS = "0123456789"
_ALNUM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + _DIGITS
_PUNCT = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
WORDS = CharSet(mask_of(_ALNUM + "_"), WORD | DIGIT)
DIGITS = CharSet(mask_of(_DIGITS), DIGIT)
SPACES = CharSet(mask_of("\t\n\v\f\r\x1c\x1d\x1e\x1f "), SPACE)
ASCII_WORDS = CharSet(WORDS.ascii)
ASCII_DIGITS = CharSet(DIGITS.ascii)
ASCII_SPACES = CharSet(mask_of("\t\n\v\f\r "))

# Which parts of Unicode, and which ASCII besides, a POSIX class means.
_POSIX: dict[str, tuple[tuple[str, ...], str]] = {
    "alpha": (("L",), ""),
    "blank": (("Zs",), "\t"),
    "cntrl": (("Cc",), ""),
    "graph": (("L", "M", "N", "P", "S"), ""),
    "lower": (("Ll",), ""),
    "print": (("L", "M", "N", "P", "S", "Zs"), ""),
    "punct": (("P",), _PUNCT),
    "upper": (("Lu",), ""),
}
_POSIX_SETS: dict[str, CharSet] = {
    "alnum": CharSet(mask_of(_ALNUM), WORD | DIGIT),
    "ascii": CharSet(charset.ALL_ASCII),
    "digit": DIGITS,
    "space": SPACES,
    "word": WORDS,
    "xdigit": CharSet(mask_of(_DIGITS + "abcdefABCDEF")),
}


def posix(name: str) -> CharSet | None:
    """The set of `[:name:]`, or None."""
    if name in _POSIX:
        parts, more = _POSIX[name]
        ranges = [pair for part in parts for pair in _runs(part)]
        return charset.from_ranges([*ranges, *((ord(char), ord(char)) for char in more)])
    return _POSIX_SETS.get(name)


def named(name: str) -> CharSet | None:
    """The set of `\\p{name}`, a category or a script, or None."""
    if not re.fullmatch(r"[A-Za-z_]+", name):
        return None
    runs = _runs(name)
    return charset.from_ranges(runs) if runs else None


@functools.lru_cache(maxsize=64)
def _runs(name: str) -> charset.Ranges:
    """Ask the engine for the runs of a property in the text of all characters."""
    options = re2.Options()
    options.log_errors = False
    try:
        runs = re2.compile(rf"\p{{{name}}}+", options)
    except re2.error:
        return ()
    everything = charset.every_character(17).encode(errors="ignore")
    found = (match.group().decode() for match in runs.finditer(everything))
    return tuple((ord(run[0]), ord(run[-1])) for run in found)
