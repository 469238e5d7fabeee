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
from policyroute.policy.vocabulary import among, declared
from policyroute.scoring import TASKS

DEFAULT_PATH = "/v1/chat/completions"
TEXTS = ("prompt", "system")


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
    requests = {str(name): _flat(str(name), cases) for name in cases.requests}
    for test in cases.tests:
        base = requests[str(test.request)]
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


def _flat(name: str, cases: said.CaseFile) -> dict[str, Any]:
    """A request with everything it extends."""
    request = next(r for n, r in cases.requests.items() if n == name)
    assert request is not None
    return _changed({} if request.extends is None else _flat(str(request.extends), cases), request)


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
        task=None if given.get("task") is None else str(given["task"]),
        score=given.get("score"),
        tokens=given.get("tokens"),
    )


def check_cases(cases: said.CaseFile, compiled: Compiled, problems: Problems) -> None:
    """Every name that a test file mentions, and that each test says something."""
    for name, request in cases.requests.items():
        if request is None:
            continue
        _check_facts(request, compiled, problems)
        _check_chain(name, cases, problems)
    seen: set[str] = set()
    used: set[str] = set()
    for test in cases.tests:
        if str(test.name) in seen:
            problems.add("PR603", f"two tests are called `{test.name}`", test.name)
        seen.add(str(test.name))
        used.add(str(test.request))
        among(test.request, "request", "PR601", [str(n) for n in cases.requests], problems)
        for row in test.each or ():
            _check_facts(row, compiled, problems)
        _check_expect(test.expect, compiled, problems)
    if not problems.error_count():
        for test in cases.tests:
            _check_clock(test, cases, compiled, problems)
    extended = {str(r.extends) for r in cases.requests.values() if r is not None and r.extends is not None}
    for name in cases.requests:
        if name not in used | extended:
            problems.add("PR606", f"no test uses the request `{name}`", name, severity="info")


def _check_chain(name: Word, cases: said.CaseFile, problems: Problems) -> None:
    chain = [str(name)]
    request = cases.requests[name]
    while request is not None and request.extends is not None:
        if not among(request.extends, "request", "PR601", [str(n) for n in cases.requests], problems):
            return
        if request.extends in chain:
            problems.add("PR602", f"`{name}` extends itself", request.extends)
            return
        chain.append(str(request.extends))
        request = cases.requests[request.extends]


def _check_facts(facts: said.Facts, compiled: Compiled, problems: Problems) -> None:
    vocabulary = compiled.vocabulary
    for name in facts.attributes or ():
        declared(name, "attribute", vocabulary.attributes, problems)
    for name in facts.down or ():
        declared(name, "model", vocabulary.models, problems)
    for name in facts.budgets or ():
        among(name, "budget", "PR604", [b.id for b in compiled.budgets], problems)
    if facts.task is not None:
        among(facts.task, "task", "PR104", TASKS, problems)
    if facts.path is not None and api_of(str(facts.path)) is None:
        problems.add(
            "PR104", f"`{facts.path}` is not a path that is read", facts.path, help="such as /v1/chat/completions or /v1/messages"
        )
    for name in facts.failed or ():
        _check_failure(name, compiled, problems)
    if facts.body is not None and (facts.prompt is not None or facts.system is not None):
        problems.add("PR607", "a request has either facts of its text or a whole `body`", facts.at)


def _check_failure(name: Word, compiled: Compiled, problems: Problems) -> None:
    """That what fails is something of the policy: `budget:…`, `detect:…` or `attribute:…`."""
    what, _, which = name.partition(":")
    failed = word(which, name.place, name.path)
    if what == "budget":
        among(failed, "budget", "PR604", [b.id for b in compiled.budgets], problems)
    elif what == "detect":
        declared(failed, "detector", compiled.vocabulary.detectors, problems)
    else:
        declared(failed, "attribute", compiled.vocabulary.attributes, problems)


def _check_expect(expect: said.Expect, compiled: Compiled, problems: Problems) -> None:
    vocabulary = compiled.vocabulary
    given = [f.name for f in fields(said.Expect) if f.name != "at" and getattr(expect, f.name) is not None]
    if not given:
        problems.add(
            "PR605",
            "this test expects nothing, so it could never fail",
            expect.at,
            help="say what has to come out, such as `outcome: route`",
        )
    if expect.error is not None and len(given) > 1:
        problems.add("PR607", "a refused call has no decision to expect anything of", expect.error)
    for model in (expect.model, *(expect.rank or ()), *(expect.excluded or ())):
        if model is not None:
            declared(model, "model", vocabulary.models, problems)
    if expect.tier is not None:
        declared(expect.tier, "tier", vocabulary.tiers, problems)
    for tag in expect.tags or ():
        declared(tag, "tag", vocabulary.tags, problems)
    rules = compiled.rule_ids
    for rule in (*(expect.fired or ()), *(expect.fired_exactly or ()), *(expect.not_fired or ())):
        among(rule, "rule", "PR604", rules, problems)
    if expect.every_call is not None:
        select(expect.every_call, vocabulary, problems)


def _check_clock(test: said.Test, cases: said.CaseFile, compiled: Compiled, problems: Problems) -> None:
    if cases.now is not None or not any(isinstance(q, ask.During) for q in compiled.questions):
        return
    timed = "now" in _flat(str(test.request), cases)
    if not timed and not (test.each and all(row.now is not None for row in test.each)):
        problems.add(
            "PR608",
            "the policy asks for the time, and this test has no clock",
            test.name,
            help="give the file, or the request, a `now`",
        )
