"""What tells a secret from a word, a placeholder and code: asked by all detectors that know a secret by where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from policyroute.scan.detectors.checks import is_random
from policyroute.scan.detectors.detector import Page, Regex, Span

_BACK = 24
# Written together with what they open: `PGPASSWORD`, `dbpass`.
_PREFIX = re.compile(
    r"(?i)(?:^|[^0-9A-Za-z])(?:pg|db|my|mysql|redis|smtp|mail|ftp|ssh|wifi|wlan|user|root|admin|key|api|bind|store)$"
)
_NOT_KEYS = re.compile(
    r"(?i)(?:public|publishable|csrf|xsrf|page|next|prev|continuation|max|num|stop|eos|bos|pad|unk|mask|sep|cls|com"
    r"|tres|sur|over|under|by)[ _.-]?$|::$"
)
PLACEHOLDER = re.compile(
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
# An address or a time after `password for root from`.
_ADDRESS = re.compile(r"[0-9A-Fa-f]*[:.][0-9A-Fa-f:.%/]*[!-]?$")
_TAIL = ".,;:!?)]}\\"
# As the tail, but for the sign that passwords like to end with.
_SENTENCE = ".,;:?)]}\\"
_STRONG = frozenset("!@#$%^&*+=~?")
LONGEST = 4096
# Placeholders and code show at the beginning.
_READ = 80


def _classes(value: str) -> int:
    """How many of small letters, capitals, figures and signs a value has."""
    kinds = {"a" if c.islower() else "A" if c.isupper() else "0" if c.isdigit() else "a" if c.isalpha() else "-" for c in value}
    return len(kinds)


def _is_made_up(value: str) -> bool:
    """What manuals write where a secret would stand, and what programs write to fetch one."""
    value = value[:_READ]
    return bool(PLACEHOLDER.search(value) or _CODE.search(value) or _PATH.search(value))


def is_password(value: str) -> bool:
    """Something one may log in with: not a word, not a figure, not code."""
    value = value.rstrip(_TAIL)
    if not 6 <= len(value) <= LONGEST or value.count(" ") > 1 or _is_made_up(value):
        return False
    figures = any(c.isdigit() for c in value)
    signs = any(not c.isalnum() and c not in "_-. " for c in value[1:])
    return any(c.isalpha() for c in value) and (figures or signs) and (" " not in value or _classes(value) >= 4)


def is_said_password(value: str) -> bool:
    """After `password is` ordinary sentences go on: ask for more."""
    value = value.rstrip(_SENTENCE)
    if len(value) < 7 or _classes(value) < 3 or not any(c.isdigit() for c in value):
        return False
    return _ADDRESS.match(value) is None and is_password(value)


def is_bare_password(value: str) -> bool:
    """Where not even an `is` leads to it, a sign that standards, products and dates do not have: `SHA-256`, `iOS17.2`."""
    return any(c in _STRONG for c in value.rstrip(_SENTENCE)) and "://" not in value and is_said_password(value)


def is_token(value: str) -> bool:
    value = value.rstrip(_TAIL)
    if not 16 <= len(value) <= LONGEST or " " in value or value.startswith(("pk_", "sha256", "sha512")) or _is_made_up(value):
        return False
    return is_random(value) and value.count("-") * 5 < len(value)


def begins_key(page: Page, start: int) -> bool:
    """Whether a key begins a word or a part of an identifier (`DB_PASSWORD`, `userPassword`), and is not one of other meaning."""
    head = page.text[max(0, start - _BACK) : start]
    glued = bool(head) and head[-1].isalnum() and not (page.text[start].isupper() and head[-1].islower())
    if glued and _PREFIX.search(head) is None:
        return False
    return _NOT_KEYS.search(head) is None


def values(compiled: Regex, valid: Callable[[str], bool]) -> Callable[[Page], Iterator[Span]]:
    """Yield the first group that took part, where `valid` says that it holds a secret."""
    groups = range(1, compiled.groups + 1)

    def find(page: Page) -> Iterator[Span]:
        for match in compiled.finditer(page.raw):
            start, end = next(span for span in map(match.span, groups) if span[0] >= 0)
            if begins_key(page, match.start()) and valid(page.text[start:end]):
                yield start, end

    return find
