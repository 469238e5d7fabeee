"""Anthropic messages: `POST /v1/messages`. Tools are called and answered in blocks of ordinary messages."""

from __future__ import annotations

from policyroute.dialects.dialect import ASKS, Dialect, Field, declare, under

_BLOCK_TYPES = (
    *("text", "image", "document", "search_result", "thinking", "redacted_thinking", "tool_use", "tool_result"),
    *("server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result"),
    *("bash_code_execution_tool_result", "text_editor_code_execution_tool_result", "tool_search_tool_result"),
    *("mcp_tool_use", "mcp_tool_result", "container_upload", "tool_reference", "compaction", "advisor_tool_result"),
    *("mid_conv_system", "tool_addition", "tool_removal", "fallback"),
)

# What is in base64 is text where its media type says so; an image stays one, whatever it says.
_SOURCE = (
    Field("", by=("type", "media_type")),
    Field("type", "aside"),
    Field("media_type", "aside"),
    Field("data", "opaque", opaque="file", feature="files"),
    Field("url", "opaque", opaque="file", feature="files"),
    Field("file_id", "opaque", opaque="file", feature="files"),
    Field("<text>.data", "text"),
    Field("<text/*>.data", "encoded", opaque="file", feature="files"),
    Field("content", "text"),
    Field("content[]", "part", types=("text", "image")),
    Field("content[].type", "seen"),
    Field("content[].text", "text"),
    Field("content[].citations", "free"),
    Field("content[].cache_control", "free"),
    *under(
        "content[].source",
        (
            Field("type", "aside"),
            Field("media_type", "aside"),
            Field("data", "opaque", opaque="image", feature="images"),
            Field("url", "opaque", opaque="image", feature="images"),
            Field("file_id", "opaque", opaque="image", feature="images"),
        ),
    ),
)

_IMAGE_SOURCE = (
    Field("<image>.source"),
    Field("<image>.source.data", "opaque", opaque="image", feature="images"),
    Field("<image>.source.url", "opaque", opaque="image", feature="images"),
    Field("<image>.source.file_id", "opaque", opaque="image", feature="images"),
    Field("<image>.source<text>.data", "opaque", opaque="image", feature="images"),
    Field("<image>.source<text/*>.data", "opaque", opaque="image", feature="images"),
)

_PLAIN_BLOCK = (
    Field("", "part", types=_BLOCK_TYPES),
    Field("type", "seen"),
    Field("text", "text"),
    *under("source", _SOURCE),
    *_IMAGE_SOURCE,
    Field("title", "aside"),
    Field("context", "text"),
    Field("<search_result>.source", "aside"),
    Field("citations", "free"),
    Field("cache_control", "free"),
    Field("file_id", "opaque", opaque="file", feature="files"),
    Field("encrypted_content", "opaque", opaque="encrypted"),
)

# What a tool answered can hold blocks again, and documents among them hold blocks of text.
_ANSWER = (
    *_PLAIN_BLOCK,
    Field("content", "text"),
    Field("content[]", "part", types=(*_BLOCK_TYPES, "web_search_result", "code_execution_output")),
    Field("content[].type", "seen"),
    Field("content[].text", "text"),
    Field("content[].encrypted_content", "opaque", opaque="encrypted"),
    Field("content[].file_id", "opaque", opaque="file", feature="files"),
    Field("encrypted_stdout", "opaque", opaque="encrypted"),
    Field("stdout", "text"),
    Field("stderr", "text"),
    Field("return_code", "number"),
    Field("error_code", "aside"),
    Field("error_message", "text"),
    Field("stop_reason", "aside"),
    Field("url", "aside"),
    Field("retrieved_at", "aside"),
    Field("file_type", "aside"),
    Field("lines", "free"),
    Field("tool_references", "free"),
    *under("content.source", _SOURCE),  # a page that was fetched is a document in the answer
    Field("content.type", "aside"),
    Field("content.title", "aside"),
    Field("content.context", "text"),
    Field("content.citations", "free"),
)

