"""Dates of birth: a day of the calendar right after words that say somebody was born."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policyroute.scan.detectors.checks import is_date
from policyroute.scan.detectors.detector import Detector, Page, Span, regex, words
from policyroute.scan.pattern import Pattern

KIND = "birth-date"

_SAID = words(
    "born", "of birth", "birth date", "birthdate", "birthday", "birth day", "dob", "bday", "geboren*", "geburtsdatum",
    "geburtstag", "geb", "gebdatum", "né", "née", "naissance", "nacido", "nacida", "nací", "nació", "nacimiento", "nac", "nato",
    "nata", "nascita", "nascido", "nascida", "nasci", "nasceu", "nascimento", "nasc", "geboortedatum", "geboorte", "urodzon*",
    "urodzenia", "urodził*", "ur", "född*", "födelse*", "født", "fødsels*", "fødd", "synt", "syntynyt", "syntymä*", "narozen*",
    "narození", "nar", "narodený", "narodená", "narodenia", "született", "születési", "szül", "doğum*", "rođen*", "rođenja",
    "rojen*", "rojstva", "născut*", "nașterii", "naşterii", "nasterii", "sündinud", "sünni*", "dzimis", "dzimusi", "dzimšanas",
    "gimęs", "gimusi", "gimimo", "fæddur", "fædd", "fæðingar*", "родился", "родилась", "рожден*", "рождён*", "рождения",
    "роден*", "раждане", "народився", "народилась", "народження", "γεννήθηκε*", "γέννησης", "γεν", "lahir", "kelahiran",
    "ipinanganak", "alizaliwa", "sinh", "תאריך לידה", "נולד*", "לידה", "الميلاد", "ميلاد", "مواليد", "ولد", "تولد", "जन्म",
    "জন্ম", "出生*", "生于", "生於", "生日", "生年月日", "生まれ", "誕生日", "생년월일", "생일", "출생", "ngày sinh",
    "วันเกิด", "เกิด",
)  # fmt: skip
# `d.o.b.`, which as two words would be too common for the shared scan.
_BORN = _SAID._replace(patterns=(*_SAID.patterns, Pattern("regex", (r"d\. ?o\. ?b",))), whole=_SAID.whole | {"d o"})
# What else has a day; where one of these is nearer, it is not of a birth.
_ELSE = words(
    "release*", "publish*", "updated", "created", "shipped", "founded", "expire*", "expir*", "valid", "due", "issued",
    "appointment*", "died", "deceased", "death", "gestorben", "mort", "décédé*", "admitted", "discharged", "hired", "married",
    "signed", "since",
)  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio janeiro januari januára ledna stycznia styczeń января січня януари "
            "ianuarie január ocak tammikuuta siječnja januarja jaanuar janvāris sausio janúar ιανουαρίου ene",
            "feb february februar février febrero febbraio fevereiro februari februára února lutego luty февраля лютого "
            "февруари februarie február şubat helmikuuta veljače februarja veebruar februāris vasario febrúar φεβρουαρίου fév "
            "fev",
            "mar march märz mars marzo março maart marca března марта березня март martie március mart maaliskuuta ožujka "
            "märts marts kovo μαρτίου mär mrz",
            "apr april avril abril aprile dubna kwietnia kwiecień апреля квітня април aprilie április nisan huhtikuuta "
            "travnja aprill aprīlis balandžio apríl απριλίου abr avr apríla",
            "may mai mayo maggio maio mei maj května maja мая травня май május mayıs toukokuuta svibnja maijs gegužės maí "
            "μαΐου mája",
            "jun june juni juin junio giugno junho června czerwca czerwiec июня червня юни iunie június haziran kesäkuuta "
            "lipnja juuni jūnijs birželio júní ιουνίου júna junij junija giu",
            "jul july juli juillet julio luglio julho července lipca lipiec июля липня юли iulie július temmuz heinäkuuta "
            "srpnja juuli jūlijs liepos júlí ιουλίου júla julija lug juil",
            "aug august août agosto augustus augusti srpna sierpnia sierpień августа серпня август augusztus ağustos elokuuta "
            "kolovoza augusts rugpjūčio ágúst αυγούστου augusta avgust avgusta ago aoû",
            "sep sept september septembre septiembre settembre setembro září września wrzesień сентября вересня септември "
            "septembrie szeptember eylül syyskuuta rujna septembris rugsėjo σεπτεμβρίου septembra set",
            "oct october oktober octobre octubre ottobre outubro října października październik октября жовтня октомври "
            "octombrie október ekim lokakuuta listopada oktoober oktobris spalio οκτωβρίου októbra oktobra okt out ott",
            "nov november novembre noviembre novembro listopadu listopada listopad ноября листопада ноември noiembrie kasım "
            "marraskuuta studenoga studenog novembris lapkričio νοεμβρίου nóvember novembra",
            "dec december dezember décembre diciembre dicembre dezembro prosince grudnia grudzień декабря грудня декември "
            "decembrie aralık joulukuuta prosinca detsember decembris gruodžio δεκεμβρίου desember decembra dez dic déc des",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
# Letters beyond ASCII are a `?` each on a page.
_WORD = "[A-Za-z?]{3,14}"
_DATE = (
    r"(?i)\b(?:([0-9]{4})[-./? ]{1,2}([0-9]{1,2})[-./? ]{1,2}([0-9]{1,2})"
    r"|([0-9]{1,2})[-./ ]{1,2}([0-9]{1,2})[-./ ]{1,2}([0-9]{4}|[0-9]{2})"
    rf"|([0-9]{{1,2}})(?:st|nd|rd|th|er|\.|-?[a-z?]{{1,2}})?[ -](?:of |de |di )?({_WORD})\.?,?[ -](?:de |del )?([0-9]{{4}})"
    rf"|({_WORD})\.? ([0-9]{{1,2}})(?:st|nd|rd|th)?,? ([0-9]{{4}})"
    r"|([0-9]{8}))(?:\b|$)"
)
# RE2 finds them fastest without groups; of one that was found `re` tells the parts.
_PLACE = regex(re.sub(r"\((?!\?)", "(?:", _DATE))
_PARTS = re.compile(_DATE.encode("ascii"))
_FIRST_YEAR, _LAST_YEAR = 1890, 2040
_NEAR, _NEXT = 60, 14
_EIGHT = 8


def _is_birthday(page: Page, match: re.Match[bytes]) -> bool:
    iso_year, iso_month, iso_day, first, second, short_year, day, _, year, _, us_day, us_year, eight = match.groups(b"")
    born = int(iso_year or short_year or year or us_year or eight[:4])
    if (born >= 100 or eight) and not _FIRST_YEAR <= born <= _LAST_YEAR:
        return False
    if iso_year:
        return is_date(born, int(iso_month), int(iso_day))
    if first:
        return is_date(born, int(second), int(first)) or is_date(born, int(first), int(second))
    if eight:
        return is_date(born, int(eight[4:6]), int(eight[6:]))
    month = _MONTHS.get(page.text[slice(*match.span(8 if day else 10))].lower(), 0)
    return is_date(born, month, int(day or us_day))


def _is_born(page: Page, match: re.Match[bytes]) -> bool:
    """Whether a word for birth stands before, and no word for something else with a day nearer in the same line."""
    text, start = page.text, match.start()
    begin = max(0, start - (_NEXT if match[13] else _NEAR))
    line, following = text.rfind("\n", begin, start), ""
    for found in reversed(list(_TOKEN.finditer(text, begin, start))):
        word = found[0]
        if found.start() == begin and begin and text[begin - 1].isalpha():
            break
        if _BORN.has(word, following):
            return True
        if found.start() > line and _ELSE.has(word):
            return False
        following = word
    window = text[begin:start]
    return not window.isascii() and any(term in window for term in _BORN.inside)


def _find(page: Page) -> Iterator[Span]:
    for place in _PLACE.finditer(page.raw):
        match = _PARTS.match(page.raw, place.start())
        if match is not None and _is_birthday(page, match) and _is_born(page, match):
            yield match.span()


_TOKEN = re.compile(r"[^\W\d_]+")
DETECTORS = (Detector(KIND, _BORN.patterns, _find, "a day of the calendar, and a word like born before it"),)
