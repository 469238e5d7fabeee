"""The two spellings of a text, and that the strings of the tables are found in them where they should be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.scoring.spelling import shape_literals, spell, word_literals


def in_words(source: str, text: str) -> bool:
    """Whether a source is among the words of a text."""
    return any(literal in spell(text) for literal in word_literals(source))


def in_shape(source: str, text: str) -> bool:
    """Whether a source is in the shape of a text."""
    return any(literal in spell(text) for literal in shape_literals(source))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("_prove_", "Prove!"),
        ("_prove_", "(prove)"),
        ("_prove", "proven"),
        ("_prove_", "“prove”"),
        ("_l'eau_", "de l’eau"),
        ("_step by step_", "Step-by-step"),
        ("_step by step_", "step\nby\tstep"),
        ("_what's up_", "What's up?"),
        ("^hi_", "Hi."),
        ("^cuál_", "¿Cuál es?"),
        ("^hi_", '"hi" she said'),
        ("_0 words_", "7 words"),
        ("_python_", "用Python写"),
        ("_json_", "转换成JSON。"),
        ("_été_", "l’été"),
        ("写一", "请写一首诗"),
        ("i̇spatla", "İspatla"),
        ("_np-hard_", "is NP-hard."),
    ],
)
def test_what_is_among_the_words(source: str, text: str) -> None:
    """Case, marks, kinds of blanks and neighbours in other scripts do not hide a word."""
    assert in_words(source, text)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("_prove_", "improve"),
        ("_prove_", "proven"),
        ("_prove", "improve"),
        ("^hi_", "oh hi"),
        ("^hi_", "hint"),
        ("_rap_", "rapé"),
        ("_sum_", "résumé"),
        ("_yes or no_", "yes no"),
        ("^a_", "\x01 b a"),
    ],
)
def test_what_is_not(source: str, text: str) -> None:
    """Edges hold, in accented words too, and a text cannot bring its own beginning."""
    assert not in_words(source, text)


@pytest.mark.parametrize(
    ("source", "text", "there"),
    [
        (r"\?$", "so?", True),
        (r"\?$", "so? yes", False),
        (r"\?$", "so?\n\x02 yes", False),
        (r"\?", "谁？", True),
        ("^- ", "- a", True),
        ("^- ", "a\n- b", True),
        ("^- ", "a - b", False),
        ("0 [+*] 0", "1 × 2", True),
        ("$|SELECT ", "select ", True),
        ("SELECT ", "select ", False),
        ("in C ", "用in C 写", True),
    ],
)
def test_the_shape_keeps_marks_capitals_and_lines(source: str, text: str, there: bool) -> None:
    """Marks of any script, capitals and the edges of lines and text can be asked for."""
    assert in_shape(source, text) is there


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_any_text_can_be_spelled(text: str) -> None:
    """Whatever the text, its beginning and end are the only ones, and words and shape have no letter or blank in common."""
    words, _, shape = spell(text).partition(b"\n")
    assert words.startswith(b"\x01\x04") and words.count(b"\x01") == 1
    assert shape.endswith(b"\n\x02") and shape.count(b"\x02") == 1
    assert not {byte for byte in words if 0x20 <= byte < 0x80} - set(b"0")
    assert not {byte for byte in shape[:-1] if byte < 0x20} - set(b"\n")
