"""National identity numbers of Latin America and the Caribbean that are not as common as those of the other tables."""

from __future__ import annotations

from policyroute.scan.detectors import national_words as names
from policyroute.scan.detectors.checks import is_yymmdd, luhn, weighted
from policyroute.scan.detectors.detector import Detector
from policyroute.scan.detectors.national_search import numbered


def _any(value: str) -> bool:
    return len(set(value)) > 2


def _cuba(value: str) -> bool:
    """Cuba: the day and a digit for the century."""
    return is_yymmdd(value[:6])


def _dominican(value: str) -> bool:
    return len(set(value)) > 2 and luhn(value)


def _ecuador(value: str) -> bool:
    """Ecuador: a province, a third figure up to six, and Luhn's sum."""
    return ("01" <= value[:2] <= "24" or value[:2] in ("30", "50")) and value[2] <= "6" and luhn(value)


def _peru(value: str) -> bool:
    """Peru: eight figures and a check mark of them."""
    place = weighted(value, (3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return value[8] in ("65432110987"[place], "KJIHGFEDCBA"[place])


def _uruguay(value: str) -> bool:
    value = value.zfill(8)
    return len(set(value)) > 2 and -weighted(value, (2, 9, 8, 7, 6, 3, 4)) % 10 == int(value[7])


DETECTORS: tuple[Detector, ...] = (
    numbered(
        "national-id.co",
        r"[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}|1\.[0-9]{3}\.[0-9]{3}\.[0-9]{3}",
        _any,
        "groups of three",
        near=names.CO,
    ),
    numbered(
        "national-id.cu",
        r"[0-9]{11}",
        _cuba,
        "a day of the calendar",
        near=names.CU,
    ),
    numbered("national-id.do", r"[0-9]{3}-?[0-9]{7}-?[0-9]", _dominican, "a Luhn checksum", near=names.DO),
    numbered("national-id.ec", r"[0-5][0-9]{8}-?[0-9]", _ecuador, "a province and Luhn's sum", near=names.DO),
    numbered(
        "national-id.pe",
        r"[0-9]{8}-?[0-9A-K]",
        _peru,
        "a check mark modulo 11",
        near=names.PE,
    ),
    numbered(
        "national-id.pe",
        r"[0-9]{8}",
        _any,
        "eight figures",
        near=names.PE_2,
    ),
    numbered("national-id.uy", r"[0-9]\.?[0-9]{3}\.?[0-9]{3}-?[0-9]", _uruguay, "a check digit by weights", near=names.DO),
)
