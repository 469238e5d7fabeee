"""What a decision says of itself: every stage's rules, why they fired and what they did, and its JSON."""

from __future__ import annotations

import re

import pytest

from policyroute.call import Asks, Call, Facts, Part
from policyroute.decision import Decision
from policyroute.loading import loads

POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: worded, version: 3}
models:
  home: {provider: own, region: eu, tier: basic, context: 1000, caps: [], price: {in: 1, out: 1}}
  near: {provider: own, region: eu, tier: premium, price: {in: 2, out: 2}}
  abroad: {provider: cloud, region: us, tier: premium, price: {in: 3, out: 3}}
tiers: [basic, premium]
attributes:
  tenant: {from: auth.tenant, trust: verified}
  level: {from: header.x-level, trust: claimed, values: [personal, health]}
tags:
  personal: {only: {region: [eu]}, reason: the GDPR}
  health: {implies: [personal], reason: no contract}
pipeline:
  sensitivity:
    - {id: level-says, when: {level: any}, add: {from: level}}
    - {id: names, when: {prompt: {keywords: [jane, joe]}}, add: [personal], reason: names are personal}
    - {id: masks, when: {prompt: {regex: 'x+y'}}, redact: [email]}
    - {id: not-scanned, when: {unscanned: true}, add: [personal]}
  routes:
    - {id: waits, when: {stream: false, tenant: [acme]}, only: {provider: [own]}}
    - {id: pinned, when: {tenant: [pin]}, to: [premium, home], reason: the best there is}
  budgets:
    - id: day
      per: [tenant]
      window: day
      limit: {usd: 1}
      on_missing: deny
      steps: [{at: 50%, only: {tier: [basic]}}, {at: 99.5%, only: {region: [eu]}}, {at: 120%, deny: spent}]
    - {id: all, per: [], window: 7d, limit: {usd: 1}, on_store_error: {only: {region: [eu]}}, steps: [{at: 100%, deny: spent}]}
  complexity:
    ladder:
      - {id: long, when: {tokens: {gte: 900}}, prefer: [premium]}
      - {id: rest, when: {}, prefer: [basic]}
requested_model: require
"""
WORDED = loads(POLICY)
PLAIN = Call(attributes={"tenant": "other"})
NO_FACTS = Facts()
KEPT = re.compile(r"keeps only [^;]+?(?= while|;|$)")


def decide(call: Call = PLAIN, facts: Facts = NO_FACTS) -> Decision:
    """The decision of the policy above."""
    return WORDED.decide(call, facts)


def told(call: Call = PLAIN, facts: Facts = NO_FACTS) -> list[str]:
    """Every rule that fired but the ladder's last row, in one line each; which models an `only` keeps is left out."""
    fired = [(step.stage, match) for step in decide(call, facts).steps for match in step.fired if match.rule != "rest"]
    return [f"{stage} {rule}: {why} → {KEPT.sub('keeps only …', effect)}" for stage, (rule, why, effect) in fired]


def saying(text: str) -> Call:
    """A call of the same caller with this text."""
    return PLAIN._replace(parts=(Part("user", text),))


DROPS = "drops models that cannot serve it"
OF_TENANT = "budgets day: the budget per tenant and day"


@pytest.mark.parametrize(
    ("call", "facts", "says"),
    [
        (PLAIN, NO_FACTS, []),
        (PLAIN, Facts(down=frozenset({"home", "near"})), ["fit down: reported down → " + DROPS]),
        (
            PLAIN._replace(has=frozenset({"images"})),
            Facts(tokens=1001),
            [
                f"fit context: the call may need more than its context window (about 1001 tokens in) → {DROPS}",
                "complexity long: tokens ≥ 900 → prefers premium, then by price",
            ],
        ),
        (
            PLAIN._replace(has=frozenset({"images"})),
            NO_FACTS,
            [f"fit vision: the call needs the capability `vision` → {DROPS}"],
        ),
        (
            PLAIN._replace(claims={"header.x-level": "health"}),
            NO_FACTS,
            ["sensitivity level-says: level is given → tags personal, health (the GDPR; no contract)"],
        ),
        (
            PLAIN,
            Facts(failed=frozenset({"attribute:level"})),
            ["sensitivity level-says: could not tell whether level is given → tags personal, health (the GDPR; no contract)"],
        ),
        (
            saying("write to Joe"),
            NO_FACTS,
            ["sensitivity names: prompt matches keywords `jane | joe` (names are personal) → tags personal (the GDPR)"],
        ),
        (saying("xxy"), NO_FACTS, ["sensitivity masks: prompt matches regex `x+y` → redacts email"]),
        (
            PLAIN._replace(asks=Asks(tags=("personal",))),
            NO_FACTS,
            ["sensitivity caller-asked: the caller asked for tags → narrows"],
        ),
        (
            PLAIN._replace(attributes={"tenant": "acme"}),
            NO_FACTS,
            ["routes waits: tenant is `acme` → keeps only …"],
        ),
        (
            PLAIN._replace(attributes={"tenant": "pin"}),
            NO_FACTS,
            ["routes pinned: tenant is `pin` (the best there is) → hard route to premium, home"],
        ),
        (PLAIN, Facts(spent={"day": 0.5}), [f"{OF_TENANT} reached 50 % → keeps only …"]),
        (
            PLAIN,
            Facts(spent={"day": 0.995}),
            [f"{OF_TENANT} reached 99.5 % → keeps only …; keeps only …"],
        ),
        (
            PLAIN,
            Facts(spent={"day": 2.0, "all": 1.0}),
            [
                f"{OF_TENANT} reached 120 % → keeps only …; keeps only …; denies (spent)",
                "budgets all: the budget per everybody and 7d reached 100 % → denies (spent)",
            ],
        ),
        (
            PLAIN,
            Facts(failed=frozenset({"budget:all"})),
            ["budgets all: the budget per everybody and 7d → keeps only … while the store fails"],
        ),
        (Call(), NO_FACTS, [f"{OF_TENANT} → denies: the call has no account to count on"]),
        (
            PLAIN._replace(asks=Asks(tier="premium", max_cost_nano=2 * 4096 * 1000), requested_model="near"),
            NO_FACTS,
            ["override requested-model: the caller asked for it → keeps the model that the caller named, as the policy requires"],
        ),
        (
            PLAIN._replace(asks=Asks(tier="premium", max_cost_nano=2 * 4096 * 1000)),
            NO_FACTS,
            [
                "override caller-tier: the caller asked for it → keeps the tier that the caller asked for",
                "override caller-max-cost: the caller asked for it → drops models that could cost more than the caller allows",
            ],
        ),
    ],
)
def test_a_rule_says_why_it_fired_and_what_it_did(call: Call, facts: Facts, says: list[str]) -> None:
    """In the words of the policy, and only of what fired: a budget's later steps are not told before they are reached."""
    assert told(call, facts) == says


