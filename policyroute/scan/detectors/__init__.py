"""What sensitive values look like: each kind is a file with its validation; this is the list of them, and the asking."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType

from policyroute.scan.detectors import (
    birth_date,
    card,
    crypto,
    email,
    iban,
    ip,
    national_east,
    national_europe,
    national_latin,
    national_second,
    national_world,
    passwords,
    phone,
    secrets,
    ssn,
    tokens,
)
from policyroute.scan.detectors.checks import CHECKS
from policyroute.scan.detectors.detector import Detector, Finding, Page, mask
from policyroute.scan.detectors.own import OwnDetector, own_detector
from policyroute.scan.pattern import Pattern
from policyroute.scan.scanner import Scanner, build
from policyroute.scan.shadow import unveiled

__all__ = ["CHECKS", "KINDS", "DetectorSet", "Finding", "OwnDetector", "detect", "detector_set"]

# Every way to find every kind, in the order of `KINDS`. A new kind is a file and a line here.
_DETECTORS: tuple[Detector, ...] = (
    *email.DETECTORS,
    *phone.DETECTORS,
    *card.DETECTORS,
    *iban.DETECTORS,
    *ssn.DETECTORS,
    *ip.DETECTORS,
    *crypto.DETECTORS,
    *birth_date.DETECTORS,
    *national_europe.DETECTORS,
    *national_world.DETECTORS,
    *national_east.DETECTORS,
    *national_latin.DETECTORS,
    *national_second.DETECTORS,
    *secrets.DETECTORS,
    *passwords.DETECTORS,
    *tokens.DETECTORS,
)
# What says least about a finding that another detector made too.
_VAGUE = frozenset(("secret.token", "secret.password"))
# A country under a second name.
_ALSO = {"national-id.gb": "national-id.uk"}


def _by_name() -> Mapping[str, tuple[Detector, ...]]:
    """The detectors behind every legal name, a family's before its members'."""
    named: dict[str, list[Detector]] = {}
    for detector in _DETECTORS:
        family = detector.kind.partition(".")[0]
        for name in dict.fromkeys((family, detector.kind)):
            named.setdefault(name, []).append(detector)
    found = {name: tuple(detectors) for name, detectors in named.items()}
    return MappingProxyType(found | {name: found[other] for name, other in _ALSO.items()})


_NAMED = _by_name()
KINDS: tuple[str, ...] = tuple(_NAMED)


class _Asked:
    """One detector of a set: the bits of its candidates, and the kinds it answers for."""

    __slots__ = ("candidates", "detector", "kinds")

    def __init__(self, detector: Detector, candidates: int, kinds: int) -> None:
        self.detector = detector
        self.candidates = candidates
        self.kinds = kinds


class DetectorSet:
    """The detectors a policy asks for. Built when the policy loads, and never changed.

    Scan a text once for `patterns`, and its shadow where it has one, and hand the bits to `present`.
    """

    __slots__ = ("_asked", "kinds", "patterns")

    def __init__(self, named: Mapping[str, Sequence[Detector]]) -> None:
        self.kinds: tuple[str, ...] = tuple(named)
        places: dict[Pattern, int] = {}
        answers: dict[int, tuple[Detector, int]] = {}
        for index, detectors in enumerate(named.values()):
            for detector in detectors:
                answers[id(detector)] = detector, answers.get(id(detector), (detector, 0))[1] | 1 << index
        asked = []
        for detector, kinds in answers.values():
            bits = 0
            for pattern in detector.candidates:
                bits |= 1 << places.setdefault(pattern, len(places))
            asked.append(_Asked(detector, bits, kinds))
        self.patterns: tuple[Pattern, ...] = tuple(places)
        self._asked = tuple(asked)

    def __repr__(self) -> str:
        return f"DetectorSet({', '.join(self.kinds)})"

    def present(self, bits: int, text: str) -> int:
        """Which kinds really are in the text, bit i for `kinds[i]`; `bits` are those of `patterns` that the scan found."""
        page, found = None, 0
        for one in self._asked:
            if bits & one.candidates and one.kinds & ~found:
                page = page or Page(text)
                if next(one.detector.spans(page), None) is not None:
                    found |= one.kinds
        return found

    def find(self, text: str) -> list[Finding]:
        """Every finding, by place, also of what the text hides. Of those that overlap within a family the longest stays."""
        return self._find(text, lambda _: -1)

    def find_among(self, scanner: Scanner, text: str) -> list[Finding]:
        """As `find`, with a scanner of `patterns`: only what has a candidate is looked for."""
        return self._find(text, scanner.scan)

    def _find(self, text: str, scan: Callable[[str], int]) -> list[Finding]:
        spans = self._spans(Page(text), scan(text))
        shadow = unveiled(text)
        if shadow is not None:
            hidden = self._spans(Page(shadow.text), scan(shadow.text))
            spans += [(kind, *shadow.original(start, end), why) for kind, start, end, why in hidden]
        return _findings(text, spans)

    def _spans(self, page: Page, bits: int) -> list[_Span]:
        asked = [one.detector for one in self._asked if bits & one.candidates]
        return [(detector.kind, start, end, detector.why) for detector in asked for start, end in detector.spans(page)]


_Span = tuple[str, int, int, str]


def _findings(text: str, spans: list[_Span]) -> list[Finding]:
    # Of two that begin together the longer first, and of equals the one that says more: `secret.aws` before `secret.token`.
    spans.sort(key=lambda span: (span[1], -span[2], span[0] in _VAGUE, span[0]))
    kept: list[_Span] = []
    last: dict[str, int] = {}
    for span in spans:
        family = span[0].partition(".")[0]
        place = last.get(family)
        if place is not None and span[1] < kept[place][2]:
            if span[2] - span[1] <= kept[place][2] - kept[place][1]:
                continue
            kept[place] = span
        else:
            last[family] = len(kept)
            kept.append(span)
    return [Finding(kind, start, end, mask(kind, text[start:end]), why) for kind, start, end, why in kept]


def detector_set(kinds: Sequence[str], own: Sequence[OwnDetector] = ()) -> DetectorSet:
    """The set for these names; a family covers its members, and `own` detectors go by their ids."""
    mine = {one.id: (own_detector(one),) for one in own}
    return DetectorSet({kind: mine[kind] if kind in mine else _NAMED[kind] for kind in dict.fromkeys((*kinds, *mine))})


@cache
def _everything() -> tuple[DetectorSet, Scanner]:
    built = detector_set(tuple(dict.fromkeys(kind.partition(".")[0] for kind in KINDS)))
    # RE2 compiles in a twentieth of the time, and this is asked of a few texts.
    return built, build(built.patterns, engine="re2")


def detect(text: str) -> list[Finding]:
    """Every built-in kind in a text: in order, and without overlap within a kind."""
    built, scanner = _everything()
    return built.find_among(scanner, text)
