"""What an answer used, and what that costs."""

from __future__ import annotations

import logging

from policyroute.call import MICRO_PER_MILLION, Target, Usage
from policyroute.dialects.dialect.tally import Tally

_LOG = logging.getLogger(__name__)


def used(tally: Tally, estimate: Usage) -> Usage:
    """What the upstream says was used, and what is estimated from the text where it says nothing, or nothing that makes sense."""
    if tally.contradicts(estimate):
        _LOG.warning("an upstream's usage makes no sense: the call is billed by an estimate of its text where that is more")
    return tally.usage(estimate)


def spent_nano(target: Target, usage: Usage) -> int:
    """What a usage costs at a target, rounded up to a whole nano-dollar."""
    cached_price = target.price_in if target.price_cached_in is None else target.price_cached_in
    total = (usage.input_tokens - usage.cached_input_tokens) * target.price_in
    total += usage.cached_input_tokens * cached_price + usage.output_tokens * target.price_out
    return -(-total // MICRO_PER_MILLION)
