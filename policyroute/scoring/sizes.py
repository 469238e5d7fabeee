"""How long a text is: words, and an estimate of tokens that needs no vocabulary.

Both count UTF-8 bytes by their class, which the interpreter does at memory speed: the lead byte of a character tells its
script well enough, and continuation bytes count nothing.
"""

from __future__ import annotations

WHOLE_CHARS = 400
FEW_SAMPLES, MANY_SAMPLES = 200, 1_000
LONG_CHARS = 16_384


# Hundredths of a token for each character, by its first UTF-8 byte; fitted to the mean of two published vocabularies
# (o200k and cl100k) over prose, code, markup and records in two dozen languages, then rounded by hand.
def _token_weights() -> bytes:
    weight = [0] * 256
    for byte in range(0x21, 0x7F):
        weight[byte] = 48
    for byte in b"0123456789":
        weight[byte] = 60
    for byte in b"abcdefghijklmnopqrstuvwxyz":
        weight[byte] = 22
        weight[byte - 32] = 33
    weight[0x20] = 4
    for byte in b"\t\n\v\f\r":
        weight[byte] = 100
    ranges = (
        (0xC2, 0xC3, 120),  # Western Latin with accents: each tends to break a word in two
        (0xC4, 0xC7, 160),  # Eastern Latin with accents
        (0xC8, 0xCF, 55),  # Greek, combining marks
        (0xD0, 0xD3, 44),  # Cyrillic
        (0xD4, 0xDF, 52),  # Armenian, Hebrew, Arabic
        (0xE0, 0xE0, 55),  # India, Thailand, Laos
        (0xE1, 0xE1, 45),  # Vietnamese accents, Georgian, Khmer
        (0xE2, 0xE2, 110),  # typographic marks and symbols
        (0xE3, 0xE3, 82),  # kana, East Asian marks
        (0xE4, 0xE9, 95),  # Han
        (0xEA, 0xED, 95),  # Hangul
        (0xEE, 0xEF, 90),  # full-width forms
        (0xF0, 0xF4, 220),  # emoji, rare scripts
    )
    for first, last, hundredths in ranges:
        weight[first : last + 1] = [hundredths] * (last - first + 1)
    return bytes(weight)


_TOKEN_WEIGHTS = _token_weights()


def tokens(text: str) -> int:
    """An estimate of the tokens in a text: never 0 for a text that is not empty; a long text is judged by a sample."""
    chars = len(text)
    if chars <= WHOLE_CHARS:
        if not chars:
            return 0
        return sum(text.encode("utf-8", "replace").translate(_TOKEN_WEIGHTS)) // 100 or 1
    half = chars // 2
    step = chars // (FEW_SAMPLES if chars <= LONG_CHARS else MANY_SAMPLES)
    # The steps of the halves differ, so that lines of one length do not show the same column all the way down.
    sample = text[:half:step] + text[half :: step + 1]
    weight = sum(sample.encode("utf-8", "replace").translate(_TOKEN_WEIGHTS))
    return weight * chars // (100 * len(sample)) or 1


# For words every byte is white space, part of a spaced word, or the start of a character that is written without spaces.
_SPACE, _LETTER, _UNSPACED = b" ", b"x", b"c"


def _word_classes() -> bytes:
    classes = bytearray(_LETTER * 256)
    for byte in b"\t\n\v\f\r\x1c\x1d\x1e\x1f ":
        classes[byte] = _SPACE[0]
    for byte in (*range(0xE3, 0xEA), 0xEF):  # kana, Han, full-width forms
        classes[byte] = _UNSPACED[0]
    return bytes(classes)


_WORD_CLASSES = _word_classes()
_CONTINUATION = bytes(range(0x80, 0xC0))


def words(text: str) -> int:
    """Words between the white space of ASCII; Chinese and Japanese, written without any, count two characters as one word."""
    if text.isascii():
        shape = text.encode().translate(_WORD_CLASSES)
        return shape.count(b" x") + shape.startswith(b"x")
    shape = text.encode("utf-8", "replace").translate(_WORD_CLASSES, _CONTINUATION)
    spaced = shape.count(b" x") + shape.startswith(b"x")
    unspaced = shape.count(_UNSPACED)
    return spaced + shape.count(b"cx") + (unspaced + 1) // 2


WORD_SAMPLE_CHARS = 512


def rough_words(text: str) -> int:
    """Words as a score needs them: by blanks, and in a long text by those of its beginning."""
    if not text.isascii():
        return words(text)
    if len(text) <= WORD_SAMPLE_CHARS:
        return text.count(" ") + text.count("\n") + 1 if text else 0
    head = text[:WORD_SAMPLE_CHARS]
    return (head.count(" ") + head.count("\n") + 1) * len(text) // WORD_SAMPLE_CHARS
