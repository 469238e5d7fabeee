"""Passwords by the word for them: `password = …` in its many spellings, and `password is …` in some forty languages."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator

from policyroute.scan.detectors.detector import Detector, Page, Span, regex
from policyroute.scan.detectors.made_up import (
    NO_VALUE,
    SIGN,
    before_values,
    begins_key,
    is_bare_password,
    is_password,
    is_said_password,
    is_strong_password,
    is_token,
    value_at,
    values,
)
from policyroute.scan.pattern import Pattern

KIND = "secret.password"

# In Latin letters; `@` stands for a letter beyond ASCII, or its bare letter.
_KEY = (
    "(?:pass(?:word|wd|phrase|code|wort|ord(?:et)?)?|pwd|pw|psk|kennwort|contrase@a|contrasenya|contrasinal|clave"
    "|mot de passe|mdp|senha|palavra-passe|parola d'ordine|parolam|parolas@|parol@|wachtwoord|wagwoord|has@(?:o|a|em)"
    "|l@senord(?:et)?|pasahitza|salasana(?:ni|si|mme|nne)?|adgangskode(?:n)?|kodeord(?:et)?|jelsz@(?:a|m|am|ava|avam)?"
    "|hesl(?:o|a|em)|@ifr(?:e(?:m|si|niz)?|@)|lozink[au]|zaporka|gesl[oa]|parool|slapta@od[a-z]{2}|kata (?:sandi|laluan)|sandi"
    "|m@t kh@u|lykilor@|fjal@kalimi|nywila|(?:wpa[23]?|wi-?fi|wlan|network|netzwerk)[ -](?:key|schl@@?ssel|code))"
)
_WORDS = (
    r"(?: (?:is|was|are|has|been|now|set|changed|to|on|a|ist|war|lautet|heißt|heisst|jetzt|auf|es|est|era|és|é|e|è|à|da|c'est"
    r"|är|er|je|jest|na|til|till|este|olan|eshte|është|yra|ir|yw|ni|ay|adalah|ialah|là|=|-|->|–|—))"
)
# No plain word follows.
_VALUE = r"[\"'`(«“„]{0,2}(?!(?:[A-Za-z]?[a-z]*|[A-Z]+)[.,!?:;)]{0,2}(?:\s|$))([^\s\"'`<>;,]{6,100})"
_SAID = re.compile(rf"(?:['’]s)?[\"'`*]{{0,2}}((?:['’]s)?{_WORDS}{{0,3}})[ :=\xa0|]{{1,3}}{_VALUE}")
# A password of something or somebody: `passphrase for the key is …`. And what is said of passwords that gives none.
_OF = re.compile(
    r"(?! (?:hash|policy|version|id|reset|link|length|strength|age|expir|updat|chang|attempt|field|column|file|path|hint|format"
    r"|rule|regex|manager|type|encod|algorithm|salt|digest|must|should|may|can|input|error|code|min|max)[a-z]*\b)"
    r"(?: (?:for|of|to|from|on|in|at|für|von|de|del|do|da|du|pour|para|per|voor|till|na|za|al|dla|pro))?"
    r"(?: (?!is |ist |es |est )[\w.'@-]{1,20}){1,3}"
    rf"(?:,?{_WORDS}[ :]{{1,2}}| ?: ?| = ){_VALUE}"
)
_GIVEN = re.compile(r"[ =]{1,3}(?:'([^'\n]{6,100})'|\"([^\"\n]{6,100})\")")
_AFTER_LOGIN = re.compile(
    r"(?i)(?:login|log in(?: with| as)?|user(?:name)?|usr|benutzer|usuario|utilisateur|utente|account|zugangsdaten|creds"
    r"|credentials|identifiants)[\s:=]{1,3}\S{1,60}[\s,;/&]{1,9}(?:and |und |y |et |e |with |mit |con |the |my ){0,2}$"
)
_FLAG = re.compile(r"(?:^|\s)--?[A-Za-z.-]{0,20}$")
_WEAK_KEYS = frozenset(("pass", "clave", "sandi"))
_KEYS = regex(f"(?i){_KEY}".replace("@", r"(?:[a-z]?\?|[a-z])"))


def _find_told(page: Page) -> Iterator[Span]:
    taken = 0
    for match in before_values(page, _KEYS):
        start, end = match.span()
        if start < taken:
            continue
        span = _told(page.text, start, end)
        if span is not None and begins_key(page, start):
            taken = span[1]
            yield span


def _told(text: str, start: int, end: int) -> Span | None:
    """The password that follows the key at `start` to `end`."""
    # Most words are followed by others, and cheaply told from those that are not.
    sign = None if text[end : end + 1] == " " and text[end + 1 : end + 2].isalnum() else SIGN.match(text, end)
    if sign is not None:
        return None if NO_VALUE.match(text, sign.end()) else _assigned(text, start, end, sign)
    said = _SAID.match(text, end) or _OF.match(text, end)
    if said is None:
        return _quoted(text, end)
    value = said[said.lastindex or 0]
    weak = text[start:end].lower() in _WEAK_KEYS
    if said.re is _SAID and not said[1]:
        if not _fits(text, start, value, weak):
            return _quoted(text, end)
    elif not is_said_password(value):
        return None
    return said.span(said.lastindex or 0)


def _fits(text: str, start: int, value: str, weak: bool) -> bool:
    """Whether what stands right behind a word is its value: an option's, one after a name, or nothing but one."""
    head = text[max(0, start - 80) : start]
    if "-" in head[-22:] and _FLAG.search(head[-24:]):
        return is_password(value, True)
    if is_strong_password(value) if weak else is_bare_password(value):
        return True
    return is_said_password(value) and _AFTER_LOGIN.search(head) is not None


