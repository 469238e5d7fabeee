"""Detectors take time in proportion to the text, whatever the text is."""

from __future__ import annotations

from functools import partial

import pytest

from policyroute.scan.detectors import detect
from tests.timing import least_s

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
# Words that a secret may follow, so dense that every character asks for a look.
SECRETS = {
    "word": "password ",
    "spaced": "password = ",
    "assigned": "password=",
    "colon": "password: ",
    "token": "token: ",
    "tokens": "token=",
    "key": "key ",
    "api key": "api key ",
    "is": "secret is ",
    "short": "pwd:",
    "shorter": "pw ",
    "german": "passwort ",
    "french": "mdp ",
    "capitals": "PASSWORD ",
    "figures": "pw a1 ",
    "said": "password is a1b2c3 ",
    "open quote": "password='",
    "quote": "password=\"abc'",
    "pairs": '"a":"b",',
    "json": '"password":"a",',
    "element": "<password>a<",
    "table": "| password |\n|---|\n",
    "lines": "password\n",
    "option": "sshpass -p ",
    "netrc": "machine a login b password ",
    "of": "password for a b c ",
    "chinese": "密码",
    "russian": "пароль ",
    "bearer": "bearer abcdefghijklmnop ",
    "near miss": "ghp_abc sk-proj-abc AKIAABC xoxb-1 AIzaab eyJabc.eyJ ",
    "no end": "-----BEGIN PRIVATE " + "KEY-----\nMIIE ",
    "base64": "kq3ZpXv9Lw0RtYs7BnMc5DfGh1JkPoIu",
    "codes": "backup codes 1234-",
    "named": "is a1b2c3d a password ",
}
# Of a processor that does nothing else; ten times what was seen.
MOST_S = 0.5


def _grows(unit: str, small: int, large: int) -> tuple[float, float]:
    one, four = (least_s(partial(detect, AWAKE + (unit * size)[:size] + AWAKE), runs=3) for size in (small, large))
    return one, four


@pytest.mark.parametrize("name", UNITS)
def test_four_times_the_text_takes_no_sixteen_times_as_long(name: str) -> None:
    """The square would be sixteen; ten leaves room for a busy machine."""
    small, large = _grows(UNITS[name], 4_000, 16_000)
    assert large < 10 * small + 0.02


@pytest.mark.parametrize("name", SECRETS)
def test_words_for_secrets_may_be_dense(name: str) -> None:
    """A text of nothing but words that a secret may follow, and no secret, is read in proportion to its length."""
    small, large = _grows(SECRETS[name], 2_000, 8_000)
    assert large < 10 * small + 0.02


@pytest.mark.slow
@pytest.mark.parametrize("name", [*UNITS, *SECRETS])
def test_sixty_four_kilobytes_take_a_blink(name: str) -> None:
    """Long hostile texts: no more than proportion, and never half a second."""
    small, large = _grows((UNITS | SECRETS)[name], 16_000, 64_000)
    assert large < 8 * small + 0.02
    assert large < MOST_S
