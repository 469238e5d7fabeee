"""Other people's libraries say what a valid number is: python-stdnum and libphonenumber. Ours must not say otherwise."""

from __future__ import annotations

import random
import re
from pathlib import Path

import phonenumbers
import pytest
import stdnum.iban
from stdnum import bitcoin, luhn, verhoeff
from stdnum.iso7064 import mod_11_2, mod_11_10, mod_97_10

from benchmarks.sensitive.people import Draw, rows
from benchmarks.sensitive.people_numbers import SCHEMES
from policyroute.scan.detectors import KINDS, detect
from policyroute.scan.detectors.checks import CHECKS

# The kind of each scheme, and a name that people give it.
NAMED = {
    "at": ("at", "SVNR"), "au": ("au", "TFN"), "be": ("be", "rijksregisternummer"), "bg": ("bg", "ЕГН"), "br": ("br", "CPF"),
    "ca": ("ca", "SIN"), "ch": ("ch", "AHV"), "cl": ("cl", "RUT"), "cn": ("cn", "身份证"), "cz": ("cz", "rodné číslo"),
    "de": ("de", "Steuer-ID"), "dk": ("dk", "CPR"), "do": ("do", "cédula"), "ec": ("ec", "cédula"), "ee": ("ee", "isikukood"),
    "es": ("es", "DNI"), "nie": ("es", "NIE"), "fi": ("fi", "henkilötunnus"), "fr": ("fr", "NIR"), "nhs": ("uk", "NHS"),
    "nino": ("uk", "NI number"), "gr": ("gr", "ΑΜΚΑ"), "hr": ("hr", "OIB"), "hk": ("hk", "HKID"), "hu": ("hu", "TAJ"),
    "id": ("id", "NIK"), "ie": ("ie", "PPS"), "il": ("il", "תעודת זהות"), "aadhaar": ("in", "Aadhaar"), "pan": ("in", "PAN"),
    "is": ("is", "kennitala"), "it": ("it", "codice fiscale"), "jp": ("jp", "マイナンバー"), "kr": ("kr", "주민등록번호"),
    "lt": ("ee", "asmens kodas"), "lv": ("lv", "personas kods"), "mx": ("mx", "CURP"), "my": ("my", "MyKad"),
    "nl": ("nl", "BSN"), "no": ("no", "fødselsnummer"), "nz": ("nz", "IRD"), "ar": ("ar", "DNI"), "pe": ("pe", "DNI"),
    "pk": ("pk", "CNIC"), "pl": ("pl", "PESEL"), "pt": ("pt", "NIF"), "ro": ("ro", "CNP"), "rs": ("rs", "JMBG"),
    "si": ("rs", "EMŠO"), "ru": ("ru", "ИНН"), "snils": ("ru", "СНИЛС"), "se": ("se", "personnummer"), "sg": ("sg", "NRIC"),
    "sk": ("cz", "rodné číslo"), "th": ("th", "เลขประจำตัวประชาชน"), "tr": ("tr", "TC kimlik"), "tw": ("tw", "身分證字號"),
    "ua": ("ua", "РНОКПП"), "itin": ("us", "ITIN"), "uy": ("uy", "cédula"), "vn": ("vn", "CCCD"), "za": ("za", "SA ID"),
    "ae": ("ae", "Emirates ID"), "sa": ("sa", "رقم الهوية"),
}  # fmt: skip
# What nothing but the day or the groups can be checked of, so that another last figure makes another person.
NO_CHECK_FIGURE = {"ar", "dk", "id", "itin", "kr", "my", "nino", "pan", "pe", "pk", "vn"}
# The ways to write a telephone number, and what has to stand before it.
WRITTEN = {
    phonenumbers.PhoneNumberFormat.INTERNATIONAL: "{}",
    phonenumbers.PhoneNumberFormat.E164: "{}",
    phonenumbers.PhoneNumberFormat.NATIONAL: "tel {}",
}
# Too short for a telephone number to be told from anything else.
SHORTEST = 7


def kinds(text: str) -> set[str]:
    return {finding.kind for finding in detect(text)}


def drawn(scheme: str, seed: int, count: int = 6) -> list[str]:
    draw = Draw(seed)
    return [draw.value("id", scheme) for _ in range(count)]


def broken(scheme: str, number: str) -> str:
    """The number with another last figure, such that whoever knows says no."""
    place = max(at for at, one in enumerate(number) if one.isalnum())
    last = number[place]
    others = "0123456789" if last.isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    wrong = [f"{number[:place]}{one}{number[place + 1 :]}" for one in others if one != last]
    return next(one for one in wrong if not SCHEMES[scheme].right(re.sub(r"[^0-9A-Za-z]", "", one)))


