"""Phone numbers: international ones by country code and length, national ones by their shape or by the words before them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policyroute.scan.detectors.checks import is_date
from policyroute.scan.detectors.detector import Detector, Page, Span, regex, words
from policyroute.scan.detectors.phone_codes import NATIONAL_DIGITS
from policyroute.scan.pattern import Pattern

KIND = "phone"

# A whole run of figures as people write numbers; a part of a longer run is no phone number.
_RUN = regex(r"(?:\+ ?|\b00)?\(?\+?[0-9](?:[ ./()-]{0,3}[0-9])+")
_SHORTEST, _LONGEST = 7, 26
_LONGEST_AT_HOME = 13
# Said of phones only, so plain figures will do after them.
_PHONE = words(
    "phone*", "telephone*", "tel", "telefon*", "téléphon*", "telephon*", "telef", "teléf*", "telefo*", "telf", "tfno", "tlf",
    "tlfn", "tél", "telp", "telepon*", "teleph*", "telefax", "telefaks", "fax", "fax no", "faks", "mob", "mobil", "mobile*",
    "mobiel*", "mobilnr", "mobilnummer*", "mobiltelefon*", "mobiiltelefon*", "mobilais", "mobilus", "móvil*", "movil*",
    "telemóvel*", "telemovel*", "celular*", "cellular*", "cell", "cellphone*", "cel", "handy*", "gsm", "natel", "whatsapp*",
    "whats", "zap", "viber", "signal no", "sms", "msisdn", "landline", "hotline", "helpline", "desk", "caller id", "callback",
    "call back", "portable", "fixe", "fon", "rückruf*", "durchwahl", "numero di tel", "numéro de tél*", "numer tel",
    "numer telefonu", "nr telefonu", "komórk*", "kom", "puh", "puhelin*", "puhelu*", "matkapuhelin*", "kännykkä*", "sími",
    "símanúmer*", "farsími", "broj mobitela", "mobitel*", "tālrunis", "tālruņa", "sg tel", "tel no", "tel nr", "nomor hp",
    "no hp", "hp", "ph no", "ph", "teléfon*", "điện thoại", "số điện thoại", "sđt", "sdt", "số đt", "телефон*", "тел", "моб",
    "мобільн*", "мобильн*", "мобилен", "мобилни", "сотовый", "сот", "факс", "τηλ*", "κιν", "κινητό", "κινητού", "հեռ*", "هاتف*",
    "الهاتف", "جوال*", "الجوال", "جوالي", "موبايل*", "الموبايل", "تلفون", "فون", "تلفن", "موبایل", "טלפון", "טל", "נייד",
    "סלולרי", "फ़ोन", "फोन", "मोबाइल", "টেলিফোন", "মোবাইল", "ফোন", "தொலைபேசி", "电话", "電話", "手机",
    "手機", "座机", "热线", "携帯", "전화",
    "연락처", "휴대폰", "휴대전화", "핸드폰", "โทร", "เบอร์", "โทรศัพท์", "มือถือ", "ფონი",
    # To call somebody, in languages that do not say so of functions.
    "appelez*", "appeler", "appelle*", "rappel*", "joignable*", "joindre au", "anrufen", "anruf", "rufen sie", "ruf mich", "ruf",
    "rufe", "erreichbar", "erreichen", "ligar", "ligue", "liga", "llamar", "llámame", "llámeme", "llame", "llama al", "llamadme",
    "llamada*", "chiamare", "chiamami", "chiamate", "chiama", "chiamatemi", "bel me", "bellen", "bel naar", "terugbellen",
    "zadzwoń*", "dzwonić", "dzwoń*", "oddzwo*", "volejte", "zavolej*", "volajte", "zavolaj*", "sunați*", "sunati", "sună*",
    "hívj*", "hívja*", "soita", "soittaa", "soittakaa", "ring mig", "ring meg", "ring på", "ringe meg", "helista*", "zvaniet",
    "skambin*", "nazovite", "pozovi*", "pokličite", "звоните", "звонить", "позвони*", "перезвони*", "телефону*", "дзвон*",
    "подзвон*", "обадете", "ara beni", "arayın*", "arayabilir*", "καλέστε", "hubungi", "gọi",
    "اتصل*", "للاتصال", "התקשר*", "联系",
    "聯繫", "致电", "連絡", "お問い合わせ", "문의",
)  # fmt: skip
# Said of much else, in English and by machines: the number has to look like one as well, and stand in the same line.
_TALK = words(
    "call", "calls", "called", "calling", "caller", "text", "texting", "texted", "reach", "reached", "ring", "dial*", "contact*",
    "answering", "messages", "message", "registered", "pager", "voicemail", "my number", "his number", "her number",
    "your number", "our number", "their number", "number s", "mein nummer", "meine nummer", "mon numéro", "mi número",
    "mijn nummer", "il mio numero", "mio numero", "meu número", "mój numer", "мой номер", "номер*", "numaram", "kontakt*",
    "contacto", "contatto", "contato",
)  # fmt: skip
# Said of other numbers; where one of these is nearer than a word for a phone, it is not about a phone.
_OTHER = words(
    "carte", "carta", "karte*", "kart", "kartı*", "karta", "karty", "kaart*", "tarjeta*", "cartão", "kreditkart*", "карт*",
    "order*", "invoice*", "account*", "acct", "license*", "licence*", "ticket*", "tracking", "serial", "isbn", "issn", "imei",
    "part", "sku", "ean", "upc", "zip", "version*", "build", "patent*", "case", "claim*", "policy", "member*", "customer id",
    "user id", "id", "ids", "card*", "ssn", "social security*", "iban", "konto*", "kundennummer", "bestell*", "rechnung*",
    "pesel", "cpf", "cnpj", "nif", "nie", "dni", "sin", "tfn", "bsn", "nhs", "passport*", "vat", "tax*", "ip", "port", "room",
    "price*", "total*", "date*", "born", "dob", "epoch", "timestamp*", "commit", "hash", "doi", "arxiv", "page*", "ref*", "po",
    "asin", "cas", "ndc", "address*", "street", "postcode", "steuer*", "commande", "facture", "pedido", "fattura", "заказ*",
    "订单", "注文*", "身份证*", "주민등록번호", "代码",
    # Quantities, sums, games.
    "score*", "point*", "rank*", "result*", "count*", "row*", "line", "column*", "frame*", "stack", "offset*", "step*",
    "lotter*", "lotto", "loto", "draw", "draws", "tirage", "bonus", "simplif*", "solve", "comput*", "calculat*", "evaluat*",
    "divid*", "multipl*", "sum", "population*", "distance", "salary", "amount*", "budget", "votes", "views", "followers", "lat",
    "lon", "gps", "coordinate*", "duration*", "latency*", "memory", "bytes", "model", "chapter", "section", "figure", "article",
    "flight", "batch", "lot", "parcel*",
    # Names of numbers that people and firms have.
    "itin", "ein", "nino", "insurance", "aadhaar*", "pan", "rut", "run", "curp", "rfc", "cuit", "cuil", "cédula*", "cedula*",
    "cccd", "cmnd", "nik", "ktp", "kod*", "oib", "jmbg", "emšo", "egn", "cnp", "amka", "abn", "acn", "ird", "gst", "siren",
    "siret", "nir", "insee", "ahv", "avs", "personnummer*", "personnr", "fødselsnummer*", "cpr", "cvr", "hetu", "henkilötunnus",
    "kennitala", "isikukood", "rodné", "rijksregister*", "kimlik", "инн", "снилс", "огрн", "кпп", "егн", "иин", "паспорт*",
    "артикул", "код", "договор*", "счет", "счёт", "ticket", "dossier", "colis", "paket*", "zamówieni*", "faktur*", "objednávk*",
    "sipariş", "pedido*", "factura*", "fatura*", "快递单号", "运单", "货号", "商品", "追跡", "卡号", "カード", "카드",
    "주문", "송장",
)  # fmt: skip
_LEVELS = ((_PHONE, 2), (_OTHER, -1), (_TALK, 1))
_BEFORE = 48
_TOKEN = re.compile(r"[^\W\d_]+")
# Terms of scripts that put no spaces between words, with what they say.
_GLUED = tuple((term, level) for words_, level in _LEVELS for term in words_.inside)
# What makes a number a piece of a sum: `555-123-4567 * 2`.
_SUM = regex(r"^ ?(?:[*+=^%] ?[0-9(]|/ ?[0-9]{1,3}(?:[^0-9 .-]|$))")
_GROUPS = re.compile(r"[0-9]+")
_BYTE_BEFORE = regex(r"(?i)(?:^|[^0-9a-z])(?:[0-9][a-f]|[a-f][0-9]) $")
_BYTE_AFTER = regex(r"(?i)^ (?:[0-9][a-f]|[a-f][0-9])(?:[^0-9a-z]|$)")
# National shapes that are hardly anything else: North America, France, mobile and London numbers of the United Kingdom.
_NORTH_AMERICA = (
    r"(?:1[ .-]?)?(?:\([2-9][0-9]{2}\)[ .-]?[2-9][0-9]{2}[ .-]|[2-9][0-9]{2}-[2-9][0-9]{2}-|[2-9][0-9]{2}\.[2-9][0-9]{2}\.)"
    r"[0-9]{4}"
)
_NATIONAL = re.compile(
    _NORTH_AMERICA + r"|0[1-9](?:[ .-][0-9]{2}){4}"
    r"|07[1-57-9][0-9]{2}[ ](?:[0-9]{6}|[0-9]{3}[ ][0-9]{3})"
    r"|\(?020\)?[ -][378][0-9]{3}[ -]?[0-9]{4}"
    r"|\([1-9][0-9]\)[ ]?9?[0-9]{4}-[0-9]{4}"
)
_INNER = re.compile(rf"(?:(?<= )|(?<=^))(?:{_NORTH_AMERICA})(?![0-9])")


def _is_international(digits: str) -> bool:
    """Whether a number after its `+` begins with a country code and is as long as that country's numbers."""
    for size in (1, 2, 3):
        allowed = NATIONAL_DIGITS.get(digits[:size])
        if allowed:
            # The trunk zero in brackets, as in +44 (0)20, is written though it is not dialled.
            rest = digits[size:]
            return allowed[0] <= len(rest) <= allowed[1] or (rest[:1] == "0" and allowed[0] <= len(rest) - 1 <= allowed[1])
    return False


