"""What a YAML parser stumbled over, in words that say what to do."""

from __future__ import annotations

from typing import NamedTuple


class Stumble(NamedTuple):
    """Where a parser gave up: its own words, the character it stood at ("" at the end), and what is still open.

    `opening` is the innermost bracket or quote that has not been closed, with its place; `swallowed` the quote of a
    text of several lines that ends on this line, with its place.
    """

    said: str
    char: str
    opening: str = ""
    swallowed: str = ""


class Explained(NamedTuple):
    code: str
    message: str
    help: str


_INDENT = "indent it like the lines it belongs to"
_QUOTES = "put the text in quotes"

# The first row of which a needle is in the parser's words. Both parsers, the C one and the Python one, are listed.
_ROWS: tuple[tuple[tuple[str, ...], Explained], ...] = (
    (
        ("unexpected end of stream",),
        Explained("PR001", "the file ends inside a text in quotes", "{opening} is never closed"),
    ),
    (
        ("unexpected document",),
        Explained("PR001", "a document ends inside a text in quotes", "{opening} is never closed"),
    ),
    (
        ("unknown escape",),
        Explained("PR001", "unknown escape", "write a backslash twice in double quotes, or use single quotes, which keep it"),
    ),
    (
        ("hexdecimal", "hexadecimal", "escape code", "chr() arg", "too large to convert"),
        Explained("PR001", "an escape that names no character", "write `\\x41`, `\\u0041` or `\\U00000041`"),
    ),
    (
        ("could not find expected ':'",),
        Explained("PR001", "neither a key nor a value", "a key ends in `: `; a text of several lines is indented, or in quotes"),
    ),
    (
        ("unexpected ':'",),
        Explained("PR001", "a `:` without a space behind it", "write `key: value`, or put the text in quotes"),
    ),
    (
        ("mapping values are not allowed",),
        Explained("PR001", "a `:` where no key can be", f"{_QUOTES} if it holds `: `, or {_INDENT}"),
    ),
    (
        ("sequence entries are not allowed",),
        Explained("PR001", "a list cannot begin here", "begin it on the next line, or write `[a, b]`"),
    ),
    (("mapping keys are not allowed",), Explained("PR001", "a key cannot begin here", _INDENT)),
    (
        ("tab character",),
        Explained("PR001", "a tab where YAML wants spaces", "indent with spaces"),
    ),
    (
        ("cannot start any token",),
        Explained("PR001", "a text cannot begin with {char}", _QUOTES),
    ),
    (
        ("expected ',' or",),
        Explained(
            "PR001",
            "expected `,` or the end of the list or mapping",
            "{opening} is not closed, or a comma is missing before this",
        ),
    ),
    (
        ("comment or line break", "chomping or indentation", "indentation indicator"),
        Explained("PR001", "nothing may follow `|` or `>` on its line", "begin the text on the next line, indented"),
    ),
    (
        ("scanning an alias", "scanning an anchor"),
        Explained("PR005", "a text cannot begin with `*` or `&`, which mean aliases and anchors", _QUOTES),
    ),
    (
        ("undefined tag", "scanning a tag", "parsing a tag"),
        Explained("PR007", "a text cannot begin with `!`, which means a YAML tag", _QUOTES),
    ),
    (
        ("directive", "incompatible YAML"),
        Explained("PR006", "a line that begins with `%` is a directive, and only `%YAML 1.2` is read", "delete it"),
    ),
    (
        ("expected '<document start>'", "expected <document start>"),
        Explained("PR001", "the file is over before this", f"{_INDENT}; one file holds one document"),
    ),
    (
        ("node content",),
        Explained("PR001", "a value is missing here", "write one, or delete the comma or bracket too many"),
    ),
    (
        ("expected '-'",),
        Explained("PR001", "this is no item of the list above it", f"begin it with `- `, or {_INDENT}"),
    ),
    (
        ("did not find expected key", "expected <block end>"),
        Explained("PR001", "this does not fit the lines above it", f"{_INDENT}; is a quote or a bracket closed too early?"),
    ),
)
_OTHERWISE = Explained("PR001", "not valid YAML", "look at this line and the one before")
_TAB = Explained("PR001", "a tab where YAML wants spaces", "indent with spaces")
_OPEN_AT_END = Explained("PR001", "the file ends inside a list or mapping", "{opening} is never closed")


def explained(stumble: Stumble) -> Explained:
    """Our words for the parser's: a code, what is wrong, and what to do."""
    found = next((row for needles, row in _ROWS if any(needle in stumble.said for needle in needles)), _OTHERWISE)
    if stumble.char == "\t" and "cannot start" in stumble.said:
        found = _TAB
    if stumble.char == "" and stumble.opening and ("expected ',' or" in stumble.said or "node content" in stumble.said):
        found = _OPEN_AT_END
    help = found.help
    if stumble.swallowed:
        help = f"the text from {stumble.swallowed} runs up to here: is its closing quote missing?"
    char = "a backtick" if stumble.char == "`" else f"`{stumble.char}`"
    opening = stumble.opening or "a bracket"
    return Explained(found.code, found.message.replace("{char}", char), help.replace("{opening}", opening))
