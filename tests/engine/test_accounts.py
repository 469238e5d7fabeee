"""Budgets as accounts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from policyroute.engine.accounts import Caps, reached_at
from policyroute.ledgers.ledger import MOST_AMOUNT, NO_CAP
from policyroute.loading import Policy, load, loads

SHOP = Path(__file__).with_name("shop.yaml").read_text("utf-8")
NAMES = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)


def keys(policy: Policy, attributes: dict[str, str]) -> list[str]:
    return [one.account.key for one in Caps(policy).counted(attributes, 1_795_000_000.0)]


@pytest.fixture(scope="module")
def shop() -> Policy:
    return loads(SHOP)


@given(limit=st.integers(1, MOST_AMOUNT), level=st.integers(1, 10_000))
def test_a_step_is_reached_exactly_where_its_share_is(limit: int, level: int) -> None:
    """The amount and the share never disagree, not by one unit."""
    at = level / 1000
    bound = reached_at(at, limit)
    if bound < MOST_AMOUNT:
        assert bound / limit >= at
        assert not bound or (bound - 1) / limit < at


@pytest.mark.parametrize(("level", "limit", "bound"), [(0.8, 100, 80), (1.0, 7, 7), (0.29, 100, 29), (0.001, 5, 1), (1.0, 0, 0)])
def test_a_level_as_people_count(level: float, limit: int, bound: int) -> None:
    """80 % of a hundred are eighty."""
    assert reached_at(level, limit) == bound


@given(one=st.tuples(NAMES, NAMES), other=st.tuples(NAMES, NAMES))
def test_two_callers_share_an_account_only_if_they_are_the_same(one: tuple[str, str], other: tuple[str, str]) -> None:
    """No name can be chosen so that somebody else pays."""
    policy = loads(SHOP.replace("per: [tenant]", "per: [tenant, plan]").replace(", values: [free, pro]", ""))
    mine, theirs = ({"tenant": t, "plan": p} for t, p in (one, other))
    assert (keys(policy, mine)[0] == keys(policy, theirs)[0]) == (one == other)


def test_a_long_name_is_kept_short(shop: Policy) -> None:
    """A megabyte of tenant is no key; its hash is, and no other name looks like it."""
    long, other = keys(shop, {"tenant": "x" * 10**6})[0], keys(shop, {"tenant": "x" * 10**6 + "y"})[0]
    assert len(long) < 100
    assert long != other
    digest = long[long.index("~") : long.index("@")]
    assert keys(shop, {"tenant": digest})[0] != long


def test_a_limit_of_nothing_denies_everybody() -> None:
    """Of nothing, all is used."""
    cap = Caps(loads(SHOP.replace("{usd: 1}", "{usd: 0}"))).caps[0]
    assert cap.share(0) == 10.0
    assert cap.bounds == (0, 0)


def test_the_stretch_within_which_a_decision_stands(shop: Policy) -> None:
    """Between two steps nothing changes."""
    cap = Caps(shop).caps[0]
    account = Caps(shop).counted({"tenant": "a"}, 0.0)[0].account
    half, whole = 500_000_000, 1_000_000_000
    assert [cap.line(account, used)[1:] for used in (-5, 0, half - 1)] == [(-MOST_AMOUNT, half)] * 3
    assert [cap.line(account, used)[1:] for used in (half, whole - 1)] == [(half, whole)] * 2
    assert cap.line(account, whole)[1:] == (whole, NO_CAP)
    assert cap.most == {"small": whole, "large": whole}


def test_a_downgrade_at_the_limit_is_a_cap_too() -> None:
    """From 100 % on only the small model: the large one has to fit below, the small one need not."""
    cap = Caps(loads(SHOP.replace("deny: budget_exhausted", "only: {tier: [basic]}").replace("50%", "60%"))).caps[0]
    assert cap.most == {"small": NO_CAP, "large": 1_000_000_000}


def test_a_budget_that_is_included_is_one_for_all_who_include_it(tmp_path: Path) -> None:
    """The company's month is the company's, whichever team's policy counts on it."""
    base = SHOP[: SHOP.index("models:")].replace("shop", "company")
    month = "    - {id: month, per: [], window: month, limit: {usd: 9}, steps: [{at: 100%, deny: budget_exhausted}]}\n"
    (tmp_path / "base.yaml").write_text(f"{base}pipeline:\n  budgets:\n{month}", "utf-8")
    for team in ("red", "blue"):
        text = SHOP.replace("name: shop", f"name: {team}").replace("kind: Policy", "kind: Policy\ninclude: [base.yaml]")
        (tmp_path / f"{team}.yaml").write_text(text, "utf-8")
    red, blue = ({key.partition("?")[0] for key in keys(load(tmp_path / f"{t}.yaml"), {"tenant": "a"})} for t in ("red", "blue"))
    assert red & blue == {"company/month"}
    assert red - blue == {"red/tenant-day", "red/calls"}
