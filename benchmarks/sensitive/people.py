"""Texts with and without personal values, in many languages and registers. Values are drawn; other libraries prove them."""

from __future__ import annotations

import hashlib
import json
import random
import re
import uuid
from collections.abc import Iterator

import phonenumbers
import stdnum.luhn
from stdnum import bitcoin, iban

from benchmarks.sensitive.people_held_out import HELD_OUT
from benchmarks.sensitive.people_numbers import SCHEMES
from benchmarks.sensitive.people_texts import SHOWN
from benchmarks.sensitive.row import Row

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CONSONANTS = "BCDFGHJKLMNPRSTVZ"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
FAMILIES = {"id": "national-id", "ph": "phone", "tel": "phone", "card": "credit-card", "iban": "iban", "ssn": "us-ssn"}
FAMILIES |= {"ip": "ip-address", "ip6": "ip-address", "coin": "crypto", "email": "email", "dob": "birth-date"}
SLOT = re.compile(r"\{(\w+)(?::([^{}]+))?\}")
SHAPE = re.compile(r"%[A-Z]|\[[^\]]+\]|.")
NAMES = (
    "Anna Bruno Chiara Dmitri Elif Farid Greta Hiroshi Inês Jakub Kemal Lena Mateo Nour Olga Priya Rosa Sven Tomás Yuki".split()
)
SURNAMES = (
    "Novak Silva Weber Rossi Kowalski Tanaka Lindqvist Moreau Haddad Okafor Petrova Jansen García Yilmaz Murphy Nagy".split()
)
WORDS = "amber birch cobalt delta ember falcon granite harbor indigo juniper kestrel lumen maple nimbus onyx pine".split()
DOMAINS = (
    "example.com example.org example.net mail.example.com corp.example.co.uk acme.example post.example.de uni.example.edu".split()
)
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
FICTION = {"US": ["201555012#", "415555010#", "646555017#"], "GB": ["7400900###", "2079460###"], "FR": ["19900####", "61234####"]}
FICTION |= {"AU": ["49157015#", "255501###"], "IE": ["85501####"], "SE": ["7017406##", "84650040#"]}
LENGTHS = {"FR": "##########[A-Z0-9]############", "GB": "[A-D]KWM##############", "NL": "[A-D]NGB##########"}
LENGTHS |= {"ES": "####################", "IT": "[A-Z]######################", "PL": "#" * 24, "AT": "#" * 16, "CH": "#" * 17}
LENGTHS |= {
    "BE": "#" * 12,
    "SE": "#" * 20,
    "NO": "#" * 11,
    "DK": "#" * 14,
    "FI": "#" * 14,
    "PT": "#" * 21,
    "IE": "AIBK" + "#" * 14,
}
LENGTHS |= {
    "SA": "#" * 20,
    "AE": "#" * 19,
    "TR": "#" * 22,
    "RO": "BTRL" + "#" * 16,
    "CZ": "#" * 20,
    "GR": "#" * 23,
    "LU": "#" * 16,
    "DE": "#" * 18,
}
CARDS = (
    "4##############",
    "5[1-5]#############",
    "37############",
    "34############",
    "6011###########",
    "3528###########",
    "2221###########",
)


