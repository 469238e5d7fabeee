"""The questions are values of their kind; they word themselves, and one of them knows the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from policyroute.conditions import questions as ask
from policyroute.conditions.questions import EVERYBODY, During, compare
from policyroute.scan import Pattern

UTC_ZONE = ZoneInfo("UTC")
WORD = Pattern("keywords", ("amber",))
EVERY_DAY = frozenset(range(7))

# Every kind of question, with fields that are equal wherever two kinds have as many.
QUESTIONS: tuple[ask.Question, ...] = (
    ask.TextHas(WORD),
    ask.TextHas(Pattern("regex", ("amber",))),
    ask.TextHas(Pattern("glob", ("amber",))),
    ask.TextHas(Pattern("keywords", ("amber",), True)),
    ask.TextHas(WORD, frozenset({"user"})),
    ask.TextHas(WORD, EVERYBODY, True),
    ask.TextHas(WORD, EVERYBODY, False, 2),
    ask.Detected("x"),
    ask.Unscanned(),
    ask.Streams(),
    ask.TaskIs("x"),
    ask.ScoreIs("lt", 1),
    ask.ScoreIs("lte", 1),
    ask.SizeIs("tokens", "lt", 1),
    ask.SizeIs("words", "lt", 1),
    ask.SizeIs("tokens", "gt", 1),
    ask.Has("tools"),
    ask.ApiIs("openai.chat"),
    ask.RequestedIs("x"),
    During(0, 60, EVERY_DAY, UTC_ZONE, "early"),
    During(0, 61, EVERY_DAY, UTC_ZONE, "early"),
    During(0, 60, EVERY_DAY - {6}, UTC_ZONE, "early"),
    During(0, 60, EVERY_DAY, ZoneInfo("Europe/Berlin"), "early"),
    ask.AttributeIs("x", "x"),
    ask.AttributeIs("x", "y"),
    ask.AttributeIs("y", "x"),
    ask.AttributeKnown("x"),
    ask.AttributeMissing("x"),
    ask.AttributeMatches("x", WORD),
    ask.TagIs("x"),
)


def test_questions_of_different_kinds_are_different() -> None:
    """Two questions with the same fields are the same only where they are of one kind: each is its own key."""
    for a, b in combinations(QUESTIONS, 2):
        assert a != b, (a, b)
    assert len(dict.fromkeys(QUESTIONS)) == len(QUESTIONS)


def test_the_same_question_is_one() -> None:
    """Asked twice, in whatever order of roles and spelling of numbers, a question is one key."""
    assert ask.TextHas(WORD, frozenset({"user", "tool"})) == ask.TextHas(
        Pattern("keywords", ("amber",)), frozenset({"tool", "user"})
    )
    assert len({ask.SizeIs("tokens", "lt", 1), ask.SizeIs("tokens", "lt", 1.0)}) == 1
    assert len({During(0, 1, EVERY_DAY, ZoneInfo("UTC"), "x"), During(0, 1, frozenset(range(7)), ZoneInfo("UTC"), "x")}) == 1


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: type(q).__name__)
def test_a_question_words_itself_in_the_words_of_the_policy(question: ask.Question) -> None:
    """Every field that a policy wrote is in the words, and nothing is in them that no field says."""
    why = question.why()
    assert why and "object at" not in why
    for name in ("kind", "label", "glob", "api", "tag", "name", "value", "spelled"):
        assert str(getattr(question, name, "")) in why


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (ask.TextHas(WORD), "prompt matches keywords `amber`"),
        (
            ask.TextHas(Pattern("keywords", ("amber", "jade")), frozenset({"tool", "user"}), True, 3),
            "prompt matches keywords `amber | jade` in user/tool text of the last turn at least 3 times",
        ),
        (ask.SizeIs("max_output", "gte", 20000), "max_output ≥ 20000"),
        (ask.ScoreIs("lt", 0.30), "score < 0.3"),
        (ask.ScoreIs("lte", 0.3), "score ≤ 0.3"),
        (ask.ScoreIs("gt", 0.3), "score > 0.3"),
    ],
)
def test_how_a_question_reads(question: ask.Question, why: str) -> None:
    """Where it looks, how often, and against which bound."""
    assert question.why() == why


@pytest.mark.parametrize(
    ("how", "below", "same", "above"),
    [("lt", True, False, False), ("lte", True, True, False), ("gt", False, False, True), ("gte", False, True, True)],
)
def test_comparisons(how: ask.Comparison, below: bool, same: bool, above: bool) -> None:
    """Each comparison below, at and above its bound."""
    assert (compare(0.1, how, 0.2), compare(0.2, how, 0.2), compare(0.3, how, 0.2)) == (below, same, above)


def moment(text: str) -> float:
    """A time of the week of Monday 2026-11-02, as seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@given(st.integers(0, 1439), st.integers(0, 1440), st.integers(0, 7 * 1440 - 1))
def test_a_window_is_the_minutes_from_its_beginning_to_its_end(since: int, until: int, minute: int) -> None:
    """On every day: a minute is covered if it comes at or after `from` and before `to`, going round at midnight."""
    if since == until:
        return
    window = During(since, until, EVERY_DAY, UTC_ZONE, "")
    of_day = minute % 1440
    inside = since <= of_day < until if since < until else of_day >= since or of_day < until
    assert window.covers(moment("2026-11-02") + 60 * minute + 59) is inside


@given(st.sets(st.integers(0, 6)), st.integers(0, 1439), st.integers(1, 1440), st.integers(0, 7 * 1440 - 1))
def test_a_window_belongs_to_the_day_it_began_on(days: set[int], since: int, length: int, minute: int) -> None:
    """A moment is covered if it is less than the window's length after the beginning of one on a day that is named."""
    until = since + length
    if until > 1440:
        until -= 1440
    if until == since:
        return
    window = During(since, until, frozenset(days), UTC_ZONE, "")
    began = {1440 * day + since for day in days}
    inside = any(0 <= minute - start < length or 0 <= minute + 7 * 1440 - start < length for start in began)
    assert window.covers(moment("2026-11-02") + 60 * minute) is inside


@pytest.mark.parametrize(
    ("utc", "inside"),
    [
        ("2026-10-25T00:29", False),  # 02:29 summer time
        ("2026-10-25T00:30", True),
        ("2026-10-25T00:59", True),  # 02:59 summer time, and a minute later it is 02:00 again
        ("2026-10-25T01:00", False),
        ("2026-10-25T01:30", True),
        ("2026-03-29T00:59", False),  # 01:59 winter time, and a minute later it is 03:00
        ("2026-03-29T01:00", False),
    ],
)
def test_the_clock_on_the_wall_counts_when_it_is_put_back(utc: str, inside: bool) -> None:
    """Where the clock shows an hour twice or not at all, a window is open when the clock shows it."""
    window = During(150, 180, EVERY_DAY, ZoneInfo("Europe/Berlin"), "")
    assert window.covers(moment(utc)) is inside
