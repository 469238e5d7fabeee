"""Strict JSON: a body is read in exactly one way, or refused.

What two parsers could read differently is what hides a value from one of them: a key given twice, NaN, another
encoding, a lone surrogate. All of that is refused here, and so is what only serves to exhaust the reader.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from itertools import pairwise, repeat
from typing import NamedTuple, TypeAlias

from policyroute.errors import CallError

MAX_DEPTH = 100
MAX_DIGITS = 4300


class Real(float):
    """A number with a fraction or an exponent, which remembers how it was written."""

    __slots__ = ("raw",)
    raw: str

    def __new__(cls, raw: str) -> Real:
        """The number that `raw` is."""
        number = super().__new__(cls, raw)
        number.raw = raw
        return number

    def __str__(self) -> str:
        """As it was written."""
        return self.raw


Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | Real | bool | None"


class Fault(NamedTuple):
    """What stands in the tree where the body says something that must not be read."""

    complaint: str
    key: str | None = None


_CONTAINERS = frozenset({dict, list, Fault})
_NOT_FINITE = Fault("expected a finite number")
_TOO_LONG = Fault(f"expected a number of at most {MAX_DIGITS} digits")
_NOT_UNICODE = Fault("expected text without lone surrogates")


def _whole(raw: str) -> int | Fault:
    return int(raw) if len(raw) <= MAX_DIGITS else _TOO_LONG


def _real(raw: str) -> Real | Fault:
    if len(raw) > MAX_DIGITS:
        return _TOO_LONG
    number = Real(raw)
    return number if number - number == 0.0 else _NOT_FINITE


def _constant(_name: str) -> Fault:
    return _NOT_FINITE


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json] | Fault:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            break
        seen.add(key)
    return Fault("given twice", key)


# One decoder for all calls: it holds no state between them. The hooks never raise; `_inspect` finds what they left.
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole, parse_float=_real, parse_constant=_constant)


def parse(body: bytes, names: Collection[str] = ()) -> dict[str, Json]:
    """The object that the body is; `names` are the keys that a complaint may repeat, all others are shown as `*`."""
    tree = _decoded(_as_text(body))
    if type(tree) is Fault and tree.key is not None:
        raise CallError(_complaint("", tree, names))
    if type(tree) is not dict:
        raise CallError("the body is not a JSON object")
    fault = _inspect(tree)
    if fault is not None:
        raise CallError(_complaint(_place(tree, fault, names), fault, names))
    return tree


def _as_text(body: bytes) -> str:
    if not body:
        raise CallError("the body is empty")
    if body.startswith(b"\xef\xbb\xbf"):
        raise CallError("the body starts with a byte order mark, expected plain UTF-8")
    if b"\0" not in body[:4]:  # UTF-16 and UTF-32 show in the first four bytes
        try:
            return body.decode()
        except UnicodeDecodeError:
            pass
    raise CallError("the body is not UTF-8")


def _decoded(text: str) -> object:
    # The errors of `json` carry the whole text, so ours must not be raised while one of them is being handled.
    try:
        return _DECODER.decode(text)
    except RecursionError:
        complaint = f"the body nests more than {MAX_DEPTH} levels deep"
    except json.JSONDecodeError as wrong:
        complaint = f"the body is not JSON from character {wrong.pos} on"
    except ValueError:  # an interpreter that was told to allow fewer digits
        complaint = "the body has a number with too many digits"
    raise CallError(complaint)


def _inspect(tree: dict[str, Json]) -> Fault | None:
    """Look through the tree, level by level, for depth, for faults, and for text that is not Unicode."""
    level: list[object] = [tree]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for held in level:
            if type(held) is dict:
                below += held
                below += held.values()
            elif type(held) is list:
                below += held
            elif type(held) is Fault:
                return held
        if not _is_unicode("".join([leaf for leaf in below if type(leaf) is str])):
            return _NOT_UNICODE
        level = [leaf for leaf in below if type(leaf) is not str and type(leaf) in _CONTAINERS]
        if not level:
            return None
    raise CallError(f"the body nests more than {MAX_DEPTH} levels deep")


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _complaint(place: str, fault: Fault, names: Collection[str]) -> str:
    if fault.key is None:
        return f"{place}: {fault.complaint}"
    key = fault.key if fault.key in names else "*"
    return f"{place}.{key}: {fault.complaint}" if place else f"{key}: {fault.complaint}"


def _place(tree: dict[str, Json], fault: Fault, names: Collection[str]) -> str:
    """Where the fault is, as `messages[3].content`; only a refused body is walked a second time."""

    def is_it(held: object) -> bool:
        return held is fault or (fault is _NOT_UNICODE and type(held) is str and not _is_unicode(held))

    waiting: list[tuple[object, str]] = [(tree, "")]
    while waiting:
        held, place = waiting.pop()
        if is_it(held):
            return place
        if type(held) is dict:
            for key, value in held.items():
                below = f"{place}.{key if key in names else '*'}".lstrip(".")
                if is_it(key):
                    return below
                waiting.append((value, below))
        elif type(held) is list:
            waiting.extend((value, f"{place}[{index}]") for index, value in enumerate(held))
    return "*"


# Words of the wire formats and of JSON Schema. They say nothing of a caller, so they are not repeated as text.
WORDS = frozenset(
    """
    additionalProperties allOf any anyOf application/json application/pdf array ascending assistant audio/mp3 audio/wav auto
    base64 boolean chat code completed concise const content content_filter custom default default_api definitions description
    detailed developer disabled distinct document embedding enabled end enum ephemeral examples false file float format function
    function_call function_call_output grammar high image image/gif image/jpeg image/png image/webp image_url in_memory
    in_progress incomplete input input_audio input_file input_image input_text integer items json json_object json_schema lark
    length low maxItems maxLength maximum medium message minItems minLength minimal minimum model mp3 name none null number
    object oneOf output output_text parameters pattern priority properties reasoning reasoning.encrypted_content
    redacted_thinking refusal regex required role scale schema search_result server_tool_use standard stop strict string summary
    summary_text system text thinking title tool tool_calls tool_result tool_use true type uniqueItems url user value wav
    web_search xhigh 1h 24h 30m 5m $defs $ref $schema ANY ARRAY AUDIO AUTO BOOLEAN IMAGE INTEGER NONE NUMBER OBJECT STRING TEXT
    BLOCK_LOW_AND_ABOVE BLOCK_MEDIUM_AND_ABOVE BLOCK_NONE BLOCK_ONLY_HIGH OFF HARM_CATEGORY_CIVIC_INTEGRITY
    HARM_CATEGORY_DANGEROUS_CONTENT HARM_CATEGORY_HARASSMENT HARM_CATEGORY_HATE_SPEECH HARM_CATEGORY_SEXUALLY_EXPLICIT
    """.split()
) | {""}


_LONGEST_PLAIN = 1e40  # no number of anybody's is longer, and `1e308` many times over would be a lot of digits


def number_text(number: int | Real) -> str:
    """A number as it is written in the body, and in plain digits where that is another way to write it."""
    if type(number) is not Real:
        return str(number)
    return f"{number.raw} {int(number)}" if number.is_integer() and abs(number) < _LONGEST_PLAIN else number.raw


def opened(text: str) -> str:
    """Text, and below it what it says as JSON: one layer, since a backslash can hide what a reader will see."""
    if "\\" not in text or not ("\\u" in text or _like_json(text)):
        return text
    try:
        inner = _INNER.decode(text)
    except (RecursionError, ValueError):
        return f"{text}\n{_UNICODE_ESCAPES.sub(_unescaped, text)}" if "\\u" in text else text
    leaves: list[str] = []
    waiting: list[object] = [inner]
    while waiting:
        held = waiting.pop()
        if type(held) is str:
            leaves.append(held)
        elif type(held) is list:
            waiting.extend(reversed(held))
    inside = _mended("\n".join(leaves))
    return f"{text}\n{inside}"


def put_lines(value: Json, key: str, lines: list[str]) -> bool:
    """Every key and every leaf of a value, as lines of text like `key: value`; false if some of it is not text."""
    readable = True
    waiting: list[dict[str, Json] | list[Json]] = [{key: value}]
    for held in waiting:  # which grows meanwhile
        for key, leaf in held.items() if type(held) is dict else zip(repeat(""), held):
            if type(leaf) is str:
                text = "" if leaf in WORDS else leaf
                if "\\" in text:
                    text = opened(text)
                elif len(text) > _BLOB_CHARS and _BLOB(text):
                    readable = False
            elif type(leaf) is dict or type(leaf) is list:
                waiting.append(leaf)
                text = ""
            else:
                text = number_text(leaf) if type(leaf) is int or type(leaf) is Real else ""
            if key not in WORDS:
                lines.append(f"{key}: {text}" if text else key)
            elif text:
                lines.append(text)
    return readable


def _lines(pairs: list[tuple[str, object]]) -> list[object]:
    """An object as lines of text; unlike a dict it keeps what is given twice."""
    lines: list[object] = []
    for key, value in pairs:
        if type(value) is str:
            lines.append(f"{key}: {value}")
        else:
            lines += (key, value)
    return lines


def _unescaped(match: re.Match[str]) -> str:
    return _mended(str(_INNER.decode(f'"{match[0]}"')))


def _mended(text: str) -> str:
    """Surrogate pairs joined, lone surrogates replaced: scanners work on UTF-8."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# What JSON inside text says: numbers as they are written, nothing refused, since only a model will read it.
