"""The scorer as a function of bits: its laws, and its tables."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.scoring import TASKS, Heuristic, score, task
from policyroute.scoring.signals import SIGNALS, Signal
from policyroute.scoring.sources import expand
from policyroute.scoring.spelling import shape_literals, word_literals
from tests.scoring.cases import HARD, ORDINARY, TRIVIAL
from tests.scoring.rows import FOUND, SILENT

HEURISTIC = Heuristic()
PLACE = {signal.id: index for index, signal in enumerate(SIGNALS)}
BITS = st.integers(0, (1 << len(SIGNALS)) - 1)
WORDS = st.integers(0, 10**7)


@given(BITS, WORDS)
def test_a_score_is_between_0_and_1(bits: int, words: int) -> None:
    """Whatever is found and however long the text, the score is on the scale and the task is one of the tasks."""
    score, task = HEURISTIC.judge(bits, words)
    assert 0.0 <= score <= 1.0
    assert task in TASKS


@given(BITS, WORDS, st.integers(1, 2**40))
def test_foreign_bits_do_not_matter(bits: int, words: int, foreign: int) -> None:
    """Bits beyond the scorer's own patterns change nothing."""
    more = bits | foreign << len(SIGNALS)
    assert HEURISTIC.judge(more, words) == HEURISTIC.judge(bits, words)
    assert HEURISTIC.explain(more, words) == HEURISTIC.explain(bits, words)


@given(BITS, WORDS)
def test_two_scorers_agree(bits: int, words: int) -> None:
    """A scorer keeps nothing: another one says the same."""
    other = Heuristic()
    assert other.judge(bits, words) == HEURISTIC.judge(bits, words)


@given(BITS, WORDS)
def test_the_reasons_add_up(bits: int, words: int) -> None:
    """The contributions of `explain` add up to the log-odds of the score."""
    logit = sum(feature.contribution for feature in HEURISTIC.explain(bits, words))
    assert HEURISTIC.judge(bits, words)[0] == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-4)


@given(BITS, st.sampled_from(SIGNALS), WORDS)
def test_a_signal_moves_the_score_its_way(bits: int, signal, words: int) -> None:
    """Finding a signal never moves the score against the sign of its weight."""
    bit = 1 << PLACE[signal.id]
    without, found = (HEURISTIC.judge(some, words)[0] for some in (bits & ~bit, bits | bit))
    assert (found - without) * signal.weight >= 0.0


@given(BITS, st.integers(0, 10**6), st.integers(0, 10**6))
def test_longer_is_never_less_when_nothing_is_found(_: int, one: int, two: int) -> None:
    """Length alone only raises the score."""
    short, long = sorted((one, two))
    assert HEURISTIC.judge(0, short)[0] <= HEURISTIC.judge(0, long)[0]


@settings(max_examples=30)
@given(st.sampled_from([*TRIVIAL, *ORDINARY, *HARD]), st.text(alphabet=" \t\n\r", min_size=1, max_size=900))
def test_white_space_around_changes_nothing(text: str, space: str) -> None:
    """White space before and after a text changes neither its score nor its task."""
    assert score(f"{space}{text}{space}") == score(text)
    assert task(f"{space}{text}{space}") == task(text)


@settings(max_examples=40)
@given(st.text(max_size=900))
def test_any_text_can_be_scored(text: str) -> None:
    """Whatever the text, broken characters included, it has a score and a task, the same ones each time."""
    assert 0.0 <= score(text) <= 1.0
    assert task(text) in TASKS
    assert score(text) == score(text)


@pytest.mark.parametrize(("row", "text"), [(row, text) for row, texts in FOUND.items() for text in texts])
def test_each_row_finds_its_words(row: str, text: str) -> None:
    """Each row of the tables is found in texts that have what it looks for."""
    assert HEURISTIC.find(text) >> PLACE[row] & 1


def test_every_row_has_examples() -> None:
    """No row of the tables goes untested."""
    assert set(FOUND) == set(PLACE)


@pytest.mark.parametrize("text", SILENT)
def test_plain_prose_sets_nothing_off(text: str) -> None:
    """A plain statement holds no signal."""
    assert HEURISTIC.find(text) == 0


def test_a_long_text_is_judged_by_its_edges() -> None:
    """Of a text of any length, what stands in the middle is not looked at, and what stands at either end is."""
    calm = "The boats lay at the quay. " * 4000
    assert HEURISTIC.find(f"{calm}Prove it.{calm}") == 0
    assert HEURISTIC.find(f"Prove it.{calm}") == HEURISTIC.find(f"{calm}Prove it.") == 1 << PLACE["prove"]


def test_scorers_of_the_same_tables_compile_them_once() -> None:
    """A second scorer of the same tables finds with what the first one compiled; one of other tables does not."""
    more = Heuristic((*SIGNALS, Signal("deadline", 0.3, (), ("_by (monday|tomorrow)_",))))
    assert Heuristic()._warmed() is HEURISTIC._warmed() is not more._warmed()
    assert more.find("Finish it by Monday") >> len(SIGNALS) == 1


def test_the_tables_are_small_and_cheap() -> None:
    """Few rows, each named once, and few enough strings to compile in a blink."""
    assert len(SIGNALS) == len(PLACE) <= 80
    words = sum(len(expand(source)) for signal in SIGNALS for source in signal.words)
    shape = sum(len(expand(source)) for signal in SIGNALS for source in signal.shape)
    assert (words < 6_000, shape < 2_000) == (True, True)


def test_no_string_of_the_tables_is_everywhere() -> None:
    """A string among the words has a letter or digit, and a string of the shape is not a single blank."""
    assert all(literal.strip() for signal in SIGNALS for source in signal.words for literal in word_literals(source))
    assert all(literal.strip() for signal in SIGNALS for source in signal.shape for literal in shape_literals(source))


def test_what_must_be_there_more_than_once_has_one_string() -> None:
    """A row that counts has a single source, which stands for a single string."""
    assert [s.id for s in SIGNALS if s.least > 1] == ["three-numbers"]
    assert all([len(expand(source)) for source in s.words] == [1] for s in SIGNALS if s.least > 1)


def test_every_task_but_vision_has_voters() -> None:
    """Each label that text can have is voted for by some row, and no vote is negative."""
    votes = [vote for signal in SIGNALS for vote in signal.votes]
    assert {task for task, _ in votes} == set(TASKS) - {"vision"}
    assert all(weight > 0 for _, weight in votes)
