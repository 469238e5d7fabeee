"""How a national number is looked for: by its shape, its check, and the words beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from policyroute.scan.detectors.detector import Detector, Page, Regex, Span, Words, regex, rough, stands_alone

_ANY_CASE = "(?i)"
_APART = b" -./()"
# How far the second engine reads on from where the first has found something, and what it may need to see behind that.
_STRETCH, _MARGIN = 1024, 128


def numbered(
    kind: str,
    shape: str,
    valid: Callable[[str], bool],
    why: str,
    *,
    near: Words | None = None,
) -> Detector:
    """A number with a check: its `shape`, `valid` of it without separators and in capitals, and `near` words where it is weak.

    Shapes are short and of classes that do not overlap, so that either engine takes time in proportion to the text.
    `why` says what `valid` looks at.
    """
    first = regex(rf"\b(?:{shape})(?:\b|$)")
    folded = shape.startswith(_ANY_CASE)
    # The bounds are of ASCII, so figures between words of other scripts are found; the shared scan goes without them.
    every = re.compile(rf"(?<![0-9A-Za-z_])(?=({shape.removeprefix(_ANY_CASE)})(?![0-9A-Za-z_]))".encode("ascii"))

    def find(page: Page) -> Iterator[Span]:
        taken, known = 0, dict[bytes, bool]()
        for match in _every(first, every, page.raw.upper() if folded else page.raw):
            start, end = match.span(1)
            if start < taken:
                continue
            value = match[1].translate(None, _APART)
            right = known.get(value)
            if right is None:
                right = known[value] = valid(value.decode("ascii").upper())
            if right and stands_alone(page, start, end) and (near is None or near.near(page, start, end)):
                taken = end
                yield start, end

    return Detector(
        kind,
        near.patterns if near else (rough(shape),),
        find,
        f"{why}{', and a word beside it that names such a number' if near else ''}",
        in_figures=True,
    )


def _every(first: Regex, every: re.Pattern[bytes], raw: bytes) -> Iterator[re.Match[bytes]]:
    """Each token that a shape fits, also within one that it fitted already, so that no look-alike swallows what follows it.

    RE2 is the fastest to pass over what holds nothing, `re` by five times from one match to the next.
    """
    place = 0
    while (found := first.search(raw, place)) is not None:
        place = found.start() + _STRETCH
        for match in every.finditer(raw, found.start(), place + _MARGIN):
            if match.start() >= place:
                break
            yield match
