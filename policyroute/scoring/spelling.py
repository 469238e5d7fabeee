"""The two plain spellings of a text in which signals are looked for, and of the strings of the tables likewise.

The words: lower case, every mark a blank, every digit 0. The shape: as it was written, but for digits. Both begin and end
with bytes of their own, so that the edges of words, lines and text are bytes like any other, and a plain search finds all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyroute.scoring.sources import BEGIN, END, expand

# Marks outside ASCII, and those of ASCII that do the same work.
_MARKS: Final = (
    (" ", "\u00a0\u202f\u3000¿¡"),
    ('"', "«»“”„「」『』"),
    ("'", "‘’‚"),
    (".", "。…।"),
    (",", "،、，"),
    ("?", "？؟"),
    *zip(":;!()[]--**/", "：；！（）【】–—•×÷", strict=True),
)
_PLAIN: Final = tuple((mark, plain) for plain, marks in _MARKS for mark in marks)
_CONTINUATION: Final = bytes(range(0x80, 0xC0))


def _words_table() -> bytes:
    table = bytearray(range(256))
    for byte in range(0x80):
        char = chr(byte)
        table[byte] = ord("0" if char.isdigit() else char.lower() if char.isalpha() else " ")
    return bytes(table)


_WORDS: Final = _words_table()
_SHAPE: Final = bytes.maketrans(b"123456789\t\x01\x02", b"000000000   ")
# Scripts that run on into the words of others, and symbols: by their first bytes.
_RUNNING: Final = bytes((0xC2, *range(0xE0, 0x100)))
_ALONE: Final = _WORDS.translate(bytes.maketrans(_RUNNING, b" " * len(_RUNNING)))


def spell(said: str) -> tuple[bytes, bytes]:
    """The words and the shape of a text."""
    if said.isascii():
        written = said.encode()
        words = written.translate(_WORDS).strip()
        shape = written.translate(_SHAPE)
    else:
        for mark, plain in _PLAIN:
            if mark in said:
                said = said.replace(mark, plain)
        written = said.encode("utf-8", "replace")
        words = said.lower().encode("utf-8", "replace").translate(_WORDS).strip()
        # Words of ASCII amid a script without spaces have no edges: so they follow once more by themselves.
        words = b"%b  %b" % (words, written.translate(_ALONE, _CONTINUATION))
        shape = written.translate(_SHAPE, _CONTINUATION)
    return b"\x01 %b " % words, b"\n%b\n\x02" % shape


def word_literals(source: str) -> Iterator[bytes]:
    """What a source of the tables stands for, as it is spelled among the words."""
    for string in expand(source):
        spelled = string.lower().encode().translate(_WORDS)
        first = b"\x01 " if string.startswith(BEGIN) else b" " * spelled.startswith(b" ")
        yield b"%b%b%b" % (first, b" ".join(spelled.split()), b" " * spelled.endswith(b" "))


def shape_literals(source: str) -> Iterator[bytes]:
    """What a source of the tables stands for, as it is spelled in the shape."""
    for string in expand(source):
        parts = string.replace(BEGIN, "\n").split(END)
        yield b"\n\x02".join(part.encode().translate(_SHAPE) for part in parts)
