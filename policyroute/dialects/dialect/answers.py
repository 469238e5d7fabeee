"""What an answer, or one event of it, says of itself in each wire format. Whatever an upstream sends, reading it never fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from policyroute.call import Api

_NOTHING: Mapping[str, object] = {}


class Heard(NamedTuple):
    """One answer or event: its figures, why it ended, whether that was the end of all, and whether it is an error."""

    usage: Mapping[str, object] = _NOTHING
    finish: object = None
    model: object = None
    is_last: bool = False
    is_error: bool = False


class Manner(NamedTuple):
    """How the answers of a wire format are looked into without reading all of them.

    Text stands under the names that end in one of `says`, below `root` in a whole answer. An event is read if it holds one of
    `marks`, that of the `model` while none is known, and of those with the mark of `usage` only the last.
    """

    read: Callable[[Mapping[str, object]], Heard]
    root: str
    says: tuple[bytes, ...]
    usage: bytes
    model: bytes
    marks: tuple[bytes, ...]
    calls: bytes = b""  # marks an event whose text has to be read
    reads_bare: bool = False  # every event tells its usage, and one that does not tells something else


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else _NOTHING


def _objects(value: object) -> Sequence[Mapping[str, object]]:
    return [_object(one) for one in value] if isinstance(value, list) else ()


def _sum(*figures: object) -> object:
    """All of them together; None if none is given, and what is no figure where there is one, for it is to be noticed."""
    total, given = 0, False
    for figure in figures:
        if type(figure) is float and figure.is_integer():
            figure = int(figure)
        if figure is None:
            continue
        if type(figure) is not int or figure < 0:
            return figure
        total, given = total + figure, True
    return total if given else None


def _openai(tree: Mapping[str, object]) -> Heard:
    usage = _object(tree.get("usage"))
    details = _object(usage.get("prompt_tokens_details"))
    reasons = [choice.get("finish_reason") for choice in _objects(tree.get("choices"))]
    finish = next(filter(None, reasons), None)
    figures = {
        "input_tokens": usage.get("prompt_tokens"),
        "output_tokens": usage.get("completion_tokens"),
        "cached_input_tokens": details.get("cached_tokens"),
    }
    return Heard(figures, finish, tree.get("model"), bool(finish), bool(tree.get("error")))


def _embeddings(tree: Mapping[str, object]) -> Heard:
    usage = _object(tree.get("usage"))
    figures = {"input_tokens": usage.get("prompt_tokens"), "output_tokens": 0 if usage else None}
    return Heard(figures, None, tree.get("model"), True, bool(tree.get("error")))


def _responses(tree: Mapping[str, object]) -> Heard:
    told = tree.get("type")
    if told == "error":
        return Heard(is_error=True)
    whole = _object(tree.get("response")) if "response" in tree else tree
    usage = _object(whole.get("usage"))
    details = _object(usage.get("input_tokens_details"))
    status = whole.get("status")
    is_last = status in ("completed", "incomplete") and (whole is tree or told in ("response.completed", "response.incomplete"))
    figures = {
        "input_tokens": usage.get("input_tokens"),
        "output_tokens": usage.get("output_tokens"),
        "cached_input_tokens": details.get("cached_tokens"),
    }
    finish = _object(whole.get("incomplete_details")).get("reason") or (status if status != "in_progress" else None)
    return Heard(figures, finish, whole.get("model"), is_last, bool(whole.get("error")))


def _anthropic(tree: Mapping[str, object]) -> Heard:
    told = tree.get("type")
    if told == "error":
        return Heard(is_error=True)
    message = _object(tree.get("message")) if told == "message_start" else tree
    usage = _object(message.get("usage"))
    cached = usage.get("cache_read_input_tokens")
    fresh = usage.get("input_tokens")
    figures = {
        "input_tokens": None if fresh is None else _sum(fresh, cached, usage.get("cache_creation_input_tokens")),
        "output_tokens": usage.get("output_tokens"),
        "cached_input_tokens": cached,
    }
    finish = _object(tree.get("delta")).get("stop_reason") or message.get("stop_reason")
    return Heard(figures, finish, message.get("model"), told in ("message", "message_stop"))


def _gemini(tree: Mapping[str, object]) -> Heard:
    usage = _object(tree.get("usageMetadata"))
    reasons = [candidate.get("finishReason") for candidate in _objects(tree.get("candidates"))]
    blocked = _object(tree.get("promptFeedback")).get("blockReason")
    finish = next(filter(None, reasons), blocked)
    said = usage.get("promptTokenCount")
    figures = {
        "input_tokens": None if said is None else _sum(said, usage.get("toolUsePromptTokenCount")),
        "output_tokens": _sum(usage.get("candidatesTokenCount"), usage.get("thoughtsTokenCount")),
        "cached_input_tokens": usage.get("cachedContentTokenCount"),
    }
    if said is not None and finish and figures["output_tokens"] is None:
        figures["output_tokens"] = 0  # which is left out where it is none
    return Heard(figures, finish, tree.get("modelVersion"), bool(finish), bool(tree.get("error")))


_OPENAI_MARKS = (b'"finish_reason"', b'"error"')

MANNERS: Mapping[Api, Manner] = {
    "openai.chat": Manner(
        _openai,
        "choices",
        (b'content"', b'"text"', b'"reasoning"', b'"refusal"', b'"arguments"'),
        b'"usage"',
        b'"model"',
        _OPENAI_MARKS,
    ),
    "openai.completions": Manner(_openai, "choices", (b'"text"',), b'"usage"', b'"model"', _OPENAI_MARKS),
    "openai.embeddings": Manner(_embeddings, "", (), b'"usage"', b'"model"', ()),
    "openai.responses": Manner(
        _responses,
        "output",
        (b'"delta"',),
        b'"usage"',
        b'"model"',
        (b'"response.completed"', b'"response.incomplete"', b'"response.failed"', b'"error"'),
    ),
    "anthropic.messages": Manner(
        _anthropic,
        "content",
        (b'"text"', b'"thinking"', b'"partial_json"'),
        b'"usage"',
        b'"model"',
        (b'"message_start"', b'"message_delta"', b'"message_stop"', b'"error"'),
    ),
    "gemini.generate": Manner(
        _gemini,
        "candidates",
        (b'"text"', b'"code"'),
        b'"usageMetadata"',
        b'"modelVersion"',
        (b'"finishReason"',),
        b'"functionCall"',
        True,
    ),
}

# In a whole answer, what is said stands under these names, and what is called with as an object under those.
_TEXTS = frozenset({"arguments", "code", "content", "output", "reasoning", "reasoning_content", "refusal", "text", "thinking"})
_OBJECTS = frozenset({"args", "input"})


def said_bytes(value: object) -> int:
    """How many bytes of text a whole answer, or a piece of it, says."""
    total = 0
    waiting = [value]
    while waiting:
        held = waiting.pop()
        if isinstance(held, list):
            waiting += held
        elif isinstance(held, dict):
            for name, below in held.items():
                if isinstance(below, str):
                    total += size_bytes(below) if name in _TEXTS or name in _OBJECTS else 0
                elif name in _OBJECTS:
                    total += size_bytes(json.dumps(below, ensure_ascii=False)) if below else 0
                else:
                    waiting.append(below)
    return total


def size_bytes(text: str) -> int:
    """How long a text is as it is sent."""
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
