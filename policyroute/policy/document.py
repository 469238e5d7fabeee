"""The shape of a policy, version 1. The parser, the JSON Schema and the reference page all follow from this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policyroute.policy import source
from policyroute.policy.problems import At, Problems, Word
from policyroute.policy.quantities import DURATION, SHARE
from policyroute.policy.record import Record, key
from policyroute.policy.rules import PIPELINE, Pipeline
from policyroute.policy.shape import (
    MOST_RULES,
    MOST_WORDS,
    Boolean,
    Choice,
    Definitions,
    ListOf,
    Number,
    Schema,
    Table,
    Text,
    mismatch,
)
from policyroute.policy.wording import ALWAYS, BOUNDS, CAPS, ID, MODELS, NEVER, REGEX, Bounds

API_VERSION = "policyroute/v1"
ERRORS = ("timeout", "connect", "rate_limited", "server_error", "content_policy", "auth", "invalid_request", "context_length")
PRICE = Number("a price in USD per million tokens", least=0, most=1_000_000)
NAMES = ListOf(ID, at_least=1, lone=True, what="a list of names")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Which policy this is, and whose."""

    at: At
    name: Word = key(ID, needed=True, doc="the policy's name; it is on every span")
    version: int = key(
        Number("a whole number", least=0, most=10**9, whole=True), needed=True, doc="every merged change raises it"
    )
    owners: tuple[Word, ...] = key(ListOf(Text("an owner", most=200)), default=(), doc="who reviews changes")
    description: Word | None = key(Text("a description"), doc="what it is for")


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens."""

    at: At
    input: float = key(PRICE, needed=True, name="in", doc="input tokens")
    output: float = key(PRICE, needed=True, name="out", doc="output tokens")
    cached_input: float | None = key(PRICE, name="cached_in", doc="input tokens read from the provider's cache")


@dataclass(frozen=True, slots=True)
class Model:
    """A target: where a call may go. How to get there is the gateway's settings, not policy."""

    at: At
    provider: Word = key(ID, needed=True, doc="who serves it; settings give the provider its URL and key")
    tier: Word = key(ID, needed=True, doc="one of `tiers`")
    price: Price | Word = key(
        Record(Price, "a price (`in`, `out`)", words=("catalogue",)), needed=True, doc="USD per million tokens, or `catalogue`"
    )
    upstream: Word | None = key(ID, doc="the provider's name for it; the target's own name by default")
    region: Word | None = key(ID, doc="where it runs")
    hosting: Word | None = key(ID, doc="on whose machines, such as onprem or cloud")
    context: int | None = key(
        Number("a whole number of tokens", least=1, most=10**9, whole=True),
        doc="context window; not stated is not held against it",
    )
    max_output: int | None = key(Number("a whole number of tokens", least=1, most=10**9, whole=True), doc="longest answer")
    caps: tuple[Word, ...] | None = key(ListOf(Choice(*CAPS)), doc="what it can do; not stated is not held against it")
    weight: int | None = key(Number("a whole number", least=1, most=1_000_000, whole=True), doc="share under `then_by: weight`")
    labels: Mapping[Word, Word] = key(
        Table(ID, Text("a value", most=200)), default=None, doc="names of your own that `only` may ask for"
    )


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing that rules may ask about a caller."""

    at: At
    source: Word = key(
        Text("a source such as auth.tenant, header.x-team or body.metadata.team", r"(?:auth|header|body)\.[A-Za-z0-9_.-]+"),
        needed=True,
        name="from",
        doc="auth.* from the app's own authentication, header.* or body.* from the caller",
    )
    trust: Word = key(Choice("verified", "claimed"), needed=True, doc="claimed values may narrow or rank, never excuse")
    values: tuple[Word, ...] | None = key(
        ListOf(Text("a value", most=200), at_least=1), doc="the closed list of values; others are refused"
    )
    default: Word | None = key(Text("a value", most=200), doc="what an absent attribute counts as")
    required: bool = key(Boolean(), default=False, doc="whether its absence is refused")


@dataclass(frozen=True, slots=True)
class Declassify:
    """The only way down: a tag that is lifted where what caused it was taken out."""

    at: At
    by: Word = key(Choice("redact"), needed=True, doc="what lifts it; every proof lists it as an assumption")


@dataclass(frozen=True, slots=True)
class Tag:
    """What a tag means."""

    at: At
    only: Any = key(MODELS, doc="the models that a call with this tag may ever reach")
    implies: tuple[Word, ...] = key(NAMES, default=(), doc="tags that come with it")
    declassify: Declassify | None = key(Record(Declassify, "a declassification"), doc="when the tag may be lifted")
    reason: Word | None = key(Text("a reason"), doc="why, for steps and reviewers")


class Yes:
    """`true`, where its absence is the other answer."""

    def says(self) -> str:
        return "`true`"

    def schema(self, definitions: Definitions) -> Schema:
        return {"const": True}

    def read(self, node: source.Node, path: str, problems: Problems) -> Any:
        said = node.value if isinstance(node, source.Scalar) else None
        return True if said is True else mismatch(self, node, path, problems)


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector of the policy's own, or a kind that a plug-in of the app finds."""

    at: At
    regex: Word | None = key(REGEX, doc="what a candidate looks like")
    keywords: tuple[Word, ...] | None = key(
        ListOf(Text("a keyword", most=200), at_least=1, at_most=MOST_WORDS, lone=True), doc="candidates as words"
    )
    near: tuple[Word, ...] = key(
        ListOf(Text("a word", most=200), at_least=1, lone=True), default=(), doc="words of which one has to stand near by"
    )
    check: Word | None = key(ID, doc="a checksum that a candidate has to pass")
    plugin: bool | None = key(Yes(), doc="that a plug-in finds it, outside: its answer is a fact of the call")


