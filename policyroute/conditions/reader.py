"""Answers every question of a policy about one call, in one pass: the text is scanned once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import translate
from re import IGNORECASE, Pattern as Regex, compile as compile_regex
from typing import NamedTuple, Protocol

from policyroute.call import Call, Facts, Part, Role
from policyroute.conditions import questions as ask
from policyroute.errors import CallError
from policyroute.reading import Reading
from policyroute.scan import Pattern, ScanFailed, Scanner, build
from policyroute.scan.shadow import HINT, unveiled
from policyroute.scoring import Heuristic, rough_words, spoken, tokens, words

LAST_SAID = (frozenset[Role]({"user"}), True)


class Finder(Protocol):
    """A set of detectors, by the patterns it wants scanned."""

    patterns: tuple[Pattern, ...]
    kinds: tuple[str, ...]

    def present(self, bits: int, text: str) -> int:
        """Which kinds are in the text, given which of the patterns are."""
        ...


class Attribute(NamedTuple):
    """A declared attribute of the caller: where it comes from, and which values it may have."""

    name: str
    source: str
    claimed: bool = False
    values: frozenset[str] | None = None
    default: str | None = None
    required: bool = False


class _Asked(NamedTuple):
    """What one attribute's value settles, as bits."""

    attribute: Attribute
    source: str
    by_value: Mapping[str, int]
    known: int
    missing: int
    matched: tuple[tuple[Scanner, int], ...]

    @property
    def all(self) -> int:
        total = self.known | self.missing
        for bits in self.by_value.values():
            total |= bits
        for _, bit in self.matched:
            total |= bit
        return total


