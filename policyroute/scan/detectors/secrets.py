"""Secrets known by where they stand: key blocks, web tokens, headers, URLs, and what follows a word for a key or a token."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator

from policyroute.scan.detectors.checks import entropy_bits
from policyroute.scan.detectors.detector import Detector, Page, Span, regex
from policyroute.scan.detectors.made_up import NO_VALUE, PLACEHOLDER, SIGN, before_values, begins_key, is_token, value_at, values
from policyroute.scan.pattern import Pattern

# In the keys below `@` stands for a letter beyond ASCII, or its bare letter.
_KEY = (
    "(?:key|token|secret|credential|apikey|appid|auth(?:orization)?|auth[- _]?code|requirepass"
    "|(?:cl@f?|clave|chiave|chave|klucz|clau|cheie) (?:d'|de |do |da |di |del |dell')?(?:l'|la )?"
    "(?:api|acc@s|secr@te|secreta|segreta|privada|privata|priv@e)"
    "|api[- ]?(?:schl@ssel|sleutel|nyckel|n@gle|n@kkel|avain|kulcs|kl@@?|klucz|anahtar@)|jeton(?: d'acc@s)?|zugriffstoken)"
)
# A key opens something only where a word says what: these, or the capitals of a variable.
_OPENS = re.compile(
    r"(?i)(?:^|[^a-z]|(?-i:(?<=[a-z])(?=[A-Z])))(?:api|app|application|access|auth|secret|private|client|encryption|signing"
    r"|account"
    r"|service|session|master|storage|jwt|webhook|shared|bot|admin|write|read|deploy|personal|bearer|oauth2?|refresh|consumer"
    r"|hmac|aes"
    r"|cookie|live|prod|root|server|integration|licen[sc]e|subscription|developer|project|security|instrumentation|host"
    r"|crypto?|fernet|unseal"
    r"|setup|totp|otp|2fa|mfa|decryption|wallet|subscription|sso|scim"
    r"|datadog|dd|openai|anthropic|claude|gemini|mistral|cohere|groq|hf|huggingface|github|gh|gitlab|stripe|aws|azure|google"
    r"|gcp|slack"
    r"|sendgrid|twilio|algolia|cloudflare|cf|heroku|mailgun|sentry|segment|mixpanel|amplitude|pagerduty|npm|pypi|vercel|netlify"
    r"|supabase|firebase|mapbox|discord|telegram|linear|notion|jira|okta|auth0|shopify|square|paypal|plaid|coinbase|binance"
    r"|kraken"
    r"|zendesk|hubspot|airtable|asana|trello|figma|dropbox|circleci|travis|codecov|sonar|snyk|elastic|grafana|newrelic|splunk"
    r"|fastly"
    r"|akamai|digitalocean|linode|hetzner|vault|consul|nomad|terraform|docker|quay|jfrog|artifactory|nexus|bitbucket|launchdarkly"
    r"|rollbar|bugsnag|loggly|papertrail|messagebird|vonage|nexmo|plivo|postmark|sparkpost|mandrill|mailchimp|typeform"
    r"|calendly|zoom"
    r"|webex|spotify|twitter|facebook|instagram|linkedin|reddit|twitch|youtube|steam|weather|openweather|openweathermap|maps"
    r"|deepl"
    r"|wandb|replicate|maptiler|pinecone|serp|tavily|newsapi|rapidapi|ipinfo|finnhub|polygon|alchemy|infura|etherscan)[ _.-]?$"
    r"|[?&]$"
)
_CAPITALS = re.compile(r"[A-Z0-9]{2}_$")
_OPENS_NOTHING = re.compile(
    r"(?:SORT|OBJECT|PRIMARY|FOREIGN|ROW|RANGE|HASH|INDEX|GROUP|ROUTING|SITE|SHARD|UNIQUE|CACHE|REDIS|REGISTRY|TRANSLATION)_$"
)
# Letters of both cases, and figures: no hash, no identifier of a row.
_MIXED = re.compile("(?=[0-9a-z]*[A-Z])(?=[0-9A-Z]*[a-z])[0-9A-Za-z]{32,}$")
_WINDOW = 24
_KEYS = regex(f"(?i){_KEY}s?".replace("@", r"(?:[a-z]?\?|[a-z])"))
# A sign of assignment ends it, so that the keys of a long list are read once each.
_VALUE = re.compile(r"[^\s\"'`<>,;&:=]{16,4096}={0,2}")
_SAID = re.compile(r"(?: (?:is|was|ist|es|est|e|è|är|er|to|value|-|–|=))?[: ]{1,2}[\"'`(]?([0-9A-Za-z_+/=.~-]{20,200})")

_KEYED = regex(r"(?i)(?:password|pwd)\s?=\s?([^\s;\"'<>]{4,100})")

_PEM = regex(r"-----? ?BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?-----?")
# Looked for right after the first line only, in bounded steps.
_PEM_BODY = re.compile(r"(?:[\s\"'+>]|\\{1,4}[nr]|[A-Za-z-]{4,12}: [^\n]{0,60}\n){0,12}([A-Za-z0-9+/]{24})")
_PEM_LONGEST = 16_384
_PEM_END = "-----END "
_PUTTY = regex(r"Private-Lines: [0-9]{1,3}\s{1,3}([0-9A-Za-z+/=]{20,64})")
_JWT = regex(r"\b(eyJ[0-9A-Za-z_-]+)\.eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]*")
_URL = regex(r"\b[A-Za-z][0-9A-Za-z+.-]{1,30}://([^\s:/@\"'<>]{0,100}):([^\s/\"'<>]{3,200})@[0-9A-Za-z\[?_./-]")
_BEARER = regex(
    r"(?i)(?:\bbearer[ :=]{1,3}|\bauthorization[\"']?\s?[:=]\s?[\"']?"
    r"(?:token|api-?key|key|basic|oauth|jwt|splunk|ssws|pve)[ :=]{1,3})"
    r"([0-9A-Za-z_.~+/-]{16,}={0,2})"
)
_BASIC = regex(r"(?i)\bbasic +([0-9A-Za-z+/]{8,}={0,2})")
_CURL = regex(
    r"(?i)\b(?:curl|wget|https?|l?ftp|xh|ab)\b[^\n]{0,200}?\s(?:-u|--user|--proxy-user)[ =]['\"]?"
    r"[^\s:'\"]{1,60}:([^\s'\"`)|]{4,100})"
)

# The neighbours of a password in a connection string of `key=value;` pairs, looked for in a short window.
_PAIRS = re.compile(
    r"(?i)(?:server|data source|host|user id|userid|uid|user|database|initial catalog|port|driver)\s?=[^;\n]{1,80};"
)
_THIN = regex(r"(?i)oracle:(?:thin|oci):[^\s:/@]{1,40}/([^\s/@]{4,100})@")
# Codes for the day the telephone is lost, and words that a wallet comes back by.
_RECOVERY = regex(r"(?i)(?:recovery|backup|scratch|one-time|2fa|mfa|emergency|rescue)[ _-](?:pass)?codes?")
_CODE = re.compile(
    r"(?<![0-9A-Za-z-])(?=[0-9a-z-]*[0-9])(?:[0-9a-z]{4,6}(?:-[0-9a-z]{4,6}){1,3}|[0-9]{8}|[0-9]{4} [0-9]{4})(?![0-9A-Za-z-])"
)
_SEED = regex(
    r"(?i)(?:mnemonic|(?:mnemonic|seed|recovery|secret|backup|wallet|12|15|18|24)[ _-]?(?:phrase|words|seed))(?: is)?[\"'`]?"
    r"\s?[:=]\s{0,3}[\"'`]?((?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})(?:[^a-z]|$)"
)
_CODES_WITHIN = 160
# Calls that take a key.
_CALL = regex(r"(?:Fernet|jwt\.[a-z]{4,6}|[A-Za-z]{0,24}[Cc]redentials?|create_?[Hh]mac|hmac\.new|HMAC)\(")
_ARGUMENT = re.compile(r"[(,]\s?[bru]?[\"']([^\s\"']{16,400})[\"']")


def _find_tokens(page: Page) -> Iterator[Span]:
    """What follows a key, drawn by lot. The search goes on behind the key: a value may be the next one."""
    text, taken = page.text, 0
    for match in before_values(page, _KEYS):
        start, end = match.span()
        if start < taken:
            continue
        sign = SIGN.match(text, end)
        if sign is not None:
            if NO_VALUE.match(text, sign.end()):
                continue
            low, high, quoted = value_at(text, sign.end(), _VALUE)
            if sign[0][-1] == ">" and sign[0][-2:] not in ("=>", "->") and "<" not in text[high : high + 3]:
                continue
        else:
            said = _SAID.match(text, end)
            if said is None:
                continue
            (low, high), quoted = said.span(1), False
        value = text[low:high]
        if is_token(value, quoted) and _opens(text, start, value) and begins_key(page, start):
            taken = high
            yield low, high


def _opens(text: str, start: int, value: str) -> bool:
    """Whether the word at `start` names a secret: of keys, only those to something, or what is nothing else."""
    word, head = text[start : start + 5].lower(), text[max(0, start - _WINDOW) : start]
    if not word.startswith("key"):
        return word != "appid" or head.endswith(("?", "&"))
    if _OPENS.search(head) or (_MIXED.match(value) and not value.isalpha()):
        return True
    return text.startswith("KEY", start) and bool(_CAPITALS.search(head)) and not _OPENS_NOTHING.search(head)


def _find_argument(page: Page) -> Iterator[Span]:
    for match in _CALL.finditer(page.raw):
        for value in _ARGUMENT.finditer(page.text, match.end() - 1, match.end() + _CODES_WITHIN):
            if is_token(value[1], True):
                yield value.span(1)
                break


def _find_recovery(page: Page) -> Iterator[Span]:
    taken = 0
    for match in _RECOVERY.finditer(page.raw):
        if match.start() < taken:
            continue
        codes = list(_CODE.finditer(page.text, match.end(), match.end() + _CODES_WITHIN))
        if len(codes) >= 2:
            taken = codes[-1].end()
            yield from (code.span() for code in codes)


def _is_seed(words: str) -> bool:
    """Not one sentence: its words are all different or nearly so, and none is what sentences are made of."""
    parts = words.lower().replace(",", " ").split()
    return len(set(parts)) >= len(parts) - 1 and _STOP_WORDS.isdisjoint(parts)


_STOP_WORDS = frozenset(("the", "and", "are", "with", "that", "this", "you", "your", "for", "from", "have", "not", "they", "was"))


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
            and PLACEHOLDER.search(secret) is None
        ):
            yield start, end


def _find_keyed(page: Page) -> Iterator[Span]:
    for match in _KEYED.finditer(page.raw):
        start, end = match.span(1)
        secret = page.text[start:end]
        window = page.text[max(0, match.start() - 160) : end + 100]
        if PLACEHOLDER.search(secret) is None and _PAIRS.search(window):
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
    return PLACEHOLDER.search(value) is None


def _rough(*sources: str) -> tuple[Pattern, ...]:
    return (Pattern("regex", sources),)


DETECTORS: tuple[Detector, ...] = (
    Detector("secret.private-key", _rough("---- ?BEGIN [A-Z0-9 ]*PRIVATE KEY"), _find_pem, "a key block with a body"),
    Detector(
        "secret.private-key",
        _rough(r"Private-Lines: \d"),
        values(_PUTTY, lambda value: entropy_bits(value) >= 2.5),
        "a key file with a body",
    ),
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
        _rough(r"bearer[ :=]{1,3}[0-9a-z_.~+/-]{16}|authorization[\"']?\s?[:=]\s?[\"']?[a-z-]{3,8}[ :=]{1,3}[0-9a-z_.~+/-]{16}"),
        values(_BEARER, is_token),
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
        values(_CURL, _is_login),
        "the option that carries a name and a password",
    ),
    Detector(
        "secret.connection-string",
        _rough("oracle:(?:thin|oci):"),
        values(_THIN, _is_login),
        "a user and a password before a host",
    ),
    Detector(
        "secret.token",
        _rough(
            (
                rf"{_KEY}(?:s|[ _-]?[a-z0-9]{{1,10}})?[\"'`\\\])*]{{0,4}}"
                r"(?:\s{0,3}[:=>,]|\s{1,20}-?\s?[\"'`]?value|(?: [a-zäè–=-]{1,5})?[: ]{1,2}[\"'`(]?[0-9a-z_+/=.~-]{20})"
            ).replace("@", r"(?:[a-z]?[^\x00-\x7f]|[a-z])")
        ),
        _find_tokens,
        "a word for a key or a token, and a value drawn by lot",
    ),
    Detector(
        "secret.token",
        _rough(r"(?:fernet|jwt\.[a-z]{4,6}|credentials?|create_?hmac|hmac\.new|hmac)\("),
        _find_argument,
        "a call that takes a key, and a value drawn by lot",
    ),
    Detector(
        "secret.token",
        _rough("(?:recovery|backup|scratch|one-time|2fa|mfa|emergency|rescue)[ _-](?:pass)?codes?"),
        _find_recovery,
        "words for codes, and several of them",
    ),
    Detector(
        "secret.token",
        _rough("(?:seed|recovery|mnemonic|secret|backup|wallet|12|15|18|24)[ _-]?(?:phrase|words|seed)", "mnemonic"),
        values(_SEED, _is_seed),
        "words for a phrase, and twelve words or more",
    ),
)
