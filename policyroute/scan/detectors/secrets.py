"""Secrets known by where they stand: key blocks, web tokens, headers, URLs, and `password = …` in its many spellings."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator

from policyroute.scan.detectors.checks import entropy_bits
from policyroute.scan.detectors.detector import Detector, Page, Regex, Span, regex
from policyroute.scan.detectors.made_up import LONGEST, PLACEHOLDER, begins_key, is_password, is_token, values
from policyroute.scan.pattern import Pattern

# In the keys below `@` stands for a letter beyond ASCII.
_PASSWORD_KEY = (
    "(?:pass(?:word|wd|phrase|code)?|pwd|passwort|kennwort|contrase@a|mot de passe|mdp|senha|wachtwoord|has@o|@senord|salasana"
    "|parola|passord)"
)
_TOKEN_KEY = (
    "(?:(?:api|app|access|auth|secret|private|client|encryption|signing|account|service|session|master|storage|jwt|webhook"
    "|shared|bot|admin|write|deploy|personal|bearer|oauth|refresh|consumer|hmac|aes|cookie|live|prod|root|server|integration"
    "|datadog|dd|openai|anthropic|claude|gemini|mistral|cohere|groq|hf|huggingface|github|gh|gitlab|stripe|aws|azure|google|gcp|slack"
    "|sendgrid|twilio|algolia|cloudflare|heroku|mailgun|sentry|segment|mixpanel|amplitude|pagerduty|npm|pypi|vercel|netlify|supabase"
    "|firebase|mapbox|discord|telegram|linear|notion|jira|okta|auth0|shopify|square|paypal|plaid|coinbase|binance|kraken|zendesk"
    "|hubspot|airtable|asana|trello|figma|dropbox|circleci|travis|codecov|sonar|snyk|elastic|grafana|newrelic|splunk|fastly|akamai"
    "|digitalocean|linode|hetzner|vault|consul|nomad|terraform|docker|quay|jfrog|artifactory|nexus|bitbucket|launchdarkly|rollbar"
    "|bugsnag|loggly|papertrail|messagebird|vonage|nexmo|plivo|postmark|sparkpost|mandrill|mailchimp|typeform|calendly|zoom|webex"
    "|spotify|twitter|facebook|instagram|linkedin|reddit|twitch|youtube|steam|weather|openweather|maps|deepl|wandb|replicate)"
    "[ _.-]?(?:key|token|secret|credential)(?:[ _.-]?(?:key|value))?|secret|token|credential|apikey|authtoken"
    "|(?:cle|cl@|clave|chiave|chave) (?:d'|de |do |da |di )?(?:api|secrete|secr@te|secreta|segreta|privada|privata)|api[- ]?schl@ssel"  # noqa: E501
    "|api[- ]?sleutel|api[- ]?nyckel|klucz api|auth[- _]?code|requirepass)"
)
_AFTER_KEY = r"[\"'`\\\]]{0,3}\s{0,3}(?::=|=>|[:=>])\s{0,3}"


def _raw(key: str) -> str:
    return key.replace("@", r"\?")


_PASSWORD = regex(rf"(?i){_raw(_PASSWORD_KEY)}{_AFTER_KEY}")
_PASSWORD_VALUE = re.compile(r"[^\s\"'`<>,;]{1,200}")
_PASSWORD_GIVEN = regex(
    r"(?i)(?:identified by|with password|\bpassword|--pass(?:word|wd)?|--pwd)[ =]{1,3}(?:'([^'\n]{6,100})'|\"([^\"\n]{6,100})\")"
)
_PASSWORD_FLAG = regex(r"(?i)(?:--pass(?:word|wd)?|--pwd|\bmachine \S{1,100} login \S{1,100} password)[ =]([^\s\"'`<>]{6,100})")
_KEYED = regex(r"(?i)(?:password|pwd)\s?=\s?([^\s;\"'<>]{4,100})")
_TOKEN = regex(rf"(?i){_raw(_TOKEN_KEY)}{_AFTER_KEY}")
# A sign of assignment ends it, so that the keys of a long list are read once each.
_TOKEN_VALUE = re.compile(r"[^\s\"'`<>,;&:=]{1,4096}={0,2}")
_TOKEN_SAID = regex(rf"(?i)\b{_raw(_TOKEN_KEY)}(?: (?:is|was|ist|es|est))?[: ]{{1,2}}[\"'`]?([0-9A-Za-z_+/=.-]{{20,200}})")

_PEM = regex(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
# Looked for right after the first line only, in bounded steps.
_PEM_BODY = re.compile(r"(?:[\s\"'+>]|\\[nr]|[A-Za-z-]{4,12}: [^\n]{0,60}\n){0,12}([A-Za-z0-9+/]{24})")
_PEM_LONGEST = 16_384
_PEM_END = "-----END "
_PUTTY = regex(r"Private-Lines: [0-9]{1,3}\s{1,3}([0-9A-Za-z+/=]{20,64})")
_JWT = regex(r"\b(eyJ[0-9A-Za-z_-]+)\.eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]*")
_URL = regex(r"\b[A-Za-z][0-9A-Za-z+.-]{1,30}://([^\s:/@\"'<>]{0,100}):([^\s/\"'<>]{3,200})@[0-9A-Za-z\[?_.-]")
_BEARER = regex(
    r"(?i)(?:\bbearer[ :=]{1,3}|\bauthorization[\"']?\s?[:=]\s?[\"']?(?:token|api-?key|key|basic|oauth|jwt|splunk|ssws|pve)[ :=]{1,3})"  # noqa: E501
    r"([0-9A-Za-z_.~+/-]{16,}={0,2})"
)
_BASIC = regex(r"(?i)\bbasic +([0-9A-Za-z+/]{8,}={0,2})")
_CURL = regex(r"(?i)\b(?:curl|wget|http)\b[^\n]{0,200}?\s(?:-u|--user|--proxy-user)[ =]['\"]?[^\s:'\"]{1,60}:([^\s'\"]{4,100})")

# The neighbours of a password in a connection string of `key=value;` pairs, looked for in a short window.
_PAIRS = re.compile(
    r"(?i)(?:server|data source|host|user id|userid|uid|user|database|initial catalog|port|driver)\s?=[^;\n]{1,80};"
)
# As the tail, but for signs that passwords end with.
_PUNCTUATION = ".,;:)]}\\"
_QUOTES = "\"'`"


def _assigned(key: Regex, bare: re.Pattern[str], valid: Callable[[str], bool]) -> Callable[[Page], Iterator[Span]]:
    """Yield what follows a key and a sign of assignment. The search goes on behind the sign: a value may be the next key."""

    def find(page: Page) -> Iterator[Span]:
        taken = 0
        for match in key.finditer(page.raw):
            if match.start() < taken:
                continue
            start, end = _value(page.text, match.end(), bare)
            element = match[0].endswith(b">") and not match[0].endswith(b"=>")
            if element and page.raw[end : end + 1] != b"<":
                continue
            if end > start and begins_key(page, match.start()) and valid(page.text[start:end]):
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
        end = text.find(quote, start, start + LONGEST)
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


def _rough(source: str) -> tuple[Pattern, ...]:
    return (Pattern("regex", (source,)),)


def _keyed(key: str, after: str) -> tuple[Pattern, ...]:
    return _rough(key.replace("@", ".") + after)


DETECTORS: tuple[Detector, ...] = (
    Detector("secret.private-key", _rough("-----BEGIN [A-Z0-9 ]*PRIVATE KEY"), _find_pem, "a key block with a body"),
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
        "secret.password",
        _keyed(_PASSWORD_KEY, _AFTER_KEY + r"[^\s0-9]?\S"),
        _assigned(_PASSWORD, _PASSWORD_VALUE, is_password),
        "a key that names a password, and a value that is no word",
    ),
    Detector(
        "secret.password",
        _rough("(?:identified by|password|--pass|--passwd|--pwd)[ =]{1,3}[\"']"),
        values(_PASSWORD_GIVEN, is_password),
        "a quoted password after its key",
    ),
    Detector(
        "secret.password",
        _rough(r"--pass(?:word|wd)?[ =]|--pwd[ =]|machine \S+ login"),
        values(_PASSWORD_FLAG, is_password),
        "the option that carries a password",
    ),
    Detector(
        "secret.token",
        _keyed(_TOKEN_KEY, _AFTER_KEY + r"\S{4}"),
        _assigned(_TOKEN, _TOKEN_VALUE, is_token),
        "a key that names a token, and a value drawn by lot",
    ),
    Detector(
        "secret.token",
        _keyed(_TOKEN_KEY, r"(?: (?:is|was|ist|es|est))?[: ]{1,2}[\"'`]?[0-9a-z_+/=.-]{20}"),
        values(_TOKEN_SAID, is_token),
        "words that give a token, and a value drawn by lot",
    ),
)
