"""How much a text asks for, and what kind of work it is: a score from 0 to 1 and a task label, by heuristics."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from policyroute.scan.scanner import Scanner, build
from policyroute.scoring.heuristic import Feature, Heuristic
from policyroute.scoring.sizes import Sizes, measure, tokens, words
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
def _default() -> tuple[Heuristic, Scanner]:
    heuristic = Heuristic()
    return heuristic, build(heuristic.patterns)


class _Seen(NamedTuple):
    heuristic: Heuristic
    bits: int
    sizes: Sizes
    at_edges: int


def _look(text: str) -> _Seen:
    heuristic, scanner = _default()
    said = spoken(text)
    bits = scanner.scan(said)
    edge = edges(said)
    return _Seen(heuristic, bits, measure(said), bits if edge is said else scanner.scan(edge))


def score(text: str) -> float:
    """The complexity of a text, from 0 to 1, whatever a policy says."""
    heuristic, bits, sizes, at_edges = _look(text)
    return heuristic.score(bits, sizes, at_edges)


def task(text: str) -> Task:
    """The kind of work a text asks for, whatever a policy says."""
    heuristic, bits, sizes, at_edges = _look(text)
    return heuristic.task(bits, sizes, at_edges=at_edges)


def assess(text: str) -> Assessment:
    """Score, task and reasons at once."""
    heuristic, bits, sizes, at_edges = _look(text)
    return Assessment(
        heuristic.score(bits, sizes, at_edges),
        heuristic.task(bits, sizes, at_edges=at_edges),
        heuristic.sureness(bits, sizes, at_edges=at_edges),
        heuristic.explain(bits, sizes, at_edges),
    )
