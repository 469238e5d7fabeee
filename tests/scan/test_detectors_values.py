"""Money, machines and secrets: cards, accounts, coins, addresses, keys. Secrets are written in pieces."""

from __future__ import annotations

from base64 import b64encode
from functools import partial

import pytest

from policyroute.scan.detectors import detect
from tests.timing import least_s


def found(text: str) -> list[tuple[str, str]]:
    return [(finding.kind, text[finding.start : finding.end]) for finding in detect(text)]


def kinds(text: str) -> set[str]:
    return {kind for kind, _ in found(text)}


CARDS = [
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111.1111.1111.1111",
    "4242424242424242",
    "5555555555554444",
    "2223003122003222",
    "3782 822463 10005",
    "4 1 1 1  1 1 1 1  1 1 1 1  1 1 1 1",
    "4111\n1111\n1111\n1111",
    "6011111111111117",
    "3530111333300000",
    "6200000000000005",
]


@pytest.mark.parametrize("number", CARDS)
def test_cards(number: str) -> None:
    """Every issuer's range, bare or grouped as on the card."""
    assert found(f"It says {number}.") == [("credit-card", number)]


@pytest.mark.parametrize("text", ["visa 4222222222222", "diners 30569309025904", "my card: 501800000009"])
def test_cards_that_need_a_word(text: str) -> None:
    """Withdrawn and short numbers, and numbers written in a column, count where the text speaks of cards."""
    assert kinds(text) == {"credit-card"}


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",
        "9111 1111 1111 1113",
        "4222222222222",
        "30569309025904",
        "x4111111111111111",
        "0.4111111111111111",
        "41111111111111111111",
        "IMEI 490154203237518",
        "epoch 1705312200000",
        "4111\n1111\n1111\n1111\n2222\n3333\n4444",
        "0000 0000 0000 0000",
    ],
)
def test_not_cards(text: str) -> None:
    """Wrong check digits, no issuer, pieces of longer numbers, and tables."""
    assert "credit-card" not in kinds(text)


@pytest.mark.parametrize(
    "value",
    [
        "DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819",
        "g b 2 9   n w b k   6 0 1 6   1 3 3 1   9 2 6 8   1 9",
        "gb29 nwbk 6016 1331 9268 19",
        "NL91-ABNA-0417-1643-00",
        "FR14 2004 1010 0505 0001 3M02 606",
        "NO9386011117947",
    ],
)
def test_ibans(value: str) -> None:
    """Any grouping, any case, up to the country's length and not into the next word."""
    assert found(f"to {value} please") == [("iban", value)]


@pytest.mark.parametrize(
    "text",
    [
        "DE88 3704 0044 0532 0130 00",
        "DE89 3704 0044 0532 0130",
        "ZZ89370400440532013000",
        "XDE89370400440532013000",
        "DE89370400440532013000X",
        "SWIFT DEUTDEFF500",
    ],
)
def test_not_ibans(text: str) -> None:
    """Wrong check digits, wrong lengths, unknown countries, pieces of words."""
    assert kinds(text) == set()


def test_an_iban_right_after_a_decoy() -> None:
    """What only begins like an account does not swallow the one that follows."""
    assert found("DE12 AB DE89 3704 0044 0532 0130 00") == [("iban", "DE89 3704 0044 0532 0130 00")]


@pytest.mark.parametrize(
    "value",
    [
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe",
    ],
)
def test_coins(value: str) -> None:
    """Bitcoin in both spellings, and Ethereum."""
    assert found(f"send to {value}, now") == [("crypto", value)]


@pytest.mark.parametrize(
    "text",
    [
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdx",
        "0x" + "0" * 40,
        "0x7c1e0a93b5d246f8",
        "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    ],
)
def test_not_coins(text: str) -> None:
    """Wrong checks, constants, other hex numbers."""
    assert kinds(text) == set()


@pytest.mark.parametrize(
    "value",
    ["10.2.3.44", "192.0.2.17", "8.8.8.8", "2001:db8::1", "fe80::1ff:fe23:4567:890a", "2001:0db8:85a3:0000:0000:8a2e:0370:7334"],
)
def test_ip_addresses(value: str) -> None:
    """Addresses of both versions, with a port or a mask after them."""
    assert found(f"ping {value} now") == [("ip-address", value)]
    assert found(f"[{value}]:443") == [("ip-address", value)]


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1 0.0.0.0 255.255.255.0",
        "Chrome build 120.0.6099.109",
        "version 10.20.30.40",
        "ping 10.20.30.40.50",
        "256.1.1.1",
        "see 7.4.2.1 there",
        "12:34:56",
        "00:1A:2B:3C:4D:5E",
        "std::vector a[1::2] a[::1000] abc::def ::1",
    ],
)
def test_not_ip_addresses(text: str) -> None:
    """Loopback and masks, versions, sections, times, hardware addresses and code."""
    assert kinds(text) == set()


