"""What a body means: who says what in which turn, how much may be answered, and what could not be read."""

from __future__ import annotations

import pytest

from policyroute.call import Part
from policyroute.errors import CallError
from tests.dialects.planting import SMALLEST, merged, read

SAID = [
    ("openai.chat", {"messages": [{"role": "user", "content": "hi"}]}, [("user", "hi", 0)]),
    ("openai.chat", {"messages": []}, []),
    (
        "openai.chat",
        {"messages": [{"role": "tool", "content": r'{"row": "\u0034\u0032"}'}]},
        [("tool", '{"row": "\\u0034\\u0032"}\n{"row": "42"}', 0)],
    ),
    (
        "openai.chat",
        {
            "messages": [
                {"role": role, "content": role}
                for role in ("system", "developer", "user", "assistant", "model", "tool", "function")
            ]
        },
        [
            *[("system", "system", 0), ("system", "developer", 1), ("user", "user", 2), ("assistant", "assistant", 3)],
            *[("assistant", "model", 4), ("tool", "tool", 5), ("tool", "function", 6)],
        ],
    ),
    (
        "openai.chat",
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "card "}, {"type": "text", "text": "4000"}], "name": "Ann"}
            ]
        },
        [("user", "card 4000", 0), ("user", "Ann", 0)],
    ),
    (
        "openai.chat",
        {
            "user": "ann@example.org",
            "messages": [
                {"role": "system", "content": "be kind"},
                {"role": "user", "content": "go"},
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}],
                },
                {"role": "tool", "tool_call_id": "c1", "content": "done"},
            ],
            "tools": [
                {"type": "function", "function": {"name": "f", "description": "does it", "parameters": {"x": {"type": "string"}}}}
            ],
            "stop": ["END", "FIN"],
        },
        [
            *[("system", "f\ndoes it\nx", 0), ("system", "be kind", 0), ("user", "go", 1), ("assistant", 'c1\nf\n{"a": 1}', 2)],
            *[("tool", "done", 3), ("tool", "c1", 3), ("user", "ann@example.org\nEND\nFIN", 1)],
        ],
    ),
    ("openai.responses", {"input": "hi", "instructions": "be kind"}, [("system", "be kind", 0), ("user", "hi", 0)]),
    (
        "openai.responses",
        {
            "input": [
                {"content": "hi"},
                {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "be kind"}]},
                {
                    "type": "reasoning",
                    "summary": [{"type": "summary_text", "text": "hm"}],
                    "content": [{"type": "reasoning_text", "text": "so"}],
                },
                {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"\\u0061": 1}'},
                {"type": "function_call_output", "call_id": "c1", "output": "done"},
                {"type": "shell_call_output", "output": [{"stdout": "out", "stderr": "err"}]},
            ]
        },
        [
            *[("user", "hi", 0), ("system", "be kind", 1), ("assistant", "hm\nso\nhmso", 2)],
            *[
                ("assistant", 'c1\nf\n{"\\u0061": 1}\n{"a": 1}', 3),
                ("tool", "done", 4),
                ("tool", "c1", 4),
                ("tool", "out\nerr\nouterr", 5),
            ],
        ],
    ),
    ("openai.completions", {"prompt": "once", "suffix": " end"}, [("user", "once end", 0)]),
    ("openai.completions", {"prompt": ["one", "two"]}, [("user", "one\ntwo", 0)]),
    ("openai.embeddings", {"input": ["one", "two", "three"]}, [("user", "one\ntwo\nthree", 0)]),
    (
        "anthropic.messages",
        {
            "system": [{"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral"}}],
            "messages": [
                {"role": "user", "content": "go"},
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {"card": 4000123456789017}}],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "done"}]},
                        {
                            "type": "document",
                            "source": {"type": "text", "media_type": "text/plain", "data": "page"},
                            "title": "T",
                        },
                    ],
                },
                {"role": "assistant", "content": "Sure, "},
            ],
        },
        [
            *[("system", "be kind", 0), ("user", "go", 0), ("assistant", "t1\nf\ncard: 4000123456789017", 1)],
            *[
                ("tool", "done", 2),
                ("user", "page", 2),
                ("tool", "t1", 2),
                ("user", "text/plain\nT", 2),
                ("assistant", "Sure, ", 3),
            ],
        ],
    ),
    (
        "gemini.generate",
        {
            "system_instruction": {"parts": {"text": "be kind"}},
            "contents": [
                {"parts": [{"text": "hi"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"a": "b"}}}]},
                {"role": "user", "parts": [{"function_response": {"name": "f", "response": {"c": 7}}}]},
            ],
        },
        [("system", "be kind", 0), ("user", "hi", 0), ("assistant", "f\na: b", 1), ("tool", "f\nc: 7", 2)],
    ),
    ("gemini.generate", {"contents": {"parts": {"text": "hi"}}}, [("user", "hi", 0)]),
]


