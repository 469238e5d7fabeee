"""The plain spelling of a text in which signals are looked for, and of the strings of the tables likewise.

A text is spelled twice over, its words first: case is not told apart, every mark is a blank, every digit 0. Then its shape:
as it was written, but for digits. Words have letters and blanks of their own, the control bytes, which shapes never have; so
one search finds both without taking one for the other. The edges of words, lines and text are bytes like any other.
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

# Bytes: where the text begins and ends, the blank of the words, and their letters.
_BEGINS, _ENDS, _BLANK = b"\x01", b"\x02", b"\x04"
_LETTERS: Final = bytes(byte for byte in range(0x05, 0x20) if byte != 0x0A)


def _words_table() -> bytes:
    table = bytearray(_BLANK * 0x80) + bytearray(range(0x80, 0x100))
    for byte in b"0123456789":
        table[byte] = ord("0")
    for letter, upper, lower in zip(_LETTERS, range(ord("A"), ord("Z") + 1), range(ord("a"), ord("z") + 1), strict=True):
        table[upper] = table[lower] = letter
    return bytes(table)


_WORDS: Final = _words_table()
_CONTROLS: Final = bytes(byte for byte in range(0x20) if byte != 0x0A)
_SHAPE: Final = bytes.maketrans(b"123456789" + _CONTROLS, b"000000000" + b" " * len(_CONTROLS))
# Scripts that run on into the words of others, and symbols: by their first bytes.
_RUNNING: Final = bytes((0xC2, *range(0xE0, 0x100)))
_ALONE: Final = _WORDS.translate(bytes.maketrans(_RUNNING, _BLANK * len(_RUNNING)))


def spell(said: str) -> bytes:
    """The words and the shape of a text."""
    if said.isascii():
        written = said.encode()
        words = written.translate(_WORDS).strip(_BLANK)
        shape = written.translate(_SHAPE)
    else:
        for mark, plain in _PLAIN:
            if mark in said:
                said = said.replace(mark, plain)
        written = said.encode("utf-8", "replace")
        words = said.lower().encode("utf-8", "replace").translate(_WORDS).strip(_BLANK)
        # Words of ASCII amid a script without spaces have no edges: so they follow once more by themselves.
        words = b"%b\x04\x04%b" % (words, written.translate(_ALONE, _CONTINUATION))
        shape = written.translate(_SHAPE, _CONTINUATION)
    return b"\x01\x04%b\x04\n%b\n\x02" % (words, shape)


def word_literals(source: str) -> Iterator[bytes]:
    """What a source of the tables stands for, as it is spelled among the words."""
    for string in expand(source):
        spelled = string.lower().encode().translate(_WORDS)
        first = _BEGINS + _BLANK if string.startswith(BEGIN) else _BLANK * spelled.startswith(_BLANK)
        inside = _BLANK.join(word for word in spelled.split(_BLANK) if word)
        yield b"%b%b%b" % (first, inside, _BLANK * spelled.endswith(_BLANK))


def shape_literals(source: str) -> Iterator[bytes]:
    """What a source of the tables stands for, as it is spelled in the shape."""
    for string in expand(source):
        parts = string.replace(BEGIN, "\n").split(END)
        yield (b"\n" + _ENDS).join(part.encode().translate(_SHAPE) for part in parts)