_BLOCK = (
    *_PLAIN_BLOCK,
    Field("thinking", "text", role="assistant"),
    Field("signature", "aside", role="assistant"),
    Field("data", "opaque", opaque="encrypted"),
    Field("id", "aside", role="assistant"),
    Field("name", "aside", role="assistant"),
    Field("input", "free", role="assistant"),
    Field("server_name", "aside", role="assistant"),
    Field("caller", "free", role="assistant"),
    Field("tool_use_id", "aside", role="tool"),
    Field("is_error", "flag"),
    Field("content", "text", role="tool"),
    *under("content", _ANSWER[1:]),
    Field("content.type", "aside"),
    *under("content[]", _ANSWER),
    Field("content[]", "part", types=(*_BLOCK_TYPES, "web_search_result")),
    Field("<mid_conv_system>.content", "text", role="system"),
    Field("<advisor_tool_result>.content.encrypted_content", "opaque", role="tool", opaque="encrypted"),
    Field("<tool_addition>.tool", "free", role="system"),
    Field("<tool_removal>.tool", "free", role="system"),
    Field("<fallback>.to", "free"),
    Field("<fallback>.from", "free"),
    Field("<fallback>.trigger", "free"),
)

_TOOLS = (
    Field("tools", role="system", feature="tools"),
    Field("tools[].type", "aside"),
    Field("tools[].name", "aside"),
    Field("tools[].description", "aside"),
    Field("tools[].input_schema", "free"),
    Field("tools[].input_examples", "free"),
    Field("tools[].cache_control", "free"),
    Field("tools[].strict", "flag"),
    Field("tools[].defer_loading", "flag"),
    Field("tools[].allowed_callers", "free"),
    Field("tools[].allowed_domains", "free"),
    Field("tools[].blocked_domains", "free"),
    Field("tools[].user_location", "free"),
    Field("tools[].citations", "free"),
    Field("tools[].model", "aside"),
    Field("tools[].max_uses", "number"),
    Field("tools[].max_characters", "number"),
    Field("tools[].display_height_px", "number"),
    Field("tools[].display_width_px", "number"),
    Field("tools[].display_number", "number"),
    Field("tools[].mcp_server_name", "aside"),
    Field("tools[].configs", "free"),
    Field("tools[].default_config", "free"),
    Field("tool_choice.type", "aside"),
    Field("tool_choice.name", "aside"),
    Field("tool_choice.disable_parallel_tool_use", "flag"),
    Field("mcp_servers", role="system", feature="tools"),
    Field("mcp_servers[].url", "opaque", opaque="url"),
    Field("mcp_servers[].name", "aside"),
    Field("mcp_servers[].type", "aside"),
    Field("mcp_servers[].authorization_token", "aside"),
    Field("mcp_servers[].tool_configuration", "free"),
)

_SETTINGS = (
    Field("model", "model"),
    Field("max_tokens", "max_output"),
    Field("stream", "stream"),
    Field("temperature", "number"),
    Field("top_p", "number"),
    Field("top_k", "number"),
    Field("stop_sequences[]", "aside"),
    Field("service_tier", "aside"),
    Field("thinking.type", "aside"),
    Field("thinking.budget_tokens", "number"),
    Field("output_config.effort", "aside"),
    Field("output_config.format.type", "aside", role="system"),
    Field("output_config.format.schema", "free", role="system", feature="json_schema"),
    Field("output_format.type", "aside", role="system"),
    Field("output_format.schema", "free", role="system", feature="json_schema"),
    Field("container", "opaque", opaque="file"),
    Field("container.id", "opaque", opaque="file"),
    Field("container.skills[].type", "aside"),
    Field("container.skills[].skill_id", "opaque", opaque="file"),
    Field("container.skills[].version", "aside"),
    Field("context_management", "free"),
    Field("output_config.task_budget", "free"),
    Field("cache_control", "free"),
    Field("speed", "aside"),
    Field("betas[]", "aside"),
    Field("diagnostics", "free"),
)

_BESIDE = (
    Field("system", "text", role="system"),
    *under("system[]", (Field("", "part", types=("text",)), *_PLAIN_BLOCK[1:])),
    Field("metadata.user_id", "aside"),
    *ASKS,
)

_MESSAGE = (
    Field("messages[]", "turn"),
    Field("messages[].role", "seen"),
    Field("messages[].content", "text"),
    *under("messages[].content[]", _BLOCK),
)

ANTHROPIC_MESSAGES: Dialect = declare("anthropic.messages", (*_MESSAGE, *_TOOLS, *_SETTINGS, *_BESIDE), needs=("messages",))
