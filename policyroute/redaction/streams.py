"""Putting values back into an answer on its way: whole JSON, or pieces of it over which a placeholder may be spread.

Nothing that an upstream sends raises here. What is not understood goes on byte for byte, and so does what has no placeholder.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from policyroute.dialects.dialect.sse import lists_only_objects, payload_of
from policyroute.redaction.answers import Redaction, Restorer

_ENDS = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
# What holds text that is said piece by piece; in the second kind it is JSON, piece by piece; the third is said in one piece.
_TEXT = frozenset({"content", "delta", "reasoning_content", "refusal", "text", "thinking"})
_JSON = frozenset({"arguments", "partial_json"})
_AT_ONCE = frozenset({"functionCall", "functionResponse", "executableCode", "codeExecutionResult"})
_WHICH = ("index", "output_index", "content_index", "summary_index", "item_id")
_OVER = (".done", ".completed", ".incomplete", ".failed")  # says again what was said in pieces
_WHOLE = (*_OVER, ".added", ".created", ".in_progress", "_start")
_STOPS = ("content_block_stop", "message_stop", "message_delta")
_ENDINGS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_BRACKETS = b"\\u005"  # how `[` could be spelled otherwise
_MOST_HELD_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"
_FIELDS = (b"d", b"e", b":", b"i", b"r")  # what the lines of events begin with
_IN_TEXT = re.compile(rb'["\\]').search
_IN_LIST = re.compile(rb'["\[\]{}]').search

Path = tuple[str | int, ...]


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("too large a number")
    return number


_DECODER = json.JSONDecoder(parse_float=_float)


class _Place(NamedTuple):
    """A text within a piece: the steps to it, and what tells it from the texts that others say meanwhile."""

    steps: Path
    who: Path


class _Read(NamedTuple):
    """What became of a piece: what has to be said before it, and the piece itself if it is another one now."""

    before: list[bytes]
    told: bytes | None


class Restoring:
    """A filter for an answer. Whether it is `streamed` shows in its first byte, and that is believed before what was asked."""

    __slots__ = ("_held", "_part", "_redaction", "_streamed")

    def __init__(self, redaction: Redaction, streamed: bool) -> None:
        self._redaction = redaction
        self._streamed = streamed
        self._held = b""
        self._part: StreamRestorer | ListRestorer | WholeRestorer | None = None

    def feed(self, data: bytes) -> bytes:
        """What can be said after this piece."""
        part = self._part
        return self._begin(data) if part is None else part.feed(data)

    def end(self) -> bytes:
        """What is left when no more comes."""
        return self._held if self._part is None else self._part.end()

    def _begin(self, data: bytes) -> bytes:
        data = self._held + data
        after_bom = data.removeprefix(_BOM)
        opening = after_bom.lstrip()
        self._held = data if len(data) < len(_BOM) and _BOM.startswith(data) else b""  # which may have come in part
        if self._held or not opening:
            return b"" if self._held else data
        if opening.startswith(b"{"):
            self._part = WholeRestorer(self._redaction)
        elif opening.startswith(b"["):
            self._part = ListRestorer(self._redaction) if self._streamed else WholeRestorer(self._redaction)
        elif self._streamed or opening.startswith(_FIELDS):
            self._part = StreamRestorer(self._redaction)
        else:
            self._part = WholeRestorer(self._redaction)
        return data[: len(data) - len(opening)] + self._part.feed(opening)


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
            tree = _tree(answer)
            told = self._redaction.restore_json(tree)
            return answer if _same(told, tree) else _json(told)
        except (ValueError, RecursionError):
            return answer


class StreamRestorer:
    """Reads an answer's events, and writes those anew in which a value was put back. All others go on byte for byte."""

    __slots__ = ("_begun", "_held", "_pieces")

    def __init__(self, redaction: Redaction) -> None:
        self._pieces = _Pieces(redaction)
        self._begun = self._pieces.begun
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What can be said after this piece."""
        if not self._held and not self._begun and data.endswith(_ENDINGS):
            if _BRACKETS not in data and lists_only_objects(data):  # so there is no placeholder, and none begins
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
        event = self._event(held) if held else b""
        return self._left() + event if event == held else event + self._left()

    def _left(self) -> bytes:
        return b"".join(map(_event, self._pieces.left()))

    def _event(self, event: bytes) -> bytes:
        payload = payload_of(event.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
        if payload.strip() == b"[DONE]":
            return self._left() + event
        before, told = self._pieces.read(payload)
        if told is not None:
            lines = [line for line in re.split(rb"\r\n|\n|\r", event) if line]
            event = b"\n".join([*(line for line in lines if not line.startswith(b"data:")), _event(told)])
        return b"".join([*map(_event, before), event])


class ListRestorer:
    """Reads a list of the pieces of an answer; each goes on when it is whole, and as it came if no value was put back."""

    __slots__ = ("_depth", "_held", "_in_text", "_pieces", "_skipped")

    def __init__(self, redaction: Redaction) -> None:
        self._pieces = _Pieces(redaction)
        self._held: list[bytes] = []  # of a piece
        self._depth = 0
        self._in_text = False
        self._skipped = 0  # bytes yet to come that an escape makes meaningless

    def feed(self, data: bytes) -> bytes:
        """What can be said after these bytes."""
        goes: list[bytes] = []
        begins = 0
        for at, closes in self._bounds(data):
            if not closes:
                goes.append(data[begins:at])
            elif self._depth:
                goes.append(self._piece(b"".join([*self._held, data[begins:at]])))
                self._held.clear()
            else:  # of the list itself
                goes += [data[begins : at - 1], self._left(), data[at - 1 : at]]
            begins = at
        rest = data[begins:]
        (self._held if self._depth > 1 else goes).append(rest)
        return b"".join(goes)

    def end(self) -> bytes:
        """What is left when no more comes: nothing, if the list was whole."""
        held = b"".join(self._held)
        self._held.clear()
        return held or self._left()

    def _bounds(self, data: bytes) -> Iterator[tuple[int, bool]]:
        """Where each piece begins, or closes, and where the list does."""
        at, self._skipped = self._skipped, max(0, self._skipped - len(data))
        while (found := (_IN_TEXT if self._in_text else _IN_LIST)(data, at)) is not None:
            sign, at = found[0], found.end()
            if sign == b'"':
                self._in_text = not self._in_text
            elif sign == b"\\":
                at += 1
                self._skipped = max(0, at - len(data))
            elif sign in b"[{":
                self._depth += 1
                if self._depth == 2:
                    yield at - 1, False
            else:
                self._depth -= 1
                if self._depth in (0, 1):
                    yield at, True

    def _piece(self, piece: bytes) -> bytes:
        before, told = self._pieces.read(piece)
        return b",".join([*before, piece if told is None else told])

    def _left(self) -> bytes:
        return b"".join(b"," + left for left in self._pieces.left())


class _Pieces:
    """The pieces of an answer, one after the other, with what is held back of each of its texts."""

    __slots__ = ("_latest", "_redaction", "_restorers", "begun")

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._restorers: dict[Path, Restorer] = {}
        self._latest: dict[Path, tuple[Any, Path]] = {}
        self.begun: set[Path] = set()  # the texts that may have begun a placeholder: at least those of which something is held

    def read(self, payload: bytes) -> _Read:
        """The next piece. One that is no object stays as it is."""
        try:
            tree = _tree(payload)
            return self._take(tree) if isinstance(tree, dict) else _Read([], None)
        except (ValueError, RecursionError):
            return _Read([], None)

    def left(self, who: Path = ()) -> list[bytes]:
        """What is held back of these texts, each in a piece like the last one of its text, which says nothing else."""
        goes = []
        for one in [one for one in self._restorers if one[: len(who)] == who]:
            self.begun.discard(one)
            rest = self._restorers[one].close()
            if rest:
                tree, steps = self._latest[one]
                try:
                    goes.append(_json(_saying(tree, steps, rest)))
                except RecursionError:  # the stack is deeper than it was when this was read
                    continue
        return goes

    def _take(self, tree: dict[str, Any]) -> _Read:
        kind = tree.get("type")
        if isinstance(kind, str) and kind.endswith(_WHOLE):
            told = self._redaction.restore_json(tree)
            written = None if _same(told, tree) else _json(told)
            return _Read(self.left(_who(tree)) if kind.endswith(_OVER) else [], written)
        places = _places(tree, (), _who(tree))
        changed = False
        for place in places:
            changed |= self._put_back(tree, place)
        before: list[bytes] = []
        for who in _ended(tree):
            for place in reversed(places):
                if place.who[: len(who)] == who:
                    changed |= self._close(tree, place)
            before += self.left(who)
        return _Read(before, _json(tree) if changed else None)

    def _put_back(self, tree: Any, place: _Place) -> bool:
        """One text of a piece; whether it is another one now."""
        holder = _at(tree, place.steps[:-1])
        name = place.steps[-1]
        said = holder[name]
        if name in _AT_ONCE:
            holder[name] = self._redaction.restore_json(said)
            return not _same(holder[name], said)
        restorer = self._restorers.get(place.who)
        if restorer is None:
            restorer = self._restorers[place.who] = self._redaction.restorer(escaped=name in _JSON)
        told = restorer.feed(said)
        self._latest[place.who] = tree, place.steps
        if "[" in said:
            self.begun.add(place.who)
        elif told:  # all that was held is out
            self.begun.discard(place.who)
        if told == said:
            return False
        holder[name] = told
        return True

    def _close(self, tree: Any, place: _Place) -> bool:
        """A text that ends in this piece, so that nothing of it is held back any more; whether that changes it."""
        restorer = self._restorers.get(place.who)
        rest = "" if restorer is None else restorer.close()
        if rest:
            _at(tree, place.steps[:-1])[place.steps[-1]] += rest
        return bool(rest)


def _tree(answer: bytes) -> Any:
    """The JSON that it is; `ValueError` if it is none, or has numbers that could not be written again."""
    return _DECODER.decode(answer.decode("utf-8", "surrogatepass"))


def _json(tree: Any) -> bytes:
    """As it is sent: in UTF-8, or in ASCII where a text has half a character, which only an escape can say."""
    try:
        return json.dumps(tree, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(tree).encode()


def _same(told: Any, tree: Any) -> bool:
    return told is tree or bool(told == tree)  # NaN is not what it is


def _event(payload: bytes) -> bytes:
    return b"data: " + payload + b"\n\n"


def _at(tree: Any, steps: Path) -> Any:
    for step in steps:
        tree = tree[step]
    return tree


def _who(tree: Any) -> Path:
    return tuple(tree[name] for name in _WHICH if isinstance(tree.get(name), str | int))


def _places(value: Any, steps: Path, who: Path) -> list[_Place]:
    """The texts of a piece that go on in the next one, and what is said at once."""
    found: list[_Place] = []
    if isinstance(value, dict):
        mine = who + _who(value) if steps else who
        for key, held in value.items():
            if key in _AT_ONCE or (isinstance(held, str) and (key in _TEXT or key in _JSON)):
                found.append(_Place((*steps, key), (*mine, *(step for step in steps if isinstance(step, str)), key)))
            elif isinstance(held, dict | list):
                found += _places(held, (*steps, key), mine)
    elif isinstance(value, list):
        for at, held in enumerate(value):
            found += _places(held, (*steps, at), who)
    return found


def _saying(tree: Any, steps: Path, text: str) -> Any:
    """A piece that was said already, with only this text in it."""
    for place in _places(tree, (), ()):
        holder, name = _at(tree, place.steps[:-1]), place.steps[-1]
        if name in _AT_ONCE:
            del holder[name]
        else:
            holder[name] = text if place.steps == steps else ""
    return tree


def _ended(tree: dict[str, Any]) -> list[Path]:
    """The beginnings of those texts that end here, so that nothing of them can be held back any more."""
    if tree.get("type") in _STOPS:
        return [_who(tree)]
    choices = tree.get("choices") or tree.get("candidates")
    if not isinstance(choices, list):
        return []
    ends = [one for one in choices if isinstance(one, dict) and (one.get("finish_reason") or one.get("finishReason"))]
    return [_who(tree) + _who(one) for one in ends]
