"""Masking: nothing of the kinds is left, the rest stays as it was, and what cannot be masked is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings

from policyroute.call import Api
from policyroute.conditions.questions import EVERYBODY
from policyroute.conditions.reader import said_by
from policyroute.dialects import read_call
from policyroute.dialects.json_body import Json
from policyroute.errors import CallError, PolicyrouteError
from policyroute.redaction import NotRedacted, Redaction, redacted
from policyroute.scan import Pattern
from policyroute.scan.detectors import OwnDetector, detector_set
from tests.redaction.bodies import KINDS, bodies, chat, contents

MAIL, CARD, IBAN, KEY = "jane.doe@example.com", "4111 1111 1111 1111", "DE89370400440532013000", "AKIAQ3EGRZ5KXW7MPLTN"
FILE = "V3JpdGUgdG8gamFuZS5kb2VAZXhhbXBsZS5jb20gc29vbiwgcGxlYXNlLg=="
ALL = (*KINDS, "birth-date", "phone", "us-ssn")


def masked(body: bytes, *, api: Api = "openai.chat", kinds: tuple[str, ...] = ALL) -> Redaction:
    """The body, masked; everything can be put back."""
    return redacted(body, api, kinds, restore=kinds)


SAID: list[tuple[str, str]] = [
    (f"Mail {MAIL}!", "Mail [EMAIL_1]!"),
    ("Jane@Example.com and jane@example.com", "[EMAIL_1] and [EMAIL_1]"),
    ("b@example.com a@example.com b@example.com", "[EMAIL_1] [EMAIL_2] [EMAIL_1]"),
    (f"{CARD} is {CARD.replace(' ', '')}", "[CREDIT_CARD_1] is [CREDIT_CARD_1]"),
    (f"{KEY} of {MAIL}", "[SECRET_1] of [EMAIL_1]"),
    (f"[EMAIL_1] is {MAIL}, not [EMAIL_3] or [EMAIL_12]", "[EMAIL_1] is [EMAIL_2], not [EMAIL_3] or [EMAIL_12]"),
    ("password: hunter2-Secr3t!x and password: [SECRET_1]", "password: [SECRET_2] and password: [SECRET_1]"),
    ("jane%40example.com", "[EMAIL_1]"),
    ("nothing here", "nothing here"),
    (json.dumps({"to": MAIL, "n": 1.50}), '{"to": "[EMAIL_1]", "n": 1.5}'),
    (json.dumps({"card": 4111111111111111}), '{"card": "[CREDIT_CARD_1]"}'),
    ('[ "jane\\u0040example.com" , 1e3]', '[ "[EMAIL_1]" , 1e3]'),
    (json.dumps({MAIL: {MAIL: [CARD]}}), '{"[EMAIL_1]": {"[EMAIL_1]": ["[CREDIT_CARD_1]"]}}'),
    (json.dumps(json.dumps({"to": MAIL})), '"{\\"to\\": \\"[EMAIL_1]\\"}"'),
    ('{"é": "jane@example.com \\ud800"}', '{"é": "[EMAIL_1] \\ud800"}'),
    ('{"a": 1, "a": "jane@example.com"}', '{"a": 1, "a": "[EMAIL_1]"}'),
]


@pytest.mark.parametrize(("said", "left"), SAID)
def test_what_a_text_becomes(said: str, left: str) -> None:
    """Each value becomes a placeholder, numbered as they come; one value has one placeholder, and JSON stays JSON."""
    done = masked(chat(said))
    assert contents(done.body) == [left]


def test_a_body_without_findings_stays_what_it_is() -> None:
    """The same bytes, the same object."""
    body = b'{ "model":"auto", "messages":[{"role":"user","content":"hello"}] }'
    assert masked(body).body is body
    assert redacted(chat(MAIL), "openai.chat", ()).replaced == {}


PLACES: list[tuple[Api, Json]] = [
    ("openai.chat", {"messages": [], "user": MAIL}),
    ("openai.chat", {"messages": [{"role": "system", "content": "x", "name": MAIL}]}),
    ("openai.chat", {"messages": [], "tools": [{"type": "function", "function": {"name": "f", "parameters": {MAIL: {}}}}]}),
    ("openai.chat", {"messages": [], "metadata": {"card": 4111111111111111, "who": MAIL}}),
    ("openai.chat", {"messages": [{"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": MAIL}]}]}),
    ("openai.chat", {"messages": [], "stop": [MAIL], "unheard_of": {"deep": [[{"er": MAIL}]]}}),
    ("openai.responses", {"input": MAIL, "instructions": IBAN}),
    ("openai.responses", {"input": [{"type": "function_call_output", "call_id": "a", "output": json.dumps({"a": MAIL})}]}),
    ("openai.completions", {"prompt": ["x", MAIL], "suffix": MAIL}),
    ("openai.embeddings", {"input": ["x", MAIL]}),
    ("anthropic.messages", {"messages": [{"role": "user", "content": MAIL}], "system": [{"type": "text", "text": MAIL}]}),
    (
        "anthropic.messages",
        {"messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {"to": MAIL}}]}]},
    ),
    (
        "gemini.generate",
        {"contents": [{"role": "user", "parts": [{"text": MAIL}]}], "systemInstruction": {"parts": [{"text": MAIL}]}},
    ),
]


@pytest.mark.parametrize(("api", "body"), PLACES)
def test_it_is_masked_wherever_it_stands(api: Api, body: dict[str, Json]) -> None:
    """In every field of every format, as a key and as a number; the name of the model alone is left."""
    if api != "gemini.generate":
        body = {"model": "auto", "max_tokens": 100, **body} if api != "openai.responses" else {"model": "auto", **body}
    done = masked(json.dumps(body).encode(), api=api)
    assert sum(done.replaced.values()) >= 1
    for value in (MAIL, IBAN, "4111111111111111"):
        assert value not in done.body.decode()
    assert found_in(done.body, api) == []


def found_in(body: bytes, api: Api = "openai.chat", kinds: tuple[str, ...] = ALL) -> list[str]:
    """The kinds that are still found in a call."""
    text = said_by(read_call(body, api).parts, EVERYBODY, False)
    return [found.kind for found in detector_set(kinds).find(text)]


def test_the_model_is_not_masked() -> None:
    """The name of the model is no text of the caller's, whatever it looks like."""
    model = "ft:bob@example.org"
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": MAIL}]}).encode()
    done = masked(body)
    assert json.loads(done.body)["model"] == model
    assert contents(done.body) == ["[EMAIL_1]"]


