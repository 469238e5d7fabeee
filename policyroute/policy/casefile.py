"""The shape of a test file: `*_test.yaml` beside the policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from policyroute.policy import source
from policyroute.policy.document import API_VERSION
from policyroute.policy.problems import At, Problems, Word
from policyroute.policy.quantities import LEVEL, SHARE
from policyroute.policy.record import Record, key
from policyroute.policy.shape import Boolean, Choice, Definitions, ListOf, Number, Schema, Spelled, Table, Text, mismatch
from policyroute.policy.wording import FEATURES, ID, MODELS

PROMPT = Text("a prompt", most=1_000_000)
WHOLE = Number("a whole number", least=0, most=10**12, whole=True)


def _moment(found: re.Match[str]) -> float | None:
    try:
        moment = datetime.fromisoformat(found[0])
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


MOMENT = Spelled(
    "a moment", "2026-11-02T09:00:00Z", r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?", _moment
)


class Body:
    """A wire body, as it would be sent."""

    def says(self) -> str:
        return "a mapping that is sent as JSON"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "object"}

    def read(self, node: source.Node, path: str, problems: Problems) -> Any:
        return source.to_plain(node) if isinstance(node, source.Mapping) else mismatch(self, node, path, problems)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of a call in a row of `each`: every key replaces the request's."""

    at: At
    prompt: Word | None = key(PROMPT, doc="one user message")
    system: Word | None = key(PROMPT, doc="a system text before it")
    attributes: Mapping[Word, Word] | None = key(Table(ID, Text("a value", most=200)), doc="by attribute name")
    headers: Mapping[Word, Word] | None = key(Table(ID, Text("a value", most=4000)), doc="as the caller sends them")
    body: dict[str, Any] | None = key(Body(), doc="a real wire body, read by the same code as in production")
    path: Word | None = key(Text("a path", most=400), doc="which API the body is for; /v1/chat/completions by default")
    score: float | None = key(Number("a number", least=0, most=1), doc="the complexity score")
    task: Word | None = key(ID, doc="the task label")
    tokens: int | None = key(WHOLE, doc="input tokens")
    max_output: int | None = key(WHOLE, doc="the longest answer asked for")
    has: tuple[Word, ...] | None = key(ListOf(Choice(*FEATURES), lone=True), doc="what the call carries")
    requested_model: Word | None = key(ID, doc="the model the client names")
    down: tuple[Word, ...] | None = key(ListOf(ID, lone=True, what="a list of models"), doc="models that are down")
    budgets: Mapping[Word, float] | None = key(Table(ID, LEVEL), doc="the used share of budgets")
    failed: tuple[Word, ...] | None = key(
        ListOf(Text("a failure such as budget:ID, detect:KIND or attribute:NAME", r"(?:budget|detect|attribute):.+"), lone=True),
        doc="what could not be found out",
    )
    detected: Mapping[Word, bool] | None = key(Table(ID, Boolean()), doc="what plug-ins found, or did not, by kind")
    canary: bool | None = key(Boolean(), doc="whether the canary draw hits; it does not by default")
    shadow: bool | None = key(Boolean(), doc="whether the shadow draw hits; it does not by default")
    now: float | None = key(MOMENT, doc="the clock, where it is not the file's")


@dataclass(frozen=True, slots=True)
class Request(Facts):
    """A call by name, made of facts, or another one with changes."""

    extends: Word | None = key(ID, doc="the request that this one changes")


@dataclass(frozen=True, slots=True)
class Expect:
    """What has to come out. Nothing expected is an error."""

    at: At
    outcome: Word | None = key(Choice("route", "deny"), doc="route or deny")
    reason: Word | None = key(Text("a reason"), doc="the decision's reason")
    model: Word | None = key(ID, doc="the model called first")
    tier: Word | None = key(ID, doc="its tier")
    tags: tuple[Word, ...] | None = key(ListOf(ID, lone=True, what="a list of tags"), doc="exactly these tags")
    fired: tuple[Word, ...] | None = key(ListOf(ID, lone=True, what="a list of rules"), doc="these rules fired, among others")
    fired_exactly: tuple[Word, ...] | None = key(
        ListOf(ID, lone=True, what="a list of rules"), doc="these rules fired and no others"
    )
    not_fired: tuple[Word, ...] | None = key(ListOf(ID, lone=True, what="a list of rules"), doc="these did not")
    excluded: Mapping[Word, Word] | None = key(
        Table(ID, Text("a stage.rule-id", most=300)), doc="models taken out, and by which stage.rule-id"
    )
    every_call: Any = key(MODELS, doc="every call that may be made goes to one of these models")
    calls: int | None = key(WHOLE, doc="how many calls may be made")
    rank: tuple[Word, ...] | None = key(ListOf(ID, lone=True, what="a list of models"), doc="the whole ranking")
    cost_lte: float | None = key(Number("an amount in USD", least=0), doc="the most that the first call may cost")
    error: Word | None = key(Text("a code such as invalid_request", r"[a-z][a-z0-9_]*"), doc="the call is refused with this code")


@dataclass(frozen=True, slots=True)
class Test:
    """One fact about the policy."""

    at: At
    name: Word = key(Text("a test name", most=300), needed=True, doc="the fact it shows")
    request: Word = key(ID, needed=True, doc="one of `requests`")
    expect: Expect = key(Record(Expect, "`expect`"), needed=True, doc="what has to come out")
    each: tuple[Facts, ...] | None = key(
        ListOf(Record(Facts, "a row of `each`"), at_least=1), doc="the same expectation for each of these changes"
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much of the policy the tests have to reach."""

    at: At
    rules: float = key(SHARE, needed=True, doc="the share of rules that fire in some test")


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Tests of a policy: calls, and what has to come out."""

    at: At
    apiVersion: Word = key(Choice(API_VERSION), needed=True, doc="the version of the language")
    kind: Word = key(Choice("PolicyTest"), needed=True, doc="always `PolicyTest`")
    policy: Word = key(Text("a relative path"), needed=True, doc="the policy, by relative path")
    requests: Mapping[Word, Request | None] = key(
        Table(ID, Record(Request, "a request"), at_least=1, at_most=100_000), needed=True, doc="calls by name"
    )
    tests: tuple[Test, ...] = key(ListOf(Record(Test, "a test"), at_least=1), needed=True, doc="what has to come out")
    now: float | None = key(MOMENT, doc="the clock for all tests")
    seed: int = key(WHOLE, default=0, doc="feeds every draw")
    coverage: Wanted | None = key(Record(Wanted, "`coverage`"), doc="how much the tests have to reach")


CASES = Record(CaseFile, "a test file")
