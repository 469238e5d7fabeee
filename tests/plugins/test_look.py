"""Looking with plug-ins: what they find are facts, and what a failed one looks for is unknown."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from policyroute import Call
from policyroute.call import Part
from policyroute.plugins import look

TEXT = "Ask Jane Roe in Oslo"


class Words:
    """A plug-in that knows some words by heart, and keeps the texts it was shown."""

    def __init__(self, name: str = "words", **words: str) -> None:
        self.name = name
        self.kinds = tuple(words)
        self.shown: list[str] = []
        self._words = words

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        self.shown.append(text)
        for kind, word in self._words.items():
            if word in text:
                yield kind, text.index(word), text.index(word) + len(word)


class Broken(Words):
    """One that raises once it has said all it found, with the text in what it raises."""

    error: type[BaseException] = ValueError

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        yield from super().find(text)
        raise self.error(text)


class Tired(Broken):
    error = MemoryError


class Stopped(Broken):
    error = KeyboardInterrupt


class Talkative(Words):
    """One that finds more than it said it would."""

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        yield "email", 0, 1


def call_of(*texts: str) -> Call:
    """A call of these texts, one to a turn."""
    return Call(tuple(Part("user", text, turn) for turn, text in enumerate(texts)))


@pytest.mark.parametrize(
    ("plugins", "found"),
    [
        ([], {}),
        ([Words(person="Jane")], {"person": True}),
        ([Words(person="Sam")], {"person": False}),
        ([Words(person="Jane", place="Rome")], {"person": True, "place": False}),
        ([Words(person="Sam"), Words(person="Jane")], {"person": True}),
        ([Words(person="Jane"), Words(person="Sam")], {"person": True}),
        ([Broken(person="Sam", place="Rome")], {}),
        ([Tired(person="Sam")], {}),
        ([Broken(person="Sam", place="Oslo")], {"place": True}),
        ([Broken(person="Sam"), Words(person="Ann", place="Rome")], {"place": False}),
        ([Words(person="Ann"), Broken(person="Sam")], {}),
        ([Broken(person="Sam"), Words(person="Jane")], {"person": True}),
        ([Talkative(person="Jane")], {"person": False}),
    ],
)
def test_what_is_found(plugins, found) -> None:
    """A kind is found, or not, or left out where a plug-in for it failed and no other found it."""
    said: list[tuple[str, str]] = []
    assert look(plugins, call_of(TEXT), lambda *one: said.append(one)) == found
    assert [name for name, _ in said] == [one.name for one in plugins if isinstance(one, Broken)]


def test_every_text_is_looked_at_once() -> None:
    """All parts of all turns, the same words once, and nothing where nothing is said."""
    plugin = Words(person="Jane")
    assert look([plugin], call_of("one", "two", "", "one")) == {"person": False}
    assert plugin.shown == ["one", "two"]


def test_nothing_is_looked_for_any_more_once_all_is_found() -> None:
    """A plug-in costs time."""
    plugin = Words(person="Jane", place="Oslo")
    assert look([plugin], call_of("Jane", "Oslo", "more")) == {"person": True, "place": True}
    assert plugin.shown == ["Jane", "Oslo"]


def test_a_call_without_text() -> None:
    """Nobody is named in it."""
    assert look([Words(person="Jane")], Call()) == {"person": False}


def test_a_failure_is_logged_without_text(caplog) -> None:
    """By the names of the plug-in and of the exception, and by nothing that was said in the call."""
    with caplog.at_level(logging.DEBUG):
        assert look([Broken("ner", person="Sam")], call_of(TEXT)) == {}
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("policyroute.plugins", "WARNING")
    assert record.getMessage() == "plug-in ner failed (ValueError): what it looks for is unknown"
    assert record.exc_info is None
    assert "Jane" not in caplog.text


def test_an_interrupt_is_no_failure() -> None:
    """Whoever stops the program stops it."""
    with pytest.raises(KeyboardInterrupt):
        look([Stopped(person="Sam")], call_of(TEXT))
