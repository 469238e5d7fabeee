"""What is kept of a decision: enough to decide it again, in columns that any reader of tables copes with, and no text."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from policyroute.call import Asks, Call, Facts
from policyroute.journal import (
    Closing,
    Journal,
    JournalError,
    Known,
    Record,
    completed,
    decided,
    from_jsonl,
    kept,
    opaque,
    to_jsonl,
)
from policyroute.journal.rows import COLUMNS, cells, record_of
from policyroute.loading import loads
from tests.journal.records import DONE, KNOWN, MADE, NOON

BIRD = "kestrel7f3a9"
POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: aviary, version: 7}
models:
  near: {provider: p, tier: t, region: eu, price: {in: 1, out: 1}}
  far: {provider: p, tier: t, region: us, price: {in: 1, out: 2}}
  dear: {provider: p, tier: best, region: eu, price: {in: 9, out: 9}}
tiers: [t, best]
attributes: {team: {from: auth.team, trust: verified}}
tags: {mail: {only: {region: [eu]}}}
pipeline:
  sensitivity:
    - {id: mails, when: {detect: [email]}, add: [mail]}
    - {id: unread, when: {unscanned: true}, add: [mail]}
  budgets:
    - {id: day, per: [], window: day, limit: {usd: 1}, steps: [{at: 80%, only: {tier: [t]}}, {at: 100%, deny: spent}]}
  complexity:
    ladder: [{id: all, when: {}, prefer: [t]}]
"""
CALL = Call.from_text(f"mail {BIRD}@nest-mail.net", system=BIRD, requested_model="auto", max_output=50)


def record(call: Call = CALL, **facts: object) -> Record:
    decision = loads(POLICY).decide(call, Facts(now=NOON, id="d7", **facts))  # type: ignore[arg-type]
    return decided(decision, call, at=NOON, attributes={"team": opaque("ann", b"key")}, user=opaque("ann", b"key"))


def test_a_decision_as_it_is_kept() -> None:
    """Everything that was decided, by which policy, and why; who asked is an opaque key."""
    made = record(spent={"day": 0.85}, down=frozenset({"far"}), seed=5)
    assert (made.id, made.at, made.policy_name, made.policy_version) == ("d7", NOON, "aviary", 7)
    assert (made.outcome, made.model, made.tier, made.tags, made.requested_model) == ("route", "near", "t", ("mail",), "auto")
    assert made.fired == ("mails", "day", "all")
    assert (made.excluded["dear"], made.budget) == ("budgets.day", "day")
    assert made.tokens_estimated > 0
    assert (made.facts.spent, made.facts.down, made.facts.seed, made.facts.max_output) == ({"day": 0.85}, ("far",), 5, 50)
    assert (made.cost_nano, made.stream_end, made.baseline_nano) == (0, None, None)
    assert made.user == made.facts.attributes["team"] != "ann"


def test_which_budget_denied() -> None:
    """A denial by a budget names it; one by anything else names none."""
    denied = record(spent={"day": 1.0})
    assert (denied.outcome, denied.reason, denied.stage, denied.budget, denied.model) == ("deny", "spent", "budgets", "day", None)
    assert record().budget is None


def test_what_came_of_it_is_put_where_it_belongs() -> None:
    """By name; the rest of the record stays what it was."""
    closing = Closing(2, 10, 20, 4, True, 12_345, 99_999, 12.5, "complete", 200)
    assert completed(MADE, closing) == DONE
    assert completed(MADE._replace(text="[]"), closing) == DONE._replace(text="[]")
    assert completed(MADE, closing)._asdict().items() >= closing._asdict().items()


def test_what_the_caller_asked_for() -> None:
    """A wish that narrows is part of what the decision was made on."""
    asking = record(CALL._replace(asks=Asks(tags=("mail",), tier="t", max_cost_nano=10**9, prefer="cost")))
    assert asking.facts[11:15] == (("mail",), "t", 10**9, "cost")


def test_no_word_of_the_call_is_kept(tmp_path: Path) -> None:
    """Not in the record, its repr, its row or its line."""
    made = record(spent={"day": 0.85})
    with closing(Journal(tmp_path / "j.db", retention_days=None)) as journal:
        journal.write(made)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    said = f"{made!r} {tuple(made)!r} {cells(made)} {''.join(to_jsonl([made]))} {written!r}"
    assert "d7" in said
    assert BIRD not in said
    assert "ann'" not in said


