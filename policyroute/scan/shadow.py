"""What a text hides: the same text as whoever gets it would read it.

A shadow is the text without the characters that nobody sees, with the digits and letters of every script and style that
are those of ASCII in another dress, with look-alike letters in mixed words put right, and with one layer of percent signs,
HTML entities, escapes and base64 undone in place. It is scanned beside the text, never instead of it.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import accumulate
from typing import Final

import re2

from policyroute.scan import charset, folding
from policyroute.scan.engines.engine import Entry
from policyroute.scan.engines.re2_set import Re2Set
from policyroute.scan.pattern import Pattern

# Letters that look like those of ASCII: Cyrillic and Greek ones, and a few of Latin.
_LOOK_ALIKES: Final = dict(
    zip(
        "аеорсухіјѕԁһӏԛԝьгѵАВЕКМНОРСТУХІЈЅԚԜαοριυνκτχγΑΒΕΖΗΙΚΜΝΟΡΤΥΧıɡɑℓ",
        "aeopcyxijsdhlqwbrvABEKMHOPCTYXIJSQWaopiuvktxyABEZHIKMNOPTYXigal",
        strict=True,
    )
)
_SPACES: Final = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
_DASHES: Final = (*range(0x2010, 0x2016), 0x2212, 0x2E3A, 0x2E3B, 0xFE58, 0xFE63, 0xFF0D, 0x30FC)
_DOTS: Final = (0x3002, 0xFF61, 0x2024, 0xFE52)
_KEYCAP: Final = 0x20E3

_ENTITY: Final = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][0-9A-Za-z]{1,30});"
_PERCENT: Final = r"(?:%[0-9A-Fa-f]{2})+"
_ESCAPE: Final = r"(?:\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]{1,6}\}|\\x[0-9A-Fa-f]{2}|\\[nrt])+"
_LEAST_BASE64: Final = 16
_BASE64: Final = r"[0-9A-Za-z+/_-]{16,}(?:\r?\n[0-9A-Za-z+/_-]{2,})*={0,2}"
_GLUED: Final = r"[\"'][ \t]*\+[ \t]*(?:\\?\r?\n[ \t]*)?[\"']"
_CONTROLS: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+"

# One pattern for each of them, alone cheap to look for.
_VEILS: Final = {
    "entity": _ENTITY,
    "percent": _PERCENT,
    "escape": _ESCAPE,
    "glued": _GLUED,
    "controls": _CONTROLS,
    "base64": _BASE64,
}
# For a scan that is made anyway: where it finds nothing in a text of ASCII, there is nothing to unveil.
HINT: Final = Pattern("regex", (r"[%&\\][0-9a-z#]|[0-9a-z+/_-]{16}|[\"'][ \t]*\+|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]",))
_ONE_ESCAPE: Final = re.compile(r"\\u\{([0-9A-Fa-f]+)\}|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\[nrt]")
_READABLE: Final = 0.9
# How far from what is hidden a text has a part in what is found there, and what stands for the rest of it.
_REACH: Final = 512
_FAR: Final = "\n\n"


class Shadow:
    """A text as it is read in the end, and where in the original each stretch of it comes from. Never shown in a repr.

    A stretch answers to its original character by character (`exact`), or as a whole.
    """

    __slots__ = ("_ends", "_exact", "_places", "_shown", "_starts", "text")

    def __init__(self, original: str, veils: re.Pattern[str] | None, odd: re.Pattern[str] | None) -> None:
        self._shown: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._exact: list[bool] = []
        at = 0
        if veils is not None:
            for match in veils.finditer(original):
                shown = _DECODE[match.lastgroup or ""](match[0])
                if shown is not None:
                    self._dress(original, at, match.start(), odd)
                    at = match.end()
                    inner = shown if shown.isascii() else Shadow(shown, None, _odd(True)).text
                    self._add(match.start(), at, inner, False)
        self._dress(original, at, len(original), odd)
        self._places: list[int] | None = None
        self.text: str = "".join(self._shown)

    def near(self) -> Shadow:
        """The same, less what is far from anything that was hidden: that says in the text what it says here."""
        if max(map(len, self._shown), default=0) <= _REACH:
            return self
        kept = [self._kept(place) for place in range(len(self._shown))]
        less = Shadow("", None, None)
        for pieces in kept:
            for start, end, shown, exact in pieces:
                less._add(start, end, shown, exact)
        less.text = "".join(less._shown)
        return less

    def _kept(self, place: int) -> list[tuple[int, int, str, bool]]:
        """A stretch, without its middle where that is long, and without what stands before or after everything hidden."""
        start, end, shown, exact = self._starts[place], self._ends[place], self._shown[place], self._exact[place]
        head = _REACH if place else 0
        tail = _REACH if place + 1 < len(self._shown) else 0
        if not exact or len(shown) <= head + tail + _REACH:
            return [(start, end, shown, exact)]
        before = [(start, start + head, shown[:head], True)] if head else []
        after = [(end - tail, end, shown[-tail:], True)] if tail else []
        return [*before, (start + head, end - tail, _FAR, False), *after]

    def _add(self, start: int, end: int, shown: str, exact: bool) -> None:
        self._shown.append(shown)
        self._starts.append(start)
        self._ends.append(end)
        self._exact.append(exact)

    def _dress(self, text: str, start: int, end: int, odd: re.Pattern[str] | None) -> None:
        """Characters in another dress, and look-alikes beside letters that are Latin."""
        at = start
        if odd is not None:
            table = _dresses()
            for match in odd.finditer(text, start, end):
                run = match[0]
                low, high = match.span()
                if match.lastgroup == "alike":
                    shown, exact = run.translate(_TO_LATIN), True
                    if not (_is_latin(text[low - 1 : low]) or _is_latin(text[high : high + 1])):
                        continue
                elif len(run) == 1:
                    shown = table[ord(run)]
                    exact = len(shown) == 1
                else:
                    shown = run.translate(table)
                    exact = len(shown) == len(run) and all(len(table[ord(char)]) == 1 for char in run)
                if at < low:
                    self._add(at, low, text[at:low], True)
                self._add(low, high, shown, exact)
                at = high
        if at < end:
            self._add(at, end, text[at:end], True)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that a stretch of the shadow stands for."""
        if self._places is None:
            self._places = list(accumulate(map(len, self._shown), initial=0))
        places = self._places
        first = bisect_right(places, start, hi=len(self._shown)) - 1
        last = bisect_right(places, end - 1, hi=len(self._shown)) - 1
        low = self._starts[first] + (start - places[first] if self._exact[first] else 0)
        high = self._starts[last] + end - places[last] if self._exact[last] else self._ends[last]
        return low, high


