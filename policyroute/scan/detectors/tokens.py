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
    ("adobe", "p8e-", r"[0-9a-z]{32}"),
    ("airtable", "pat", rf"{_A}{{14}}\.{_H}{{64}}"),
    ("aiven", "AVNS_", rf"{_W}{{16,}}"),
    ("alibaba", "LTAI", rf"{_A}{{16,22}}"),
    ("anthropic", "sk-ant-", rf"{_W}{{24,}}"),
    ("artifactory", "AKCp", rf"{_A}{{60,90}}"),
    ("artifactory", "cmVmd", rf"{_A}{{59}}"),
    ("asana", "", rf"[0-9]/[0-9]{{13,17}}(?:/[0-9]{{13,17}})?:{_H}{{32}}"),
    ("atlassian", "AT[ACS]TT3", r"[0-9A-Za-z_=-]{60,}"),
    ("aws", "(?:AKIA|ASIA|ABIA|ACCA)", "[A-Z0-9]{16}"),
    ("aws", r"(?:amzn\.mws\.|amzn1\.oa2-cs\.v1\.|bedrock-api-key-)", r"[0-9A-Za-z_=-]{30,}"),
    ("aws", "ABSK", r"[0-9A-Za-z+/]{60,}={0,2}"),
    ("azure", "AccountKey=", r"[0-9A-Za-z+/]{80,}={0,2}"),
    ("azure", "SharedAccessKey=", r"[0-9A-Za-z+/]{40,}={0,2}"),
    ("azure", "sig=", r"(?:%[0-9A-Fa-f]{2}|[0-9A-Za-z+/]){40,60}={0,2}"),
    ("azure", "", r"[0-9A-Za-z_~.]{3}[0-9]Q~[0-9A-Za-z~._-]{31,34}"),
    ("azure", "", rf"{_A}{{76}}AZDO{_A}{{4}}"),
    ("bitbucket", "ATBB", rf"{_A}{{28,40}}"),
    ("braintree", r"access_token\$production\$", rf"[0-9a-z]{{16}}\${_H}{{32}}"),
    ("buildkite", "bk[a-z]{2}_", rf"{_H}{{40}}"),
    ("cerebras", "csk-", "[0-9a-z]{40,60}"),
    ("circleci", "CCI(?:PAT|PRJ)_", rf"{_W}{{40,}}"),
    ("clojars", "CLOJARS_", "[0-9a-z]{60}"),
    ("cloudflare", r"v1\.0-", rf"{_H}{{24}}-{_H}{{146}}"),
    ("contentful", "CFPAT-", rf"{_W}{{40,}}"),
    ("cratesio", "cio", rf"{_A}{{32}}"),
    ("databricks", "dapi", rf"{_H}{{32}}(?:-\d)?"),
    ("digitalocean", "do[opr]_v1_", rf"{_H}{{64}}"),
    ("discord", "", rf"[MNO][0-9A-Za-z_-]{{23,27}}\.{_W}{{6}}\.{_W}{{27,38}}"),
    ("discord", "discord(?:app)?.com/api/webhooks/", rf"\d{{17,20}}/{_W}{{60,80}}"),
    ("docker", "dckr_[op]at_", rf"{_W}{{24,}}"),
    ("doppler", r"dp\.(?:pt|st|sa|ct|audit)\.", r"[0-9A-Za-z._-]{40,}"),
    ("dropbox", r"sl\.", rf"(?:u\.)?{_W}{{120,}}"),
    ("duffel", "duffel_(?:test|live)_", r"[0-9A-Za-z_=-]{43}"),
    ("dynatrace", r"dt0[a-z][0-9][0-9]\.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ("easypost", "EZ[AT]K", rf"{_A}{{54}}"),
    ("elevenlabs", "sk_", rf"{_H}{{48}}"),
    ("facebook", "EAA[A-Z]", rf"{_A}{{80,}}"),
    ("figma", "fig[dorpu]_", rf"{_W}{{40,}}"),
    ("firecrawl", "fc-", rf"{_H}{{32}}"),
    ("fireworks", "fw_", rf"{_A}{{22,40}}"),
    ("flutterwave", "FLWSECK(?:_TEST)?-", r"[0-9a-f]{12,40}(?:-X)?"),
    ("fly", "fm[12][ar]?_", r"[0-9A-Za-z+/=]{60,}"),
    ("fly", "fo1_", rf"{_W}{{43}}"),
    ("frameio", "fio-u-", r"[0-9A-Za-z_=-]{64}"),
    ("gcp", "AIza", rf"{_W}{{35}}"),
    ("gcp", "GOCSPX-", rf"{_W}{{28}}"),
    ("gcp", r"ya29\.", rf"{_W}{{40,}}"),
    ("gcp", "1//0", rf"{_W}{{40,}}"),
    ("gcp", "AAAA[0-9A-Za-z_-]{7}:APA91b", rf"{_W}{{100,}}"),
    ("github", "github_pat_", "[0-9A-Za-z_]{60,90}"),
    ("gitlab", "gl(?:pat|dt|rt|ptt|oas|cbt|ft|imt|agent|soat|ffct)-", r"[0-9A-Za-z_.-]{20,}"),
    ("gitlab", "GR1348941", rf"{_W}{{20}}"),
    ("grafana", "gl(?:sa|c)_", r"[0-9A-Za-z_+/=]{32,}"),
    ("grafana", "eyJrIjoi", "[0-9A-Za-z+/]{60,}={0,2}"),
    ("groq", "gsk_", rf"{_A}{{40,60}}"),
    ("harness", r"[ps]at\.", rf"{_W}{{22}}\.{_A}{{24}}\.{_A}{{20}}"),
    ("heroku", "HRKU-", rf"{_W}{{36,}}"),
    ("hubspot", "pat-(?:na|eu|ap)[0-9]-", rf"{_H}{{8}}-(?:{_H}{{4}}-){{3}}{_H}{{12}}"),
    ("huggingface", "(?:hf_|api_org_)", "[A-Za-z0-9]{30,40}"),
    ("infracost", "ico-", rf"{_A}{{32}}"),
    ("jina", "jina_", rf"{_W}{{50,}}"),
    ("langfuse", "sk-lf-", rf"{_H}{{8}}-(?:{_H}{{4}}-){{3}}{_H}{{12}}"),
    ("langsmith", "lsv2_(?:pt|sk)_", rf"{_H}{{32}}_{_H}{{10}}"),
    ("linear", "lin_(?:api|oauth)_", rf"{_A}{{32,}}"),
    ("mailchimp", "", rf"{_H}{{32}}-us\d{{1,2}}"),
    ("mailgun", "key-", rf"{_H}{{32}}"),
    ("mailgun", "", rf"{_H}{{32}}-{_H}{{8}}-{_H}{{8}}"),
    ("mapbox", r"sk\.eyJ", rf"{_W}{{40,}}\.{_W}{{16,}}"),
    ("maxmind", "", rf"{_A}{{6}}_{_A}{{29}}_mmk"),
    ("mongodb", "mdb_sa_sk_", rf"{_W}{{32,}}"),
    ("neon", "napi_", "[0-9a-z]{48,}"),
    ("netlify", "nf[bcopu]_", rf"{_A}{{36,}}"),
    ("newrelic", "NRAK-", "[A-Z0-9]{27}"),
    ("newrelic", "NR(?:II|IQ|RA)-", rf"{_W}{{26,}}"),
    ("newrelic", "", rf"{_H}{{32,36}}(?:FFFF)?NRAL"),
    ("notion", "ntn_", rf"{_A}{{40,}}"),
    ("notion", "secret_", rf"{_A}{{43}}"),
    ("npm", "npm_", rf"{_A}{{36}}"),
    ("nuget", "oy2", "[0-9a-z]{43}"),
    ("nvidia", "nvapi-", rf"{_W}{{60,}}"),
    ("octopus", "API-", "[A-Z0-9]{25,32}"),
    ("onepassword", "ops_eyJ", r"[0-9A-Za-z+/=_-]{120,}"),
    ("onepassword", "A3-", "[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}"),
    ("openai", "sk-(?:proj|svcacct|admin|None)-", rf"{_W}{{30,}}"),
    ("openai", "sk-", rf"{_A}{{32,60}}"),
    ("openai", "sess-", rf"{_A}{{40}}"),
    ("openrouter", "sk-or-v1-", rf"{_H}{{64}}"),
    ("openshift", "sha256~", rf"{_W}{{43}}"),
    ("perplexity", "pplx-", rf"{_A}{{40,}}"),
    ("pinecone", "pcsk_", rf"{_W}{{50,}}"),
    ("plaid", "access-(?:sandbox|development|production)-", rf"{_H}{{8}}-(?:{_H}{{4}}-){{3}}{_H}{{12}}"),
    ("planetscale", "pscale_(?:tkn|pw|oauth)_", r"[0-9A-Za-z=._-]{32,}"),
    ("posthog", "ph[xs]_", rf"{_A}{{40,}}"),
    ("postman", "PMAK-", "[0-9A-Za-z]{24}-[0-9A-Za-z]{34}"),
    ("prefect", "pn[ub]_", rf"{_A}{{32,}}"),
    ("pulumi", "pul-", "[0-9A-Za-z]{40}"),
    ("pypi", "pypi-AgE", rf"{_W}{{50,}}"),
    ("readme", "rdme_", "[0-9a-z]{60,}"),
    ("render", "rnd_", rf"{_A}{{28,}}"),
    ("replicate", "r8_", rf"{_A}{{37,40}}"),
    ("resend", "re_", rf"{_A}{{8}}_{_A}{{24}}"),
    ("rubygems", "rubygems_", rf"{_H}{{44,}}"),
    ("sendgrid", r"SG\.", rf"{_W}{{16,32}}\.{_W}{{32,64}}"),
    ("sendinblue", "x(?:key|smtp)sib-", rf"{_H}{{64}}-{_A}{{16}}"),
    ("sentry", "sntry[su]_", r"[0-9A-Za-z+/=_]{60,}"),
    ("shippo", "shippo_(?:live|test)_", "[0-9a-fA-F]{36,}"),
    ("shopify", "shp(?:at|ca|pa|ss|ua|it|tka|rt)_", "[0-9a-fA-F]{32,40}"),
    ("slack", "xox[a-eo-s]-", "[0-9A-Za-z-]{20,}"),
    ("slack", "xapp-", r"\d-[0-9A-Za-z-]{30,}"),
    ("slack", "hooks.slack.com/(?:services|workflows|triggers)/", rf"T{_A}{{7,12}}/[AB]?{_A}{{7,24}}/{_A}{{16,64}}"),
    ("slack", r"xoxe\.xox[bp]-", "[0-9A-Za-z-]{40,}"),
    ("sonar", "sq[uap]_", rf"{_H}{{40}}"),
    ("sourcegraph", "sgp_", rf"(?:(?:{_H}{{16}}|local)_)?{_H}{{40}}"),
    ("square", "sq0(?:atp|csp|idp)-", rf"{_W}{{22,50}}"),
    ("square", "EAAA", rf"{_W}{{56,64}}"),
    ("stripe", "(?:sk|rk)_(?:live|test)_", rf"{_A}{{16,}}"),
    ("stripe", "whsec_", r"[0-9A-Za-z+/=]{32,}"),
    ("stripe", "(?:sk|rk)_prod_", rf"{_A}{{16,}}"),
    ("supabase", "sb(?:p|_secret)_", rf"{_W}{{30,}}"),
    ("tailscale", "tskey-", rf"(?:api|auth|client|scim|webhook)-{_A}{{8,}}-{_A}{{16,}}"),
    ("tavily", "tvly-", rf"(?:(?:dev|prod)-)?{_A}{{28,}}"),
    ("teams", r"webhook\.office\.com/webhookb2/", rf"[0-9a-f@-]{{70,80}}/IncomingWebhook/{_A}{{32}}"),
    ("telegram", "", rf"[0-9]{{8,10}}:A{_W}{{34}}"),
    ("tencent", "AKID", rf"{_A}{{32}}"),
    ("terraform", "", rf"{_A}{{14}}\.atlasv1\.{_W}{{60,}}"),
    ("twilio", "SK", rf"{_H}{{32}}"),
    ("typeform", "tfp_", r"[0-9A-Za-z_.=-]{40,}"),
    ("vault", r"hv[sbr]\.", rf"{_W}{{24,}}"),
    ("vercel", "vc[apkir]_", rf"{_A}{{40,}}"),
    ("wandb", "wandb_v1_", rf"{_W}{{60,}}"),
    ("xai", "xai-", rf"{_A}{{60,}}"),
    # Of others, under no name of their own.
    (
        "token",
        r"(?:aio|xau|glhf|dls|waka|esecret|dbt[cu]|hc[abx][a-z]{2}|sm_[aps]at|cal_live|pdl_live_apikey|rzp_live"
        r"|cfsk_ma_(?:prod|test)|xnd_(?:production|development)|(?:live|test)_[gs]?sk|packagist_[a-z]{3}|skey(?:_test)?|CCDB1"
        r"|mlsn|snyk_[a-z]{3})[_.]",
        r"[0-9A-Za-z_.=-]{14,}",
    ),
    ("token", "(?:tk-us|(?:SB-)?Mid-server|APP_USR|secret-(?:live|test)|sk-[a-z]{2,12})-", rf"{_W}{{30,}}"),
    ("token", "(?:AKLT|AQVN|fnA|cflt)", rf"{_W}{{38,}}"),
    ("token", "", rf"(?:{_H}{{24}}:{_H}{{64}}|1000\.{_H}{{32}}\.{_H}{{32}}|00D{_A}{{12,15}}![0-9A-Za-z_.]{{80,}})"),
)
_GITHUB = "gh[opsur]_[0-9A-Za-z]{36,}"
_AGE = "AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{50,60}"
# What examples and manuals write where a key would stand.
_PLACEHOLDER = re.compile(
    r"(?i)x{6}|\*{3}|\.{3}|0{12}|1234567|abcdefg|example|placeholder|your[-_]|(?:^|[-_])your|redacted|dummy|sample|changeme"
    r"|foobar|<|insert|replace"
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
    telling = len(head) >= _TELLING and not head.endswith("}") and not head.isalpha()
    return Detector(
        f"secret.{family}", (rough(head if telling else head + tail),), find, f"the shape of a key of {family}, drawn by lot"
    )


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
    Detector(
        "secret.github",
        (rough("gh[opsur]_[0-9A-Za-z]{20}"),),
        _find_github,
        "the shape of a token of github, with its checksum or drawn by lot",
    ),
    Detector("secret.age", (rough("AGE-SECRET-KEY-1"),), _find_age, "a bech32 checksum, or drawn by lot"),
)
