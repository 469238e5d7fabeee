"""OpenAI responses: `POST /v1/responses`. Its `input` is a text or a list of items, of which messages are one type."""

from __future__ import annotations

from policyroute.dialects.dialect import ASKS, Dialect, Field, declare, under

_PART_TYPES = (
    *("input_text", "output_text", "text", "summary_text", "reasoning_text", "refusal"),
    *("input_image", "input_file", "input_audio", "computer_screenshot"),
)

_PART = (
    Field("", "part", types=_PART_TYPES),
    Field("type", "seen"),
    Field("text", "text"),
    Field("refusal", "text"),
    Field("annotations", "free"),
    Field("logprobs", "free"),
    Field("image_url", "opaque", opaque="image", feature="images"),
    Field("detail", "aside"),
    Field("file_data", "opaque", opaque="file", feature="files"),
    Field("file_url", "opaque", opaque="file", feature="files"),
    Field("file_id", "opaque", opaque="file", feature="files"),
    Field("<input_image>.file_id", "opaque", opaque="image", feature="images"),
    Field("<computer_screenshot>.file_id", "opaque", opaque="image", feature="images"),
    Field("filename", "aside"),
    Field("input_audio.data", "opaque", opaque="audio", feature="audio"),
    Field("input_audio.format", "aside"),
    Field("prompt_cache_breakpoint", "free"),
)

# Calls are what the model said, outputs what a tool answered; items without a type are messages.
_CALLS = (
    *("reasoning", "compaction", "function_call", "custom_tool_call", "computer_call", "file_search_call", "web_search_call"),
    *("image_generation_call", "code_interpreter_call", "local_shell_call", "shell_call", "apply_patch_call"),
    *("mcp_list_tools", "mcp_approval_request", "mcp_call", "tool_search_call", "program"),
)
_OUTPUTS = (
    *("function_call_output", "custom_tool_call_output", "computer_call_output", "local_shell_call_output"),
    *("shell_call_output", "apply_patch_call_output", "tool_search_output", "program_output"),
)
_ITEM_TYPES = (
    *("", "message", "item_reference", "mcp_approval_response", "additional_tools", "compaction_trigger"),
    *_CALLS,
    *_OUTPUTS,
)

# What a tool may reach, and what it is told of: servers with their credentials, files, and containers with what is in them.
_TOOL = (
    Field("type", "aside"),
    Field("name", "aside"),
    Field("description", "aside"),
    Field("parameters", "free"),
    Field("output_schema", "free"),
    Field("strict", "flag"),
    Field("defer_loading", "flag"),
    Field("format", "free"),
    Field("tools[].type", "aside"),
    Field("tools[].name", "aside"),
    Field("tools[].description", "aside"),
    Field("tools[].parameters", "free"),
    Field("tools[].output_schema", "free"),
    Field("tools[].format", "free"),
    Field("server_label", "aside"),
    Field("server_description", "aside"),
    Field("server_url", "opaque", opaque="url"),
    Field("connector_id", "opaque", opaque="url"),
    Field("tunnel_id", "opaque", opaque="url"),
    Field("authorization", "aside"),
    Field("headers", "free"),
    Field("allowed_tools", "free"),
    Field("allowed_callers", "free"),
    Field("require_approval", "free"),
    Field("filters", "free"),
    Field("ranking_options", "free"),
    Field("user_location", "free"),
    Field("search_context_size", "aside"),
    Field("vector_store_ids[]", "opaque", opaque="file", feature="files"),
    Field("container", "aside"),
    *(
        field
        for place in ("container", "environment")
        for field in (
            Field(f"{place}.type", "aside"),
            Field(f"{place}.container_id", "opaque", opaque="file"),
            Field(f"{place}.file_ids[]", "opaque", opaque="file", feature="files"),
            Field(f"{place}.memory_limit", "aside"),
            Field(f"{place}.network_policy", "free"),
            Field(f"{place}.skills[].type", "aside"),
            Field(f"{place}.skills[].name", "aside"),
            Field(f"{place}.skills[].description", "aside"),
            Field(f"{place}.skills[].path", "aside"),
            Field(f"{place}.skills[].skill_id", "opaque", opaque="file"),
            Field(f"{place}.skills[].source", by=("media_type",)),
            Field(f"{place}.skills[].source.type", "aside"),
            Field(f"{place}.skills[].source.media_type", "aside"),
            Field(f"{place}.skills[].source.data", "opaque", opaque="file", feature="files"),
        )
    ),
    Field("input_image_mask.image_url", "opaque", opaque="image", feature="images"),
    Field("input_image_mask.file_id", "opaque", opaque="image", feature="images"),
)