class Draw:
    """Draws values by lot; whoever has the same seed draws the same ones."""

    def __init__(self, seed: int) -> None:
        self.lot = random.Random(seed)

    def shaped(self, shape: str) -> str:
        """`#` a figure, `@` a consonant, `[A-D]` one of a class, `%Y %C %D %J` a day, `%P` figures with one twice."""
        year, month, day = self.lot.randint(1950, 1999), self.lot.randint(1, 12), self.lot.randint(1, 28)
        tokens = {"%Y": f"{year % 100:02}{month:02}{day:02}", "%C": f"{year}{month:02}{day:02}", "#": "", "@": ""}
        tokens |= {"%D": f"{day:02}{month:02}{year % 100:02}", "%J": f"{day:02}{month:02}{year % 1000:03}"}
        tokens["%P"] = self.permuted() if "%P" in shape else ""
        return "".join(tokens.get(one) or self.one_of(one) for one in SHAPE.findall(shape))

    def permuted(self) -> str:
        figures = self.lot.sample("0123456789", 10)
        figures[figures.index("0")] = self.lot.choice([one for one in figures if one != "0"])
        return "".join(figures)

    def one_of(self, token: str) -> str:
        if token[0] == "[" and len(token) > 1:
            token = re.sub(r"(\w)-(\w)", lambda found: "".join(map(chr, range(ord(found[1]), ord(found[2]) + 1))), token[1:-1])
            return self.lot.choice(token)
        return self.lot.choice("0123456789" if token == "#" else CONSONANTS) if token in "#@" else token

    def value(self, kind: str, how: str) -> str:
        """A value of a kind, or what stands for it."""
        return str(getattr(self, f"a_{kind}")(how))

    def a_id(self, how: str) -> str:
        scheme = SCHEMES[how]
        number = self.shaped(scheme.shape)
        while not scheme.right(number):
            number = self.shaped(scheme.shape)
        return masked(number, self.lot.choice(scheme.written)) if scheme.written else number

    def number(self, region: str) -> phonenumbers.PhoneNumber:
        """A telephone number that libphonenumber takes for valid; of a range for fiction where there is one."""
        country = phonenumbers.country_code_for_region(region)
        while True:
            kind = self.lot.choice([phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE])
            example = str(phonenumbers.example_number_for_type(region, kind).national_number)
            shape = self.lot.choice(FICTION.get(region, [example[:-4] + "####", example[:-2] + "##"]))
            found = phonenumbers.PhoneNumber(country_code=country, national_number=int(self.shaped(shape)))
            if phonenumbers.is_valid_number(found):
                return found

    def a_ph(self, how: str) -> str:
        text = phonenumbers.format_number(self.number(how), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        return self.lot.choice(
            [text, text, text.replace(" ", ""), text.replace(" ", "-"), text.replace(" ", "."), text.replace("+", "00")]
        )

    def a_tel(self, how: str) -> str:
        text = phonenumbers.format_number(self.number(how), phonenumbers.PhoneNumberFormat.NATIONAL)
        return self.lot.choice([text, text, re.sub(r"\D", "", text), re.sub(r"[ -]", ".", text), text.replace(" ", "-")])

    def a_card(self, how: str) -> str:
        number = self.shaped(self.lot.choice(CARDS))
        number += stdnum.luhn.calc_check_digit(number)
        if how == "plain":
            return number
        gap = (
            self.lot.choice(["", " ", "-", " "])
            if not how
            else {"space": " ", "dot": ".", "line": "\n", "slash": "/"}.get(how, how)
        )
        return gap.join([number[:4], number[4:10], number[10:]] if len(number) == 15 else re.findall("....", number))

    def a_iban(self, how: str) -> str:
        country = how if how in LENGTHS else self.lot.choice(sorted(LENGTHS))
        rest = self.shaped(LENGTHS[country])
        while not iban.is_valid(iban.calc_check_digits(f"{country}00{rest}").join([country, rest]), check_country=False):
            rest = self.shaped(LENGTHS[country])
        text = country + iban.calc_check_digits(f"{country}00{rest}") + rest
        gap = {"dash": "-", "none": ""}.get(how, self.lot.choice([" ", " ", ""]))
        return gap.join(re.findall(".{1,4}", text)) if how != "lower" else text.lower()

    def a_ssn(self, how: str) -> str:
        area = self.lot.choice([one for one in range(1, 900) if one not in (666, 219, 78, 123, 457, 987)])
        return f"{area:03}{how}{self.lot.randint(1, 99):02}{how}{self.lot.randint(1, 9999):04}".replace("none", "")

    def a_ip(self, how: str) -> str:
        return f"{self.lot.choice(['192.0.2', '198.51.100', '203.0.113'])}.{self.lot.randint(10, 254)}{how and '/24'}"

    def a_ip6(self, how: str) -> str:
        tail = f"{self.lot.getrandbits(16):x}"
        return self.lot.choice(
            [
                f"2001:db8::{tail}",
                f"2001:db8:{self.lot.getrandbits(16):x}::1:{tail}",
                f"2001:0db8:85a3:0000:0000:8a2e:0370:{tail:0>4}",
            ]
        )

    def a_coin(self, how: str) -> str:
        if how == "eth":
            return f"0x{self.lot.getrandbits(160):040x}"
        if how == "bech32":
            data = [0, *(self.lot.randrange(32) for _ in range(31)), self.lot.choice([0, 16])]
            rest = bitcoin.bech32_checksum([3, 3, 0, 2, 3, *data, 0, 0, 0, 0, 0, 0]) ^ 1
            return "bc1" + "".join(BECH32[one] for one in [*data, *(rest >> 5 * (5 - i) & 31 for i in range(6))])
        body = bytes([{"btc": 0, "p2sh": 5, "ltc": 48, "doge": 30, "trx": 65}[how]]) + self.lot.randbytes(20)
        number, text = int.from_bytes(body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4], "big"), ""
        while number:
            number, rest = divmod(number, 58)
            text = BASE58[rest] + text
        return text if how != "btc" else "1" + text

    def a_email(self, how: str) -> str:
        first, last = (self.lot.choice(one).lower() for one in (WORDS, WORDS))
        local = self.lot.choice(
            [
                f"{first}.{last}",
                f"{first}_{last}{self.lot.randint(1, 99)}",
                f"{first}+{last}",
                f"{first[0]}{last}",
                f"{first}-{last}",
            ]
        )
        text = f"{local}@{self.lot.choice(DOMAINS)}"
        return (
            text.upper() if how == "upper" else text.replace("@", " [at] ").replace(".", " [dot] ") if how == "hidden" else text
        )

    def a_dob(self, how: str) -> str:
        year, month, day = self.lot.randint(1931, 2009), self.lot.randint(1, 12), self.lot.randint(1, 28)
        if how in MONTHS:
            named = MONTHS[how].split()[month - 1]
            written = {"en": f"{named} {day}, {year}", "de": f"{day}. {named} {year}", "es": f"{day} de {named} de {year}"}
            return (written | {"pt": written["es"]}).get(how, f"{day} {named} {year}")
        return {"ymd": f"{year}-{month:02}-{day:02}", "dmy": f"{day:02}.{month:02}.{year}", "mdy": f"{month:02}/{day:02}/{year}",
                "cjk": f"{year}年{month}月{day}日", "ko": f"{year}년 {month}월 {day}일", "slash": f"{day:02}/{month:02}/{year}",
                "short": f"{day:02}/{month:02}/{year % 100:02}", "eight": f"{year}{month:02}{day:02}"}[how]  # fmt: skip

    def a_n(self, how: str) -> str:
        number = self.shaped("[1-9]" + "#" * (int(how) - 1))
        return number if len(number) < 12 or not stdnum.luhn.is_valid(number) else number[:-1] + str((int(number[-1]) + 3) % 10)

    def a_hex(self, how: str) -> str:
        return f"{self.lot.getrandbits(4 * int(how)):0{how}x}"

    def a_up(self, how: str) -> str:
        return "".join(self.lot.choice(LETTERS) for _ in range(int(how)))

    def a_s(self, how: str) -> str:
        return self.shaped(how.replace("<", "[").replace(">", "]"))

    def a_uuid(self, how: str) -> str:
        return str(uuid.UUID(int=self.lot.getrandbits(128), version=4)) + how

    def a_date(self, how: str) -> str:
        year, month, day = self.lot.randint(2015, 2029), self.lot.randint(1, 12), self.lot.randint(1, 28)
        return f"{day:02}.{month:02}.{year}" if how == "dmy" else f"{year}-{month:02}-{day:02}"

    def a_time(self, how: str) -> str:
        return f"{self.lot.randint(0, 23):02}:{self.lot.randint(0, 59):02}:{self.lot.randint(0, 59):02}{how}"

    def a_price(self, how: str) -> str:
        return f"{how}{self.lot.randint(1, 9999):,}.{self.lot.randint(0, 99):02}"

    def a_isbn(self, how: str) -> str:
        digits = f"97{self.lot.choice('89')}{self.lot.randrange(10**9):09}"
        digits += str(-sum(int(one) * (3 if at % 2 else 1) for at, one in enumerate(digits)) % 10)
        return f"{digits[:3]}-{digits[3]}-{digits[4:7]}-{digits[7:12]}-{digits[12]}" if how == "dash" else digits

    def a_imei(self, how: str) -> str:
        number = f"35{self.lot.randrange(10**12):012}"
        return number + stdnum.luhn.calc_check_digit(number) + how

    def a_name(self, how: str) -> str:
        return f"{self.lot.choice(NAMES)} {self.lot.choice(SURNAMES)}{how}"

    def a_word(self, how: str) -> str:
        return self.lot.choice(WORDS) + how


