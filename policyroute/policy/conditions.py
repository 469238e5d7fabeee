"""From what a rule says to what it asks: conditions become an algebra over questions, and each question gets its bit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from policyroute.conditions import questions as ask
from policyroute.conditions.condition import All, Any as AnyOf, Atom, Condition, Not
from policyroute.policy.document import Attribute
from policyroute.policy.problems import Problems, Word, shown
from policyroute.policy.shape import MOST_WORDS, Said, too_many
from policyroute.policy.suggest import closest
from policyroute.policy.vocabulary import Vocabulary, among, declared, zone
from policyroute.policy.wording import WHEN, Bounds, Hours, TextAsk, ValuePattern
from policyroute.scan import Pattern, PatternError, check
from policyroute.scoring import TASKS

Where = Literal["sensitivity", "routes", "complexity", "invariant"]
SIZES: tuple[ask.Size, ...] = ("tokens", "words", "turns", "max_output")
COMPARISONS: tuple[ask.Comparison, ...] = ("lt", "lte", "gt", "gte")
STAGE_4_ONLY = "the score is worked out last: ask for it in `complexity.ladder`"
TAGS_LATER = "tags are known only after stage 1: ask for them in routes or the ladder"


class Setting(NamedTuple):
    """Where a condition stands: which rule kind, and whether it is negated there (`unless`, `not`)."""

    where: Where
    negated: bool = False

    def flipped(self) -> Setting:
        """The same, inside one more negation."""
        return self._replace(negated=not self.negated)


class Asker:
    """Turns conditions into algebra, and hands out one bit for each different question."""

    def __init__(self, vocabulary: Vocabulary, problems: Problems) -> None:
        self.vocabulary = vocabulary
        self.problems = problems
        self.questions: list[ask.Question] = []
        self._bits: dict[ask.Question, int] = {}
        self._checked: set[Pattern] = set()
        self._words_left = MOST_WORDS

    def atom(self, question: ask.Question) -> Atom:
        """The question's atom; the same for equal questions."""
        if question not in self._bits:
            self._bits[question] = len(self.questions)
            self.questions.append(question)
        return Atom(1 << self._bits[question])

    def condition(self, said: Mapping[Word, Any], setting: Setting) -> Condition:
        """All keys together; what could not be read, or is wrong, is left out, since it was said where it stands."""
        parts = []
        for key, value in said.items():
            part = self._key(key, value, setting)
            if part is not None:
                parts.append(part)
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def meant(self, said: Mapping[Word, Any], key: str) -> bool:
        """Whether a key is there, or one that was meant for it; says so of the latter."""
        if key in said:
            return True
        for name in said:
            if name not in WHEN.known() and name not in self.vocabulary.attributes and closest(name, (key,)):
                self._declared(name, also=(key,))
                return True
        return False

    def pattern(self, pattern: Pattern, words: Sequence[Word]) -> bool:
        """Whether a pattern may be used; says what is wrong at the source it stands in."""
        if pattern in self._checked:
            return True
        if self.problems.full or not self._room_for(words):
            return False
        try:
            check(pattern)
        except PatternError as error:
            word = words[error.source_index]
            at = "" if error.offset is None else f", at its character {error.offset + 1}"
            self.problems.add("PR401", f"{error.message}{at}", word, label="this pattern cannot be used", help=error.help)
            return False
        self._checked.add(pattern)
        return True

    def _room_for(self, words: Sequence[Word]) -> bool:
        """Whether so many words more are read; says so at the first too many."""
        before = self._words_left
        self._words_left -= len(words)
        if before >= 0 > self._words_left:
            too_many(MOST_WORDS, "patterns and keywords", words[self._words_left], self.problems)
        return self._words_left >= 0

    def _key(self, key: Word, value: Any, setting: Setting) -> Condition | None:
        name = str(key)
        if value is None:
            if name not in WHEN.known():
                self._declared(key, also=WHEN.known())
            return None
        if name in ("any", "all"):
            parts = tuple(self._nested(one, key, setting) for one in value)
            return AnyOf(parts) if name == "any" else All(parts)
        if name == "not":
            return Not(self._nested(value, key, setting.flipped()))
        if name in SIZES or name == "score":
            return self._bounded(key, value, setting)
        reader = READERS.get(name, Asker._attribute)
        return reader(self, key, value, setting)

    def _nested(self, said: Said, key: Word, setting: Setting) -> Condition:
        if not said:
            message = f"an empty condition under `{key}` would always hold"
            self.problems.add("PR203", message, said, help="say what it asks, or take it out")
        return self.condition(said, setting)

    def _bounded(self, key: Word, bounds: Bounds, setting: Setting) -> Condition | None:
        name = str(key)
        if name == "score" and setting.where in ("sensitivity", "routes"):
            self.problems.add("PR202", "`score` can only be asked in stage 4", key, help=STAGE_4_ONLY)
            return None
        parts = []
        for how in COMPARISONS:
            bound = getattr(bounds, how)
            if bound is None:
                continue
            if name == "score" and not 0 <= bound <= 1:
                self.problems.add("PR105", f"`{bound:g}` is out of range", bounds.at, help="a score is from 0 to 1")
            parts.append(self.atom(ask.ScoreIs(how, bound) if name == "score" else ask.SizeIs(_size(name), how, bound)))
        bounds.check(name, self.problems)
        return All(tuple(parts)) if len(parts) != 1 else parts[0]

    def _ask_prompt(self, key: Word, said: TextAsk, setting: Setting) -> Condition | None:
        given = [name for name in ("regex", "keywords", "glob") if getattr(said, name) is not None]
        if len(given) != 1:
            if said.at.unread & {"regex", "keywords", "glob"}:
                return None
            found = " and ".join(f"`{g}`" for g in given) or "none"
            message = f"a text condition needs exactly one of `regex`, `keywords`, `glob`, found {found}"
            self.problems.add("PR126", message, said.at)
            return None
        kind: Literal["regex", "keywords", "glob"] = (
            "regex" if said.regex is not None else "keywords" if said.keywords is not None else "glob"
        )
        words = said.keywords if said.keywords is not None else (said.regex or said.glob or key,)
        pattern = Pattern(kind, tuple(str(w) for w in words), said.case == "sensitive")
        if not self.pattern(pattern, words):
            return None
        roles = ask.EVERYBODY if said.roles is None else frozenset(role for role in ask.ROLES if role in said.roles)
        return self.atom(ask.TextHas(pattern, roles, said.part == "last", said.min_count or 1))

    def _ask_detect(self, key: Word, kinds: Sequence[Word], setting: Setting) -> Condition:
        known = [k for k in kinds if declared(k, "detector", self.vocabulary.detectors, self.problems)]
        return _one_of([self.atom(ask.Detected(str(k))) for k in known])

    def _ask_unscanned(self, key: Word, wanted: bool, setting: Setting) -> Condition:
        return self._flag(ask.Unscanned(), wanted)

    def _ask_stream(self, key: Word, wanted: bool, setting: Setting) -> Condition:
        return self._flag(ask.Streams(), wanted)

    def _flag(self, question: ask.Question, wanted: bool) -> Condition:
        atom = self.atom(question)
        return atom if wanted else Not(atom)

    def _ask_task(self, key: Word, labels: Sequence[Word], setting: Setting) -> Condition:
        known = [label for label in labels if among(label, "task", "PR104", TASKS, self.problems)]
        return _one_of([self.atom(ask.TaskIs(str(label))) for label in known])

    def _ask_has(self, key: Word, features: Sequence[Word], setting: Setting) -> Condition:
        return _one_of([self.atom(ask.Has(f)) for f in features])  # type: ignore[arg-type]

    def _ask_api(self, key: Word, apis: Sequence[Word], setting: Setting) -> Condition:
        return _one_of([self.atom(ask.ApiIs(api)) for api in apis])  # type: ignore[arg-type]

    def _ask_requested_model(self, key: Word, globs: Sequence[Word], setting: Setting) -> Condition:
        if setting.negated:
            self._excuse(key, "`requested_model` is what the client says")
        return _one_of([self.atom(ask.RequestedIs(str(glob))) for glob in globs])

    def _ask_time(self, key: Word, said: Hours, setting: Setting) -> Condition:
        since, until = said.since or 0, 1440 if said.until is None else said.until
        if since == until:
            self.problems.add("PR105", "`from` and `to` are the same time of day", said.at, help="for all day, leave both out")
        days = frozenset(day for group in said.days for day in group) if said.days is not None else frozenset(range(7))
        named = ",".join(ask.DAYS[d] for d in sorted(days)) if len(days) < 7 else "any day"
        spelled = f"between {_clock(since)} and {_clock(until)}, {named}, {said.timezone or 'UTC'}"
        return self.atom(ask.During(since, until, days, zone(said.timezone, self.problems), spelled))

    def _ask_missing(self, key: Word, names: Sequence[Word], setting: Setting) -> Condition:
        atoms = []
        for name in names:
            attribute = self._declared(name)
            if attribute is None:
                continue
            if attribute.trust == "claimed" and not setting.negated and setting.where != "invariant":
                self._excuse(name, f"`{name}` is claimed by the caller, who could end its absence")
            atoms.append(self.atom(ask.AttributeMissing(str(name))))
        return _one_of(atoms)

    def _ask_tags(self, key: Word, tags: Sequence[Word], setting: Setting) -> Condition:
        if setting.where == "sensitivity":
            self.problems.add("PR205", f"`{key}` cannot be asked in stage 1", key, help=TAGS_LATER)
        known = [tag for tag in tags if declared(tag, "tag", self.vocabulary.tags, self.problems)]
        return _one_of([self.atom(ask.TagIs(str(tag))) for tag in known])

    def _ask_tags_none(self, key: Word, tags: Sequence[Word], setting: Setting) -> Condition:
        if setting.where == "routes":
            self.problems.add(
                "PR310",
                "a caller can add a tag, and so escape a rule that asks for its absence",
                key,
                severity="warning",
                help="narrow by what a call is: `tags`, or `only` under a tag",
            )
        return Not(self._ask_tags(key, tags, setting))

    def _attribute(self, key: Word, value: Any, setting: Setting) -> Condition | None:
        attribute = self._declared(key, also=WHEN.known())
        if attribute is None:
            return None
        if attribute.trust == "claimed" and setting.negated and setting.where != "invariant":
            self._excuse(key, f"`{key}` is claimed by the caller")
        name = str(key)
        if isinstance(value, ValuePattern):
            pattern = Pattern("regex", (str(value.regex),), value.case == "sensitive")
            return self.atom(ask.AttributeMatches(name, pattern)) if self.pattern(pattern, (value.regex,)) else None
        if len(value) == 1 and value[0] == "any" and "any" not in (attribute.values or ()):
            return self.atom(ask.AttributeKnown(name))
        atoms = []
        for one in value:
            if (
                attribute.values is None
                or "values" in attribute.at.unread
                or among(one, f"value of `{name}`", "PR115", attribute.values, self.problems)
            ):
                atoms.append(self.atom(ask.AttributeIs(name, str(one))))
        return _one_of(atoms)

    def _declared(self, name: Word, also: Collection[str] = ()) -> Attribute | None:
        attributes, problems = self.vocabulary.attributes, self.problems
        if name in attributes:
            return attributes[name]
        if also:
            problems.retract(name)
        if not problems.full and not problems.lost(name, "attributes"):
            what = "condition or attribute" if also else "attribute"
            message, help = f"unknown {what} `{shown(name, 120)}`", problems.offered(name, attributes, also=also)
            problems.add("PR114", message, name, label="not declared under `attributes`", help=help)
        return None

    def _excuse(self, where: Word, why: str) -> None:
        self.problems.add(
            "PR201",
            f"a claimed value may narrow, never excuse: {why}",
            where,
            help="ask for a verified attribute here, or turn the rule around",
        )


def _size(name: str) -> ask.Size:
    return next(size for size in SIZES if size == name)


def _one_of(atoms: Sequence[Atom]) -> Condition:
    return atoms[0] if len(atoms) == 1 else AnyOf(tuple(atoms))


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


READERS: Mapping[str, Callable[[Asker, Word, Any, Setting], Condition | None]] = {
    "prompt": Asker._ask_prompt,
    "detect": Asker._ask_detect,
    "unscanned": Asker._ask_unscanned,
    "task": Asker._ask_task,
    "has": Asker._ask_has,
    "stream": Asker._ask_stream,
    "api": Asker._ask_api,
    "requested_model": Asker._ask_requested_model,
    "time": Asker._ask_time,
    "missing": Asker._ask_missing,
    "tags": Asker._ask_tags,
    "tags_none": Asker._ask_tags_none,
}
