"""Who somebody is: addresses, telephone numbers, days of birth, national numbers."""

from __future__ import annotations

import pytest

from policyroute.scan.detectors import detect


def found(text: str) -> list[tuple[str, str]]:
    return [(finding.kind, text[finding.start : finding.end]) for finding in detect(text)]


EMAILS = [
    ("jo.roe [at] example [dot] org, please", "jo.roe [at] example [dot] org"),
    ("jo(at)example.org", "jo(at)example.org"),
    ("write to jo dot roe at corp dot example dot org", "jo dot roe at corp dot example dot org"),
    ("write to <jo.smith+news@sub.example.co.uk>.", "jo.smith+news@sub.example.co.uk"),
    ("JO@EXAMPLE.MUSEUM", "JO@EXAMPLE.MUSEUM"),
    ("mailto:jo_s@example.io?subject=hi", "jo_s@example.io"),
    ("an jörg@bücher.example schicken", "jörg@bücher.example"),
    ("to=jo@example.org&cc=", "jo@example.org"),
    ("邮箱是jo@example.org吗", "jo@example.org"),
    ("Ask jo@example.org.Thanks for that", "jo@example.org"),
]


@pytest.mark.parametrize(("text", "value"), EMAILS)
def test_emails(text: str, value: str) -> None:
    """An address is found whole, and nothing of the sentence with it."""
    assert found(text) == [("email", value)]


@pytest.mark.parametrize(
    "text",
    [
        "icon@2x.png and photo@large.jpeg",
        "npm i react@18.2.0 actions/checkout@v4",
        "git clone git@github.com:acme/widgets.git",
        "https://bot@git.example.com/x.git",
        "@app.route('/x')",
        "y = a@b.T",
        "systemctl start getty@tty1.service",
        "user@localhost",
        "look at example dot com",
        "x[at] = 5",
        "a@b.c",
        "@example.org",
    ],
)
def test_not_emails(text: str) -> None:
    """Files, packages, remotes, code and bare host names are no addresses."""
    assert found(text) == []


PHONES = [
    "+1 415 555 0199",
    "+44 (0)20 7946 0958",
    "+49-30-23125-010",
    "+33 6 39 98 12 34",
    "0044 20 7946 0958",
    "(415) 555-0199",
    "415-555-0199",
    "415.555.0199",
    "1-415-555-0199",
    "06 39 98 12 34",
    "07700 900123",
    "020 7946 0958",
    "(11) 96123-4567",
]


@pytest.mark.parametrize("number", PHONES)
def test_phones_by_their_shape(number: str) -> None:
    """International numbers and the best known national shapes need no word before them."""
    assert found(f"It is {number}, thanks") == [("phone", number)]


def test_phones_among_other_figures() -> None:
    """A number right after or before others is still one, and so is each of a list."""
    assert found("apt 12 415-555-0199") == [("phone", "415-555-0199")]
    assert found("415-555-0199 415-555-0123 415-555-0145") == [("phone", f"415-555-01{end}") for end in (99, 23, 45)]


@pytest.mark.parametrize(
    ("before", "number"),
    [
        ("Tel.: ", "030 901820"),
        ("phone ", "555 0199"),
        ("my cell is ", "4155550199"),
        ("Rückruf unter ", "030/23125010"),
        ("téléphone ", "04 76 12 34 56"),
        ("手机", "13812345678"),
        ("携帯は", "090-1234-5678"),
        ("연락처 ", "010-1234-5678"),
        ("мой телефон ", "8 912 345-67-89"),
        ("please call ", "9493 7477"),
        ("tel:", "+14155550199"),
        ("caller id ", "5550199"),
    ],
)
def test_phones_by_the_words_before(before: str, number: str) -> None:
    """After a word for a telephone plain figures will do, in many languages."""
    assert found(before + number) == [("phone", number)]


@pytest.mark.parametrize(
    "text",
    [
        "ring extension 417, desk 12-3045",
        "dial 112 or 1-800-CONTACTS",
        "+1 234",
        "+999 123 456 789",
        "order 415 555 0199",
        "call me about order number 4930 1122",
        "message 2024-11-12 08:30",
        "text 20241112 083000",
        "address 370 3911 Fourth Avenue",
        "1234567890",
        "v1.2.3-415-555-0199",
        "$415-555-0199",
        "phone: 12:30-13:45",
        "zip 90417-2268",
        "what is 418 - 203 - 5172?",
        "the years 1987-2003",
        "U+0045 0302 0301",
    ],
)
def test_not_phones(text: str) -> None:
    """Dates, times, prices, extensions, sums and numbers that another word names are no telephones."""
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "born on 12 March 1980",
        "DOB: 03/04/1985",
        "date of birth 1985-04-03",
        "née le 3 août 1975",
        "Geburtsdatum: 1. Februar 1970",
        "born May 5, 1999",
        "生年月日 1990年1月2日",
        "дата рождения 01.02.1990",
    ],
)
def test_birth_dates(text: str) -> None:
    """A day right after a word for birth."""
    assert [kind for kind, _ in found(text)] == ["birth-date"]


