"""Answers of every wire format, streamed and whole, and what they come to: usage, text, end, model."""

from __future__ import annotations

import json

from policyroute.call import Api, Usage

NOTHING = Usage(0, 0)


def sse(*events: object, named: bool = False, done: bool = False) -> bytes:
    """These events as they come over the wire."""
    told = [f"event: {e['type']}\n" if named else "" for e in events if isinstance(e, dict)]
    lines = [f"{name}data: {json.dumps(event)}\n\n" for name, event in zip(told, events, strict=True)]
    return ("".join(lines) + ("data: [DONE]\n\n" if done else "")).encode()


def chat(delta: dict, finish: str | None = None, **more: object) -> dict:
    """One event of a chat."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "gpt-x", "choices": [choice], "usage": None, **more}


USED = {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 3}}
GEMINI = {"promptTokenCount": 9, "candidatesTokenCount": 3, "thoughtsTokenCount": 1, "cachedContentTokenCount": 3}
CLAUDE = {"input_tokens": 4, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2, "output_tokens": 1}


def said_by_gemini(*parts: object, **more: object) -> dict:
    """One piece of an answer of Gemini."""
    candidate = {"content": {"role": "model", "parts": list(parts)}, **more}
    return {"candidates": [candidate], "usageMetadata": GEMINI, "modelVersion": "gem-1"}


STREAMS: dict[str, tuple[Api, bytes, tuple]] = {
    "chat": (
        "openai.chat",
        sse(
            chat({"role": "assistant", "content": ""}),
            chat({"content": "Hi"}, obfuscation="ab"),
            chat({"content": " there"}, obfuscation="cdefg"),
            chat({"content": " \u00e9\n"}),
            chat({"reasoning_content": "hm", "content": None}),
            chat({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": '{"a'}}]}),
            chat({}, "stop"),
            {**chat({}), "choices": [], "usage": USED},
            done=True,
        ),
        (Usage(9, 4, 3), True, 2 + 6 + 4 + 2 + 3, "stop", True, "gpt-x"),
    ),
    "chat that tells usage in every event": (
        "openai.chat",
        sse(*[chat({"content": "ab"}, usage={"prompt_tokens": 9, "completion_tokens": n}) for n in (1, 2, 3)], done=True),
        (Usage(9, 3), True, 6, "", True, "gpt-x"),
    ),
    "completions": (
        "openai.completions",
        sse(
            {"model": "old", "choices": [{"text": "Hi", "finish_reason": None}]},
            {"model": "old", "choices": [{"text": "!", "finish_reason": "length"}], "usage": USED},
            done=True,
        ),
        (Usage(9, 4, 3), True, 3, "length", True, "old"),
    ),
    "responses": (
        "openai.responses",
        sse(
            {
                "type": "response.created",
                "sequence_number": 0,
                "response": {"model": "gpt-x", "status": "in_progress", "error": None},
            },
            *[
                {
                    "type": "response.output_text.delta",
                    "sequence_number": n,
                    "item_id": "i",
                    "delta": "ab",
                    "obfuscation": "x" * n,
                }
                for n in range(8, 12)
            ],
            {"type": "response.output_text.done", "text": "abababab"},
            {
                "type": "response.completed",
                "response": {
                    "status": "completed",
                    "model": "gpt-x",
                    "output": [{"content": [{"text": "abababab"}]}],
                    "usage": {"input_tokens": 9, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 3}},
                },
            },
            named=True,
        ),
        (Usage(9, 4, 3), True, 8, "completed", True, "gpt-x"),
    ),
    "messages": (
        "anthropic.messages",
        sse(
            {"type": "message_start", "message": {"model": "claude-x", "stop_reason": None, "usage": CLAUDE}},
            {"type": "ping"},
            *[
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": t}}
                for t in ("ab", "c", "\u4e2d")
            ],
            {"type": "content_block_delta", "index": 1, "delta": {"type": "thinking_delta", "thinking": "hm"}},
            {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '{"x"'}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
            {"type": "message_stop"},
            named=True,
        ),
        (Usage(9, 4, 3), True, 3 + 3 + 2 + 4, "end_turn", True, "claude-x"),
    ),
    "gemini": (
        "gemini.generate",
        sse(
            {**said_by_gemini({"text": "ab"}), "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1}},
            said_by_gemini({"text": "cd"}),
            said_by_gemini({"functionCall": {"name": "f", "args": {"a": 1}}}),
            said_by_gemini({"text": "e"}, finishReason="STOP"),
        ),
        (Usage(9, 4, 3), True, 2 + 2 + 8 + 1, "STOP", True, "gem-1"),
    ),
    "gemini, blocked": (
        "gemini.generate",
        sse({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 9}, "modelVersion": "gem-1"}),
        (Usage(9, 0), True, 0, "SAFETY", True, "gem-1"),
    ),
}

WHOLE: dict[str, tuple[Api, object, tuple]] = {
    "chat": (
        "openai.chat",
        {
            "model": "gpt-x",
            "choices": [
                {"message": {"content": "Hi \u00e9", "tool_calls": [{"function": {"arguments": "{}"}}]}, "finish_reason": "stop"}
            ],
            "usage": USED,
        },
        (Usage(9, 4, 3), True, 7, "stop", True, "gpt-x"),
    ),
    "completions": (
        "openai.completions",
        {"model": "old", "choices": [{"text": "Hi", "finish_reason": "length"}], "usage": USED},
        (Usage(9, 4, 3), True, 2, "length", True, "old"),
    ),
    "responses": (
        "openai.responses",
        {
            "model": "gpt-x",
            "status": "incomplete",
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"},
            "instructions": "not said",
            "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}],
            "usage": {"input_tokens": 9, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 3}},
        },
        (Usage(9, 4, 3), True, 2, "max_output_tokens", True, "gpt-x"),
    ),
    "embeddings": (
        "openai.embeddings",
        {"object": "list", "model": "emb", "data": [{"embedding": [0.1, 2]}], "usage": {"prompt_tokens": 9, "total_tokens": 9}},
        (Usage(9, 0), True, 0, "", True, "emb"),
    ),
    "messages": (
        "anthropic.messages",
        {
            "type": "message",
            "model": "claude-x",
            "content": [{"type": "text", "text": "Hi"}, {"type": "tool_use", "input": {"a": 1}}],
            "stop_reason": "tool_use",
            "usage": {**CLAUDE, "output_tokens": 4},
        },
        (Usage(9, 4, 3), True, 10, "tool_use", True, "claude-x"),
    ),
    "gemini": (
        "gemini.generate",
        said_by_gemini({"text": "Hi"}, finishReason="STOP"),
        (Usage(9, 4, 3), True, 2, "STOP", True, "gem-1"),
    ),
    "gemini, in pieces": (
        "gemini.generate",
        [said_by_gemini({"text": "Hi"}), said_by_gemini({"text": "!"}, finishReason="STOP")],
        (Usage(9, 4, 3), True, 3, "STOP", True, "gem-1"),
    ),
    "an error": (
        "openai.chat",
        {"error": {"message": "no", "content": "no"}},
        (NOTHING._replace(estimated=True), False, 0, "", True, ""),
    ),
}