ACROSS: list[tuple[list[str], list[str]]] = [
    (["write to jane.do", "e@exam", "ple.com."], ["write to [EMAIL_1]", "[EMAIL_2]", "[EMAIL_3]."]),
    (["Explain Python", "bob@example.org"], ["Explain Python", "[EMAIL_1]"]),
    (["+49 30 9018", "2011 now"], ["[PHONE_1]", "[PHONE_2] now"]),
    (["card 4111 1111", " 1111 1111 ok"], ["card [CREDIT_CARD_1]", "[CREDIT_CARD_2] ok"]),
    (["4111 1111", "\u200b", " 1111 1111"], ["[CREDIT_CARD_1]", "\u200b", "[CREDIT_CARD_2]"]),
    ([MAIL, "x"], ["[EMAIL_1]", "x"]),
    (["born on", "12.03.1984"], ["born on", "[BIRTH_DATE_1]"]),
]


@pytest.mark.parametrize(("pieces", "left"), ACROSS)
def test_a_value_that_goes_across_pieces(pieces: list[str], left: list[str]) -> None:
    """The pieces of one message are read as one, and each piece of a value is masked where it stands."""
    done = masked(chat([{"type": "text", "text": text} for text in pieces]))
    assert [part["text"] for part in contents(done.body)[0]] == left
    assert found_in(done.body) == []


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (["What is your date of birth?", "12.03.1984"], ["What is your date of birth?", "[BIRTH_DATE_1]"]),
        (["My social security number", "is 536-22-8145, yes"], ["My social security number", "is [US_SSN_1], yes"]),
    ],
)
def test_words_of_another_message_count(said: list[str], left: list[str]) -> None:
    """What makes a value one may stand in another message."""
    assert contents(masked(chat(*said), kinds=("birth-date", "us-ssn")).body) == left


def test_the_key_tells_what_a_value_is() -> None:
    """A key makes its value a finding, and stays a key."""
    body = chat("hi", metadata={"password": "hunter2-Secr3t!x", "birth_date": "1984-03-12"})
    metadata = json.loads(masked(body).body)["metadata"]
    assert metadata == {"password": "[SECRET_1]", "birth_date": "[BIRTH_DATE_1]"}


def test_only_what_is_asked_for_is_masked() -> None:
    """A family is masked with its members; a member alone without the others; the placeholder is named by what was asked."""
    said = f"{MAIL} {KEY} ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    assert contents(masked(chat(said), kinds=("secret.aws",)).body)[0].startswith(f"{MAIL} [SECRET_AWS_1] ghp_")
    assert "ghp_" not in contents(masked(chat(said), kinds=("secret",)).body)[0]


def test_detectors_of_the_policy_are_masked() -> None:
    """A policy's own detector goes by its id, also as a member of a family; those that were not asked for stay out."""
    badge = OwnDetector("badge", Pattern("regex", (r"bdg-\d{6}",)))
    mine = OwnDetector("secret.ours", Pattern("regex", (r"ours-\d{6}",)))
    body = chat("bdg-123456 and ours-123456")
    assert contents(redacted(body, "openai.chat", ("badge",), own=(badge, mine)).body) == ["[BADGE_1] and ours-123456"]
    assert contents(redacted(body, "openai.chat", ("secret",), own=(badge, mine)).body) == ["bdg-123456 and [SECRET_1]"]


def test_the_widest_finding_wins() -> None:
    """Of findings that overlap one placeholder is left, of the kind of the widest, and nothing of either."""
    own = (OwnDetector("name", Pattern("regex", (r"jane",))), OwnDetector("tail", Pattern("regex", (r"com says",))))
    kinds = ("name", "email", "tail")
    done = redacted(chat(f"to {MAIL} says hi, jane"), "openai.chat", kinds, restore=kinds, own=own)
    assert contents(done.body) == ["to [EMAIL_1] hi, [NAME_1]"]
    assert done.restore("[EMAIL_1] [NAME_1]") == f"{MAIL} says jane"


