"""Addresses of crypto currencies: their checksums where they have one, their shape, and words where the shape says little."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import crc_hqx
from collections.abc import Callable, Iterator

from policyroute.scan.detectors.checks import base58check, base58decode, bech32
from policyroute.scan.detectors.detector import Detector, Page, Span, regex, rough, words

KIND = "crypto"

_58 = "[1-9A-HJ-NP-Za-km-z]"
_32 = "[02-9ac-hj-np-z]"
# Bitcoin 1 and 3 (m, n and 2 of its test net), Litecoin L and M, Dogecoin D and A and 9, Tron T, Dash X and 7, Zcash t.
_BASE58 = rf"[1-379ADLMTXmnt]{_58}{{25,34}}"
_RIPPLE = rf"r{_58}{{24,34}}"
_BECH32 = "(?:bc|tb|ltc|addr|stake|cosmos|osmo|terra|inj|celestia|juno|kava|bnb|erd|one|zil|kaspa|dgb|vtc|grs)1"
_HEX = "0[xX][0-9a-fA-F]{40}"
# Seventeen bytes more than others have: 95 or 106 characters.
_MONERO = rf"[48][0-9AB]{_58}{{93}}(?:{_58}{{11}})?"
_TON = "(?:EQ|UQ|kQ|0Q)[0-9A-Za-z_-]{46}"
_STELLAR = "G[A-D][A-Z2-7]{54}"
_CASH = rf"bitcoincash:[qp]{_32}{{41}}"
_TO_BITCOIN = str.maketrans(
    "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz", "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
)
_SOLANA = rf"{_58}{{32,44}}"
_SOLANA_WORDS = words("solana", "sol", "phantom", "spl", "solscan", "solflare", "raydium")
_BASE32 = {c: i for i, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}
_SOLANA_BYTES = 32


def _is_bech32(value: str) -> bool:
    return value in (value.lower(), value.upper()) and bech32(value)


def _is_ripple(value: str) -> bool:
    return base58check(value.translate(_TO_BITCOIN))


def _is_hex(value: str) -> bool:
    # Zero and constants of a repeated byte are no one's address.
    return len(set(value[2:].lower())) > 4


def _is_mixed(value: str) -> bool:
    return any(c.isdigit() for c in value) and any(c.islower() for c in value) and any(c.isupper() for c in value)


def _is_ton(value: str) -> bool:
    """A tag, a chain, a hash, and CRC-16 of them all."""
    read = urlsafe_b64decode(value)
    return crc_hqx(read[:34], 0) == int.from_bytes(read[34:], "big")


def _is_stellar(value: str) -> bool:
    """A version, a key, and CRC-16 of them in little endian."""
    number = 0
    for c in value:
        number = number << 5 | _BASE32[c]
    read = number.to_bytes(35, "big")
    return crc_hqx(read[:33], 0) == int.from_bytes(read[33:], "little")


def _is_solana(value: str) -> bool:
    """Thirty-two bytes in base 58."""
    number = base58decode(value)
    return (
        number is not None
        and _is_mixed(value)
        and number.bit_length() > 8 * (_SOLANA_BYTES - 1)
        and number < 1 << 8 * _SOLANA_BYTES
    )


def _checked(shape: str, valid: Callable[[str], bool], why: str, head: str) -> Detector:
    compiled = regex(rf"\b(?:{shape})\b")

    def find(page: Page) -> Iterator[Span]:
        for match in compiled.finditer(page.raw):
            if valid(match[0].decode("ascii")):
                yield match.span()

    return Detector(KIND, (rough(head),), find, why)


def _find_solana(page: Page) -> Iterator[Span]:
    for match in _SOLANA_RE.finditer(page.raw):
        if _is_solana(match[0].decode("ascii")) and _SOLANA_WORDS.near(page, *match.span()):
            yield match.span()


_SOLANA_RE = regex(rf"\b{_SOLANA}\b")
DETECTORS = (
    _checked(_BASE58, base58check, "a base58check checksum", rf"[1-379ADLMTXmnt]{_58}{{25}}"),
    _checked(_RIPPLE, _is_ripple, "a base58check checksum", rf"r{_58}{{24}}"),
    _checked(rf"(?i){_BECH32}{_32}{{11,110}}", _is_bech32, "a bech32 checksum", rf"(?i){_BECH32}{_32}{{11}}"),
    _checked(_HEX, _is_hex, "0x and forty hex digits", "0[xX][0-9a-fA-F]{40}"),
    _checked(_MONERO, _is_mixed, "the shape of a Monero address", rf"[48][0-9AB]{_58}{{93}}"),
    _checked(_TON, _is_ton, "a CRC-16 checksum", "(?:EQ|UQ|kQ|0Q)[0-9A-Za-z_-]{46}"),
    _checked(_STELLAR, _is_stellar, "a CRC-16 checksum", "G[A-D][A-Z2-7]{54}"),
    _checked(_CASH, lambda _: True, "the shape of a Bitcoin Cash address", "bitcoincash:"),
    Detector(KIND, _SOLANA_WORDS.patterns, _find_solana, "32 bytes in base 58, and a word like Solana beside them"),
)