def unveiled(text: str) -> Shadow | None:
    """The shadow of a text; None where it is the text itself. Linear in the text."""
    veils = _veils().scan(text.encode("utf-8", "replace"))
    odd = None
    if not text.isascii():
        encoded = text.encode("utf-8", "replace")
        if _quick(False).search(encoded) is not None:
            odd = _odd(_quick(True).search(encoded) is not None)
    if not veils and odd is None:
        return None
    shadow = Shadow(text, _unveil(veils) if veils else None, odd)
    return None if shadow.text == text else shadow.near()


def _is_latin(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "@")


@cache
def _veils() -> Re2Set:
    """Which veils there are in a text: one pass over its bytes."""
    return Re2Set([Entry(place, regex) for place, regex in enumerate(_VEILS.values())])


@cache
def _unveil(veils: int) -> re.Pattern[str]:
    """Finds those veils, one bit for each."""
    chosen = [(name, regex) for place, (name, regex) in enumerate(_VEILS.items()) if veils >> place & 1]
    return re.compile("|".join(f"(?P<{name}>{regex})" for name, regex in chosen))


_TO_LATIN: Final = {ord(odd): plain for odd, plain in _LOOK_ALIKES.items()}


@cache
def _dresses() -> dict[int, str]:
    """Every character that is another one of ASCII in a different dress, or that nobody sees."""
    table = {code: plain for code, plain in folding.changed(False) if plain.isascii()}
    table |= {ord(char): str(unicodedata.digit(char)) for char in map(chr, _decimals()) if not char.isascii()}
    table |= dict.fromkeys(folding.invisible(), "") | dict.fromkeys((_KEYCAP, *range(0x80, 0x85), *range(0x86, 0xA0)), "")
    table |= dict.fromkeys(range(0x300, 0x370), "")
    table = {code: plain for code, plain in table.items() if code not in _TO_LATIN}
    return table | dict.fromkeys(_SPACES, " ") | dict.fromkeys(_DASHES, "-") | dict.fromkeys(_DOTS, ".")


