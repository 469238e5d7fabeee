"""How problems are collected: each once, in order, with room for what is grave."""

from __future__ import annotations

from hypothesis import given, strategies as st

from policyroute.errors import Problem
from policyroute.policy.problems import MOST_LISTED, MOST_PROBLEMS, At, Problems, word
from policyroute.policy.source import Place


def at(line: int, column: int = 1, end_column: int = 5, file: str = "p.yaml", path: str = "$.a") -> At:
    """A place on one line."""
    return At(Place(file, line, column, line, end_column), path)


def test_problems_are_sorted_by_place_and_said_once() -> None:
    """The order in which they were found does not matter, and the same one twice is one."""
    problems = Problems()
    problems.add("PR102", "b", at(7))
    problems.add("PR101", "a", at(2, 9))
    problems.add("PR102", "b", at(7))
    problems.add("PR103", "c", at(2, 3))
    assert [(p.line, p.column) for p in problems.in_order()] == [(2, 3), (2, 9), (7, 1)]
    assert problems.error_count() == 4


def test_of_a_place_of_several_lines_the_start_is_marked() -> None:
    """A mapping of several lines is pointed at by its first character, and an empty value still has a width."""
    problems = Problems()
    problems.add("PR102", "a", At(Place("p.yaml", 3, 5, 9, 2), "$"))
    problems.add("PR103", "b", At(Place("p.yaml", 4, 5, 4, 5), "$"))
    assert [(p.column, p.end_column) for p in problems.in_order()] == [(5, 6), (5, 6)]


def test_what_is_wrong_with_the_text_has_no_meaning() -> None:
    """Where the text itself was refused, what was made of it is not said; elsewhere it is."""
    problems = Problems()
    problems.found.append(Problem("PR005", "error", "aliases are not read", "p.yaml", 3, 7, 9))
    problems.add("PR103", "expected a number, found nothing", at(3, 7))
    problems.add("PR111", "unknown tag `pi\ufffdi`", at(3, 2))
    problems.add("PR111", "unknown tag `pi\ufffdi`", at(4, 2))
    problems.add("PR103", "the same place of another file", at(3, 7, file="q.yaml"))
    assert [(p.code, p.file, p.line) for p in problems.in_order()] == [
        ("PR005", "p.yaml", 3),
        ("PR111", "p.yaml", 4),
        ("PR103", "q.yaml", 3),
    ]


def test_each_severity_has_its_room() -> None:
    """Of too many the last says that there are more; errors are kept whatever the number of warnings."""
    problems = Problems()
    for i in range(500):
        problems.add("PR302", f"note {i}", at(i + 1), severity="info")
    assert not problems.full
    problems.add("PR501", "grave", at(1000))
    assert problems.error_count() == 1
    found = problems.in_order()
    assert len(found) == MOST_PROBLEMS + 1
    assert [p.code for p in found[-2:]] == ["PR017", "PR501"]
    assert found[-2].severity == "info"
    for i in range(500):
        problems.add("PR111", f"unknown tag `{i}`", at(i + 1))
    assert problems.full
    assert sum(p.severity == "error" for p in problems.in_order()) == MOST_PROBLEMS


def test_what_was_said_of_a_value_can_be_taken_back() -> None:
    """Only what stands at the path or below it, in the same file, goes."""
    problems = Problems()
    for path in ("$.when.plan", "$.when.plan.regex", "$.when.plan[0]", "$.when.planned", "$.when"):
        problems.add("PR101", path, at(1, path=path))
    problems.add("PR101", "other file", at(1, path="$.when.plan", file="q.yaml"))
    problems.retract(word("plan", Place("p.yaml", 1, 1, 1, 5), "$.when.plan"))
    assert [p.message for p in problems.found] == ["$.when.planned", "$.when", "other file"]


def test_a_name_may_be_missing_because_it_was_refused() -> None:
    """A name like one that was refused, or of a section that could not be read, is not called unknown."""
    problems = Problems()
    assert not problems.lost("large-us", "models")
    problems.refused.append("l\u0430rge-us")
    assert problems.lost("large-us", "models")
    assert not problems.lost("small", "models")
    problems.unread = frozenset({"models"})
    assert problems.lost("small", "models")
    assert not problems.lost("small", "tags")


def test_what_could_be_meant_is_offered() -> None:
    """What is near is asked for; else what there is, in the order given, and of much the beginning."""
    assert Problems().offered("ppi", ["pii", "phi"]) == "did you mean `pii`?"
    assert Problems().offered("zzz", ["pii", "phi"]) == "declared: `pii`, `phi`"
    assert Problems().offered("zzz", [], "known") == "known: none"
    assert Problems().offered("scroe", ["plan"], also=["score"]) == "did you mean `score`?"
    assert Problems().offered("zzz", ["plan"], also=["score"]) == "declared: `plan`"
    many = Problems().offered("zzz", [f"n{i}" for i in range(100)])
    assert many.startswith("declared: `n0`, `n1`")
    assert many.endswith(f"`n{MOST_LISTED - 1}` and {100 - MOST_LISTED} more")


@given(st.lists(st.tuples(st.sampled_from(("PR001", "PR101", "PR302")), st.integers(1, 30), st.integers(1, 30)), max_size=80))
def test_order_is_a_law(added: list[tuple[str, int, int]]) -> None:
    """Whatever is added, it comes out sorted, once each, and no error that is about the text is lost."""
    problems = Problems()
    for code, line, column in added:
        problems.add(code, "said", at(line, column, column + 1), severity="info" if code == "PR302" else "error")
    found = problems.in_order()
    assert list(found) == sorted(set(found), key=lambda p: (p.file, p.line, p.column, p.code))
    assert {(p.line, p.column) for p in found if p.code == "PR001"} == {(a[1], a[2]) for a in added if a[0] == "PR001"}
    assert {(p.line, p.column) for p in found} == {(a[1], a[2]) for a in added}
