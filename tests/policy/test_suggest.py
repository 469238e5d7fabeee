"""What an unknown word was probably meant to be."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from policyroute.policy.suggest import closest

TAGS = ["public", "internal", "phi", "pii", "secret"]
KEYS = [
    "prompt",
    "detect",
    "unscanned",
    "tokens",
    "requested_model",
    "max_output",
    "tags",
    "tags_none",
    "data-class",
    "tenant",
    "gpt-4o",
]


@pytest.mark.parametrize(
    ("word", "choices", "meant"),
    [
        ("ppi", TAGS, "pii"),
        ("PII", TAGS, "pii"),
        ("рii", TAGS, "pii"),
        ("sеcrеt", TAGS, "secret"),
        ("sécret", TAGS, "secret"),
        ("secrets", TAGS, "secret"),
        ("data_class", KEYS, "data-class"),
        ("dataClass", KEYS, "data-class"),
        ("max-output", KEYS, "max_output"),
        ("unscaned", KEYS, "unscanned"),
        ("promt", KEYS, "prompt"),
        ("token", KEYS, "tokens"),
        ("gpt-40", KEYS, "gpt-4o"),
        ("tag", KEYS, "tags"),
        ("ТAGS", KEYS, "tags"),
        ("аре", ["ape", "are"], "ape"),
        ("xyz", KEYS, None),
        ("", KEYS, None),
        ("--", ["-", "_"], None),
        ("pii", [], None),
        ("pii", ["pii"], None),
        ("pii" * 30, ["pii" * 29], None),
    ],
)
def test_closest(word: str, choices: list[str], meant: str | None) -> None:
    """Slips, case, hyphens and look-alike letters lead to the word that was meant, and nothing else leads anywhere."""
    assert closest(word, choices) == meant


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=6))
def test_law(word: str, choices: list[str]) -> None:
    """What is suggested is one of the choices, and never the word itself."""
    found = closest(word, choices)
    assert found is None or (found in choices and found != word)
