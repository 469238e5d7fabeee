"""Putting values back: whole answers and pieces cut anywhere, in text and in JSON, and only what may come back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.redaction import Redaction, redacted
from tests.redaction.bodies import chat

MAIL, QUOTED = "jane.doe@example.com", 'say "\\hi"\n'


def redaction(**values: str) -> Redaction:
    """What these values become, all of them to be put back."""
    own = redacted(chat(*values.values()), "openai.chat", ("email", "credit-card"), restore=("email",))
    assert len(own.placeholders) == len(values)
    return own


TWO = redaction(a=MAIL, b="bob@example.org")
CARD = redaction(a=MAIL, b="4111 1111 1111 1111")


@pytest.mark.parametrize(
    ("answer", "restored"),
    [
        ("To [EMAIL_1], cc [EMAIL_2].", f"To {MAIL}, cc bob@example.org."),
        ("[[EMAIL_1]]", f"[{MAIL}]"),
        ("[EMAIL_1", "[EMAIL_1"),
        ("[EMAIL_3] [EMAIL_11] [EMAIL_1 ] [email_1]", "[EMAIL_3] [EMAIL_11] [EMAIL_1 ] [email_1]"),
        ("", ""),
    ],
)
def test_an_answer_gets_its_values_back(answer: str, restored: str) -> None:
    """Each placeholder that was given out becomes its value, and nothing else changes."""
    assert TWO.restore(answer) == restored


def test_only_what_may_come_back_does() -> None:
    """A kind without `restore` stays masked, in text, in pieces and in JSON."""
    answer = "[EMAIL_1] [CREDIT_CARD_1]"
    left = f"{MAIL} [CREDIT_CARD_1]"
    restorer = CARD.restorer()
    assert CARD.restore(answer) == restorer.feed(answer) + restorer.close() == left
    assert CARD.restore_json({"[EMAIL_1]": [answer, 1, None]}) == {MAIL: [left, 1, None]}
    nothing = redacted(chat(MAIL), "openai.chat", ("email",))
    assert nothing.restore("[EMAIL_1]") == nothing.restorer().feed("[EMAIL_1]") == "[EMAIL_1]"


def awkward() -> Redaction:
    """A value that JSON has to escape."""
    done = redacted(
        chat(f"key {'-' * 5}BEGIN PRIVATE KEY{'-' * 5}\n{'MIIEvQIBADANBgkq' * 4}\n{'-' * 5}END PRIVATE KEY{'-' * 5}"),
        "openai.chat",
        ("secret",),
        restore=("secret",),
    )
    assert done.placeholders == ("[SECRET_1]",)
    return done


def test_json_inside_text_stays_json() -> None:
    """A value is escaped as often as the text around it is JSON inside JSON."""
    done = awkward()
    value = done.restore("[SECRET_1]")
    assert "\n" in value
    inner = json.dumps({"key": "[SECRET_1]", "deep": json.dumps(["[SECRET_1]"])})
    answer = {"arguments": inner, "content": "[SECRET_1]"}
    restored = done.restore_json(answer)
    assert isinstance(restored, dict) and restored["content"] == value
    arguments = json.loads(str(restored["arguments"]))
    assert arguments["key"] == value and json.loads(arguments["deep"]) == [value]
    assert json.loads(done.restore(inner, escaped=True))["key"] == value
    restorer = done.restorer(escaped=True)
    assert json.loads("".join(map(restorer.feed, inner)) + restorer.close())["key"] == value


def test_keys_that_would_become_the_same_stay_apart() -> None:
    """An answer keeps all its keys, even if one of them is a value already."""
    assert TWO.restore_json({"[EMAIL_1]": "[EMAIL_2]", MAIL: 1}) == {"[EMAIL_1]": "bob@example.org", MAIL: 1}


def test_an_answer_that_nests_too_deeply_stays() -> None:
    """Nothing breaks over what a model may say."""
    deep: list[object] = ["[EMAIL_1]"]
    for _ in range(100_000):
        deep = [deep]
    assert TWO.restore_json(deep) is deep  # type: ignore[arg-type]
    while deep and isinstance(deep[0], list):  # taken apart by hand, since taking it down nests as deeply
        deep = deep[0]


ANSWERS = st.lists(
    st.sampled_from(["[EMAIL_1]", "[EMAIL_2]", "[EMAIL_3]", "[", "]", "[EMAIL", "_1]", " and ", "é", "[[", "1", ""]), max_size=8
).map("".join)


@settings(max_examples=100)
@given(ANSWERS, st.data())
def test_every_way_to_cut_an_answer_gives_the_same(answer: str, data: st.DataObject) -> None:
    """In pieces the answer is the same as whole; what is held back could still become a placeholder, and no more is."""
    restorer, out, at, fed = TWO.restorer(), "", 0, ""
    while at < len(answer):
        end = data.draw(st.integers(at, len(answer)), label="cut") or at + 1
        piece, at = answer[at:end], max(end, at)
        if not piece:
            piece, at = answer[at], at + 1
        fed += piece
        out += restorer.feed(piece)
        whole = TWO.restore(fed)
        assert whole.startswith(out)
        held = whole[len(out) :]
        assert not held or any(place.startswith(held) for place in TWO.placeholders)
    assert out + restorer.close() == TWO.restore(answer)
    assert restorer.close() == ""
