"""Secrets that say whose they are: the prefixes and shapes vendors give their keys, as one table."""

from __future__ import annotations

import re
from binascii import crc32
from collections.abc import Iterator

from policyroute.scan.detectors.checks import bech32, entropy_bits
from policyroute.scan.detectors.detector import Detector, Page, Span, regex, rough

_W = "[0-9A-Za-z_-]"
_A = "[0-9A-Za-z]"
_H = "[0-9a-f]"

# Family, a fixed beginning, what follows it. The shared scan looks for both, in this case.
_SHAPES: tuple[tuple[str, str, str], ...] = (
    ("airtable", "pat", rf"{_A}{{14}}\.{_H}{{64}}"),
    ("alibaba", "LTAI", rf"{_A}{{16,22}}"),
    ("anthropic", "sk-ant-", rf"{_W}{{24,}}"),
    ("atlassian", "ATATT3", r"[0-9A-Za-z_=-]{60,}"),
    ("aws", "(?:AKIA|ASIA|ABIA|ACCA)", "[A-Z0-9]{16}"),
    ("aws", "ABSK", r"[0-9A-Za-z+/]{60,}={0,2}"),
    ("azure", "AccountKey=", r"[0-9A-Za-z+/]{80,}={0,2}"),
    ("azure", "SharedAccessKey=", r"[0-9A-Za-z+/]{40,}={0,2}"),
    ("azure", "sig=", r"[0-9A-Za-z+/]{30,}(?:%[0-9A-Fa-f]{2}|[=0-9A-Za-z+/]){1,60}"),
    ("azure", "", rf"{_A}{{3}}[78]Q~[0-9A-Za-z~._-]{{31,34}}"),
    ("buildkite", "bkua_", rf"{_H}{{40}}"),
    ("contentful", "CFPAT-", rf"{_W}{{43}}"),
    ("databricks", "dapi", rf"{_H}{{32}}(?:-\d)?"),
    ("digitalocean", "do[opr]_v1_", rf"{_H}{{64}}"),
    ("discord", "", rf"[MNO][0-9A-Za-z_-]{{23,27}}\.{_W}{{6}}\.{_W}{{27,38}}"),
    ("discord", "discord(?:app)?.com/api/webhooks/", rf"\d{{17,20}}/{_W}{{60,80}}"),
    ("docker", "dckr_pat_", rf"{_W}{{27}}"),
    ("doppler", r"dp\.(?:pt|st|sa|ct|audit)\.", r"[0-9A-Za-z._-]{40,}"),
    ("dynatrace", r"dt0[a-z][0-9][0-9]\.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ("figma", "fig[dorp]_", rf"{_W}{{40,}}"),
    ("fly", "Fm[12][ar]?_", r"[0-9A-Za-z+/=_,-]{40,}"),
    ("gcp", "AIza", rf"{_W}{{35}}"),
    ("gcp", "GOCSPX-", rf"{_W}{{28}}"),
    ("gcp", r"ya29\.", rf"{_W}{{40,}}"),
    ("github", "github_pat_", "[0-9A-Za-z_]{60,90}"),
    ("gitlab", "gl(?:pat|dt|rt|ptt|oas|cbt|ft|imt|agent|soat|ffct)-", r"[0-9A-Za-z_.-]{20,}"),
    ("grafana", "gl(?:sa|c)_", r"[0-9A-Za-z_+/=]{32,}"),
    ("groq", "gsk_", rf"{_A}{{40,60}}"),
    ("heroku", "HRKU-", rf"{_W}{{36,}}"),
    ("huggingface", "(?:hf_|api_org_)", "[A-Za-z0-9]{30,40}"),
    ("linear", "lin_(?:api|oauth)_", rf"{_A}{{32,}}"),
    ("mailchimp", "", rf"{_H}{{32}}-us\d{{1,2}}"),
    ("mailgun", "key-", rf"{_H}{{32}}"),
    ("netlify", "nfp_", rf"{_A}{{36,}}"),
    ("newrelic", "NRAK-", "[A-Z0-9]{27}"),
    ("newrelic", "NRII-", rf"{_W}{{32}}"),
    ("notion", "ntn_", rf"{_A}{{40,}}"),
    ("npm", "npm_", rf"{_A}{{36}}"),
    ("nvidia", "nvapi-", rf"{_W}{{60,}}"),
    ("onepassword", "ops_eyJ", r"[0-9A-Za-z+/=]{200,}"),
    ("openai", "sk-(?:proj|svcacct|admin|None)-", rf"{_W}{{30,}}"),
    ("openai", "sk-", rf"{_A}{{32,60}}"),
    ("openrouter", "sk-or-v1-", rf"{_H}{{64}}"),
    ("perplexity", "pplx-", rf"{_A}{{40,}}"),
    ("planetscale", "pscale_(?:tkn|pw|oauth)_", r"[0-9A-Za-z=._-]{32,}"),
    ("postman", "PMAK-", rf"{_H}{{24}}-{_H}{{34}}"),
    ("pulumi", "pul-", rf"{_H}{{40}}"),
    ("pypi", "pypi-AgE", rf"{_W}{{50,}}"),
    ("replicate", "r8_", rf"{_A}{{37,40}}"),
    ("rubygems", "rubygems_", rf"{_H}{{48}}"),
    ("sendgrid", r"SG\.", rf"{_W}{{16,32}}\.{_W}{{32,64}}"),
    ("sendinblue", "xkeysib-", rf"{_H}{{64}}-{_A}{{16}}"),
    ("sentry", "sntry[su]_", r"[0-9A-Za-z+/=_]{60,}"),
    ("shopify", "shp(?:at|ca|pa|ss)_", "[0-9a-fA-F]{32}"),
    ("slack", "xox[abeoprs]-", "[0-9A-Za-z-]{20,}"),
    ("slack", "xapp-", r"\d-[0-9A-Za-z-]{30,}"),
    ("slack", "hooks.slack.com/(?:services|workflows|triggers)/", rf"T{_A}{{7,12}}/[AB]?{_A}{{7,24}}/{_A}{{16,64}}"),
    ("square", "sq0(?:atp|csp|idp)-", rf"{_W}{{22,50}}"),
    ("stripe", "(?:sk|rk)_(?:live|test)_", rf"{_A}{{16,}}"),
    ("stripe", "whsec_", r"[0-9A-Za-z+/=]{32,}"),
    ("supabase", "sb(?:p|_secret)_", rf"{_W}{{30,}}"),
    ("tailscale", "tskey-", rf"(?:api|auth|client|scim|webhook)-{_A}{{8,}}-{_A}{{16,}}"),
    ("telegram", "", rf"[0-9]{{8,10}}:A{_W}{{34}}"),
    ("terraform", "", rf"{_A}{{14}}\.atlasv1\.{_W}{{60,}}"),
    ("twilio", "SK", rf"{_H}{{32}}"),
    ("vault", r"hv[sbr]\.", rf"{_W}{{24,}}"),
    ("xai", "xai-", rf"{_A}{{60,}}"),
)
_GITHUB = "gh[opsur]_[0-9A-Za-z]{36,}"
_AGE = "AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{50,60}"
# What examples and manuals write where a key would stand.
_PLACEHOLDER = re.compile(
    r"(?i)x{6}|\*{3}|\.{3}|0{12}|1234567|abcdefg|example|placeholder|your[-_]?|redacted|dummy|sample|changeme|foobar|<|insert|replace"
)
_FEWEST_BITS = 2.8
_TELLING = 4
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _is_drawn(value: str) -> bool:
    """Whether the varying part of a key looks drawn by lot rather than typed for an example."""
    return entropy_bits(value[:120]) >= _FEWEST_BITS and _PLACEHOLDER.search(value[:300]) is None


def _github_check(token: str) -> bool:
    """The last six characters are the CRC-32 of the others, in base 62."""
    number, check = crc32(token[4:-6].encode("ascii")), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        check = _BASE62[rest] + check
    return check == token[-6:]


def _shaped(family: str, head: str, tail: str) -> Detector:
    compiled = regex(rf"(?:^|[^0-9A-Za-z])({head}({tail}))(?:[^0-9A-Za-z]|$)")

    def find(page: Page) -> Iterator[Span]:
        for match in compiled.finditer(page.raw):
            if _is_drawn(match[2].decode("ascii")):
                yield match.span(1)

    # A beginning that says enough is looked for alone: the less to count, the smaller the shared scan.
    telling = len(head) >= _TELLING and not head.endswith("}")
    return Detector(f"secret.{family}", (rough(head if telling else head + tail),), find)


def _find_github(page: Page) -> Iterator[Span]:
    for match in _GITHUB_RE.finditer(page.raw):
        token = match[0].decode("ascii")
        # A token of another length or with another check is still taken for one, unless it is plainly made up.
        if _github_check(token) or _is_drawn(token[4:]):
            yield match.span()


def _find_age(page: Page) -> Iterator[Span]:
    for match in _AGE_RE.finditer(page.raw):
        if bech32(match[0].decode("ascii")) or _is_drawn(match[0][16:].decode("ascii")):
            yield match.span()


_GITHUB_RE, _AGE_RE = regex(rf"\b{_GITHUB}\b"), regex(_AGE)

DETECTORS: tuple[Detector, ...] = (
    *(_shaped(*row) for row in _SHAPES),
    Detector("secret.github", (rough("gh[opsur]_[0-9A-Za-z]{20}"),), _find_github),
    Detector("secret.age", (rough("AGE-SECRET-KEY-1"),), _find_age),
)
