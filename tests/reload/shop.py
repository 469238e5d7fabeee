"""A small policy in many versions, all of one length, and a clock that goes only where a test moves it."""

from __future__ import annotations

from policyroute.reload import Watched

NEVER_S = 1e6
GOOD = """apiVersion: policyroute/v1
kind: Policy
metadata: {{name: shop, version: {number}}}
{rest}
"""
_REST = """tiers: [basic]
models:
  own: {{provider: vllm, region: eu, tier: basic, price: {{in: 0.10, out: 0.30}}}}
  far{number}: {{provider: openai, region: us, tier: basic, price: {{in: 0.15, out: 0.60}}}}
pipeline:
  complexity:
    ladder: [{{id: all, when: {{}}, prefer: [basic]}}]"""


class Time:
    """Seconds, as a test has them."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at

    def on(self, seconds: float) -> None:
        self.at += seconds


def policy(number: int, head: str = "") -> str:
    """A good policy of this version; a model has it in its name too."""
    return GOOD.format(number=number, rest=head + _REST.format(number=number))


def version(watched: Watched) -> int:
    """Which one serves."""
    return watched.policy.version.version
