"""A thousand rules load while one waits, whatever they ask, and cost no square of their number."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from policyroute.loading import examine, load
from policyroute.policy.source import read_text
from tests.house.survey import ROOT
from tests.loading.hostile import HEAD, MODELS, many
from tests.timing import least_s

SUPPORT = (ROOT / "tests/data/support.yaml").read_text("utf-8")
SENSITIVITY = "    - {id: not-scanned,"
ROUTES = "    - {id: free-plan,"
LADDER = "      - {id: hard, "
TAGGING = "    - {id: r#, when: {prompt: {regex: 'word#[0-9]+'}, plan: [free]}, add: [pii]}"
NARROWING = "    - {id: q#, when: {tenant: [t#]}, only: {region: [eu], price.out: {lte: 5}}}"
PINNING = "    - {id: q#, when: {tenant: [t#], words: {gt: #}}, to: [basic, gpt-mini-eu]}"
ROW = "      - {id: w#, when: {tokens: {gt: #}, tenant: [t#]}, prefer: [premium, basic]}"


def grown(*parts: tuple[str, str, int]) -> str:
    """The language's example with so many more rules."""
    text = SUPPORT
    for before, line, count in parts:
        assert text.count(before) == 1
        text = text.replace(before, many(line, count) + before)
    return text


THOUSANDS: Mapping[str, str] = {
    "tagging and narrowing": grown((SENSITIVITY, TAGGING, 500), (ROUTES, NARROWING, 500)),
    "tagging": grown((SENSITIVITY, TAGGING, 1000)),
    "narrowing": grown((ROUTES, NARROWING, 1000)),
    "hard routes": grown((ROUTES, PINNING, 1000)),
    "rows": grown((LADDER, ROW, 1000)),
    "keywords": grown((SENSITIVITY, "    - {id: r#, when: {prompt: {keywords: [one#, two#, three#]}}, add: [pii]}", 1000)),
    "models": HEAD
    + "tiers: [t]\nmodels:\n"
    + many("  m#: {provider: p#, region: r#, tier: t, price: {in: #, out: 1}}", 1000)
    + "pipeline:\n  routes:\n"
    + many("    - {id: r#, when: {stream: true}, only: {provider: {not: [p#]}, model: {not: [m#]}}}", 1000)
    + "  complexity: {ladder: [{id: z, when: {}, prefer: [t]}]}\n",
    "attributes and tags": HEAD
    + MODELS
    + "attributes:\n"
    + many("  a#: {from: auth.a#, trust: verified, values: [x, y]}", 1000)
    + "tags:\n"
    + many("  t#: {only: {provider: [p]}}", 1000)
    + "pipeline:\n  sensitivity:\n"
    + many("    - {id: r#, when: {a#: [x]}, add: [t#]}", 1000)
    + "  complexity: {ladder: [{id: z, when: {}, prefer: [t]}]}\n",
}


def look(text: str) -> None:
    checked = examine("p.yaml", lambda name: read_text(text, name))
    assert checked.policy is not None, checked.problems[:3]


@pytest.mark.slow
@pytest.mark.parametrize("name", THOUSANDS)
def test_a_thousand_rules_load_in_a_second(name: str) -> None:
    """Measured, it was a fraction of a second; here is room for slow machines."""
    assert least_s(partial(look, THOUSANDS[name]), enough=2.0) < 2.0


@pytest.mark.slow
def test_time_grows_with_rules_and_not_with_their_square() -> None:
    """Four times the rules take less than eight times as long."""
    few, all_ = (grown((SENSITIVITY, TAGGING, n // 2), (ROUTES, NARROWING, n // 2)) for n in (500, 2000))
    look(few)
    assert least_s(partial(look, all_)) < 8 * least_s(partial(look, few))


def test_a_thousand_rules_can_be_served(tmp_path: Path) -> None:
    """A thousand rules are loaded, warmed up and asked within seconds."""
    path = tmp_path / "p.yaml"
    path.write_text(THOUSANDS["tagging and narrowing"], "utf-8")
    assert len(load(path).compiled.rule_ids) == 1016
    assert least_s(partial(load, path), enough=20) < 20
