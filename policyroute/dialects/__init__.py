"""Wire bodies as calls. A body is read in exactly one way or refused, and every text in it that is forwarded is heard."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

import policyroute.call
from policyroute.call import NOTHING, Api
from policyroute.dialects import json_body
from policyroute.dialects.anthropic_messages import ANTHROPIC_MESSAGES
from policyroute.dialects.dialect import HOLDING, Dialect, Holds, read
from policyroute.dialects.gemini_generate import GEMINI_GENERATE
from policyroute.dialects.headers import Headers, encoding_of, read_asks
from policyroute.dialects.openai_chat import OPENAI_CHAT
from policyroute.dialects.openai_completions import OPENAI_COMPLETIONS
from policyroute.dialects.openai_embeddings import OPENAI_EMBEDDINGS
from policyroute.dialects.openai_responses import OPENAI_RESPONSES
from policyroute.errors import CallError, UsageError

__all__ = ["Call", "api_of", "positions", "read_call", "read_plain"]

DIALECTS: Mapping[Api, Dialect] = {
    dialect.api: dialect
    for dialect in (OPENAI_CHAT, OPENAI_RESPONSES, OPENAI_COMPLETIONS, OPENAI_EMBEDDINGS, ANTHROPIC_MESSAGES, GEMINI_GENERATE)
}

# The keys that a complaint may repeat: any other could be a text of the call.
_NAMES = frozenset(step for dialect in DIALECTS.values() for f in dialect.fields for step in re.findall(r"\w+", f.path))

_ENDINGS: tuple[tuple[str, Api], ...] = (
    ("/v1/chat/completions", "openai.chat"),
    ("/v1/responses", "openai.responses"),
    ("/v1/completions", "openai.completions"),
    ("/v1/embeddings", "openai.embeddings"),
    ("/v1/messages", "anthropic.messages"),
)
_GEMINI = re.compile(r"/(?:models|tunedModels)/(.+?):(generateContent|streamGenerateContent)(?:$|[/?])").search
_SLASHES = re.compile("/{2,}").sub
_LEFT_TO_POLICY = frozenset({"auto", "smart-router"})


class Call(policyroute.call.Call):
    """One call to a model, which can also be read from the bytes that came over the wire."""

    __slots__ = ()

    @classmethod
    def from_body(
        cls,
        body: bytes,
        *,
        api: str = "openai.chat",
        headers: Headers | None = None,
        attributes: Mapping[str, str] | None = None,
        max_bytes: int = json_body.MAX_BYTES,
    ) -> Call:
        """The call that a body is, in the wire format `api`; `CallError` if it cannot be read, or not in one way only.

        A body of more than `max_bytes`, packed or not, is refused with status 413, and so is one that holds more values or
        text than are read in time; those bounds grow with `max_bytes`. What the headers say is packed by gzip is unpacked.
        """
        known = next((name for name in get_args(Api) if name == api), None)
        if known is None:
            raise UsageError(f"`{api}` is no wire format: one of {', '.join(get_args(Api))} is expected")
        return read_call(body, known, headers, attributes, max_bytes=max_bytes)


def read_call(
    body: bytes,
    api: Api,
    headers: Headers | None = None,
    attributes: Mapping[str, str] | None = None,
    path: str = "",
    max_bytes: int = json_body.MAX_BYTES,
) -> Call:
    """The call that a body is. The `path` matters where it says what other formats say in the body: the model, the streaming."""
    encoding = encoding_of(headers)
    if encoding:
        body = json_body.unpacked(body, encoding, max_bytes)
    return read_plain(body, api, headers, attributes, path, max_bytes)


def read_plain(
    body: bytes, api: Api, headers: Headers | None, attributes: Mapping[str, str] | None, path: str, max_bytes: int
) -> Call:
    """The same of a body that is not packed, whatever the headers say."""
    dialect = DIALECTS[api]
    tree = json_body.parse(body, _NAMES, max_bytes)
    asked = read_asks(headers, tree, dialect.root.fields or ())
    heard = read(dialect, tree)
    most_chars = int(json_body.MAX_TEXT_CHARS * json_body.room(max_bytes))
    if sum([len(part.text) for part in heard.parts]) > most_chars:
        raise CallError(f"the body has more than {most_chars:,} characters of text", code="body_too_large", status=413)
    model, stream = heard.requested_model, heard.stream
    named = _GEMINI(path) if api == "gemini.generate" else None
    if named is not None:
        model, stream = named[1], named[2].startswith("stream")
    return Call(
        heard.parts,
        api,
        NOTHING if attributes is None else attributes,
        asked.claims,
        None if model in _LEFT_TO_POLICY else model,
        heard.max_output,
        heard.answers,
        stream,
        heard.has,
        heard.unscanned,
        asked.asks,
    )


def api_of(path: str) -> Api | None:
    """The wire format of a path, under whatever prefix the app is mounted; None for every path that is not ours."""
    bare = path.partition("?")[0].rstrip("/")
    if "//" in bare:  # which servers take for one
        bare = _SLASHES("/", bare)
    for ending, api in _ENDINGS:
        if bare.endswith(ending):
            return api
    return "gemini.generate" if _GEMINI(bare) or _GEMINI(path) else None  # a name may hold what begins a query elsewhere


def positions(api: Api, holding: Holds = "text") -> tuple[str, ...]:
    """Every place in a body of this format that is declared to hold text, or something that must not pass for read.

    With `number` those that may hold a number of any length, with `any` those where anything may stand, keys included.
    """
    return tuple(dict.fromkeys(f.path for f in DIALECTS[api].fields if f.kind in HOLDING[holding]))
