"""What detectors found in a call: which part it is in, and where there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from policyroute.call import Part
from policyroute.scan.detectors import DetectorSet, Finding


def joined(parts: Sequence[Part]) -> str:
    """The parts as one text, as a decision looks at them: what a value is may be said in the part before."""
    return "\n".join(part.text for part in parts)


def in_order(detectors: DetectorSet, text: str) -> list[Finding]:
    """What is found in a text, by place."""
    return sorted(detectors.find(text), key=lambda one: (one.start, one.end, one.kind))


def by_part(parts: Sequence[Part], found: Iterable[Finding]) -> Iterator[tuple[Part, int, tuple[Finding, ...]]]:
    """Each part that has findings, where it begins in the joined text, and its findings with places of its own."""
    starts = list(accumulate((len(part.text) + 1 for part in parts), initial=0))
    held: dict[int, list[Finding]] = {}
    for one in found:
        held.setdefault(bisect_right(starts, one.start) - 1, []).append(one)
    for i, findings in held.items():
        part, start = parts[i], starts[i]
        end = start + len(part.text)
        yield part, start, tuple(one._replace(start=one.start - start, end=min(one.end, end) - start) for one in findings)