_INNER = json.JSONDecoder(object_pairs_hook=_lines, parse_int=str, parse_float=str, parse_constant=str, strict=False)
# Something encoded: base64 with or without a data URI in front. Short ones are left to the detectors.
_BLOB = re.compile(r"(?:data:[^,]{0,256},)?[A-Za-z0-9+/_-]+=*\s*", re.IGNORECASE).fullmatch
_BLOB_CHARS = 512
_UNICODE_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4})++")

_like_json = re.compile(r'\s*[\[{"]').match


def joined(texts: Sequence[str]) -> str:
    """The texts of one message as one, such that a value is seen whether it ends at a seam or goes across it.

    Nobody knows whether the model will see a gap between two parts. Where neither side has a space there, the text
    comes with a line break first, and then again without; and again without the parts that are only padding.
    """
    glued = [texts[0]]
    for before, after in pairwise(texts):
        glued.append(after if before[-1].isspace() or after[0].isspace() else f"\n{after}")
    variants = ["".join(glued)]
    near = [text if len(text) <= 2 * _SEAM_CHARS else f"{text[:_SEAM_CHARS]}\n{text[-_SEAM_CHARS:]}" for text in texts]
    across = "".join(near)
    filled = "".join([text for text in near if text.strip(_PADDING)])
    variants += [across] if sum(map(len, glued)) > sum(map(len, texts)) else []
    variants += [filled] if len(filled) < len(across) else []
    return "\n".join(variants)


_SEAM_CHARS = 256
_PADDING = (
    " \t\r\n\v\f\x85\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2028\u2029\u202f\u205f\u2060\u3000\u3164\ufeff"
    + "".join(map(chr, range(0x2000, 0x2010)))
)