def masked(number: str, mask: str) -> str:
    """A number written as a mask says; figures of the mask itself stay."""
    rest = iter(number)
    text = "".join(next(rest) if one == "#" else one for one in mask)
    return text + "".join(rest)


def dressed(text: str, lot: random.Random) -> str:
    """A value as it comes out of a word processor, a scan or an input method."""
    way = lot.randrange(4)
    if way == 0 and " " in text:
        return text.replace(" ", lot.choice("\u00a0\u202f\u2009"))
    if way == 1 and "-" in text:
        return text.replace("-", lot.choice("‐‑–"))
    if (
        way == 2
        and sum(one.isdigit() for one in text) > 6
        and "." not in text
        and ":" not in text
        and not re.search("[a-z]{4}", text)
    ):
        return "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in text)
    return text


WRAPPED = (
    lambda text: json.dumps({"role": "user", "content": text}, ensure_ascii=False),
    lambda text: f"<div class=\"msg\"><p>{text}</p></div>",
    lambda text: f"> {text.replace(chr(10), chr(10) + '> ')}\n\nPlease answer the customer politely.",
    lambda text: f"[2025-03-14 09:26:53] INFO chat.inbound msg=\"{text}\" latency_ms=182",
    lambda text: f"Summarise the following message in one line.\n\n---\n{text}\n---",
    lambda text: f"Ticket #48213 | P2 | open\nFrom: customer\n\n{text}\n\nKind regards",
    lambda text: f"1\t{text}\tdone",
)  # fmt: skip