def _is_date_or_time(groups: list[str]) -> bool:
    """Whether the groups begin as a day or a year does: 2024-11-12 08, 12.03.1999, 1990-2018, 20241112 0830."""
    if len(groups[0]) == 8 and 1900 <= int(groups[0][:4]) <= 2099:
        return is_date(int(groups[0][:4]), int(groups[0][4:6]), int(groups[0][6:]))
    if len(groups) < 2 or len(groups[0]) not in (2, 4):
        return False
    numbers = [int(group) for group in groups[:3]]
    if len(groups[0]) == 4 and 1900 <= numbers[0] <= 2099:
        years = len(groups) == 2 and len(groups[1]) == 4
        return years or (len(groups) > 2 and is_date(numbers[0], numbers[1], numbers[2]))
    return (
        len(groups) >= 3
        and len(groups[2]) == 4
        and (is_date(numbers[2], numbers[1], numbers[0]) or is_date(numbers[2], numbers[0], numbers[1]))
    )


def _strength(page: Page, start: int) -> int:
    """What the words before say: 2 a phone, 1 perhaps a phone, 0 nothing, -1 another number. The nearest word counts.

    Nothing is said across an empty line, and the weaker words count in their own line only.
    """
    text = page.text
    begin = max(0, start - _BEFORE)
    begin = max(begin, text.rfind("\n\n", begin, start) + 1)
    line = text.rfind("\n", begin, start)
    spaced, place = _spaced(text, begin, start)
    if not text.isascii():
        glued = max(((text.rfind(term, begin, start), level) for term, level in _GLUED), default=(-1, 0))
        if glued[0] > place:
            spaced, place = glued[1], glued[0]
    return 0 if spaced == 1 and place < line else spaced


