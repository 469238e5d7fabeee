"""What a person said: without wrapper blocks, and where orders stand."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from policyroute.scoring import edges, spoken
from policyroute.scoring.spoken import EDGE_CHARS

PIECES = st.sampled_from(
    ["<system-reminder>", "</system-reminder>", "<environment_context>", "</environment_context>", "a", "<b> ", "\n"]
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("hi", "hi"),
        ("  hi\n", "hi"),
        ("a < b and </p>", "a < b and </p>"),
        ("<system-reminder>x</system-reminder>hi", "hi"),
        ("hi <system-reminder>x</system-reminder>", "hi"),
        ("a<system-reminder>x</system-reminder>b<system-reminder>y</system-reminder>c", "abc"),
        ("a<environment_details>x</environment_details><system_reminder>y</system_reminder>b", "ab"),
        ("a<system-reminder>never closed", "a<system-reminder>never closed"),
        ("</system-reminder>a<system-reminder>x</system-reminder>", "</system-reminder>a"),
    ],
)
def test_wrappers_are_left_out(text: str, left: str) -> None:
    """Whole blocks go, with the white space around; anything else stays."""
    assert spoken(text) == left


def test_nothing_to_leave_out_is_the_text_itself() -> None:
    """A text without wrappers is handed back as it is, not copied."""
    text = "a plain <b>text</b>" * 10
    assert spoken(text) is text
    assert edges(text) is text


@given(st.lists(PIECES, max_size=12).map("".join))
def test_nothing_is_made_up(text: str) -> None:
    """What is left is never longer, and holds no whole block of what was left out."""
    left = spoken(text)
    assert len(left) <= len(text)
    assert left.count("a") <= text.count("a")


def test_many_open_blocks_are_read_once() -> None:
    """Blocks that are never closed cost one pass, not one for each."""
    text = "<system-reminder>" * 100_000
    assert spoken(text) == text


@given(st.text(max_size=3 * EDGE_CHARS))
def test_edges_are_the_beginning_and_the_end(text: str) -> None:
    """A short text is its own edge; of a long one, the first and the last characters are kept."""
    edge = edges(text)
    if len(text) <= 2 * EDGE_CHARS:
        assert edge is text
    else:
        assert edge == text[:EDGE_CHARS] + "\n" + text[-EDGE_CHARS:]
