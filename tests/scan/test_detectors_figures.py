"""Numbers are looked for where figures are: nothing is lost by that, and places stay what they are."""

from __future__ import annotations

import pytest

from benchmarks.sensitive import people
from policyroute.scan.detectors import detector_set
from policyroute.scan.detectors.detector import Page

FILLER = "Nothing of note was said that day, nor on any other. " * 12
NATIONAL = [one for asked in detector_set(["national-id"])._asked for one in (asked.detector,) if one.in_figures]
TEXTS = [row.text for row in people.rows(5, 500)]


def test_most_national_numbers_are_looked_for_there() -> None:
    """It is what keeps sixty kinds from reading every text sixty times."""
    assert len(NATIONAL) > 50


@pytest.mark.parametrize("apart", ["", "\n", FILLER])
def test_the_same_is_found_as_in_the_whole_page(apart: str) -> None:
    """In texts with numbers of all kinds, close together and far from each other."""
    found = 0
    for at in range(0, len(TEXTS), 10):
        page = Page(apart.join(TEXTS[at : at + 10]))
        for detector in NATIONAL:
            spans = list(detector.spans(page))
            assert spans == list(detector.find(page)), detector.kind
            found += len(spans)
    assert found > 50


def test_a_text_without_figures_has_no_page_of_them() -> None:
    """Prose costs one search."""
    figures = Page(FILLER).figures()
    assert (figures.page.text, figures.parts) == ("", ())