@dataclass(frozen=True, slots=True)
class Retry:
    """The same model again."""

    at: At
    on: tuple[Word, ...] = key(
        ListOf(Choice(*ERRORS), at_least=1, lone=True, what="a list of errors"), needed=True, doc="after which errors"
    )
    attempts: int = key(Number("a whole number", least=0, most=10, whole=True), default=1, doc="how often")
    backoff: float = key(DURATION, default=0.2, doc="how long to wait first")


@dataclass(frozen=True, slots=True)
class Fallback:
    """The next models of the ranking."""

    at: At
    on: tuple[Word, ...] = key(
        ListOf(Choice(*ERRORS), at_least=1, lone=True, what="a list of errors"), needed=True, doc="after which errors"
    )
    attempts: int = key(Number("a whole number", least=0, most=20, whole=True), default=2, doc="how many models")


@dataclass(frozen=True, slots=True)
class Answer:
    """What makes an answer poor."""

    at: At
    regex: Word | None = key(REGEX, doc="it matches this")
    words: Bounds | None = key(BOUNDS, doc="its number of words")
    chars: Bounds | None = key(BOUNDS, doc="its number of characters")


@dataclass(frozen=True, slots=True)
class Asked:
    """To which calls it applies."""

    at: At
    words: Bounds = key(BOUNDS, needed=True, doc="the number of words of the call")


@dataclass(frozen=True, slots=True)
class Symptom:
    """A poor answer: a symptom by name, or what the answer is like."""

    at: At
    answer: Answer = key(
        Record(Answer, "a look at the answer", one_of=("regex", "words", "chars")), needed=True, doc="what makes it poor"
    )
    asked: Asked | None = key(Record(Asked, "a look at the call"), doc="only for calls like this")


@dataclass(frozen=True, slots=True)
class Escalate:
    """A better model when the answer is poor."""

    at: At
    on: tuple[Symptom | Word, ...] = key(
        ListOf(Record(Symptom, "a symptom", words=("empty_answer", "invalid_json", "refusal")), at_least=1),
        needed=True,
        doc="what makes an answer poor",
    )
    to: Word = key(ID, default="higher_tier", doc="`higher_tier`, a tier or a model")
    attempts: int = key(Number("a whole number", least=0, most=5, whole=True), default=1, doc="how often")


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a failing model is left alone for a while."""

    at: At
    failures: int = key(Number("a whole number", least=1, most=10_000, whole=True), needed=True, doc="how many")
    within: float = key(DURATION, needed=True, doc="within which time")
    open: float = key(DURATION, needed=True, doc="for how long it counts as down")


@dataclass(frozen=True, slots=True)
class Recovery:
    """What to do when a call fails or disappoints. Every attempt is asked `permits` again."""

    at: At
    retry: Retry | None = key(Record(Retry, "`retry`"), doc="the same model again")
    fallback: Fallback | None = key(Record(Fallback, "`fallback`"), doc="the next models of the ranking")
    escalate: Escalate | None = key(Record(Escalate, "`escalate`"), doc="a better model when the answer is poor")
    stop_on: tuple[Word, ...] = key(
        ListOf(Choice(*ERRORS), lone=True, what="a list of errors"), default=(), doc="errors that end the call"
    )
    breaker: Breaker | None = key(Record(Breaker, "`breaker`"), doc="when a failing model is left alone")


@dataclass(frozen=True, slots=True)
class Canary:
    """A model that takes a share of what others would have served."""

    at: At
    model: Word = key(ID, needed=True, doc="the newcomer")
    replaces: tuple[Word, ...] = key(NAMES, needed=True, doc="whose place it takes")
    share: float = key(SHARE, needed=True, doc="of the calls")
    sticky_by: Word | None = key(ID, doc="an attribute, or `conversation`: the same draw for the same value")


@dataclass(frozen=True, slots=True)
class Shadow:
    """A model that gets a copy; its answers go nowhere."""

    at: At
    model: Word = key(ID, needed=True, doc="who gets the copy")
    share: float = key(SHARE, needed=True, doc="of the calls")


@dataclass(frozen=True, slots=True)
class Quality:
    """Answers compared blind on a sample."""

    at: At
    sample: float = key(SHARE, needed=True, doc="of the calls")
    against: Word = key(ID, needed=True, doc="a tier or a model")
    judge: Word = key(ID, needed=True, doc="the model that compares")


@dataclass(frozen=True, slots=True)
class Rollout:
    """How new models are tried. None of it can reach what the policy took out."""

    at: At
    canary: Canary | None = key(Record(Canary, "`canary`"), doc="a share of real traffic")
    shadow: Shadow | None = key(Record(Shadow, "`shadow`"), doc="copies")
    quality: Quality | None = key(Record(Quality, "`quality`"), doc="blind comparison")


@dataclass(frozen=True, slots=True)
class Cache:
    """Exact answers, kept for a while; never shared across `per`, tags, or a differing set of eligible models."""

    at: At
    ttl: float = key(DURATION, needed=True, doc="how long")
    per: tuple[Word, ...] = key(
        ListOf(ID, lone=True, what="a list of attributes"), default=(), doc="attributes it is never shared across"
    )


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the journal keeps of a call beside its decision."""

    at: At
    text: Word = key(
        Choice("none", "hmac", "full"),
        default="none",
        doc="of the text that leaves: nothing; a keyed hash of it; or all of it, as it leaves",
    )