_ITEM = (
    Field("", "turn", role="user", types=_ITEM_TYPES),
    Field("type", "seen"),
    Field("role", "seen"),
    Field("id", "aside"),
    Field("<none>.id", "opaque", opaque="stored_history"),  # a reference may leave its type out
    Field("status", "aside"),
    Field("phase", "aside"),
    Field("call_id", "aside"),
    Field("approval_request_id", "aside"),
    Field("server_label", "aside"),
    Field("namespace", "aside"),
    Field("fingerprint", "aside"),
    Field("caller", "free"),
    Field("approve", "flag"),
    Field("reason", "text"),
    Field("pending_safety_checks", "free", role="assistant"),
    Field("acknowledged_safety_checks", "free"),
    Field("environment", "free", role="assistant"),
    Field("environment.container_id", "opaque", opaque="file"),
    Field("content", "text"),
    *under("content[]", _PART),
    Field("<item_reference>.id", "opaque", opaque="stored_history"),
    *(Field(f"<{name}>", "turn", role="assistant") for name in _CALLS),
    *(Field(f"<{name}>", "turn", role="tool") for name in _OUTPUTS),
    Field("summary", role="assistant"),
    *under("summary[]", _PART),
    Field("encrypted_content", "opaque", opaque="encrypted"),
    Field("name", "aside", role="assistant"),
    Field("arguments", "json", role="assistant"),
    Field("input", "json", role="assistant"),
    Field("action", "free", role="assistant"),
    Field("actions", "free", role="assistant"),
    Field("operation", "free", role="assistant"),
    Field("code", "text", role="assistant"),
    Field("queries", "free", role="assistant"),
    Field("result", "opaque", role="tool", opaque="image", feature="images"),
    Field("<program_output>.result", "text", role="tool"),
    Field("results", "free", role="tool"),
    Field("output", "text", role="tool"),
    *under("output[]", _PART),
    Field("output.type", "aside"),
    Field("output.image_url", "opaque", opaque="image", feature="images"),
    Field("output.file_id", "opaque", opaque="image", feature="images"),
    *under(
        "<shell_call_output>.output[]",
        (
            Field(""),
            Field("type", "aside"),
            Field("stdout", "text"),
            Field("stderr", "text"),
            Field("outcome", "free"),
        ),
    ),
    Field("<code_interpreter_call>.outputs[].logs", "text", role="tool"),
    Field("<code_interpreter_call>.outputs[].url", "opaque", role="tool", opaque="image", feature="images"),
    Field("container_id", "opaque", opaque="file"),
    Field("error", "free", role="tool"),
    Field("<mcp_list_tools>.tools", "free", role="system"),
    Field("<additional_tools>", "turn", role="system"),
    Field("<additional_tools>.tools", feature="tools"),
    *under("<additional_tools>.tools[]", _TOOL),
    Field("<tool_search_output>.tools", feature="tools"),
    *under("<tool_search_output>.tools[]", _TOOL),
)

_TOOLS = (
    Field("tools", role="system", feature="tools"),
    *under("tools[]", _TOOL),
    Field("tool_choice", "aside"),
    Field("tool_choice.type", "aside"),
    Field("tool_choice.name", "aside"),
    Field("tool_choice.server_label", "aside"),
    Field("tool_choice.tools", "free"),
    Field("parallel_tool_calls", "flag"),
    Field("max_tool_calls", "number"),
)

_STORED = (
    Field("previous_response_id", "opaque", opaque="stored_history"),
    Field("conversation", "opaque", opaque="stored_history"),
    Field("prompt", "opaque", role="system", opaque="stored_prompt"),
    Field("prompt.id", "opaque", opaque="stored_prompt"),
    Field("prompt.version", "aside"),
    Field("prompt.variables", "free"),
)

_SETTINGS = (
    Field("model", "model"),
    Field("max_output_tokens", "max_output"),
    Field("stream", "stream"),
    Field("stream_options", "free"),
    Field("temperature", "number"),
    Field("top_p", "number"),
    Field("top_logprobs", "number"),
    Field("background", "flag"),
    Field("store", "flag"),
    Field("truncation", "aside"),
    Field("include[]", "aside"),
    Field("context_management", "free"),
    Field("moderation", "free"),
    Field("prompt_cache_options", "free"),
    Field("prompt_cache_retention", "aside"),
    Field("service_tier", "aside"),
    Field("reasoning.effort", "aside"),
    Field("reasoning.summary", "aside"),
    Field("text.verbosity", "aside"),
    Field("text.format", role="system"),
    Field("text.format.type", "aside"),
    Field("text.format.name", "aside"),
    Field("text.format.description", "aside"),
    Field("text.format.schema", "free", feature="json_schema"),
    Field("text.format.strict", "flag"),
)

_BESIDE = (
    Field("instructions", "text", role="system"),
    Field("user", "aside"),
    Field("safety_identifier", "aside"),
    Field("prompt_cache_key", "aside"),
    *ASKS,
)

OPENAI_RESPONSES: Dialect = declare(
    "openai.responses",
    (Field("input", "text"), *under("input[]", _ITEM), *_TOOLS, *_STORED, *_SETTINGS, *_BESIDE),
)
