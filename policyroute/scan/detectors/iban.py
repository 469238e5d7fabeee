"""IBAN: the country's length and the check digits modulo 97."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policyroute.scan.detectors.checks import iban
from policyroute.scan.detectors.detector import Detector, Page, Span, regex, rough

KIND = "iban"

_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
    "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28,
    "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
    "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26,
    "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
_COUNTRY = "(?:" + "|".join(_LENGTHS) + ")"
# Letter by letter as well: `d e 8 9  3 7 0 4 …`.
_SPELLED = "(?:" + "|".join(f"{code[0]} {code[1]}" for code in _LENGTHS) + ")"
_HEAD = rf"(?:{_COUNTRY}[ .-]?[0-9]{{2}}|{_SPELLED} {{1,3}}[0-9] [0-9])"
# No longer than the country and the check digits: a value may begin right after something that only looked like one.
_HEAD_RE = regex(rf"(?i)\b{_HEAD}")
_GAPS = b" -.\t"
# By how long an account is: its letters and figures, with up to three gaps before each. The classes are disjoint, so there
# is one way to match, and `re` is the faster engine for it.
_ON_PAPER = {
    length: re.compile(rb"[0-9A-Za-z](?:[ .\t-]{0,3}[0-9A-Za-z]){%d}(?![0-9A-Za-z])" % (length - 1))
    for length in set(_LENGTHS.values())
}
# Prose can follow a word like `is 20`; no country's accounts have so few figures.
_FEWEST_DIGITS = 8
_FEWEST_ON_PAPER = 3
_FIGURES = str.maketrans("", "", "0123456789")
_PAPER = regex(r"^(?:[0-9A-Za-z]{15,}|[0-9A-Z]{4}(?: [0-9A-Z]{4})+(?: [0-9A-Z]{1,3})?)$")


def _is_account(value: str, written: bytes) -> bool:
    """Whether this is no prose: check digits that can be, and figures enough unless it is written as on paper."""
    if not "02" <= value[2:4] <= "98":
        return False
    figures = len(value) - len(value.translate(_FIGURES))
    return figures >= _FEWEST_DIGITS or (figures >= _FEWEST_ON_PAPER and _PAPER.search(written) is not None)


def _find(page: Page) -> Iterator[Span]:
    raw, taken, known = page.raw, 0, dict[bytes, bool]()
    for match in _HEAD_RE.finditer(raw):
        start = match.start()
        if start < taken:
            continue
        country = match[0].translate(None, b" .-")[:2].decode("ascii").upper()
        written = _ON_PAPER[_LENGTHS[country]].match(raw, start)
        if written is None:
            continue
        right = known.get(written[0])
        if right is None:
            value = written[0].translate(None, _GAPS).decode("ascii")
            right = known[written[0]] = _is_account(value, written[0]) and iban(value)
        if right:
            taken = written.end()
            yield start, taken


DETECTORS = (
    Detector(
        KIND,
        (rough(rf"{_HEAD}[ .-]{{0,3}}[0-9A-Z](?:[ .-]{{0,3}}[0-9A-Z]){{3}}", case_sensitive=False),),
        _find,
        "the country's length, and check digits modulo 97",
    ),
)