R20 = "x8Kq2mVt7Lp4Zr9Wc3Yb"
R40 = R20 + "6Nd1Hf5Js0Ga2Qe4Ux7T"
HEX32 = "9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d"
JWT = "ey" + "JhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJhbm4ifQ." + R40
PEM = "-----BEGIN " + "RSA PRIVATE KEY-----"
PEM_END = "-----END " + "RSA PRIVATE KEY-----"

SECRETS = [
    ("aws", "AK" + "IA" + "Q3EGRT6WUY2ZKLM4"),
    ("github", "gh" + "p_" + R40[:36]),
    ("github", "github" + "_pat_" + R40 + R40),
    ("gitlab", "gl" + "pat-" + R20),
    ("slack", "xo" + "xb-" + "604219873355-" + R20),
    ("slack", "https://hooks.slack" + ".com/services/T0Q9AXVC9/B0J0L3Q78/" + R20),
    ("stripe", "sk" + "_live_" + R20),
    ("openai", "sk" + "-proj-" + R40 + R20),
    ("openai", "sk" + "-" + R40),
    ("anthropic", "sk" + "-ant-api03-" + R40),
    ("gcp", "AI" + "za" + R40[:35]),
    ("npm", "np" + "m_" + R40[:36]),
    ("pypi", "py" + "pi-AgE" + R40 + R20),
    ("azure", "Account" + "Key=" + R40 + R40 + "=="),
    ("huggingface", "h" + "f_" + R40[:34]),
    ("sendgrid", "S" + "G." + R20 + "." + R40),
    ("digitalocean", "do" + "p_v1_" + HEX32 + HEX32[::-1]),
    ("telegram", "798" + "4321065:A" + R40[:34]),
    ("vault", "hv" + "s." + R40),
    ("twilio", "S" + "K" + HEX32),
    ("jwt", JWT),
    ("private-key", f"{PEM}\n{R40}{R20}\n{PEM_END}"),
    ("private-key", f'"{PEM}\\n{R40}{R20}\\n{PEM_END}"'),
]


@pytest.mark.parametrize(("family", "value"), SECRETS, ids=[f"{family}-{i}" for i, (family, _) in enumerate(SECRETS)])
def test_secrets_by_their_shape(family: str, value: str) -> None:
    """A key that names its vendor is found wherever it stands, under the vendor's name."""
    for text in (value, f"use {value} here", f"KEY={value}\n"):
        assert f"secret.{family}" in kinds(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("password", "DB_PASSWORD=s3cr3tP4ss"),
        ("password", 'userPassword: "Xy12345!z"'),
        ("password", '{\\"password\\": \\"Xy12345!z\\"}'),
        ("password", "password: password: Xy12345!z"),
        ("password", "<password>Xy12345!z</password>"),
        ("password", "the wlan password is Gr8nola#Bar7, enjoy"),
        ("password", "Passwort lautet Geheim987!"),
        ("password", "contraseña: Secreta987!"),
        ("password", "CREATE USER a IDENTIFIED BY 'Xy98765!z'"),
        ("password", "mysql --password=Xy98765!z"),
        ("password", "machine h.example.com login bot password Xy98765zQ"),
        ("token", f"api_key = '{R40}'"),
        ("token", f"x-api-key: {HEX32}"),
        ("token", f"our monitoring api key {HEX32} expired"),
        ("token", f"GET /d?access_token={R40}&page=2"),
        ("bearer", f"Authorization: Bearer {R40}"),
        ("basic-auth", "Authorization: Basic " + b64encode(b"svc:" + R20.encode()).decode()),
        ("basic-auth", f"curl -u svc:{R20} https://api.example.com"),
        ("connection-string", f"postgres://app:{R20}@db.example.com:5432/x"),
        ("connection-string", "Data Source=db;Uid=app;Pwd=qWmZrTpLkNv;Timeout=5"),
    ],
)
def test_secrets_by_their_place(kind: str, text: str) -> None:
    """A value behind a key, in a header, in a URL or after `password is` is a secret if it looks drawn."""
    assert f"secret.{kind}" in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "password: your_password_here",
        "api_key = 'sk-...'",
        "export KEY=<API_KEY>",
        "sk-" + "x" * 48,
        "AKIA" + "IOSFODNN7EXAMPLE",
        "password=${DB_PASSWORD}",
        "password: {{ .Values.password }}",
        "token = os.environ['GITHUB_TOKEN']",
        "password = request.form['password1']",
        "password = get_password(user1)",
        "passwd = std::move(other1)",
        "postgres://user:password@localhost/db",
        "postgres://app:app@localhost/db",
        '{"password": ["too short"], "token": ["is missing"]}',
        "My password is not working since 2023",
        "def login(username: str, password: str) -> bool:",
        "SELECT 1 WHERE password = ?",
        "max_tokens: 4096, primary_key=571940326",
        "next_page_token: " + R40,
        "csrf_token=" + R40,
        "publishable key " + "pk" + "_live_" + R20,
        "Authorization: Bearer <token>",
        "Authorization: Bearer $ACCESS_TOKEN",
        "Basic authentication is simple",
        "uuid 550e8400-e29b-41d4-a716-446655440000",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "-----BEGIN PUBLIC KEY-----\n" + R40 + R20,
        PEM + "\n...\n" + PEM_END,
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" + R40 + " deploy@ci",
        "ey" + "JhbGciOiJub25l.x.y",
        "a secret recipe with 20 herbs",
        "PWD=/home/ann/project1",
        "https://example.com:8080/a@b",
        "hash $2b$12$" + R40,
    ],
)
def test_not_secrets(text: str) -> None:
    """Placeholders, code, prose, public keys, digests and identifiers are no secrets."""
    assert not {kind for kind in kinds(text) if kind.startswith("secret")}


