"""What every engine can do."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class ScanFailed(Exception):
    """The engine failed inside: every pattern is unknown, none is `not there`."""


class Entry(NamedTuple):
    """A regex over bytes, and the pattern that is found where it matches."""

    pattern: int
    regex: str
    loose: bool = False
    """It has no letters by which an engine could look for it."""


class PatternSet(Protocol):
    """Many regexes, compiled."""

    def scan(self, spelled: bytes) -> int:
        """Bit i is set where an entry of pattern i matches; raises `ScanFailed`."""
