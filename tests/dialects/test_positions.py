"""Every place that a dialect declares is heard, whatever stands there."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from functools import cache

import pytest

from policyroute.dialects import DIALECTS, positions
from policyroute.errors import CallError
from policyroute.loading import Policy, loads
from tests.dialects.planting import APIS, SMALLEST, all_text, declared, planted, read

TOKEN = "xyzzy 4000-1234"
NUMBER = 4000123456789017
EVERY_PLACE = [(api, path) for api in APIS for path in positions(api)]
READABLE = declared("text", "documents", "prompts", "document", "aside", "json", "free")
SCALARS = declared("text", "aside", "number", "flag", "stream", "model")


def test_the_tables_declare_many_places() -> None:
    """Each format has its own places, and together they are far more than forty."""
    assert all(len(positions(api)) >= 4 for api in APIS)
    assert len(EVERY_PLACE) > 200
    assert set(DIALECTS) == set(APIS)


@pytest.mark.parametrize(("api", "path"), READABLE)
def test_text_at_a_readable_place_is_heard(api, path) -> None:
    """A text that stands where text may stand is in some part."""
    call = read(api, planted(api, path, TOKEN))
    assert TOKEN in all_text(call)


@pytest.mark.parametrize(("api", "path"), declared("opaque"))
def test_what_cannot_be_read_is_said_to_be_unread(api, path) -> None:
    """Whatever stands where something opaque may stand makes the call unscanned; an id is heard as well."""
    short, long = read(api, planted(api, path, "id-4000-1234")), read(api, planted(api, path, "QUJD" * 500))
    assert short.unscanned
    assert long.unscanned
    assert "id-4000-1234" in all_text(short)
    assert read(api, planted(api, path, {"any": TOKEN})).unscanned


@pytest.mark.parametrize(("api", "path"), EVERY_PLACE)
def test_another_shape_hides_nothing(api, path) -> None:
    """A number, a list or an object in place of a text is heard, or the call is unscanned, or refused."""
    for value in (NUMBER, [TOKEN], [[TOKEN]], {"k": TOKEN}, {TOKEN: None}, {"k": [NUMBER]}, {"type": TOKEN}, {"role": TOKEN}):
        try:
            call = read(api, planted(api, path, value))
        except CallError:
            continue
        heard = all_text(call)
        assert call.unscanned or TOKEN in heard or str(NUMBER) in heard, value


@pytest.mark.parametrize(("api", "path"), declared("number"))
def test_a_number_that_could_name_somebody_is_heard(api, path) -> None:
    """A setting is no text, but a long number is, wherever it stands."""
    assert str(NUMBER) in all_text(read(api, planted(api, path, NUMBER)))
    assert all_text(read(api, planted(api, path, 0.7))) == all_text(read(api, planted(api, path, None)))


@pytest.mark.parametrize(("api", "path"), SCALARS)
def test_a_place_takes_what_it_is_declared_to_take(api, path) -> None:
    """Where only a text, a number or a flag may stand, the other two are refused with the place and no value."""
    refused = []
    for value in ("secret-word", 4.5, True):
        try:
            read(api, planted(api, path, value))
        except CallError as wrong:
            refused.append(str(wrong))
    place = re.sub(r"<[^>]+>", "", path).replace("[]", "[0]")
    assert len(refused) == 2
    assert all(one.startswith(f"{place}: expected ") and "secret-word" not in one for one in refused)


@pytest.mark.parametrize(("api", "path"), declared("max_output", "answers"))
@pytest.mark.parametrize("value", [0, -1, 1.0, True, "7", 10**10, [7], {}], ids=repr)
def test_a_size_is_a_whole_number_from_one(api, path, value) -> None:
    """How long and how many answers may be is never guessed."""
    with pytest.raises(CallError, match=rf"^{path}: expected a whole number from 1 to "):
        read(api, planted(api, path, value))
    call = read(api, planted(api, path, 7))
    assert 7 in (call.max_output, call.answers)
    assert read(api, planted(api, path, None)).answers == 1


ORDINARY = [
    ("openai.chat", {"tools": [{"type": "custom", "custom": {"name": "f", "format": {"type": "text"}}}], "store": True}),
    ("openai.chat", {"stream_options": {"include_usage": True}, "reasoning_effort": "low", "verbosity": "low"}),
    ("openai.chat", {"web_search_options": {"search_context_size": "low"}, "logit_bias": {"50256": -100}}),
    ("openai.responses", {"tools": [{"type": "computer_use_preview", "environment": "linux", "display_width": 9}]}),
    ("openai.responses", {"tools": [{"type": "image_generation", "size": "auto", "quality": "low", "partial_images": 1}]}),
    ("openai.responses", {"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"]}),
    ("openai.responses", {"input": [{"type": "configuration_update", "reasoning": {"effort": "low"}}]}),
    ("anthropic.messages", {"thinking": {"type": "adaptive", "display": "omitted"}, "service_tier": "auto"}),
    ("anthropic.messages", {"tools": [{"type": "web_fetch_20250910", "name": "web_fetch", "max_content_tokens": 9}]}),
    ("anthropic.messages", {"messages": [{"role": "assistant", "content": [{"type": "mcp_tool_listing", "tools": []}]}]}),
    ("gemini.generate", {"contents": [{"parts": [{"text": "hi", "videoMetadata": {"fps": 1}, "thought": True}]}]}),
    ("gemini.generate", {"generation_config": {"thinking_config": {"thinking_budget": 9}, "response_modalities": ["TEXT"]}}),
    ("gemini.generate", {"tools": [{"googleSearch": {}}, {"codeExecution": {}}], "safetySettings": [{"threshold": "OFF"}]}),
]


@pytest.mark.parametrize(("api", "fields"), ORDINARY, ids=[f"{i}-{api}" for i, (api, _) in enumerate(ORDINARY)])
def test_what_is_asked_every_day_is_read_whole(api, fields) -> None:
    """An ordinary setting makes a call neither unreadable nor unread."""
    assert read(api, {**SMALLEST[api], **fields}).unscanned == ()


def anthropic_document(media: str, data: str) -> dict:
    """A document as Anthropic's format has it."""
    return {"type": "document", "source": {"type": "base64", "media_type": media, "data": data}}


