"""IBAN: the country's length and the check digits modulo 97."""

from __future__ import annotations

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
_WIDEST_GAP = 3
_ON_PAPER = 33 * (1 + _WIDEST_GAP)
# Prose can follow a word like `is 20`; no country's accounts have so few figures.
_FEWEST_DIGITS = 8
_FEWEST_ON_PAPER = 3
_PAPER = regex(r"^(?:[0-9A-Za-z]{15,}|[0-9A-Z]{4}(?: [0-9A-Z]{4})+(?: [0-9A-Z]{1,3})?)$")


def _end(raw: bytes, start: int, length: int) -> int:
    """Where the `length`-th letter or digit from `start` on ends, or 0."""
    left, gap = length, 0
    for place in range(start, min(len(raw), start + _ON_PAPER)):
        c = raw[place : place + 1]
        if c.isalnum():
            left, gap = left - 1, 0
            if not left:
                return 0 if raw[place + 1 : place + 2].isalnum() else place + 1
        elif c in _GAPS and gap < _WIDEST_GAP:
            gap += 1
        else:
            return 0
    return 0


def _is_account(value: str, written: bytes) -> bool:
    """Whether this is no prose: check digits that can be, and figures enough unless it is written as on paper."""
    if not "02" <= value[2:4] <= "98":
        return False
    figures = sum(map(str.isdigit, value))
    return figures >= _FEWEST_DIGITS or (figures >= _FEWEST_ON_PAPER and _PAPER.search(written) is not None)


def _find(page: Page) -> Iterator[Span]:
    raw, taken = page.raw, 0
    for match in _HEAD_RE.finditer(raw):
        start = match.start()
        if start < taken:
            continue
        country = match[0].translate(None, b" .-")[:2].decode("ascii").upper()
        end = _end(raw, start, _LENGTHS[country])
        value = raw[start:end].translate(None, _GAPS).decode("ascii")
        if _is_account(value, raw[start:end]) and iban(value):
            taken = end
            yield start, end


DETECTORS = (
    Detector(
        KIND,
        (rough(rf"{_HEAD}[ .-]{{0,3}}[0-9A-Z](?:[ .-]{{0,3}}[0-9A-Z]){{3}}", case_sensitive=False),),
        _find,
        "the country's length, and check digits modulo 97",
    ),
)
