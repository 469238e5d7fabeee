"""Text that comes encoded: in base64 beside its media type, or in a `data:` URI that names it.

Where somebody could read the same bytes in another way, they are not text: a charset that is not UTF-8, control
characters, and the formats that begin like text and are none.
"""

from __future__ import annotations

import binascii
import re

TEXT = "text/*"
_TEXTUAL = frozenset(
    "json xml javascript ecmascript x-javascript x-ndjson ndjson jsonl x-jsonlines yaml x-yaml toml csv sql graphql x-sh"
    " x-python x-httpd-php markdown rtx ld+json".split()
)
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)", re.IGNORECASE).search
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}").fullmatch
_URL_SAFE = str.maketrans("-_", "+/", " \t\r\n")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]|\A\s*(?:%PDF|\{\\rtf)").search
_LONGEST_HEAD_CHARS = 256


def family(media_type: str) -> str:
    """The family that a media type belongs to: `image/*`, `audio/*`; `text/*` is whatever can be read as text."""
    main, _, sub = media_type.partition(";")[0].strip().lower().partition("/")
    readable = main == "text" or (main == "application" and (sub in _TEXTUAL or sub.endswith(("+json", "+xml", "+yaml"))))
    return TEXT if readable else f"{main}/*"


def from_base64(encoded: str, media_type: str = "") -> str | None:
    """The text that base64 stands for; None if it is none, or could be another one."""
    plain = encoded.translate(_URL_SAFE)
    if not _BASE64(plain):
        return None
    try:
        return _as_text(binascii.a2b_base64(plain.rstrip("=") + "=" * (-len(plain.rstrip("=")) % 4)), media_type)
    except binascii.Error:
        return None


def from_data_uri(uri: str) -> str | None:
    """The text that a `data:` URI holds; None if it is no such URI, or of a media type that is not text."""
    if uri[:5].lower() != "data:":
        return None
    head, comma, payload = uri[:_LONGEST_HEAD_CHARS].partition(",")
    if not comma:
        return None
    media_type, payload = head[5:] or "text/plain", uri[len(head) + 1 :]
    base64 = media_type.rstrip()[-7:].lower() == ";base64"
    if family(media_type if media_type[:1] != ";" else "text/plain") != TEXT:
        return None
    if base64:
        return from_base64(payload, media_type)
    return _as_text(_PERCENT.sub(lambda m: bytes([int(m[1], 16)]), payload.encode()), media_type)


def _as_text(raw: bytes, media_type: str) -> str | None:
    charset = _CHARSET(media_type)
    if charset is not None and charset[1].lower() not in _CHARSETS:
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if _NOT_TEXT(text) else text
