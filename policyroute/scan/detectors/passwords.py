"""Passwords as people tell them, and where commands and programs take them: `password is …` in some thirty languages."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator

from policyroute.scan.detectors.detector import Detector, Page, Span, regex
from policyroute.scan.detectors.made_up import is_bare_password, is_password, is_said_password, is_token, values
from policyroute.scan.pattern import Pattern

KIND = "secret.password"

# In Latin letters; `@` stands for a letter beyond ASCII.
_KEY = (
    "(?:pass(?:word|wd|phrase|code)|pwd|pw|passwort|kennwort|contrase@a|contrasena|clave|mot de passe|mdp|senha|palavra-passe|wachtwoord|has@o(?: to)?|haslo(?: to)?"  # noqa: E501
    "|l@senord(?:et)?|losenord|salasana(?: on)?|parola|passord(?:et)?|adgangskode(?:n)?|kodeord|jelsz@|jelszo|heslo|sifre|lozinka|zaporka"  # noqa: E501
    "|geslo|parool|parole|slapta@odis|kata sandi|m@t kh@u|lykilor@|fjalekalimi|password-?a|parolam)"
)
_IS = (
    r"(?: (?:is|was|ist|war|lautet|es|est|era|e|\?|is now|now|set to|is set to|\?r|er|je|jest|adalah|l\?|=|-|->))?"
    r"[ :=]{1,3}[\"'`(]?"
)
# A password of something or somebody: `passphrase for the key is …`.
_OF = (
    r" (?:for|of|to|from|f\?r|von|de|do|del|pour|para|per|voor|till|na|za)(?: [0-9A-Za-z_?.'-]{1,20}){1,3}"
    r"(?: (?:is|was|ist|lautet|es|est|e|\?|\?r|er|je)[ :]{1,2}| ?[:=] ?)[\"'`(]?"
)


def _raw(key: str) -> str:
    return key.replace("@", r"\?")


_SAID = regex(rf"(?i)(?:\b{_raw(_KEY)}|\?ifre(?:m|niz)?)(?:{_IS}|{_OF})([^\s\"'`<>;,]{{6,100}})")
# The word right before, and nothing that says `is`.
_BARE = regex(rf"(?i)\b(?:{_raw(_KEY)}|pass|login)[ :/]{{1,3}}[\"'`(]?([^\s\"'`<>;,]{{7,100}})")
_PAIR = regex(
    r"(?i)\b(?:creds?|credentials?|login|log in with|zugangsdaten|identifiants|credenciales|credenziali)\b[^\n:/]{0,30}?"
    r"(?:: ?| )[0-9A-Za-z_.@-]{2,40}(?: ?/ ?|:)([^\s\"'`<>/:;,]{7,100})"
)
_COMMAND = regex(
    r"(?i)\b(?:sshpass|mysql[a-z]*|mariadb[a-z-]*|mongo[a-z]*|redis-cli|psql|sqlcmd|ldap[a-z]+|smbclient|kinit|unzip|7z|zip|htpasswd|lftp)"
    r"\b[^\n]{0,120}?\s(?:-p|-a|-w|-P|-b [^\s]{1,40} [^\s]{1,40}|--pass(?:word)?)[ =]?[\"']?([^\s\"']{6,100})"
)
_ECHO = regex(
    r"(?i)\becho (?:-n )?[\"']?([^\s\"'|]{6,100})[\"']? ?\| ?[^\n]{0,80}?(?:password-stdin|passin|sudo -S|chpasswd|passwd)"
)
_PAIRED = regex(
    r"(?i)(?:auth ?= ?|auth|credentials?|login)\(\s{0,2}[\"'][^\"'\n]{1,60}[\"']\s?,\s{0,2}(?:password ?= ?)?[\"']([^\"'\n]{6,100})[\"']"  # noqa: E501
)
_ATTRIBUTE = regex(rf"(?i){_raw(_KEY)}[\"']\s{{1,3}}value\s?=\s?[\"']([^\"'\n]{{6,100}})[\"']")
_ARGUMENT = regex(rf"(?i){_raw(_KEY)}[\"']\s?,\s?[\"']([^\"'\n]{{6,100}})[\"']")
_DIRECTIVE = regex(r"(?i)\b(?:requirepass|masterauth|convertto-securestring(?: -string)?|chpasswd)\s{1,4}[\"']?([^\s\"']{6,200})")
_ENCODED = regex(r"\"_?auth\"\s?:\s?\"([0-9A-Za-z+/]{8,}={0,2})\"")

# What it is called where words are not of Latin letters; and keys and tokens likewise.
_ELSEWHERE = (
    "пароль", "пароля", "парол", "лозинка", "шифра", "κωδικός", "κωδικος", "συνθηματικό", "密码", "密碼", "口令", "パスワード", "暗証番号", "비밀번호",  # noqa: E501
    "패스워드", "암호", "รหัสผ่าน", "كلمة المرور", "كلمة السر", "الرقم السري", "סיסמה", "סיסמא", "הסיסמה", "पासवर्ड", "পাসওয়ার্ড", "گذرواژه", "رمز عبور",  # noqa: E501
    "գաղտնաբառ", "პაროლი", "құпиясөз",
)  # fmt: skip
_KEYS_ELSEWHERE = ("ключ", "токен", "密钥", "密鑰", "金鑰", "令牌", "キー", "トークン", "키", "토큰", "مفتاح", "רמז", "कुंजी")
# Endings, particles and signs between the word and the value.
_BETWEEN = re.compile(r"[^\x00-\x7f]{0,6}\s?(?:api|API)?[^\x00-\x7f]{0,4}\s?([:=：＝]?)\s{0,2}[「『“\"'`(]?([!-~]{6,100})")


def _find_elsewhere(page: Page) -> Iterator[Span]:
    text = page.text
    if text.isascii():
        return
    spans = []
    for terms, token in ((_ELSEWHERE, False), (_KEYS_ELSEWHERE, True)):
        for term in terms:
            place = text.find(term)
            while place >= 0:
                place += len(term)
                match = _BETWEEN.match(text, place)
                if match is not None and _fits(match[2], bool(match[1]), token):
                    spans.append(match.span(2))
                    place = match.end()
                place = text.find(term, place)
    yield from sorted(spans)


def _fits(value: str, marked: bool, token: bool) -> bool:
    value = value.rstrip("\"'`)")
    if token:
        return is_token(value)
    return is_password(value) if marked else is_said_password(value)


def _find_encoded(page: Page) -> Iterator[Span]:
    for match in _ENCODED.finditer(page.raw):
        try:
            _, mark, secret = b64decode(match[1] + b"=" * (-len(match[1].rstrip(b"=")) % 4)).partition(b":")
        except (Base64Error, ValueError):
            continue
        if mark and len(secret) >= 4:
            yield match.span(1)


def _rough(*sources: str) -> tuple[Pattern, ...]:
    return (Pattern("regex", tuple(source.replace("@", ".") for source in sources)),)


_SAYS = _rough(_KEY + "[ :=/]", "şifre")

DETECTORS: tuple[Detector, ...] = (
    Detector(KIND, _SAYS, values(_SAID, is_said_password), "words that give a password, and a value that is no word"),
    Detector(
        KIND,
        (*_SAYS, *_rough(r"(?:pass|login)[ :/]{1,3}\S{7}")),
        values(_BARE, is_bare_password),
        "a word for a password, and a value of letters, figures and signs",
    ),
    Detector(
        KIND,
        _rough("creds?[ :]", "credential", "login", "log in with", "zugangsdaten", "identifiants", "credenciales", "credenziali"),
        values(_PAIR, is_bare_password),
        "a name and a password as a pair",
    ),
    Detector(
        KIND,
        _rough(r"\s(?:-[paw]|--pass(?:word)?)[ =]?[\"']?\S{6}"),
        values(_COMMAND, is_password),
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
        _rough(r"value\s?=\s?[\"'][^\"']{6}"),
        values(_ATTRIBUTE, is_password),
        "an attribute that names a password, and its value",
    ),
    Detector(
        KIND,
        _rough(r"[a-z][\"']\s?,\s?[\"'][^\"']{6}"),
        values(_ARGUMENT, is_password),
        "a key that names a password, and a value",
    ),
    Detector(
        KIND,
        _rough("requirepass", "masterauth", "convertto-securestring"),
        values(_DIRECTIVE, is_password),
        "a setting that takes a password",
    ),
    Detector(KIND, _rough(r"auth\"\s?:\s?\"[0-9a-z+/]{8}"), _find_encoded, "a name and a password in base 64"),
    Detector(
        KIND,
        (Pattern("regex", _ELSEWHERE), Pattern("regex", _KEYS_ELSEWHERE)),
        _find_elsewhere,
        "words that give a password, and a value that is no word",
    ),
)