@pytest.mark.parametrize(
    "text", ["born in 1980", "on 12 March 1980", "DOB: 31/02/1985", "born 45/45/1999", "date of birth 1685-03-31"]
)
def test_not_birth_dates(text: str) -> None:
    """Years alone, days without the words, days that are none and days of the dead are not days of birth."""
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["SSN 536-22-8145", "536-22-8145", "ssn: 536 22 8145", "social security number 536228145", "SSN 123-45-6789"]
)
def test_social_security_numbers(text: str) -> None:
    """Dashes are enough; spaces and bare figures need the words, and so do the numbers everybody prints."""
    assert [kind for kind, _ in found(text)] == ["us-ssn"]


@pytest.mark.parametrize(
    "text",
    [
        "SSN 666-22-8145",
        "SSN 000-22-8145",
        "SSN 936-22-8145",
        "SSN 536-00-8145",
        "SSN 536-22-0000",
        "536 22 8145",
        "536228145",
        "123-45-6789",
        "part 1536-22-8145",
        "536-22-8145-9",
        "CAS 64-19-7",
        "licence 4416-83-2097",
    ],
)
def test_not_social_security_numbers(text: str) -> None:
    """Areas, groups and serials that were never given out, pieces of longer numbers, and figures without the words."""
    assert found(text) == []


IDS = [
    ("at", "SVNR 9718 150543"),
    ("be", "40.09.20-290.13"),
    ("be", "rijksregisternummer 40092029013"),
    ("bg", "ЕГН 4708209659"),
    ("ch", "756.3219.9727.71"),
    ("cz", "430828/1879"),
    ("de", "Steuer-ID 93 423 530 671"),
    ("de", "Personalausweis T220001293"),
    ("dk", "CPR 251272-0853"),
    ("ee", "isikukood 46803043096"),
    ("es", "DNI 12962090A"),
    ("es", "12962090-A"),
    ("es", "nie y0467867s"),
    ("fi", "080285-1341"),
    ("fr", "1 63 11 47 003 886 32"),
    ("fr", "numéro de sécurité sociale 163114700388632"),
    ("gr", "ΑΜΚΑ 15044588356"),
    ("hr", "OIB 27352765024"),
    ("ie", "PPS 2099713QH"),
    ("is", "kennitala 110287-7479"),
    ("it", "GOPBDG88S06K352X"),
    ("it", "codice fiscale gopbdg88s06k352x"),
    ("nl", "BSN 376321866"),
    ("no", "09048059101"),
    ("pl", "PESEL 33100328631"),
    ("pt", "NIF 615 930 123"),
    ("ro", "CNP 2331224405566"),
    ("rs", "JMBG 0601971612391"),
    ("se", "811218-9876"),
    ("se", "personnummer 198112189876"),
    ("uk", "AB 12 34 56 C"),
    ("uk", "ni number ab123456c"),
    ("uk", "NHS number 164 822 6485"),
    ("ar", "DNI 30.123.456"),
    ("au", "TFN 470 046 383"),
    ("br", "342.832.846-96"),
    ("br", "CPF 34283284696"),
    ("ca", "SIN 236-229-746"),
    ("cl", "10.186.714-5"),
    ("cn", "身份证号码是110101194112092663，"),
    ("hk", "A123456(3)"),
    ("id", "NIK 3171042309482359"),
    ("il", "Teudat Zehut 499931897"),
    ("in", "Aadhaar 3587 1627 0728"),
    ("in", "आधार नंबर 358716270728"),
    ("in", "ABCPK1234L"),
    ("jp", "マイナンバー 7618-3966-9446"),
    ("kr", "671026-2016560"),
    ("kr", "주민등록번호 671026-2016569"),
    ("mx", "BOXW350210HDFLLM73"),
    ("my", "750303-01-1006"),
    ("nz", "IRD 041-785-446"),
    ("sg", "S1234567D"),
    ("th", "Thai ID 4-2814-93868-62-5"),
    ("tr", "TC kimlik 15281643112"),
    ("tw", "身分證 A123456789"),
    ("us", "ITIN 930-65-5195"),
    ("za", "South African ID 6712062717180"),
    ("pl", "name,id number\nNowak,33100328631"),
]


