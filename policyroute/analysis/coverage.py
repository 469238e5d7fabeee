"""Which rules the tests of a policy reach."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from policyroute.policy.compile import Compiled


class Coverage(NamedTuple):
    """Rules that fired in some test, out of all, and those that never did."""

    covered: int
    total: int
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """1.0 where every rule fired."""
        return self.covered / self.total if self.total else 1.0


def coverage(policy: Compiled, fired: Iterable[str]) -> Coverage:
    """How much of a policy these rules are."""
    seen = set(fired)
    missing = tuple(rule for rule in policy.rule_ids if rule not in seen)
    total = len(policy.rule_ids)
    return Coverage(total - len(missing), total, missing)
