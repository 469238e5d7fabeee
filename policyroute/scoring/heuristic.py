"""The heuristic scorer: from the signals found in a text to a complexity score and a task, by tables.

The score is a logistic sum: a base, the weights of the signals that occur, and a little for length. In a long text any
word turns up sooner or later, so what is not found at its edges counts the less, the longer the text.
"""

from __future__ import annotations

from math import exp, log1p, sqrt
from typing import NamedTuple

from policyroute.scan.pattern import Pattern
from policyroute.scoring.signals import SIGNALS, Signal
from policyroute.scoring.sizes import Sizes
from policyroute.scoring.tasks import TASKS, Task, elect, probability

BASE = -2.05
PER_LOG_WORD = 0.4
SHORT_WORDS = 80


class Feature(NamedTuple):
    """One reason for a score: its contribution in log-odds. All of them add up to the score's."""

    name: str
    contribution: float


class Heuristic:
    """A scorer: the patterns it wants scanned, and what their bits mean. Frozen once made.

    Bit i of `bits` says that `patterns[i]` is in the text. `at_edges` are the bits of `edges(text)`: they matter for a
    long text only, and a caller that cannot tell leaves them out.
    """

    __slots__ = ("_all", "_votes", "_weights", "patterns", "signals")

    def __init__(self, signals: tuple[Signal, ...] = SIGNALS) -> None:
        self.signals = signals
        self.patterns: tuple[Pattern, ...] = tuple(signal.pattern for signal in signals)
        self._all = (1 << len(signals)) - 1
        self._weights = tuple(signal.weight for signal in signals)
        self._votes = tuple(tuple((TASKS.index(task), vote) for task, vote in signal.votes) for signal in signals)

    def score(self, bits: int, sizes: Sizes, at_edges: int = 0) -> float:
        """How much the text asks for, from 0 (small talk) to 1 (a proof, a design)."""
        bits &= self._all
        logit = BASE + PER_LOG_WORD * log1p(sizes.words)
        if sizes.words <= SHORT_WORDS:
            logit += self._sum(bits)
        else:
            logit += self._sum(bits & at_edges) + self._sum(bits & ~at_edges) * damping(sizes.words)
        return round(1.0 / (1.0 + exp(-logit)), 4)

    def task(self, bits: int, sizes: Sizes, has_images: bool = False, at_edges: int = 0) -> Task:
        """What kind of work is asked for. Pictures decide by being there; text alone is never `vision`."""
        return "vision" if has_images else elect(self._count(bits, sizes, at_edges))

    def sureness(self, bits: int, sizes: Sizes, has_images: bool = False, at_edges: int = 0) -> float:
        """How probable the task is."""
        return 1.0 if has_images else probability(self._count(bits, sizes, at_edges))

    def explain(self, bits: int, sizes: Sizes, at_edges: int = 0) -> tuple[Feature, ...]:
        """Why the score is what it is: the base first, then the strongest reasons."""
        damp = damping(sizes.words)
        found = [Feature("length", PER_LOG_WORD * log1p(sizes.words))]
        for i, signal in enumerate(self.signals):
            if bits >> i & 1 and signal.weight:
                found.append(Feature(signal.id, signal.weight * (1.0 if at_edges >> i & 1 else damp)))
        return (Feature("base", BASE), *sorted(found, key=lambda feature: -abs(feature.contribution)))

    def _sum(self, bits: int) -> float:
        weights, total = self._weights, 0.0
        while bits:
            low = bits & -bits
            total += weights[low.bit_length() - 1]
            bits ^= low
        return total

    def _count(self, bits: int, sizes: Sizes, at_edges: int) -> list[float]:
        bits &= self._all
        table, damp = self._votes, damping(sizes.words)
        votes = [0.0] * len(TASKS)
        while bits:
            low = bits & -bits
            bits ^= low
            share = 1.0 if low & at_edges else damp
            for task, vote in table[low.bit_length() - 1]:
                votes[task] += vote * share
        return votes


def damping(words: int) -> float:
    """What a signal that is not at the edges is worth in a text of so many words."""
    return 1.0 if words <= SHORT_WORDS else sqrt(SHORT_WORDS / words)