@pytest.mark.parametrize(("country", "text"), IDS)
def test_national_ids(country: str, text: str) -> None:
    """A made-up number with a right check is found, under its country."""
    made = [kind for kind, _ in found(text)]
    assert f"national-id.{country}" in made, made


def _wrong(text: str) -> str:
    """The last figure that is part of the number, or the check letter, changed by one."""
    at = max(i for i, char in enumerate(text) if char.isascii() and char.isdigit())
    return text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]


# Numbers without a check, or with one that does not cover the last figure of the text.
UNCHECKED = ("dk", "uk", "ar", "id", "my", "us", "in", "is", "kr", "mx")


@pytest.mark.parametrize(("country", "text"), [row for row in IDS if row[0] not in UNCHECKED])
def test_wrong_check_digits(country: str, text: str) -> None:
    """The same number with one figure changed is not found."""
    assert f"national-id.{country}" not in [kind for kind, _ in found(_wrong(text))]


def test_a_number_right_after_a_look_alike() -> None:
    """Figures that only look like the beginning of a number do not swallow it."""
    assert found("SIN 12 345 236 229 746") == [("national-id.ca", "236 229 746")]


@pytest.mark.parametrize(
    "text",
    [
        "376321866",
        "33100328631",
        "foreign_key=34283284696",
        "236-229-746",
        "sin 236229746",
        "15281643112",
        "6712062717180",
        "358716270728",
    ],
)
def test_weak_numbers_need_their_words(text: str) -> None:
    """Figures that one number in ten or a hundred would pass for are believed only where the text says what they are."""
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Ruf mich unter 030.125737 an",
        "Puh. 041 2345688",
        "Zadzwoń: 512 345 717",
        "Позвоните мне по номеру 83011236613",
        "her number's 4155550107",
        "Telefone para contato: 1123451449",
        "电话：010-1234-5693",
        "Ticket #48213\n\n电话：010 1234 7883",
        "sună-mă la 0712 034 567",
        "hívj fel: 06 20 123 4567",
    ],
)
def test_people_ask_to_be_called_in_many_ways(text: str) -> None:
    """Words for a telephone, and for calling somebody, of many languages; what stands nearer does not hide them."""
    assert [kind for kind, _ in found(text)] == ["phone"]


@pytest.mark.parametrize(
    "text",
    [
        "Simplify (983) 572-2740 / 7",
        "555-123-4567 * 2 = ?",
        "lottery: 03 17 23 39 46",
        "phone 15 pro, score 2003319 in the benchmark",
        "Answer the message\n\n15.595.987 sold",
        "message in one line\n198.51.100.1977",
        "call about order 1234567890",
        "frame 2003319 on the call stack",
    ],
)
def test_numbers_that_only_stand_near_such_words(text: str) -> None:
    """Sums, draws, scores, and what another line or another nearer word speaks of."""
    assert found(text) == []


@pytest.mark.parametrize("text", ["tlf. 34.41.21.90", "Mobil: 40.61.79.36"])
def test_a_telephone_number_in_four_parts_is_no_address(text: str) -> None:
    """After a word for a telephone four short groups are a number to dial."""
    assert [kind for kind, _ in found(text)] == ["phone"]


@pytest.mark.parametrize(
    "text",
    [
        "дата рождения: 19 января 1942",
        "data urodzenia: 3 maja 1981 r.",
        "dob=19840503",
        "D.O.B.: 12/03/1984",
        "datum rođenja 5.6.1970",
        "syntymäaika 1. tammikuuta 1990",
        "id,name,dob\n17,Anna,1984-05-03",
        "dob,created\n1984-05-03,2024-01-02",
        "תאריך לידה: 03/05/1984",
    ],
)
def test_days_of_birth_in_many_languages(text: str) -> None:
    """The first date is the one that the word speaks of."""
    assert [kind for kind, _ in found(text)][:1] == ["birth-date"]


@pytest.mark.parametrize(
    "text",
    [
        "The album was born in 2012 and re-released on 2017-08-07.",
        "born on a farm, died 12/03/1984",
        "20240503 rows, born digital",
        "ticket 19840503 of the born again",
    ],
)
def test_days_of_something_else(text: str) -> None:
    """A word for something else that has a day is nearer, or the figures are only figures."""
    assert found(text) == []
