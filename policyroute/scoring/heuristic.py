"""The heuristic scorer: from the signals found in a text to a complexity score and a task, by tables.

The score is a logistic sum: a base, the weights of the signals that occur, and a little for length. A long text is judged
by its edges, where people say what they want of what they paste.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, log1p
from struct import Struct
from typing import NamedTuple

from policyroute.scan.phrases import Phrases
from policyroute.scoring.signals import SIGNALS, Signal
from policyroute.scoring.spelling import shape_literals, spell, word_literals
from policyroute.scoring.spoken import edges
from policyroute.scoring.tasks import TASKS, Task, elect, probability

BASE = -2.05
PER_LOG_WORD = 0.4

PER_UNIT = 100  # weights and votes are counted in hundredths
VOTES = Struct(f"<{len(TASKS)}H")
WEIGHT_AT = 8 * VOTES.size
VOTES_MASK = (1 << WEIGHT_AT) - 1


class Feature(NamedTuple):
    """One reason for a score: its contribution in log-odds. All of them add up to the score's."""

    name: str
    contribution: float


class Heuristic:
    """A scorer: finds the signals in a text as bits, and says what the bits mean. Bit i is signal i."""

    __slots__ = ("_all", "_search", "_worth", "signals")

    def __init__(self, signals: tuple[Signal, ...] = SIGNALS) -> None:
        self.signals = signals
        self._all = (1 << len(signals)) - 1
        self._worth = {1 << i: _worth(signal) for i, signal in enumerate(signals)}
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
        spelled = spell(edges(said))
        bits = search.phrases.find(spelled)
        for literal, least, bit in search.often:
            if bits & bit and spelled.count(literal) < least:
                bits ^= bit
        return bits

    def judge(self, bits: int, words: int, has_images: bool = False) -> tuple[float, Task]:
        """How much the text asks for, from 0 (small talk) to 1 (a proof, a design), and what kind of work it is.

        Pictures decide the kind by being there; text alone is never `vision`.
        """
        worth = self._sum(bits)
        logit = BASE + PER_LOG_WORD * log1p(words) + (worth >> WEIGHT_AT) / PER_UNIT
        return round(1.0 / (1.0 + exp(-logit)), 4), "vision" if has_images else elect(_votes(worth))

    def sureness(self, bits: int, has_images: bool = False) -> float:
        """How probable the task is."""
        return 1.0 if has_images else probability(_votes(self._sum(bits)))

    def explain(self, bits: int, words: int) -> tuple[Feature, ...]:
        """Why the score is what it is: the base first, then the strongest reasons."""
        found = [Feature("length", PER_LOG_WORD * log1p(words))]
        found += [Feature(s.id, s.weight) for i, s in enumerate(self.signals) if bits >> i & 1 and s.weight]
        return (Feature("base", BASE), *sorted(found, key=lambda feature: -abs(feature.contribution)))

    def _sum(self, bits: int) -> int:
        bits &= self._all
        worth = 0
        table = self._worth
        while bits:
            low = bits & -bits
            bits ^= low
            worth += table[low]
        return worth


def _worth(signal: Signal) -> int:
    """All that a signal says, as one number: its votes, a lane of bits for each task, and above them its weight.

    Such numbers add up lane by lane, so one sum is the sum of everything.
    """
    worth = round(signal.weight * PER_UNIT) << WEIGHT_AT
    for task, vote in signal.votes:
        worth += round(vote * PER_UNIT) << 8 * VOTES.size // len(TASKS) * TASKS.index(task)
    return worth


def _votes(worth: int) -> tuple[int, ...]:
    return VOTES.unpack((worth & VOTES_MASK).to_bytes(VOTES.size, "little"))


class _Search(NamedTuple):
    """What finds the signals, compiled."""

    phrases: Phrases
    often: tuple[tuple[bytes, int, int], ...]
    """A literal, how many of it there must be, and the signal's bit."""


@lru_cache(maxsize=4)  # every policy that asks for scores has the same tables, and so has every reload
def _search(signals: tuple[Signal, ...]) -> _Search:
    placed = [(1 << i, signal) for i, signal in enumerate(signals)]
    words = [(literal, bit) for bit, s in placed for source in s.words for literal in word_literals(source)]
    shape = [(literal, bit) for bit, s in placed for source in s.shape for literal in shape_literals(source)]
    phrases = Phrases([*words, *shape])
    phrases.warm()
    often = [(literal, s.least, bit) for bit, s in placed if s.least > 1 for literal in word_literals(*s.words)]
    return _Search(phrases, tuple(often))
