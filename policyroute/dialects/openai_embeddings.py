"""OpenAI embeddings: `POST /v1/embeddings`. What is embedded is a text, token ids, or a list of either."""

from __future__ import annotations

from policyroute.dialects.dialect import ASKS, Dialect, Field, declare

OPENAI_EMBEDDINGS: Dialect = declare(
    "openai.embeddings",
    (
        Field("model", "model"),
        Field("input", "documents"),
        Field("input[]", "document"),
        Field("input[][]", "token"),
        Field("messages", "opaque", opaque="unknown_part"),
        Field("dimensions", "number"),
        Field("encoding_format", "aside"),
        Field("user", "aside"),
        *ASKS,
    ),
    needs=("input",),
)
