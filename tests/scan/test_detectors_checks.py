"""Check digits: each check takes what it should, and not one changed digit."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from policyroute.scan.detectors.checks import CHECKS, entropy_bits, is_date, is_random, weighted

VALID = {
    "base58check": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "bech32": "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "ean": "4006381333931",
    "entropy": "x8Kq2mVt7Lp4Zr9W",
    "iban": "DE89 3704 0044 0532 0130 00",
    "luhn": "79927398713",
    "mod11-10": "27352765024",
    "mod11-2": "0000-0002-1825-0097",
    "mod97": "3214282912345698765432161182",
    "verhoeff": "358716270728",
}
# Those that find every single changed digit.
STRICT = ("ean", "iban", "luhn", "mod11-10", "mod11-2", "mod97", "verhoeff")


def test_every_check_is_tried() -> None:
    """There is a valid value here for each check a policy may name."""
    assert sorted(VALID) == sorted(CHECKS)


@pytest.mark.parametrize("name", VALID)
def test_a_valid_value_passes(name: str) -> None:
    """The check of a right value holds."""
    assert CHECKS[name](VALID[name])


@given(st.sampled_from(STRICT), st.integers(0, 40), st.integers(1, 9))
def test_one_changed_digit_fails(name: str, place: int, step: int) -> None:
    """Whichever digit is changed, the check notices."""
    value = VALID[name]
    digits = [i for i, char in enumerate(value) if char.isdigit()]
    at = digits[place % len(digits)]
    assert not CHECKS[name](value[:at] + str((int(value[at]) + step) % 10) + value[at + 1 :])


@pytest.mark.parametrize("name", ["base58check", "bech32"])
def test_one_changed_letter_fails(name: str) -> None:
    """Addresses notice a changed letter."""
    value = VALID[name]
    assert not any(CHECKS[name](value[:at] + "z" + value[at + 1 :]) for at in range(5, 30) if value[at] != "z")


@given(st.sampled_from(sorted(CHECKS)), st.text(max_size=80))
def test_no_check_raises(name: str, value: str) -> None:
    """A check answers yes or no to any text at all."""
    assert CHECKS[name](value) in (True, False)


@pytest.mark.parametrize(
    ("day", "real"),
    [
        ((2024, 2, 29), True),
        ((2023, 2, 29), False),
        ((1900, 2, 29), False),
        ((0, 2, 29), True),
        ((1999, 4, 31), False),
        ((1999, 13, 1), False),
    ],
)
def test_days_of_the_calendar(day: tuple[int, int, int], real: bool) -> None:
    """Months have their lengths, and only leap years a 29 February."""
    assert is_date(*day) is real


def test_weights_stop_with_the_shorter() -> None:
    """Digits beyond the weights do not count."""
    assert weighted("1239", (3, 2, 1)) == 10


def test_entropy_tells_drawn_from_typed() -> None:
    """A repeated character has none, sixteen different ones have four bits each."""
    assert entropy_bits("aaaa") == 0
    assert entropy_bits("0123456789abcdef") == 4
    assert not is_random("passwordpassword")
    assert not is_random("a1" * 10)
