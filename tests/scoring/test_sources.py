"""How the tables are written."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from policyroute.scoring.sources import expand


@pytest.mark.parametrize(
    ("source", "strings"),
    [
        ("prove", ["prove"]),
        ("a|b", ["a", "b"]),
        ("a|", ["a", ""]),
        ("x(a|b)y", ["xay", "xby"]),
        ("x(a|b)?y", ["xy", "xay", "xby"]),
        ("colou?r", ["color", "colour"]),
        ("[ab]c", ["ac", "bc"]),
        ("[ab]?c", ["c", "ac", "bc"]),
        ("[a-cx]", ["a", "b", "c", "x"]),
        ("[+*-]", ["+", "*", "-"]),
        (r"[\]\-a]", ["]", "-", "a"]),
        ("(a(b|c)|d)e", ["abe", "ace", "de"]),
        (r"\(\?\|\\", ["(?|\\"]),
        (r"a\+?b", ["ab", "a+b"]),
        ("^a$", ["\x01a\x02"]),
        (r"\^a\$", ["^a$"]),
        ("[ ^]a", [" a", "\x01a"]),
        ("日本?語", ["日語", "日本語"]),
        ("{a.b}+", ["{a.b}+"]),
    ],
)
def test_a_source_stands_for_its_strings(source: str, strings: list[str]) -> None:
    """Alternatives, groups, classes, what may be missing, quoted characters, edges."""
    assert sorted(expand(source)) == sorted(strings)


@pytest.mark.parametrize("source", ["(a", "a)", "?a", "a|?", "[a", "a]", "a\\", "[]", "(a|b))", "[0-9][0-9][0-9][0-9]"])
def test_what_is_badly_written_is_refused(source: str) -> None:
    """Open brackets, stray marks, and sources that stand for too many strings are errors, not surprises."""
    with pytest.raises(ValueError):
        expand(source)


@given(st.text(alphabet="ab|()?[]-^$\\", max_size=12))
def test_any_source_is_expanded_or_refused(source: str) -> None:
    """Nothing that can be written leads to anything but strings or a ValueError."""
    try:
        assert all(isinstance(string, str) for string in expand(source))
    except ValueError:
        pass