@dataclass(frozen=True, slots=True)
class Invariant:
    """What has to hold for every request and every path; proved before merge."""

    at: At
    id: Word = key(ID, needed=True, doc="its name")
    never: Any = key(NEVER, doc="a condition, and what it must never `reach`")
    always: Any = key(ALWAYS, doc="a condition, and what must always be there for it")
    reason: Word | None = key(Text("a reason"), doc="why")


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy, or a file that another one includes."""

    at: At
    apiVersion: Word = key(Choice(API_VERSION), needed=True, doc="the version of the language")
    kind: Word = key(Choice("Policy"), needed=True, doc="always `Policy`")
    metadata: Metadata = key(Record(Metadata, "`metadata`"), needed=True, doc="which policy this is")
    mode: Word = key(
        Choice("enforce", "shadow", "off"),
        default="enforce",
        doc="enforce; shadow decides and records but changes nothing; off passes through",
    )
    include: tuple[Word, ...] = key(
        ListOf(Text("a relative path"), lone=True, what="a list of files"), default=(), doc="files taken in by relative path"
    )
    models: Mapping[Word, Model | None] | None = key(
        Table(ID, Record(Model, "a model", whole=True), at_least=1), doc="where a call may go"
    )
    tiers: tuple[Word, ...] = key(ListOf(ID, at_least=1), default=(), doc="low to high")
    attributes: Mapping[Word, Attribute | None] | None = key(
        Table(ID, Record(Attribute, "an attribute", whole=True)), default=None, doc="the closed vocabulary about callers"
    )
    tags: Mapping[Word, Tag | None] | None = key(Table(ID, Record(Tag, "a tag")), default=None, doc="what a tag means")
    detectors: Mapping[Word, Detector | None] | None = key(
        Table(ID, Record(Detector, "a detector", one_of=("regex", "keywords", "plugin"))),
        default=None,
        doc="detectors of your own",
    )
    pipeline: Pipeline | None = key(PIPELINE, doc="the four stages")
    recovery: Recovery | None = key(Record(Recovery, "`recovery`"), doc="when a call fails or disappoints")
    rollout: Rollout | None = key(Record(Rollout, "`rollout`"), doc="how new models are tried")
    cache: Cache | None = key(Record(Cache, "`cache`"), doc="exact answers, kept for a while")
    record: Recorded | None = key(Record(Recorded, "`record`"), doc="what the journal keeps of calls beside the decision")
    requested_model: Word = key(
        Choice("prefer", "ignore", "require"), default="prefer", doc="what the model that a client names means"
    )
    baseline: Word | None = key(ID, doc="what the savings report compares with")
    invariants: tuple[Invariant, ...] = key(
        ListOf(Record(Invariant, "an invariant", one_of=("never", "always")), at_most=MOST_RULES),
        default=(),
        doc="what has to hold, on every path",
    )


POLICY = Record(Policy, "a policy", whole=True)
