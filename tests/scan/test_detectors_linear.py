"""Detectors take time in proportion to the text, whatever the text is."""

from __future__ import annotations

import time

import pytest

from policyroute.scan.detectors import detect

# With these in the text every detector that waits for a word is awake.
AWAKE = " ssn bsn SIN TFN pesel nhs cpf aadhaar dni kimlik phone call card iban nif isikukood oib egn id number password born "
UNITS = {
    "digits": "4",
    "pairs": "1 ",
    "dotted": "1.",
    "colons": "a:",
    "local": "a@",
    "host": "a.",
    "plus": "+1",
    "urls": "a://b:",
    "pem": "-----BEGIN PRIVATE " + "KEY-----",
    "jwt": "eyJ",
    "quotes": "password=\"a password='b password=`c ",
    "cards": "4111 1111 1111 1112 ",
    "ids": "12345678901 ",
    "dates": "born 31/02/1980 ",
    "base58": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb ",
    "dashes": "-",
    "arabic": "\u0663",
    "invisible": "\u200b1",
}


def _seconds(text: str) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        detect(text)
        best = min(best, time.perf_counter() - start)
    return best


@pytest.mark.parametrize("name", UNITS)
def test_four_times_the_text_takes_no_sixteen_times_as_long(name: str) -> None:
    """The square would be sixteen; ten leaves room for a busy machine."""
    unit = UNITS[name]
    small, large = (_seconds(AWAKE + (unit * size)[:size] + AWAKE) for size in (4_000, 16_000))
    assert large < 10 * small + 0.02
