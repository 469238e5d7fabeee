"""What an answer used, as far as the upstream can be believed: nothing it says makes a call cheaper than its text."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from policyroute.call import Target, Usage
from policyroute.decision import MICRO_PER_MILLION

MOST_TOKENS = 10**9
_LOG = logging.getLogger(__name__)


class Tally:
    """Adds up what an upstream says of one answer, in one piece or again and again.

    Figures of one answer grow, so what is said twice counts once, and what shrinks does not count. `Usage` is what it
    comes to; where a figure is missing or makes no sense it is `estimated` from the text.
    """

    __slots__ = ("_cached", "_doubtful", "_input", "_output")

    def __init__(self) -> None:
        self._input: int | None = None
        self._output: int | None = None
        self._cached = 0
        self._doubtful = False

    def says(self, said: Mapping[str, object]) -> None:
        """One message about `input_tokens`, `output_tokens` and `cached_input_tokens`; any of them may be left out."""
        self._input = self._grown(self._input, said.get("input_tokens"))
        self._output = self._grown(self._output, said.get("output_tokens"))
        self._cached = self._grown(self._cached, said.get("cached_input_tokens")) or 0

    def _grown(self, before: int | None, said: object) -> int | None:
        if said is None:
            return before
        if type(said) is float and said.is_integer():
            said = int(said)
        if type(said) is not int or not 0 <= said <= MOST_TOKENS:
            self._doubtful = True
            return before
        return said if before is None else max(before, said)

    def usage(self, estimate: Usage) -> Usage:
        """What it comes to, with `estimate` of the text in place of what is not known."""
        missing = self._input is None or self._output is None
        if self._doubtful or (self._output == 0 < estimate.output_tokens):
            _LOG.warning("an upstream's usage makes no sense: the call is billed by an estimate of its text where that is more")
            used = Usage(max(self._input or 0, estimate.input_tokens), max(self._output or 0, estimate.output_tokens), 0, True)
        elif missing:
            said_in, said_out = self._input, self._output
            used = Usage(
                estimate.input_tokens if said_in is None else said_in,
                estimate.output_tokens if said_out is None else said_out,
                0 if said_in is None else min(self._cached, said_in),
                estimated=True,
            )
        else:
            assert self._input is not None and self._output is not None
            used = Usage(self._input, self._output, min(self._cached, self._input))
        return used


def spent_nano(target: Target, usage: Usage) -> int:
    """What a usage costs at a target, rounded up to a whole nano-dollar."""
    cached_price = target.price_in if target.price_cached_in is None else target.price_cached_in
    total = (usage.input_tokens - usage.cached_input_tokens) * target.price_in
    total += usage.cached_input_tokens * cached_price + usage.output_tokens * target.price_out
    return -(-total // MICRO_PER_MILLION)
