"""The patterns of a policy as one set: one scan of a text answers which of them match."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from policyroute.scan import alphabet
from policyroute.scan.alphabet import Alphabet
from policyroute.scan.engines import hyperscan_set
from policyroute.scan.engines.engine import Entry, PatternSet, ScanFailed
from policyroute.scan.engines.hyperscan_set import HyperscanSet
from policyroute.scan.engines.re2_set import Re2Set
from policyroute.scan.finder import Finder
from policyroute.scan.pattern import Pattern, Question, Reading, read
from policyroute.scan.translate import Spell, write
from policyroute.scan.tree import Chars, walk

__all__ = ["ScanFailed", "Scanner", "build"]

Engine = Literal["hyperscan", "re2"]


class _Wide(NamedTuple):
    """How a text that is not all ASCII is scanned for one reading: spelled once, then scanned once or twice."""

    alphabet: Alphabet
    asking: PatternSet | None
    """The patterns that ask for single characters outside ASCII."""
    narrow: int
    """The bits of the patterns that the set of ASCII texts answers as well."""


class _Sets(NamedTuple):
    """Everything that a scan needs, compiled."""

    lower: PatternSet | None
    cased: PatternSet | None
    wide: tuple[_Wide, ...]


class Scanner:
    """Answers which patterns are in a text. Made by `build`."""

    def __init__(self, patterns: tuple[Pattern, ...], questions: tuple[Question, ...], engine: Engine) -> None:
        self.patterns = patterns
        self.engine: str = engine
        self._questions = questions
        self._sets: _Sets | None = None
        self._finders: dict[int, Finder] = {}

    def warm(self) -> None:
        """Compile now what else the first scan would."""
        # Threads that come here at once compile the same thing twice, and either will do: so there is no lock to forget
        # in a forked child.
        if self._sets is None:
            self._sets = _compile(self._questions, HyperscanSet if self.engine == "hyperscan" else Re2Set)

    def _warmed(self) -> _Sets:
        self.warm()
        assert self._sets is not None
        return self._sets

    def scan(self, text: str) -> int:
        """Bit i is set where pattern i is in the text; raises `ScanFailed`."""
        sets = self._sets or self._warmed()
        bits = 0
        if text.isascii():
            if sets.lower is not None:
                bits = sets.lower.scan(text.lower().encode())
            if sets.cased is not None:
                bits |= sets.cased.scan(text.encode())
            return bits
        for wide in sets.wide:
            spelled = wide.alphabet.spell(text)
            if wide.asking is not None:
                bits |= wide.asking.scan(spelled)
                spelled = alphabet.narrow(spelled)
            if wide.narrow and sets.lower is not None:
                bits |= sets.lower.scan(spelled) & wide.narrow
        return bits

    def spans(self, index: int, text: str, limit: int = 32) -> tuple[tuple[int, int], ...]:
        """The first `limit` matches, leftmost and without overlap, as code-point offsets; raises `ScanFailed`."""
        if self.patterns[index].kind == "glob":
            return ((0, len(text)),) if self.scan(text) >> index & 1 else ()
        return self._finder(index).spans(text, limit)

    def at_least(self, index: int, text: str, count: int) -> bool:
        """Whether the pattern matches `count` times without overlap; raises `ScanFailed`."""
        if self.patterns[index].kind == "glob":
            return count <= (self.scan(text) >> index & 1)
        return self._finder(index).at_least(text, count)

    def _finder(self, index: int) -> Finder:
        if index not in self._finders:
            question = self._questions[index]
            spelling = next(wide.alphabet for wide in self._warmed().wide if wide.alphabet.reading == question.reading)
            self._finders[index] = Finder(question, spelling)
        return self._finders[index]


def build(patterns: Sequence[Pattern], *, engine: Literal["auto", "hyperscan", "re2"] = "auto") -> Scanner:
    """Check every pattern and make one scanner of them; raises `PatternError`. The engine compiles when first used."""
    questions = tuple(map(read, patterns))
    if engine == "auto":
        engine = "hyperscan" if hyperscan_set.AVAILABLE else "re2"
    elif engine == "hyperscan" and not hyperscan_set.AVAILABLE:
        raise ScanFailed("Hyperscan is not installed")
    return Scanner(tuple(patterns), questions, engine)


def _compile(questions: Sequence[Question], engine: type[HyperscanSet] | type[Re2Set]) -> _Sets:
    lower: list[Entry] = []
    cased: list[Entry] = []
    wide: list[_Wide] = []
    readings = dict.fromkeys(question.reading for question in questions)
    for reading in readings:
        of_reading = [(index, question) for index, question in enumerate(questions) if question.reading == reading]
        asking = [(index, question) for index, question in of_reading if alphabet.asks(question)]
        spelling = Alphabet(reading, (chars for _, question in asking for chars in alphabet.sets_of(question)))
        asking_set = engine(_entries(asking, spelling.write)) if asking else None
        if reading.fold:
            lower.extend(_entries(of_reading, functools.partial(alphabet.write_narrow, words=reading.words)))
        else:
            cased.extend(_entries(of_reading, alphabet.write_ascii))
        wide.append(_Wide(spelling, asking_set, sum(1 << index for index, _ in of_reading) if reading.fold else 0))
    return _Sets(engine(lower) if lower else None, engine(cased) if cased else None, tuple(wide))


def _entries(questions: Iterable[tuple[int, Question]], spell: Spell) -> list[Entry]:
    written = ((index, write(tree, spell)) for index, question in questions for tree in question.trees)
    return [Entry(index, regex) for index, regex in written if regex is not None]
