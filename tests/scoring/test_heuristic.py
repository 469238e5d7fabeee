"""The scorer as a function of bits: its laws, and its tables."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.scan import build
from policyroute.scoring import TASKS, Heuristic, Sizes, score, task
from policyroute.scoring.heuristic import SHORT_WORDS, damping
from policyroute.scoring.signals import SIGNALS
from tests.scoring.cases import HARD, ORDINARY, TRIVIAL
from tests.scoring.rows import FOUND, SILENT

HEURISTIC = Heuristic()
SCANNER = build(HEURISTIC.patterns)
PLACE = {signal.id: index for index, signal in enumerate(SIGNALS)}
BITS = st.integers(0, (1 << len(SIGNALS)) - 1)
SIZES = st.builds(Sizes, *[st.integers(0, 10**7)] * 3, st.integers(0, 100))


@given(BITS, SIZES, BITS)
def test_a_score_is_between_0_and_1(bits: int, sizes: Sizes, at_edges: int) -> None:
    """Whatever is found and however long the text, the score is on the scale and the task is one of the tasks."""
    assert 0.0 <= HEURISTIC.score(bits, sizes, at_edges) <= 1.0
    assert HEURISTIC.task(bits, sizes, at_edges=at_edges) in TASKS


@given(BITS, SIZES, BITS, st.integers(1, 2**40))
def test_foreign_bits_do_not_matter(bits: int, sizes: Sizes, at_edges: int, foreign: int) -> None:
    """Bits beyond the scorer's own patterns change nothing."""
    more = bits | foreign << len(SIGNALS)
    edges_too = at_edges | foreign << len(SIGNALS)
    assert HEURISTIC.score(more, sizes, edges_too) == HEURISTIC.score(bits, sizes, at_edges)
    assert HEURISTIC.task(more, sizes, at_edges=edges_too) == HEURISTIC.task(bits, sizes, at_edges=at_edges)
    assert HEURISTIC.explain(more, sizes, edges_too) == HEURISTIC.explain(bits, sizes, at_edges)


@given(BITS, SIZES, BITS)
def test_two_scorers_agree(bits: int, sizes: Sizes, at_edges: int) -> None:
    """A scorer keeps nothing: another one says the same."""
    other = Heuristic()
    assert other.score(bits, sizes, at_edges) == HEURISTIC.score(bits, sizes, at_edges)
    assert other.task(bits, sizes, at_edges=at_edges) == HEURISTIC.task(bits, sizes, at_edges=at_edges)


@given(BITS, SIZES, BITS)
def test_the_reasons_add_up(bits: int, sizes: Sizes, at_edges: int) -> None:
    """The contributions of `explain` add up to the log-odds of the score."""
    logit = sum(feature.contribution for feature in HEURISTIC.explain(bits, sizes, at_edges))
    assert HEURISTIC.score(bits, sizes, at_edges) == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-4)


@given(BITS, st.sampled_from(SIGNALS), SIZES)
def test_a_signal_moves_the_score_its_way(bits: int, signal, sizes: Sizes) -> None:
    """Finding a signal never moves the score against the sign of its weight."""
    bit = 1 << PLACE[signal.id]
    without, found = (HEURISTIC.score(some, sizes) for some in (bits & ~bit, bits | bit))
    assert (found - without) * signal.weight >= 0.0


@given(BITS, st.integers(0, 10**6), st.integers(0, 10**6))
def test_longer_is_never_less_when_nothing_is_found(_: int, one: int, two: int) -> None:
    """Length alone only raises the score."""
    short, long = sorted((one, two))
    assert HEURISTIC.score(0, Sizes(0, short, 0)) <= HEURISTIC.score(0, Sizes(0, long, 0))


def test_only_long_texts_are_damped() -> None:
    """Up to eighty words a signal counts in full wherever it stands; beyond, only at the edges."""
    bit = 1 << PLACE["prove"]
    short, long = Sizes(0, SHORT_WORDS, 0), Sizes(0, SHORT_WORDS * 16, 0)
    assert damping(SHORT_WORDS) == 1.0
    assert damping(SHORT_WORDS * 16) == 0.25
    assert HEURISTIC.score(bit, short) == HEURISTIC.score(bit, short, bit)
    assert HEURISTIC.score(bit, long) < HEURISTIC.score(bit, long, bit)


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
    assert SCANNER.scan(text) >> PLACE[row] & 1


def test_every_row_has_examples() -> None:
    """No row of the tables goes untested."""
    assert set(FOUND) == set(PLACE)


@pytest.mark.parametrize("text", SILENT)
def test_plain_prose_sets_nothing_off(text: str) -> None:
    """A plain statement holds no signal."""
    assert SCANNER.scan(text) == 0


def test_the_tables_are_small_and_cheap() -> None:
    """Few rows, each named once, and no bounded gap or leading loop that a multi-pattern engine would pay for."""
    assert len(SIGNALS) == len(PLACE) <= 80
    for signal in SIGNALS:
        for source in signal.sources:
            assert not re.search(r"(?:\.|\\w|\\s|\])\{\d+,", source), signal.id
            assert not source.startswith((r"\w*", r"\w+", ".*")), signal.id


def test_every_task_but_vision_has_voters() -> None:
    """Each label that text can have is voted for by some row, and no vote is negative."""
    votes = [vote for signal in SIGNALS for vote in signal.votes]
    assert {task for task, _ in votes} == set(TASKS) - {"vision"}
    assert all(weight > 0 for _, weight in votes)
