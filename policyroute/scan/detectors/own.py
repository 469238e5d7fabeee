"""A policy's own detector: a pattern, words that must stand near it, and a check of what it matched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from policyroute.scan.detectors.checks import CHECKS
from policyroute.scan.detectors.detector import Detector, Page, Span
from policyroute.scan.pattern import Pattern
from policyroute.scan.scanner import build

_NEAR = 60
# Matches that may fail the check before the answer is `there`: asking on and on would cost the square of the text,
# and to stop with `not there` would let a value through that hides behind others.
_MATCHES = 1000


class OwnDetector(NamedTuple):
    """What stands under `detectors:` in a policy."""

    id: str
    pattern: Pattern
    near: tuple[str, ...] = ()
    check: str | None = None


def own_detector(own: OwnDetector) -> Detector:
    """The detector of one entry. Its pattern and its words are read as in `prompt` conditions."""
    scanner = build((own.pattern, *([Pattern("keywords", own.near)] if own.near else [])))
    valid = CHECKS[own.check] if own.check else None

    def find(page: Page) -> Iterator[Span]:
        text = page.text
        spans = scanner.spans(0, text, _MATCHES)
        for count, (start, end) in enumerate(spans, start=1):
            fits = valid is None or valid(text[start:end])
            if fits and own.near:
                fits = bool(scanner.spans(1, text[max(0, start - _NEAR) : end + _NEAR], 1))
            if fits or count == _MATCHES:
                yield start, end

    parts = ["its pattern", *([f"the check {own.check}"] if own.check else []), *(["one of its words near"] if own.near else [])]
    return Detector(own.id, (own.pattern,), find, ", and ".join(parts))
