"""Runs the tests of a policy: the same decisions as in production, compared with what was expected."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from policyroute.call import Call, Facts
from policyroute.conditions import questions as ask
from policyroute.decision import Decision
from policyroute.dialects import api_of, read_call
from policyroute.errors import CallError
from policyroute.pipeline import Pipeline
from policyroute.policy import casefile as said
from policyroute.policy.compile import Compiled
from policyroute.policy.expectations import differences, rules_fired
from policyroute.policy.problems import Problems, Word, word
from policyroute.policy.selectors import select
from policyroute.policy.vocabulary import Vocabulary, among, declared
from policyroute.scoring import TASKS
from policyroute.stages.fit import NEEDS
from policyroute.stages.override import EFFECTS
from policyroute.stages.sensitivity import ASKED

DEFAULT_PATH = "/v1/chat/completions"
TEXTS = ("prompt", "system")
ALWAYS_TRUE = ("fired", "not_fired", "excluded", "every_call")
"""What expects nothing where it is empty, or `any`."""


class Result(NamedTuple):
    """One row of a test: whether it came out as expected, and the difference where it did not."""

    name: str
    file: str
    line: int
    row: int | None
    ok: bool
    diff: str
    fired: frozenset[str]


def run(cases: said.CaseFile, compiled: Compiled, pipeline: Pipeline) -> Iterator[Result]:
    """Every row of every test, in order."""
    requests = _flat(cases)
    for test in cases.tests:
        base = requests[test.request]
        for row, change in enumerate(test.each or (None,)):
            facts = base if change is None else _changed(base, change)
            place = test.at.place if change is None else change.at.place
            fired, diff = _one(facts, test.expect, cases, compiled, pipeline)
            yield Result(str(test.name), place.file, place.line, None if change is None else row, not diff, diff, fired)


def _one(
    given: Mapping[str, Any], expect: said.Expect, cases: said.CaseFile, compiled: Compiled, pipeline: Pipeline
) -> tuple[frozenset[str], str]:
    try:
        decision: Decision | None = pipeline.decide(_call(given), _facts(given, cases))
        refused = None
    except CallError as error:
        decision, refused = None, error
    fired = frozenset() if decision is None else frozenset(rules_fired(decision, compiled))
    return fired, "\n".join(differences(expect, decision, refused, compiled))


def _flat(cases: said.CaseFile) -> Mapping[str, dict[str, Any]]:
    """Every request with everything it extends."""
    flat: dict[str, dict[str, Any]] = {}
    for name in cases.requests:
        waiting = [name]
        while waiting:
            request = cases.requests[waiting[-1]]
            assert request is not None
            if request.extends is not None and request.extends not in flat:
                waiting.append(request.extends)
            else:
                flat[waiting.pop()] = _changed({} if request.extends is None else flat[request.extends], request)
    return flat


def _changed(base: dict[str, Any], facts: said.Facts) -> dict[str, Any]:
    """A request with changes: what is said later counts, and so a text takes the place of a body, and a body that of texts."""
    given = _given(facts)
    gone = TEXTS if "body" in given else ("body",) if not given.keys().isdisjoint(TEXTS) else ()
    return {name: value for name, value in base.items() if name not in gone} | given


def _given(facts: said.Facts) -> dict[str, Any]:
    return {f.name: value for f in fields(said.Facts) if f.name != "at" and (value := getattr(facts, f.name)) is not None}


def _call(given: Mapping[str, Any]) -> Call:
    attributes = {str(k): str(v) for k, v in given.get("attributes", {}).items()}
    headers = {str(k): str(v) for k, v in given.get("headers", {}).items()}
    path = str(given.get("path", DEFAULT_PATH))
    api = api_of(path)
    if api is None:
        raise CallError("the path is not one that this package reads")
    body = given["body"] if "body" in given else _chat(given)
    if "requested_model" in given:
        body, path = {**body, "model": str(given["requested_model"])}, ""
    call: Call = read_call(json.dumps(body).encode(), api, headers, attributes, path)
    if "max_output" in given:
        call = call._replace(max_output=given["max_output"])
    if "has" in given:
        call = call._replace(has=call.has | frozenset(map(str, given["has"])))  # type: ignore[arg-type]
    return call


def _chat(given: Mapping[str, Any]) -> dict[str, Any]:
    """The body that a client would send for these texts."""
    said = [("system", str(given["system"]))] if "system" in given else []
    said.append(("user", str(given.get("prompt", ""))))
    return {"model": "auto", "messages": [{"role": role, "content": text} for role, text in said]}


def _facts(given: Mapping[str, Any], cases: said.CaseFile) -> Facts:
    return Facts(
        now=given.get("now", cases.now),
        spent={str(k): v for k, v in given.get("budgets", {}).items()},
        down=frozenset(map(str, given.get("down", ()))),
        seed=cases.seed,
        canary=given.get("canary", False),
        shadow=given.get("shadow", False),
        failed=frozenset(map(str, given.get("failed", ()))),
        detected={str(kind): found for kind, found in given.get("detected", {}).items()},
        task=None if given.get("task") is None else str(given["task"]),
        score=given.get("score"),
        tokens=given.get("tokens"),
    )


class _Known(NamedTuple):
    """Every name that a test may mention."""

    vocabulary: Vocabulary
    budgets: frozenset[str]
    rules: frozenset[str]
    reasons: frozenset[str]


def _known(compiled: Compiled) -> _Known:
    ids = {
        "fit": ("context", "down", *NEEDS.values()),
        "sensitivity": (ASKED, *(tagging.clause.id for tagging in compiled.taggings)),
        "routes": tuple(route.clause.id for route in compiled.routes),
        "budgets": tuple(budget.id for budget in compiled.budgets),
        "override": tuple(EFFECTS),
    }
    reasons = frozenset(f"{stage}.{rule}" for stage, rules in ids.items() for rule in rules)
    return _Known(compiled.vocabulary, frozenset(ids["budgets"]), frozenset(compiled.rule_ids), reasons)


def check_cases(cases: said.CaseFile, compiled: Compiled, problems: Problems) -> None:
    """Every name that a test file mentions, and that each test says something."""
    known = _known(compiled)
    for request in cases.requests.values():
        if request is not None:
            _check_facts(request, known, problems)
    _check_chains(cases, problems)
    seen: dict[str, Word] = {}
    for test in cases.tests:
        first = seen.setdefault(test.name, test.name)
        if first is not test.name:
            help = f"the first stands on line {first.place.line}"
            problems.add("PR603", f"two tests are called `{test.name}`", test.name, help=help)
        among(test.request, "request", "PR601", cases.requests, problems)
        for row in test.each or ():
            _check_facts(row, known, problems)
        _check_expect(test.expect, known, problems)
    if problems.error_count():
        return
    if cases.now is None and any(isinstance(q, ask.During) for q in compiled.questions):
        _check_clocks(cases, problems)
    used = {test.request for test in cases.tests} | {r.extends for r in cases.requests.values() if r is not None}
    for name in cases.requests:
        if name not in used:
            problems.add("PR606", f"no test uses the request `{name}`", name, severity="info", help="take it out, or test it")


def _check_chains(cases: said.CaseFile, problems: Problems) -> None:
    """That every `extends` leads to a request, and none back to itself."""
    done: set[str] = set()
    for name in cases.requests:
        chain: set[str] = set()
        request = cases.requests[name]
        while request is not None and name not in done:
            done.add(name)
            chain.add(name)
            if request.extends is None or not among(request.extends, "request", "PR601", cases.requests, problems):
                break
            if request.extends in chain:
                help = "take one `extends` of the circle out"
                problems.add("PR602", f"`{request.extends}` extends itself", request.extends, help=help)
            name = request.extends
            request = cases.requests[name]


def _check_facts(facts: said.Facts, known: _Known, problems: Problems) -> None:
    vocabulary = known.vocabulary
    for name in facts.attributes or ():
        declared(name, "attribute", vocabulary.attributes, problems)
    for name in facts.down or ():
        declared(name, "model", vocabulary.models, problems)
    for name in facts.budgets or ():
        among(name, "budget", "PR604", known.budgets, problems)
    if facts.task is not None:
        among(facts.task, "task", "PR104", TASKS, problems)
    if facts.path is not None and api_of(str(facts.path)) is None:
        help = "write one such as /v1/chat/completions or /v1/messages"
        problems.add("PR104", f"`{facts.path}` is not a path that is read", facts.path, help=help)
    for name in facts.detected or ():
        among(name, "plug-in kind", "PR117", vocabulary.plugins, problems)
    for name in facts.failed or ():
        _check_failure(name, known, problems)
    if facts.body is not None and (facts.prompt is not None or facts.system is not None):
        problems.add(
            "PR607", "a request has either facts of its text or a whole `body`", facts.at, help="take one of the two out"
        )


def _check_failure(name: Word, known: _Known, problems: Problems) -> None:
    """That what fails is something of the policy: `budget:…`, `detect:…` or `attribute:…`."""
    what, _, which = name.partition(":")
    failed = word(which, name.where, name.path)
    if what == "budget":
        among(failed, "budget", "PR604", known.budgets, problems)
    elif what == "detect":
        declared(failed, "detector", known.vocabulary.detectors, problems)
    else:
        declared(failed, "attribute", known.vocabulary.attributes, problems)


def _check_expect(expect: said.Expect, known: _Known, problems: Problems) -> None:
    vocabulary = known.vocabulary
    given = {f.name: value for f in fields(said.Expect) if f.name != "at" and (value := getattr(expect, f.name)) is not None}
    if not expect.at.unread and all(name in ALWAYS_TRUE and value in ((), {}, "any") for name, value in given.items()):
        problems.add(
            "PR605",
            "this test expects nothing, so it could never fail",
            expect.at,
            help="say what has to come out, such as `outcome: route`",
        )
    if expect.error is not None and len(given) > 1:
        message = "a refused call has no decision to expect anything of"
        problems.add("PR607", message, expect.error, help="take `error` out, or all the rest")
    for model in (expect.model, *(expect.rank or ()), *(expect.excluded or ())):
        if model is not None:
            declared(model, "model", vocabulary.models, problems)
    if expect.tier is not None:
        declared(expect.tier, "tier", vocabulary.tiers, problems)
    for tag in expect.tags or ():
        declared(tag, "tag", vocabulary.tags, problems)
    for rule in (*(expect.fired or ()), *(expect.fired_exactly or ()), *(expect.not_fired or ())):
        among(rule, "rule", "PR604", known.rules, problems)
    for why in (expect.excluded or {}).values():
        if why is not None:
            among(why, "reason", "PR604", known.reasons, problems)
    if expect.every_call is not None:
        select(expect.every_call, vocabulary, problems)


def _check_clocks(cases: said.CaseFile, problems: Problems) -> None:
    requests = _flat(cases)
    for test in cases.tests:
        if "now" not in requests[test.request] and not (test.each and all(row.now is not None for row in test.each)):
            message = "the policy asks for the time, and this test has no clock"
            problems.add("PR608", message, test.name, help="give the file, or the request, a `now`")
