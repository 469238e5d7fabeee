"""What a reviewer is told about masking: which invariants rest on it, and what it can never do."""

from __future__ import annotations

import pytest

from policyroute.errors import Problem
from policyroute.loading import examine
from policyroute.policy.source import read_text

POLICY = """apiVersion: policyroute/v1
kind: Policy
metadata: {{name: masks, version: 1}}
tiers: [basic]
models:
  own: {{provider: v, region: eu, tier: basic, price: {{in: 3, out: 6}}}}
  us: {{provider: o, region: us, tier: basic, price: {{in: 1, out: 2}}}}
tags:
  pii: {{only: {{region: [eu]}}, declassify: {{by: redact}}}}
  phi: {{implies: [pii]{phi}}}
pipeline:
  sensitivity:
    - {{id: mail, when: {{detect: [email, phone]}}, add: [pii], redact: [{redact}]}}
    - {{id: mrn, when: {{prompt: {{keywords: [mrn]}}}}, add: [phi]}}
    - {{id: unread, when: {{unscanned: true}}, add: [pii]}}
  complexity: {{ladder: [{{id: all, when: {{}}, prefer: [basic]}}]}}
invariants:
  - {{id: it, {invariant}}}
"""
IN_EU = "never: {tags: [pii], reach: {region: [us]}}"


def told(redact: str = "email, phone", invariant: str = IN_EU, phi: str = "") -> list[Problem]:
    """What is said of the policy."""
    text = POLICY.format(redact=redact, invariant=invariant, phi=phi)
    return [p for p in examine("p.yaml", lambda name: read_text(text, name)).problems if p.code in ("PR315", "PR316", "PR504")]


@pytest.mark.parametrize(
    ("invariant", "noted"),
    [
        (IN_EU, True),
        ("never: {detect: [email], reach: {region: [us]}}", True),
        ("never: {tags: [phi], reach: {region: [us]}}", False),
        ("never: {unscanned: true, reach: {region: [us]}}", False),
        ("always: {tags: [pii], needs: {caps: []}}", False),
    ],
)
def test_an_invariant_says_what_it_rests_on(invariant: str, noted: bool) -> None:
    """One about a tag that is lifted, or about what it is added for, names the tag, the rule and the detectors."""
    problems = told(invariant=invariant)
    assert [p.code for p in problems] == ["PR504"] * noted
    for problem in problems:
        assert problem.severity == "info"
        assert all(f"`{name}`" in problem.message for name in ("it", "pii", "mail", "email", "phone"))


def test_only_masked_detectors_are_named() -> None:
    """What the rule asks for and nobody masks is no assumption."""
    (problem,) = told(redact="phone")
    assert "`phone`" in problem.message and "`email`" not in problem.message


def test_a_tag_that_nothing_lifts() -> None:
    """`declassify` draws a warning where no rule masks what the tag is added for."""
    unmasked, keyword = told(redact="iban"), told(phi=", declassify: {by: redact}")
    assert [(p.code, p.severity) for p in unmasked] == [("PR315", "warning")]
    assert [p.code for p in keyword] == ["PR315", "PR504"]
    assert "`phi`" in keyword[0].message


def test_masking_alone_is_noted() -> None:
    """A rule that only masks is noted: where that fails, nothing keeps the call back."""
    text = POLICY.format(redact="email, phone", invariant=IN_EU, phi="").replace("phone]}, add: [pii],", "phone]},")
    problems = examine("p.yaml", lambda name: read_text(text, name)).problems
    assert [(p.code, p.severity) for p in problems if p.code == "PR316"] == [("PR316", "info")]
