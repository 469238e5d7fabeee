"""Hyperscan (Vectorscan): the fast engine, where its wheel exists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyroute.scan.engines.engine import Entry, PatternSet, ScanFailed
from policyroute.scan.engines.re2_set import Re2Set

try:
    import hyperscan
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True

_CANARY: Final = b"\x01canary\x02"


class HyperscanSet:
    """Entries in one database; those that Hyperscan does not take are left to RE2."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        kept, refused = list(entries), []
        try:
            self._database = _compile([*(entry.regex for entry in kept), _CANARY.decode()])
        except hyperscan.error:
            refused = _refused(entries)
            kept = [entry for entry in entries if entry not in refused]
            self._database = _compile([*(entry.regex for entry in kept), _CANARY.decode()])
        self._bits = tuple(1 << entry.pattern for entry in kept)
        self._rest: PatternSet | None = Re2Set(refused) if refused else None
        # A scan needs memory that no other scan uses at the time. Lists are pushed and popped atomically, so threads take
        # from this one, and after a fork a child has its own; what another thread held at that moment is just not in it.
        self._scratch = [self._database.scratch.clone()]
        if len(kept) not in self._found(_CANARY):
            raise ScanFailed("Hyperscan does not find what is there")

    def _found(self, spelled: bytes) -> list[int]:
        found: list[int] = []
        try:
            scratch = self._scratch.pop()
        except IndexError:
            scratch = self._database.scratch.clone()
        try:
            self._database.scan(spelled, _note, 0, found, scratch)
        except hyperscan.error as error:
            raise ScanFailed("Hyperscan failed") from error
        self._scratch.append(scratch)
        return found

    def scan(self, spelled: bytes) -> int:
        """Bit i is set where an entry of pattern i matches; raises `ScanFailed`."""
        bits = 0 if self._rest is None else self._rest.scan(spelled)
        for place in self._found(spelled):
            bits |= self._bits[place]
        return bits


def _note(place: int, _start: int, _end: int, _flags: int, found: object) -> None:
    assert isinstance(found, list)
    found.append(place)


def _compile(regexes: Sequence[str]) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=[regex.encode("ascii") for regex in regexes], flags=hyperscan.HS_FLAG_SINGLEMATCH)
    return database


def _refused(entries: Sequence[Entry]) -> list[Entry]:
    """The entries that Hyperscan does not take: anchors in odd places, automata too large for it."""
    if not entries:
        return []
    try:
        _compile([entry.regex for entry in entries])
    except hyperscan.error:
        half = len(entries) // 2
        return _refused(entries[:half]) + _refused(entries[half:]) if half else list(entries)
    return []
