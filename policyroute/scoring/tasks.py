"""The tasks there are, and how the signals' votes settle on one."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Literal, get_args

Task = Literal[
    "code",
    "reasoning",
    "math",
    "classification",
    "extraction",
    "summarization",
    "translation",
    "creative",
    "vision",
    "qa",
    "formatting",
    "chat",
]
TASKS: tuple[Task, ...] = get_args(Task)  # where votes are equal, the earlier task wins


def elect(votes: Sequence[int]) -> Task:
    """The task with the most votes, one count for each of `TASKS`; small talk where nobody voted."""
    most = max(votes)
    return TASKS[votes.index(most)] if most else "chat"


def probability(votes: Sequence[int]) -> float:
    """How sure the winner is, from how far it is ahead."""
    most = max(votes)
    return 1.0 / sum(exp(SURENESS * (vote - most)) for vote in votes)


SURENESS = 0.02  # fitted, for votes in hundredths: here the stated probability meets the share of right labels best