def test_a_repr_shows_nothing_of_what_is_kept() -> None:
    """A repr ends up in logs."""
    assert repr(DONE) == "<Record d0 route complete>"
    assert repr(MADE) == "<Record d0 route under way>"


def test_values_are_kept_where_everybody_knows_them() -> None:
    """One of a closed list stays readable; what is free, or not of the list, is a keyed hash that is the same each time."""
    plans = frozenset({"free", "pro"})
    assert kept("pro", plans, b"key") == kept("pro", plans, None) == "pro"
    assert kept("acme", plans, b"key") == kept("acme", frozenset(), b"key") == opaque("acme", b"key")
    assert kept("acme", plans, None) is None
    assert opaque("acme", b"key") != opaque("acme", b"other") != "acme"
    assert opaque("\udc80", b"key").startswith("hmac:")


@pytest.mark.parametrize("one", [MADE, DONE, Record("x", 0.0, "p", 1, "h", "deny"), MADE._replace(facts=Known())])
def test_a_row_and_a_line_are_the_record(one: Record) -> None:
    """What is read is what was written, field by field."""
    assert record_of(cells(one)) == one
    assert list(from_jsonl(to_jsonl([one]))) == [one]


texts = st.text(max_size=5)
knowns = st.builds(
    Known,
    attributes=st.dictionaries(texts, texts, max_size=2),
    spent=st.dictionaries(texts, st.floats(0, 10), max_size=2),
    short=st.dictionaries(texts, st.lists(texts, max_size=2).map(tuple), max_size=2),
    detected=st.dictionaries(texts, st.booleans(), max_size=2),
    down=st.lists(texts, max_size=2).map(tuple),
    canary=st.none() | st.booleans(),
    seed=st.integers(0, 2**64),
)


@given(
    st.builds(DONE._replace, facts=knowns, tags=st.lists(texts).map(tuple), excluded=st.dictionaries(texts, texts), reason=texts)
)
def test_any_record_comes_back(one: Record) -> None:
    """Whatever names a policy uses, rows and lines keep them."""
    assert record_of(cells(one)) == one
    assert list(from_jsonl(to_jsonl([one]))) == [one]


def test_a_row_is_plain_columns(tmp_path: Path) -> None:
    """Numbers, text and JSON lists: SQLite's own functions read them, and there is nothing else."""
    with closing(Journal(tmp_path / "j.db", retention_days=None)) as journal:
        journal.write(DONE)
    with closing(sqlite3.connect(tmp_path / "j.db")) as connection:
        connection.row_factory = sqlite3.Row
        (row,) = connection.execute("SELECT * FROM decisions").fetchall()
        assert row.keys() == [column.name for column in COLUMNS]
        assert {type(cell) for cell in row} <= {str, int, float, type(None)}
        assert (row["id"], row["cost_nano"], row["baseline_nano"], row["unscanned"]) == ("d0", 12_345, 99_999, 1)
        assert json.loads(row["facts"])["spent"] == KNOWN.spent
        tags = "SELECT value FROM decisions, json_each(tags)"
        assert [tuple(one) for one in connection.execute(tags)] == [("pii",), ("eu",)]


def test_a_line_may_be_of_a_later_version() -> None:
    """Names that are not known are passed over, and those that are missing have their default."""
    line = '{"id": "a", "at": 1.5, "outcome": "deny", "colour": "red", "facts": {"seed": 3, "wind": 4}}\n'
    (read,) = from_jsonl([line, "\n"])
    assert (read.id, read.at, read.outcome, read.facts.seed, read.cost_nano) == ("a", 1.5, "deny", 3, 0)


@pytest.mark.parametrize("line", ["{", "[]", "3", '{"at": 1}', '{"id": "a", "outcome": "deny", "tags": 3}'])
def test_a_line_that_is_no_record(line: str) -> None:
    """It is named by its number, and not repeated."""
    with pytest.raises(JournalError, match=r"^line 2 is no record of a journal$"):
        list(from_jsonl([*to_jsonl([MADE]), line]))
