"""The index that makes a thousand rules cost what ten do changes nothing about which of them fire."""

from __future__ import annotations

import pytest
from hypothesis import example, given, strategies as st

from policyroute.call import Call
from policyroute.conditions import questions as ask
from policyroute.conditions.condition import ALWAYS, NEVER, All, Answer, Any, Condition, Not
from policyroute.reading import Reading
from policyroute.stages.stage import Clause, Rulebook, members
from tests.conditions.conditions import ANSWERS, ATOMS, QUESTIONS, as_bits, conditions, meaning

WORDED = tuple(ask.TagIs(name) for name in "abcd")
A, B, C, D = ATOMS


def reading_of(answers: tuple[Answer, ...]) -> Reading:
    """A reading with these answers."""
    reading = Reading(Call())
    reading.truth, reading.unknown = as_bits(answers)
    return reading


def fires(clause: Clause, answers: tuple[Answer, ...]) -> bool:
    """Whether a rule fires, without any index."""
    answer = meaning(clause.when, answers)
    return clause.fires_unknown if answer is None else answer


CLAUSES = st.lists(st.builds(Clause, st.just("r"), conditions(5), st.booleans()), max_size=8)


@given(CLAUSES, st.tuples(*[st.sampled_from(ANSWERS)] * QUESTIONS))
@example([Clause("r", Not(A), False), Clause("r", NEVER, True), Clause("r", ALWAYS, False)], (False, False, False, False))
@example([Clause("r", Any((A, Not(B))), True), Clause("r", All((C, Not(D))), True)], (None, None, True, None))
def test_a_rulebook_fires_what_fires(clauses: list[Clause], answers: tuple[Answer, ...]) -> None:
    """All rules that fire, in order, and the first of them, as if each were looked at."""
    book = Rulebook(clauses, WORDED)
    reading = reading_of(answers)
    expected = [i for i, clause in enumerate(clauses) if fires(clause, answers)]
    assert list(book.firing(reading)) == expected
    assert book.first(reading) == (expected[0] if expected else -1)


@given(st.sets(st.integers(0, 200)))
def test_members_are_positions(positions: set[int]) -> None:
    """The positions of the set bits, in order, however many there are."""
    assert members(sum(1 << i for i in positions)) == sorted(positions)


@pytest.mark.parametrize(
    ("when", "answers", "why"),
    [
        (A, (True, False, False, False), "tagged `a`"),
        (All((A, B)), (True, True, False, False), "tagged `a`; tagged `b`"),
        (Any((A, B)), (False, True, False, False), "tagged `b`"),
        (A, (None, False, False, False), "could not tell whether tagged `a`"),
        (All((A, B)), (True, None, True, False), "tagged `a`; could not tell whether tagged `b`"),
        (ALWAYS, (True, True, True, True), "always"),
        (Not(A), (False, False, False, False), "not: tagged `a`"),
        (All((Not(A), Not(B))), (False, False, True, False), "not: tagged `a`; not: tagged `b`"),
        (All((A, Not(B))), (True, False, False, False), "tagged `a`"),
    ],
)
def test_why_a_rule_fired(when: Condition, answers: tuple[Answer, ...], why: str) -> None:
    """What held, then what could not be told; what did not hold where nothing else made it fire."""
    book = Rulebook([Clause("r", when, True)], WORDED)
    assert book.match(0, reading_of(answers), "does it") == ("r", why, "does it")
    reasoned = Rulebook([Clause("r", when, True, "because")], WORDED)
    assert reasoned.match(0, reading_of(answers), "does it").why == f"{why} (because)"