def test_a_github_token_may_be_dull_if_its_check_is_right() -> None:
    """The checksum in a token proves it even where it does not look drawn by lot, and a wrong one does not."""
    dull = "gh" + "p_" + "a" * 30
    assert "secret.github" in kinds(dull + _crc(dull))
    assert "secret.github" not in kinds(dull + "aaaaaa")


def _crc(token: str) -> str:
    """CRC-32 in base 62, bit by bit, as an independent witness."""
    rest = 0xFFFFFFFF
    for byte in token[4:].encode():
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0xEDB88320 if rest & 1 else 0)
    rest ^= 0xFFFFFFFF
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return "".join(digits[rest // 62**place % 62] for place in range(5, -1, -1))


PLAIN_PROSE = """The 2024 report (pages 12-19) says that revenue grew 14.5% to $1,234,567.89; see section 3.2.1 and RFC 7231.
Build 4.8.15 was released on 2024-03-05T10:15:00Z, commit 9f86d081884c,
order #740312, ticket ABC-1234, UUID 550e8400-e29b-41d4-a716-446655440000.
for i in range(10, 200): total += data[i::2] if x[i] != 0x7fff5fbff8c0 else 3.14159265358979
Call the helper with max_tokens=4096; the score was 98-104, attendance 318,402,775,119,
EAN 4006381333931, ISBN 978-3-16-148410-0."""


def test_prose_and_code_hold_nothing() -> None:
    """Prices, dates, versions, hashes, order numbers and code set off no detector at all."""
    assert found(PLAIN_PROSE) == []


# Words that wake detectors, with what nearly is a value beside them.
DENSE = (
    "phone ", "passport number ", "tel: ", "id no 12 ", "born on ", "iban ", "ssn ", "id number 123456789 ", "tel 12345 ",
    "national id 12345678901 ", "born on 31/02/1980 ", "dob 12/13/1999 ", "ssn 000-12-3456 ", "iban DE00 1234 5678 9012 3456 78 ",
    "card 4111 1111 1111 1112 ", "version 1.2.3.4 ", "id no 1234567890123 ", "id no AB123456C ", "phone 123 456 78 ",
    "order 1234567 call ", "call +1 2 3 4 5 6 7 8 9 ", "phone id number pesel 12345678901 born 1.1.80 ssn 12 ",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("unit", DENSE)
def test_texts_full_of_telling_words_take_linear_time(unit: str) -> None:
    """Four times the text takes four times as long, and 64 KB a fraction of a second: the bounds are for slow machines."""
    small, large = (least_s(partial(detect, (unit * size)[:size]), runs=3) for size in (16_000, 64_000))
    assert large < 8 * small + 0.01
    assert large < 0.4