def test_a_placeholder_is_no_value() -> None:
    """What looks for words that stand in placeholders does not find them there."""
    own = (OwnDetector("mail", Pattern("regex", (r"MAIL_\d",))),)
    done = redacted(chat(f"MAIL_1 {MAIL}"), "openai.chat", ("mail", "email"), own=own)
    assert contents(done.body) == ["[MAIL_1] [EMAIL_1]"]


def test_a_value_does_not_hide_as_a_placeholder() -> None:
    """Only what this room writes itself passes for a placeholder."""
    own = (OwnDetector("badge", Pattern("regex", (r"BDG\d{6}",))),)
    for said in ("[BDG123456_1]", "[BADGE_BDG123456_1]", "[EMAIL_4111111111111111]"):
        left = contents(redacted(chat(said), "openai.chat", ("badge", "credit-card"), own=own).body)[0]
        assert "123456" not in str(left) or "BADGE_1" in str(left)


REFUSED: list[tuple[str, bytes, tuple[OwnDetector, ...]]] = [
    ("two keys become one", chat("x", metadata={"jane@example.com": "a", "Jane@example.com": "b"}), ()),
    ("a number has to be one", chat("x", seed=4111111111111111), ()),
    ("a name of the format is a finding", chat("x"), (OwnDetector("mine", Pattern("regex", (r"mess\w+",))),)),
    ("a file", chat([{"type": "file", "file": {"file_data": f"data:text/plain;base64,{FILE}"}}]), ()),
    (
        "text inside base64",
        json.dumps(
            {
                "model": "m",
                "max_tokens": 5,
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {
                                "type": "document",
                                "source": {
                                    "type": "base64",
                                    "media_type": "text/plain",
                                    "data": FILE,
                                },
                            }
                        ],
                    }
                ],
            }
        ).encode(),
        (),
    ),
]


@pytest.mark.parametrize(("why", "body", "own"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_cannot_be_masked_is_refused(why: str, body: bytes, own: tuple[OwnDetector, ...]) -> None:
    """Better no body than one that still says it, or that nobody can read. The error has no text of the call."""
    api: Api = "anthropic.messages" if b"media_type" in body else "openai.chat"
    kinds = (*ALL, *(one.id for one in own))
    with pytest.raises(NotRedacted) as refused:
        redacted(body, api, kinds, own=own)
    told = refused.value
    assert isinstance(told, PolicyrouteError) and told.code == "not_redacted"
    assert "jane" not in f"{told!r}{told.__cause__}{told.__context__}".lower()


def test_a_body_that_cannot_be_read_is_refused() -> None:
    """As where the call is read."""
    with pytest.raises(CallError):
        masked(b'{"model": "auto", "messages": [')
    with pytest.raises(CallError):
        masked(b'{"model": "auto"}')


def test_nothing_shows_a_value() -> None:
    """A redaction says how much it masked, and never what."""
    done = masked(chat(f"{MAIL} {CARD}"))
    assert repr(done) == "<Redaction email: 1, credit-card: 1>"
    assert done.replaced == {"email": 1, "credit-card": 1}
    assert done.placeholders == ("[EMAIL_1]", "[CREDIT_CARD_1]")
    assert MAIL not in repr(vars(done)) and CARD not in repr(vars(done))


# The placeholder of the number is a word that wakes the detector for the two numbers in a row.
ARGUMENTS = {"name": "f", "arguments": '{"hello hello": 4111111111111111}'}
WOKEN = {
    "model": "auto",
    "messages": [
        {"role": "user", "content": ""},
        {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": ARGUMENTS}]},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"enum": "4111 1111 1111 1111 4111 1111 1111 1111"}}}],
}


@settings(max_examples=60)
@given(bodies())
@example(json.dumps(WOKEN).encode())
def test_masking_leaves_nothing_and_is_done_once(body: bytes) -> None:
    """In a masked body nothing of the kinds is found; masking it again changes nothing, and all of it can be put back."""
    try:
        done = masked(body, kinds=KINDS)
    except NotRedacted:
        return
    assert found_in(done.body, kinds=KINDS) == []
    assert masked(done.body, kinds=KINDS).body is done.body
    if done.body is body:
        assert found_in(body, kinds=KINDS) == []
    else:
        assert done.replaced


@settings(max_examples=60)
@given(bodies())
def test_what_was_masked_comes_back(body: bytes) -> None:
    """Putting everything back into the masked body gives the body as it was, but for numbers, which stay text."""
    try:
        done = masked(body, kinds=KINDS)
    except NotRedacted:
        return
    again = json.dumps(done.restore_json(json.loads(done.body)), sort_keys=True)
    number, text = "4111111111111111", json.dumps(json.loads(body), sort_keys=True)
    if "CREDIT_CARD" not in done.body.decode() or number not in text:
        assert again == text
