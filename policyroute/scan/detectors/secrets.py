"""Secrets known by where they stand: key blocks, web tokens, headers, URLs, and `password = …` in its many spellings."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator

from policyroute.scan.detectors.checks import entropy_bits, is_random
from policyroute.scan.detectors.detector import Detector, Page, Regex, Span, regex
from policyroute.scan.pattern import Pattern

# In the keys below `@` stands for a letter beyond ASCII.
_PASSWORD_KEY = (
    "(?:pass(?:word|wd|phrase|code)?|pwd|passwort|kennwort|contrase@a|mot de passe|mdp|senha|wachtwoord|has@o|@senord|salasana"
    "|parola|passord)"
)
_TOKEN_KEY = (
    "(?:(?:api|app|access|auth|secret|private|client|encryption|signing|account|service|session|master|storage|jwt|webhook"
    "|shared|bot)[ _.-]?(?:key|token|secret|credential)(?:[ _.-]?(?:key|value))?|secret|token|credential|apikey|authtoken)"
)
_AFTER_KEY = r"[\"'`\\\]]{0,3}\s{0,3}(?::=|=>|[:=>])\s{0,3}"
_IS = r" (?:is|was|ist|lautet|es|est|to|:|=)[: ]{1,2}[\"'`]?"


def _raw(key: str) -> str:
    return key.replace("@", r"\?")


_PASSWORD = regex(rf"(?i){_raw(_PASSWORD_KEY)}{_AFTER_KEY}")
_PASSWORD_VALUE = re.compile(r"[^\s\"'`<>,;]{1,200}")
_PASSWORD_SAID = regex(rf"(?i)\b{_raw(_PASSWORD_KEY)}{_IS}([^\s\"'`<>]{{6,100}})")
_PASSWORD_GIVEN = regex(
    r"(?i)(?:identified by|with password|\bpassword|--pass(?:word|wd)?|--pwd)[ =]{1,3}(?:'([^'\n]{6,100})'|\"([^\"\n]{6,100})\")"
)
_PASSWORD_FLAG = regex(r"(?i)(?:--pass(?:word|wd)?|--pwd|\bmachine \S{1,100} login \S{1,100} password)[ =]([^\s\"'`<>]{6,100})")
_KEYED = regex(r"(?i)(?:password|pwd)\s?=\s?([^\s;\"'<>]{4,100})")
_TOKEN = regex(rf"(?i){_TOKEN_KEY}{_AFTER_KEY}")
# A sign of assignment ends it, so that the keys of a long list are read once each.
_TOKEN_VALUE = re.compile(r"[^\s\"'`<>,;&:=]{1,4096}={0,2}")
_TOKEN_SAID = regex(rf"(?i)\b{_TOKEN_KEY}(?: (?:is|was|ist|es|est))?[: ]{{1,2}}[\"'`]?([0-9A-Za-z_+/=.-]{{20,200}})")

_PEM = regex(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
# Looked for right after the first line only, in bounded steps.
_PEM_BODY = re.compile(r"(?:[\s\"'+>]|\\[nr]|[A-Za-z-]{4,12}: [^\n]{0,60}\n){0,12}([A-Za-z0-9+/]{24})")
_PEM_LONGEST = 16_384
_PEM_END = "-----END "
_JWT = regex(r"\b(eyJ[0-9A-Za-z_-]+)\.eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]*")
_URL = regex(r"\b[A-Za-z][0-9A-Za-z+.-]{1,30}://([^\s:/@\"'<>]{0,100}):([^\s/\"'<>]{3,200})@[0-9A-Za-z\[?_.-]")
_BEARER = regex(r"(?i)\bbearer[ :=]{1,3}([0-9A-Za-z_.~+/-]{16,}={0,2})")
_BASIC = regex(r"(?i)\bbasic +([0-9A-Za-z+/]{8,}={0,2})")
_CURL = regex(r"(?i)\b(?:curl|wget|http)\b[^\n]{0,200}?\s(?:-u|--user|--proxy-user)[ =]['\"]?[^\s:'\"]{1,60}:([^\s'\"]{4,100})")

# The neighbours of a password in a connection string of `key=value;` pairs, looked for in a short window.
_PAIRS = re.compile(
    r"(?i)(?:server|data source|host|user id|userid|uid|user|database|initial catalog|port|driver)\s?=[^;\n]{1,80};"
)
_BACK = 24
_NOT_KEYS = re.compile(
    r"(?i)(?:public|publishable|csrf|xsrf|page|next|prev|continuation|max|num|stop|eos|bos|pad|unk|mask|sep|cls|com"
    r"|tres|sur|over|under|by)[ _.-]?$|::$"
)
_PLACEHOLDER = re.compile(
    r"(?i)^(?:<.*|\[.*\]|\{.*|\$.*|%[^%]+%|[*]+|x+|[.]+|-+|_+|#+|null|none|nil|true|false|undefined|empty|todo|n/?a|required|optional"
    r"|string|str|text|secret|password|passwd|pass|pwd|token|test|testing|hidden|masked|redacted|default|value)$"
    r"|your[-_ ]?|my[-_]?(?:secret|password|token|key)|example|placeholder|change[-_]?me|xxxx|\.\.\.|\*\*\*|insert|replace|dummy"
    r"|(?:password|secret|token|key|goes)[-_]?here|process\.env|environ|getenv|\bos\.|env\[|\$\{|\{\{|secrets\.|vault:|arn:aws|^anon"
)
_CODE = re.compile(
    r"^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+[\[(;,)]*$|^[A-Za-z_$][\w.$:]*(?:->)?[(\[]|^[(:=)|&>]|^\[\^|^[A-Za-z_]\w*(?:::|->)"
    r"|^(?:self|this|args|config|settings|request|req|ctx|user)\."
)
_PATH = re.compile(r"^(?:[/~]|\.{1,2}/|[A-Za-z]:\\|https?://)")
_TAIL = ".,;:!?)]}\\"
# As the tail, but for signs that passwords end with.
_PUNCTUATION = ".,;:)]}\\"
_LONGEST = 4096
_QUOTES = "\"'`"
# Placeholders and code show at the beginning.
_READ = 80


def _classes(value: str) -> int:
    """How many of small letters, capitals, figures and signs a value has."""
    kinds = {"a" if c.islower() else "A" if c.isupper() else "0" if c.isdigit() else "a" if c.isalpha() else "-" for c in value}
    return len(kinds)


def _is_made_up(value: str) -> bool:
    """What manuals write where a secret would stand, and what programs write to fetch one."""
    value = value[:_READ]
    return bool(_PLACEHOLDER.search(value) or _CODE.search(value) or _PATH.search(value))


def _is_password(value: str) -> bool:
    """Something one may log in with: not a word, not a figure, not code."""
    value = value.rstrip(_TAIL)
    if not 6 <= len(value) <= _LONGEST or value.count(" ") > 1 or _is_made_up(value):
        return False
    figures = any(c.isdigit() for c in value)
    signs = any(not c.isalnum() and c not in "_-. " for c in value[1:])
    return any(c.isalpha() for c in value) and (figures or signs) and (" " not in value or _classes(value) >= 4)


def _is_said_password(value: str) -> bool:
    """After `password is` ordinary sentences go on: ask for more."""
    value = value.rstrip(_TAIL)
    return len(value) >= 7 and _classes(value) >= 3 and any(c.isdigit() for c in value) and _is_password(value)


def _is_token(value: str) -> bool:
    value = value.rstrip(_TAIL)
    if not 16 <= len(value) <= _LONGEST or " " in value or value.startswith(("pk_", "sha256", "sha512")) or _is_made_up(value):
        return False
    return is_random(value) and value.count("-") * 5 < len(value)


def _begins_key(page: Page, start: int) -> bool:
    """Whether a key begins a word or a part of an identifier (`DB_PASSWORD`, `userPassword`), and is not one of other meaning."""
    head = page.text[max(0, start - _BACK) : start]
    if head and head[-1].isalnum() and not (page.text[start].isupper() and head[-1].islower()):
        return False
    return _NOT_KEYS.search(head) is None


def _values(compiled: Regex, valid: Callable[[str], bool]) -> Callable[[Page], Iterator[Span]]:
    """Yield the first group that took part, where `valid` says that it holds a secret."""
    groups = range(1, compiled.groups + 1)

    def find(page: Page) -> Iterator[Span]:
        for match in compiled.finditer(page.raw):
            start, end = next(span for span in map(match.span, groups) if span[0] >= 0)
            if _begins_key(page, match.start()) and valid(page.text[start:end]):
                yield start, end

    return find


def _assigned(key: Regex, bare: re.Pattern[str], valid: Callable[[str], bool]) -> Callable[[Page], Iterator[Span]]:
    """Yield what follows a key and a sign of assignment. The search goes on behind the sign: a value may be the next key."""

    def find(page: Page) -> Iterator[Span]:
        taken = 0
        for match in key.finditer(page.raw):
            if match.start() < taken:
                continue
            start, end = _value(page.text, match.end(), bare)
            if end > start and _begins_key(page, match.start()) and valid(page.text[start:end]):
                taken = end
                yield start, end

    return find


def _value(text: str, start: int, bare: re.Pattern[str]) -> Span:
    """The value that begins here: up to the closing quote on this line, or as far as a bare one goes."""
    while text.startswith("\\", start):
        start += 1
    quote = text[start : start + 1]
    if quote and quote in _QUOTES:
        start += 1
        end = text.find(quote, start, start + _LONGEST)
        if end > start and "\n" not in text[start:end]:
            return start, start + len(text[start:end].rstrip("\\"))
    match = bare.match(text, start)
    return (start, start + len(match[0].rstrip(_PUNCTUATION))) if match else (start, start)


def _find_pem(page: Page) -> Iterator[Span]:
    for match in _PEM.finditer(page.raw):
        start, end = match.span()
        body = _PEM_BODY.match(page.text, end)
        if body is None or entropy_bits(body[1]) < 2.5:
            continue
        last = page.text.find(_PEM_END, end, end + _PEM_LONGEST)
        line = page.text.find("-----", last + len(_PEM_END), last + 80) if last >= 0 else -1
        yield start, line + 5 if line >= 0 else body.end()


def _find_jwt(page: Page) -> Iterator[Span]:
    for match in _JWT.finditer(page.raw):
        header = match[1][:1024]
        try:
            read = urlsafe_b64decode(header[: len(header) // 4 * 4])
        except (Base64Error, ValueError):
            continue
        if b'"' in read and (b"alg" in read or b"typ" in read):
            yield match.span()


def _find_url(page: Page) -> Iterator[Span]:
    for match in _URL.finditer(page.raw):
        start, end = match.span(2)
        secret = page.text[start:end]
        if (
            len(secret) >= 4
            and secret != page.text[slice(*match.span(1))]
            and not secret.isdigit()
            and _PLACEHOLDER.search(secret) is None
        ):
            yield start, end


def _find_keyed(page: Page) -> Iterator[Span]:
    for match in _KEYED.finditer(page.raw):
        start, end = match.span(1)
        secret = page.text[start:end]
        window = page.text[max(0, match.start() - 160) : end + 100]
        if _PLACEHOLDER.search(secret) is None and _PAIRS.search(window):
            yield start, end


def _find_basic(page: Page) -> Iterator[Span]:
    for match in _BASIC.finditer(page.raw):
        try:
            name, mark, secret = (
                urlsafe_b64decode(match[1] + b"=" * (-len(match[1].rstrip(b"=")) % 4)).decode("utf-8").partition(":")
            )
        except (Base64Error, ValueError):
            continue
        if mark and len(secret) >= 4 and (name + secret).isprintable():
            yield match.span(1)


def _is_login(value: str) -> bool:
    return _PLACEHOLDER.search(value) is None


def _rough(source: str) -> tuple[Pattern, ...]:
    return (Pattern("regex", (source,)),)


def _keyed(key: str, after: str) -> tuple[Pattern, ...]:
    return _rough(key.replace("@", ".") + after)


DETECTORS: tuple[Detector, ...] = (
    Detector("secret.private-key", _rough("-----BEGIN [A-Z0-9 ]*PRIVATE KEY"), _find_pem, "a key block with a body"),
    Detector("secret.jwt", _rough(r"eyJ[0-9A-Za-z_-]+\.eyJ"), _find_jwt, "three parts whose first is a header"),
    Detector(
        "secret.connection-string", _rough(r"[0-9a-z]://[^\s:/@]*:[^\s/]+@"), _find_url, "a user and a password before a host"
    ),
    Detector(
        "secret.connection-string",
        _rough(r"(?:password|pwd)\s?=\s?[^\s;]+;|;\s?(?:password|pwd)\s?="),
        _find_keyed,
        "a password among the pairs of a connection string",
    ),
    Detector(
        "secret.bearer",
        _rough("bearer[ :=]{1,3}[0-9a-z_.~+/-]{16}"),
        _values(_BEARER, _is_token),
        "what a bearer header carries, drawn by lot",
    ),
    Detector(
        "secret.basic-auth",
        _rough("basic +[0-9a-z+/]{8}"),
        _find_basic,
        "what a basic header carries, with a name and a password in it",
    ),
    Detector(
        "secret.basic-auth",
        _rough(r"\s(?:-u|--user|--proxy-user)[ =]"),
        _values(_CURL, _is_login),
        "the option that carries a name and a password",
    ),
    Detector(
        "secret.password",
        _keyed(_PASSWORD_KEY, _AFTER_KEY + r"[^\s0-9]?\S"),
        _assigned(_PASSWORD, _PASSWORD_VALUE, _is_password),
        "a key that names a password, and a value that is no word",
    ),
    Detector(
        "secret.password",
        _keyed(_PASSWORD_KEY, _IS),
        _values(_PASSWORD_SAID, _is_said_password),
        "words that give a password, and a value that is no word",
    ),
    Detector(
        "secret.password",
        _rough("(?:identified by|password|--pass|--passwd|--pwd)[ =]{1,3}[\"']"),
        _values(_PASSWORD_GIVEN, _is_password),
        "a quoted password after its key",
    ),
    Detector(
        "secret.password",
        _rough(r"--pass(?:word|wd)?[ =]|--pwd[ =]|machine \S+ login"),
        _values(_PASSWORD_FLAG, _is_password),
        "the option that carries a password",
    ),
    Detector(
        "secret.token",
        _keyed(_TOKEN_KEY, _AFTER_KEY + r"\S{4}"),
        _assigned(_TOKEN, _TOKEN_VALUE, _is_token),
        "a key that names a token, and a value drawn by lot",
    ),
    Detector(
        "secret.token",
        _keyed(_TOKEN_KEY, r"(?: (?:is|was|ist|es|est))?[: ]{1,2}[\"'`]?[0-9a-z_+/=.-]{20}"),
        _values(_TOKEN_SAID, _is_token),
        "words that give a token, and a value drawn by lot",
    ),
)
