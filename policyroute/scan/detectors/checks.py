"""Check digits and shapes that tell a real value from a look-alike. Pure functions over short strings, none of them raises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from math import log2
from operator import mul
from types import MappingProxyType

# What a Luhn digit counts for when it is doubled.
_DOUBLED = bytes.maketrans(bytes(range(10)), bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_AS_NUMBERS = bytes.maketrans(b"0123456789", bytes(range(10)))
_SEPARATORS = str.maketrans("", "", " -./")
_LETTERS = {chr(65 + i): str(10 + i) for i in range(26)}
_TO_NUMBERS = str.maketrans(_LETTERS)
_BASE58 = {c: i for i, c in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")}
_BECH32 = {c: i for i, c in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_DIHEDRAL = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_TURNS = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def compact(value: str) -> str:
    """The value without the separators people write into numbers, in capitals."""
    return value.translate(_SEPARATORS).upper()


def is_digits(value: str) -> bool:
    """ASCII digits and at least one."""
    return value.isascii() and value.isdigit()


def luhn(value: str) -> bool:
    """Luhn: cards, IMEI, SIN, Swedish and South African numbers."""
    value = compact(value)
    if not is_digits(value):
        return False
    digits = value.encode().translate(_AS_NUMBERS)
    return (sum(digits[::-2]) + sum(digits[-2::-2].translate(_DOUBLED))) % 10 == 0


def mod97(value: str) -> bool:
    """ISO 7064 MOD 97-10 over digits and letters, the two check digits last."""
    value = compact(value)
    return value.isascii() and value.isalnum() and int(value.translate(_TO_NUMBERS)) % 97 == 1 if len(value) <= 64 else False


def iban(value: str) -> bool:
    """MOD 97-10 with country and check digits moved to the end."""
    value = compact(value)
    return len(value) > 4 and mod97(value[4:] + value[:4])


def mod11_10(value: str) -> bool:
    """ISO 7064 MOD 11,10: the German tax number, the Croatian OIB."""
    value = compact(value)
    if not is_digits(value):
        return False
    product = 10
    for c in value[:-1]:
        product = ((int(c) + product) % 10 or 10) * 2 % 11
    return (product + int(value[-1])) % 10 == 1


def mod11_2(value: str) -> bool:
    """ISO 7064 MOD 11-2: the Chinese resident number, ORCID; the last may be an X."""
    value = compact(value)
    if not is_digits(value[:-1]) or value[-1] not in "0123456789X":
        return False
    total = 0
    for c in value[:-1]:
        total = (total + int(c)) * 2
    return (total + (10 if value[-1] == "X" else int(value[-1]))) % 11 == 1


def verhoeff(value: str) -> bool:
    """Verhoeff's dihedral check: Aadhaar."""
    value = compact(value)
    if not is_digits(value):
        return False
    state = 0
    for place, c in enumerate(reversed(value)):
        state = _DIHEDRAL[state][_TURNS[place % 8][int(c)]]
    return state == 0


def ean(value: str) -> bool:
    """The GS1 check digit: EAN, GTIN, the Swiss AHV number."""
    value = compact(value)
    if not is_digits(value):
        return False
    digits = value.encode().translate(_AS_NUMBERS)
    return (sum(digits[::-2]) + 3 * sum(digits[-2::-2])) % 10 == 0


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """Each digit times its weight, summed; as many digits as there are weights."""
    return sum(map(mul, digits.encode("ascii").translate(_AS_NUMBERS), weights))


def base58decode(value: str) -> int | None:
    """The number that is written in base 58, or None where another character is among it."""
    number = 0
    for c in value[:64]:
        digit = _BASE58.get(c)
        if digit is None:
            return None
        number = number * 58 + digit
    return number


def base58check(value: str) -> bool:
    """25 bytes of base 58 whose last four are the double SHA-256 of the others: Bitcoin and its kin; 26 for Zcash."""
    number = base58decode(value)
    if number is None or number >= 1 << 208:
        return False
    body = number.to_bytes(25 if number < 1 << 200 else 26, "big")
    return sha256(sha256(body[:-4]).digest()).digest()[:4] == body[-4:]


def bech32(value: str) -> bool:
    """The BCH check of bech32 and bech32m: SegWit addresses, age keys."""
    value = value.lower()
    prefix, mark, payload = value.rpartition("1")
    if not mark or not prefix or not 6 <= len(payload) <= 120:
        return False
    numbers = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    for c in payload:
        number = _BECH32.get(c)
        if number is None:
            return False
        numbers.append(number)
    state = 1
    for number in numbers:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ number
        for bit, generator in enumerate(_BECH32_GENERATOR):
            if top >> bit & 1:
                state ^= generator
    return state in (1, 0x2BC830A3)


def entropy_bits(value: str) -> float:
    """Shannon entropy of the characters, in bits for each of them."""
    size = len(value)
    return -sum(n / size * log2(n / size) for n in (value.count(c) for c in set(value)))


def is_random(value: str) -> bool:
    """Whether a run of letters and digits looks drawn by lot: 16 or more, letters and digits, 3 bits or more for each."""
    return (
        len(value) >= 16
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and entropy_bits(value[:256]) >= 3.0
    )


def is_date(year: int, month: int, day: int) -> bool:
    """A day of the calendar; 29 February only in leap years, where the year is four digits."""
    if not (1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]):
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0 or year < 100)
    return leap or (month, day) != (2, 29)


def is_yymmdd(value: str) -> bool:
    """Six digits that are a day, in either century."""
    return is_date(int(value[:2]), int(value[2:4]), int(value[4:6]))


def is_ddmmyy(value: str) -> bool:
    """Six digits that are a day, in either century."""
    return is_date(int(value[4:6]), int(value[2:4]), int(value[:2]))


# What a policy's own detector may name under `check`.
CHECKS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "base58check": base58check,
        "bech32": bech32,
        "ean": ean,
        "entropy": is_random,
        "iban": iban,
        "luhn": luhn,
        "mod11-10": mod11_10,
        "mod11-2": mod11_2,
        "mod97": mod97,
        "verhoeff": verhoeff,
    }
)