@pytest.mark.parametrize(("api", "body", "parts"), SAID, ids=[f"{i}-{row[0]}" for i, row in enumerate(SAID)])
def test_who_says_what_in_which_turn(api, body, parts) -> None:
    """One part a role and turn for what is said, one for what stands beside it, and nothing that makes a turn of its own."""
    call = read(api, body)
    assert call.parts == tuple(Part(*part) for part in parts)
    assert call.unscanned == ()
    assert call.api == api


IMAGE = {"url": "data:image/png;base64,QUJD"}
UNREAD = [
    ("openai.chat", {"content": [{"type": "image_url", "image_url": IMAGE}]}, ("image",), {"images"}),
    (
        "openai.chat",
        {"content": [{"type": "image_url", "image_url": {"url": "https://a.example/i"}}]},
        ("image", "url"),
        {"images"},
    ),
    (
        "openai.chat",
        {"content": [{"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}}]},
        ("audio",),
        {"audio"},
    ),
    ("openai.chat", {"content": [{"type": "file", "file": {"file_id": "file-1"}}]}, ("file",), {"files"}),
    ("openai.chat", {"content": [{"type": "hologram", "text": "hi"}]}, ("unknown_part",), set()),
    ("openai.chat", {"content": [{"type": {"deep": "hi"}}]}, ("unknown_part",), set()),
    ("openai.chat", {"content": [{"text": "hi"}]}, ("unknown_part",), set()),
    ("openai.chat", {"content": "hi", "vendor": {"blob": "QUJD" * 200}}, ("unknown_part",), set()),
    ("openai.chat", {"audio": {"id": "audio-1"}}, ("audio",), {"audio"}),
    ("openai.responses", {"type": "item_reference", "id": "msg-1"}, ("stored_history",), set()),
    ("openai.responses", {"type": "reasoning", "encrypted_content": "QUJD"}, ("encrypted",), set()),
    ("openai.responses", {"type": "hologram"}, ("unknown_part",), set()),
    ("openai.responses", {"content": [{"type": "input_image", "file_id": "file-1"}]}, ("image",), {"images"}),
    (
        "openai.responses",
        {"type": "computer_call_output", "output": {"type": "computer_screenshot", "image_url": "data:"}},
        ("image",),
        {"images"},
    ),
    (
        "anthropic.messages",
        {"content": [{"type": "image", "source": {"type": "base64", "data": "QUJD"}}]},
        ("image",),
        {"images"},
    ),
    (
        "anthropic.messages",
        {"content": [{"type": "document", "source": {"type": "base64", "data": "QUJD"}}]},
        ("file",),
        {"files"},
    ),
    ("anthropic.messages", {"content": [{"type": "document", "source": {"type": "text", "data": "hi"}}]}, (), set()),
    ("anthropic.messages", {"content": [{"type": "redacted_thinking", "data": "QUJD"}]}, ("encrypted",), set()),
    (
        "anthropic.messages",
        {"content": [{"type": "tool_result", "content": [{"type": "image", "source": {"type": "base64", "data": "QUJD"}}]}]},
        ("image",),
        {"images"},
    ),
    ("gemini.generate", {"parts": [{"inlineData": {"mimeType": "image/png", "data": "QUJD"}}]}, ("image",), {"images"}),
    ("gemini.generate", {"parts": [{"inline_data": {"mime_type": "audio/wav", "data": "QUJD"}}]}, ("audio",), {"audio"}),
    ("gemini.generate", {"parts": [{"fileData": {"fileUri": "https://a.example/f"}}]}, ("file", "url"), {"files"}),
    ("gemini.generate", {"parts": [{"hologram": {}}]}, ("unknown_part",), set()),
]
MESSAGES = {"openai.responses": "input", "gemini.generate": "contents"}


@pytest.mark.parametrize(("api", "message", "unscanned", "has"), UNREAD, ids=[f"{i}-{row[0]}" for i, row in enumerate(UNREAD)])
def test_what_could_not_be_read_is_named(api, message, unscanned, has) -> None:
    """A part that is not text never passes for read, and says what it is."""
    role = {} if "type" in message else {"role": "user"}
    call = read(api, {MESSAGES.get(api, "messages"): [{**role, **message}]})
    assert call.unscanned == unscanned
    assert call.has == has


BEYOND = [
    ("openai.responses", {"previous_response_id": "resp-1"}, ("stored_history",)),
    ("openai.responses", {"conversation": "conv-1"}, ("stored_history",)),
    ("openai.responses", {"conversation": {"id": "conv-1"}}, ("stored_history",)),
    ("openai.responses", {"prompt": {"id": "pmpt-1", "variables": {"who": "Ann"}}}, ("stored_prompt",)),
    ("openai.responses", {"tools": [{"type": "mcp", "server_url": "https://a.example"}]}, ("url",)),
    ("openai.completions", {"prompt": [1, 2, 3]}, ("token_ids",)),
    ("openai.completions", {"prompt": [[1, 2], [3]]}, ("token_ids",)),
    ("openai.completions", {"prompt": ["text", [3]]}, ("token_ids",)),
    ("openai.completions", {"prompt": ["text", 3]}, ("token_ids",)),
    ("openai.embeddings", {"input": [[1, 2]]}, ("token_ids",)),
    ("openai.embeddings", {"messages": [{"role": "user"}]}, ("unknown_part",)),
    ("openai.responses", {"background_options": {"continuation_id": "c-1"}}, ("stored_history",)),
    ("anthropic.messages", {"thread": {"type": "continue", "previous_message_id": "msg-1"}}, ("stored_history",)),
    ("anthropic.messages", {"vendor": {"deep": [{"previous_message_id": "msg-1"}]}}, ("unknown_part",)),
    ("gemini.generate", {"cachedContent": "cachedContents/1"}, ("stored_history",)),
    ("gemini.generate", {"cached_content": "cachedContents/1"}, ("stored_history",)),
]


@pytest.mark.parametrize(("api", "fields", "unscanned"), BEYOND, ids=[f"{i}-{row[0]}" for i, row in enumerate(BEYOND)])
def test_what_is_kept_elsewhere_is_unread(api, fields, unscanned) -> None:
    """History, prompts and token ids are not in the body as text, so the call is unscanned."""
    assert read(api, {**SMALLEST[api], **fields}).unscanned == unscanned


SIZED = [
    ("openai.chat", {"max_tokens": 9, "max_completion_tokens": 7, "n": 3}, 9, 3),
    ("openai.chat", {"max_tokens": 7, "max_completion_tokens": 9}, 9, 1),
    ("openai.chat", {"max_tokens": None, "n": None}, None, 1),
    ("openai.responses", {"max_output_tokens": 7}, 7, 1),
    ("openai.completions", {"max_tokens": 7, "n": 2, "best_of": 5, "prompt": "a"}, 7, 5),
    ("openai.completions", {"n": 2, "prompt": ["a", "b", "c"]}, None, 6),
    ("openai.completions", {"prompt": [[1, 2], [3]]}, None, 2),
    ("openai.completions", {"prompt": [1, 2, 3]}, None, 1),
    ("openai.embeddings", {"input": ["a", "b", "c"]}, None, 1),
    ("anthropic.messages", {"max_tokens": 7}, 7, 1),
    (
        "gemini.generate",
        {"generation_config": {"max_output_tokens": 9, "candidate_count": 2}},
        9,
        2,
    ),
]


@pytest.mark.parametrize(("api", "fields", "max_output", "answers"), SIZED, ids=range(len(SIZED)))
def test_how_much_may_be_answered(api, fields, max_output, answers) -> None:
    """The largest of what is allowed, and every prompt of a list is answered on its own."""
    call = read(api, merged(SMALLEST[api], fields))
    assert (call.max_output, call.answers) == (max_output, answers)


@pytest.mark.parametrize(
    ("fields", "has"),
    [
        ({"tools": []}, set()),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, {"tools"}),
        ({"functions": [{"name": "f"}]}, {"tools"}),
        ({"response_format": {"type": "json_object"}}, set()),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}, {"json_schema"}),
    ],
    ids=range(5),
)
def test_features_are_what_a_model_must_be_able_to_do(fields, has) -> None:
    """Only what is there counts, an empty list does not."""
    assert read("openai.chat", {**SMALLEST["openai.chat"], **fields}).has == has


