"""A body as it leaves: only what a decision changes is another, and every other byte stays as it came.

The body has been read before, so it is known to be one JSON object in UTF-8 in which no name stands twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from policyroute.call import Api

# How an answer is limited: the names that do, the first of which is used where the caller gave none.
_LIMITS: Mapping[Api, tuple[str, ...]] = {
    "openai.chat": ("max_completion_tokens", "max_tokens"),
    "openai.completions": ("max_tokens",),
    "openai.responses": ("max_output_tokens",),
    "openai.embeddings": (),
    "anthropic.messages": ("max_tokens",),
    "gemini.generate": ("maxOutputTokens", "max_output_tokens"),
}
_GEMINI_CONFIG = ("generationConfig", "generation_config")
_NAMED = re.compile(r"(?<=/)(models|tunedModels)(/+).+?(?=:(?:generateContent|streamGenerateContent)(?:$|[/?]))")
_PERCENT = re.compile(r"[^A-Za-z0-9_.~-]+").sub
_TELLS_USAGE = frozenset({"openai.chat", "openai.completions"})
_OURS = ("max_cost", "prefer_speed")
_OUR_WORDS = (b'"max_cost"', b'"prefer_speed"', b'"policyroute"')

# A number is passed over without being made one, which has its limits.
_PASS_OVER = json.JSONDecoder(parse_int=len, parse_float=len).raw_decode
_NAME = re.compile(r'[ \t\n\r,]*("[^"\\]*(?:\\.[^"\\]*)*+")[ \t\n\r]*:[ \t\n\r]*').match


class _Change(NamedTuple):
    """A run of characters, and what stands in its place."""

    start: int
    end: int
    text: str


class _Object:
    """An object in a text, as the places of its members, and what is to change in it."""

    __slots__ = ("_added", "_after", "_changes", "_dropped", "_text", "members")

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._after = at + 1
        self._changes: list[_Change] = []
        self._added: list[str] = []
        self._dropped: set[str] = set()
        self.members: dict[str, tuple[int, int, int]] = {}  # where the name begins, and the value begins and ends
        at += 1
        while (named := _NAME(text, at)) is not None:
            spelled = named[1]
            name = json.loads(spelled) if "\\" in spelled else spelled[1:-1]
            begins = named.end()
            at = _PASS_OVER(text, begins)[1]
            self.members[name] = (named.start(1), begins, at)

    def value(self, name: str) -> str:
        """How the value of this name is written, or `null`."""
        member = self.members.get(name)
        return "null" if member is None else self._text[member[1] : member[2]]

    def below(self, name: str) -> _Object | None:
        """The object of this name, if it is one."""
        member = self.members.get(name)
        return _Object(self._text, member[1]) if member is not None and self._text[member[1]] == "{" else None

    def put(self, name: str, value: str) -> None:
        """Write this value under this name."""
        member = self.members.get(name)
        if member is None:
            self._added.append(f'"{name}":{value}')
        elif self.value(name) != value:
            self._changes.append(_Change(member[1], member[2], value))

    def drop(self, name: str) -> None:
        """Leave this name out, which is there."""
        self._dropped.add(name)

    def within(self, below: _Object) -> None:
        """Take over what is to change in an object below."""
        self._changes += below.changes()

    def is_emptied(self) -> bool:
        """Whether nothing is left of it."""
        return len(self._dropped) == len(self.members) and not self._added

    def _addition(self) -> _Change:
        """What is added, after the last member."""
        after = max([ends for _, _, ends in self.members.values()], default=self._after)
        return _Change(after, after, ("," if self.members else "") + ",".join(self._added))

    def changes(self) -> list[_Change]:
        """All that is to change, and in no place twice."""
        if not self._added and not self._dropped:
            return self._changes
        if not self._dropped:
            return [*self._changes, self._addition()]
        members = list(self.members.values())
        dropped = [name in self._dropped for name in self.members]
        last = max((at for at, gone in enumerate(dropped) if not gone), default=-1)
        after = members[last][2] if last >= 0 else self._after
        changes = list(self._changes)
        for at, gone in enumerate(dropped[: last + 1]):
            if gone:  # with its comma, and all up to the next name
                changes.append(_Change(members[at][0], members[at + 1][0], ""))
        if self._added:
            changes.append(_Change(after, after, ("," if last >= 0 else "") + ",".join(self._added)))
        if last + 1 < len(members):
            start = after if last >= 0 else members[0][0]
            changes.append(_Change(start, members[-1][2], ""))
        return changes


def rewritten(
    body: bytes, api: Api, *, model: str | None = None, most_output: int | None = None, ask_usage: bool = False
) -> bytes:
    """The body that leaves: for this model, with an answer of at most so many tokens, and without what was asked of policyroute.

    A limit is lowered or added, never raised. With `ask_usage` a stream that would not tell its usage is asked to. Where
    nothing changes the very same bytes are handed back.
    """
    if model is None and most_output is None and not ask_usage and not _may_ask_us(body):
        return body
    text = body.decode()
    whole = _Object(text, text.index("{"))
    if model is not None:
        _put_model(whole, api, model)
    if most_output is not None:
        _put_limit(whole, api, most_output)
    if ask_usage:
        _put_usage(whole, api)
    _drop_ours(whole)
    changes = whole.changes()
    if not changes:
        return body
    pieces: list[str] = []
    at = 0
    for change in sorted(changes):
        pieces += (text[at : change.start], change.text)
        at = change.end
    pieces.append(text[at:])
    return "".join(pieces).encode()


def rewritten_path(path: str, api: Api, model: str, *, decoded: bool = False) -> str:
    """The path that leaves, where a path names the model: for this one, quoted unless the path is `decoded` already.

    Every other path stays as it is. A model that says its collection itself, such as `tunedModels/mine`, is looked for there.
    """
    if api != "gemini.generate":
        return path
    before, asks, query = (path, "", "") if decoded else path.partition("?")
    collection, slash, name = model.partition("/")
    if not slash or collection not in ("models", "tunedModels"):
        collection, name = "", model
    quoted = name if decoded else _PERCENT(lambda odd: "".join(f"%{byte:02X}" for byte in odd[0].encode()), name)
    return _NAMED.sub(lambda named: f"{collection or named[1]}{named[2]}{quoted}", before) + asks + query


def tells_usage(body: bytes, api: Api) -> bool:
    """Whether the caller asked for the usage of a stream himself, so that it must not be taken out of what he gets."""
    if api not in _TELLS_USAGE:
        return True
    if b"include_usage" not in body and b"\\u" not in body:
        return False
    text = body.decode()
    options = _Object(text, text.index("{")).below("stream_options")
    return options is not None and options.value("include_usage") == "true"


def _may_ask_us(body: bytes) -> bool:
    if b"\\" in body and b"\\u" in body:  # a name may be spelled in escapes
        return True
    return any(word in body for word in _OUR_WORDS)


def _put_model(whole: _Object, api: Api, model: str) -> None:
    """Where the model is named by the path, a body need not name it, but what it says must not be another."""
    spelled = whole.value("model")
    quoted = _quoted(model)
    if spelled == quoted:
        return
    if api == "gemini.generate":
        if spelled == "null":
            return
        before = json.loads(spelled)
        if "/" in before and "/" not in model:
            quoted = _quoted(f"{before.rpartition('/')[0]}/{model}")
    if "\\" in spelled and json.loads(spelled) == json.loads(quoted):
        return  # in another spelling
    whole.put("model", quoted)


@lru_cache(maxsize=256)
def _quoted(name: str) -> str:
    return json.dumps(name)


def _put_limit(whole: _Object, api: Api, most: int) -> None:
    names = _LIMITS[api]
    if not names:
        return
    if api != "gemini.generate":
        _lower(whole, names, most)
        return
    outer = next((name for name in _GEMINI_CONFIG if name in whole.members), _GEMINI_CONFIG[0])
    config = whole.below(outer)
    if config is None:
        whole.put(outer, f'{{"{names[0]}":{most}}}')
    else:
        _lower(config, names, most)
        whole.within(config)


def _lower(held: _Object, names: tuple[str, ...], most: int) -> None:
    given = False
    first = ""
    for name in names:
        if name in held.members:
            first = first or name
            value = held.value(name)
            if value != "null":
                given = True
                if int(value) > most:
                    held.put(name, str(most))
    if not given:
        held.put(first or names[0], str(most))


def _put_usage(whole: _Object, api: Api) -> None:
    if api not in _TELLS_USAGE or whole.value("stream") != "true":
        return
    options = whole.below("stream_options")
    if options is not None:
        options.put("include_usage", "true")
        whole.within(options)
    elif whole.value("stream_options") == "null":
        whole.put("stream_options", '{"include_usage":true}')


def _drop_ours(whole: _Object) -> None:
    for name in _OURS:
        if name in whole.members:
            whole.drop(name)
    metadata = whole.below("metadata") if "metadata" in whole.members else None
    if metadata is not None and "policyroute" in metadata.members:
        metadata.drop("policyroute")
        if metadata.is_emptied():
            whole.drop("metadata")
        else:
            whole.within(metadata)
