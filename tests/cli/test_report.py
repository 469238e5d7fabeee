"""`policyroute report`: what was spent and saved, from the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from policyroute.journal import Journal, Record

NOON = 1_763_726_400.0  # 2025-11-21T12:00:00Z
HOUR = 3600.0
NOW = ("--now", "2025-11-21T12:00:00Z")
URL = "sqlite:///journal.db"


def row(name: str, hours_ago: float, model: str, cost_nano: int, **more: Any) -> Record:
    made = Record(name, NOON - hours_ago * HOUR, "small", 1, "hash", "route", model=model, tier="basic")
    return made._replace(cost_nano=cost_nano, stream_end="complete", attempts=1, **more)


ROWS = (
    row("a", 1, "near", 1_000, baseline_nano=5_000, input_tokens=10, output_tokens=20, latency_ms=10.0, fired=("r1", "all")),
    row("b", 2, "near", 2_000, baseline_nano=5_000, input_tokens=30, output_tokens=10, latency_ms=30.0, tags=("pii",)),
    row("c", 26, "far", 9_000_000_000, input_tokens=20, output_tokens=10, latency_ms=20.0, user="u1", fired=("all",)),
    Record("d", NOON - 3 * HOUR, "small", 1, "hash", "deny", stage="sensitivity", fired=("secret",), latency_ms=0.1),
    row("e", 4, "near", 500, fired=("all", "all"))._replace(stream_end=None, attempts=3),
    row("old", 24 * 8, "far", 7, tags=("pii", "eu")),
    row("later", -1, "far", 7),
)


@pytest.fixture(autouse=True)
def journal(place: Path) -> Iterator[Journal]:
    """A journal that an app has open."""
    with closing(Journal(place / "journal.db", retention_days=None)) as opened:
        for one in ROWS:
            opened.write(one)
        opened.flush()
        yield opened


def answer(run: Any, *args: str) -> Any:
    ran = run("report", URL, *NOW, *args, "-o", "json")
    assert ran.code == 0, ran.err
    return ran.answer


def test_the_sum(run) -> None:
    """What was decided from seven days ago until the present, denials counted apart, and what it would have cost."""
    told = answer(run)
    groups = told.pop("groups")
    assert told == {
        "ok": True,
        "since": "2025-11-14T12:00:00Z",
        "until": "2025-11-21T12:00:00Z",
        "by": "model",
        "calls": 5,
        "denied": 1,
        "under_way": 1,
        "attempts_again": 2,
        "actual_usd": 9.0000035,
        "baseline_usd": 1e-5,
        "savings_usd": 7e-6,
        "priced_tokens_ratio": 0.7,
        "input_tokens": 60,
        "output_tokens": 40,
        "latency_ms": {"p50": 20.0, "p95": 30.0},
    }
    assert [one["key"] for one in groups] == ["far", "near", "(denied)"]
    assert groups[1]["latency_ms"] == {"p50": 10.0, "p95": 30.0}
    assert groups[2]["latency_ms"] == {"p50": None, "p95": None}
    assert groups[2]["priced_tokens_ratio"] is None


@pytest.mark.parametrize(
    ("by", "calls"),
    [
        ("model", {"far": 1, "near": 3, "(denied)": 1}),
        ("tier", {"basic": 4, "(denied)": 1}),
        ("rule", {"all": 3, "r1": 1, "secret": 1, "(none)": 1}),
        ("tag", {"pii": 1, "(none)": 4}),
        ("user", {"u1": 1, "(none)": 4}),
        ("day", {"2025-11-20": 1, "2025-11-21": 4}),
    ],
)
def test_groups(run, by: str, calls: dict[str, int]) -> None:
    """A call is in the group of each rule that fired, and of each tag, once; what has none is there too."""
    told = answer(run, "--by", by)
    assert {one["key"]: one["calls"] for one in told["groups"]} == calls
    if by == "day":
        assert [one["key"] for one in told["groups"]] == sorted(calls)


@pytest.mark.parametrize(
    ("since", "calls", "begins"),
    [
        ("90m", 1, "2025-11-21T10:30:00Z"),
        ("1h", 1, "2025-11-21T11:00:00Z"),
        ("30d", 6, "2025-10-22T12:00:00Z"),
        ("2025-11-21", 4, "2025-11-21T00:00:00Z"),
        ("9999w", 6, "1970-01-01T00:00:00Z"),
    ],
)
def test_since(run, since: str, calls: int, begins: str) -> None:
    """So long ago, or a time; what is at that time counts."""
    told = answer(run, "--since", since)
    assert (told["calls"], told["since"]) == (calls, begins)


def test_the_rows_say_the_same(run, place: Path) -> None:
    """Each sum can be worked out again from the table."""
    asked = (
        "SELECT count(*), sum(outcome = 'deny'), sum(cost_nano), sum(baseline_nano),"
        " sum(baseline_nano - cost_nano), sum((baseline_nano IS NOT NULL) * (input_tokens + output_tokens)) * 1.0"
        " / sum(input_tokens + output_tokens) FROM decisions WHERE at >= ? AND at < ?"
    )
    with closing(sqlite3.connect(place / "journal.db")) as connection:
        calls, denied, *nano, ratio = connection.execute(asked, (NOON - 7 * 24 * HOUR, NOON)).fetchone()
    told = answer(run)
    assert (told["calls"], told["denied"], told["priced_tokens_ratio"]) == (calls, denied, ratio)
    assert [told[name] for name in ("actual_usd", "baseline_usd", "savings_usd")] == [one / 1e9 for one in nano]


def test_for_people(run) -> None:
    """The sum in two lines, and a table."""
    said = run("report", "--journal", URL, *NOW).out
    lines = said.splitlines()
    assert lines[0] == "2025-11-14T12:00:00Z to 2025-11-21T12:00:00Z"
    assert lines[1] == "5 calls, 1 denied, 1 under way or broken off, 2 attempts made again"
    assert lines[2] == (
        "spent $9.0000035, saved $0.000007 against the baseline of $0.00001 (70.0% of the tokens have a price there)"
    )
    assert lines[4].split() == ["far", "1", "0", "$9.00", "20", "10", "20", "ms", "20", "ms"]
    assert "(denied)" in lines[6]


def test_nothing_was_decided(run) -> None:
    """Is no error."""
    assert "no call was decided" in run("report", URL, "--now", "2020-01-01").out
    told = answer(run, "--since", "1ms")
    assert (told["calls"], told["groups"], told["actual_usd"], told["priced_tokens_ratio"]) == (0, [], 0, None)


def test_nothing_to_compare_with(run) -> None:
    """Without a price of the baseline nothing is said to be saved."""
    said = run("report", URL, *NOW[:1], "2025-11-20T12:00:00Z").out
    assert "and nothing to compare it with" in said
    assert "saved $" not in said


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("sqlite:///none.db",), "there is no journal"),
        ((), "there is no journal"),
        ((URL, "--journal", URL), "named twice"),
        ((URL, "--since", "soon"), "is no time"),
        ((URL, "--by", "colour"), "colour"),
        (("--html", URL), "needs the name of a file"),
        ((URL, "--html", "none/x.html"), "cannot be written"),
        (("redis://host/0",), "a journal is sqlite:///FILE"),
    ],
)
def test_what_makes_no_sense(run, place: Path, args: tuple[str, ...], says: str) -> None:
    """It is said what, nothing is made, and the exit code is 2."""
    before = {path.name for path in place.iterdir()}
    ran = run("report", *args)
    assert ran.code == 2
    assert says in ran.err
    assert {path.name for path in place.iterdir()} == before


def test_a_file_that_is_no_journal(run, place: Path) -> None:
    """It is said in the form that was asked for."""
    (place / "text.db").write_text("not a database, but long enough to be one " * 30)
    ran = run("report", "sqlite:///text.db", "-o", "json")
    assert ran.code == 1
    assert ran.answer["ok"] is False
    assert "damaged or no journal" in ran.answer["error"]["message"]


def test_a_page(run, place: Path) -> None:
    """One file with the figures and two plots, which loads and runs nothing; a name of the policy is text in it."""
    with closing(Journal(place / "journal.db", retention_days=None)) as journal:
        journal.write(row("odd", 5, "<script>alert(1)</script>", 3_000_000_000, baseline_nano=1))
    ran = run("report", URL, *NOW, "--html", "report.html")
    assert (ran.code, ran.out) == (0, "")
    written = (place / "report.html").read_text("utf-8")
    assert run("report", URL, *NOW, "--html").out == written
    assert answer(run, "--html", "report.html")["calls"] == 6
    assert run("report", URL, "--html", "-o", "json").answer["error"]["code"] == "usage"
    page = Page()
    page.feed(written)
    page.close()
    assert page.open == []
    assert page.seen.count("svg") == 2
    assert page.seen.count("rect") == 2 * 2 + 3
    assert not {"script", "link", "img", "iframe"} & set(page.seen)
    assert not {"src", "href", "onload"} & page.attributes
    for said in ("$12.0000035", "6", "far", "&lt;script&gt;", "2025-11-21: spent", "70.0%"):
        assert said in written


def test_a_page_of_nothing(run) -> None:
    """Says so."""
    said = run("report", URL, "--now", "2020-01-01", "--html").out
    assert "no call was decided" in said
    assert "<svg" not in said


class Page(HTMLParser):
    """What elements a page has; `open` are those that are never closed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes |= {name for name, _ in attrs}
