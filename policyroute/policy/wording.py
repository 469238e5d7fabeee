"""The shapes of what rules ask: conditions, and the selectors that `only` and `reach` choose models with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policyroute.call import Api
from policyroute.policy import source
from policyroute.policy.problems import At, Problems, Word
from policyroute.policy.quantities import CLOCK, DAYS
from policyroute.policy.record import Record, key
from policyroute.policy.shape import (
    ABSENT,
    MOST_WORDS,
    NAME,
    Boolean,
    Choice,
    Definitions,
    ListOf,
    Number,
    Open,
    Schema,
    Shape,
    Text,
    mismatch,
)

APIS: tuple[Api, ...] = (
    "openai.chat",
    "openai.responses",
    "openai.completions",
    "openai.embeddings",
    "anthropic.messages",
    "gemini.generate",
)
CAPS = ("json", "tools", "vision", "audio", "files")
FEATURES = ("tools", "images", "audio", "files", "json_schema")
ID = Text("a name", NAME, most=120)
REGEX = Text("a regular expression", most=4000)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of a number: every one that is given has to hold."""

    at: At
    lt: float | None = key(Number(), doc="less than")
    lte: float | None = key(Number(), doc="at most")
    gt: float | None = key(Number(), doc="more than")
    gte: float | None = key(Number(), doc="at least")

    @property
    def empty(self) -> bool:
        """Whether nothing is asked, and nothing that was meant to be asked went wrong."""
        return not self.at.unread and all(bound is None for bound in (self.lt, self.lte, self.gt, self.gte))

    @property
    def impossible(self) -> bool:
        """Whether no number is within them."""
        lows = [bound for bound in (self.gt, self.gte) if bound is not None]
        highs = [bound for bound in (self.lt, self.lte) if bound is not None]
        if not lows or not highs:
            return False
        strict = self.gt == max(lows) or self.lt == min(highs)
        return max(lows) > min(highs) or (max(lows) == min(highs) and strict)

    def check(self, name: str, problems: Problems) -> None:
        """That there are bounds, and that some number is within them."""
        if self.empty:
            problems.add("PR106", f"`{name}` has no bound", self.at, help="give at least one of `lt`, `lte`, `gt`, `gte`")
        elif self.impossible:
            problems.add("PR105", f"no number is within these bounds of `{name}`", self.at, help="one of them has to give way")


BOUNDS = Record(Bounds, "bounds (`lt`, `lte`, `gt`, `gte`)")


@dataclass(frozen=True, slots=True)
class TextAsk:
    """Text of the call: one way of looking, and where to look."""

    at: At
    regex: Word | None = key(REGEX, doc="an RE2 pattern, case-insensitive unless `case: sensitive`")
    keywords: tuple[Word, ...] | None = key(
        ListOf(Text("a keyword", most=200), at_least=1, at_most=MOST_WORDS, lone=True),
        doc="whole words or phrases, after NFKC and casefold",
    )
    glob: Word | None = key(Text("a glob"), doc="a shell glob over the whole text")
    roles: tuple[Word, ...] | None = key(
        ListOf(Choice("user", "system", "assistant", "tool"), at_least=1, lone=True),
        name="in",
        doc="whose words are read; everybody's by default",
    )
    part: Word | None = key(Choice("last", "all"), doc="all turns (default), or the last one of those roles")
    min_count: int | None = key(Number("a whole number", least=1, most=1000, whole=True), doc="how often it has to occur")
    case: Word | None = key(Choice("sensitive", "insensitive"), doc="insensitive by default")


@dataclass(frozen=True, slots=True)
class Hours:
    """The clock handed in."""

    at: At
    since: int | None = key(CLOCK, name="from", doc="inclusive; midnight by default")
    until: int | None = key(CLOCK, name="to", doc="exclusive; midnight by default")
    days: tuple[tuple[int, ...], ...] | None = key(
        ListOf(DAYS, at_least=1, lone=True), doc="days of the week; every day by default"
    )
    timezone: Word | None = key(Text("a timezone"), doc="an IANA name; UTC by default")


