"""National identity numbers of Europe: each with its own check, near its own words where the check is weak."""

from __future__ import annotations

from policyroute.scan.detectors import national_words as names
from policyroute.scan.detectors.checks import ean, is_date, is_ddmmyy, is_yymmdd, luhn, mod11_10, weighted
from policyroute.scan.detectors.detector import Detector
from policyroute.scan.detectors.national_search import numbered

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_HETU_MARKS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_PPS_LETTERS = "WABCDEFGHIJKLMNOPQRSTUV"
_CF_ODD = dict(
    zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21,
        2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23), strict=True)
)  # fmt: skip
# Where two people would have the same Italian code, figures are written as letters.
_CF_FIGURES = str.maketrans("LMNPQRSTUV", "0123456789")
_CF_MONTHS = "ABCDEHLMPRST"
_BORN_SINCE_2000 = "40"
_AUSWEIS = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


def _nir(value: str) -> bool:
    """France: sex, year, month, place, order and a key modulo 97; Corsica counts as 19 and 18."""
    if value[:1] not in "123478" or not (
        "01" <= value[3:5] <= "12" or value[3:5] in ("20", "30", "31", "42", "50", "62", "63", "99")
    ):
        return False
    number = value[:13].replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(value[13:])


def _codice_fiscale(value: str) -> bool:
    """Italy: sixteen letters and figures with a check letter."""
    figures = (value[6:8] + value[9:11] + value[12:15]).translate(_CF_FIGURES)
    if not figures.isdigit() or value[8] not in _CF_MONTHS or not 1 <= int(figures[2:4]) % 40 <= 31:
        return False
    even = sum(int(c) if c.isdigit() else ord(c) - 65 for c in value[1:15:2])
    return (sum(_CF_ODD[c] for c in value[0:15:2]) + even) % 26 == ord(value[15]) - 65


def _dni(value: str) -> bool:
    return _DNI_LETTERS[int(value[:8]) % 23] == value[8]


def _nie(value: str) -> bool:
    return _dni(str("XYZ".index(value[0])) + value[1:])


def _steuer_id(value: str) -> bool:
    """Germany: MOD 11,10, and of the first ten figures exactly one comes twice or three times."""
    counts = sorted((value[:10].count(c) for c in set(value[:10])), reverse=True)
    return value[0] != "0" and counts[0] in (2, 3) and counts[1] == 1 and mod11_10(value)


def _ausweis(value: str) -> bool:
    """German identity card: weights 7 3 1 over figures and letters."""
    return sum(_AUSWEIS[c] * (7, 3, 1)[i % 3] for i, c in enumerate(value[:9])) % 10 == int(value[9])


