"""Putting values back into an answer that is streamed: a placeholder may be spread over several events."""

from __future__ import annotations

import copy
import json
import re
from typing import Any, NamedTuple

from policyroute.dialects.dialect.sse import lists_only_objects, payload_of
from policyroute.redaction.answers import Redaction, Restorer

_ENDS = re.compile(rb"\r\n\r\n|\n\n|\r\r")
# What holds text that is said piece by piece; in the second kind it is JSON, piece by piece.
_TEXT = frozenset({"content", "delta", "reasoning_content", "refusal", "text", "thinking"})
_JSON = frozenset({"arguments", "partial_json"})
_WHICH = ("index", "output_index", "content_index", "summary_index", "item_id")
_WHOLE = (".done", ".completed", ".added", ".created", ".in_progress", "_start")
_ENDINGS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_BRACKETS = b"\\u005"  # how `[` could be spelled otherwise
_MOST_HELD_BYTES = 1 << 20

Path = tuple[str | int, ...]


class _Place(NamedTuple):
    """A text within an event: the steps to it, and what tells it from the texts that others say meanwhile."""

    steps: Path
    who: Path


class WholeRestorer:
    """Reads a whole answer before any of it goes on; one that is no JSON goes on as it came."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._held: list[bytes] = []

    def feed(self, data: bytes) -> bytes:
        """Nothing can be said before the end."""
        self._held.append(data)
        return b""

    def end(self) -> bytes:
        """The answer, with the values put back."""
        answer = b"".join(self._held)
        self._held.clear()
        try:
            tree = json.loads(answer)
        except (ValueError, RecursionError):
            return answer
        told = self._redaction.restore_json(tree)
        return answer if told == tree else json.dumps(told, ensure_ascii=False).encode()


class StreamRestorer:
    """Reads an answer's events, and writes those anew in which a value was put back. All others go on byte for byte."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._held = b""
        self._restorers: dict[Path, Restorer] = {}
        self._latest: dict[Path, tuple[Any, Path]] = {}
        self._begun: set[Path] = set()  # the texts that may have begun a placeholder: at least those of which something is held

    def feed(self, data: bytes) -> bytes:
        """What can be said after this piece."""
        if not self._held and not self._begun and data.endswith(_ENDINGS):
            if lists_only_objects(data) and _BRACKETS not in data:  # so there is no placeholder, and none begins
                return data
        searched = max(0, len(self._held) - 3)
        data = self._held + data
        goes: list[bytes] = []
        at = 0
        for end in _ENDS.finditer(data, searched):
            goes.append(self._event(data[at : end.end()]))
            at = end.end()
        self._held = data[at:]
        if len(self._held) > _MOST_HELD_BYTES:
            goes.append(self._held)
            self._held = b""
        return b"".join(goes)

    def end(self) -> bytes:
        """What is left when no more comes."""
        held, self._held = self._held, b""
        return self._left() + held

    def _event(self, event: bytes) -> bytes:
        payload = payload_of(event.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
        try:
            tree = json.loads(payload)
        except (ValueError, RecursionError):
            return self._left() + event if payload.strip() == b"[DONE]" else event
        if not isinstance(tree, dict):
            return event
        kind = tree.get("type")
        if isinstance(kind, str) and kind.endswith(_WHOLE):
            told = self._redaction.restore_json(tree)
            return event if told == tree else _written(event, told)
        before = self._left() if _is_last(tree) else b""
        changed = False
        for place in _places(tree, (), _who(tree)):
            changed |= self._put_back(tree, place)
        return before + (_written(event, tree) if changed else event)

    def _put_back(self, tree: Any, place: _Place) -> bool:
        """One text of an event; whether it is another one now."""
        holder = _at(tree, place.steps[:-1])
        name = place.steps[-1]
        said = holder[name]
        restorer = self._restorers.get(place.who)
        if restorer is None:
            restorer = self._restorers[place.who] = self._redaction.restorer(escaped=name in _JSON)
        told = restorer.feed(said)
        self._latest[place.who] = tree, place.steps
        if "[" in said:
            self._begun.add(place.who)
        elif told:  # all that was held is out
            self._begun.discard(place.who)
        if told == said:
            return False
        holder[name] = told
        return True

    def _left(self) -> bytes:
        """What restorers hold back, each in an event like the last one of its text."""
        goes = []
        self._begun.clear()
        for who, restorer in self._restorers.items():
            rest = restorer.close()
            if rest:
                tree, steps = self._latest[who]
                tree = copy.deepcopy(tree)
                _at(tree, steps[:-1])[steps[-1]] = rest
                goes.append(b"data: " + json.dumps(tree, ensure_ascii=False).encode() + b"\n\n")
        return b"".join(goes)


def _at(tree: Any, steps: Path) -> Any:
    for step in steps:
        tree = tree[step]
    return tree


def _who(tree: Any) -> Path:
    return tuple(tree[name] for name in _WHICH if isinstance(tree.get(name), str | int))


def _places(value: Any, steps: Path, who: Path) -> list[_Place]:
    """The texts of an event that go on in the next one."""
    found: list[_Place] = []
    if isinstance(value, dict):
        mine = who + _who(value) if steps else who
        for key, held in value.items():
            if isinstance(held, str) and (key in _TEXT or key in _JSON):
                found.append(_Place((*steps, key), (*mine, *(step for step in steps if isinstance(step, str)), key)))
            elif isinstance(held, dict | list):
                found += _places(held, (*steps, key), mine)
    elif isinstance(value, list):
        for at, held in enumerate(value):
            found += _places(held, (*steps, at), who)
    return found


def _is_last(tree: Any) -> bool:
    """Whether a text ends here, so that nothing of it can be held back any more."""
    choices = tree.get("choices") or tree.get("candidates") or ()
    ends = any(isinstance(one, dict) and (one.get("finish_reason") or one.get("finishReason")) for one in choices)
    return ends or tree.get("type") in ("content_block_stop", "message_stop", "message_delta")


def _written(event: bytes, tree: Any) -> bytes:
    """The event with another payload; its other lines stay."""
    lines = [line for line in re.split(rb"\r\n|\n|\r", event) if line]
    kept = [line for line in lines if not line.startswith(b"data:")]
    return b"\n".join([*kept, b"data: " + json.dumps(tree, ensure_ascii=False).encode()]) + b"\n\n"
