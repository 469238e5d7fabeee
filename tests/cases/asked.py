"""Small test files in text form, and what the runner makes of them."""

from __future__ import annotations

from policyroute.loading import Policy, loads
from policyroute.policy.casefile import CASES, CaseFile
from policyroute.policy.cases import Result, check_cases, run
from policyroute.policy.problems import Problems
from policyroute.policy.source import read_text

POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: small, version: 1}
models:
  home: {provider: own, region: eu, tier: basic, context: 1000, price: {in: 1, out: 1}}
  abroad: {provider: cloud, region: us, tier: premium, context: 9000, price: {in: 2, out: 2}}
tiers: [basic, premium]
attributes:
  plan: {from: auth.plan, trust: verified, values: [free, pro]}
tags:
  personal: {only: {region: [eu]}}
pipeline:
  sensitivity:
    - {id: mails, when: {prompt: {keywords: [mail]}}, add: [personal]}
    - {id: numbers, when: {detect: [us-ssn]}, add: [personal]}
    - {id: not-scanned, when: {unscanned: true}, add: [personal]}
  routes:
    - {id: free-plan, when: {plan: [free]}, only: {tier: [basic]}}
  budgets:
    - {id: day, per: [plan], window: day, limit: {usd: 1}, steps: [{at: 100%, deny: budget_exhausted}]}
  complexity:
    ladder:
      - {id: hard, when: {max_output: {gte: 500}}, prefer: [premium]}
      - {id: all, when: {}, prefer: [basic]}
"""
HEAD = "apiVersion: policyroute/v1\nkind: PolicyTest\npolicy: small.yaml\n"


def read_cases(text: str) -> tuple[CaseFile, Problems]:
    """A test file, with what is wrong with its shape."""
    problems = Problems()
    source = read_text(HEAD + text, "small_test.yaml")
    problems.found += source.problems
    assert source.root is not None
    return CASES.read(source.root, "$", problems), problems


def problems_of(text: str, policy: Policy | None = None) -> list[str]:
    """The codes and messages of everything that is wrong with a test file."""
    cases, problems = read_cases(text)
    if isinstance(cases, CaseFile):
        check_cases(cases, (policy or loads(POLICY)).compiled, problems)
    return [f"{problem.code} {problem.message}" for problem in problems.in_order()]


def results_of(text: str, policy: Policy | None = None) -> list[Result]:
    """Every row, run."""
    cases, problems = read_cases(text)
    policy = policy or loads(POLICY)
    check_cases(cases, policy.compiled, problems)
    assert [problem for problem in problems.found if problem.severity == "error"] == []
    return list(run(cases, policy.compiled, policy.pipeline))
