"""Payment cards: Luhn, the issuers' ranges and lengths, and the way the digits are grouped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policyroute.scan.detectors.checks import iban, luhn
from policyroute.scan.detectors.detector import Detector, Page, Span, regex, rough, stands_alone, words
from policyroute.scan.pattern import Pattern

KIND = "credit-card"
_WHY = "a Luhn checksum, and a range and length that an issuer uses"

# First digits from, to (of as many digits), fewest and most digits.
_ISSUERS: tuple[tuple[str, str, int, int], ...] = (
    ("4", "4", 16, 16),
    ("51", "55", 16, 16),
    ("2221", "2720", 16, 16),
    ("34", "34", 15, 15),
    ("37", "37", 15, 15),
    ("300", "305", 16, 16),
    ("6011", "6011", 16, 16),
    ("644", "649", 16, 16),
    ("65", "65", 16, 16),
    ("3528", "3589", 16, 16),
    ("62", "62", 16, 16),
    ("81", "82", 16, 16),
    ("5018", "5018", 16, 16),
    ("5020", "5020", 16, 16),
    ("5038", "5038", 16, 16),
    ("5893", "5893", 16, 16),
    ("6304", "6304", 16, 16),
    ("6759", "6763", 16, 16),
    ("2200", "2204", 16, 16),
    ("508", "508", 16, 16),
    ("60", "60", 16, 16),
    ("9792", "9792", 16, 16),
)
# Rare, withdrawn or of a length that other numbers have: believed where the text speaks of cards.
_RARE: tuple[tuple[str, str, int, int], ...] = (
    ("4", "4", 13, 13),
    ("4", "4", 19, 19),
    ("22", "22", 16, 19),
    ("300", "305", 14, 14),
    ("309", "309", 14, 14),
    ("36", "36", 14, 19),
    ("38", "39", 14, 19),
    ("35", "35", 16, 19),
    ("2131", "2131", 15, 15),
    ("1800", "1800", 15, 15),
    ("50", "50", 12, 19),
    ("56", "58", 12, 19),
    ("6", "6", 12, 19),
)
_SEP = r"(?: - |  |[ .-]|\r?\n(?:> ?)?)"
# On a magnetic stripe `%B` stands before it.
_BARE = re.compile(rb"(?:\b|%B)([0-9]{12,})\b")
_GROUPED = regex(rf"[0-9]{{4}}(?:{_SEP}[0-9]{{4,6}})+(?:{_SEP}[0-9]{{1,5}})?")
# Digit by digit: `4 1 1 1  1 1 1 1 …`.
_SPELLED = regex(r"\b[0-9](?: {1,3}[0-9]\b){12,}")
_GROUP = re.compile(rb"[0-9]+")
_NO_DIGITS = bytes(byte for byte in range(256) if byte not in b"0123456789")
# The groups of an account go on: `SK54 2385 9814 …`.
_ACCOUNT = regex(r"[A-Za-z]{2} ?[0-9]{2}[ -]$")
# Sizes of groups as cards print them.
_MOST_GROUPS, _MOST_LINES, _LONGEST = 6, 4, 19
_LAYOUTS = ((4, 4, 4, 4, 3), (4, 4, 4, 4, 2), (4, 4, 4, 4, 1), (4, 4, 4, 4), (4, 6, 5), (4, 6, 4))
_WORDS = words(
    "card*", "visa", "maestro", "mastercard", "amex", "american express", "diners", "discover", "cc", "pan", "credit", "debit",
    "karte*", "kreditkarte*", "carte*", "tarjeta*", "carta", "cart*", "kart*", "kaart*", "карт*", "カード", "卡", "카드", "بطاق*",
)  # fmt: skip


def _is_of(issuers: tuple[tuple[str, str, int, int], ...], number: str) -> bool:
    return any(low <= number[: len(low)] <= high and fewest <= len(number) <= most for low, high, fewest, most in issuers)


def _is_card(page: Page, start: int, end: int, number: str) -> bool:
    if number == number[0] * len(number) or not luhn(number):
        return False
    return _is_of(_ISSUERS, number) or (_is_of(_RARE, number) and _WORDS.near(page, start, end))


def _find_bare(page: Page) -> Iterator[Span]:
    for match in _BARE.finditer(page.raw):
        start, end = match.span(1)
        if end - start > _LONGEST:
            continue
        number = match[1].decode("ascii")
        if match.start() < start:
            if luhn(number) and (_is_of(_ISSUERS, number) or _is_of(_RARE, number)):
                yield start, end
        elif stands_alone(page, start, end) and _is_card(page, start, end, number):
            yield start, end


def _find_grouped(page: Page) -> Iterator[Span]:
    for match in _GROUPED.finditer(page.raw):
        origin = match.start()
        head = _ACCOUNT.search(page.raw[max(0, origin - 6) : origin])
        if head and iban((head[0] + match[0]).translate(None, b" .-").decode("ascii")):
            continue
        groups = [(origin + m.start(), origin + m.end()) for m in _GROUP.finditer(match[0])]
        # A column or a table of numbers holds valid cards by chance: one in ten passes Luhn.
        table = len(groups) > (_MOST_GROUPS if b"\n" not in match[0] else _MOST_LINES)
        yield from _cards(page, groups, table)


def _cards(page: Page, groups: list[Span], table: bool) -> Iterator[Span]:
    sizes = tuple(end - start for start, end in groups)
    first = 0
    while first + 2 < len(groups):
        took = _card_at(page, groups, sizes, first)
        if took:
            start, end = groups[first][0], groups[first + took - 1][1]
            if not table or _WORDS.near(page, start, end):
                yield start, end
        first += took or 1


def _card_at(page: Page, groups: list[Span], sizes: tuple[int, ...], first: int) -> int:
    """How many groups from `first` on make a card."""
    for layout in _LAYOUTS:
        last = first + len(layout) - 1
        if sizes[first : last + 1] != layout:
            continue
        start, end = groups[first][0], groups[last][1]
        number = page.raw[start:end].translate(None, _NO_DIGITS).decode("ascii")
        if not luhn(number):  # of what is written in fours, most goes here
            continue
        before = page.raw[max(0, start - 6) : start]
        alone = not before[-1:].isalnum() and not page.raw[end : end + 1].isalnum() and _ACCOUNT.search(before) is None
        if alone and _is_card(page, start, end, number):
            return len(layout)
    return 0


def _find_spelled(page: Page) -> Iterator[Span]:
    for match in _SPELLED.finditer(page.raw):
        start, end = match.span()
        number = match[0].translate(None, b" ").decode("ascii")
        if len(number) <= _LONGEST and stands_alone(page, start, end) and _is_card(page, start, end, number):
            yield start, end


DETECTORS = (
    Detector(KIND, (Pattern("regex", (r"\d{12}",)),), _find_bare, _WHY),
    Detector(KIND, (Pattern("regex", (r"\d{4}(?: - |  |[ .-]|\s{1,2}(?:> ?)?)\d{4}",)),), _find_grouped, _WHY),
    Detector(KIND, (rough("[0-9](?: {1,3}[0-9]){12}"),), _find_spelled, _WHY),
)
