"""Hyperscan (Vectorscan): the fast engine, where its wheel exists."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Final

from policyroute.scan.engines.engine import Entry, PatternSet, ScanFailed, while_used
from policyroute.scan.engines.re2_set import Re2Set

# The time to compile entries together grows faster than their number, and soonest where they have no fixed text.
_AT_ONCE: Final = 2000
_LOOSE_AT_ONCE: Final = 16
# Nor does it like a group to be repeated so many times; RE2 does not mind.
_MOST_COPIES: Final = 150
_COPIES: Final = re.compile(r"\)\{(?:\d+,)?(\d+)")
_CANARY: Final = b"\x01canary\x02"


MISSED: Final = (
    (rb"\-_$", tuple(b"x" * size + b"-_" for size in range(14, 70, 5))),
    (rb"cz\b", tuple(b"x" * size + b" cz" for size in range(14, 70, 5))),
    (rb"[0-9]{3}\-", tuple(b"x " * size + b"123-" for size in range(14, 70, 5))),
    (rb"9+\s*9", (b" x-b_0_z zybzbb99zzxx0-az cbbb0  z\x03",)),
    (rb"b+\s*b", (b"a0zcc9 x0xczbz-bb", b"byzz0-ycb--zxb-bb")),
)
"""What versions of Vectorscan, which the wheels are built from, have been seen to miss: 5.4.12 does, on some processors."""


@functools.cache
def _hyperscan() -> ModuleType:
    """The module, when it is first needed: checking a policy scans nothing."""
    return import_module("hyperscan")


@functools.cache
def usable() -> bool:
    """Whether Hyperscan is installed, runs on this processor, and finds what it has been seen to miss."""
    if find_spec("hyperscan") is None:
        return False
    try:
        _Database((), [])
        together = Compiled([expression for expression, _ in MISSED])
        for place, (expression, texts) in enumerate(MISSED):
            alone = Compiled([expression])
            if not all(place in together.found(text) and 0 in alone.found(text) for text in texts):
                return False
    except (ImportError, ScanFailed):
        return False
    return True


class HyperscanSet:
    """Entries in one database, or a few; those that Hyperscan takes badly or not at all are left to RE2."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        refused = [entry for entry in entries if _is_heavy(entry)]
        taken = [entry for entry in entries if not _is_heavy(entry)]
        firm, loose = [entry for entry in taken if not entry.loose], [entry for entry in taken if entry.loose]
        parts = [firm[at : at + _AT_ONCE] for at in range(0, len(firm), _AT_ONCE)] or [[]]
        parts[-1] += loose[:_LOOSE_AT_ONCE]
        parts += [loose[at : at + _LOOSE_AT_ONCE] for at in range(_LOOSE_AT_ONCE, len(loose), _LOOSE_AT_ONCE)]
        self._sets: list[PatternSet] = [_Database(part, refused) for part in parts]
        if refused:
            self._sets.append(Re2Set(refused))

    def scan(self, spelled: bytes) -> int:
        """Bit i is set where an entry of pattern i matches; raises `ScanFailed`."""
        bits = 0
        for part in self._sets:
            bits |= part.scan(spelled)
        return bits


def _is_heavy(entry: Entry) -> bool:
    return any(int(copies) > _MOST_COPIES for copies in _COPIES.findall(entry.regex))


class NotTaken(ScanFailed):
    """Hyperscan does not compile these expressions."""


class Compiled:
    """A database of Hyperscan with the memory that its scans need; raises `NotTaken`."""

    def __init__(self, expressions: Sequence[bytes], *, literal: bool = False) -> None:
        # Each has a number of its own, though several may stand for one thing: shared numbers compile very slowly.
        hyperscan = _hyperscan()
        try:
            self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            self._database.compile(
                expressions=[*expressions, _CANARY],
                ids=[*range(len(expressions) + 1)],
                elements=len(expressions) + 1,
                flags=hyperscan.HS_FLAG_SINGLEMATCH,
                literal=literal,
            )
        except hyperscan.error as error:
            raise NotTaken("Hyperscan does not take this") from error
        self._error: type[Exception] = hyperscan.error
        # A scan needs memory that no other scan uses at the time. Lists are pushed and popped atomically, so threads take
        # from this one, and after a fork a child has its own; what another thread held at that moment is just not in it.
        self._scratch = [self._database.scratch.clone()]
        if len(expressions) not in self.found(_CANARY):
            raise ScanFailed("Hyperscan does not find what is there")

    def found(self, text: bytes) -> list[int]:
        """The numbers of the expressions that are in the text, each once; raises `ScanFailed`."""
        found: list[int] = []
        try:
            scratch = self._scratch.pop()
        except IndexError:
            scratch = self._database.scratch.clone()
        try:
            self._database.scan(text, _note, 0, found, scratch)
        except self._error as error:
            raise ScanFailed("Hyperscan failed") from error
        self._scratch.append(scratch)
        return found


def _note(place: int, _start: int, _end: int, _flags: int, found: object) -> None:
    assert isinstance(found, list)
    found.append(place)


class _Database:
    """One database of Hyperscan, and what its numbers stand for."""

    def __init__(self, entries: Sequence[Entry], refused: list[Entry]) -> None:
        try:
            self._compiled = _compile(entries)
        except NotTaken:
            odd = _refused(entries)
            refused.extend(odd)
            entries = [entry for entry in entries if entry not in odd]
            self._compiled = _compile(entries)
        bits: dict[str, int] = {}
        for entry in entries:
            bits[entry.regex] = bits.get(entry.regex, 0) | 1 << entry.pattern
        self._bits = (*bits.values(), 0)

    def scan(self, spelled: bytes) -> int:
        bits = 0
        for place in self._compiled.found(spelled):
            bits |= self._bits[place]
        return bits


def _compile(entries: Sequence[Entry]) -> Compiled:
    """Each regex once, in the order of the entries. Which pattern it stands for is not compiled, and may be another one later."""
    return _compiled(tuple(dict.fromkeys(entry.regex for entry in entries)))


@while_used
def _compiled(regexes: tuple[str, ...]) -> Compiled:
    return Compiled([regex.encode("ascii") for regex in regexes])


def _refused(entries: Sequence[Entry]) -> list[Entry]:
    """The entries that Hyperscan does not take: anchors in odd places, automata too large for it."""
    if not entries:
        return []
    try:
        _compile(entries)
    except NotTaken:
        half = len(entries) // 2
        return _refused(entries[:half]) + _refused(entries[half:]) if half else list(entries)
    return []
