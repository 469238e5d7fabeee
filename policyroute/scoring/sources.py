"""How the tables are written: a source stands for finitely many strings.

(a|b)   one of them            ab?c    b may be missing, (group)? as well      [abx-z]   one of these characters
\\?      the character itself   ^ and $ the beginning and the end; in shapes ^ is the beginning of any line
_       in words: the blank at a word's edge. All marks are blanks there, every digit is 0, and case is not told apart.
"""

from __future__ import annotations

import re
from typing import Final

BEGIN: Final = "\x01"
END: Final = "\x02"
MOST_STRINGS: Final = 1_000
_TOKEN: Final = re.compile(r"\\.|\[(?:\\.|[^]\\])+\]|[()|?^$]|[^\\\[\]()|?^$]+(?!\?)|.", re.DOTALL)
_ANCHORS: Final = {"^": BEGIN, "$": END}


def expand(source: str) -> list[str]:
    """Every string that the source stands for; raises ValueError where it is badly written or stands for too many."""
    tokens = _TOKEN.findall(source)[::-1]
    strings = _alternatives(tokens)
    if tokens:
        raise ValueError(f"a `)` too many in {source!r}")
    return strings


def _alternatives(tokens: list[str]) -> list[str]:
    """Takes tokens from the end of the list, up to the parenthesis that closes."""
    whole: list[str] = []
    run = [""]
    while tokens and tokens[-1] != ")":
        token = tokens.pop()
        if token == "|":
            whole += run
            run = [""]
            continue
        options = _options(token, tokens)
        if tokens and tokens[-1] == "?":
            tokens.pop()
            options = ["", *options]
        run = [head + tail for head in run for tail in options] if len(options) > 1 else [head + options[0] for head in run]
        if len(run) > MOST_STRINGS:
            raise ValueError("a source stands for too many strings")
    return whole + run


def _options(token: str, tokens: list[str]) -> list[str]:
    if token == "(":
        options = _alternatives(tokens)
        if not tokens:
            raise ValueError("a `(` is not closed")
        tokens.pop()
        return options
    if len(token) > 1 and token[0] == "[":
        return _members(token[1:-1])
    if token in ("?", "[", "]", "\\"):
        raise ValueError(f"`{token}` must be quoted")
    return [_ANCHORS.get(token, token.removeprefix("\\"))]


def _members(inside: str) -> list[str]:
    """The characters of a class."""
    found: list[str] = []
    for quoted, first, last, char in re.findall(r"\\(.)|(.)-(.)|(.)", inside, re.DOTALL):
        if first:
            found += map(chr, range(ord(first), ord(last) + 1))
        else:
            found.append(quoted or _ANCHORS.get(char, char))
    return found