def rows(seed: int, count: int) -> Iterator[Row]:
    """So many rows, the templates in turn; the same seed gives the same rows."""
    draw = Draw(seed)
    texts = [(f"shown-{at:03}", text, False) for at, text in enumerate(SHOWN)]
    texts += [(f"held-{at:03}", text, True) for at, text in enumerate(HELD_OUT)]
    for at in range(count):
        template, text, held_out = texts[at % len(texts)]
        yield filled(draw, Row(text, frozenset(), template, text.startswith("!"), held_out))


def filled(draw: Draw, row: Row) -> Row:
    """A template with its values drawn, some of them in another dress, some of the texts inside another one."""
    labels: set[str] = set()
    dress, hard = draw.lot.random() < 0.12, row.hard

    def value(found: re.Match[str]) -> str:
        nonlocal hard
        text = draw.value(found[1], found[2] or "")
        if family := FAMILIES.get(found[1]):
            labels.add(family)
            if dress and (other := dressed(text, draw.lot)) != text:
                hard = True
                return other
        return text

    text = SLOT.sub(value, row.text.removeprefix("! ")).replace("⏎", "\n").replace("⇥", "\t")
    if draw.lot.random() < 0.2:
        text = draw.lot.choice(WRAPPED)(text)
    return Row(text, frozenset(labels), row.template, hard, row.held_out)
