"""Policies, calls and facts for Hypothesis: small enough to collide, wide enough to meet every kind of rule.

A policy is a plain document, loaded as users load theirs. The flags of `documents` leave out what a law excludes, and
each law says why it does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hypothesis import settings, strategies as st

from policyroute.call import Asks, Call, Facts, Part
from policyroute.loading import Policy, loads

Document = dict[str, Any]
Said = dict[str, Any]

MODELS = ("m0", "m1", "m2", "m3")
TIERS = ("low", "mid", "top")
TAGS = ("t0", "t1", "t2")
SSN = "SSN 536-22-8145"
TEXTS = ("", "hello", "amber", "a jade stone", SSN, f"amber and {SSN}")


@dataclass(frozen=True)
class Kinds:
    """Which kinds of rule a policy may have."""

    pins: bool = True  # hard routes
    passes: bool = True  # `otherwise: continue`
    absences: bool = True  # of tags, which a caller can end
    skips: bool = True  # `on_unknown`, other than by default
    texts: bool = False  # patterns and detectors, which take their time to compile


# Each example is a whole policy, so that a few go a long way.
law = settings(max_examples=25)
EVERYTHING = Kinds()
NARROWING = Kinds(pins=False, absences=False)


def tables(names: tuple[str, ...], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Said]:
    """A value for each of some names."""
    return st.dictionaries(st.sampled_from(names), values, max_size=len(names))


def selectors() -> st.SearchStrategy[Any]:
    """Which models stay."""
    return st.one_of(
        st.sampled_from(["any", "nothing"]),
        st.sampled_from(
            [
                {"region": ["eu"]},
                {"region": {"not": ["eu"]}},
                {"hosting": ["onprem"]},
                {"tier": ["low", "mid"]},
                {"price.in": {"lte": 2}},
                {"not": {"tier": ["mid"], "region": ["us"]}},
            ]
        ),
        st.lists(st.sampled_from(MODELS), min_size=1, max_size=3, unique=True).map(lambda names: {"model": names}),
    )


@st.composite
def models(draw: st.DrawFn) -> Said:
    """Four targets."""
    price = st.tuples(st.integers(0, 400), st.integers(0, 400))
    found: Said = {}
    for name in MODELS:
        cents = draw(price)
        found[name] = {
            "provider": "p",
            "tier": draw(st.sampled_from(TIERS)),
            "region": draw(st.sampled_from(["eu", "us"])),
            "hosting": draw(st.sampled_from(["onprem", "cloud"])),
            "price": {"in": cents[0] / 100, "out": cents[1] / 100},
        }
        if draw(st.booleans()):
            found[name] |= draw(st.sampled_from([{"context": 100}, {"context": 5000}, {"caps": []}, {"caps": ["tools"]}]))
    for name, said in zip(MODELS, ({"region": "eu"}, {"hosting": "onprem"}, {"tier": "low"}, {"tier": "mid"}), strict=True):
        found[name] |= said  # so that every selector means somebody
    return found


@st.composite
def tags(draw: st.DrawFn) -> Said:
    """Three tags, each of which may bring later ones."""
    found: Said = {}
    for i, name in enumerate(TAGS):
        said: Said = {}
        if draw(st.booleans()):
            said["only"] = draw(selectors())
        implied = draw(st.lists(st.sampled_from(TAGS[i + 1 :]), unique=True, max_size=2)) if i < 2 else []
        found[name] = said | ({"implies": implied} if implied else {})
    return found


ASKS_OF_TEXT = ({"prompt": {"keywords": ["amber"]}}, {"prompt": {"keywords": ["jade"], "in": ["user"]}}, {"detect": ["us-ssn"]})
ASKS = (
    {"plan": ["free"]},
    {"plan": "any"},
    {"desk": ["front"]},
    {"desk": {"regex": "^b"}},
    {"missing": ["desk"]},
    {"unscanned": True},
    {"stream": True},
    {"has": ["tools"]},
    {"tokens": {"gt": 50}},
    {"max_output": {"lte": 10}},
)
CLAIMS = ({"level": ["t0"]}, {"level": "any"}, {"requested_model": ["m0"]})
TAGGED = ({"tags": ["t0"]}, {"tags": ["t1", "t2"]})
TIMED = ({"time": {"from": "08:00", "to": "18:00"}},)


def conditions(asks: tuple[Said, ...], negatable: tuple[Said, ...]) -> st.SearchStrategy[Said]:
    """Conditions of these questions; only some of them may be negated."""
    plain = st.sampled_from(asks)
    negated = st.sampled_from(negatable).map(lambda one: {"not": one})
    some = st.lists(st.one_of(plain, negated), min_size=1, max_size=3)
    return st.one_of(plain, negated, some.map(lambda parts: {"any": parts}), some.map(lambda parts: {"all": parts}))


@st.composite
def rules(draw: st.DrawFn, prefix: str, most: int, asks: tuple[Said, ...], negatable: tuple[Said, ...]) -> list[Said]:
    """Rules with ids and conditions, and nothing that they do."""
    found = []
    for i in range(draw(st.integers(0, most))):
        rule: Said = {"id": f"{prefix}{i}", "when": draw(conditions(asks, negatable))}
        if draw(st.integers(0, 3)) == 0:
            rule["unless"] = draw(st.sampled_from(negatable))
        found.append(rule)
    return found


@st.composite
def pipelines(draw: st.DrawFn, kinds: Kinds) -> Said:
    """The four stages."""
    asks = (*ASKS, *TIMED, *(ASKS_OF_TEXT if kinds.texts else ()))
    skipped = st.sampled_from([{}, {"on_unknown": "fire"}, {"on_unknown": "skip"}] if kinds.skips else [{}])
    tagging = draw(rules("s", 3, (*asks, *CLAIMS), asks))
    add = st.one_of(st.lists(st.sampled_from(TAGS), min_size=1, max_size=2, unique=True), st.just({"from": "level"}))
    for rule in tagging:
        rule |= {"add": draw(add)} | draw(skipped)
    unread = {"id": "not-scanned", "when": {"unscanned": True}, "add": [draw(st.sampled_from(TAGS))]}
    negatable = (*asks, *TAGGED) if kinds.absences else asks
    routes = draw(rules("r", 4, (*asks, *CLAIMS, *TAGGED), negatable))
    target = st.lists(st.sampled_from([*TIERS, *MODELS]), min_size=1, max_size=2, unique=True)
    for rule in routes:
        if kinds.pins and draw(st.booleans()):
            ends = st.sampled_from([{}, {"otherwise": "deny"}, {"otherwise": "continue"}] if kinds.passes else [{}])
            rule |= {"to": draw(target)} | draw(ends) | draw(skipped)
        else:
            rule |= {"only": draw(selectors())} | draw(skipped)
    rows = draw(rules("c", 2, (*asks, *CLAIMS, *TAGGED, {"tags_none": ["t0"]}), asks))
    for row in rows:
        row.pop("unless", None)
    rows.append({"id": "last", "when": {}})
    split = tables(MODELS, st.integers(1, 5)).filter(bool).map(lambda table: {"split": table, "sticky_by": "desk"})
    for row in rows:
        row["prefer"] = draw(st.one_of(target, target, split))
    by = draw(st.sampled_from(["price", "price", "latency", "weight", "declared"]))
    return {
        "sensitivity": [*tagging, unread],
        "routes": routes,
        "budgets": draw(budgets()),
        "complexity": {"ladder": rows, "then_by": by, **draw(st.sampled_from([{}, {"sticky_by": "conversation"}]))},
    }


@st.composite
def budgets(draw: st.DrawFn) -> list[Said]:
    """Up to two budgets, each of which narrows and then denies."""
    found = []
    for i in range(draw(st.integers(0, 2))):
        steps = [{"at": "50%", "only": draw(selectors())}, {"at": "100%", "deny": "budget_exhausted"}]
        about = {"id": f"b{i}", "per": draw(st.sampled_from([[], ["plan"]])), "window": "day", "limit": {"usd": 1}}
        found.append(about | {"steps": steps, "on_missing": draw(st.sampled_from(["shared", "deny"]))})
    return found


@st.composite
def documents(draw: st.DrawFn, kinds: Kinds = EVERYTHING) -> Document:
    """A whole policy."""
    share = st.sampled_from(["0%", "40%", "100%"])
    canary = {"model": "m0", "replaces": ["m1", "m2", "m3"], "share": draw(share), "sticky_by": "desk"}
    return {
        "apiVersion": "policyroute/v1",
        "kind": "Policy",
        "metadata": {"name": "made", "version": 1},
        "models": draw(models()),
        "tiers": list(TIERS),
        "attributes": {
            "plan": {"from": "auth.plan", "trust": "verified", "values": ["free", "pro"]},
            "desk": {"from": "auth.desk", "trust": "verified"},
            "level": {"from": "header.x-level", "trust": "claimed", "values": list(TAGS)},
        },
        "tags": draw(tags()),
        "pipeline": draw(pipelines(kinds)),
        "recovery": {
            "retry": {"on": ["connect"], "attempts": draw(st.integers(0, 1))},
            "fallback": {"on": ["timeout"], "attempts": draw(st.integers(0, 3))},
            "escalate": {"on": ["empty_answer"], "to": draw(st.sampled_from(["higher_tier", "top", "m1"]))},
        },
        "rollout": {"canary": canary, "shadow": {"model": "m1", "share": draw(share)}},
        "requested_model": draw(st.sampled_from(["prefer", "ignore", "require"])),
    }


@lru_cache(maxsize=64)
def _loaded(text: str) -> Policy:
    return loads(text)


def policy_of(document: Document) -> Policy:
    """The policy of a document, which keeps its caches from one call to the next."""
    return _loaded(json.dumps(document))


def fresh(document: Document) -> Policy:
    """The same policy, loaded anew."""
    return loads(json.dumps(document))


ATTRIBUTES = st.fixed_dictionaries(
    {}, optional={"plan": st.sampled_from(["free", "pro"]), "desk": st.sampled_from(["front", "back"])}
)
LEVELS = st.sampled_from([{}, *({"header.x-level": tag} for tag in TAGS)])
PARTS = st.lists(
    st.builds(Part, st.sampled_from(["user", "system", "tool"]), st.sampled_from(TEXTS), st.integers(0, 1)), max_size=2
)
WISHES = st.builds(
    Asks,
    tags=st.lists(st.sampled_from(TAGS), max_size=2, unique=True).map(tuple),
    tier=st.sampled_from([None, None, *TIERS]),
    max_cost_nano=st.sampled_from([None, None, 1000, 100_000]),
    prefer=st.sampled_from([None, None, "cost", "speed", "quality"]),
    dry_run=st.just(False),
)


def calls(asks: st.SearchStrategy[Asks] = WISHES, claims: st.SearchStrategy[Any] = LEVELS) -> st.SearchStrategy[Call]:
    """Calls that the policies above may ask about."""
    return st.builds(
        Call,
        parts=PARTS.map(tuple),
        attributes=ATTRIBUTES,
        claims=claims,
        requested_model=st.sampled_from([None, None, "m0", "m2", "other"]),
        max_output=st.sampled_from([None, 5, 200]),
        stream=st.booleans(),
        api=st.just("openai.chat"),
        answers=st.integers(1, 3),
        has=st.sampled_from([frozenset(), frozenset({"tools"})]),
        unscanned=st.sampled_from([(), (), ("image",)]),
        asks=asks,
    )


def facts(failures: bool = True) -> st.SearchStrategy[Facts]:
    """What the world may look like."""
    failed = st.frozensets(st.sampled_from(["detect:us-ssn", "attribute:plan", "attribute:level", "budget:b0"]), max_size=2)
    return st.builds(
        Facts,
        now=st.sampled_from([None, 0.0, 43200.0]),
        spent=tables(("b0", "b1"), st.sampled_from([0.2, 0.5, 0.99, 1.0])),
        down=st.frozensets(st.sampled_from(MODELS), max_size=2),
        latency_ms=tables(MODELS, st.sampled_from([1.0, 5.0])),
        seed=st.integers(0, 50),
        canary=st.sampled_from([None, True, False]),
        shadow=st.sampled_from([None, True, False]),
        failed=failed if failures else st.just(frozenset()),
        conversation=st.sampled_from([None, "x"]),
        last_model=st.sampled_from([None, "m2", "gone"]),
        task=st.none(),
        score=st.none(),
        tokens=st.sampled_from([0, 10, 60, 1000]),
        id=st.just("d-1"),
    )
