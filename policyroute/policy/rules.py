"""The shapes of the four stages' rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policyroute.policy.problems import At, Problems, Word
from policyroute.policy.quantities import DURATION, LEVEL, SHARE, WINDOW
from policyroute.policy.record import Record, key
from policyroute.policy.shape import MOST_RULES, Boolean, Choice, Definitions, ListOf, Number, Schema, Shape, Table, Text
from policyroute.policy.source import Mapping as MappingNode, Node
from policyroute.policy.wording import ID, MODELS, WHEN

ON_UNKNOWN = Choice("fire", "skip")
UNKNOWN_DOC = "what a condition that cannot be decided does"
WHEN_DOC = "when it applies"
UNLESS_DOC = "when it does not after all; only what is verified may stand here"


class OneOrOther:
    """A value of one shape, or a mapping of another: which of the two is told by what is written."""

    def __init__(self, plain: Shape, mapping: Record) -> None:
        self.plain = plain
        self.mapping = mapping

    def says(self) -> str:
        return f"{self.plain.says()}, or {self.mapping.what}"

    def schema(self, definitions: Definitions) -> Schema:
        self.mapping.schema(definitions)
        closed = definitions[self.mapping.record.__name__]
        plain = self.plain.schema(definitions)
        types = plain["type"]
        listed = list(types) if isinstance(types, list) else [types]
        objects = {k: v for k, v in closed.items() if k in ("properties", "required", "additionalProperties")}
        return {**plain, "type": [*listed, "object"], **objects}

    def read(self, node: Node, path: str, problems: Problems) -> Any:
        return (self.mapping if isinstance(node, MappingNode) else self.plain).read(node, path, problems)


@dataclass(frozen=True, slots=True)
class AddFrom:
    """The tag to add is an attribute's value."""

    at: At
    source: Word = key(ID, needed=True, name="from", doc="the attribute")


@dataclass(frozen=True, slots=True)
class SensitivityRule:
    """Every matching rule fires: it adds tags, and may mask values."""

    at: At
    id: Word = key(ID, needed=True, doc="its name in steps, spans and tests")
    when: Any = key(WHEN, needed=True, doc=WHEN_DOC)
    unless: Any = key(WHEN, doc=UNLESS_DOC)
    add: tuple[Word, ...] | AddFrom | None = key(
        OneOrOther(ListOf(ID, at_least=1, lone=True, what="a list of tags"), Record(AddFrom, "`from` with an attribute")),
        doc="the tags it adds",
    )
    redact: tuple[Word, ...] = key(
        ListOf(ID, at_least=1, lone=True, what="a list of detectors"), default=(), doc="values to mask before the call leaves"
    )
    restore: bool = key(Boolean(), default=False, doc="put masked values back into the answer")
    on_unknown: Word = key(ON_UNKNOWN, default="fire", doc=UNKNOWN_DOC)
    reason: Word | None = key(Text("a reason"), doc="why, for steps and reviewers")


@dataclass(frozen=True, slots=True)
class RouteRule:
    """`only` narrows, and all of them do; the first matching `to` is the hard route."""

    at: At
    id: Word = key(ID, needed=True, doc="its name in steps, spans and tests")
    when: Any = key(WHEN, needed=True, doc=WHEN_DOC)
    unless: Any = key(WHEN, doc=UNLESS_DOC)
    only: Any = key(MODELS, doc="the models that stay")
    to: tuple[Word, ...] | None = key(
        ListOf(ID, at_least=1, lone=True, what="a tier, a model, or a list of them"), doc="where the call goes"
    )
    otherwise: Word | None = key(Choice("deny", "continue"), doc="if nothing in `to` is eligible; deny by default")
    on_unknown: Word | None = key(ON_UNKNOWN, doc=UNKNOWN_DOC + ": `only` fires and `to` is skipped by default")
    reason: Word | None = key(Text("a reason"), doc="why; it becomes the decision's reason")


@dataclass(frozen=True, slots=True)
class Limit:
    """How much."""

    at: At
    usd: float | None = key(Number("an amount in USD", least=0, most=9 * 10**6), doc="money")
    tokens: int | None = key(Number("a whole number of tokens", least=0, most=9 * 10**15, whole=True), doc="in and out together")
    requests: int | None = key(Number("a whole number of requests", least=0, most=10**12, whole=True), doc="calls")


@dataclass(frozen=True, slots=True)
class BudgetStep:
    """From a used share on: fewer models, or none."""

    at: At
    level: float = key(LEVEL, needed=True, name="at", doc="inclusive")
    only: Any = key(MODELS, doc="the models that stay")
    deny: Word | None = key(
        Text("a reason such as budget_exhausted", r"[a-z][a-z0-9_]*", most=60), doc="no call, with this reason"
    )


@dataclass(frozen=True, slots=True)
class StoreFailure:
    """What stays when the store cannot say what is spent."""

    at: At
    only: Any = key(MODELS, needed=True, doc="the models that stay")


