"""Where patterns match: in code points of the text as given, leftmost, without overlap, bounded."""

import re

import pytest

from policyroute.scan import Pattern, build
from tests.timing import least_s


def spans(source: str, text: str, limit: int = 32) -> tuple[tuple[int, int], ...]:
    return build([Pattern("regex", (source,))]).spans(0, text, limit)


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("a+", "aa baaa", ((0, 2), (4, 7))),
        ("aa", "aaaaa", ((0, 2), (2, 4))),
        ("a|ab", "ab", ((0, 1),)),
        ("ab|a", "ab", ((0, 2),)),
        ("a+?", "aa", ((0, 1), (1, 2))),
        ("x$", "x\nx\n", ((2, 3),)),
        (r"\s$", "a \n", ((1, 2), (2, 3))),
        ("(?m)x$", "x\nx\n", ((0, 1), (2, 3))),
        ("é", "aÉ😀é", ((1, 2), (3, 4))),
        (r"\b\w+\b", "über 合併 😀 x", ((0, 4), (5, 7), (10, 11))),
        ("ж+|ü", "жЖ😀ü", ((0, 2), (3, 4))),
    ],
)
def test_spans_are_those_of_re(source: str, text: str, found: tuple[tuple[int, int], ...]) -> None:
    """Greedy, lazy and first alternatives choose as in `re`; offsets count characters, not bytes."""
    assert spans(source, text) == found == tuple(match.span() for match in re.finditer(source, text, re.IGNORECASE))


def test_case_sensitive_spans_count_characters() -> None:
    """Low lines and upper case, which are spelled longer than one byte, do not move offsets."""
    scanner = build([Pattern("regex", (r"X_[A-Zé_]+",), True)])
    assert scanner.spans(0, "__é__ X_AÉ X_Aé_B") == ((6, 9), (11, 17))
    assert scanner.spans(0, "____ X_A_B") == ((5, 10),)


def test_alternatives_of_a_pattern_come_in_their_order() -> None:
    """At the same place the first source wins."""
    scanner = build([Pattern("regex", ("ab?c", "ab|x", "a"))])
    assert scanner.spans(0, "abc ab a x") == ((0, 3), (4, 6), (7, 8), (9, 10))


def test_no_more_than_the_limit() -> None:
    """At most `limit` spans, the first ones."""
    assert spans("a", "a" * 100) == tuple((index, index + 1) for index in range(32))
    assert spans("a", "a" * 100, 3) == ((0, 1), (1, 2), (2, 3))
    assert spans("a", "a", 0) == ()


def test_at_least_counts_without_overlap() -> None:
    """`aa` is twice in `aaaaa`; what is asked for less than once is always there."""
    scanner = build([Pattern("regex", ("aa",)), Pattern("glob", ("*a",))])
    assert [scanner.at_least(0, "aaaaa", count) for count in range(4)] == [True, True, True, False]
    assert [scanner.at_least(1, "aaaaa", count) for count in range(3)] == [True, True, False]


def test_finding_all_matches_is_not_quadratic() -> None:
    """A pattern that looks to the end of the text for every match costs a bounded number of looks."""
    scanner = build([Pattern("regex", ("[^b]*b|a",))])
    text = "a" * 400_000
    assert len(scanner.spans(0, text)) == 32
    assert scanner.at_least(0, text, 40)
    assert not scanner.at_least(0, text[:30], 40)
    assert least_s(lambda: (scanner.spans(0, text), scanner.at_least(0, text, 40)), enough=5) < 5


@pytest.mark.parametrize("engine", ("hyperscan", "re2"))
def test_nested_repeats_are_linear(engine: str) -> None:
    """What makes a backtracking engine run for hours takes this one no time."""
    patterns = [Pattern("regex", (source,)) for source in ("(a+)+$", "(?:a|aa)+é", "(?:.*,){11}P")]
    scanner, text = build(patterns, engine=engine), "a" * 200_000 + "1,2,3,4,5,6,7,8,9,10,11,12é"  # type: ignore[arg-type]
    assert scanner.scan(text) == 0
    assert least_s(lambda: scanner.scan(text), enough=5) < 5
