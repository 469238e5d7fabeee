"""What was found out about one call: the answers to all that a policy asks, and never the text they were found in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from policyroute.call import Call

NOTHING_LOST: Mapping[str, frozenset[str]] = MappingProxyType({})


class Reading:
    """What was found out about one call: the answers to every question of the policy, as bits. Never its text.

    `lost` are the attributes whose value could not be found out, each with the values it may have; `took_ns` says how long
    it took, where somebody looked at a clock.
    """

    __slots__ = (
        *("answers", "attributes", "lost", "max_output", "score", "task", "tokens", "took_ns", "truth", "unknown", "unscanned"),
    )

    def __init__(self, call: Call) -> None:
        self.truth = 0
        self.unknown = 0
        self.tokens = 0
        self.task: str | None = None
        self.score: float | None = None
        self.max_output = call.max_output
        self.answers = call.answers
        self.unscanned = call.unscanned
        self.attributes: dict[str, str] = {}
        self.lost = NOTHING_LOST
        self.took_ns = 0
