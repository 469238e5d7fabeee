"""Where in a text a pattern matches, in code points of the text as it was given."""

from __future__ import annotations

from collections.abc import Iterator

from policyroute.scan import folding
from policyroute.scan.alphabet import Alphabet
from policyroute.scan.engines.re2_set import compile_one
from policyroute.scan.pattern import Question
from policyroute.scan.translate import write

# The line feed after a `$` is read by the automaton, but is no part of the match: a group tells how much of it to give back.
_LAST = "(?:(\\n?)\\z)"


class Finder:
    """One pattern, compiled to find the places of its matches.

    Every search stops at a match, yet may look on to the end of the text to know it: `n` matches cost at most `n + 1`
    times the length of the text, whatever the text is.
    """

    def __init__(self, question: Question, spelling: Alphabet) -> None:
        self._alphabet = spelling
        written = (write(tree, spelling.write, _LAST) for tree in question.trees)
        self._regex = compile_one("|".join(regex for regex in written if regex is not None) or "\\z\\A.")

    def at_least(self, text: str, count: int) -> bool:
        """Whether there are so many matches without overlap."""
        matches = self._matches(self._alphabet.spell(text))
        return all(next(matches, None) is not None for _ in range(count))

    def spans(self, text: str, limit: int) -> tuple[tuple[int, int], ...]:
        """The first matches without overlap."""
        spelled = self._alphabet.spell(text)
        matches = self._matches(spelled)
        found = [match for _, match in zip(range(limit), matches, strict=False)]
        if len(spelled) != len(text):
            found = list(self._in_characters(spelled, found))
        if found and self._alphabet.reading.words == "spaced" and not text.isascii():
            unfold = folding.Unfolding(text, self._alphabet.reading.fold)
            found = [unfold.span(start, end) for start, end in found]
        return tuple(found)

    def _matches(self, spelled: bytes) -> Iterator[tuple[int, int]]:
        at = 0
        while (match := self._regex.search(spelled, at)) is not None:
            start, end = match.span()
            at = end - sum(map(len, filter(None, match.groups())))
            yield start, at

    def _in_characters(self, spelled: bytes, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        read = count = 0
        for start, end in spans:
            first = count + self._alphabet.characters(spelled[read:start])
            count = first + self._alphabet.characters(spelled[start:end])
            read = end
            yield first, count