def _bsn(value: str) -> bool:
    """The Netherlands: the eleven test."""
    value = value.zfill(9)
    return value != "000000000" and weighted(value, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _rijksregister(value: str) -> bool:
    """Belgium: modulo 97 of nine figures, with a 2 before them for those born since 2000; unknown days are zero."""
    born = value[2:6] <= "1231" and value[4:6] <= "31"
    check = 97 - int(value[-2:])
    return born and (check == int(value[:9]) % 97 or (value < _BORN_SINCE_2000 and check == int("2" + value[:9]) % 97))


def _nif_pt(value: str) -> bool:
    rest = 11 - weighted(value, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return value[0] in "1235689" and (0 if rest > 9 else rest) == int(value[8])


def _pesel(value: str) -> bool:
    """Poland: the century is in the month."""
    return (
        is_date(int(value[:2]), int(value[2:4]) % 20, int(value[4:6]))
        and weighted(value, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0
    )


def _personnummer(value: str) -> bool:
    """Sweden: Luhn over the last ten; sixty is added to the day of a coordination number."""
    ten = value[-10:].replace("+", "")[-10:]
    day = int(ten[4:6])
    return len(ten) == 10 and is_date(int(ten[:2]), int(ten[2:4]), day - 60 if day > 60 else day) and luhn(ten)


def _hetu(value: str) -> bool:
    """Finland: the day, a mark of the century, a number and a check mark modulo 31."""
    digits = value[:6] + value[-4:-1]
    return is_ddmmyy(value[:6]) and "002" <= value[-4:-1] <= "899" and _HETU_MARKS[int(digits) % 31] == value[-1]


def _cpr(value: str) -> bool:
    """Denmark: only the day can be checked since 2007."""
    return is_ddmmyy(value[:6])


def _fodselsnummer(value: str) -> bool:
    """Norway: two check digits modulo 11; forty is added to the day of a D number."""
    day = int(value[:2])
    born = is_date(int(value[4:6]), int(value[2:4]) % 40, day - 40 if day > 40 else day)
    first = weighted(value, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
    return born and first and weighted(value, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _ahv(value: str) -> bool:
    return ean(value)


def _nino(value: str) -> bool:
    """The United Kingdom: the prefixes that are given out."""
    return value[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def _nhs(value: str) -> bool:
    check = 11 - weighted(value, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return len(set(value)) > 1 and (0 if check == 11 else check) == int(value[9])


def _cnp(value: str) -> bool:
    """Romania: sex and century, the day, the county and a check digit."""
    check = weighted(value, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return is_yymmdd(value[1:7]) and (1 if check == 10 else check) == int(value[12])


def _rodne_cislo(value: str) -> bool:
    """The Czech Republic and Slovakia: fifty is added to a woman's month; ten figures divide by eleven."""
    month = int(value[2:4]) % 50
    born = is_date(int(value[:2]), month - 20 if month > 20 else month, int(value[4:6]))
    return born and (len(value) == 9 or int(value) % 11 == 0 or (int(value[:9]) % 11 == 10 and value[9] == "0"))


def _pps(value: str) -> bool:
    """Ireland: a check letter modulo 23, to which a second letter counts nine times."""
    extra = 9 * (ord(value[8]) - 64) if len(value) > 8 and value[8] != "W" else 0
    return _PPS_LETTERS[(weighted(value, (8, 7, 6, 5, 4, 3, 2)) + extra) % 23] == value[7]


def _svnr(value: str) -> bool:
    """Austria: a number, a check digit and the day."""
    return is_ddmmyy(value[4:]) and weighted(value[:3] + value[4:], (3, 7, 9, 5, 8, 4, 2, 1, 6)) % 11 == int(value[3])


def _egn(value: str) -> bool:
    """Bulgaria: twenty or forty is added to the month for other centuries."""
    return is_date(int(value[:2]), int(value[2:4]) % 20, int(value[4:6])) and weighted(
        value, (2, 4, 8, 5, 10, 9, 7, 3, 6)
    ) % 11 % 10 == int(value[9])


def _isikukood(value: str) -> bool:
    """Estonia and Lithuania: a second row of weights where the first gives ten."""
    check = weighted(value, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if check == 10:
        check = weighted(value, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return value[0] in "123456" and is_yymmdd(value[1:7]) and check == int(value[10])


def _jmbg(value: str) -> bool:
    """Serbia, Bosnia, Montenegro, North Macedonia, Slovenia."""
    check = 11 - weighted(value, (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return is_date(int(value[4:7]) % 100, int(value[2:4]), int(value[:2])) and (0 if check > 9 else check) == int(value[12])


def _amka(value: str) -> bool:
    return is_ddmmyy(value[:6]) and luhn(value)


def _kennitala(value: str) -> bool:
    check = 11 - weighted(value, (3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return is_ddmmyy(value[:6]) and value[9] in "089" and (0 if check == 11 else check) == int(value[8])


DETECTORS: tuple[Detector, ...] = (
    numbered(
        "national-id.at",
        r"[1-9][0-9]{3}[ ]?[0-9]{6}",
        _svnr,
        "a check digit modulo 11 and a day",
        near=names.AT,
    ),
    numbered(
        "national-id.be", r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}", _rijksregister, "a day and check digits modulo 97"
    ),
    numbered(
        "national-id.be",
        r"[0-9]{2}[ .]?[0-9]{2}[ .]?[0-9]{2}[ -]?[0-9]{3}[ .]?[0-9]{2}",
        _rijksregister,
        "a day and check digits modulo 97",
        near=names.BE,
    ),
    numbered(
        "national-id.bg",
        r"[0-9]{10}",
        _egn,
        "a day and a check digit modulo 11",
        near=names.BG,
    ),
    numbered("national-id.ch", r"756[ .]?[0-9]{4}[ .]?[0-9]{4}[ .]?[0-9]{2}", _ahv, "a check digit as of EAN"),
    numbered("national-id.cz", r"[0-9]{6}/[0-9]{3,4}", _rodne_cislo, "a day, and divisible by 11"),
    numbered(
        "national-id.cz",
        r"[0-9]{9,10}",
        _rodne_cislo,
        "a day, and divisible by 11",
        near=names.CZ,
    ),
    numbered(
        "national-id.de",
        r"[1-9][0-9](?: ?[0-9]{3}){3}",
        _steuer_id,
        "MOD 11,10 and how often figures come",
        near=names.DE,
    ),
    numbered(
        "national-id.de",
        r"[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}[0-9]D?",
        _ausweis,
        "a check digit by weights 7 3 1",
        near=names.DE_2,
    ),
    numbered(
        "national-id.dk",
        r"[0-9]{6}[- ]?[0-9]{4}",
        _cpr,
        "a day of the calendar",
        near=names.DK,
    ),
    numbered(
        "national-id.ee",
        r"[1-6][0-9]{2}[01][0-9][0-3][0-9]{5}",
        _isikukood,
        "a day and a check digit modulo 11",
        near=names.EE,
    ),
    numbered("national-id.es", r"[0-9]{8}-?[A-HJ-NP-TV-Z]", _dni, "a check letter modulo 23"),
    numbered("national-id.es", r"[XYZ]-?[0-9]{7}-?[A-HJ-NP-TV-Z]", _nie, "a check letter modulo 23"),
    numbered(
        "national-id.es",
        r"(?i)(?:[0-9]{2}\.?[0-9]{3}\.?[0-9]{3})[ -]?[A-HJ-NP-TV-Z]",
        _dni,
        "a check letter modulo 23",
        near=names.ES,
    ),
    numbered("national-id.es", r"(?i)[XYZ][ -]?[0-9]{7}[ -]?[A-HJ-NP-TV-Z]", _nie, "a check letter modulo 23", near=names.ES),
    numbered(
        "national-id.fi", r"[0-3][0-9][01][0-9]{3}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]", _hetu, "a day and a check mark modulo 31"
    ),
    numbered(
        "national-id.fr",
        r"[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
        _nir,
        "a month and a key modulo 97",
    ),
    numbered(
        "national-id.fr",
        r"(?i)[1-8][ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?(?:[0-9]{2}|2[AB])[ .-]?[0-9]{3}[ .-]?[0-9]{3}[ .-]{0,3}[0-9]{2}",
        _nir,
        "a month and a key modulo 97",
        near=names.FR,
    ),
    numbered(
        "national-id.gr",
        r"[0-3][0-9][01][0-9]{8}",
        _amka,
        "a day and Luhn",
        near=names.GR,
    ),
    numbered(
        "national-id.hr",
        r"[0-9]{11}",
        mod11_10,
        "MOD 11,10",
        near=names.HR,
    ),
    numbered(
        "national-id.ie",
        r"[0-9]{7} ?[A-W] ?[A-IWTX]?",
        _pps,
        "a check letter modulo 23",
        near=names.IE,
    ),
    numbered(
        "national-id.is",
        r"[0-3][0-9][01][0-9]{3}-?[0-9]{4}",
        _kennitala,
        "a day and a check digit modulo 11",
        near=names.IS,
    ),
    numbered(
        "national-id.it",
        r"[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPRST][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]",
        _codice_fiscale,
        "a day and a check letter",
    ),
    numbered(
        "national-id.it",
        r"(?i)[A-Z]{3} ?[A-Z]{3} ?[0-9L-NP-V]{2}[A-EHLMPRST][0-9L-NP-V]{2} ?[A-Z][0-9L-NP-V]{3} ?[A-Z]",
        _codice_fiscale,
        "a day and a check letter",
        near=names.IT,
    ),
    numbered(
        "national-id.nl",
        r"[0-9]{4}[ .]?[0-9]{2}[ .]?[0-9]{3}|[0-9]{8,9}",
        _bsn,
        "the eleven test",
        near=names.NL,
    ),
    numbered("national-id.no", r"[0-7][0-9][0-9]{4} ?[0-9]{5}", _fodselsnummer, "a day and two check digits modulo 11"),
    numbered("national-id.pl", r"[0-9]{4}[0-3][0-9]{6}", _pesel, "a day and a check digit", near=names.PL),
    numbered(
        "national-id.pt",
        r"[1235689][0-9]{2} ?[0-9]{3} ?[0-9]{3}",
        _nif_pt,
        "a check digit modulo 11",
        near=names.PT,
    ),
    numbered(
        "national-id.ro",
        r"[1-8][0-9]{12}",
        _cnp,
        "a day and a check digit modulo 11",
        near=names.RO,
    ),
    numbered(
        "national-id.rs",
        r"[0-3][0-9][01][0-9]{10}",
        _jmbg,
        "a day and a check digit modulo 11",
        near=names.RS,
    ),
    numbered("national-id.se", r"(?:19|20)?[0-9]{6}[-+][0-9]{4}", _personnummer, "a day and Luhn"),
    numbered("national-id.se", r"(?:19|20)?[0-9]{6} ?[0-9]{4}", _personnummer, "a day and Luhn", near=names.SE),
    numbered(
        "national-id.uk",
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]",
        _nino,
        "a prefix that is given out",
    ),
    numbered(
        "national-id.uk",
        r"(?i)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[A-D]",
        _nino,
        "a prefix that is given out",
        near=names.UK,
    ),
    numbered(
        "national-id.uk",
        r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}",
        _nhs,
        "a check digit modulo 11",
        near=names.UK_2,
    ),
)
