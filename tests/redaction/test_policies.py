"""From a policy to a masked body: what a decision asks for is what `Policy.redact` does."""

from __future__ import annotations

import json

import pytest

from policyroute.call import Facts
from policyroute.dialects import Call
from policyroute.loading import Policy, loads
from policyroute.redaction import NotRedacted
from tests.redaction.bodies import chat, contents

POLICY = """apiVersion: policyroute/v1
kind: Policy
metadata: {name: masks, version: 1}
tiers: [basic]
models:
  own: {provider: v, region: eu, tier: basic, price: {in: 3, out: 6}}
  us: {provider: o, region: us, tier: basic, price: {in: 1, out: 2}}
detectors:
  badge: {regex: 'bdg-[0-9]{6}', near: [badge]}
tags:
  pii: {only: {region: [eu]}, declassify: {by: redact}}
pipeline:
  sensitivity:
    - {id: mail, when: {detect: [email]}, add: [pii], redact: [email], restore: true}
    - {id: badges, when: {detect: [badge]}, add: [pii], redact: [badge]}
    - {id: unread, when: {unscanned: true}, add: [pii]}
  complexity: {ladder: [{id: all, when: {}, prefer: [basic]}]}
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return loads(POLICY)


def test_a_body_leaves_as_the_decision_says(policy: Policy) -> None:
    """All kinds of the rules that fired are masked, the policy's own among them, and some of them come back."""
    body = chat("badge bdg-123456 of jane@example.com", "4111 1111 1111 1111")
    decision = policy.decide(Call.from_body(body))
    assert (decision.model, decision.redact, decision.restore) == ("us", ("email", "badge"), ("email",))
    redaction = policy.redact(body, decision)
    assert contents(redaction.body) == ["badge [BADGE_1] of [EMAIL_1]", "4111 1111 1111 1111"]
    assert redaction.restore("[BADGE_1] [EMAIL_1]") == "[BADGE_1] jane@example.com"


def test_a_masked_call_would_be_decided_alike(policy: Policy) -> None:
    """What was lifted is not there: the masked body has none of the tags by itself, and nothing to mask."""
    body = chat("badge bdg-123456 of jane@example.com")
    masked = policy.redact(body, policy.decide(Call.from_body(body))).body
    again = policy.decide(Call.from_body(masked))
    assert (again.tags, again.redact, again.model) == ((), (), "us")


def test_a_decision_that_masks_nothing_leaves_the_body(policy: Policy) -> None:
    """The same bytes, whatever they are: they were read before."""
    body = chat("hello")
    assert policy.redact(body, policy.decide(Call.from_body(body))).body is body


def test_what_cannot_be_masked_is_decided_again(policy: Policy) -> None:
    """Where masking does not work out, no tag is lifted."""
    body = json.dumps({"model": "m", "messages": [], "metadata": {"a@example.com": "1", "A@example.com": "2"}}).encode()
    call = Call.from_body(body)
    assert policy.decide(call).model == "us"
    with pytest.raises(NotRedacted):
        policy.redact(body, policy.decide(call))
    assert policy.decide(call, Facts(failed=frozenset({"redact"}))).model == "own"
