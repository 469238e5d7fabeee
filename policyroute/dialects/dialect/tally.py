"""What an upstream says an answer used, as far as it can be believed: nothing it says makes a call cheaper than its text."""

from __future__ import annotations

from collections.abc import Mapping

from policyroute.call import Usage

MOST_TOKENS = 10**9


class Tally:
    """Adds up what an upstream says of one answer, in one piece or again and again.

    Figures of one answer grow, so what is said twice counts once, and what shrinks does not count. `Usage` is what it
    comes to; where a figure is missing or makes no sense it is `estimated` from the text.
    """

    __slots__ = ("_cached", "_input", "_output", "doubtful")

    def __init__(self) -> None:
        self._input: int | None = None
        self._output: int | None = None
        self._cached = 0
        self.doubtful = False  # whether a figure was no number of tokens

    @property
    def known(self) -> bool:
        """Whether both what went in and what came out was said."""
        return self._input is not None and self._output is not None

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
            self.doubtful = True
            return before
        return said if before is None else max(before, said)

    def contradicts(self, estimate: Usage) -> bool:
        """Whether it makes no sense: a figure that is none, or nothing said to have come out where text did."""
        return self.doubtful or self._output == 0 < estimate.output_tokens

    def usage(self, estimate: Usage) -> Usage:
        """What it comes to, with `estimate` of the text in place of what is not known, and where that is more if in doubt."""
        said_in, said_out = self._input, self._output
        if self.contradicts(estimate):
            return Usage(max(said_in or 0, estimate.input_tokens), max(said_out or 0, estimate.output_tokens), 0, True)
        return Usage(
            estimate.input_tokens if said_in is None else said_in,
            estimate.output_tokens if said_out is None else said_out,
            0 if said_in is None else min(self._cached, said_in),
            estimated=not self.known,
        )
