"""The algebra: three answers, and what can be said of a condition without asking it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given

from policyroute.conditions.condition import (
    ALWAYS,
    NEVER,
    All,
    Answer,
    Any,
    Condition,
    Not,
    bits,
    compile_test,
    implies,
    watch,
)
from tests.conditions.conditions import ATOMS, as_bits, conditions, every_answer, meaning

A, B, C, D = ATOMS
RANK: dict[Answer, int] = {False: 0, None: 1, True: 2}


def answer(condition: Condition, a: Answer, b: Answer = False) -> Answer:
    """The answer of a condition over A and B."""
    truth, unknown = as_bits((a, b, False, False))
    return compile_test(condition)(truth, unknown)


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (True, True, True, True),
        (True, None, None, True),
        (True, False, False, True),
        (None, None, None, None),
        (None, False, False, None),
        (False, False, False, False),
    ],
)
def test_kleenes_table(a: Answer, b: Answer, both: Answer, either: Answer) -> None:
    """`and` and `or` over every pair of answers, in either order, as atoms and as nested conditions."""
    for first, second in ((a, b), (b, a)):
        assert answer(All((A, B)), first, second) is both
        assert answer(Any((A, B)), first, second) is either
        assert answer(All((All((A,)), Not(Not(B)))), first, second) is both
        assert answer(Any((Any((A,)), Not(Not(B)))), first, second) is either


@pytest.mark.parametrize(("a", "negated"), [(True, False), (False, True), (None, None)])
def test_unknown_stays_unknown_when_negated(a: Answer, negated: Answer) -> None:
    """`not` swaps true and false only."""
    assert answer(Not(A), a) is negated
    assert answer(Not(Not(A)), a) is a


def test_of_nothing() -> None:
    """All of nothing always holds, any of nothing never does."""
    assert answer(ALWAYS, None) is True and answer(NEVER, None) is False
    assert answer(Not(NEVER), None) is True and answer(Not(ALWAYS), None) is False


@given(conditions())
@example(All((A, Not(B))))
@example(Any((All((A, B)), Not(All((C, Any(())))))))
def test_a_compiled_condition_means_what_it_says(condition: Condition) -> None:
    """Compiled and plain meaning agree on every assignment of true, false and unknown."""
    test = compile_test(condition)
    for answers in every_answer():
        assert test(*as_bits(answers)) is meaning(condition, answers), answers


@given(conditions())
def test_an_unknown_answer_covers_both_known_ones(condition: Condition) -> None:
    """Where a condition is decided with a question unknown, it is decided the same way however that question comes out."""
    for answers in every_answer():
        found = meaning(condition, answers)
        if found is None or None not in answers:
            continue
        at = answers.index(None)
        for settled in (True, False):
            assert meaning(condition, (*answers[:at], settled, *answers[at + 1 :])) is found


@given(conditions())
def test_bits_are_all_that_is_asked(condition: Condition) -> None:
    """A question whose bit is not among them cannot change the answer."""
    test, asked = compile_test(condition), bits(condition)
    assert asked & ~sum(atom.bit for atom in ATOMS) == 0
    for answers in every_answer():
        truth, unknown = as_bits(answers)
        assert test(truth, unknown) is test(truth & asked, unknown & asked)


@given(conditions())
@example(Any(()))
@example(All((A, Not(B))))
@example(Any((A, Not(B))))
def test_nothing_fires_before_what_it_hangs_on(condition: Condition) -> None:
    """While every question that is watched is false, the condition is false: neither true nor unknown."""
    watched = watch(condition)
    if watched is None:
        return
    test = compile_test(condition)
    for answers in every_answer():
        truth, unknown = as_bits(answers)
        if not (truth | unknown) & watched:
            assert test(truth, unknown) is False, answers


@pytest.mark.parametrize(
    ("condition", "watched"),
    [
        (A, A.bit),
        (ALWAYS, None),
        (NEVER, 0),
        (Not(A), None),
        (All((A, Not(B))), A.bit),
        (All((Any((A, B)), C)), C.bit),
        (Any((A, All((B, Not(C))))), A.bit | B.bit),
        (Any((A, Not(B))), None),
        (All((Not(A), Not(B))), None),
    ],
)
def test_conditions_hang_on_as_little_as_they_can(condition: Condition, watched: int | None) -> None:
    """The smallest part of an `all` is watched, every part of an `any`, and nothing where absence is enough."""
    assert watch(condition) == watched


def small_conditions() -> list[Condition]:
    """Every condition over A and B that nests at most two deep, with at most two parts each."""
    flat: list[Condition] = [A, B, ALWAYS, NEVER]
    nested = [*flat, Not(A), Not(B), All((A, B)), All((B, A)), Any((A, B)), Not(ALWAYS), All((A,)), Any((B,))]
    pairs = [kind(parts) for kind in (All, Any) for parts in product(nested, repeat=2)]
    return [*nested, *(Not(one) for one in nested), *pairs]


def test_what_is_implied_follows() -> None:
    """Of all pairs of small conditions: where one implies the other, that holds or is not false wherever the first is so."""
    small = small_conditions()
    known = product((True, False, None), repeat=2)
    table = [[RANK[meaning(condition, (a, b, False, False))] for condition in small] for a, b in known]
    of_each = list(zip(*table, strict=True))
    claims = 0
    for first, answers in zip(small, of_each, strict=True):
        for second, others in zip(small, of_each, strict=True):
            if implies(first, second):
                claims += 1
                assert all(a <= b for a, b in zip(answers, others, strict=True)), (first, second)
    assert claims > len(small) ** 2 / 5


@given(conditions(5), conditions(5))
@example(Not(A), Not(All((A, B))))
@example(All((Any((A, B)), Not(B))), A)
def test_what_is_implied_follows_in_nested_conditions(a: Condition, b: Condition) -> None:
    """The same where conditions nest as deep as they like."""
    for first, second in ((a, b), (All((a, b)), b), (a, Any((b, a))), (Not(Any((a, b))), Not(a)), (b, a)):
        if implies(first, second):
            for answers in every_answer():
                assert RANK[meaning(first, answers)] <= RANK[meaning(second, answers)], (first, second, answers)


@given(conditions())
def test_every_condition_implies_itself(condition: Condition) -> None:
    """And what always holds, and is implied by what never does; and by itself with more asked, and itself with less."""
    assert implies(condition, condition) and implies(condition, ALWAYS) and implies(NEVER, condition)
    assert implies(All((D, condition)), condition) and implies(condition, Any((D, condition)))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (All((A, B)), A),
        (All((A, B)), All((B, A))),
        (A, Any((A, B))),
        (Any((A, B)), Any((B, C, A))),
        (All((A, Any((B, C)))), Any((B, C))),
        (Not(Any((A, B))), Not(A)),
        (Not(A), Not(All((A, B)))),
        (Any((All((A, B)), All((A, C)))), A),
        (All((A, Not(B))), Not(All((B, C)))),
    ],
)
def test_what_people_write_is_seen_to_follow(a: Condition, b: Condition) -> None:
    """Rules that differ by order or by one more clause are recognised, one way only."""
    assert implies(a, b)
    assert implies(b, a) is (sorted_parts(a) == sorted_parts(b))


def sorted_parts(condition: Condition) -> object:
    """A condition without the order of its parts."""
    return (type(condition).__name__, frozenset(condition.of)) if isinstance(condition, All | Any) else condition


@pytest.mark.parametrize(
    ("a", "b"),
    [(A, B), (A, All((A, B))), (Any((A, B)), A), (Not(A), A), (A, Not(B)), (ALWAYS, A), (A, NEVER), (ALWAYS, Any((A, Not(A))))],
)
def test_what_does_not_follow_is_not_claimed(a: Condition, b: Condition) -> None:
    """No claim without a proof: not even of what holds by excluded middle, since an answer may be unknown."""
    assert not implies(a, b)


def test_conditions_are_values() -> None:
    """Equal by their parts and usable as keys; a kind is part of a condition."""
    assert All((A, B)) == All((A, B)) != All((B, A))
    assert len({All((A,)), Any((A,)), Not(A), A, All((A,))}) == 4
    assert repr(Not(A)) == "Not(of=Atom(bit=1))"
