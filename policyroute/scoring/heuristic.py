"""The heuristic scorer: from the signals found in a text to a complexity score and a task, by tables.

The score is a logistic sum: a base, the weights of the signals that occur, and a little for length. A long text is judged
by its edges, where people say what they want of what they paste.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, log1p
from typing import NamedTuple

from policyroute.scan.phrases import Phrases
from policyroute.scoring.signals import SIGNALS, Signal
from policyroute.scoring.sizes import Sizes
from policyroute.scoring.spelling import shape_literals, spell, word_literals
from policyroute.scoring.spoken import edges
from policyroute.scoring.tasks import TASKS, Task, elect, probability

BASE = -2.05
PER_LOG_WORD = 0.4


class Feature(NamedTuple):
    """One reason for a score: its contribution in log-odds. All of them add up to the score's."""

    name: str
    contribution: float


class Heuristic:
    """A scorer: finds the signals in a text as bits, and says what the bits mean. Bit i is signal i."""

    __slots__ = ("_all", "_search", "_votes", "_weights", "signals")

    def __init__(self, signals: tuple[Signal, ...] = SIGNALS) -> None:
        self.signals = signals
        self._all = (1 << len(signals)) - 1
        self._weights = {1 << i: signal.weight for i, signal in enumerate(signals)}
        self._votes = {
            1 << i: tuple((TASKS.index(task), vote) for task, vote in signal.votes) for i, signal in enumerate(signals)
        }
        self._search: _Search | None = None

    def warm(self) -> None:
        """Compile now what else the first text would wait for."""
        self._warmed()

    def _warmed(self) -> _Search:
        if self._search is None:
            self._search = _search(self.signals)
        return self._search

    def find(self, said: str) -> int:
        """The signals in what was said (see `spoken`); raises `ScanFailed`."""
        search = self._search or self._warmed()
        words, shape = spell(edges(said))
        bits = search.words.find(words) | search.shape.find(shape)
        for literal, least, bit in search.often:
            if bits & bit and words.count(literal) < least:
                bits ^= bit
        return bits

    def score(self, bits: int, sizes: Sizes) -> float:
        """How much the text asks for, from 0 (small talk) to 1 (a proof, a design)."""
        bits &= self._all
        weights = self._weights
        logit = BASE + PER_LOG_WORD * log1p(sizes.words)
        while bits:
            low = bits & -bits
            bits ^= low
            logit += weights[low]
        return round(1.0 / (1.0 + exp(-logit)), 4)

    def task(self, bits: int, sizes: Sizes, has_images: bool = False) -> Task:
        """What kind of work is asked for. Pictures decide by being there; text alone is never `vision`."""
        return "vision" if has_images else elect(self._count(bits))

    def sureness(self, bits: int, sizes: Sizes, has_images: bool = False) -> float:
        """How probable the task is."""
        return 1.0 if has_images else probability(self._count(bits))

    def explain(self, bits: int, sizes: Sizes) -> tuple[Feature, ...]:
        """Why the score is what it is: the base first, then the strongest reasons."""
        found = [Feature("length", PER_LOG_WORD * log1p(sizes.words))]
        found += [Feature(s.id, s.weight) for i, s in enumerate(self.signals) if bits >> i & 1 and s.weight]
        return (Feature("base", BASE), *sorted(found, key=lambda feature: -abs(feature.contribution)))

    def _count(self, bits: int) -> list[float]:
        bits &= self._all
        table = self._votes
        votes = [0.0] * len(TASKS)
        while bits:
            low = bits & -bits
            bits ^= low
            for task, vote in table[low]:
                votes[task] += vote
        return votes


class _Search(NamedTuple):
    """What finds the signals, compiled."""

    words: Phrases
    shape: Phrases
    often: tuple[tuple[bytes, int, int], ...]
    """A literal of the words, how many of it there must be, and the signal's bit."""


@lru_cache(maxsize=4)  # every policy that asks for scores has the same tables, and so has every reload
def _search(signals: tuple[Signal, ...]) -> _Search:
    placed = [(1 << i, signal) for i, signal in enumerate(signals)]
    words = Phrases((literal, bit) for bit, s in placed for source in s.words for literal in word_literals(source))
    shape = Phrases((literal, bit) for bit, s in placed for source in s.shape for literal in shape_literals(source))
    words.warm()
    shape.warm()
    often = [(literal, s.least, bit) for bit, s in placed if s.least > 1 for literal in word_literals(*s.words)]
    return _Search(words, shape, tuple(often))
