"""What is heard of a value: lines for the keys and leaves of any shape, JSON inside text, the texts of one message as one."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise, repeat

from policyroute.dialects.dialect.encoded import from_data_uri, is_encoded
from policyroute.dialects.json_body import Json, Real

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
    """Text, and below it what it says without the escapes of JSON: one layer, since a backslash can hide what a reader sees."""
    if "\\" not in text or not ("\\u" in text or _like_json(text)):
        return text
    # As one JSON string it is undone at once: what a string could not have in it stands aside meanwhile.
    plain = text.replace("\\\\", _BACKSLASH).replace('\\"', _QUOTE).replace('"', _QUOTE)
    plain = str(_UNDO.decode(f'"{_NO_ESCAPE.sub(_BACKSLASH, plain)}"'))
    inside = plain.replace(_QUOTE, '"').replace(_BACKSLASH, "\\")
    return text if inside == text else f"{text}\n{_mended(inside)}"


def put_lines(value: dict[str, Json] | list[Json], lines: list[str]) -> bool:
    """Every key and every leaf of a value, as lines of text like `key: value`; false if some of it is not text."""
    readable = True
    waiting = [value]
    for held in waiting:  # which grows meanwhile
        if type(held) is list and set(map(type, held)) == {int}:
            lines.append(str(held)[1:-1].replace(", ", "\n"))  # at once: these lists are long
            continue
        for key, leaf in held.items() if type(held) is dict else zip(repeat(""), held):
            if type(leaf) is str:
                text = "" if leaf in WORDS else leaf
                if "\\" in text:
                    text = opened(text)
                elif len(text) > _BLOB_CHARS and is_encoded(text):
                    readable = False
                    lines.append(from_data_uri(text) or "")
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


def _mended(text: str) -> str:
    """Surrogate pairs joined, lone surrogates replaced: scanners work on UTF-8."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_UNDO = json.JSONDecoder(strict=False)
_BACKSLASH, _QUOTE = "\uf8f0", "\uf8f1"  # that they mean nothing is all that matters: they are seen in no text but this copy
_NO_ESCAPE = re.compile(r"\\(?![/bfnrt]|u[0-9a-fA-F]{4})")
# What is shorter and encoded is left to the detectors.
_BLOB_CHARS = 512

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
