"""Takes the usage out of a stream again, for a caller who did not ask for it: exactly that event, and no other byte."""

from __future__ import annotations

import json
import re

from policyroute.dialects.dialect.sse import lists_only_objects, payload_of

MOST_HELD_BYTES = 16_384  # one that tells usage only is far smaller
_USAGE = b'"usage"'
_NO_USAGE = b'"usage":null'
_NO_USAGE_APART = b'"usage": null'

_ENDS = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)").finditer
_SAYS_NOTHING = re.compile(rb"(?:[\r\n]|:[^\r\n]*(?:\r\n|\n))*").match  # blank lines and comments
_FIELDS = (b"d", b"e", b"i", b"r")  # of an event: data, event, id, retry


class UsageStripper:
    """A filter for the streams of chat and old completions. It holds back an event that has not come whole, and nothing else."""

    __slots__ = ("_after_cr", "_held", "_passing")

    def __init__(self) -> None:
        self._held = b""
        self._passing = False  # in an event that goes on as it comes
        self._after_cr = False  # of an event that was taken out, and whose last line may end in LF yet

    def feed(self, data: bytes) -> bytes:
        """What of these bytes, and of those held back, goes on."""
        if not (self._held or self._passing or self._after_cr) and data.endswith((b"\n\n", b"\r\n\r\n")):
            if lists_only_objects(data):
                return data
            told = data.count(_USAGE)
            if not told or told == data.count(_NO_USAGE) or told == data.count(_NO_USAGE_APART):
                return data
        if self._after_cr and data:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        searched = max(0, len(self._held) - 3)
        data = self._held + data
        goes: list[bytes] = []
        at = 0
        for end in _ENDS(data, searched):
            goes.append(self._kept(data[at : end.end()]))
            at = end.end()
            if not goes[-1] and at == len(data):
                self._after_cr = data.endswith(b"\r")
        rest = data[at:]
        if not self._passing:
            silent = _SAYS_NOTHING(rest)
            assert silent is not None
            goes.append(silent[0])
            rest = rest[silent.end() :]
            self._passing = len(rest) > MOST_HELD_BYTES or (rest != b"" and not rest.startswith(_FIELDS))
        if self._passing:  # but for a line end, which could be the first of the two that end the event
            line = rest.rstrip(b"\r\n")
            goes.append(line)
            rest = rest[len(line) :]
        self._held = rest
        return b"".join(goes)

    def end(self) -> bytes:
        """What is left when no more bytes come."""
        held, self._held = self._held, b""
        return self._kept(held)

    def _kept(self, event: bytes) -> bytes:
        if self._passing:
            self._passing = False
            return event
        if _USAGE not in event:
            return event
        silent = _SAYS_NOTHING(event)
        assert silent is not None
        return silent[0] if _tells_usage_only(event[silent.end() :]) else event


def _tells_usage_only(event: bytes) -> bool:
    try:
        said = json.loads(payload_of(event.replace(b"\r\n", b"\n").replace(b"\r", b"\n")))
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("choices") == [] and isinstance(said.get("usage"), dict)