def test_every_scheme_is_named() -> None:
    """The oracle's schemes are of thirty countries and more, and each has a kind of ours."""
    assert set(NAMED) == set(SCHEMES)
    assert len({country for country, _ in NAMED.values()}) >= 30
    assert {f"national-id.{country}" for country, _ in NAMED.values()} <= set(KINDS)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_valid_number_is_found_beside_its_name(scheme: str) -> None:
    """What the oracle takes for valid, in each way it is written, is found as its country's number."""
    country, name = NAMED[scheme]
    # Where there is no check figure, several countries may have such a number: any of them will do.
    wanted = "national-id." if scheme in NO_CHECK_FIGURE else f"national-id.{country}"
    texts = [f"{name}: {one}, please" for one in drawn(scheme, 11)]
    assert [text for text in texts if not any(kind.startswith(wanted) for kind in kinds(text))] == []


@pytest.mark.parametrize("scheme", sorted(set(SCHEMES) - NO_CHECK_FIGURE))
def test_a_number_with_a_broken_check_figure_is_not(scheme: str) -> None:
    """What the oracle takes for wrong is not found as that country's number, whatever it is called."""
    country, name = NAMED[scheme]
    wrong = [broken(scheme, one) for one in drawn(scheme, 12)]
    assert [one for one in wrong if f"national-id.{country}" in kinds(f"{name}: {one}, please")] == []


def examples(region: str) -> list[phonenumbers.PhoneNumber]:
    sorts = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    found = [phonenumbers.example_number_for_type(region, sort) for sort in sorts]
    return [one for one in found if one is not None and len(str(one.national_number)) >= SHORTEST]


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_telephone_numbers_of_every_region(region: str) -> None:
    """libphonenumber's examples are found: with `+` alone, and as they are dialled at home after `tel`."""
    texts = [
        form.format(phonenumbers.format_number(number, written))
        for number in examples(region)
        for written, form in WRITTEN.items()
    ]
    assert [text for text in texts if "phone" not in kinds(text)] == []


@pytest.mark.parametrize("region", ["AU", "BR", "DK", "ES", "FR", "GB", "IN", "JP", "NO", "PL", "US", "ZA"])
def test_numbers_of_a_wrong_length_are_no_telephone_numbers(region: str) -> None:
    """What libphonenumber says cannot be dialled is not found by its `+` alone."""
    checked = 0
    for number in examples(region):
        for wrong in (
            number.national_number // 10**5,
            int(f"{number.national_number}123"),
            int(f"{number.national_number}1234567"),
        ):
            dialled = phonenumbers.PhoneNumber(number.country_code, wrong)
            if not phonenumbers.is_possible_number(dialled):
                checked += 1
                assert "phone" not in kinds(phonenumbers.format_number(dialled, phonenumbers.PhoneNumberFormat.E164))
    assert checked


@pytest.mark.parametrize("country", ["DE", "FR", "GB", "NL", "ES", "IT", "PL", "AT", "CH", "BE", "SE", "NO", "PT", "SA", "TR"])
def test_accounts(country: str) -> None:
    """An account that python-stdnum takes for valid is found and passes our check; with another check figure neither."""
    draw = Draw(5)
    for _ in range(5):
        account = draw.value("iban", country)
        assert stdnum.iban.is_valid(account, check_country=False)
        assert "iban" in kinds(f"{account}, thanks")
        wrong = f"{account[:3]}{(int(account[3]) + 1) % 10}{account[4:]}"
        assert not stdnum.iban.is_valid(wrong, check_country=False)
        assert "iban" not in kinds(f"{wrong}, thanks")


def test_bitcoin_addresses() -> None:
    """An address that python-stdnum takes for valid is found; with two characters changed places it is not."""
    draw = Draw(6)
    for how in ("btc", "p2sh", "bech32") * 5:
        address = draw.value("coin", how)
        assert bitcoin.is_valid(address)
        assert "crypto" in kinds(f"to {address} please")
        place = next(at for at in range(8, len(address)) if address[at] != address[at - 1])
        wrong = address[: place - 1] + address[place] + address[place - 1] + address[place + 1 :]
        assert "crypto" not in kinds(f"to {wrong} please")


ORACLES = {"luhn": luhn, "verhoeff": verhoeff, "mod97": mod_97_10, "mod11-10": mod_11_10, "mod11-2": mod_11_2}


@pytest.mark.parametrize("check", ORACLES)
def test_checks(check: str) -> None:
    """A check that a policy can name agrees with python-stdnum's on whatever figures."""
    lot = random.Random(8)
    numbers = [str(lot.randrange(10**8, 10**16)) for _ in range(2_000)]
    assert any(map(CHECKS[check], numbers))
    assert [number for number in numbers if CHECKS[check](number) != ORACLES[check].is_valid(number)] == []


def test_unseen_texts() -> None:
    """On texts drawn anew, half of them of templates that nobody fits a detector to, the numbers that are promised hold."""
    right = wrong = missed = 0
    for row in rows(2026, 1_000):
        found = {kind.partition(".")[0] for kind in kinds(row.text)} - {"secret"}
        right += len(found & row.labels)
        wrong += len(found - row.labels)
        missed += len(row.labels - found)
    assert right / (right + wrong) >= 0.98
    assert right / (right + missed) >= 0.97


def test_every_kind_has_its_row_in_the_table_of_names() -> None:
    """The page that maps our names to those of others lists every kind, once."""
    page = (Path(__file__).parents[2] / "docs/reference/detector-names.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    assert sorted(listed) == sorted(KINDS)
