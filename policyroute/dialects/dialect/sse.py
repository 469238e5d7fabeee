"""Server-sent events, as far as they have to be looked into."""

from __future__ import annotations

_OPENS = ord("{")


def lists_only_objects(events: bytes) -> bool:
    """Whether no `[` of these whole events stands before anything but an object: no list is empty, and no text has one."""
    at = events.find(b"[")
    while at >= 0 and events[at + 1] == _OPENS:
        at = events.find(b"[", at + 2)
    return at < 0


def payload_of(event: bytes) -> bytes:
    """What an event says in its `data` lines. Lines end in LF here, and the blank line after the last is not part of it."""
    first = event.find(b"\n")
    if first < 0:
        return event[5:] if event.startswith(b"data:") else b""
    if event.startswith(b"event:") and event.startswith(b"data:", first + 1) and event.find(b"\n", first + 1) < 0:
        return event[first + 6 :]
    return b"\n".join([line[5:] for line in event.split(b"\n") if line.startswith(b"data:")])
