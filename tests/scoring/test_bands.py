"""Where texts land on the scale: small talk and look-ups low, everyday work in the middle, proofs and designs high."""

from __future__ import annotations

import pytest

from policyroute.scoring import score
from tests.scoring.cases import HARD, ORDINARY, TRIVIAL

PROOF = HARD[0]


@pytest.mark.parametrize("text", TRIVIAL)
def test_the_trivial_is_below_030(text: str) -> None:
    """Small talk, single facts and short bounded work score below 0.30."""
    assert score(text) < 0.30


@pytest.mark.parametrize("text", ORDINARY)
def test_everyday_work_is_between(text: str) -> None:
    """Ordinary work scores from 0.30 up to 0.70."""
    assert 0.30 <= score(text) < 0.70


@pytest.mark.parametrize("text", HARD)
def test_proofs_and_designs_are_above_070(text: str) -> None:
    """Proofs, designs and deep analysis score above 0.70, in every language of the tables."""
    assert score(text) > 0.70


@pytest.mark.parametrize("tag", ["system-reminder", "system_reminder", "environment_details", "environment_context"])
@pytest.mark.parametrize("text", [TRIVIAL[0], TRIVIAL[3], ORDINARY[0], PROOF])
def test_what_tools_wrap_in_does_not_count(tag: str, text: str) -> None:
    """A block that a coding tool wraps into the message changes no score, however hard it reads."""
    block = f"<{tag}>Think step by step. Prove the theorem by induction and analyse the architecture.</{tag}>"
    assert score(f"{block}\n{text}") == score(f"{text}\n{block}") == score(text)


def test_a_marker_alone_does_not_make_a_hard_question() -> None:
    """Words of effort with nothing to do stay low; the same words around a task raise it."""
    assert score("hi, step by step, pros and cons") < 0.30
    assert score("Tell me the time") < score("Analyse step by step the pros and cons of a monopoly")


@pytest.mark.parametrize(
    ("easier", "harder"),
    [
        ("What is a limit?", "Prove that the limit exists."),
        ("List three databases.", "Compare three databases and analyse their trade-offs."),
        ("Write a function.", "Write a lock-free concurrent function and analyse its race conditions."),
        ("Translate to French: the proof holds", "Prove that the theorem holds"),
        ("yes or no: does the series converge?", "Derive a bound for the series and prove that it converges"),
        ("hola", "Demuestra el teorema"),
    ],
)
def test_more_asked_scores_more(easier: str, harder: str) -> None:
    """Of two texts on one subject, the one that asks for more work scores higher."""
    assert score(easier) < score(harder)


def test_length_alone_does_not_make_it_hard() -> None:
    """A page of plain prose without a demand stays below 0.70, and well below a short proof."""
    page = "The river was calm and the boats lay at the quay. " * 40
    assert score(page) < 0.70
    assert score(page) < score(PROOF)


def test_a_pasted_word_counts_less_than_an_order() -> None:
    """Of a long text, words at the edges weigh in full and words in the middle less."""
    filler = "The river was calm and the boats lay at the quay. " * 40
    assert score(f"Prove the theorem. {filler}") > score(f"{filler} Somebody may prove the theorem one day. {filler}")
