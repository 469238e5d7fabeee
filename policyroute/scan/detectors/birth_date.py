"""Dates of birth: a day of the calendar right after words that say somebody was born."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policyroute.scan.detectors.checks import is_date
from policyroute.scan.detectors.detector import Detector, Page, Span, regex, words

KIND = "birth-date"

_BORN = words(
    "born", "of birth", "birth date", "birthdate", "birthday", "dob", "geboren", "geburtsdatum", "geb", "né", "née",
    "de naissance", "nacido", "nacida", "nací", "de nacimiento", "nato", "nata", "di nascita", "nascido", "nascida",
    "nasci", "de nascimento", "geboortedatum", "urodzony", "urodzona", "data urodzenia", "född", "födelsedatum", "født",
    "fødselsdato", "syntynyt", "syntymäaika", "narozen", "datum narození", "doğum tarihi", "doğumlu", "родился",
    "родилась", "дата рождения", "γεννήθηκε", "تاريخ الميلاد", "जन्म तिथि", "出生*", "生日", "生年月日", "生まれ", "생년월일",
    "ngày sinh", "วันเกิด",
)  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio janeiro januari",
            "feb february februar février febrero febbraio fevereiro februari",
            "mar march märz mars marzo março maart",
            "apr april avril abril aprile", "may mai mayo maggio maio mei maj",
            "jun june juni juin junio giugno junho",
            "jul july juli juillet julio luglio julho", "aug august août agosto augustus augusti",
            "sep sept september septembre septiembre settembre setembro", "oct october oktober octobre octubre ottobre outubro",
            "nov november novembre noviembre novembro", "dec december dezember décembre diciembre dicembre dezembro december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
# As the bytes of a page have them: a `?` for every letter beyond ASCII.
_MONTH_OF = {name.encode("ascii", "replace"): number for name, number in _MONTHS.items()}
_MONTH = "|".join(re.escape(name.decode("ascii")) for name in sorted(_MONTH_OF, key=len, reverse=True))
_DATE = regex(
    r"(?i)\b(?:([0-9]{4})[-./? ]{1,2}([0-9]{1,2})[-./? ]{1,2}([0-9]{1,2})"
    r"|([0-9]{1,2})[-./ ]{1,2}([0-9]{1,2})[-./ ]{1,2}([0-9]{4}|[0-9]{2})"
    rf"|([0-9]{{1,2}})(?:st|nd|rd|th|er|\.)?[ -](?:of |de |di )?({_MONTH})\.?,?[ -](?:de |del )?([0-9]{{4}})"
    rf"|({_MONTH})\.? ([0-9]{{1,2}})(?:st|nd|rd|th)?,? ([0-9]{{4}}))(?:\b|$)"
)
_FIRST_YEAR, _LAST_YEAR = 1890, 2040


def _is_birthday(match: re.Match[bytes]) -> bool:
    iso_year, iso_month, iso_day, first, second, short_year, day, month, year, us_month, us_day, us_year = match.groups(b"")
    born = int(iso_year or short_year or year or us_year)
    if born >= 100 and not _FIRST_YEAR <= born <= _LAST_YEAR:
        return False
    if iso_year:
        return is_date(born, int(iso_month), int(iso_day))
    if first:
        return is_date(born, int(second), int(first)) or is_date(born, int(first), int(second))
    return is_date(born, _MONTH_OF[(month or us_month).lower()], int(day or us_day))


def _find(page: Page) -> Iterator[Span]:
    for match in _DATE.finditer(page.raw):
        if _is_birthday(match) and _BORN.near(page, match.start(), match.end(), after=0):
            yield match.span()


DETECTORS = (Detector(KIND, _BORN.patterns, _find, "a day of the calendar, and a word like born before it"),)
