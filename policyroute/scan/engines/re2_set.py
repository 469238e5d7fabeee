"""RE2: runs everywhere, and finds where a single pattern matches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import re2

from policyroute.scan.engines.engine import Entry, ScanFailed

_ENTRIES_A_SET: Final = 250
_SET_BYTES: Final = 16 << 20
_SINGLE_BYTES: Final = 16 << 20
# Matches every text. A set that ran out of memory answers like one that found nothing: without this it is not believed.
_CANARY: Final = b""


def _options(max_bytes: int) -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = max_bytes
    return options


def compile_one(regex: str) -> re2._Regexp:
    """A single regex over bytes."""
    try:
        return re2.compile(regex.encode("ascii"), _options(_SINGLE_BYTES))
    except re2.error as error:
        raise ScanFailed("RE2 did not compile a pattern that passed the checks") from error


class Re2Set:
    """Entries in sets small enough that what a hostile text makes each of them remember stays bounded."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        parts = (entries[at : at + _ENTRIES_A_SET] for at in range(0, len(entries), _ENTRIES_A_SET))
        self._sets = [compiled for part in parts for compiled in _compile(part)]

    def scan(self, spelled: bytes) -> int:
        """Bit i is set where an entry of pattern i matches; raises `ScanFailed`."""
        bits = 0
        for compiled, found_bits in self._sets:
            found = compiled.Match(spelled)
            if not found or 0 not in found:
                raise ScanFailed("RE2 ran out of memory")
            for place in found:
                bits |= found_bits[place]
        return bits


def _compile(entries: Sequence[Entry]) -> list[tuple[re2.Set, tuple[int, ...]]]:
    """One set, or several where one does not fit into its memory."""
    compiled = re2.Set.SearchSet(_options(_SET_BYTES))
    compiled.Add(_CANARY)
    for entry in entries:
        compiled.Add(entry.regex.encode("ascii"))
    try:
        compiled.Compile()
    except re2.error as error:
        half = len(entries) // 2
        if not half:
            raise ScanFailed("RE2 did not compile a pattern that passed the checks") from error
        return _compile(entries[:half]) + _compile(entries[half:])
    return [(compiled, (0, *(1 << entry.pattern for entry in entries)))]
