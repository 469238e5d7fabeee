"""Conditions over a few questions, their meaning written out plainly, and every answer that those questions can have."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from hypothesis import strategies as st

from policyroute.conditions.condition import All, Answer, Any, Atom, Condition, Not

QUESTIONS = 4
ATOMS = tuple(Atom(1 << i) for i in range(QUESTIONS))
ANSWERS: tuple[Answer, ...] = (True, False, None)


def meaning(condition: Condition, answers: tuple[Answer, ...]) -> Answer:
    """What a condition says, by Kleene's rules: unknown is between false and true, `and` is the lesser, `or` the greater."""
    ranks = {False: 0, None: 1, True: 2}
    match condition:
        case Atom(bit):
            return answers[bit.bit_length() - 1]
        case Not(of):
            found = meaning(of, answers)
            return None if found is None else not found
        case All(of):
            return min((meaning(part, answers) for part in of), key=ranks.__getitem__, default=True)
        case Any(of):
            return max((meaning(part, answers) for part in of), key=ranks.__getitem__, default=False)


def every_answer() -> Iterator[tuple[Answer, ...]]:
    """All assignments of the questions."""
    return product(ANSWERS, repeat=QUESTIONS)


def as_bits(answers: tuple[Answer, ...]) -> tuple[int, int]:
    """The same assignment as a reading has it: what is true, and what is unknown."""
    truth = sum(1 << i for i, answer in enumerate(answers) if answer)
    return truth, sum(1 << i for i, answer in enumerate(answers) if answer is None)


def conditions(most: int = 8) -> st.SearchStrategy[Condition]:
    """Conditions as people nest them, and as they do not."""
    several = st.lists
    return st.recursive(
        st.sampled_from(ATOMS),
        lambda inner: st.one_of(
            several(inner, max_size=3).map(lambda parts: All(tuple(parts))),
            several(inner, max_size=3).map(lambda parts: Any(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=most,
    )
