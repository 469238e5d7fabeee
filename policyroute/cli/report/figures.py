"""What the rows of a journal add up to. Every figure can be worked out again from the rows, as the docstrings say."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from math import ceil
from types import MappingProxyType
from typing import NamedTuple

from policyroute.journal import Journal

DENIED = "(denied)"
NONE = "(none)"


class Row(NamedTuple):
    """What a report needs of a row, named as the columns are."""

    at: float
    outcome: str
    mode: str
    requested_model: str | None
    model: str | None
    tier: str | None
    tags: str
    fired: str
    user: str | None
    attempts: int
    input_tokens: int | None
    output_tokens: int | None
    cost_nano: int
    baseline_nano: int | None
    latency_ms: float | None
    stream_end: str | None


def _day(row: Row) -> list[str]:
    return [datetime.fromtimestamp(row.at, UTC).strftime("%Y-%m-%d")]


def _listed(text: str) -> list[str]:
    return [] if text == "[]" else list(dict.fromkeys(map(str, json.loads(text))))


def _where(row: Row, name: str | None) -> list[str]:
    return [name] if name is not None else [DENIED] if _is_denied(row) else []


def _is_denied(row: Row) -> bool:
    """Whether a call was really denied: in shadow mode it was made all the same."""
    return row.outcome == "deny" and row.mode == "enforce"


KEYS: Mapping[str, Callable[[Row], list[str]]] = MappingProxyType(
    {
        "model": lambda row: _where(row, row.model if row.mode == "enforce" else row.requested_model),
        "rule": lambda row: _listed(row.fired),
        "tier": lambda row: _where(row, row.tier if row.mode == "enforce" else None),
        "tag": lambda row: _listed(row.tags),
        "user": lambda row: [] if row.user is None else [row.user],
        "day": _day,
    }
)


class Sum:
    """The sum of some rows.

    `calls` are all of them, `denied` those whose outcome is `deny` and whose mode is `enforce`, `under_way` those of the others
    without a `stream_end`, `again` the attempts of a call beyond its first. `saved_nano` is what calls that the baseline has a
    price for did not cost: baseline less cost, over these calls alone.
    """

    __slots__ = (
        "again",
        "baseline_nano",
        "calls",
        "cost_nano",
        "denied",
        "input_tokens",
        "latencies_ms",
        "output_tokens",
        "priced_tokens",
        "saved_nano",
        "under_way",
    )

    def __init__(self) -> None:
        self.calls = self.denied = self.under_way = self.again = 0
        self.cost_nano = self.baseline_nano = self.saved_nano = 0
        self.input_tokens = self.output_tokens = self.priced_tokens = 0
        self.latencies_ms = array("d")

    def add(self, row: Row) -> None:
        """One more row."""
        tokens_in, tokens_out = row.input_tokens or 0, row.output_tokens or 0
        self.calls += 1
        if _is_denied(row):
            self.denied += 1
        else:
            self.under_way += row.stream_end is None
            if row.latency_ms is not None:
                self.latencies_ms.append(row.latency_ms)
        self.again += max(0, row.attempts - 1)
        self.cost_nano += row.cost_nano
        self.input_tokens += tokens_in
        self.output_tokens += tokens_out
        if row.baseline_nano is not None:
            self.baseline_nano += row.baseline_nano
            self.saved_nano += row.baseline_nano - row.cost_nano
            self.priced_tokens += tokens_in + tokens_out

    @property
    def priced_tokens_ratio(self) -> float | None:
        """The share of tokens, in and out, of calls that have a baseline; None where there are no tokens."""
        tokens = self.input_tokens + self.output_tokens
        return self.priced_tokens / tokens if tokens else None

    def latency_ms(self, *shares: float) -> list[float | None]:
        """The least latency that this share of the calls did not exceed, denials apart; None where nothing was measured."""
        ordered = sorted(self.latencies_ms)
        return [ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None for share in shares]


class Report(NamedTuple):
    """The rows of a stretch of time, added up: all of them, by what was asked for, and by day."""

    total: Sum
    groups: Mapping[str, Sum]
    days: Mapping[str, Sum]


def added_up(rows: Iterable[Row], by: str) -> Report:
    """One pass over the rows. A row counts in the group of each of its rules or tags."""
    total, groups, days = Sum(), dict[str, Sum](), dict[str, Sum]()
    keys_of = KEYS[by]
    for row in rows:
        total.add(row)
        for key in keys_of(row) or [NONE]:
            _of(groups, key).add(row)
        if by != "day":
            _of(days, _day(row)[0]).add(row)
    if by == "day":
        days = groups = dict(sorted(groups.items()))
    else:
        groups = dict(sorted(groups.items(), key=lambda one: (-one[1].cost_nano, -one[1].calls, one[0])))
    return Report(total, groups, dict(sorted(days.items())))


def _of(sums: dict[str, Sum], key: str) -> Sum:
    found = sums.get(key)
    if found is None:
        found = sums[key] = Sum()
    return found


def read(journal: Journal, since: float, until: float) -> Iterable[Row]:
    """The rows of a journal from a time on and before another."""
    return map(Row._make, journal.read(Row._fields, since, until))
