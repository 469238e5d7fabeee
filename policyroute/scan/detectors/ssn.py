"""United States social security numbers: area, group and serial that can have been issued; bare digits only near the words."""

from __future__ import annotations

from collections.abc import Iterator

from policyroute.scan.detectors.detector import Detector, Page, Span, regex, stands_alone, words
from policyroute.scan.pattern import Pattern

KIND = "us-ssn"

_DASHED = regex(r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b")
_LOOSE = regex(r"\b[0-9]{3}( ?[-/] ?|[ .]?)[0-9]{2}( ?[-/] ?|[ .]?)[0-9]{4}\b")
_WORDS = words(
    "ssn*", "ssns", "social security", "social sec", "seguro social", "soc sec", "socsec", "soc number", "social number",
    "social no", "social is", "my social", "his social", "her social", "your social", "their social", "ss number", "ss no",
    "socialsecurity*", "socialsecuritynumber", exact=("SS", "SSAN"),
)  # fmt: skip
# Printed so often that no one can own them; they count only where the text calls them a social security number.
_FOLKLORE = frozenset((b"123456789", b"078051120", b"219099999"))


def _can_be_issued(digits: bytes) -> bool:
    area = digits[:3]
    return area not in (b"000", b"666") and area < b"900" and digits[3:5] != b"00" and digits[5:] != b"0000"


def _find_dashed(page: Page) -> Iterator[Span]:
    for match in _DASHED.finditer(page.raw):
        start, end = match.span()
        digits = match[0].replace(b"-", b"")
        if (
            stands_alone(page, start, end)
            and _can_be_issued(digits)
            and (digits not in _FOLKLORE or _WORDS.near(page, start, end))
        ):
            yield start, end


def _find_loose(page: Page) -> Iterator[Span]:
    for match in _LOOSE.finditer(page.raw):
        start, end = match.span()
        digits = match[0].translate(None, b" ./-")
        if match[1] == match[2] and _can_be_issued(digits) and stands_alone(page, start, end) and _WORDS.near(page, start, end):
            yield start, end


DETECTORS = (
    Detector(
        KIND,
        (Pattern("regex", (r"\d{3}-\d{2}-\d{4}",)),),
        _find_dashed,
        "an area, a group and a serial that can have been issued",
    ),
    Detector(KIND, _WORDS.patterns, _find_loose, "groups that can have been issued, and a word like SSN beside it"),
)
