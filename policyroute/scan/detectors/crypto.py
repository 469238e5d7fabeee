"""Addresses of crypto currencies: base58check, bech32, or 0x and forty hex digits."""

from __future__ import annotations

from collections.abc import Iterator

from policyroute.scan.detectors.checks import base58check, bech32
from policyroute.scan.detectors.detector import Detector, Page, Span, regex, rough

KIND = "crypto"

# Bitcoin 1 and 3, Litecoin L and M, Dogecoin D and A, Tron T.
_BASE58 = r"\b[13LMDAT][1-9A-HJ-NP-Za-km-z]{25,34}\b"
_BECH32 = r"\b(?:bc1|tb1|ltc1|BC1|LTC1)[02-9ac-hj-np-zAC-HJ-NP-Z]{11,87}\b"
_HEX = r"\b0[xX][0-9a-fA-F]{40}\b"
_BASE58_RE, _BECH32_RE, _HEX_RE = regex(_BASE58), regex(_BECH32), regex(_HEX)


def _find_base58(page: Page) -> Iterator[Span]:
    for match in _BASE58_RE.finditer(page.raw):
        if base58check(match[0].decode("ascii")):
            yield match.span()


def _find_bech32(page: Page) -> Iterator[Span]:
    for match in _BECH32_RE.finditer(page.raw):
        value = match[0].decode("ascii")
        if value in (value.lower(), value.upper()) and bech32(value):
            yield match.span()


def _find_hex(page: Page) -> Iterator[Span]:
    for match in _HEX_RE.finditer(page.raw):
        # Zero and constants of a repeated byte are no one's address.
        if len(set(match[0][2:].lower())) > 4:
            yield match.span()


DETECTORS = (
    Detector(KIND, (rough(r"[13LMDAT][1-9A-HJ-NP-Za-km-z]{25}"),), _find_base58, "a base58check checksum"),
    Detector(KIND, (rough(r"(?:bc|tb|ltc)1[02-9ac-hj-np-z]{11}", case_sensitive=False),), _find_bech32, "a bech32 checksum"),
    Detector(KIND, (rough(r"0x[0-9a-f]{40}", case_sensitive=False),), _find_hex, "0x and forty hex digits"),
)
