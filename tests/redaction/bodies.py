"""Bodies with values in them, for all that masking is asked to do."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from policyroute.dialects.json_body import Json

KINDS = ("email", "credit-card", "iban", "secret")
# One way to write each value, so that what is put back can be compared with what was there.
VALUES = ("jane.doe@example.com", "bob@example.org", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "AKIAQ3EGRZ5KXW7MPLTN")
WORDS = ("hello", "", "a [b] c", "[EMAIL_1]", "[SECRET_2", "é\u200b", 'say "hi" \\ there', "12", "\n")


def texts() -> st.SearchStrategy[str]:
    """Some words, some of them values."""
    return st.lists(st.sampled_from([*WORDS, *VALUES]), max_size=4).map(" ".join)


def trees() -> st.SearchStrategy[Json]:
    """JSON with such texts in it, also as keys, as numbers, and as JSON inside text."""
    leaves = st.one_of(texts(), st.sampled_from([4111111111111111, 7, True, None, 1.5]))
    plain = st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts(), inner, max_size=3)),
        max_leaves=6,
    )
    return st.one_of(plain, plain.map(json.dumps), plain.map(json.dumps).map(json.dumps))


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Chat completions: text, pieces of text, the arguments of a tool, a schema."""
    said: list[Json] = [{"role": "user", "content": draw(texts())}]
    if draw(st.booleans()):
        pieces: list[Json] = [{"type": "text", "text": text} for text in draw(st.lists(texts(), min_size=1, max_size=3))]
        said.append({"role": "user", "content": pieces})
    if draw(st.booleans()):
        function = {"name": "f", "arguments": json.dumps(draw(trees()))}
        said.append({"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": function}]})
    body: dict[str, Json] = {"model": "auto", "messages": said}
    if draw(st.booleans()):
        body["tools"] = [{"type": "function", "function": {"name": "f", "parameters": {"enum": draw(trees())}}}]
    return json.dumps(body).encode()


def chat(*contents: Json, **more: Json) -> bytes:
    """A chat of these contents."""
    return json.dumps({"model": "auto", "messages": [{"role": "user", "content": one} for one in contents], **more}).encode()


def contents(body: bytes) -> list[Json]:
    """What the messages of a chat say."""
    return [message["content"] for message in json.loads(body)["messages"]]
