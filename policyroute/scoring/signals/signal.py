"""What one row of the tables is."""

from __future__ import annotations

from typing import NamedTuple

from policyroute.scan.pattern import Pattern
from policyroute.scoring.tasks import Task


class Signal(NamedTuple):
    """One thing to look for: its weight in the complexity score (log-odds), and its votes for tasks.

    The sources are alternatives: structure and English first, then de, fr, es, it, pt, nl, pl, tr, ru, zh, ja, ko, ar, hi
    as far as the row needs them. Scripts written without spaces, and languages that bend their words a lot, are given as
    stems without word edges: cheaper to scan, and nothing is lost there.
    """

    id: str
    weight: float
    votes: tuple[tuple[Task, float], ...]
    sources: tuple[str, ...]
    case_sensitive: bool = False

    @property
    def pattern(self) -> Pattern:
        """What the scanner is asked to find."""
        return Pattern("regex", self.sources, self.case_sensitive)
