"""The core schema of YAML 1.2: what a text without quotes means. `no`, `1:30` and dates are text."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

MAX_DIGITS = 18

Value = str | int | float | bool | None

WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MAY_BE_NUMBER = frozenset("+-.0123456789")
_PLAIN_INT = re.compile(rf"[-+]?(?:0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}})")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NOT_ZERO = re.compile(r"[-+.0]*[1-9]")
_OCTAL_LOOKING = re.compile(r"[-+]?0[0-9]")
_BASES = {"0x": 16, "0o": 8}


class Meaningless(NamedTuple):
    """Why a text that looks like a number is none."""

    message: str
    help: str


def resolved(text: str) -> Value | Meaningless:
    """What a text without quotes means in the core schema of YAML 1.2."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in _MAY_BE_NUMBER:
        return text
    if _PLAIN_INT.fullmatch(text):
        return int(text)
    if _INT.fullmatch(text):
        if _OCTAL_LOOKING.match(text):
            return Meaningless("a number with a leading zero", "write it without the zero, octal as `0o17`, and a text in quotes")
        if len(text) > MAX_DIGITS + 6 or abs(number := int(text, _BASES.get(text[:2], 10))) >= 10**MAX_DIGITS:
            return Meaningless(f"a number of more than {MAX_DIGITS} digits", "put it in quotes if it is a text")
        return number
    if _FLOAT.fullmatch(text):
        value = float(text)
        if math.isinf(value) or (value == 0 and _NOT_ZERO.match(text)):
            return Meaningless("a number that is out of range", "put it in quotes if it is a text")
        return value
    if _NOT_FINITE.fullmatch(text):
        return Meaningless(
            "a number that nothing can be compared with", "write a finite number, or put it in quotes if it is a text"
        )
    return text
