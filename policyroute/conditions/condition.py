"""What a rule may ask, as an algebra over bits.

Every question of a policy has a bit. A call is read once into two integers, `truth` and `unknown`; a condition is a test
of those two. An answer is True, False or None (unknown), by Kleene's rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Answer = bool | None
Test = Callable[[int, int], Answer]


@dataclass(frozen=True, slots=True)
class Atom:
    """One question, by its bit."""

    bit: int


@dataclass(frozen=True, slots=True)
class All:
    """Every one of these; of nothing, always."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of these; of nothing, never."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not this."""

    of: Condition


Condition = Atom | All | Any | Not
ALWAYS = All(())
NEVER = Any(())


def compile_test(condition: Condition) -> Test:
    """The condition as a function of (truth, unknown)."""
    match condition:
        case Atom(bit):
            return _conjunction(bit)
        case All(of) if all(isinstance(part, Atom) for part in of):
            return _conjunction(bits(condition))
        case Any(of) if all(isinstance(part, Atom) for part in of):
            return _disjunction(bits(condition))
        case All(of):
            return _every(tuple(compile_test(part) for part in of))
        case Any(of):
            return _some(tuple(compile_test(part) for part in of))
        case Not(of):
            return _negation(compile_test(of))


def _conjunction(need: int) -> Test:
    def test(truth: int, unknown: int) -> Answer:
        if truth & need == need:
            return True
        return None if unknown and (truth | unknown) & need == need else False

    return test


def _disjunction(some: int) -> Test:
    def test(truth: int, unknown: int) -> Answer:
        if truth & some:
            return True
        return None if unknown & some else False

    return test


def _every(tests: tuple[Test, ...]) -> Test:
    def test(truth: int, unknown: int) -> Answer:
        answer: Answer = True
        for part in tests:
            found = part(truth, unknown)
            if found is False:
                return False
            if found is None:
                answer = None
        return answer

    return test


def _some(tests: tuple[Test, ...]) -> Test:
    def test(truth: int, unknown: int) -> Answer:
        answer: Answer = False
        for part in tests:
            found = part(truth, unknown)
            if found:
                return True
            if found is None:
                answer = None
        return answer

    return test


def _negation(inner: Test) -> Test:
    def test(truth: int, unknown: int) -> Answer:
        found = inner(truth, unknown)
        return None if found is None else not found

    return test


def bits(condition: Condition) -> int:
    """All questions that the condition asks."""
    match condition:
        case Atom(bit):
            return bit
        case Not(of):
            return bits(of)
        case All(of) | Any(of):
            total = 0
            for part in of:
                total |= bits(part)
            return total


def watch(condition: Condition) -> int | None:
    """Questions of which at least one must be true or unknown before the condition can be; None where it can without."""
    match condition:
        case Atom(bit):
            return bit
        case Not():
            return None
        case All(of):
            seen = [mask for mask in map(watch, of) if mask is not None]
            return min(seen, key=int.bit_count, default=None)
        case Any(of):
            total = 0
            for part in of:
                mask = watch(part)
                if mask is None:
                    return None
                total |= mask
            return total


def implies(a: Condition, b: Condition) -> bool:
    """Whether `b` surely holds when `a` does. Sound, and complete enough for conditions as people write them."""
    if a == b or b == ALWAYS or a == NEVER:
        return True
    match b:
        case All(of):
            if all(implies(a, part) for part in of):
                return True
        case Any(of):
            if any(implies(a, part) for part in of):
                return True
        case _:
            pass
    match a:
        case Not(inner) if isinstance(b, Not):
            return implies(b.of, inner)
        case All(of):
            return any(implies(part, b) for part in of)
        case Any(of):
            return bool(of) and all(implies(part, b) for part in of)
        case _:
            return False
