"""How much a text asks for, and what kind of work it is: a score from 0 to 1 and a task label, by heuristics."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from policyroute.scoring.heuristic import Feature, Heuristic
from policyroute.scoring.sizes import rough_words, tokens, words
from policyroute.scoring.spoken import edges, spoken
from policyroute.scoring.tasks import TASKS, Task

__all__ = [
    "Assessment",
    "Feature",
    "Heuristic",
    "TASKS",
    "Task",
    "assess",
    "edges",
    "rough_words",
    "score",
    "spoken",
    "task",
    "tokens",
    "words",
]


class Assessment(NamedTuple):
    """All that the default scorer has to say about a text."""

    score: float
    task: Task
    task_probability: float
    features: tuple[Feature, ...]


@cache
def _default() -> Heuristic:
    return Heuristic()


class _Seen(NamedTuple):
    heuristic: Heuristic
    bits: int
    words: int


def _look(text: str) -> _Seen:
    heuristic = _default()
    said = spoken(text)
    return _Seen(heuristic, heuristic.find(said), rough_words(said))


def score(text: str) -> float:
    """The complexity of a text, from 0 to 1, whatever a policy says."""
    heuristic, bits, length = _look(text)
    return heuristic.judge(bits, length)[0]


def task(text: str) -> Task:
    """The kind of work a text asks for, whatever a policy says."""
    heuristic, bits, length = _look(text)
    return heuristic.judge(bits, length)[1]


def assess(text: str) -> Assessment:
    """Score, task and reasons at once."""
    heuristic, bits, length = _look(text)
    return Assessment(
        *heuristic.judge(bits, length),
        heuristic.sureness(bits),
        heuristic.explain(bits, length),
    )
