"""Plain strings looked for at once, by either engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.scan.engines import hyperscan_set
from policyroute.scan.phrases import Phrases

ENGINES = ["re2", pytest.param("hyperscan", marks=pytest.mark.skipif(not hyperscan_set.usable(), reason="not installed"))]
each_engine = pytest.mark.parametrize("engine", ENGINES)
LITERALS = st.lists(st.tuples(st.text(alphabet="ab.\n\x01é", min_size=1, max_size=4), st.integers(1, 7)), min_size=1, max_size=12)


@each_engine
@settings(max_examples=60, deadline=None)
@given(LITERALS, st.text(alphabet="ab.\n\x00é", max_size=20))
def test_it_finds_what_a_plain_search_finds(engine: str, literals: list[tuple[str, int]], text: str) -> None:
    """The bits are those of all strings that occur, whatever bytes they are of and however they overlap."""
    spelled = [(literal.encode(), mask) for literal, mask in literals]
    expected = 0
    for literal, mask in spelled:
        expected |= mask if literal in text.encode() else 0
    assert Phrases(spelled, engine=engine).find(text.encode()) == expected


@each_engine
def test_marks_are_marks(engine: str) -> None:
    """No byte means anything but itself."""
    phrases = Phrases([(b"a.c", 1), (b"(x|y)", 2), (b"\\d", 4), (b"A", 8), (b"^q", 16)], engine=engine)
    assert phrases.find(b"abc x y 5 a q") == 0
    assert phrases.find(b"a.c (x|y) \\d A ^q") == 31


@each_engine
def test_no_strings_find_nothing(engine: str) -> None:
    """A set without strings finds nothing, and not its own canary."""
    assert Phrases([], engine=engine).find(b"\x01canary\x02") == 0


@each_engine
def test_threads_share_it(engine: str) -> None:
    """Many threads search at once, from before it is compiled, and each has its own answer."""
    phrases = Phrases([(b"number %03d" % i, 1 << i) for i in range(100)], engine=engine)
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(phrases.find, [b"this is number %03d!" % (i % 100) for i in range(2000)])
    assert list(found) == [1 << i % 100 for i in range(2000)]


@pytest.mark.parametrize("literal", [b"", b"a\x00b"])
def test_what_cannot_be_looked_for_is_refused(literal: bytes) -> None:
    """An empty string would be in every text, and one with a zero byte would be cut short."""
    with pytest.raises(ValueError):
        Phrases([(literal, 1)])
