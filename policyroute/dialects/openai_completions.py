"""OpenAI completions, the old way: `POST /v1/completions`. A prompt is a text, token ids, or a list of either."""

from __future__ import annotations

from policyroute.dialects.dialect import ASKS, Dialect, Field, declare

OPENAI_COMPLETIONS: Dialect = declare(
    "openai.completions",
    (
        Field("model", "model"),
        Field("prompt", "prompts"),
        Field("prompt[]", "document"),
        Field("prompt[][]", "token"),
        Field("prompt_embeds", "opaque", opaque="embeddings"),
        Field("prompt_embeds[]", "opaque", opaque="embeddings"),
        Field("messages", "opaque", opaque="unknown_part"),
        Field("suffix", "text"),
        Field("max_tokens", "max_output"),
        Field("n", "answers"),
        Field("best_of", "answers"),
        Field("stream", "stream"),
        Field("stream_options", "free"),
        Field("echo", "flag"),
        Field("temperature", "number"),
        Field("top_p", "number"),
        Field("frequency_penalty", "number"),
        Field("presence_penalty", "number"),
        Field("seed", "number"),
        Field("logprobs", "number"),
        Field("logit_bias", "free"),
        Field("stop", "aside"),
        Field("stop[]", "aside"),
        Field("user", "aside"),
        *ASKS,
    ),
)
