"""Bodies grown from the dialects' own tables: a value planted at a declared place, in the smallest body that has it."""

from __future__ import annotations

import json
import re
from typing import get_args

from policyroute.call import Api
from policyroute.dialects import DIALECTS, Call

APIS: tuple[Api, ...] = get_args(Api)

SMALLEST: dict[Api, dict] = {
    "openai.chat": {"model": "m", "messages": [{"role": "user"}]},
    "openai.responses": {"model": "m"},
    "openai.completions": {"model": "m"},
    "openai.embeddings": {"model": "m", "input": ""},
    "anthropic.messages": {"model": "m", "max_tokens": 9, "messages": [{"role": "user"}]},
    "gemini.generate": {"contents": [{"role": "user"}]},
}


def steps(path: str) -> list[str]:
    """`a[].b<c>` as `a`, `[]`, `b`, `<c>`."""
    return re.findall(r"\[\]|<[^>]+>|[^.\[<]+", path)


def grown(rest: list[str], value: object) -> object:
    """The value at the end of these steps."""
    if not rest:
        return value
    first, below = rest[0], grown(rest[1:], value)
    if first == "[]":
        return [below]
    if first.startswith("<"):  # only an object can be of a type
        return {**told(first[1:-1]), **below} if isinstance(below, dict) else below
    return {first: below}


def told(sort: str) -> dict[str, str]:
    """How an object says that it is of this type; a family of media types is told in the words of both formats that do."""
    if sort.endswith("/*"):
        return {"mimeType": f"{sort[:-1]}x", "media_type": f"{sort[:-1]}x"}
    return {} if sort == "none" else {"type": sort}


def merged(under: object, over: object) -> object:
    """Objects key by key, lists by their first item, anything else as it comes last."""
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{key: merged(under[key], value) if key in under else value for key, value in over.items()}}
    if isinstance(under, list) and isinstance(over, list) and under and over:
        return [merged(under[0], over[0]), *over[1:]]
    return over


def planted(api: Api, path: str, value: object) -> dict:
    """The smallest body of this API that has the value at this place."""
    body = merged(SMALLEST[api], grown(steps(path), value))
    assert isinstance(body, dict)
    return body


def declared(*kinds: str) -> list:
    """Every place of every dialect that is declared as one of these kinds."""
    return [(api, path) for api in APIS for path in dict.fromkeys(f.path for f in DIALECTS[api].fields if f.kind in kinds)]


def read(api: Api, body: object, **more: object) -> Call:
    """The call that this body is."""
    return Call.from_body(json.dumps(body).encode(), api=api, **more)  # type: ignore[arg-type]


def all_text(call: Call) -> str:
    """Everything that can be scanned of a call."""
    return "\n".join(part.text for part in call.parts)
