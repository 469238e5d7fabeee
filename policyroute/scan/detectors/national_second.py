"""The second numbers a person has in some countries: social security, health and tax, all near their own words."""

from __future__ import annotations

from policyroute.scan.detectors import national_words as names
from policyroute.scan.detectors.checks import weighted
from policyroute.scan.detectors.detector import Detector
from policyroute.scan.detectors.national_search import numbered

_WEIGHTS_RVNR = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)


def _crossed(digits: str, weights: tuple[int, ...]) -> int:
    """Each digit times its weight, the digits of the products summed."""
    return sum(sum(divmod(int(c) * w, 10)) for c, w in zip(digits, weights, strict=True))


def _rvnr(value: str) -> bool:
    """Germany, pensions: the letter counts as two figures."""
    digits = f"{value[:8]}{ord(value[8]) - 64:02}{value[9:11]}"
    return "01" <= value[4:6] <= "12" and _crossed(digits, _WEIGHTS_RVNR) % 10 == int(value[11])


def _kvnr(value: str) -> bool:
    """Germany, health insurance: the letter counts as two figures."""
    return _crossed(f"{ord(value[0]) - 64:02}{value[1:9]}", (1, 2) * 5) % 10 == int(value[9])


def _nuss(value: str) -> bool:
    """Spain, social security: a province, a number and both modulo 97."""
    number = int(value[2:10])
    whole = int(value[:2]) * 10**7 + number if number < 10**7 else int(value[:10])
    return "01" <= value[:2] <= "66" and whole % 97 == int(value[10:])


def _spi(value: str) -> bool:
    """France, tax: a key modulo 511."""
    return value[0] in "0123" and int(value[:10]) % 511 == int(value[10:])


def _utr(value: str) -> bool:
    """The United Kingdom, tax: the check digit stands first."""
    return "21987654321"[weighted(value[1:], (6, 7, 8, 9, 10, 5, 4, 3, 2)) % 11] == value[0]


def _cartao(value: str) -> bool:
    """Portugal, the citizen's card: Luhn with letters as ten to thirty-five."""
    total = 0
    for place, c in enumerate(value):
        number = int(c, 36)
        if place % 2 == 0:
            number = 2 * number - 9 if number > 4 else 2 * number
        total += number
    return total % 10 == 0


def _nin(value: str) -> bool:
    return len(set(value)) > 3


def _lk(value: str) -> bool:
    """Sri Lanka: a day of the year, to which five hundred is added for women."""
    return 1 <= int(value[2:5]) % 500 <= 366


DETECTORS: tuple[Detector, ...] = (
    numbered(
        "national-id.de",
        r"[0-9]{2} ?[0-3][0-9][01][0-9]{3} ?[A-Z] ?[0-9]{3}",
        _rvnr,
        "a month and a check digit",
        near=names.DE_3,
    ),
    numbered(
        "national-id.de",
        r"[A-Z][0-9]{9}",
        _kvnr,
        "a check digit",
        near=names.DE_4,
    ),
    numbered(
        "national-id.es",
        r"[0-9]{2}[ /-]?[0-9]{8}[ /-]?[0-9]{2}",
        _nuss,
        "a province and a key modulo 97",
        near=names.ES_2,
    ),
    numbered(
        "national-id.fr",
        r"[0-3][0-9] ?[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        _spi,
        "a key modulo 511",
        near=names.FR_2,
    ),
    numbered(
        "national-id.lk",
        r"[0-9]{9}[VvXx]",
        _lk,
        "a day of the year",
        near=names.LK,
    ),
    numbered(
        "national-id.ng",
        r"[0-9]{11}",
        _nin,
        "its shape",
        near=names.NG,
    ),
    numbered(
        "national-id.pt",
        r"[0-9]{8} ?[0-9] ?[A-Z]{2}[0-9]",
        _cartao,
        "Luhn's sum with letters",
        near=names.PT_2,
    ),
    numbered(
        "national-id.uk",
        r"[0-9]{5} ?[0-9]{5}",
        _utr,
        "a check digit modulo 11",
        near=names.UK_3,
    ),
    numbered(
        "national-id.vn",
        r"0[0-9]{11}",
        _nin,
        "its shape",
        near=names.VN,
    ),
)