@dataclass(frozen=True, slots=True)
class Lease:
    """A share of a budget that a replica draws and serves from on its own."""

    at: At
    chunk: float = key(SHARE, needed=True, doc="of the limit")


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """A cap that several calls share. Every budget applies; its steps are cumulative."""

    at: At
    id: Word = key(ID, needed=True, doc="its name in steps, spans and tests")
    per: tuple[Word, ...] = key(
        ListOf(ID, what="a list of attributes"), needed=True, doc="one account for each value; [] is one for all"
    )
    window: Word = key(WINDOW, needed=True, doc="calendar windows, or a rolling length")
    limit: Limit = key(Record(Limit, "`limit`", one_of=("usd", "tokens", "requests")), needed=True, doc="how much")
    steps: tuple[BudgetStep, ...] = key(
        ListOf(Record(BudgetStep, "a budget step", one_of=("only", "deny")), at_least=1),
        needed=True,
        doc="what happens from which level on",
    )
    timezone: Word | None = key(Text("a timezone"), doc="of calendar windows; UTC by default")
    on_missing: Word = key(
        Choice("shared", "deny"), default="shared", doc="a call without the `per` attributes: one shared account, or none"
    )
    on_store_error: StoreFailure | Word = key(
        Record(StoreFailure, "`only` with a choice of models", words=("deny", "allow")),
        default="deny",
        doc="when the store cannot say what is spent",
    )
    lease: Lease | None = key(Record(Lease, "`lease`"), doc="let replicas draw chunks")
    reason: Word | None = key(Text("a reason"), doc="why, for steps and reviewers")


@dataclass(frozen=True, slots=True)
class LlmScore:
    """A model that scores, itself bound by the policy."""

    at: At
    llm: Word = key(ID, needed=True, doc="the model that scores")
    timeout: float = key(DURATION, default=0.8, doc="how long it may take")
    cache: float | None = key(DURATION, doc="how long a score is kept")
    on_error: Word = key(Choice("heuristic", "learned"), default="heuristic", doc="what scores instead")


@dataclass(frozen=True, slots=True)
class Score:
    """Where the complexity score comes from."""

    at: At
    use: LlmScore | Word = key(
        Record(LlmScore, "`llm` with a model", words=("heuristic", "learned")),
        default="heuristic",
        doc="heuristic, learned, or a model",
    )


@dataclass(frozen=True, slots=True)
class Split:
    """One of these models first, drawn by weight."""

    at: At
    split: Mapping[Word, int] = key(
        Table(ID, Number("a whole number", least=0, most=1_000_000, whole=True), at_least=1),
        needed=True,
        doc="models and weights",
    )
    sticky_by: Word | None = key(ID, doc="an attribute, or `conversation`: the same draw for the same value")


@dataclass(frozen=True, slots=True)
class LadderRow:
    """The first matching row orders what is still eligible; it can remove nothing."""

    at: At
    id: Word = key(ID, needed=True, doc="its name in steps, spans and tests")
    when: Any = key(WHEN, needed=True, doc="when it applies; `{}` in the last row")
    prefer: tuple[Word, ...] | Split = key(
        OneOrOther(ListOf(ID, at_least=1, lone=True, what="a list of tiers and models"), Record(Split, "a `split`")),
        needed=True,
        doc="best first",
    )
    on_unknown: Word = key(ON_UNKNOWN, default="skip", doc=UNKNOWN_DOC)
    reason: Word | None = key(Text("a reason"), doc="why, for steps and reviewers")


@dataclass(frozen=True, slots=True)
class Complexity:
    """Stage 4: it can only order what is still eligible."""

    at: At
    ladder: tuple[LadderRow, ...] = key(
        ListOf(Record(LadderRow, "a ladder row"), at_least=1, at_most=MOST_RULES), needed=True, doc="first match wins"
    )
    score: Score | None = key(Record(Score, "`score`"), doc="where the score comes from")
    then_by: Word = key(
        Choice("price", "latency", "weight", "declared"), default="price", doc="orders models of equal preference"
    )
    sticky_by: Word | None = key(Choice("conversation"), doc="keep one conversation on one model while it stays eligible")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The four stages, in the order they are asked."""

    at: At
    sensitivity: tuple[SensitivityRule, ...] = key(
        ListOf(Record(SensitivityRule, "a sensitivity rule"), at_most=MOST_RULES), default=(), doc="1. every matching rule fires"
    )
    routes: tuple[RouteRule, ...] = key(
        ListOf(Record(RouteRule, "a route", one_of=("only", "to")), at_most=MOST_RULES),
        default=(),
        doc="2. `only` rules all narrow; the first matching `to` pins",
    )
    budgets: tuple[BudgetRule, ...] = key(
        ListOf(Record(BudgetRule, "a budget"), at_most=MOST_RULES), default=(), doc="3. every budget applies"
    )
    complexity: Complexity | None = key(Record(Complexity, "`complexity`"), doc="4. orders what is left")


PIPELINE = Record(Pipeline, "`pipeline`")
