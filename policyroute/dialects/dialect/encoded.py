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
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_MOST_PADDING = 2
_BEGINS = re.compile(r"(?:data:[^,]{0,250},)?[A-Za-z0-9+/_-]{16}", re.IGNORECASE).match
_NO_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})").search
_CONTROLS = bytes((*range(9), *range(14, 27), *range(28, 32), 127))
_OTHER_FORMATS = (b"%PDF", b"{\\rtf")
_LONGEST_HEAD_CHARS = 256
_LONGEST_CHARS = 4_000_000  # of what is encoded: more text than this is not read anyway


def family(media_type: str) -> str:
    """The family of a media type: `image/*`, `audio/*`; `text/*` is whatever can be read as text, `*/*` what cannot be told."""
    if not _is_utf_8(media_type):
        return "*/*"
    main, _, sub = media_type.partition(";")[0].strip().lower().partition("/")
    readable = main == "text" or (main == "application" and (sub in _TEXTUAL or sub.endswith(("+json", "+xml", "+yaml"))))
    return TEXT if readable else f"{main}/*"


def from_base64(encoded: str, media_type: str = "") -> str | None:
    """The text that base64 stands for; None if it is none, or could be another one."""
    if len(encoded) > _LONGEST_CHARS:
        return None
    if not encoded.isascii():
        return None
    plain = encoded.encode().translate(_URL_SAFE, b" \t\r\n")
    bare = plain.rstrip(b"=")
    if len(plain) - len(bare) > _MOST_PADDING or bare.translate(None, _ALPHABET):
        return None
    try:
        return _as_text(binascii.a2b_base64(bare + b"=" * (-len(bare) % 4)), media_type)
    except binascii.Error:
        return None


def is_encoded(text: str) -> bool:
    """Whether it is all base64, with or without a `data:` URI in front."""
    if not _BEGINS(text) or not text.isascii():
        return False
    payload = text[:_LONGEST_HEAD_CHARS].partition(",")[2] + text[_LONGEST_HEAD_CHARS:] if text[:5].lower() == "data:" else text
    return not payload.rstrip().rstrip("=").encode().translate(_URL_SAFE).translate(None, _ALPHABET)


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
    if len(payload) > _LONGEST_CHARS or _NO_PERCENT(payload):
        return None
    if "%" not in payload:
        return _as_text(payload.encode(), media_type)
    # Quoted-printable says the same with another sign.
    return _as_text(binascii.a2b_qp(payload.encode().replace(b"=", b"=3D").replace(b"%", b"=")), media_type)


def _is_utf_8(media_type: str) -> bool:
    charset = _CHARSET(media_type)
    return charset is None or charset[1].lower() in _CHARSETS


def _as_text(raw: bytes, media_type: str) -> str | None:
    if not _is_utf_8(media_type):
        return None
    if len(raw.translate(None, _CONTROLS)) < len(raw) or raw[:64].lstrip().startswith(_OTHER_FORMATS):
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
