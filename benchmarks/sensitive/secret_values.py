"""Makers of made-up secrets in the formats that platforms hand out, and of public values that look like them."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits
from types import MappingProxyType
from typing import Final

__all__ = ["TOKENS", "VALUES"]

_Maker = Callable[[Random], str]
_ALNUM: Final = digits + ascii_uppercase + ascii_lowercase
_UPPER: Final = ascii_uppercase + digits
_LOWER: Final = ascii_lowercase + digits
_HEX: Final = "0123456789abcdef"
_URL: Final = ascii_letters + digits + "-_"
_BECH: Final = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
_WORDS: Final = "river copper lantern maple orbit velvet thunder pickle harbor marble falcon ginger window rocket".split()
_STEMS: Final = (
    "Sommer",
    "blueHorse",
    "Tr0ub4dor",
    "Kitchen",
    "hunter",
    "Liverpool",
    "P4ssw0rd",
    "Qwerty",
    "dragon",
    "Welkom",
    "Fenix",
)


def _run(random: Random, letters: str, length: int) -> str:
    return "".join(random.choices(letters, k=length))


def _of(letters: str, length: int, *before: str) -> _Maker:
    """A prefix, put together here, and a run of the letters."""
    return lambda random: "".join(before) + _run(random, letters, length)


def _base62(number: int, length: int) -> str:
    text = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        text = _ALNUM[digit] + text
    return text


def _checked(*before: str) -> _Maker:
    """Thirty letters and the six of their CRC-32, as GitHub and npm write them."""

    def made(random: Random) -> str:
        body = _run(random, _ALNUM, 30)
        return "".join(before) + body + _base62(zlib.crc32(body.encode()), 6)

    return made


def _base64(size: int) -> _Maker:
    return lambda random: base64.b64encode(random.randbytes(size)).decode()


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _jwt(random: Random) -> str:
    head = {"alg": random.choice(("HS256", "RS256", "ES256")), "typ": "JWT"}
    body = {"sub": str(random.randrange(10**9)), "iat": 1700000000 + random.randrange(10**7), "name": random.choice(_WORDS)}
    parts = [_url64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, body)]
    return ".".join([*parts, _url64(random.randbytes(32))])


def _uuid(random: Random) -> str:
    text = _run(random, _HEX, 32)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{random.choice('89ab')}{text[17:20]}-{text[20:]}"


def _discord(random: Random) -> str:
    number = str(random.randrange(10**17, 10**18))
    return f"{_url64(number.encode())}.{_run(random, _URL, 6)}.{_run(random, _URL, 38)}"


def _atlassian(random: Random) -> str:
    body = "ATATT" + "3xFfGF0" + _run(random, _URL, 171)
    return f"{body}={zlib.crc32(body.encode()):08X}"


def _joined(*makers: _Maker | str) -> _Maker:
    return lambda random: "".join(part if isinstance(part, str) else part(random) for part in makers)


def _password(random: Random) -> str:
    """As people and password makers write them: at least two kinds of characters."""
    kind = random.randrange(7)
    if kind == 0:
        return random.choice(_STEMS) + str(random.randrange(10, 2030)) + random.choice("!?#$*.")
    if kind == 1:
        return _run(random, ascii_letters + digits, random.randrange(10, 20)) + random.choice(digits)
    if kind == 2:
        return (
            _run(random, ascii_letters, 5)
            + random.choice(digits)
            + _run(random, ascii_letters + digits + "!@#%^*&_+-=?", 8)
            + "x"
        )
    if kind == 3:
        return "-".join(random.sample(_WORDS, 3)) + str(random.randrange(10, 99))
    if kind == 4:
        return random.choice(_STEMS).lower() + str(random.randrange(10, 9999))
    if kind == 5:
        return random.choice(_STEMS) + random.choice("@!$&#") + random.choice(_WORDS) + str(random.randrange(10, 99))
    return _run(random, ascii_lowercase, 4) + random.choice(digits) + _run(random, _LOWER, 5)


def _safe_password(random: Random) -> str:
    """One that needs no quotes in a shell and no escape in a URL."""
    if random.random() < 0.5:
        return _run(random, ascii_letters + digits, random.randrange(9, 18)) + random.choice(digits)
    return random.choice(_STEMS) + random.choice("-_.+") + random.choice(_WORDS) + str(random.randrange(10, 999))


def _lines(random: Random) -> str:
    return "\n".join(_pem_line(random) for _ in range(random.randrange(3, 9)))


_pem_line: Final = _base64(48)

TOKENS: Final[Mapping[str, _Maker]] = MappingProxyType(
    {
        "github-classic": _checked("gh", "p_"),
        "github-oauth": _checked("gh", "o_"),
        "github-user": _checked("gh", "u_"),
        "github-server": _checked("gh", "s_"),
        "github-refresh": _of(_ALNUM, 76, "gh", "r_"),
        "github-fine": _joined("github", "_pat_", "11", _of(_UPPER, 20), "_", _of(_ALNUM, 59)),
        "gitlab-personal": _of(_URL, 20, "gl", "pat-"),
        "gitlab-routable": _joined("gl", "pat-", _of(_URL, 27), ".01.", _of(_LOWER, 9)),
        "gitlab-deploy": _of(_URL, 20, "gl", "dt-"),
        "gitlab-runner": _of(_URL, 20, "gl", "rt-"),
        "gitlab-trigger": _of(_HEX, 40, "gl", "ptt-"),
        "slack-bot": _joined("xo", "xb-", _of(digits, 12), "-", _of(digits, 13), "-", _of(_ALNUM, 24)),
        "slack-user": _joined("xo", "xp-", _of(digits, 12), "-", _of(digits, 12), "-", _of(digits, 13), "-", _of(_HEX, 32)),
        "slack-app": _joined("xa", "pp-1-A", _of(_UPPER, 10), "-", _of(digits, 13), "-", _of(_HEX, 64)),
        "slack-config": _of(_ALNUM, 146, "xo", "xe-1-"),
        "stripe-secret": _of(_ALNUM, 24, "sk", "_live_"),
        "stripe-long": _of(_ALNUM, 99, "sk", "_live_51"),
        "stripe-restricted": _of(_ALNUM, 24, "rk", "_live_"),
        "stripe-webhook": _of(_ALNUM, 32, "wh", "sec_"),
        "twilio-key": _of(_HEX, 32, "S", "K"),
        "sendgrid": _joined("S", "G.", _of(_URL, 22), ".", _of(_URL, 43)),
        "npm": _checked("np", "m_"),
        "pypi": _of(_URL, 150, "py", "pi-AgEIcHlwaS5vcmc"),
        "docker": _of(_URL, 27, "dckr", "_pat_"),
        "docker-org": _of(_URL, 32, "dckr", "_oat_"),
        "hugging-face": _of(ascii_letters, 34, "h", "f_"),
        "openai-classic": _joined("s", "k-", _of(_ALNUM, 20), "T3Blbk", "FJ", _of(_ALNUM, 20)),
        "openai-project": _joined("s", "k-proj-", _of(_URL, 74), "T3Blbk", "FJ", _of(_URL, 74)),
        "openai-account": _joined("s", "k-svcacct-", _of(_URL, 58), "T3Blbk", "FJ", _of(_URL, 58)),
        "openai-admin": _joined("s", "k-admin-", _of(_URL, 58), "T3Blbk", "FJ", _of(_URL, 58)),
        "anthropic": _joined("sk-", "ant-api03-", _of(_URL, 93), "AA"),
        "anthropic-admin": _joined("sk-", "ant-admin01-", _of(_URL, 93), "AA"),
        "groq": _of(_ALNUM, 52, "gs", "k_"),
        "replicate": _of(_ALNUM, 37, "r", "8_"),
        "xai": _of(_ALNUM, 80, "x", "ai-"),
        "perplexity": _of(_ALNUM, 48, "pp", "lx-"),
        "openrouter": _of(_HEX, 64, "sk-", "or-v1-"),
        "deepseek": _of(_HEX, 32, "s", "k-"),
        "langsmith": _joined("lsv2", "_pt_", _of(_HEX, 32), "_", _of(_HEX, 10)),
        "nvidia": _of(_URL, 64, "nv", "api-"),
        "tavily": _of(_ALNUM, 32, "tv", "ly-dev-"),
        "pinecone": _joined("pc", "sk_", _of(_ALNUM, 6), "_", _of(_ALNUM, 63)),
        "fireworks": _of(_ALNUM, 24, "f", "w_"),
        "google-api": _of(_URL, 35, "AI", "za"),
        "google-client": _of(_URL, 28, "GOC", "SPX-"),
        "google-access": _of(_URL, 180, "ya", "29.a0A"),
        "google-refresh": _of(_URL, 98, "1/", "/0"),
        "aws-id": _of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, "AK", "IA"),
        "aws-session": _of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, "AS", "IA"),
        "aws-bedrock": _of(_ALNUM + "+/", 128, "ABSK", "QmVkcm9ja0FQSUtleS"),
        "azure-client": _joined(_of(_ALNUM, 3), "8", "Q~", _of(_ALNUM + "-_.~", 34)),
        "azure-devops": _joined(_of(_ALNUM, 76), "AZ", "DO", _of(_ALNUM, 4)),
        "alibaba": _of(_ALNUM, 20, "LT", "AI5t"),
        "tencent": _of(_ALNUM, 32, "AK", "IDz"),
        "digitalocean": _of(_HEX, 64, "do", "p_v1_"),
        "digitalocean-oauth": _of(_HEX, 64, "do", "o_v1_"),
        "heroku": _of(_URL, 60, "HRK", "U-AA"),
        "flyio": _of(_ALNUM + "+/", 120, "FlyV1 f", "m2_lJPE"),
        "netlify": _of(_ALNUM, 40, "nf", "p_"),
        "supabase": _of(_HEX, 40, "sb", "p_"),
        "supabase-secret": _joined("sb_", "secret_", _of(_URL, 22), "_", _of(_URL, 8)),
        "planetscale-token": _of(_URL, 43, "pscale", "_tkn_"),
        "planetscale-password": _of(_URL, 43, "pscale", "_pw_"),
        "neon": _of(_LOWER, 64, "na", "pi_"),
        "databricks": _of(_HEX, 32, "da", "pi"),
        "databricks-suffix": _joined("da", "pi", _of(_HEX, 32), "-3"),
        "vault": _of(_URL, 92, "hv", "s.CAESI"),
        "vault-short": _of(_ALNUM, 24, "hv", "s."),
        "vault-batch": _of(_URL, 140, "hv", "b.AAAAAQ"),
        "terraform": _joined(_of(_ALNUM, 14), ".atl", "asv1.", _of(_ALNUM, 67)),
        "doppler": _of(_ALNUM, 43, "dp", ".pt."),
        "pulumi": _of(_HEX, 40, "pu", "l-"),
        "onepassword": _joined("ops", "_", lambda random: _url64(b'{"signInAddress":"x.1password.com"' + random.randbytes(150))),
        "tailscale": _joined("tskey", "-auth-", _of(_ALNUM, 16), "-", _of(_ALNUM, 32)),
        "grafana": _joined("gl", "sa_", _of(_ALNUM, 32), "_", _of(_HEX, 8)),
        "grafana-cloud": _joined("gl", "c_", lambda random: _url64(b'{"o":"' + random.randbytes(60))),
        "new-relic": _of(_UPPER, 27, "NR", "AK-"),
        "new-relic-insert": _of(_URL, 32, "NR", "II-"),
        "sentry-user": _of(_HEX, 64, "snt", "ryu_"),
        "sentry-org": _joined(
            "snt", "rys_", lambda random: _url64(b'{"iat":17000,"url":"https://sentry.io"' + random.randbytes(40))
        ),
        "dynatrace": _joined("dt0", "c01.", _of(_UPPER, 24), ".", _of(_UPPER, 64)),
        "honeycomb": _of(_LOWER, 58, "hc", "aik_"),
        "atlassian": _atlassian,
        "bitbucket": _of(_ALNUM, 32, "AT", "BB"),
        "linear": _of(_ALNUM, 40, "lin", "_api_"),
        "notion": _of(_ALNUM, 46, "nt", "n_"),
        "notion-old": _of(_ALNUM, 43, "sec", "ret_"),
        "figma": _of(_URL, 40, "fi", "gd_"),
        "airtable": _joined("pa", "t", _of(_ALNUM, 14), ".", _of(_HEX, 64)),
        "postman": _joined("PM", "AK-", _of(_HEX, 24), "-", _of(_HEX, 34)),
        "contentful": _of(_URL, 43, "CF", "PAT-"),
        "shopify": _of(_HEX, 32, "shp", "at_"),
        "shopify-secret": _of(_HEX, 32, "shp", "ss_"),
        "square-access": _of(_URL, 60, "EAA", "AE"),
        "square-secret": _of(_URL, 43, "sq0", "csp-"),
        "razorpay": _of(_ALNUM, 14, "rzp", "_live_"),
        "flutterwave": _joined("FLW", "SECK-", _of(_HEX, 32), "-X"),
        "mailgun": _of(_HEX, 32, "ke", "y-"),
        "mailchimp": _joined(_of(_HEX, 32), "-u", "s12"),
        "brevo": _joined("xke", "ysib-", _of(_HEX, 64), "-", _of(_ALNUM, 16)),
        "resend": _joined("r", "e_", _of(_ALNUM, 8), "_", _of(_ALNUM, 24)),
        "telegram": _joined(_of("123456789", 10), ":A", "A", _of(_URL, 33)),
        "discord": _discord,
        "facebook": _of(_ALNUM, 150, "EA", "ACEdEose0cBA"),
        "meta-graph": _of(_ALNUM, 180, "EA", "AG"),
        "rubygems": _of(_HEX, 48, "ruby", "gems_"),
        "crates": _of(_ALNUM, 32, "ci", "o"),
        "nuget": _of(_LOWER, 43, "oy", "2"),
        "artifactory": _of(_ALNUM, 69, "AKC", "p8"),
        "buildkite": _of(_HEX, 40, "bk", "ua_"),
        "circleci": _joined("CCI", "PAT_", _of(_ALNUM, 22), "_", _of(_HEX, 40)),
        "clickup": _joined("p", "k_", _of(digits, 8), "_", _of(_UPPER, 32)),
        "snyk": _joined("sny", "k_uat.", _of(_HEX, 8), ".", _of(_URL, 90)),
        "sonar": _of(_HEX, 40, "sq", "u_"),
        "prefect": _of(_ALNUM, 36, "pn", "u_"),
        "shippo": _of(_HEX, 40, "shippo", "_live_"),
        "easypost": _of(_ALNUM, 54, "EZ", "AK"),
        "jwt": _jwt,
        "age-key": _of(_BECH, 58, "AGE-SEC", "RET-KEY-1"),
    }
)

VALUES: Final[Mapping[str, _Maker]] = MappingProxyType(
    {
        "pw": _password,
        "pwsafe": _safe_password,
        "b64pw": lambda random: base64.b64encode(_safe_password(random).encode()).decode(),
        "b64login": lambda random: base64.b64encode(f"robot:{_safe_password(random)}".encode()).decode(),
        "akia": TOKENS["aws-id"],
        "alnum20": _of(_ALNUM, 20),
        "alnum24": _of(_ALNUM, 24),
        "alnum32": _of(_ALNUM, 32),
        "alnum40": _of(_ALNUM, 40),
        "hex12": _of(_HEX, 12),
        "hex7": _of(_HEX, 7),
        "hex8": _of(_HEX, 8),
        "hex16": _of(_HEX, 16),
        "hex32": _of(_HEX, 32),
        "hexup32": _of(_HEX.upper(), 32),
        "hex20": _of(_HEX, 20),
        "hex40": _of(_HEX, 40),
        "hex64": _of(_HEX, 64),
        "b64_24": _base64(16),
        "b64_40": _base64(30),
        "b64_44": _base64(32),
        "b64_64": _base64(48),
        "b64_88": _base64(64),
        "b64_400": _base64(300),
        "url68": _of(_URL, 68),
        "url22": _of(_URL, 22),
        "up10": _of(_UPPER, 10),
        "sig": lambda random: (
            base64.b64encode(random.randbytes(32)).decode().replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        ),
        "django": _of(_LOWER + "!@#$%^&*(-_=+)", 50),
        "uuid": _uuid,
        "ulid": _of("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24, "01"),
        "base32": _of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32),
        "digits18": _of(digits, 17, "1"),
        "digits6": _of(digits, 6),
        "number": lambda random: str(random.randrange(1, 9999)),
        "word": lambda random: random.choice(_WORDS),
        "code": _joined(_of(_LOWER, 5), "-", _of(_LOWER, 5)),
        "seed": lambda random: " ".join(random.sample(_WORDS, 12)),
        "rsa": lambda random: "RSA " + "PRIVATE",
        "priv": lambda random: "PRI" + "VATE",
        "age": _of(_BECH, 58, "KEY-", "1"),
        "pemline": _pem_line,
        "pembody": _lines,
        "pk": _of(_ALNUM, 24, "pk", "_live_"),
        "bcrypt": _of(ascii_letters + digits + "./", 53, "$2", "b$12$"),
        "dna": _of("ACGT", 60),
        "version": lambda random: ".".join(str(random.randrange(30)) for _ in range(3)),
        "base58": _of("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 44, "Q", "m"),
        "url11": _of(_URL, 11),
        "upper5": _of(_UPPER, 5),
    }
)
