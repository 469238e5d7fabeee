"""Strict JSON: a body is read in exactly one way, or refused, and is written as it was read.

What two parsers could read differently is what hides a value from one of them: a key given twice, NaN, another
encoding, a lone surrogate. All of that is refused here, and so is what only serves to exhaust the reader.
"""

from __future__ import annotations

import json
import re
import sys
import zlib
from collections.abc import Collection, Mapping
from json.encoder import encode_basestring
from typing import NamedTuple, TypeAlias

from policyroute.errors import CallError

MAX_BYTES = 10_000_000
MAX_DEPTH = 100
MAX_DIGITS = 4300

# Reading takes time by the value, not by the byte, and it happens where other calls wait. What a body may hold beside
# plain text is counted together: each of these alone, or a mix. All of it holds for `MAX_BYTES`, and grows with the size
# that is allowed.
MAX_CONTAINERS = 20_000
MAX_STRINGS = 100_000
MAX_FRACTIONS = 40_000
MAX_VALUES = 320_000  # of what is none of these
MAX_DIGITS_IN_ALL = 1_000_000  # beyond a few for each value
MAX_ESCAPES = 500_000  # in a body that is larger than all text may be
MAX_TEXT_CHARS = 2_500_000
_FEW_DIGITS = 8
_MAX_MEMBERS = 1000
_CHUNK_BYTES = 65_536
_HALF = re.compile(rb"\\u[dD][89a-fA-F]").search  # of a character that takes two escapes


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
_PLAIN = frozenset({str, int, Real, bool, type(None)})
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
_CAREFUL = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole, parse_float=_real, parse_constant=_constant)
# Without a hook for every number, where the interpreter itself refuses those of too many digits.
_QUICK = json.JSONDecoder(object_pairs_hook=_object, parse_float=_real, parse_constant=_constant)


def parse(body: bytes, names: Collection[str] = (), max_bytes: int = MAX_BYTES) -> dict[str, Json]:
    """The object that the body is; `names` are the keys that a complaint may repeat, all others are shown as `*`."""
    if len(body) > max_bytes:
        raise _too_large(max_bytes)
    text = _as_text(body)
    if len(body) > MAX_CONTAINERS:  # every value takes a byte
        _bound(body, room(max_bytes))
    tree = _decoded(text, _QUICK if 0 < sys.get_int_max_str_digits() <= MAX_DIGITS else _CAREFUL)
    if type(tree) is Fault and tree.key is not None:
        raise CallError(_complaint("", tree, names))
    if type(tree) is not dict:
        raise CallError("the body is not a JSON object")
    fault = _inspect(tree, b"\\" in body and _HALF(body) is not None)
    if fault is not None:
        raise CallError(_complaint(_place(tree, fault, names), fault, names))
    return tree


def room(max_bytes: int) -> float:
    """How much more than by default a body may hold, where it may be larger."""
    return max(1.0, max_bytes / MAX_BYTES)


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


# Of a body without its strings: what opens, parts and splits values, and its numbers as if all digits were one.
_SILENT = bytes(byte for byte in range(256) if byte not in b"{[,.")
_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
_NO_DIGITS = bytes(byte for byte in range(256) if byte not in b"0123456789")


def _bound(body: bytes, times: float) -> None:
    """Refuse what would take long to read, before it is read: counting signs is quick."""
    if b"\\" in body:
        if len(body) > MAX_TEXT_CHARS * times and body.count(b"\\") > MAX_ESCAPES * times:
            raise _too_much("escapes")
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    pieces = body.split(b'"', int(2 * MAX_STRINGS * times) + 1)  # every other piece stands outside of the strings
    if len(pieces) > 2 * MAX_STRINGS * times + 1:
        raise _too_much("strings and names")
    outside = b"".join(pieces[::2])
    strings = len(pieces) / 2
    signs = outside.translate(None, _SILENT)
    if len(signs) > 4 * MAX_VALUES * times:
        raise _too_much("values")
    containers, commas = signs.count(b"{") + signs.count(b"["), signs.count(b",")
    digits = len(outside.translate(None, _NO_DIGITS)) - _FEW_DIGITS * (containers + commas)
    if digits > MAX_DIGITS_IN_ALL * times:
        raise _too_much("digits")
    numbers = outside.translate(_ZEROS)
    fractions = signs.count(b".") + numbers.count(b"0e") + numbers.count(b"0E")
    spent = {
        "objects and lists": containers / MAX_CONTAINERS,
        "strings and names": strings / MAX_STRINGS,
        "fractions": fractions / MAX_FRACTIONS,
        "values": max(0, commas - strings - containers - fractions) / MAX_VALUES,
        "digits": max(0, digits) / MAX_DIGITS_IN_ALL,
    }
    if sum(spent.values()) > times:
        raise _too_much(max(spent, key=spent.__getitem__))