@dataclass(frozen=True, slots=True)
class ValuePattern:
    """A pattern over an attribute's value."""

    at: At
    regex: Word = key(REGEX, needed=True, doc="an RE2 pattern")
    case: Word | None = key(Choice("sensitive", "insensitive"), doc="insensitive by default")


@dataclass(frozen=True, slots=True)
class Excluded:
    """Values that must not be there."""

    at: At
    values: tuple[Word, ...] = key(ListOf(ID, at_least=1, lone=True), needed=True, name="not", doc="any value but these")


class Values:
    """One value, a list of which one has to fit, or a mapping that says more."""

    def __init__(self, more: Record) -> None:
        self.more = more
        self._list = ListOf(Text("a value", most=200), at_least=1, lone=True)

    def says(self) -> str:
        return f"a value, a list of values, or {self.more.what}"

    def schema(self, definitions: Definitions) -> Schema:
        listed = self._list.schema(definitions)
        self.more.schema(definitions)
        closed = definitions[self.more.record.__name__]
        return {
            **listed,
            "type": ["string", "array", "object"],
            "properties": closed["properties"],
            "required": closed.get("required", []),
            "additionalProperties": False,
        }

    def read(self, node: source.Node, path: str, problems: Problems) -> Any:
        if isinstance(node, source.Mapping):
            return self.more.read(node, path, problems)
        if isinstance(node, source.Scalar) and not isinstance(node.value, str):
            return mismatch(self, node, path, problems, f'put it in quotes if it is meant as text: "{node.text}"')
        read = self._list.read(node, path, problems)
        return ABSENT if read is ABSENT or not read else read


ASKED = Values(Record(ValuePattern, "a `regex`"))
CHOSEN = Values(Record(Excluded, "`not` with a list"))


@dataclass(frozen=True, slots=True)
class Needs:
    """What a model must offer."""

    at: At
    context: int | None = key(
        Number("a whole number of tokens", least=1, most=10**9, whole=True), doc="a window at least this large"
    )
    caps: tuple[Word, ...] = key(ListOf(Choice(*CAPS), lone=True), default=(), doc="all of these")


def _conditions() -> Mapping[str, Shape]:
    return {
        "prompt": Record(TextAsk, "a text condition"),
        "detect": ListOf(ID, at_least=1, lone=True, what="a list of detectors"),
        "unscanned": Boolean(),
        "task": ListOf(ID, at_least=1, lone=True, what="a list of tasks"),
        "score": BOUNDS,
        "tokens": BOUNDS,
        "words": BOUNDS,
        "turns": BOUNDS,
        "max_output": BOUNDS,
        "has": ListOf(Choice(*FEATURES), at_least=1, lone=True, what="a list of features"),
        "stream": Boolean(),
        "api": ListOf(Choice(*APIS), at_least=1, lone=True, what="a list of APIs"),
        "requested_model": ListOf(Text("a glob"), at_least=1, lone=True, what="a list of globs"),
        "time": Record(Hours, "a time condition"),
        "missing": ListOf(ID, at_least=1, lone=True, what="a list of attributes"),
        "tags": ListOf(ID, at_least=1, lone=True, what="a list of tags"),
        "tags_none": ListOf(ID, at_least=1, lone=True, what="a list of tags"),
        "any": ListOf(WHEN, at_least=1, what="a list of conditions"),
        "all": ListOf(WHEN, at_least=1, what="a list of conditions"),
        "not": WHEN,
    }


def _selectors() -> Mapping[str, Shape]:
    return {
        "tier": CHOSEN,
        "region": CHOSEN,
        "hosting": CHOSEN,
        "provider": CHOSEN,
        "model": CHOSEN,
        "caps": CHOSEN,
        "context": BOUNDS,
        "price.in": BOUNDS,
        "price.out": BOUNDS,
        "not": MODELS,
    }


WHEN = Open("condition", "a condition", _conditions, ASKED)
MODELS = Open("models", "a choice of models", _selectors, CHOSEN, words=("any", "nothing"))
NEVER = Open("never", "a condition with `reach`", lambda: {**_conditions(), "reach": MODELS}, ASKED)
ALWAYS = Open(
    "always",
    "a condition with `needs`",
    lambda: {**_conditions(), "needs": Record(Needs, "`needs`"), "budgets": Choice("ok")},
    ASKED,
)
