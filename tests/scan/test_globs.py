"""Globs match the whole text, lines and all."""

import fnmatch
import re

import pytest
from hypothesis import given, strategies as st

from policyroute.scan import Pattern, PatternError, build, check


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("gpt-4*", ["gpt-4", "GPT-4o", "gpt-4\nx"], ["x gpt-4", "gpt-5"]),
        ("*secret*", ["a\nSECRET\nb", "secret"], ["secre t"]),
        ("gpt-?", ["gpt-4", "gpt-é", "gpt-\n", "gpt-😀"], ["gpt-", "gpt-4o"]),
        ("[a-c]?", ["bX", "CÉ"], ["dX", "b"]),
        ("[!a-c]", ["d", "é", "-"], ["a", "B", "dd"]),
        ("[]]", ["]"], ["[]"]),
        ("[x", ["[x"], ["x"]),
        ("a*b*c", ["abc", "a1b2c", "a\nb\nc"], ["abcd", "ab"]),
        ("ÜBER*", ["über uns"], ["uber"]),
        ("a.b", ["A.b"], ["axb"]),
        ("exact", ["Exact"], ["exact\n", " exact"]),
        ("straße", ["STRAßE"], ["strasse"]),
    ],
)
@pytest.mark.parametrize("engine", ("hyperscan", "re2"))
def test_globs(glob: str, yes: list[str], no: list[str], engine: str) -> None:
    """`*`, `?` and classes, over everything from the first character to the last."""
    scanner = build([Pattern("glob", (glob,))], engine=engine)  # type: ignore[arg-type]
    assert [scanner.scan(text) for text in yes] == [1] * len(yes)
    assert [scanner.scan(text) for text in no] == [0] * len(no)
    assert [scanner.spans(0, text) for text in yes] == [((0, len(text)),) for text in yes]
    assert [scanner.at_least(0, text, 1) for text in no] == [False] * len(no)


def test_case_can_matter() -> None:
    """With `case_sensitive` a letter is only itself."""
    scanner = build([Pattern("glob", ("GPT-[A-C]*é",), True)])
    assert [scanner.scan(text) for text in ("GPT-Bé", "GPT-bé", "GPT-BÉ", "gpt-Bé")] == [1, 0, 0, 0]


GLOB = st.lists(st.sampled_from(["*", "?", "a", "B", "é", ".", "[ab]", "[!a]", "[a-c]", "\n", "-"]), min_size=1, max_size=6).map(
    "".join
)


@given(GLOB, st.text("aBbcé.-\nx", max_size=8))
def test_globs_are_those_of_the_shell(glob: str, text: str) -> None:
    """The answer is that of `fnmatch`, in any case."""
    pattern = Pattern("glob", (glob,))
    if set(glob) == {"*"}:
        with pytest.raises(PatternError):
            check(pattern)
        return
    expected = re.compile(fnmatch.translate(glob), re.IGNORECASE).match(text) is not None
    for engine in ("hyperscan", "re2"):
        assert bool(build([pattern], engine=engine).scan(text)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(("glob", "offset"), [("", 0), ("*", 0), ("***", 0), ("a[z-b]", 1)])
def test_refused(glob: str, offset: int) -> None:
    """A glob that every text matches, or that has a range the wrong way round, is a slip."""
    with pytest.raises(PatternError) as caught:
        check(Pattern("glob", (glob,)))
    assert caught.value.offset == offset
    assert caught.value.help
