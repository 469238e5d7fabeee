"""A canary in every place of a call: no decision, no step and no error ever repeats it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from policyroute.call import Asks, Call, Facts, Part
from policyroute.decision import Decision
from policyroute.errors import CallError, PolicyrouteError
from policyroute.loading import loads
from tests.pipeline.strategies import SSN, Document, Kinds, calls, documents, facts, law, policy_of

CANARY = "zq17marzipan"
SECRETS = (CANARY, "536-22-8145", "zq17")

POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: canary, version: 1}
models:
  home: {provider: own, region: eu, tier: basic, price: {in: 1, out: 1}}
  abroad: {provider: cloud, region: us, tier: premium, price: {in: 3, out: 3}}
tiers: [basic, premium]
attributes:
  tenant: {from: auth.tenant, trust: verified}
  plan: {from: auth.plan, trust: verified, values: [free, pro]}
  level: {from: header.x-level, trust: claimed, values: [personal]}
  desk: {from: body.metadata.desk, trust: claimed}
  must: {from: auth.must, trust: verified, required: true}
tags:
  personal: {only: {region: [eu]}}
pipeline:
  sensitivity:
    - {id: any-word, when: {prompt: {regex: '[a-z0-9]+'}}, add: [personal]}
    - {id: any-glob, when: {prompt: {glob: '*zipan*', min_count: 1}}, add: [personal]}
    - {id: found, when: {detect: [us-ssn, email]}, add: [personal]}
    - {id: tenants, when: {tenant: {regex: '.+'}}, add: [personal]}
    - {id: desks, when: {desk: any}, add: [personal]}
    - {id: not-scanned, when: {unscanned: true}, add: [personal]}
  routes:
    - {id: named, when: {requested_model: ['*']}, only: any}
  budgets:
    - {id: day, per: [tenant], window: day, limit: {usd: 1}, steps: [{at: 50%, only: {region: [eu]}}]}
  complexity:
    ladder:
      - {id: split, when: {}, prefer: {split: {home: 1, abroad: 1}, sticky_by: tenant}}
requested_model: prefer
"""
LOADED = loads(POLICY)
FULL = Call(
    parts=(Part("system", f"{CANARY} system"), Part("user", f"{CANARY} {SSN} {CANARY}@example.com"), Part("tool", CANARY, 1)),
    attributes={"tenant": CANARY, "must": CANARY, "other": CANARY},
    claims={"header.x-other": CANARY, "body.metadata.desk": CANARY, f"header.x-{CANARY}": "1"},
    requested_model=CANARY,
    unscanned=(f"image {CANARY}",),
)


def everything(decision: Decision) -> str:
    """All that a decision says, in every way that it says it."""
    words = [*(f"{m.rule} {m.why} {m.effect}" for step in decision.steps for m in step.fired), *decision.fired]
    shown: list[Any] = [repr(decision), str(decision), json.dumps(decision.to_dict()), repr(decision.steps), repr(decision.plan)]
    return "\n".join([*shown, *words, repr(decision.ranking), repr(decision.excluded), repr(decision.tags), decision.reason])


@pytest.mark.parametrize(
    "world",
    [
        Facts(),
        Facts(conversation=CANARY, last_model=CANARY, down=frozenset({"abroad", CANARY}), spent={"day": 0.6, CANARY: 1.0}),
        Facts(failed=frozenset({"detect:email", "attribute:tenant", f"budget:{CANARY}", CANARY})),
        Facts(down=frozenset({"home", "abroad"})),
    ],
)
def test_no_word_of_a_call_is_in_its_decision(world: Facts) -> None:
    """Neither what was said nor who said it, nor any key that facts go by, whether it is routed or denied."""
    decision = LOADED.decide(FULL, world)
    assert set(decision.fired) >= {"any-word", "any-glob", "found", "tenants", "desks", "not-scanned"}
    said = everything(decision)
    assert [secret for secret in SECRETS if secret in said] == []


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (FULL._replace(attributes={"tenant": CANARY}), "invalid_request"),
        (FULL._replace(attributes={"must": "x", "plan": CANARY}), "invalid_request"),
        (FULL._replace(claims={"header.x-level": CANARY}), "invalid_request"),
        (FULL._replace(asks=Asks(tags=(CANARY,))), "unknown_tag"),
        (FULL._replace(asks=Asks(tier=CANARY)), "invalid_request"),
    ],
)
def test_no_word_of_a_call_is_in_an_error(call: Call, code: str) -> None:
    """A call that cannot be decided on is told what is wrong, and not what it said."""
    with pytest.raises(CallError) as refused:
        LOADED.decide(call)
    error = refused.value
    assert error.code == code and error.__cause__ is None and error.__context__ is None
    assert not any(secret in f"{error!s} {error!r} {error.args}" for secret in SECRETS)


@law
@given(documents(Kinds(texts=True)), calls(), facts())
def test_whatever_the_policy_no_word_of_a_call_comes_out(document: Document, call: Call, world: Facts) -> None:
    """The same for policies and calls of every kind, with the canary beside all that they look for."""
    parts = tuple(part._replace(text=f"{CANARY} {part.text} {CANARY}") for part in call.parts)
    marked = call._replace(parts=parts, requested_model=call.requested_model and CANARY)
    marked = marked._replace(attributes={**call.attributes, "desk": f"b{CANARY}", CANARY: CANARY})
    try:
        said = everything(policy_of(document).decide(marked, world._replace(conversation=CANARY)))
    except PolicyrouteError as error:
        said = f"{error!s} {error!r}"
    assert [secret for secret in SECRETS if secret in said] == []
