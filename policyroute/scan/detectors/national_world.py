"""National identity numbers outside Europe: each with its own check, near its own words where the check is weak."""

from __future__ import annotations

from policyroute.scan.detectors import national_words as names
from policyroute.scan.detectors.checks import is_date, is_yymmdd, luhn, mod11_2, verhoeff, weighted
from policyroute.scan.detectors.detector import Detector
from policyroute.scan.detectors.national_search import numbered

_CURP = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ")}
_NRIC_LETTERS = {"S": "JZIHGFEDCBA", "T": "GFEDCBAJZIH", "F": "XWUTRQPNMLK", "G": "RQPNMLKXWUT", "M": "XWUTRQPNJLK"}
_TW_LETTERS = {c: 10 + i for i, c in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO")}


def _cpf(value: str) -> bool:
    """Brazil: two check digits modulo 11."""
    if len(set(value)) == 1:
        return False
    first = weighted(value, (10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    return first == int(value[9]) and weighted(value, (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10 == int(value[10])


def _aadhaar(value: str) -> bool:
    return value != value[::-1] and verhoeff(value)


def _resident_cn(value: str) -> bool:
    """China: a province, the day, and MOD 11-2."""
    return "11" <= value[:2] <= "82" and is_date(int(value[6:10]), int(value[10:12]), int(value[12:14])) and mod11_2(value)


def _sin(value: str) -> bool:
    return value[0] not in "08" and len(set(value)) > 2 and luhn(value)


def _tfn(value: str) -> bool:
    """Australia, tax: weights modulo 11, nine figures or eight."""
    weights = (1, 4, 3, 7, 5, 8, 6, 9, 10) if len(value) == 9 else (10, 7, 8, 4, 6, 3, 5, 1)
    return len(set(value)) > 2 and weighted(value, weights) % 11 == 0


def _medicare(value: str) -> bool:
    return weighted(value, (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(value[8])


def _za_id(value: str) -> bool:
    """South Africa: the day, citizenship and Luhn."""
    return is_yymmdd(value[:6]) and luhn(value)


def _tckn(value: str) -> bool:
    """Turkey: two check digits over the odd and the even places."""
    digits = [int(c) for c in value]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return tenth == digits[9] and sum(digits[:10]) % 10 == digits[10]


def _rrn(value: str) -> bool:
    """South Korea before October 2020: the day and a check digit modulo 11."""
    return is_yymmdd(value[:6]) and (11 - weighted(value, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == int(value[12])


def _rrn_day(value: str) -> bool:
    """South Korea since then: the last figures are drawn by lot."""
    return is_yymmdd(value[:6])


def _my_number(value: str) -> bool:
    """Japan: a check digit modulo 11."""
    rest = weighted(value, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return len(set(value)) > 2 and (0 if rest < 2 else 11 - rest) == int(value[11])


def _curp(value: str) -> bool:
    """Mexico: letters of the name, the day, and a check digit."""
    total = sum(_CURP[c] * (18 - i) for i, c in enumerate(value[:17]))
    return is_yymmdd(value[4:10]) and str((10 - total % 10) % 10) == value[17]


def _id_il(value: str) -> bool:
    return len(set(value)) > 2 and luhn(value)


def _pin_th(value: str) -> bool:
    return (11 - weighted(value, (13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11) % 10 == int(value[12])


def _nric(value: str) -> bool:
    """Singapore: a check letter of one of five rows."""
    shift = {"T": 4, "G": 4, "M": 3}.get(value[0], 0)
    total = weighted(value[1:], (2, 7, 6, 5, 4, 3, 2)) + shift
    if value[0] == "M":
        return _NRIC_LETTERS["M"][10 - total % 11] == value[8]
    return _NRIC_LETTERS["S" if value[0] in "ST" else "F"][total % 11] == value[8]


def _hkid(value: str) -> bool:
    """Hong Kong: one letter or two, six figures, a check mark."""
    letters = value[:-7].rjust(2)
    numbers = [36 if c == " " else ord(c) - 55 for c in letters] + [int(c) for c in value[-7:-1]]
    check = sum(n * w for n, w in zip(numbers, (9, 8, 7, 6, 5, 4, 3, 2), strict=True)) + (
        10 if value[-1] == "A" else int(value[-1])
    )
    return check % 11 == 0


def _id_tw(value: str) -> bool:
    letter = _TW_LETTERS[value[0]]
    return (letter // 10 + letter % 10 * 9 + weighted(value[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0


def _rut(value: str) -> bool:
    """Chile: a check mark modulo 11."""
    check = 11 - sum(int(c) * (2 + i % 6) for i, c in enumerate(reversed(value[:-1]))) % 11
    return {10: "K", 11: "0"}.get(check, str(check)) == value[-1]


def _mykad(value: str) -> bool:
    """Malaysia: the day and a place of birth."""
    return is_yymmdd(value[:6]) and ("01" <= value[6:8] <= "59" or "60" < value[6:8] < "93")


def _nik(value: str) -> bool:
    """Indonesia: a province and the day, to which forty is added for women."""
    day = int(value[6:8])
    return "11" <= value[:2] <= "96" and is_date(int(value[10:12]), int(value[8:10]), day - 40 if day > 40 else day)


def _ird(value: str) -> bool:
    """New Zealand, tax: a second row of weights where the first gives ten."""
    digits = value.zfill(9)
    for weights in ((3, 2, 7, 6, 5, 4, 3, 2), (7, 4, 3, 2, 5, 2, 7, 6)):
        check = -weighted(digits, weights) % 11
        if check != 10:
            return check == int(digits[8])
    return False


def _itin(value: str) -> bool:
    """United States, taxpayers without a social security number: the groups that are given out."""
    return "50" <= value[3:5] <= "65" or "70" <= value[3:5] <= "88" or "90" <= value[3:5] <= "92" or "94" <= value[3:5] <= "99"


def _any(value: str) -> bool:
    return len(set(value)) > 2


DETECTORS: tuple[Detector, ...] = (
    numbered(
        "national-id.ar",
        r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}",
        _any,
        "its shape",
        near=names.AR,
    ),
    numbered(
        "national-id.au",
        r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{2,3}",
        _tfn,
        "weights modulo 11",
        near=names.AU,
    ),
    numbered(
        "national-id.au",
        r"[2-6][0-9]{3}[ -]?[0-9]{5}[ -]?[0-9](?:[ /-]?[0-9])?",
        _medicare,
        "a check digit by weights",
        near=names.AU_2,
    ),
    numbered("national-id.br", r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", _cpf, "two check digits modulo 11"),
    numbered(
        "national-id.br",
        r"[0-9]{3}[ .]?[0-9]{3}[ .]?[0-9]{3}[ -]?[0-9]{2}",
        _cpf,
        "two check digits modulo 11",
        near=names.BR,
    ),
    numbered(
        "national-id.ca",
        r"[1-79][0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{3}",
        _sin,
        "a Luhn checksum",
        near=names.CA,
    ),
    numbered("national-id.cl", r"[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9Kk]", _rut, "a check mark modulo 11"),
    numbered(
        "national-id.cl",
        r"[0-9]{7,8}-?[0-9Kk]",
        _rut,
        "a check mark modulo 11",
        near=names.CL,
    ),
    numbered("national-id.cn", r"[1-8][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx]", _resident_cn, "a province, a day and MOD 11-2"),
    numbered("national-id.hk", r"[A-Z]{1,2}[0-9]{6}\([0-9A]\)", _hkid, "a check mark modulo 11"),
    numbered(
        "national-id.id",
        r"[1-9][0-9]{15}",
        _nik,
        "a province and a day",
        near=names.ID,
    ),
    numbered(
        "national-id.il",
        r"[0-9]{8}-?[0-9]",
        _id_il,
        "a Luhn checksum",
        near=names.IL,
    ),
    numbered(
        "national-id.in",
        r"[2-9][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}",
        _aadhaar,
        "a Verhoeff check digit",
        near=names.IN,
    ),
    numbered(
        "national-id.in",
        r"[2-9][0-9]{11}",
        _aadhaar,
        "a Verhoeff check digit",
        near=names.IN,
    ),
    numbered("national-id.in", r"[A-Z]{3}[ABCFGHLJPT][A-Z][0-9]{4}[A-Z]", _any, "its shape"),
    numbered(
        "national-id.in",
        r"(?i)[A-Z]{3}[ABCFGHLJPT][A-Z][0-9]{4}[A-Z]",
        _any,
        "its shape",
        near=names.IN_2,
    ),
    numbered(
        "national-id.jp",
        r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}",
        _my_number,
        "a check digit modulo 11",
        near=names.JP,
    ),
    numbered("national-id.kr", r"[0-9]{6}-[1-8][0-9]{6}", _rrn, "a day and a check digit modulo 11"),
    numbered(
        "national-id.kr",
        r"[0-9]{6}[- ]?[1-8][0-9]{6}",
        _rrn_day,
        "a day of the calendar",
        near=names.KR,
    ),
    numbered("national-id.mx", r"[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9]", _curp, "a day and a check digit"),
    numbered(
        "national-id.mx",
        r"(?i)[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9]",
        _curp,
        "a day and a check digit",
        near=names.MX,
    ),
    numbered("national-id.my", r"[0-9]{6}-[0-9]{2}-[0-9]{4}", _mykad, "a day and a place of birth"),
    numbered(
        "national-id.my",
        r"[0-9]{12}",
        _mykad,
        "a day and a place of birth",
        near=names.MY,
    ),
    numbered(
        "national-id.hk",
        r"(?i)[A-Z]{1,2} ?[0-9]{6}[ (]?[0-9A]\)?",
        _hkid,
        "a check mark modulo 11",
        near=names.HK,
    ),
    numbered(
        "national-id.nz",
        r"[0-9]{2,3}[ -]?[0-9]{3}[ -]?[0-9]{3}",
        _ird,
        "a check digit modulo 11",
        near=names.NZ,
    ),
    numbered("national-id.sg", r"[STFGM][0-9]{7}[A-Z]", _nric, "a check letter"),
    numbered(
        "national-id.th",
        r"[1-8][ -]?[0-9]{4}[ -]?[0-9]{5}[ -]?[0-9]{2}[ -]?[0-9]",
        _pin_th,
        "a check digit modulo 11",
        near=names.TH,
    ),
    numbered(
        "national-id.tr",
        r"[1-9][0-9]{10}",
        _tckn,
        "two check digits",
        near=names.TR,
    ),
    numbered(
        "national-id.tw",
        r"[A-Z][12][0-9]{8}",
        _id_tw,
        "a check digit modulo 10",
        near=names.TW,
    ),
    numbered(
        "national-id.us",
        r"9[0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{4}",
        _itin,
        "groups that are given out",
        near=names.US,
    ),
    numbered(
        "national-id.za",
        r"[0-9]{6} ?[0-9]{4} ?[01][0-9]{2}",
        _za_id,
        "a day and Luhn",
        near=names.ZA,
    ),
)
