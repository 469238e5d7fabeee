"""How one value is written: with as few quotes as leave no reader in doubt."""

from __future__ import annotations

import re

from policyroute.policy import source

# Words and sentences. What has signs that mean something in YAML or in a pattern is easier to read in quotes.
_PLAIN = re.compile(r"(?!\.\.\.)[\w/.][^\\,\[\]{}()|*?+^$<>=!&\"`]*")
_NEEDS_QUOTES = re.compile(r": | #|:$|[ ]$")
# What YAML 1.1, which many editors and scripts still read, takes for something else than a text.
_OTHER_IN_1_1 = re.compile(r"(?i:y|n|yes|no|on|off)|[-+.]*[0-9][-+0-9A-Fa-fTtZzxob_.: ]*")
_VISIBLE_ESCAPES = re.compile(r'(?:[^\\]|\\[\\"/])*')
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_BLOCK = re.compile(r"[|>]([-+0-9]*)[^#\r\n]*(#[^\r\n]*)?")
_LINE_END = re.compile(r"\r\n|\r|\n")


def in_one_line(scalar: source.Scalar, flow: bool = False) -> str:
    """A scalar of one line, or a key; `flow` inside brackets."""
    written = scalar.origin.text[scalar.start : scalar.end]
    if not scalar.quoted:
        # A reader in use takes a `?` in brackets for the beginning of a key, wherever it stands.
        return quoted(scalar.text) if flow and "?" in scalar.text else scalar.text
    if scalar.style in ("|", ">") or "\n" in written or "\r" in written:
        return quoted(scalar.text)
    if not scalar.text.isprintable() or (scalar.style == '"' and not _VISIBLE_ESCAPES.fullmatch(written)):
        # What the author made visible stays visible, and what he did not stays as it is.
        return written
    return quoted(scalar.text)


def quoted(text: str) -> str:
    """A text in the quotes it needs, none if it can do without."""
    if not text.isprintable():
        return '"' + "".join(_escaped(char) for char in text) + '"'
    if _reads_as_itself(text):
        return text
    if "\\" in text or '"' in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def folded_lines(scalar: source.Scalar, pad: str, flow: bool = False) -> list[str]:
    """A scalar in quotes, or without, that the author broke into lines: they stay, indented alike."""
    if flow and not scalar.quoted and "?" in scalar.text:
        return [quoted(scalar.text)]
    first, *rest = _LINE_END.split(scalar.origin.text[scalar.start : scalar.end])
    lines = [_stripped(first, scalar.style), *(_stripped(line.lstrip(" \t"), scalar.style) for line in rest)]
    return [lines[0], *(pad + line if line else "" for line in lines[1:])]


def block_lines(scalar: source.Scalar, pad: str, parent_column: int) -> tuple[list[str], str]:
    """A `|` or `>` scalar, first its header, and the comment that stands behind the header."""
    body = scalar.text.rstrip("\n")
    header = _BLOCK.match(scalar.origin.text, scalar.start, scalar.end)
    comment = (header[2] or "").rstrip() if header else ""
    if not body.strip() or header is None:
        return [quoted(scalar.text)], comment
    tail = scalar.text[len(body) :]
    lines = body.split("\n") if scalar.style == "|" else _as_written(scalar, header, parent_column)
    first = next(line for line in lines if line)
    indented = "2" if first[0] in " \t" else ""
    chomping = "-" if not tail else "" if tail == "\n" else "+"
    return [
        f"{scalar.style}{indented}{chomping}",
        *(pad + line if line else "" for line in lines),
        *[""] * (len(tail) - 1),
    ], comment


def _as_written(scalar: source.Scalar, header: re.Match[str], parent_column: int) -> list[str]:
    """The lines of a block without the indent of the file, and without empty lines at the end."""
    lines = _LINE_END.split(scalar.origin.text[header.end() : scalar.end])[1:]
    digit = re.search("[1-9]", header[1])
    first = next((line for line in lines if line.strip(" ")), "")
    indent = parent_column + int(digit[0]) if digit else len(first) - len(first.lstrip(" "))
    lines = [line[indent:] for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _stripped(line: str, style: str) -> str:
    stripped = line.rstrip(" \t")
    # In double quotes a backslash keeps the blank behind it.
    return stripped + " " if style == '"' and stripped.endswith("\\") and stripped != line else stripped


def _reads_as_itself(text: str) -> bool:
    if not _PLAIN.fullmatch(text) or _NEEDS_QUOTES.search(text) or _OTHER_IN_1_1.fullmatch(text):
        return False
    return source.resolved(text) == text


def _escaped(char: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    if char.isprintable():
        return char
    point = ord(char)
    return f"\\x{point:02X}" if point < 0x100 else f"\\u{point:04X}" if point < 0x10000 else f"\\U{point:08X}"