class Reader:
    """The questions of a policy, compiled: bit i of a reading answers question i."""

    def __init__(
        self, questions: Sequence[ask.Question], attributes: Sequence[Attribute], finder: Finder, heuristic: Heuristic
    ) -> None:
        self.questions = tuple(questions)
        self._bit = {question: 1 << i for i, question in enumerate(self.questions)}
        texts = [q for q in self.questions if isinstance(q, ask.TextHas)]
        self._texts = tuple((q, self._bit[q]) for q in texts)
        self._finder = finder
        self._finder_at = len(texts)
        self.heuristic = heuristic
        self._scores = any(isinstance(q, ask.ScoreIs) for q in self.questions)
        self._tasks = any(isinstance(q, ask.TaskIs) for q in self.questions)
        self._finder_mask = (1 << len(finder.patterns)) - 1
        self._finder_hits = self._finder_mask << self._finder_at
        patterns = (*(q.pattern for q in texts), *finder.patterns)
        self._hint = 1 << len(patterns)
        hint = (HINT,) if finder.patterns else ()
        self.scanner: Scanner | None = build((*patterns, *hint)) if patterns else None
        self._scopes = self._compile_scopes(texts)
        self._asked = tuple(self._compile_attribute(a) for a in attributes)
        self._detected = tuple((kind, self._bit.get(ask.Detected(kind), 0)) for kind in finder.kinds)
        self._text_bits = sum(bit for _, bit in self._texts) | sum(bit for _, bit in self._detected)
        self._compile_shape()

    def _compile_scopes(self, texts: Sequence[ask.TextHas]) -> tuple[tuple[frozenset[Role], bool, int], ...]:
        """Which patterns are looked for in whose words: (roles, last turn only, pattern bits)."""
        scopes: dict[tuple[frozenset[Role], bool], int] = {}
        for i, question in enumerate(texts):
            key = (question.roles, question.last)
            scopes[key] = scopes.get(key, 0) | 1 << i
        if self._finder_mask:
            key = (ask.EVERYBODY, False)
            scopes[key] = scopes.get(key, 0) | self._finder_hits
        return tuple((roles, last, mask) for (roles, last), mask in scopes.items())

    def _compile_attribute(self, attribute: Attribute) -> _Asked:
        by_value: dict[str, int] = {}
        matched = []
        for question, bit in self._bit.items():
            if isinstance(question, ask.AttributeIs) and question.name == attribute.name:
                by_value[question.value] = bit
            elif isinstance(question, ask.AttributeMatches) and question.name == attribute.name:
                matched.append((build((question.pattern,)), bit))
        known, missing = (self._bit.get(q, 0) for q in (ask.AttributeKnown(attribute.name), ask.AttributeMissing(attribute.name)))
        return _Asked(attribute, _source(attribute), by_value, known, missing, tuple(matched))

    def _compile_shape(self) -> None:
        """Tables for everything that is neither text nor attribute."""
        items = list(self._bit.items())
        inside = frozenset(self._finder.kinds)
        self._plugged = tuple((q.kind, bit) for q, bit in items if isinstance(q, ask.Detected) and q.kind not in inside)
        self._unscanned = self._bit.get(ask.Unscanned(), 0)
        self._streams = self._bit.get(ask.Streams(), 0)
        self._features = {q.feature: bit for q, bit in items if isinstance(q, ask.Has)}
        self._apis = {q.api: bit for q, bit in items if isinstance(q, ask.ApiIs)}
        self._sizes = tuple((q, bit) for q, bit in items if isinstance(q, ask.SizeIs))
        self._hours = tuple((q, bit) for q, bit in items if isinstance(q, ask.During))
        self._labels = {q.label: bit for q, bit in items if isinstance(q, ask.TaskIs)}
        self._bounds = tuple((q, bit) for q, bit in items if isinstance(q, ask.ScoreIs))
        self._tags = {q.tag: bit for q, bit in items if isinstance(q, ask.TagIs)}
        globs = [(q, bit) for q, bit in items if isinstance(q, ask.RequestedIs)]
        self._requested: tuple[tuple[Regex[str], int], ...] = tuple(
            (compile_regex(translate(q.glob), IGNORECASE), bit) for q, bit in globs
        )

    def read(self, call: Call, facts: Facts) -> Reading:
        """Every answer about this call."""
        reading = Reading(call)
        if self.scanner is not None and call.parts:
            try:
                self._scan(reading, call.parts)
            except ScanFailed:
                reading.unknown |= self._text_bits & ~reading.truth
        for asked in self._asked:
            if facts.failed and f"attribute:{asked.attribute.name}" in facts.failed:
                reading.unknown |= asked.all
                reading.lost = {**reading.lost, asked.attribute.name: asked.attribute.values or frozenset()}
            else:
                self._read_attribute(asked, call, reading)
        for kind, bit in self._plugged:
            found = facts.detected.get(kind)
            if found is None:
                reading.unknown |= bit
            elif found:
                reading.truth |= bit
        self._read_shape(call, facts, reading)
        if self._scores or self._tasks:
            self._judge_text(call, facts, reading)
        if facts.failed:
            self._forget(facts.failed, reading)
        return reading

    @property
    def engine(self) -> str:
        """The engine that scans; `none` where the policy asks nothing of the text."""
        return "none" if self.scanner is None else self.scanner.engine

    def warm(self) -> None:
        """Compile now what else the first call would wait for."""
        if self.scanner is not None:
            self.scanner.warm()
        for asked in self._asked:
            for scanner, _ in asked.matched:
                scanner.warm()
        if self._scores or self._tasks:
            self.heuristic.warm()

    def tagged(self, tag: str) -> int:
        """The bit that says a call has this tag; 0 where no rule asks."""
        return self._tags.get(tag, 0)

    def _scan(self, reading: Reading, parts: tuple[Part, ...]) -> None:
        """Answers text questions and detectors."""
        scanner = self.scanner
        assert scanner is not None
        seen: dict[str, tuple[tuple[str, int], ...]] = {}
        for roles, last, mask in self._scopes:
            text = said_by(parts, roles, last)
            if not text:
                continue
            readings = seen.get(text)
            if readings is None:
                readings = seen[text] = self._readings(scanner, text)
            for seen_text, hits in readings:
                if hits & mask:
                    self._note(reading, scanner, seen_text, hits & mask)

    def _readings(self, scanner: Scanner, text: str) -> tuple[tuple[str, int], ...]:
        """What is found in a text, and what detectors find in its shadow; a policy's own patterns see the text as it is."""
        hits = scanner.scan(text)
        if self._finder_mask and (hits & self._hint or not text.isascii()):
            shadow = unveiled(text)
            if shadow is not None:
                return (text, hits), (shadow.text, scanner.scan(shadow.text) & self._finder_hits)
        return ((text, hits),)

    def _note(self, reading: Reading, scanner: Scanner, text: str, hits: int) -> None:
        """What the patterns found in a text mean: kinds, if they are valid, and answers to questions, if there are enough."""
        found = hits >> self._finder_at & self._finder_mask
        if found:
            kinds = self._finder.present(found, text)
            for i, (_, bit) in enumerate(self._detected):
                if kinds >> i & 1:
                    reading.truth |= bit
        hits &= (1 << self._finder_at) - 1
        while hits:
            low = hits & -hits
            hits ^= low
            index = low.bit_length() - 1
            question, bit = self._texts[index]
            if question.min_count == 1 or scanner.at_least(index, text, question.min_count):
                reading.truth |= bit

    def _read_attribute(self, asked: _Asked, call: Call, reading: Reading) -> None:
        attribute = asked.attribute
        value = call.attributes.get(attribute.name)
        if value is None:
            value = call.claims.get(asked.source) if attribute.claimed else call.attributes.get(asked.source)
            if value is None:
                value = attribute.default
        if value is None:
            if attribute.required:
                raise CallError(f"attribute `{attribute.name}` is required (from {attribute.source})")
            reading.truth |= asked.missing
            return
        if attribute.values is not None and value not in attribute.values:
            known = ", ".join(f"`{v}`" for v in sorted(attribute.values))
            raise CallError(f"attribute `{attribute.name}` has a value outside its vocabulary: one of {known} is expected")
        reading.attributes[attribute.name] = value
        reading.truth |= asked.known | asked.by_value.get(value, 0)
        for scanner, bit in asked.matched:
            try:
                if scanner.scan(value):
                    reading.truth |= bit
            except ScanFailed:
                reading.unknown |= bit

    def _read_shape(self, call: Call, facts: Facts, reading: Reading) -> None:
        truth = 0
        if call.unscanned:
            truth |= self._unscanned
        if call.stream:
            truth |= self._streams
        if call.has and self._features:
            for feature in call.has:
                truth |= self._features.get(feature, 0)
        if self._apis:
            truth |= self._apis.get(call.api, 0)
        if facts.tokens is not None:
            reading.tokens = facts.tokens
        elif len(call.parts) == 1:
            reading.tokens = tokens(call.parts[0].text)
        else:
            reading.tokens = sum([tokens(part.text) for part in call.parts])
        for question, bit in self._sizes:
            value = size_of(question.size, call, reading)
            if value is not None and ask.compare(value, question.how, question.bound):
                truth |= bit
        if call.requested_model is not None:
            for regex, bit in self._requested:
                if regex.match(call.requested_model):
                    truth |= bit
        for during, bit in self._hours:
            if facts.now is None:
                reading.unknown |= bit
            elif during.covers(facts.now):
                truth |= bit
        reading.truth |= truth

    def _judge_text(self, call: Call, facts: Facts, reading: Reading) -> None:
        """The task label and the complexity score: as handed in, or by what the user said last."""
        task, score = facts.task, facts.score
        if (self._tasks and task is None) or (self._scores and score is None):
            said = spoken(said_by(call.parts, *LAST_SAID))
            try:
                signals = self.heuristic.find(said)
            except ScanFailed:
                signals = -1
            if signals >= 0:
                judged = self.heuristic.judge(signals, rough_words(said), "images" in call.has)
                score = judged[0] if score is None else score
                task = judged[1] if task is None else task
        if self._tasks:
            reading.task = task
            if task is None:
                reading.unknown |= sum(self._labels.values())
            else:
                reading.truth |= self._labels.get(task, 0)
        if self._scores:
            reading.score = score
            for question, bit in self._bounds:
                if score is None:
                    reading.unknown |= bit
                elif ask.compare(score, question.how, question.bound):
                    reading.truth |= bit

    def _forget(self, failed: frozenset[str], reading: Reading) -> None:
        """A detector that failed is unknown, whatever else was seen of it."""
        for name in failed:
            if name.startswith("detect:"):
                lost = self._bit.get(ask.Detected(name.removeprefix("detect:")), 0)
                reading.truth &= ~lost
                reading.unknown |= lost


def _source(attribute: Attribute) -> str:
    """Where a value is looked up: a key under `auth.`, or a claim; the names of headers know neither case nor `_`."""
    source = attribute.source
    if source.startswith("header."):
        return source.lower().replace("_", "-")
    return source.removeprefix("auth.")


def said_by(parts: tuple[Part, ...], roles: frozenset[Role], last: bool) -> str:
    """What these roles say, in all turns or in their last one."""
    if len(parts) == 1:
        return parts[0].text if parts[0].role in roles else ""
    said = [part for part in parts if part.role in roles]
    if last and said:
        turn = max(part.turn for part in said)
        said = [part for part in said if part.turn == turn]
    return "\n".join(part.text for part in said)


def turns_of(call: Call) -> int:
    """How often the user has spoken."""
    return len({part.turn for part in call.parts if part.role == "user"})


def size_of(size: ask.Size, call: Call, reading: Reading) -> int | None:
    """One size of the call; None where the caller did not say."""
    if size == "tokens":
        return reading.tokens
    if size == "words":
        return sum(words(part.text) for part in call.parts)
    return turns_of(call) if size == "turns" else call.max_output
