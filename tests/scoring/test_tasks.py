"""Which kind of work a text asks for."""

from __future__ import annotations

import pytest

from policyroute.scoring import TASKS, Heuristic, assess, task
from policyroute.scoring.tasks import elect, probability
from tests.scoring.cases import TASK_CASES

CASES = [(label, text) for label, texts in TASK_CASES.items() for text in texts]
FILLER = "The council met on Tuesday and argued about roads, schools and taxes, and a member told a story about a song. "


@pytest.mark.parametrize(("label", "text"), CASES)
def test_the_task_is_recognised(label: str, text: str) -> None:
    """Each task is recognised by how people ask for it, in the languages of the tables."""
    assert task(text) == label


def test_every_task_but_vision_has_cases() -> None:
    """The cases cover every label that text can have."""
    assert set(TASK_CASES) == set(TASKS) - {"vision"}


def test_pictures_decide_by_being_there() -> None:
    """With an image the task is vision whatever the text says; without one it never is."""
    heuristic = Heuristic()
    assert heuristic.judge(0, 1, has_images=True)[1] == "vision"
    assert heuristic.sureness(0, has_images=True) == 1.0
    assert task("Describe this image") != "vision"


@pytest.mark.parametrize(
    ("order", "label"),
    [
        ("Summarize this report.", "summarization"),
        ("Translate this report to German.", "translation"),
        ("Extract all names and dates from this report.", "extraction"),
        ("Classify this report by topic.", "classification"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_an_order_at_the_edge_beats_what_is_pasted(order: str, label: str, first: bool) -> None:
    """In a long text the order before or after the pasted part decides, not the words in between."""
    pasted = FILLER * 30
    assert task(f"{order}\n\n{pasted}" if first else f"{pasted}\n\n{order}") == label


def test_nobody_voted_is_chat() -> None:
    """Where no signal votes, the task is chat, and it is unsure."""
    votes = [0] * len(TASKS)
    assert elect(votes) == "chat"
    assert probability(votes) == pytest.approx(1 / len(TASKS))


@pytest.mark.parametrize("index", range(len(TASKS) - 1))
def test_ties_go_to_the_earlier_task(index: int) -> None:
    """Equal votes are settled by the order of the tasks."""
    votes = [0] * len(TASKS)
    votes[index] = votes[-1] = 150
    assert elect(votes) == TASKS[index]


def test_sureness_grows_with_the_lead() -> None:
    """The further ahead the winner, the surer; never certain, never below an even draw."""
    even, ahead, far = ([lead, *[0] * (len(TASKS) - 1)] for lead in (0, 100, 400))
    assert 1 / len(TASKS) <= probability(even) < probability(ahead) < probability(far) < 1.0
    assert assess("Translate to German: good morning").task_probability > 0.9