def _spaced(text: str, begin: int, start: int) -> tuple[int, int]:
    """The level of the nearest of the words that stand between spaces, and where it is."""
    tokens = list(_TOKEN.finditer(text, begin, start))
    if tokens and tokens[0].start() == begin and begin and text[begin - 1].isalpha():
        del tokens[0]
    weak, following = (0, -1), ""
    for place in range(len(tokens) - 1, -1, -1):
        word = tokens[place][0]
        # With the word before it first: `caller id` is not an id.
        pair = f"{tokens[place - 1][0]} {word}".lower() if place else ""
        level = next((level for words_, level in _LEVELS if pair in words_.whole or words_.has(word, following)), 0)
        if level == 1:
            weak = weak if weak[0] else (level, tokens[place].start())
        elif level:
            # A weaker word beside a name of another number, as in `call about order 1234567`, says nothing of it.
            return (level, tokens[place].start()) if level > 0 or not weak[0] else weak
        following = word
    return weak


def _is_shaped(value: str, groups: list[str], digits: str) -> bool:
    """Whether a national number is grouped as phones are: two to five groups of two to five, a last one of two or more."""
    if len(groups) == 1:
        return (len(digits) == 10 and digits[0] not in "01" and digits[3] not in "01") or (
            digits[0] == "0" and 9 <= len(digits) <= 12
        )
    sizes = [len(group) for group in groups]
    decimal = value.count(".") == 1 and len(groups) == 2 and value[0] != "0"
    quad = value.count(".") == 3 and len(groups) == 4 and max(sizes) <= 3 and value[0] != "0" and sizes != [2, 2, 2, 2]
    if len(digits) > _LONGEST_AT_HOME:
        return False
    return 2 <= len(groups) <= 5 and max(sizes) <= 8 and min(sizes[1:]) >= 2 and not decimal and not quad


