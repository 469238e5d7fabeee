"""What one row of the tables is."""

from __future__ import annotations

from typing import NamedTuple

from policyroute.scoring.tasks import Task


class Signal(NamedTuple):
    """One thing to look for: its weight in the complexity score (log-odds), and its votes for tasks.

    The signal is there where any of its sources is: `words` are looked for in the words alone, `shape` in the text with
    its marks and capitals. How sources are written stands in `sources.py`. English comes first, then de, fr, es, it, pt,
    nl, pl, tr, ru, zh, ja, ko, ar, hi as far as the row needs them. Scripts written without spaces, and languages that bend
    their words a lot, are given as stems without word edges.
    """

    id: str
    weight: float
    votes: tuple[tuple[Task, float], ...]
    words: tuple[str, ...] = ()
    shape: tuple[str, ...] = ()
    least: int = 1
    """How often the only source of words must be there."""
