"""National identity numbers of Eastern Europe, Central Asia, the Near East and Pakistan, all near their own words."""

from __future__ import annotations

from policyroute.scan.detectors import national_words as names
from policyroute.scan.detectors.checks import is_date, is_ddmmyy, is_yymmdd, luhn, weighted
from policyroute.scan.detectors.detector import Detector
from policyroute.scan.detectors.national_search import numbered


def _taj(value: str) -> bool:
    """Hungary, social security: weights 3 and 7."""
    return len(set(value)) > 2 and weighted(value, (3, 7, 3, 7, 3, 7, 3, 7)) % 10 == int(value[8])


def _adoazonosito(value: str) -> bool:
    """Hungary, tax: weights one to nine modulo 11."""
    return weighted(value, (1, 2, 3, 4, 5, 6, 7, 8, 9)) % 11 == int(value[9])


def _personas_kods(value: str) -> bool:
    """Latvia: the day and a check digit; what begins with 32 was drawn by lot and has neither."""
    if value[:2] == "32":
        return True
    return is_ddmmyy(value[:6]) and (1 + weighted(value, (10, 5, 8, 4, 2, 1, 6, 3, 7, 9))) % 11 % 10 == int(value[10])


def _idnp(value: str) -> bool:
    """Moldova: weights 7 3 1."""
    return weighted(value, (7, 3, 1) * 4) % 10 == int(value[12])


def _snils(value: str) -> bool:
    """Russia, pensions: weights nine to one modulo 101."""
    return len(set(value)) > 2 and weighted(value, (9, 8, 7, 6, 5, 4, 3, 2, 1)) % 101 % 100 == int(value[9:])


def _inn(value: str) -> bool:
    """Russia, tax of persons: two check digits modulo 11."""
    first = weighted(value, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10 == int(value[10])
    return first and weighted(value, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10 == int(value[11])


def _rnokpp(value: str) -> bool:
    """Ukraine, tax of persons: a check digit modulo 11."""
    return weighted(value, (-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10 == int(value[9])


def _iin(value: str) -> bool:
    """Kazakhstan: the day and a check digit, by other weights where the first give ten."""
    check = weighted(value, tuple(range(1, 12))) % 11
    if check == 10:
        check = weighted(value, (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)) % 11
    return is_yymmdd(value[:6]) and check == int(value[11])


def _emirates(value: str) -> bool:
    """The Emirates: 784, a year of birth and Luhn."""
    return "1900" <= value[3:7] <= "2040" and luhn(value)


def _egypt(value: str) -> bool:
    """Egypt: a century, the day and a governorate."""
    born = is_date(1700 + 100 * int(value[0]) + int(value[1:3]), int(value[3:5]), int(value[5:7]))
    return born and ("01" <= value[7:9] <= "35" or value[7:9] == "88")


def _cnic(value: str) -> bool:
    return value[-1] != "0" and len(set(value)) > 2


DETECTORS: tuple[Detector, ...] = (
    numbered("national-id.ae", r"784-?[0-9]{4}-?[0-9]{7}-?[0-9]", _emirates, "a year of birth and a Luhn checksum"),
    numbered(
        "national-id.eg",
        r"[23][0-9]{13}",
        _egypt,
        "a day and a governorate",
        near=names.EG,
    ),
    numbered(
        "national-id.hu",
        r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}",
        _taj,
        "a check digit by weights",
        near=names.HU,
    ),
    numbered(
        "national-id.hu",
        r"8[0-9]{9}",
        _adoazonosito,
        "a check digit modulo 11",
        near=names.HU_2,
    ),
    numbered(
        "national-id.kz",
        r"[0-9]{12}",
        _iin,
        "a day and a check digit modulo 11",
        near=names.KZ,
    ),
    numbered(
        "national-id.lv",
        r"[0-3][0-9]{5}-?[0-9]{5}",
        _personas_kods,
        "a day and a check digit modulo 11",
        near=names.LV,
    ),
    numbered(
        "national-id.md",
        r"2[0-9]{12}",
        _idnp,
        "a check digit by weights 7 3 1",
        near=names.MD,
    ),
    numbered(
        "national-id.pk",
        r"[1-7][0-9]{4}-?[0-9]{7}-?[0-9]",
        _cnic,
        "its shape",
        near=names.PK,
    ),
    numbered(
        "national-id.ru",
        r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{2}",
        _snils,
        "a check sum modulo 101",
        near=names.RU,
    ),
    numbered(
        "national-id.ru",
        r"[0-9]{12}",
        _inn,
        "two check digits modulo 11",
        near=names.RU_2,
    ),
    numbered(
        "national-id.sa",
        r"[12][0-9]{9}",
        luhn,
        "a Luhn checksum",
        near=names.SA,
    ),
    numbered(
        "national-id.ua",
        r"[0-9]{10}",
        _rnokpp,
        "a check digit modulo 11",
        near=names.UA,
    ),
)