def _in_bytes(raw: bytes, start: int, end: int) -> bool:
    """Whether groups of two stand in a row of hexadecimal bytes."""
    return _BYTE_BEFORE.search(raw[max(0, start - 4) : start]) is not None or _BYTE_AFTER.search(raw[end : end + 4]) is not None


def _is_phone(page: Page, start: int, value: str) -> bool:
    digits = "".join(c for c in value if c.isdigit())
    if not 7 <= len(digits) <= 15 or len(set(digits)) == 1:
        return False
    groups = _GROUPS.findall(value)
    if value.startswith(("+", "(+")):
        return len(groups) <= 7 and _is_international(digits)
    if value.startswith("00"):
        # Tables of code points are full of `0045 0302 0301`.
        telling = len(groups) > 1 and set(map(len, groups)) != {4}
        return (telling or _strength(page, start) > 0) and _is_international(digits[2:])
    if len(groups) > 6 or _is_date_or_time(groups):
        return False
    strength = _strength(page, start)
    if _NATIONAL.fullmatch(value):
        return strength >= 0 and not (set(map(len, groups)) == {2} and _in_bytes(page.raw, start, start + len(value)))
    if strength == 0 and _PHONE.near(page, start + len(value), start + len(value), before=0, after=12):
        return _is_shaped(value, groups, digits)
    if strength == 2:
        return len(digits) <= _LONGEST_AT_HOME and (len(groups) == 1 or min(map(len, groups[1:])) >= 2 or len(groups) > 2)
    return strength == 1 and _is_shaped(value, groups, digits)


def _is_whole(raw: bytes, start: int, end: int) -> bool:
    """Whether a run is not a piece of an identifier, a price, a decimal or a time."""
    before, ahead = raw[max(0, start - 1) : start], raw[max(0, start - 2) : max(0, start - 1)]
    if before.isalnum() or before in (b"_", b"$", b"#"):
        return False
    if (before in (b"-", b"+", b"%") and ahead.isalnum()) or (before in (b".", b":", b",") and ahead.isdigit()):
        return False
    after, beyond = raw[end : end + 1], raw[end + 1 : end + 2]
    # An extension or an `ext` may follow at once.
    if (after.isalpha() and after not in (b"x", b"e")) or after in (b"_", b"%"):
        return False
    return not (after in (b",", b":") and beyond.isdigit()) and _SUM.search(raw[end : end + 8]) is None


def _find(page: Page) -> Iterator[Span]:
    raw = page.raw
    for match in _RUN.finditer(raw):
        start, end = match.span()
        if end - start < _SHORTEST:
            continue
        value = match[0].decode("ascii")
        if end - start <= _LONGEST and _is_whole(raw, start, end) and _is_phone(page, start, value):
            yield start, end
            continue
        # One among other figures: `apartment 12 415-555-0199`, or a list of them.
        for inner in _INNER.finditer(value):
            if _is_whole(raw, start + inner.start(), start + inner.end()) and _strength(page, start) >= 0:
                yield start + inner.start(), start + inner.end()


DETECTORS = (
    Detector(
        KIND,
        (
            Pattern(
                "regex", (r"\+ ?\(?[1-9]", r"\b00[1-9]\d{0,2}[ .(/-]", r"\(\d\d\d?\)[ .-]?9?\d{3}", r"\d{3}[.-]\d{3}[.-]\d{4}")
            ),
            Pattern("regex", (r"0[1-9](?:[ .-]\d\d){4}", r"07\d{3} \d{3}", r"020[ )-]{1,2}[378]\d{3}")),
            *_PHONE.patterns,
            *_TALK.patterns,
        ),
        _find,
        "a country's lengths after its code, a national shape, or a word for a telephone beside it",
    ),
)