WRONG = [
    ("openai.chat", {}, "messages: missing"),
    ("openai.chat", {"messages": None}, "messages: missing"),
    ("openai.chat", {"messages": "hush"}, "messages: expected a list"),
    ("openai.chat", {"messages": {}}, "messages: expected a list"),
    ("openai.chat", {"messages": ["hush"]}, "messages[0]: expected an object"),
    ("openai.chat", {"messages": [None]}, "messages[0]: expected an object"),
    ("openai.chat", {"messages": [{"content": "hush"}]}, "messages[0].role: expected one of system, developer, "),
    ("openai.chat", {"messages": [{"role": "hush"}]}, "messages[0].role: expected one of "),
    ("openai.chat", {"messages": [{"role": ["hush"]}]}, "messages[0].role: expected one of "),
    (
        "openai.chat",
        {"messages": [{"role": "user"}, {"role": "user", "content": 4000}]},
        "messages[1].content: expected text or a list",
    ),
    (
        "openai.chat",
        {"messages": [{"role": "user", "content": {"text": "hush"}}]},
        "messages[0].content: expected text or a list",
    ),
    ("openai.chat", {"messages": [{"role": "user", "content": [{"type": "text"}, None]}]}, "messages[0].content[1]: expected "),
    (
        "openai.chat",
        {"messages": [{"role": "user", "content": [{"text": ["hush"]}]}]},
        "messages[0].content[0].text: expected text",
    ),
    (
        "openai.chat",
        {"messages": [{"role": "user", "Content": "hush"}]},
        "messages[0].Content: expected the usual spelling of this name",
    ),
    ("openai.chat", {"messages": [], "Model": "hush"}, "Model: expected the usual spelling of this name"),
    ("openai.chat", {"messages": [], "\u212aind": 1, "me\u017f\u017fages": 1}, "me\u017f\u017fages: expected the usual spelling"),
    ("openai.chat", {"messages": [], "model": "a hush"}, "model: expected the name of a model"),
    ("openai.chat", {"messages": [], "model": ""}, "model: expected the name of a model"),
    ("openai.chat", {"messages": [], "model": "h" * 257}, "model: expected the name of a model"),
    ("openai.chat", {"messages": [], "stream": "hush"}, "stream: expected true or false"),
    ("openai.chat", {"messages": [], "stream": 1}, "stream: expected true or false"),
    ("openai.chat", {"messages": [], "tools": {"hush": 1}}, "tools: expected a list"),
    ("openai.chat", {"messages": [], "tools": ["hush"]}, "tools[0]: expected an object"),
    ("openai.completions", {"prompt": {"hush": 1}}, "prompt: expected text or a list"),
    ("openai.completions", {"prompt": ["a", {"hush": 1}]}, "prompt[1]: expected text or a token id or a list"),
    ("openai.completions", {"prompt": [["hush"]]}, "prompt[0][0]: expected a token id"),
    ("openai.embeddings", {}, "input: missing"),
    ("anthropic.messages", {}, "messages: missing"),
    ("gemini.generate", {}, "contents: missing"),
    ("gemini.generate", {"contents": [{"parts": [{"text": 5}]}]}, "contents[0].parts[0].text: expected text"),
]


@pytest.mark.parametrize(("api", "body", "complaint"), WRONG, ids=[f"{i}-{row[2][:50]}" for i, row in enumerate(WRONG)])
def test_a_wrong_body_is_refused_with_its_place(api, body, complaint) -> None:
    """In our words: what stands there is not repeated, and not kept in the exception either."""
    with pytest.raises(CallError) as caught:
        read(api, body)
    assert str(caught.value).startswith(complaint)
    assert "hush" not in repr(caught.value)
    assert (caught.value.status, caught.value.code) == (400, "invalid_request")
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("message", "count"),
    [({"role": "user", "content": "hi"}, 10_000), ({"role": "user", "content": [{"type": "text", "text": "a"}] * 10_000}, 1)],
    ids=["messages", "parts"],
)
def test_long_bodies_are_read_whole(message, count) -> None:
    """However many messages or parts there are, and without a part for each piece of one message."""
    call = read("openai.chat", {"messages": [message] * count})
    assert len(call.parts) == count
    assert call.parts[-1].turn == count - 1
