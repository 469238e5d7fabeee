"""What tells a secret from a word, a placeholder and code: asked by all detectors that know a secret by where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from policyroute.scan.detectors.checks import is_random
from policyroute.scan.detectors.detector import Page, Regex, Span

_BACK = 16
# Written together with what they open: `PGPASSWORD`, `dbpass`.
_PREFIX = re.compile(
    r"(?i)(?:^|[^0-9A-Za-z])(?:pg|db|my|mysql|redis|smtp|mail|ftp|ssh|wifi|wlan|user|root|admin|key|api|bind|store"
    r"|access|secret|auth|private|licen[sc]e|encryption|app|client|session|bot)$"
)
# What such a key opens is public, or is no key: `csrf_token`, `max_tokens`, `compass`.
_OTHERS = tuple(
    "public publishable csrf xsrf page next prev continuation max num stop eos bos pad unk mask sep cls com tres sur over under "
    "by partition idempotency cache".split()
)
# The account in the name of a resource.
_ACCOUNT = re.compile(r":\d{12}:$")
PLACEHOLDER = re.compile(
    r"(?i)^(?:<.*|\[.*\]|\{.*|%[^%]+%|\$(?:[a-z_][\w:]*(?:-|(?:->|\[|\.).*)?|[{(].*|\d)|[*]+|x+|[.]+|-+|_+|#+"
    r"|null|none|nil|true|false|undefined|empty|todo|n/?a|required|optional|string|str|text|secret|password|passwd|pass|pwd"
    r"|token|test|testing|hidden|masked|redacted|default|value|(?:required|nullable|sometimes|string)[|,].*)$"
    r"|^anon|^@microsoft|^op://|^%\(|^enc\(|^[x*!]:|(?:^|[^0-9A-Za-z])your|your[-_ ]|my[-_]?(?:secret|password|token|key)"
    r"|example|placeholder|change[-_]?me|xxxx|\.\.\.|\*\*\*|insert|replace|dummy|(?:password|secret|token|key|goes)[-_]?here"
    r"|process\.env|environ|getenv|\bos\.|env\[|\$\{|\{\{|secrets\.|vault:|arn:aws"
)
# Names with dots, calls, and what begins with a sign that no value does.
_NAME = re.compile(
    r"^[A-Za-z_$]+\d?(?:\.[A-Za-z_$]+\d?)+[\[(;,)]*$|^(?:self|this|args|config|settings|request|req|ctx|user|var|data|form)\."
)
_CODE = re.compile(
    r"^[*&]*(?=[\w.$:]*[A-Za-z]{3})[A-Za-z_$][\w.$:]*(?:->)?[(\[]|^(?:\(|\|[-+]?$|[:=>&)]+\w*$)|^\[\^|^[A-Za-z_]\w*(?:::|->)"
)
_PATH = re.compile(r"^(?:/[A-Z]?[a-z_.-]+\d?/|/[a-z.-]+$|~/|\.{1,2}/|[A-Za-z]:\\|https?://)")
# An address or a time after `password for root from`.
_ADDRESS = re.compile(r"[0-9A-Fa-f]*[:.][0-9A-Fa-f:.%/]*[!-]?$")
# Standards, products, quantities and dates: what follows a word for a password in ordinary sentences and has figures.
_TECHNICAL = re.compile(
    r"(?i)^(?:(?:sha|md|aes|rsa|des|hmac|base|utf|iso|rfc|http|tls|ssl|ipv|oauth|saml|wpa|pbkdf|argon|bcrypt|scrypt|win(?:dows)?"
    r"|ios|macos|os|android|python|java|php|node|ubuntu|debian|office|outlook|word|excel|version|step|section|chapter|page"
    r"|line|rule|level|option|item|field|column|part|phase|type|class|grade|keepass|mysql|postgres(?:ql)?|oracle|log4j|cve|kb"
    r"|nist|sp|id|usb|web|room|floor|ticket|case|issue|bug|port|table|figure)[-_ .#]*\d[\w.-]*"
    r"|\d{1,4}[-.]?(?:st|nd|rd|th|x|s|ms|h|d|bits?|bytes?|kb|mb|gb|chars?|characters?|digits?|days?|mins?|hours?|px|am|pm|k|m)"
    r"|\d{1,4}(?:-[a-z]+)+|v\d+(?:\.\d+)*(?:[-+]?[a-z]{1,6}\.?\d*)?|[\d.,:/-]+|.*\d{4}-\d\d-\d\d.*|[a-z]+\d?(?:-[a-z]+\d?)+)$"
)
_TAIL = ".,;:!?)]}\\"
# As the tail, but for the sign that passwords like to end with.
_SENTENCE = ".,;:?)]}\\"
_JOINTS = (" ", "_", ".", "-")
_STRONG: Final = re.compile(r"[!@#$%^&*+=~?]")
_FIGURE = re.compile("[0-9]")
_FIGURES = re.compile("[0-9][^0-9]*[0-9]")
_LETTER = re.compile(r"[^\W\d_]")
_SIGN = re.compile(r"(?s).[^\w. -]")
_WORD = re.compile("[A-Za-z]?[a-z_.-]*|[A-Z_.-]+")
_HUMPS = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Words and numbers, joined: what names a secret and is none.
_NAMING = re.compile(
    r"(?:[A-Za-z][a-z]+\d{0,2}|[A-Z]+\d{0,2}|v?\d{1,4})(?:[-_./](?:[A-Za-z][a-z]+\d{0,2}|[A-Z]+\d{0,2}|v?\d{1,4}))+$"
)
_NO_LETTER = re.compile("[^A-Za-z]")
_SYLLABLE = re.compile("(?i)[aeiouy]")
_KINDS = tuple(map(re.compile, ("[a-z]", "[A-Z]", "[0-9]", r"[^\w]|_")))
_IS_WORD_LONG = 3
LONGEST = 4096
# Without one of these no value is told from a word.
_TELLING = re.compile("[0-9A-Z!@#$%^&*+~]")
_REACH = 240
# Placeholders and code show at the beginning.
_READ = 80
# An assignment of its own: `password status=200`.
_ASSIGNMENT = re.compile("[A-Za-z_.-]{2,}[=:]")
_INSIDE = re.compile("[A-Za-z][0-9]+[A-Za-z]")
# A number that people type, where there is nothing else.
_FEWEST_FIGURES, _MOST_FIGURES = 6, 12


def _classes(value: str) -> int:
    """How many of small letters, capitals, figures and signs a value has."""
    return sum(kind.search(value) is not None for kind in _KINDS) + (not value.isascii() and _LETTER.search(value) is not None)


def _is_made_up(value: str, quoted: bool = False) -> bool:
    """What manuals write where a secret would stand, and what programs write to fetch one."""
    value = value[:_READ]
    if PLACEHOLDER.search(value) or _NAME.search(value) or _PATH.search(value):
        return True
    return not quoted and _CODE.search(value) is not None


def _is_scrambled(value: str) -> bool:
    """Letters that make no words: capitals where no word begins."""
    if len(value) < 8 or not value.isalpha() or not value.isascii():
        return False
    humps = _HUMPS.findall(value)
    words = sum(len(hump) for hump in humps if len(hump) >= _IS_WORD_LONG and _SYLLABLE.search(hump) and not hump.isupper())
    return len(humps) >= 4 and words * 3 < len(value) * 2


def is_password(value: str, quoted: bool = False) -> bool:
    """Something one may log in with: not a word and not code. What is `quoted` is no code."""
    if _WORD.fullmatch(value):
        return False
    value = value.rstrip(_TAIL)
    if not 6 <= len(value) <= LONGEST:
        return False
    if value.isdigit():
        return _FEWEST_FIGURES <= len(value) <= _MOST_FIGURES and len(set(value)) > 1
    if not _LETTER.search(value):
        return False
    if not _FIGURE.search(value) and not (_SIGN.search(value) and _STRONG.search(value)):
        return _is_scrambled(value)
    if " " in value and (value.count(" ") > 1 or _classes(value.replace(" ", "")) < 4):
        return False
    return not _is_made_up(value, quoted)


def is_said_password(value: str) -> bool:
    """After `password is` ordinary sentences go on: ask for more."""
    value = value.rstrip(_SENTENCE)
    kinds = _classes(value)
    if len(value) < (7 if kinds >= 3 else 8) or _ADDRESS.match(value) or _ASSIGNMENT.match(value) or not is_password(value):
        return False
    if not _FIGURE.search(value):
        return _is_scrambled(value.rstrip("!"))
    if value.isdigit():
        return len(value) >= 8
    if not _STRONG.search(value) and _TECHNICAL.match(value):
        return False
    return kinds >= 3 or _FIGURES.search(value) is not None or _INSIDE.search(value) is not None


def is_bare_password(value: str) -> bool:
    """Where not even an `is` leads to it: nothing that standards, products and dates may be: `SHA-256`, `iOS17.2`."""
    value = value.rstrip(_SENTENCE)
    if not is_said_password(value) or "://" in value or value.isdigit() or _TECHNICAL.match(value):
        return False
    if _STRONG.search(value) or (len(value) >= 8 and _FIGURES.search(value)):
        return True
    return _is_scrambled(_NO_LETTER.sub("", value))


def is_strong_password(value: str) -> bool:
    """With a sign that standards, products and dates do not have."""
    return _STRONG.search(value.rstrip(_SENTENCE)) is not None and is_bare_password(value)


def is_token(value: str, quoted: bool = False) -> bool:
    """Something long, drawn by lot."""
    value = value.rstrip(_TAIL)
    if not 16 <= len(value) <= LONGEST or " " in value or value.startswith(("pk_", "sha256", "sha512")):
        return False
    return (
        (is_random(value) or _is_scrambled(value))
        and not _NAMING.match(value)
        and value.count("-") * 5 < len(value)
        and not _is_made_up(value, quoted)
    )


def begins_key(page: Page, start: int) -> bool:
    """Whether a key begins a word or a part of an identifier (`DB_PASSWORD`, `userPassword`), and is not one of other meaning."""
    head = page.text[max(0, start - _BACK) : start]
    glued = bool(head) and head[-1].isalnum() and not (page.text[start].isupper() and head[-1].islower())
    if glued and head[-1].isascii() and _PREFIX.search(head) is None:
        return False
    # One sign may stand between.
    before = head[:-1] if head[-1:] in _JOINTS else head
    return not before.lower().endswith(_OTHERS) and not (head[-1:] == ":" and (head[-2:] == "::" or _ACCOUNT.search(head)))


def before_values(page: Page, keys: Regex, back: int = 0) -> Iterator[re.Match[bytes]]:
    """The keys that a value may follow, or stand `back` before: some capital, figure or sign is in reach. Most have none."""
    text, telling = page.text, -1
    for match in keys.finditer(page.raw):
        end = max(0, match.end() - back)
        if telling < end:
            found = _TELLING.search(text, end)
            if found is None:
                return
            telling = found.start()
        if telling - end <= _REACH:
            yield match


def values(compiled: Regex, valid: Callable[[str], bool]) -> Callable[[Page], Iterator[Span]]:
    """Yield the first group that took part, where `valid` says that it holds a secret."""

    def find(page: Page) -> Iterator[Span]:
        groups = range(1, compiled.groups + 1)
        for match in compiled.finditer(page.raw):
            start, end = next(span for span in map(match.span, groups) if span[0] >= 0)
            if valid(page.text[start:end]) and begins_key(page, match.start()):
                yield start, end

    return find


# What a key may end with: `PASSWORD_PROD`, `password1`, `passwords`.
_SUFFIX = (
    r"(?:[_-]?(?:base|value|val|str|string|live|prod|production|dev|stag(?:e|ing)|test|primary|secondary|main|old|new|current"
    r"|raw|plain|text|default|[0-9]{1,2})|s)?"
)
_TYPE = r"(?::\s?(?:&?(?:'static\s)?str|[Ss]tring|SecretStr|Optional\[str\]|str \| None)\s?)"
# A sign of assignment, or what stands for one; then a prefix of a quote.
SIGN = re.compile(
    rf"(?i:{_SUFFIX}| [0-9]{{1,2}}(?=\s?[:=]))[\"'`\\\])*]{{0,4}}(?:"
    rf"(?:\s?\([^()\n]{{1,24}}\))?\s{{0,3}}(?:{_TYPE}=|:=|=>|->|:-|[:=>：＝])(?:\*\*)?[ \t]{{0,24}}\s{{0,3}}"
    r"|[,;]?\s{1,20}-?\s?[\"'`]{0,2}[Vv]alue[\"']?\s?[:=]>?\s{0,3}|\s?[,(]\s?(?=[\"'`])|</[0-9A-Za-z]{1,9}>\s{0,20}<[a-z]{1,9}>"
    r"|\.(?:send_?[Kk]eys|type|fill|set_?[Vv]alue|val)\(\s?(?=[\"'`]))"
    r"(?:\[\s?(?=[\"'])|base64:|[NLbrfu$@](?=[\"']))?"
)
_QUOTES = "\"'`"
_BARE_VALUE = re.compile(r"[^\s\"'`<>,;&]{1,200}+(?:&(?!\w{1,40}=)[^\s\"'`<>,;&]{0,100}+){0,3}")
# As the tail, but for signs that passwords end with.
_PUNCTUATION = ".,;:)]}\\"


# A plain word, or the next key.
NO_VALUE = re.compile(
    r"\\*(?:[\"'`](?:[A-Za-z][a-z_.-]*)?[\"'`<>,;]|[A-Za-z][a-z_.-]*(?:[\s\"'`<>,;]|[=:](?:[A-Za-z\"'`\\\s]|$)|$)|[\s<>,;]|$)"
)


def value_at(text: str, start: int, bare: re.Pattern[str] = _BARE_VALUE) -> tuple[int, int, bool]:
    """The value that begins here: up to the closing quote on this line, or as far as a bare one goes; whether it is quoted."""
    while text.startswith("\\", start):
        start += 1
    quote = text[start : start + 1]
    if quote and quote in _QUOTES:
        start += 1
        end = text.find(quote, start, start + LONGEST)
        if end > start and "\n" not in text[start:end]:
            return start, start + len(text[start:end].rstrip("\\")), True
    match = bare.match(text, start)
    return (start, start + len(match[0].rstrip(_PUNCTUATION)), False) if match else (start, start, False)