def test_steps_are_the_stages_and_what_acted_between_them() -> None:
    """The four stages are always told, and what stands between them only where it took something out."""
    assert [step.stage for step in decide().steps] == ["sensitivity", "routes", "budgets", "complexity"]
    narrowed = decide(PLAIN._replace(asks=Asks(tier="premium")), Facts(down=frozenset({"near"})))
    assert [step.stage for step in narrowed.steps] == ["fit", "sensitivity", "routes", "budgets", "override", "complexity"]
    assert [len(step.eligible) for step in narrowed.steps] == [2, 2, 2, 2, 1, 1]
    assert narrowed.fired == ("rest",)


def test_the_first_to_take_a_model_out_is_named() -> None:
    """Where two rules would, the decision names the one that did."""
    call = saying("Jane")._replace(attributes={"tenant": "acme"})
    assert decide(call, Facts(down=frozenset({"near"}))).excluded == {"near": "fit.down", "abroad": "sensitivity.names"}


def test_a_decision_as_json() -> None:
    """Every key of the shape that explain, journal and page show."""
    call = saying("Jane")._replace(max_output=1000, answers=2, unscanned=("image",))
    decision = decide(call, Facts(id="d-1", tokens=500))
    assert decision.to_dict() == {
        "id": "d-1",
        "outcome": "route",
        "reason": "complexity.rest",
        "stage": "complexity",
        "mode": "enforce",
        "model": "near",
        "tier": "premium",
        "tags": ["personal"],
        "lifted": [],
        "redact": [],
        "restore": [],
        "task": None,
        "score": None,
        "fired": ["names", "not-scanned", "rest"],
        "ranking": [{"model": "near", "tier": "premium", "cost_ceiling_usd": 0.005}],
        "excluded": {"home": "fit.context", "abroad": "sensitivity.names"},
        "plan": [{"kind": "primary", "model": "near"}],
        "steps": [
            {
                "stage": "fit",
                "fired": [
                    {
                        "rule": "context",
                        "why": "the call may need more than its context window (about 500 tokens in)",
                        "effect": "drops models that cannot serve it",
                    }
                ],
                "eligible": ["near", "abroad"],
            },
            {
                "stage": "sensitivity",
                "fired": [
                    {
                        "rule": "names",
                        "why": "prompt matches keywords `jane | joe` (names are personal)",
                        "effect": "tags personal (the GDPR)",
                    },
                    {"rule": "not-scanned", "why": "a part of the call could not be read", "effect": "tags personal (the GDPR)"},
                ],
                "eligible": ["near"],
            },
            {"stage": "routes", "fired": [], "eligible": ["near"]},
            {"stage": "budgets", "fired": [], "eligible": ["near"]},
            {
                "stage": "complexity",
                "fired": [{"rule": "rest", "why": "always", "effect": "prefers basic, then by price"}],
                "eligible": ["near"],
            },
        ],
        "unscanned": True,
        "tokens_estimated": 500,
        "policy": {"name": "worded", "version": 3, "hash": WORDED.version.hash},
    }
    assert decision.cost_ceiling_nano == 5_000_000
    assert repr(decision) == "<Decision route near tags=['personal']>"


def test_a_denial_costs_nothing() -> None:
    """No model, no tier, no cost, and the reason in its place."""
    decision = decide(PLAIN, Facts(spent={"all": 1.0}))
    assert (decision.model, decision.tier, decision.cost_ceiling_nano, decision.stage) == (None, None, 0, "budgets")
    assert repr(decision) == "<Decision deny spent tags=[]>"
