"""The kind of every character there is, as one table."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Final

from policyroute.scan import charset, folding
from policyroute.scan.charset import DIGIT, OTHER, SPACE, WORD
from policyroute.scan.pattern import Words

# Codes that no character of ASCII has; those stand for themselves, and are asked for only where they are word characters.
CODES: Final = {SPACE: "\x80", OTHER: "\x81", WORD: "\x82", DIGIT: "\x83"}
KINDS: Final = {**dict.fromkeys(map(chr, range(128)), WORD), **{code: kind for kind, code in CODES.items()}}
"""The kind by its code."""

TOP: Final = 0x40000
"""Python knows no letter, digit or space from here on; a test looks."""


@functools.cache
def kind_table(words: Words) -> str:
    """The code of the kind of every character below `TOP`, by its number. Words of spaced scripts have their marks in them."""
    everything = charset.every_character(TOP >> 16)
    table = bytearray(CODES[OTHER].encode("latin-1")) * TOP

    def mark(kind: int, runs: Iterable[tuple[int, int]]) -> None:
        for start, end in runs:
            table[start:end] = CODES[kind].encode("latin-1") * (end - start)

    mark(WORD, (run.span() for run in re.finditer(r"\w+", everything)))
    mark(DIGIT, (run.span() for run in re.finditer(r"\d+", everything)))
    mark(SPACE, (run.span() for run in re.finditer(r"\s+", everything)))
    if words == "spaced":
        mark(WORD, ((low, high + 1) for low, high in folding.marks() if high < TOP))
        mark(OTHER, ((low, high + 1) for low, high in folding.UNSPACED))
    table[:128] = bytes(range(128))
    return table.decode("latin-1")


def runs_of(kind: int, words: Words) -> Iterable[tuple[int, int]]:
    """Where in the table a kind begins and ends."""
    return (run.span() for run in re.finditer(f"{CODES[kind]}+", kind_table(words)))
