"""What an answer used and said, seen from the bytes that pass by: whole JSON, or server-sent events cut anywhere.

Nothing here delays a byte or fails. Most events are only searched for what they say; those that tell of usage or of an end are
read. What is held is bounded: an answer or an event that is larger goes by with its usage unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from policyroute.call import Api
from policyroute.dialects.dialect.answers import MANNERS, Heard, said_bytes, size_bytes
from policyroute.dialects.dialect.sse import payload_of
from policyroute.dialects.dialect.tally import Tally

MOST_WHOLE_BYTES = 8_000_000
MOST_EVENT_BYTES = 1_000_000
TAIL_BYTES = 65_536  # of an answer that is larger: where its usage stands, after all that it says
_CLOSES = (b"}", b"]")
_OPENINGS = (b"{", b"data:", b"event:")
_BOM = b"\xef\xbb\xbf"
_MOST_LOOKS = 8  # for the name of the model, in events that may not have one
_MOST_PATTERNS = 32  # each costs more than it saves if the next event has another
_NUMBER = b'"sequence_number":'
_MOST_DIGITS = 20
_PADDING = b'"obfuscation":"'

_NULLS = (b":null", b": null")
_IS_OBJECT = re.compile(rb"[ \t\n]*:[ \t\n]*\{").match
_TEXT = re.compile(rb'[ \t\r\n]*:[ \t\r\n]*"([^"\\]*(?:\\.[^"\\]*)*+)', re.DOTALL).match
_REST = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*+', re.DOTALL).match
_ESCAPE = ord("\\")
_LINE_ENDS = re.compile(rb"\n*").match
_DECODER = json.JSONDecoder()
_IS_NAME = re.compile(r"[\w.:/@+-]{1,256}", re.ASCII).fullmatch


class _Pattern(NamedTuple):
    """What stood around the text of an event that held nothing else, but for what is another in every event.

    That is a number, which comes before `between`, and padding, which comes before `closes`; either may be missing.
    """

    before: bytes
    between: bytes
    after: bytes
    closes: bytes

    def past(self, data: bytes, at: int, has_escapes: bool) -> tuple[int, int]:
        """Where those events end that stand there and are such ones, and the size of their texts."""
        before, between, after, closes = self
        size = 0
        while data.startswith(before, at):
            begins = at + len(before)
            if between:
                begins = data.find(b",", begins, begins + _MOST_DIGITS)
                if not data.startswith(between, begins):
                    break
                begins += len(between)
            ends = data.find(b'"', begins)
            said = ends - begins
            if has_escapes and data.find(b"\\", begins, ends) >= 0:
                if data[ends - 1] == _ESCAPE:  # so that may be no end
                    ends = _text_ends(data, begins)
                said = _unescaped_bytes(data[begins:ends])
            if not data.startswith(after, ends):
                break
            last = ends + len(after)
            if closes:
                last = data.find(b'"', last)
                if not data.startswith(closes, last):
                    break
                last += len(closes)
            size += said
            at = last
        return at, size


def _text_ends(data: bytes, begins: int) -> int:
    """Where a text ends that has escapes."""
    text = _REST(data, begins)
    return begins if text is None else text.end()


def _pattern(event: bytes, begins: int, ends: int) -> _Pattern:
    """The pattern of an event whose text stands there."""
    number = event.find(_NUMBER, 0, begins)
    if number < 0:
        before, between = event[:begins], b""
    else:
        number += len(_NUMBER)
        before, between = event[:number], event[event.find(b",", number) : begins]
    padding = event.find(_PADDING, ends)
    if padding < 0:
        return _Pattern(before, between, event[ends:], b"")
    padding += len(_PADDING)
    return _Pattern(before, between, event[ends:padding], event[event.find(b'"', padding) :])


class Answered(NamedTuple):
    """An answer as far as it came. `complete` is whether it said itself that it was over, `said_bytes` the size of its text."""

    tally: Tally
    said_bytes: int
    finish: str
    complete: bool
    model: str
    failed: bool = False

    def __repr__(self) -> str:
        """Without what the upstream said."""
        return f"<Answered {self.said_bytes} bytes{'' if self.complete else ', incomplete'}>"


class Meter:
    """Watches one answer. Whether it is `streamed` shows in its first byte, and that is believed before what was asked."""

    __slots__ = (
        *("_after_cr", "_begun", "_complete", "_failed", "_finish", "_held", "_last_usage", "_line_end", "_looks", "_lost"),
        *("_manner", "_model", "_pattern", "_patterns_left", "_said", "_streamed", "_tally"),
    )

    def __init__(self, api: Api, streamed: bool) -> None:
        self._manner = MANNERS[api]
        self._streamed = streamed
        self._begun = False
        self._held = bytearray()
        self._after_cr = False
        self._line_end = b"\n"
        self._lost = False
        self._tally = Tally()
        self._said = 0
        self._finish = self._model = ""
        self._complete = self._failed = False
        self._looks = _MOST_LOOKS
        self._last_usage = b""
        self._pattern: _Pattern | None = None
        self._patterns_left = _MOST_PATTERNS

    @property
    def between_events(self) -> bool:
        """Whether a stream could be given another event here, because the one before is whole."""
        return self._streamed and not self._held and not self._lost

    def feed(self, data: bytes) -> None:
        """The next bytes of the answer, after its `Content-Encoding` was undone."""
        if not self._begun:
            data = self._begin(data)
        held, pattern = self._held, self._pattern
        if pattern is not None and not held:
            past, said = pattern.past(data, 0, b"\\" in data)
            self._said += said
            if past == len(data):
                return
            data = data[past:]
        if not self._streamed:
            self._keep(data)
            return
        if self._after_cr or b"\r" in data:
            self._line_end = b"\r\n" if b"\r\n" in data else b"\r"
            data = self._with_lf(data)
        if held:
            searched = len(held) - 1
            held += data
            ends = held.rfind(b"\n\n", searched)
            block = b"" if ends < 0 else bytes(held[: ends + 2])
            del held[: len(block)]
        else:
            ends = data.rfind(b"\n\n")
            block = b"" if ends < 0 else data[: ends + 2]
            held += data[len(block) :]
        if block:
            self._take_events(block)
        else:
            self._bound()

    def end(self) -> Answered:
        """What it came to, when no more bytes come."""
        held = bytes(self._held)
        self._held.clear()
        if not self._streamed:
            self._take_tail(held) if self._lost else self._take_whole(held)
        elif self._begun and not self._lost:
            self._take(payload_of(held))
        if self._last_usage:
            self._read(self._last_usage)
            self._last_usage = b""
        return Answered(self._tally, self._said, self._finish, self._complete and not self._failed, self._model, self._failed)

    def _begin(self, data: bytes) -> bytes:
        """Look at the first byte that means something; until there is one, there is nothing to do."""
        if not self._held and data.startswith(_OPENINGS):  # as nearly always
            self._begun, self._streamed = True, not data.startswith(b"{")
            return data
        self._held += data
        first = bytes(self._held[:3])
        if _BOM.startswith(first):  # which may have come in part
            if len(first) < 3:
                return b""
            del self._held[:3]
        opening = bytes(self._held.lstrip()[:1])
        if not opening:
            return b""
        self._begun = True
        if opening in (b"{", b"["):
            self._streamed = False
        elif self._held.lstrip().startswith((b"d", b"e", b":", b"i", b"r")):
            self._streamed = True
        data = bytes(self._held)
        self._held.clear()
        return data

    def _with_lf(self, data: bytes) -> bytes:
        """The same lines, ended by LF: a CR ends one, and a LF after it is part of that end."""
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data.endswith(b"\r")
        data = data.replace(b"\r\n", b"\n")
        return data.replace(b"\r", b"\n") if b"\r" in data else data

    def _bound(self) -> None:
        """Give up an event that is too large, but for what it has said so far."""
        if len(self._held) > MOST_EVENT_BYTES:
            self._said += self._said_in(bytes(self._held))
            self._lost = True
            del self._held[:-1]

    def _keep(self, data: bytes) -> None:
        """Bytes of a whole answer, or its tail where it is too large, or nothing but numbers."""
        held = self._held
        held += data
        if self._lost:
            if len(held) > 2 * TAIL_BYTES:
                del held[:-TAIL_BYTES]
        elif len(held) > (MOST_WHOLE_BYTES if self._manner.root else 2 * TAIL_BYTES):
            self._said += self._said_in(bytes(held))
            self._lost = True
            del held[:-TAIL_BYTES]

    def _take_events(self, block: bytes) -> None:
        """Whole events, each with the blank line after it."""
        has_escapes = b"\\" in block
        at = 0
        while at < len(block):
            if self._pattern is not None and not self._lost:
                begins, (at, said) = at, self._pattern.past(block, at, has_escapes)
                self._said += said
                if at > begins:
                    continue
            if block.startswith(b"\n", at) and not self._lost:  # more than it takes to end an event
                at = _past_line_ends(block, at)
                continue
            ends = block.index(b"\n\n", at) + 2
            said = self._said
            if self._lost:
                self._lost = False
            elif self._take(payload_of(block[at : ends - 2])) and self._patterns_left:
                self._learn(block[at:ends].replace(b"\n", self._line_end), self._said - said)
            at = ends

    def _take(self, payload: bytes) -> bool:
        """One event; whether it was only searched, and so one of its kind need not be looked into again."""
        if len(payload) < 16:
            if payload.strip() == b"[DONE]":
                self._complete = True
            return False
        manner = self._manner
        self._said += self._said_in(payload)
        if len(payload) > MOST_EVENT_BYTES:
            return False
        for mark in manner.marks:
            at = payload.find(mark)
            if at >= 0 and not payload.startswith(_NULLS, at + len(mark)):
                self._read(payload)
                return False
        if self._looks and manner.model in payload:
            self._looks -= 1
            self._read(payload)
            return False
        at = payload.find(manner.usage)
        if at >= 0 and _IS_OBJECT(payload, at + len(manner.usage)) is not None:
            self._last_usage = payload
            return False
        if manner.reads_bare:
            self._read(payload)
            return False
        return True

    def _learn(self, event: bytes, said: int) -> None:
        """Remember what stands around the text of an event, because the next is likely to be the same but for its text."""
        self._patterns_left -= 1
        for name in self._manner.says:
            at = event.find(name)
            while at >= 0:
                text = _TEXT(event, at + len(name))
                if text is not None and len(text[1]) == said > 0:  # so there is no other
                    self._pattern = _pattern(event, *text.span(1))
                    return
                at = event.find(name, at + 1)

    def _take_whole(self, held: bytes) -> None:
        """A whole answer, or a list of its pieces."""
        tree = _tree(held)
        if tree is None:
            self._said += self._said_in(held)
            return
        for piece in tree if isinstance(tree, list) else [tree]:
            if isinstance(piece, dict):
                self._hear(self._manner.read(piece))
                self._said += said_bytes(piece.get(self._manner.root))
        self._complete, self._failed = True, False

    def _take_tail(self, held: bytes) -> None:
        """The last bytes of an answer. No text looks like the name of its usage: the quotes of that would be escaped."""
        told: dict[str, object] = {}
        manner = self._manner
        named = _TEXT(held, held.rfind(manner.model) + len(manner.model))
        if named is not None:
            told[manner.model[1:-1].decode()] = named[1].decode(errors="replace")
        opens = _IS_OBJECT(held, held.rfind(manner.usage) + len(manner.usage))
        if opens is not None:
            told[manner.usage[1:-1].decode()] = _first(held[opens.end() - 1 :].decode(errors="replace"))
        self._hear(manner.read(told))
        self._complete = opens is not None and held.rstrip().endswith(_CLOSES)

    def _read(self, payload: bytes) -> None:
        tree = _tree(payload)
        if isinstance(tree, dict):
            self._hear(self._manner.read(tree))

    def _hear(self, heard: Heard) -> None:
        self._tally.says(heard.usage)
        if isinstance(heard.finish, str) and _IS_NAME(heard.finish):
            self._finish = heard.finish
        if not self._model and isinstance(heard.model, str) and _IS_NAME(heard.model):
            self._model = heard.model
            self._looks = 0
        self._complete |= heard.is_last
        self._failed |= heard.is_error

    def _said_in(self, payload: bytes) -> int:
        """How much text stands in it, found without reading it where that can be."""
        manner = self._manner
        if manner.calls and manner.calls in payload:
            tree = _tree(payload)
            if isinstance(tree, dict):
                return said_bytes(tree.get(manner.root))
        total = 0
        for name in manner.says:
            at = payload.find(name)
            while at >= 0:
                at += len(name)
                text = _TEXT(payload, at)
                if text is not None:
                    begins, at = text.span(1)
                    total += at - begins if payload.find(b"\\", begins, at) < 0 else _unescaped_bytes(text[1])
                at = payload.find(name, at)
        return total


def _past_line_ends(block: bytes, at: int) -> int:
    """Where something else begins."""
    ends = _LINE_ENDS(block, at)
    return at if ends is None else ends.end()


def _tree(data: bytes) -> Mapping[str, object] | list[object] | None:
    """The JSON that it is, if it is any."""
    try:
        tree = _DECODER.decode(data.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    return tree if isinstance(tree, dict | list) else None


def _first(text: str) -> object:
    """The JSON that it begins with, if it does."""
    try:
        return _DECODER.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def _unescaped_bytes(text: bytes) -> int:
    """How long a text is without its escapes."""
    if b"\\u" not in text:  # each of the others stands for one byte
        escapes = text.count(b"\\") - (text.count(b"\\\\") if b"\\\\" in text else 0)
        return len(text) - escapes
    try:
        said: str = json.loads(b'"' + text + b'"')
    except ValueError:
        return len(text)
    return size_bytes(said)