ENCODED = [
    ("anthropic.messages", "messages[].content[]", anthropic_document),
    ("gemini.generate", "contents[].parts[]", lambda media, data: {"inlineData": {"mimeType": media, "data": data}}),
    (
        "openai.chat",
        "messages[].content[]",
        lambda media, data: {"type": "file", "file": {"file_data": f"data:{media};base64,{data}"}},
    ),
    (
        "openai.responses",
        "input[].content[]",
        lambda media, data: {"type": "input_file", "file_data": f"data:{media};base64,{data}"},
    ),
]


@pytest.mark.parametrize(("api", "path", "made"), ENCODED, ids=[api for api, _, _ in ENCODED])
@pytest.mark.parametrize(
    "media", ["text/plain", "text/csv", "text/html", "application/json", "application/xml", "text/x;charset=utf-8"]
)
def test_a_document_of_text_is_read(api, path, made, media) -> None:
    """Where its media type says that it is text; and where it says another thing, it is heard but does not count as read."""
    data = b64encode(f"{TOKEN} ".encode() * 40).decode()
    call = read(api, planted(api, path, made(media, data)))
    assert TOKEN in all_text(call)
    assert call.unscanned == ()
    other = read(api, planted(api, path, made("application/pdf", data)))
    assert other.unscanned == ("file",)
    assert read(api, planted(api, path, made(media.partition(";")[0] + ";charset=utf-16", data))).unscanned == ("file",)
    assert read(api, planted(api, path, made(media, b64encode(b"\x00\xff" * 400).decode()))).unscanned == ("file",)


TAGGING = """\
apiVersion: policyroute/v1
kind: Policy
metadata: {name: tagging, version: 1}
tiers: [one]
models: {only: {provider: a, tier: one, context: 9000000, price: {in: 1, out: 1}}}
tags: {card: {}, unread: {}}
pipeline:
  sensitivity:
    - {id: card, when: {detect: [credit-card]}, add: [card]}
    - {id: unread, when: {unscanned: true}, add: [unread]}
  complexity: {ladder: [{id: all, when: {}, prefer: [one]}]}
"""


@cache
def tagging() -> Policy:
    return loads(TAGGING)


@pytest.mark.parametrize(("api", "path"), READABLE)
def test_a_value_gets_the_same_tags_wherever_it_stands(api, path) -> None:
    """One card number, planted at every place that a dialect declares for text, as text, in JSON, and as a number's digits."""
    plain = "4111 1111 1111 1111"
    for value in (plain, json.dumps({"note": [plain]}), f"pay with {plain}, please"):
        assert "card" in tagging().decide(read(api, planted(api, path, value))).tags, value
    assert len(READABLE) > 40
