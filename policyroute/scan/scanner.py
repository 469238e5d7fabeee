"""The patterns of a policy as one set: one scan of a text answers which of them match."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from policyroute.scan import alphabet
from policyroute.scan.alphabet import Alphabet
from policyroute.scan.engines import hyperscan_set
from policyroute.scan.engines.engine import Entry, PatternSet, ScanFailed, while_used
from policyroute.scan.engines.hyperscan_set import HyperscanSet
from policyroute.scan.engines.re2_set import Re2Set
from policyroute.scan.finder import Finder
from policyroute.scan.pattern import Pattern, Question, Reading, read
from policyroute.scan.translate import Spell, write
from policyroute.scan.tree import branches, is_loose

__all__ = ["ScanFailed", "Scanner", "build"]

Engine = Literal["hyperscan", "re2"]


class _Cased(NamedTuple):
    """The patterns of a reading in which case matters: every text is spelled for them."""

    spelling: Alphabet
    compiled: PatternSet

    def scan(self, text: str) -> int:
        return self.compiled.scan(self.spelling.spell(text))


class _Folded(NamedTuple):
    """The patterns of a reading in which it does not, in texts that are not all ASCII: spelled once, scanned once or twice."""

    spelling: Alphabet
    asking: PatternSet | None
    """Those that ask for single characters outside ASCII."""
    lower: PatternSet | None
    """The others: the set for texts of ASCII answers them too."""
    others: int
    """The bits of those others."""

    def scan(self, text: str) -> int:
        spelled = self.spelling.spell(text)
        bits = 0
        if self.asking is not None:
            bits = self.asking.scan(spelled)
            spelled = self.spelling.narrow(spelled)
        return bits if self.lower is None else bits | self.lower.scan(spelled) & self.others


class _Sets(NamedTuple):
    """Everything that a scan needs, compiled."""

    lower: PatternSet | None
    """What can be in a text of lower-case ASCII, and in narrow spellings."""
    folded: tuple[_Folded, ...]
    cased: tuple[_Cased, ...]

    def scan(self, text: str) -> int:
        bits = 0
        if not text.isascii():
            for folded in self.folded:
                bits |= folded.scan(text)
        elif self.lower is not None:
            bits = self.lower.scan(text.lower().encode())
        for cased in self.cased:
            bits |= cased.scan(text)
        return bits

    def spelling(self, reading: Reading) -> Alphabet:
        """How texts are spelled for a reading."""
        spellings = [*(part.spelling for part in self.folded), *(part.spelling for part in self.cased)]
        return next(spelling for spelling in spellings if spelling.reading == reading)


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
        return (self._sets or self._warmed()).scan(text)

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
            self._finders[index] = Finder(question, self._warmed().spelling(question.reading))
        return self._finders[index]


def build(patterns: Sequence[Pattern], *, engine: Literal["auto", "hyperscan", "re2"] = "auto") -> Scanner:
    """Check every pattern and make one scanner of them; raises `PatternError`. The engine compiles when first used.

    The same patterns have the same scanner for as long as anybody has it: a scanner is as good as another, and may be used
    by any number of threads.
    """
    if engine == "auto":
        engine = "hyperscan" if hyperscan_set.usable() else "re2"
    elif engine == "hyperscan" and not hyperscan_set.usable():
        raise ScanFailed("Hyperscan does not run here")
    return _scanner(tuple(patterns), engine)


@while_used
def _scanner(patterns: tuple[Pattern, ...], engine: Engine) -> Scanner:
    return Scanner(patterns, tuple(map(read, patterns)), engine)


def _compile(questions: Sequence[Question], engine: type[HyperscanSet] | type[Re2Set]) -> _Sets:
    lower: list[Entry] = []
    folded: list[tuple[Alphabet, list[Entry], int]] = []
    cased: list[_Cased] = []
    for reading in dict.fromkeys(question.reading for question in questions):
        mine = [(index, question) for index, question in enumerate(questions) if question.reading == reading]
        spelling = Alphabet(reading, (ranges for _, question in mine for ranges in alphabet.sets_of(question)))
        if reading.fold:
            asking = [(index, question) for index, question in mine if alphabet.asks(question)]
            others = [(index, question) for index, question in mine if not alphabet.asks(question)]
            lower += _entries(asking, alphabet.write_lower) + _entries(others, Alphabet(reading).write)
            folded.append((spelling, _entries(asking, spelling.write), sum(1 << index for index, _ in others)))
        else:
            cased.append(_Cased(spelling, engine(_entries(mine, spelling.write))))
    low = engine(lower) if lower else None
    parts = (
        _Folded(spelling, engine(asking) if asking else None, low if others else None, others)
        for spelling, asking, others in folded
    )
    return _Sets(low, tuple(parts), tuple(cased))


def _entries(questions: Iterable[tuple[int, Question]], spell: Spell) -> list[Entry]:
    trees = ((index, branch) for index, question in questions for tree in question.trees for branch in branches(tree))
    written = ((index, tree, write(tree, spell)) for index, tree in trees)
    return [Entry(index, regex, is_loose(tree)) for index, tree, regex in written if regex is not None]