def _quoted(text: str, end: int) -> Span | None:
    match = _GIVEN.match(text, end)
    return match.span(match.lastindex or 0) if match and is_password(match[match.lastindex or 0], True) else None


def _assigned(text: str, start: int, end: int, sign: re.Match[str]) -> Span | None:
    low, high, quoted = value_at(text, sign.end())
    # An element has to end, or else it is a comparison.
    if sign[0][-1] == ">" and sign[0][-2:] not in ("=>", "->") and "<" not in text[high : high + 3]:
        return None
    value = text[low:high]
    if not is_password(value, quoted) or (value.isdigit() and text[start:end].lower() == "pass"):
        return None
    return low, high


# `… as the root password`, `is … a good password`: the value stands before.
_NAMED = regex(
    r"(?i) (?:(?:as|is) (?:the|my|your|our|his|her|an?|new)|(an?)) (?:[a-z-]{1,16} ){0,3}(?:password|passphrase|passcode|pwd)"
)
_PAIR = regex(
    r"(?i)\b(?:creds?|credentials?|login|log in with|zugangsdaten|identifiants|credenciales|credenziali)\b[^\n:/]{0,30}?"
    r"(?:: ?| )[0-9A-Za-z_.@-]{2,40}(?: ?/ ?|:)([^\s\"'`<>/:;,]{7,100})"
)
_PROGRAM = regex(
    r"(?i)\b(?:sshpass|mysql[a-z]*|mariadb[a-z-]*|mongo[a-z]*|redis-cli|psql|sqlcmd|ldap[a-z]+|smbclient|kinit|unzip|7z|zip"
    r"|htpasswd|lftp|unrar|rar|useradd|usermod|docker|podman|helm|nerdctl|oc|az|cf|oras|crane|skopeo|vault|twine|svn|mvn"
    r"|xfreerdp|winrm|evil-winrm|rsync)\b"
)
_OPTION = re.compile(r"\s(?:-[paPw]|-b \S{1,40} \S{1,40}|/p:|--pass(?:word)?)[ =]?[\"']?(?![a-z-]*\s)([^\s\"']{6,100})")
_ECHO = regex(
    r"(?i)\becho (?:-n )?[\"']?([^\s\"'|]{6,100})[\"']? ?\| ?[^\n]{0,80}?(?:password-stdin|passin|sudo -S|chpasswd|passwd)"
)
_PAIRED = regex(
    r"(?i)(?:auth ?= ?|auth|credentials?|login)\(\s{0,2}[\"'][^\"'\n]{1,60}[\"']\s?,"
    r"\s{0,2}(?:password ?= ?)?[\"']([^\"'\n]{6,100})[\"']"
)
_DIRECTIVE = regex(
    r"(?i)\b(?:requirepass|masterauth|convertto-securestring(?: -string)?|chpasswd\s?<<<\s?[\"']?[^\s:]{1,40}:"
    r"|-pass(?:in|out)? pass:|net user \S{1,40} |snmp-server community|enable secret|pre-shared-key"
    r"|identified (?:with \S{1,40} )?by(?: password)?|(?:secret|password) [057]\b|WIFI:(?:[A-OQ-Z]:[^;\n]*;)*P:)"
    r"\s{0,4}[\"']?([^\s\"';]{6,200})"
)
_ENCODED = regex(r"\"_?auth\"\s?:\s?\"([0-9A-Za-z+/]{8,}={0,2})\"")
_PGPASS = regex(r"(?:^|\s)[0-9A-Za-z_.*-]{1,80}:(?:[0-9]{4,5}|\*):[0-9A-Za-z_*-]{1,63}:[0-9A-Za-z_.*-]{1,63}:(\S{6,100})")
_LINE = 240


