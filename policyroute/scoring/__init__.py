"""How much a text asks for, and what kind of work it is: a score from 0 to 1 and a task label, by heuristics."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from policyroute.scoring.heuristic import Feature, Heuristic
from policyroute.scoring.sizes import Sizes, measure, rough_words, tokens, words
from policyroute.scoring.spoken import edges, spoken
from policyroute.scoring.tasks import TASKS, Task

__all__ = [
    "Assessment",
    "Feature",
    "Heuristic",
    "Sizes",
    "TASKS",
    "Task",
    "assess",
    "edges",
    "measure",
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
    sizes: Sizes


def _look(text: str) -> _Seen:
    heuristic = _default()
    said = spoken(text)
    return _Seen(heuristic, heuristic.find(said), measure(said))


def score(text: str) -> float:
    """The complexity of a text, from 0 to 1, whatever a policy says."""
    heuristic, bits, sizes = _look(text)
    return heuristic.score(bits, sizes)


def task(text: str) -> Task:
    """The kind of work a text asks for, whatever a policy says."""
    heuristic, bits, sizes = _look(text)
    return heuristic.task(bits, sizes)


def assess(text: str) -> Assessment:
    """Score, task and reasons at once."""
    heuristic, bits, sizes = _look(text)
    return Assessment(
        heuristic.score(bits, sizes),
        heuristic.task(bits, sizes),
        heuristic.sureness(bits, sizes),
        heuristic.explain(bits, sizes),
    )
