"""What a caller may ask of policyroute itself, by headers or in the body, and what he must not ask of anyone behind it.

All of it narrows or ranks. Where the same thing is asked twice, tags add up, the lower cost counts, and anything else
has to agree: a second header must never be a way to take back the first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple, TypeVar

from policyroute.call import NO_ASKS, Asks
from policyroute.errors import CallError

Headers = Mapping[str, str] | Sequence[tuple[str, str]]
Prefer = Literal["cost", "speed", "quality"]

# Never a claim: what proves who somebody is must not end up in a decision.
SECRET_HEADERS = frozenset(
    {"api-key", "authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key", "x-goog-api-key"}
    | {"ocp-apim-subscription-key", "x-amz-security-token", "x-auth-token", "x-csrf-token", "x-forwarded-client-cert"}
    | {"x-policyroute-signed-tags"}
)
SECRET_ENDINGS = ("-api-key", "-authorization", "-cookie", "-password", "-secret", "-token")

# Fields that would send the call elsewhere, or switch something off, in the servers that a call may be forwarded to.
REFUSED_FIELDS = frozenset(
    {
        "allowed_model_region",
        "api_base",
        "api_key",
        "api_type",
        "api_version",
        "base_url",
        "bootstrap_host",
        "bootstrap_port",
        "callbacks",
        "client_secret",
        "content_policy_fallbacks",
        "context_window_fallback_dict",
        "context_window_fallbacks",
        "custom_llm_provider",
        "default_fallbacks",
        "default_headers",
        "deployment_id",
        "deployment_url",
        "disable_fallbacks",
        "disable_global_guardrail",
        "disable_global_guardrails",
        "disable_guardrails",
        "ec_transfer_params",
        "extra_body",
        "extra_headers",
        "extra_query",
        "failure_callback",
        "fallbacks",
        "gcs_bucket_name",
        "gcs_path_service_account",
        "guardrail_config",
        "guardrails",
        "headers",
        "http_options",
        "inference_geo",
        "input_cost_per_token",
        "kv_transfer_params",
        "langfuse_host",
        "langfuse_secret",
        "mock_response",
        "mock_timeout",
        "mock_tool_calls",
        "model_armor_config",
        "model_info",
        "model_list",
        "model_selection_config",
        "models",
        "no_log",
        "organization",
        "output_cost_per_token",
        "preset",
        "provider",
        "provider_options",
        "provider_specific_header",
        "proxy_server_request",
        "region_name",
        "route",
        "router_settings",
        "routing_config",
        "ssl_verify",
        "success_callback",
        "turn_off_message_logging",
        "use_litellm_proxy",
        "user_config",
    }
)
REFUSED_PREFIXES = ("amazon_bedrock_", "aws_", "azure_", "litellm_", "mock_testing_", "user_api_key", "vertex_", "watsonx_")
REFUSED_SUFFIXES = ("_api_base", "_api_key", "_api_url", "_base_url", "_endpoint_url", "_secret_key")
REFUSED_METADATA = frozenset(name for name in REFUSED_FIELDS if "guardrail" in name or "fallback" in name) | {
    *("api_base", "api_key", "base_url", "callbacks", "extra_headers", "gcs_bucket_name", "gcs_path_service_account"),
    *("langfuse_host", "langfuse_secret", "model_info", "user_config"),
}
_REFUSED = {name.replace("_", ""): name for name in REFUSED_FIELDS}  # `apiBase` is the same

MAX_NAMES = 1000  # of headers, of fields, of metadata: each is looked at by itself
_MAX_TAGS_CHARS = 10_000
_HAS_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search
_ENCODING = "content-encoding"
_LEAST, _LEAST_OURS = len(_ENCODING), len("x-policyroute")
_COMMON_CHARS = 64  # names of headers that are no longer come again and again
_OURS = "header.x-policyroute-"
_TAGS = f"{_OURS}tags"
_TWIN = "metadata.policyroute"
_T = TypeVar("_T")


class Asked(NamedTuple):
    """What a caller asks of policyroute, and what he says of himself."""

    asks: Asks
    claims: Mapping[str, str]


def read_asks(headers: Headers | None, body: Mapping[str, object], declared: Collection[str]) -> Asked:
    """What is asked and claimed; `declared` are the fields of the body that the dialect knows, and so needs no look at."""
    claims = _claims(headers)
    metadata = body.get("metadata")
    twin: object = None
    if type(metadata) is dict:
        _refuse(metadata, ("policyroute",), REFUSED_METADATA, "metadata.")
        twin = metadata.get("policyroute")
        _claim(claims, metadata)
    _refuse(body, declared, REFUSED_FIELDS, "")
    return Asked(_asks(claims, body, {} if twin is None else twin), claims)


def is_ours(name: str) -> bool:
    """Whether a header speaks to policyroute, however it is spelled: nobody behind it is to see it."""
    return len(name) > _LEAST_OURS and "olicy" in name.lower() and _canonical(name).startswith("x-policyroute-")


def encoding_of(headers: Headers | None) -> str:
    """What the headers say about how the body is packed."""
    return ",".join([value for name, value in _pairs(headers) if len(name) >= _LEAST and _canonical(name) == _ENCODING])


def _canonical(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _pairs(headers: Headers | None) -> Collection[tuple[str, str]]:
    if not headers:
        return ()
    return headers if type(headers) is list or not isinstance(headers, Mapping) else headers.items()


def _claim(claims: dict[str, str], metadata: Mapping[str, object]) -> None:
    """What the metadata says, as it is spelled there and in the one way of all names; two spellings are united."""
    united: dict[str, dict[str, None]] = {}
    told = {key: text for key, text in ((key, _scalar(value)) for key, value in metadata.items()) if text is not None}
    for key, text in told.items():
        united.setdefault(_canonical(key), {})[text] = None
    whole = {name: ", ".join(texts) for name, texts in united.items()}
    for key in told:
        claims[f"body.metadata.{key}"] = claims[f"body.metadata.{_canonical(key)}"] = whole[_canonical(key)]


def _claims(headers: Headers | None) -> dict[str, str]:
    """Every header but the secret ones, by `header.<name>`; servers and proxies spell a name as they like."""
    claims: dict[str, str] = {}
    more: dict[str, dict[str, None]] = {}
    pairs = _pairs(headers)
    if len(pairs) > MAX_NAMES:
        raise CallError(f"the call has more than {MAX_NAMES:,} headers")
    whole = "".join(map("".join, pairs))
    if not whole.isprintable() and _HAS_CONTROL(whole):
        raise CallError("the headers have a control character")
    for name, value in pairs:
        key = _known_key(name) if len(name) <= _COMMON_CHARS else _key(name)
        if not key:
            continue
        first = claims.setdefault(key, value)
        if first != value:
            if key.startswith(_OURS) and key != _TAGS:
                raise CallError(f"{key.removeprefix('header.')}: given twice")
            more.setdefault(key, {first: None})[value] = None
    for key, values in more.items():
        claims[key] = ", ".join(values)
    return claims


def _key(name: str) -> str:
    """The claim that a header makes; none where it is a secret one."""
    name = _canonical(name)
    return "" if name in SECRET_HEADERS or name.endswith(SECRET_ENDINGS) else f"header.{name}"


_known_key = lru_cache(maxsize=1024)(_key)


def _refuse(given: Mapping[str, object], declared: Collection[str], refused: Collection[str], place: str) -> None:
    if len(given) > MAX_NAMES:
        raise CallError(f"{place.rstrip('.') or 'the body'}: more than {MAX_NAMES:,} names")
    for key in given:
        if key not in declared:
            plain = key.lower().replace("-", "_")
            named = _REFUSED.get(plain.replace("_", ""))
            if named in refused:
                raise CallError(f"{place}{named}: not accepted from a caller")
            for prefix in REFUSED_PREFIXES:
                if plain.startswith(prefix):
                    raise CallError(f"{place}{prefix}*: not accepted from a caller")
            if plain.endswith(REFUSED_SUFFIXES):
                raise CallError(f"{place}*{next(filter(plain.endswith, REFUSED_SUFFIXES))}: not accepted from a caller")


def _scalar(value: object) -> str | None:
    if type(value) is bool:
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _asks(claims: dict[str, str], body: Mapping[str, object], twin: object) -> Asks:
    if type(twin) is not dict or not twin.keys() <= _NAMES:
        raise CallError(f"{_TWIN}: expected an object of {', '.join(sorted(_NAMES))}")
    if not twin and _OURS not in "".join(claims) and "max_cost" not in body and "prefer_speed" not in body:
        return NO_ASKS  # as nearly always
    said = {name: _said(name, claims, twin) for name in _NAMES}
    said["max_cost_usd"] += _said_at("max_cost", body.get("max_cost"))
    said["prefer"] += _speed(body.get("prefer_speed"))
    if not any(said.values()):
        return NO_ASKS
    profile = _agreed(said["profile"], _name)
    if profile is not None:
        claims[f"{_OURS}profile"] = claims[f"body.{_TWIN}.profile"] = profile
    costs = [_nano(place, text) for place, text in said["max_cost_usd"]]
    return Asks(
        tags=tuple(dict.fromkeys(tag for place, text in said["tags"] for tag in _tags(place, text))),
        tier=_agreed(said["tier"], _name),
        max_cost_nano=min(costs, default=None),
        prefer=_agreed(said["prefer"], _prefer),
        dry_run=_agreed(said["dry_run"], _flag) or False,
    )


_NAMES = frozenset({"dry_run", "max_cost_usd", "prefer", "profile", "tags", "tier"})
_Said = list[tuple[str, str]]  # where something was asked, and the text of it


def _said(name: str, claims: Mapping[str, str], twin: Mapping[str, object]) -> _Said:
    header = f"x-policyroute-{name.replace('_', '-')}"
    in_header = claims.get(f"header.{header}")
    in_body = twin.get(name)
    if name == "tags" and type(in_body) is list:
        tags = [tag for tag in in_body if type(tag) is str]
        if len(tags) < len(in_body):
            raise CallError(f"{_TWIN}.tags: expected a list of tags")
        in_body = ",".join(tags)
    return ([] if in_header is None else [(header, in_header)]) + _said_at(f"{_TWIN}.{name}", in_body)


def _said_at(place: str, value: object) -> _Said:
    if value is None:
        return []
    text = _scalar(value)
    if text is None:
        raise CallError(f"{place}: expected one value")
    return [(place, text)]


def _speed(asked: object) -> _Said:
    if asked is None or type(asked) is bool:
        return [("prefer_speed", "speed")] if asked else []
    raise CallError("prefer_speed: expected true or false")


def _agreed(said: _Said, meaning: Callable[[str, str], _T]) -> _T | None:
    """What is meant, where everyone who says it means the same."""
    values = [meaning(place, text) for place, text in said]
    for (place, _), value in zip(said, values, strict=True):
        if value != values[0]:
            raise CallError(f"{place}: differs from {said[0][0]}")
    return values[0] if values else None


def _tags(place: str, text: str) -> list[str]:
    if len(text) > _MAX_TAGS_CHARS:
        raise CallError(f"{place}: longer than {_MAX_TAGS_CHARS:,} characters")
    return [_name(place, tag) for tag in map(str.strip, text.split(",")) if tag]


def _name(place: str, text: str) -> str:
    name = text.strip()
    if not _IS_NAME(name):
        raise CallError(f"{place}: expected a name")
    return name


def _prefer(place: str, text: str) -> Prefer:
    for known in _PREFERENCES:
        if text.strip().lower() == known:
            return known
    raise CallError(f"{place}: expected one of {', '.join(_PREFERENCES)}")


def _flag(place: str, text: str) -> bool:
    flag = _FLAGS.get(text.strip().lower())
    if flag is None:
        raise CallError(f"{place}: expected true or false")
    return flag


def _nano(place: str, text: str) -> int:
    """Dollars as nano-dollars; what is less than one is cut off, so that a limit never grows."""
    if not _IS_AMOUNT(text.strip()):
        raise CallError(f"{place}: expected an amount in dollars")
    return int(Fraction(text.strip()) * 1_000_000_000)


_IS_NAME = re.compile(r"[^\s,\x00-\x1f\x7f]{1,128}").fullmatch
_IS_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,30})?(?:[eE]-?[0-9]{1,2})?", re.ASCII).fullmatch
_PREFERENCES: tuple[Prefer, ...] = ("cost", "speed", "quality")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
