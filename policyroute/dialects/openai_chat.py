"""OpenAI chat completions: `POST /v1/chat/completions`, and the servers that speak the same."""

from __future__ import annotations

from policyroute.dialects.dialect import ASKS, Dialect, Field, declare, under

_PART_TYPES = ("text", "refusal", "image_url", "input_audio", "audio_url", "video_url", "file", "thinking")

_PART = (
    Field("", "part", types=_PART_TYPES),
    Field("type", "seen"),
    Field("text", "text"),
    Field("refusal", "text"),
    Field("thinking", "text"),
    Field("image_url", "opaque", opaque="image", feature="images"),
    Field("image_url.url", "opaque", opaque="image", feature="images"),
    Field("image_url.detail", "aside"),
    Field("input_audio.data", "opaque", opaque="audio", feature="audio"),
    Field("input_audio.format", "aside"),
    Field("audio_url", "opaque", opaque="audio", feature="audio"),
    Field("audio_url.url", "opaque", opaque="audio", feature="audio"),
    Field("video_url", "opaque", opaque="video", feature="files"),
    Field("video_url.url", "opaque", opaque="video", feature="files"),
    Field("file.file_data", "opaque", opaque="file", feature="files"),
    Field("file.file_id", "opaque", opaque="file", feature="files"),
    Field("file.filename", "aside"),
    Field("cache_control", "free"),
)

_CALLED = (
    Field("id", "aside"),
    Field("type", "aside"),
    Field("function.name", "aside"),
    Field("function.arguments", "json"),
    Field("custom.name", "aside"),
    Field("custom.input", "json"),
)

_MESSAGE = (
    Field("", "turn"),
    Field("role", "seen"),
    Field("content", "text"),
    *under("content[]", _PART),
    Field("name", "aside"),
    Field("refusal", "text"),
    Field("reasoning", "text", role="assistant"),
    Field("reasoning_content", "text", role="assistant"),
    Field("audio.id", "opaque", opaque="audio", feature="audio"),
    Field("images[]", "opaque", opaque="image", feature="images"),
    *under("tool_calls[]", _CALLED),
    Field("tool_call_id", "aside"),
    Field("function_call.name", "aside"),
    Field("function_call.arguments", "json"),
)

_TOOLS = (
    Field("tools", role="system", feature="tools"),
    Field("tools[].type", "aside"),
    Field("tools[].function.name", "aside"),
    Field("tools[].function.description", "aside"),
    Field("tools[].function.parameters", "free"),
    Field("tools[].function.strict", "flag"),
    Field("tools[].custom.name", "aside"),
    Field("tools[].custom.description", "aside"),
    Field("tools[].custom.format", "free"),
    Field("tool_choice", "aside"),
    Field("tool_choice.type", "aside"),
    Field("tool_choice.function.name", "aside"),
    Field("functions", role="system", feature="tools"),
    Field("functions[].name", "aside"),
    Field("functions[].description", "aside"),
    Field("functions[].parameters", "free"),
    Field("function_call", "aside"),
    Field("function_call.name", "aside"),
    Field("parallel_tool_calls", "flag"),
)

_SETTINGS = (
    Field("model", "model"),
    Field("max_tokens", "max_output"),
    Field("max_completion_tokens", "max_output"),
    Field("n", "answers"),
    Field("stream", "stream"),
    Field("stream_options.include_usage", "flag"),
    Field("stream_options.include_obfuscation", "flag"),
    Field("temperature", "number"),
    Field("top_p", "number"),
    Field("top_k", "number"),
    Field("frequency_penalty", "number"),
    Field("presence_penalty", "number"),
    Field("seed", "number"),
    Field("logprobs", "flag"),
    Field("top_logprobs", "number"),
    Field("logit_bias", "free"),
    Field("stop", "aside"),
    Field("stop[]", "aside"),
    Field("modalities[]", "aside"),
    Field("audio", "free", feature="audio"),
    Field("reasoning_effort", "aside"),
    Field("verbosity", "aside"),
    Field("service_tier", "aside"),
    Field("store", "flag"),
)

_BESIDE = (
    Field("prediction.type", "aside"),
    Field("prediction.content", "text", role="assistant"),
    *under("prediction.content[]", _PART),
    Field("response_format.type", "aside", role="system"),
    Field("response_format.json_schema", role="system", feature="json_schema"),
    Field("response_format.json_schema.name", "aside"),
    Field("response_format.json_schema.description", "aside"),
    Field("response_format.json_schema.schema", "free"),
    Field("response_format.json_schema.strict", "flag"),
    Field("web_search_options", "free"),
    Field("user", "aside"),
    Field("safety_identifier", "aside"),
    Field("prompt_cache_key", "aside"),
    *ASKS,
)

OPENAI_CHAT: Dialect = declare(
    "openai.chat", (*under("messages[]", _MESSAGE), *_TOOLS, *_SETTINGS, *_BESIDE), needs=("messages",)
)
