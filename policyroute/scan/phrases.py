"""Plain strings, thousands of them, looked for at once: far cheaper to compile and to scan than patterns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from policyroute.scan.engines.engine import Entry, ScanFailed
from policyroute.scan.engines.hyperscan_set import Compiled, usable
from policyroute.scan.engines.re2_set import Re2Set

__all__ = ["Phrases", "ScanFailed"]


class _Compiled(Protocol):
    def find(self, text: bytes) -> int: ...


class Phrases:
    """Byte strings, each with bits that say it is there. Frozen; compiled when first used."""

    def __init__(self, literals: Iterable[tuple[bytes, int]], *, engine: str = "auto") -> None:
        masks: dict[bytes, int] = {}
        for literal, mask in literals:
            masks[literal] = masks.get(literal, 0) | mask
        if b"" in masks or any(b"\0" in literal for literal in masks):
            raise ValueError("an empty string is everywhere, and Hyperscan's binding ends strings at a zero byte")
        self._by_mask: dict[int, list[bytes]] = {}
        for literal in sorted(masks):
            kept = self._by_mask.setdefault(masks[literal], [])
            if not kept or not literal.startswith(kept[-1]):  # what begins with another says nothing more
                kept.append(literal)
        if engine == "auto":
            engine = "hyperscan" if usable() else "re2"
        self.engine = engine
        self._compiled: _Compiled | None = None

    def warm(self) -> None:
        """Compile now what else the first search would."""
        # As in `Scanner`: threads that come here at once do the same work twice, and either result will do.
        if self._compiled is None:
            self._compiled = _Literals(self._by_mask) if self.engine == "hyperscan" else _Alternations(self._by_mask)

    def find(self, text: bytes) -> int:
        """The bits of all strings that are in the text; raises `ScanFailed`."""
        if self._compiled is None:
            self.warm()
        assert self._compiled is not None
        return self._compiled.find(text)


class _Literals:
    """Hyperscan's own search for literals."""

    def __init__(self, by_mask: dict[int, list[bytes]]) -> None:
        self._compiled = Compiled([literal for some in by_mask.values() for literal in some], literal=True)
        self._masks = (*(mask for mask, some in by_mask.items() for _ in some), 0)

    def find(self, text: bytes) -> int:
        bits = 0
        masks = self._masks
        for place in self._compiled.found(text):
            bits |= masks[place]
        return bits


class _Alternations:
    """The same by RE2: all strings of one mask are one regex."""

    def __init__(self, by_mask: dict[int, list[bytes]]) -> None:
        self._masks = tuple(by_mask)
        self._set = Re2Set([Entry(place, "|".join(map(_quoted, by_mask[mask]))) for place, mask in enumerate(by_mask)])

    def find(self, text: bytes) -> int:
        places = self._set.scan(text)
        bits = 0
        while places:
            low = places & -places
            places ^= low
            bits |= self._masks[low.bit_length() - 1]
        return bits


def _quoted(literal: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in literal)