def _find_named(page: Page) -> Iterator[Span]:
    for match in before_values(page, _NAMED, _LINE):
        words = page.text[max(0, match.start() - _LINE) : match.start()].rsplit(None, 2)
        if not words or (match[1] and (len(words) < 2 or words[-2].lower() != "is")):
            continue
        value = words[-1].strip("\"'`")
        if is_bare_password(value):
            start = page.text.rindex(value, 0, match.start())
            yield start, start + len(value)


def _find_option(page: Page) -> Iterator[Span]:
    taken = 0
    for match in before_values(page, _PROGRAM):
        if match.start() < taken:
            continue
        end = page.text.find("\n", match.end(), match.end() + _LINE)
        option = _OPTION.search(page.text, match.end() - 1, end if end >= 0 else match.end() + _LINE)
        if option is not None:
            taken = option.end()
            if is_password(option[1], True):
                yield option.span(1)


# A column of a table: the head names it, and the lines below have a cell there.
_COLUMN = regex(
    r"(?i)(?:^|[|,;\t\n]) ?[\"*`]?(?:pass(?:word|wd|code|wort)?|pwd|kennwort|senha|clave|mdp)[\"*`]? ?(?:[|,;\t\r\n]|$)"
)
_ROWS = 3


def _find_column(page: Page) -> Iterator[Span]:
    text = page.text
    for match in before_values(page, _COLUMN):
        at = match.start() + (text[match.start()] in "\n|,;\t")
        first = text.rfind("\n", max(0, at - _LINE), at) + 1
        line = text.find("\n", at, at + _LINE)
        mark = next((mark for mark in "|\t;," if mark in text[first : line if line >= 0 else at]), "")
        if not mark or line < 0:
            continue
        place = text.count(mark, first, at)
        for _ in range(_ROWS):
            line, last = line + 1, text.find("\n", line + 1, line + 1 + _LINE)
            row = text[line : last if last >= 0 else line + _LINE]
            cells = row.split(mark)
            if len(cells) <= place:
                break
            cell = cells[place].strip(" \"'`*\r")
            if is_password(cell, True):
                start = line + len(mark.join(cells[:place])) + (place > 0) + cells[place].index(cell)
                yield start, start + len(cell)
            if last < 0:
                break
            line = last


# What it is called where words are not of Latin letters; and keys and tokens likewise.
_ELSEWHERE = (
    "парол", "лозинк", "шифра", "сырсөз", "нууц үг", "κωδικός", "κωδικος", "κωδικό", "συνθηματικό", "密码",
    "密碼", "口令", "비번", "パスワード", "暗証番号", "비밀번호", "패스워드", "암호", "รหัสผ่าน",
    "كلمة المرور", "كلمة مرور", "كلمة السر", "كلمه السر", "الرقم السري", "باسورد", "סיסמ", "गुप्तशब्द",
    "पासवर्ड", "कूटशब्द", "পাসওয়ার্ড", "পাসওয়ার্ড", "گذرواژه", "رمز عبور", "رمز ورود", "کلمه عبور", "پسورد",
    "پاس ورڈ", "கடவுச்சொல்", "పాస్", "ಪಾಸ್", "പാസ്", "પાસવર્ડ", "ਪਾਸਵਰਡ", "මුරපදය", "စကားဝှက်",
    "ពាក្យសម្ងាត់", "ລະຫັດຜ່ານ", "የይለፍ ቃል", "գաղտնաբառ", "პაროლი", "құпиясөз", "құпия сөз",
)  # fmt: skip
_KEYS_ELSEWHERE = ("ключ", "токен", "密钥", "密鑰", "金鑰", "令牌", "キー", "トークン", "키", "토큰", "مفتاح", "רמז", "कुंजी")
# Endings, particles and words between the word and the value; then a sign, or none.
_BETWEEN = (
    r"([^\x00-\x7f]{0,12}+(?:[ \xa0][^\x00-\x7f\s]{1,14}+){0,3}+)\s?"
    r"(?:api|API|[Ww]i-?[Ff]i|WLAN)?(?:\s?[^\x00-\x7f]{1,10}+){0,2}+\s?([:=?]?)\s{0,2}[\"'`(]?([!-~]{6,100})"
)
_TOLD_ELSEWHERE = re.compile(f"(?:{'|'.join(_ELSEWHERE)}){_BETWEEN}")
_KEYED_ELSEWHERE = re.compile(f"(?:{'|'.join(_KEYS_ELSEWHERE)}){_BETWEEN}")