def _too_much(what: str) -> CallError:
    return CallError(f"the body has more {what} than are read", code="body_too_large", status=413)


def _decoded(text: str, decoder: json.JSONDecoder) -> object:
    # The errors of `json` carry the whole text, so ours must not be raised while one of them is being handled.
    try:
        return decoder.decode(text)
    except RecursionError:
        complaint = f"the body nests more than {MAX_DEPTH} levels deep"
    except json.JSONDecodeError as wrong:
        complaint = f"the body is not JSON from character {wrong.pos} on"
    except ValueError:
        complaint = "the body has a number with too many digits"
    if decoder is _QUICK and complaint.endswith("digits"):
        return _decoded(text, _CAREFUL)  # which knows where it stands
    raise CallError(complaint)


def _inspect(tree: dict[str, Json], halves: bool) -> Fault | None:
    """Look through the tree, level by level, for depth, for faults, and for text that is not Unicode.

    Such text can only come from escapes of `halves`: the body itself was decoded strictly.
    """
    level: list[object] = [tree]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for held in level:
            if type(held) is dict:
                if halves:
                    below += held
                below += held.values()
            elif type(held) is list:
                if halves or not set(map(type, held)) <= _PLAIN:
                    below += held
            elif type(held) is Fault:
                return held
        if halves and not _is_unicode("".join([leaf for leaf in below if type(leaf) is str])):
            return _NOT_UNICODE
        level = [leaf for leaf in below if type(leaf) in _CONTAINERS]
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


def unpacked(body: bytes, encoding: str, most_bytes: int = MAX_BYTES) -> bytes:
    """The body below its `Content-Encoding`: as it is, or out of gzip, and never more of it than `most_bytes`."""
    names = [name for name in map(str.strip, encoding.lower().split(",")) if name not in ("", "identity")]
    if names not in ([], ["gzip"], ["x-gzip"]):
        raise CallError("Content-Encoding: expected gzip or none", code="unsupported_encoding", status=415)
    if len(body) <= most_bytes:
        return _gunzipped(body, most_bytes) if names and body else body
    raise _too_large(most_bytes)


def _too_large(most_bytes: int) -> CallError:
    return CallError(f"the body is larger than {most_bytes:,} bytes", code="body_too_large", status=413)


def _gunzipped(body: bytes, most_bytes: int) -> bytes:
    pieces: list[bytes] = []
    at, room = 0, most_bytes + 1
    for _ in range(_MAX_MEMBERS):
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        while not member.eof and at < len(body):
            try:
                pieces.append(member.decompress(body[at : at + _CHUNK_BYTES], room))
            except zlib.error:
                break
            at += min(_CHUNK_BYTES, len(body) - at) - len(member.unused_data)
            room -= len(pieces[-1])
            if room <= 0:
                raise _too_large(most_bytes)
        if not member.eof:
            break
        if body.count(b"\0", at) == len(body) - at:  # what is padded to whole blocks ends in zeros
            return b"".join(pieces)
    raise CallError("the body is not gzip, as its Content-Encoding says")


def dump(tree: Mapping[str, Json]) -> bytes:
    """The body that is forwarded: read again, it is the same object, and every number is spelled as it came."""
    if not _respelled(tree):
        return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()
    out: list[str] = []
    _write(tree, out)
    return "".join(out).encode()


def _respelled(tree: Mapping[str, Json]) -> bool:
    """Whether a number is spelled in another way than Python would."""
    level: list[Json] = list(tree.values())
    while level:
        if any(type(leaf) is Real and float.__repr__(leaf) != leaf.raw for leaf in level):
            return True
        below: list[Json] = []
        for held in level:
            if type(held) is dict:
                below += held.values()
            elif type(held) is list:
                below += held
        level = below
    return False


def _write(value: Mapping[str, Json] | Json, out: list[str]) -> None:
    if isinstance(value, str):
        out.append(encode_basestring(value))
    elif isinstance(value, Mapping):
        before = "{"
        for key, below in value.items():
            out += (before, encode_basestring(key), ":")
            _write(below, out)
            before = ","
        out.append("}" if value else "{}")
    elif isinstance(value, list):
        before = "["
        for below in value:
            out.append(before)
            _write(below, out)
            before = ","
        out.append("]" if value else "[]")
    else:
        out.append(value.raw if type(value) is Real else json.dumps(value))
