"""`policyroute budgets`: who spent what, and more room by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policyroute.call import Call, Facts, Usage
from policyroute.engine.admission import Admitter
from policyroute.ledgers.opening import open_ledger
from policyroute.loading import load

NOON = 1_763_726_400.0  # 2025-11-21T12:00:00Z
NOW = ("--now", "2025-11-21T12:00:00Z")
URL = "sqlite:///spend.db"
LEDGER = ("--ledger", URL)
SHOW = ("budgets", "small.yaml", *LEDGER, *NOW)
SIGNED = ("--by", "ops", "--why", "launch day", *LEDGER, *NOW)
Spend = Callable[..., None]


@pytest.fixture
def spend(place: Path) -> Spend:
    """Spends dollars on a plan, and leaves one call under way."""

    def spending(plan: str, usd: float, at: float = NOON) -> None:
        ledger = open_ledger(URL)
        admitter = Admitter(load(place / "small.yaml"), ledger, now=lambda: at)
        call = Call.from_text("hi", attributes={"plan": plan})
        for cost in (usd, None):
            held = admitter.admit(call, Facts(tokens=1000)).held
            if held is not None and cost is not None:
                target = held.target._replace(price_in=1_000_000_000)
                admitter.settle(held._replace(target=target), Usage(round(cost * 1_000_000), 0))
        ledger.close()

    return spending


def test_who_spent_what(run, spend: Spend) -> None:
    """One row for each account, the fullest first; what calls under way can cost is held."""
    spend("pro", 1.25)
    spend("free", 4.5)
    ran = run(*SHOW, "-o", "json")
    assert ran.code == 0
    free, pro = ran.answer["budgets"]
    assert (free["account"], pro["account"]) == ("plan=free", "plan=pro")
    assert (pro["budget"], pro["window"], pro["unit"], pro["limit"]) == ("day", "2025-11-21", "usd", 5.0)
    assert (pro["spent_usd"], pro["granted"], pro["resets_at"]) == (1.25, 0.0, "2025-11-22T00:00:00Z")
    assert 0 < pro["held_usd"] < 0.01
    assert 0.25 < pro["used_ratio"] < 0.26
    text = run(*SHOW).out
    assert "plan=pro" in text
    assert "$1.25" in text
    assert "2025-11-22T00:00:00Z" in text
    assert "1 account used to 80% and more" in text


def test_one_account(run, spend: Spend) -> None:
    """By its attributes, and by its budget."""
    spend("pro", 1)
    spend("free", 1)
    told = run(*SHOW, "--attr", "plan=pro", "--budget", "day", "-o", "json").answer["budgets"]
    assert [one["account"] for one in told] == ["plan=pro"]


def test_windows_that_are_over(run, spend: Spend) -> None:
    """Are shown when asked for."""
    spend("pro", 1, NOON - 86400)
    spend("pro", 2)
    assert len(run(*SHOW, "-o", "json").answer["budgets"]) == 1
    now, before = run(*SHOW, "--all", "-o", "json").answer["budgets"]
    assert (now["window"], before["window"], before["resets_at"]) == ("2025-11-21", "2025-11-20", None)
    assert "over" in run(*SHOW, "--all").out


def test_a_grant_makes_room(run, spend: Spend) -> None:
    """As much less counts as used, and it is known who gave it."""
    spend("pro", 5)
    assert "1 account used up" in run(*SHOW).out
    ran = run("budgets", "grant", "small.yaml", "day", "$2.5", "--attr", "plan=pro", *SIGNED, "-o", "json")
    assert (ran.code, ran.answer["granted"], ran.answer["budget"]["granted"]) == (0, 2.5, 2.5)
    assert run(*SHOW, "-o", "json").answer["budgets"][0]["used_ratio"] == 0.5
    spend("pro", 1)
    assert run(*SHOW, "-o", "json").answer["budgets"][0]["spent_usd"] == 6.0
    (entry,) = run("budgets", "audit", "small.yaml", *LEDGER, "-o", "json").answer["audit"]
    assert (entry["by"], entry["why"], entry["granted"], entry["account"]) == ("ops", "launch day", 2.5, "plan=pro")
    assert "launch day" in run("budgets", "audit", "small.yaml", *LEDGER).out


def test_a_reset_grants_what_is_spent(run, spend: Spend) -> None:
    """And not more, however often it is asked for."""
    spend("pro", 5)
    asked = ("budgets", "reset", "small.yaml", "day", "--attr", "plan=pro", *SIGNED)
    ran = run(*asked)
    assert ran.code == 0
    assert "granted $5.00 of day to plan=pro, in the window 2025-11-21" in ran.out
    assert run(*SHOW, "-o", "json").answer["budgets"][0]["used_ratio"] == 0
    assert run(*asked).code == 2
    assert "nothing is spent there" in run(*asked).err


def test_nothing_yet(run, spend: Spend) -> None:
    """An empty store is no error."""
    spend("pro", 0, NOON - 86400)
    assert "nothing is spent or held" in run(*SHOW).out
    assert "nothing was granted" in run("budgets", "audit", "small.yaml", *LEDGER).out


def test_whether_budgets_are_live(run, spend: Spend, place: Path) -> None:
    """That a caller is counted, and where; and that the store keeps a hold."""
    spend("pro", 1)
    check = ("budgets", "check", "small.yaml", *LEDGER)
    ran = run(*check, "--attr", "plan=pro", "-o", "json")
    assert (ran.code, ran.answer["ok"]) == (0, True)
    assert ran.answer["checks"] == [{"budget": "day", "account": "plan=pro", "live": True, "why": ""}]
    assert "live" in run(*check, "--attr", "plan=pro").out
    assert "counts with everybody who is not known" in run(*check).out
    text = (place / "small.yaml").read_text("utf-8").replace("window: day", "window: day, on_missing: deny")
    (place / "small.yaml").write_text(text, "utf-8")
    refused = run(*check)
    assert refused.code == 1
    assert "not live  counts per plan: a caller who does not have it is denied" in refused.out
    assert len(run(*SHOW, "--all", "-o", "json").answer["budgets"]) == 1


WRONG = [
    (["budgets", "small.yaml", *LEDGER], "there is no ledger `spend.db`"),
    (["budgets", "small.yaml", "--ledger", "memory://"], "nobody else can look into it"),
    (["budgets", "small.yaml", "--ledger", "mysql://u:secret@h/x"], "a ledger is "),
    (["budgets", "small.yaml"], "--ledger"),
    (["budgets", "small.yaml", *LEDGER, "--budget", "dya"], "did you mean `day`?"),
    (["budgets", "small.yaml", *LEDGER, "--attr", "plan"], "has no name and value"),
    (["budgets", "small.yaml", *LEDGER, "--attr", "tenant=x"], "they count per `plan`"),
    (["budgets", "small.yaml", *LEDGER, "--now", "noon"], "is no time"),
    (["budgets", "grant", "small.yaml", "day", "5", *SIGNED], "say whose account"),
    (["budgets", "grant", "small.yaml", "day", "5", "--attr", "plan=pro", *LEDGER], "--by"),
]


@pytest.mark.parametrize(("args", "told"), WRONG)
def test_what_makes_no_sense_is_refused(run, args: list[str], told: str) -> None:
    """With what does, and without a word of a URL that may hold a password."""
    ran = run(*args)
    assert ran.code == 2
    assert told in ran.err
    assert "secret" not in ran.err


@pytest.mark.parametrize("amount", ["0", "-1", "nan", "inf", "x", "1e99", "0.0000000001", ""])
def test_an_amount_is_an_amount(run, spend: Spend, amount: str) -> None:
    """Of dollars, to the nano-dollar."""
    spend("pro", 1)
    ran = run("budgets", "grant", "small.yaml", "day", "--attr", "plan=pro", *SIGNED, "--", amount)
    assert ran.code == 2
    assert "is no amount" in ran.err


def test_help_shows_examples(run) -> None:
    """Of every subcommand, too."""
    assert "policyroute budgets grant" in run("budgets", "--help").out
    for name in ("show", "check", "grant", "reset", "audit"):
        assert "--ledger" in run("budgets", name, "--help").out
    assert run("budgets").code == 0