def _decimals() -> Iterator[int]:
    everything = charset.every_character(2)
    return (code for code, char in enumerate(everything) if char.isdecimal())


def _members(codes: Iterable[int], written: Callable[[int], str]) -> str:
    ranges = charset.merged((code, code) for code in codes)
    return "".join(written(low) if low == high else f"{written(low)}-{written(high)}" for low, high in ranges)


@cache
def _odd(high: bool) -> re.Pattern[str]:
    """Runs of odd characters, and of look-alikes; those beyond the first plane are slow to look for, and seldom."""
    odd = _members((code for code in _dresses() if high or code < 0x10000), lambda code: re.escape(chr(code)))
    return re.compile(f"[{odd}]+|(?P<alike>[{''.join(_LOOK_ALIKES)}]+)")


@cache
def _quick(high: bool) -> re.Pattern[bytes]:
    """Finds whether there is an odd character, or a look-alike beside a Latin letter: an automaton over bytes."""
    options = re2.Options()
    options.log_errors = False
    odd = _members((code for code in _dresses() if not high or code >= 0x10000), lambda code: rf"\x{{{code:x}}}")
    alike = "".join(_LOOK_ALIKES)
    mixed = "" if high else f"|[0-9A-Za-z@][{alike}]|[{alike}][0-9A-Za-z@]"
    compiled: re.Pattern[bytes] = re2.compile(f"[{odd}]{mixed}".encode(), options)
    return compiled


def _entity(written: str) -> str | None:
    shown = html.unescape(written)
    return None if shown == written else shown


def _percent(written: str) -> str | None:
    shown = bytes.fromhex(written.replace("%", "")).decode("utf-8", "replace")
    return "".join(char if char.isprintable() or char.isspace() else " " for char in shown)


def _escape(written: str) -> str | None:
    def one(match: re.Match[str]) -> str:
        if match.lastindex is None:
            return "\n" if match[0] != "\\t" else "\t"
        code = int(match[match.lastindex], 16)
        return chr(code) if code <= 0x10FFFF else ""

    shown = _ONE_ESCAPE.sub(one, written)
    return shown.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _nothing(_written: str) -> str | None:
    return ""


def _base64(written: str) -> str | None:
    """What base64 says, if it says text: all lines together, or else each by itself."""
    lines = written.splitlines()
    whole = _decoded("".join(lines))
    if whole is not None:
        return f"\n{whole}\n"
    each = [_decoded(line) for line in lines] if len(lines) > 1 else []
    if not any(each):
        return None
    return "\n".join(line if shown is None else shown for line, shown in zip(lines, each, strict=True))


def _decoded(line: str) -> str | None:
    body = line.rstrip("=").replace("-", "+").replace("_", "/")
    if len(body) < _LEAST_BASE64 or len(body) % 4 == 1:
        return None
    try:
        shown = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    readable = sum(char.isprintable() or char in "\t\r\n" for char in shown)
    return shown if readable >= _READABLE * len(shown) else None


_DECODE: Final[dict[str, Callable[[str], str | None]]] = {
    "entity": _entity,
    "percent": _percent,
    "escape": _escape,
    "glued": _nothing,
    "controls": _nothing,
    "base64": _base64,
}