def _find_elsewhere(page: Page) -> Iterator[Span]:
    if page.text.isascii():
        return
    for match in _TOLD_ELSEWHERE.finditer(page.text):
        between, sign, value = match.groups()
        value = value.rstrip("\"'`)")
        marked = sign or "：" in between or "＝" in between
        if is_password(value, bool(marked)) if marked else is_said_password(value):
            yield match.span(3)


def _find_key_elsewhere(page: Page) -> Iterator[Span]:
    if page.text.isascii():
        return
    for match in _KEYED_ELSEWHERE.finditer(page.text):
        if is_token(match[3].rstrip("\"'`)")):
            yield match.span(3)


def _find_encoded(page: Page) -> Iterator[Span]:
    for match in _ENCODED.finditer(page.raw):
        try:
            _, mark, secret = b64decode(match[1] + b"=" * (-len(match[1].rstrip(b"=")) % 4)).partition(b":")
        except (Base64Error, ValueError):
            continue
        if mark and len(secret) >= 4:
            yield match.span(1)


def _rough(*sources: str) -> tuple[Pattern, ...]:
    return (Pattern("regex", tuple(source.replace("@", r"(?:[a-z]?[^\x00-\x7f]|[a-z])") for source in sources)),)


DETECTORS: tuple[Detector, ...] = (
    Detector(
        KIND,
        _rough(rf"{_KEY}(?:[_-]?[a-z0-9]{{1,10}})?[\"'`\\\])*]{{0,4}}(?:.s)?[\s:=>,;：＝.<(|-]"),
        _find_told,
        "a word for a password, and a value that is no word",
    ),
    Detector(
        KIND,
        _rough(
            "(?:as|is) (?:the|my|your|our|his|her|an?|new) (?:[a-z-]+ )*(?:password|passphrase|passcode|pwd)",
            "is \\S{7,} an? (?:[a-z-]+ )*(?:password|passphrase|passcode|pwd)",
        ),
        _find_named,
        "what is named a password",
    ),
    Detector(
        KIND,
        _rough("creds?[ :]", "credential", "login", "log in with", "zugangsdaten", "identifiants", "credenciales", "credenziali"),
        values(_PAIR, is_bare_password),
        "a name and a password as a pair",
    ),
    Detector(
        KIND,
        _rough(r"\s(?:-[paw]|-b|/p:|--pass(?:word)?)[ =]?[\"']?\S{6}"),
        _find_option,
        "the option that carries a password",
    ),
    Detector(
        KIND, _rough(r"echo [^\n]{6,120}\|"), values(_ECHO, is_password), "what is handed to a program that asks for a password"
    ),
    Detector(
        KIND, _rough(r"(?:auth|credentials?|login)(?: ?= ?)?\("), values(_PAIRED, is_password), "a name and a password as a pair"
    ),
    Detector(
        KIND,
        _rough(r"[|,;\t\n] ?[\"*`]?(?:pass(?:word|wd|code|wort)?|pwd|kennwort|senha|clave|mdp)[\"*`]? ?[|,;\t\r\n]"),
        _find_column,
        "a column of passwords, and a value that is no word",
    ),
    Detector(
        KIND,
        _rough(
            "requirepass",
            "masterauth",
            "convertto-securestring",
            "chpasswd",
            "net user ",
            "snmp-server community",
            "enable secret",
            "pre-shared-key",
            "identified ",
            "(?:secret|password) [057] ",
            r"-pass(?:in|out)? pass:",
            "wifi:[a-z]:",
        ),
        values(_DIRECTIVE, is_password),
        "a setting that takes a password",
    ),
    Detector(
        KIND,
        _rough(r":(?:\d{4,5}|\*):[0-9a-z_*-]+:[0-9a-z_.*-]+:\S{6}"),
        values(_PGPASS, is_password),
        "a line of a password file",
    ),
    Detector(KIND, _rough(r"auth\"\s?:\s?\"[0-9a-z+/]{8}"), _find_encoded, "a name and a password in base 64"),
    Detector(KIND, (Pattern("regex", _ELSEWHERE),), _find_elsewhere, "words that give a password, and a value that is no word"),
    Detector(KIND, (Pattern("regex", _KEYS_ELSEWHERE),), _find_key_elsewhere, "words that give a key, and a value drawn by lot"),
)
