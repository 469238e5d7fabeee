"""Writes a tree as a regex over bytes, in the few words that all engines understand alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from policyroute.scan.charset import CharSet
from policyroute.scan.tree import Alt, At, Chars, Node, Place, Rep

Spell = Callable[[CharSet], str | None]
"""How one character of a set is written, as something a repeat may follow; None if no text can have it."""

LAST: Final = "(?:\\n?\\z)"
_PLACES: Final[dict[Place, str]] = {
    "start": "\\A",
    "end": "\\z",
    "line_start": "(?m:^)",
    "line_end": "(?m:$)",
    "edge": "\\b",
    "no_edge": "\\B",
    "ascii_edge": "\\b",
    "no_ascii_edge": "\\B",
}


def _escaped(byte: int, also: str) -> str:
    char = chr(byte)
    return char if char.isascii() and (char.isalnum() or char in also) else f"\\x{byte:02x}"


_BYTES: Final = tuple(_escaped(byte, " _-,:;@") for byte in range(256))
_IN_CLASS: Final = tuple(_escaped(byte, "") for byte in range(256))


def write(node: Node, spell: Spell, last: str = LAST) -> str | None:
    """The regex of a tree; None if it can match nothing in this spelling. `last` is the end before a final line feed."""
    if isinstance(node, Chars):
        return spell(node.chars)
    if isinstance(node, At):
        return last if node.place == "last" else _PLACES[node.place]
    if isinstance(node, Rep):
        return _repeat(node, write(node.item, spell, last))
    written = [write(item, spell, last) for item in node.items]
    if isinstance(node, Alt):
        found = [item for item in written if item is not None]
        return f"(?:{'|'.join(found)})" if found else None
    parts = [item for item in written if item is not None]
    return "".join(parts) if len(parts) == len(written) else None


def _repeat(node: Rep, item: str | None) -> str | None:
    if item is None:
        return "" if node.low == 0 else None
    if not isinstance(node.item, (Chars, Alt)):
        item = f"(?:{item})"
    bounds = (node.low, node.high)
    if bounds == (1, 1):
        return item
    sign = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get(bounds)
    if sign is None:
        sign = f"{{{node.low}}}" if node.low == node.high else f"{{{node.low},{'' if node.high is None else node.high}}}"
    return item + sign + ("?" if node.lazy else "")


def byte_class(single: Iterable[int], units: Iterable[bytes] = ()) -> str | None:
    """One of some bytes, or one of some units of several bytes; no unit is the beginning of another or of a byte."""
    alternatives = _tails({bytes((byte,)) for byte in single}.union(units))
    if not alternatives:
        return None
    return alternatives[0] if len(alternatives) == 1 and _is_atom(alternatives[0]) else f"(?:{'|'.join(alternatives)})"


def _is_atom(written: str) -> bool:
    return written.find("]") == len(written) - 1 if written[0] == "[" else written in _BYTES


def _tails(units: set[bytes]) -> list[str]:
    """The alternatives of a set of byte strings, first bytes that the same strings follow taken together."""
    rests: dict[int, set[bytes]] = {}
    for unit in units:
        rests.setdefault(unit[0], set()).add(unit[1:])
    firsts: dict[frozenset[bytes], list[int]] = {}
    for first in sorted(rests):
        firsts.setdefault(frozenset(rests[first]), []).append(first)
    written = []
    for rest, heads in firsts.items():
        head = _one_of(heads)
        longer = _tails({tail for tail in rest if tail})
        follows = "" if not longer else longer[0] if len(longer) == 1 else f"(?:{'|'.join(longer)})"
        written.append(head + follows)
    return written


def _one_of(codes: list[int]) -> str:
    if len(codes) == 1:
        return _BYTES[codes[0]]
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "[" + "".join(_IN_CLASS[a] if a == b else f"{_IN_CLASS[a]}-{_IN_CLASS[b]}" for a, b in runs) + "]"
