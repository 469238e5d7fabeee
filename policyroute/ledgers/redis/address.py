"""Where a server is, and how connections to it are made."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from redis import asyncio as awaited, connection as threaded
from redis.asyncio.connection import parse_url as parse_awaited
from redis.exceptions import RedisError

from policyroute.errors import UsageError
from policyroute.ledgers.redis.loops import LoopConnection
from policyroute.ledgers.redis.threads import Connection

# Not for a URL to say: we keep the time, nothing is asked twice behind our back, and answers are bytes.
_OURS: Final[dict[str, Any]] = {
    "decode_responses": False,
    "health_check_interval": 0,
    "protocol": 2,
    "retry": None,
    "retry_on_error": [],
    "retry_on_timeout": False,
}
_POOLS_ONLY = ("max_connections", "timeout")
_parse: Callable[[str], dict[str, Any]] = threaded.parse_url
_parse_awaited: Callable[[str], Any] = parse_awaited


class Address(NamedTuple):
    """How connections are made, for threads and for event loops, and where to, without the secrets of the URL."""

    for_threads: Callable[[], Connection]
    for_loops: Callable[[], LoopConnection]
    place: str


def read_address(url: str, wait_s: float) -> Address:
    """What a URL asks for. What is wrong with it is not repeated: it may hold a password."""
    if url.startswith(("valkey:", "valkeys:")):
        url = "redis" + url.removeprefix("valkey")
    try:
        for_threads = _maker(_parse(url), threaded.Connection, wait_s)
        for_loops = _maker(dict(_parse_awaited(url)), awaited.Connection, None)
        for_threads()
        options = _parse(url)
    except (TypeError, ValueError, RedisError):
        options = None
    if options is None:
        raise UsageError("not a URL of a Redis server, such as redis://user:password@host:6379/0")
    place = options.get("path") or f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
    return Address(for_threads, for_loops, f"redis at {place}")


def _maker(options: dict[str, Any], kind: Callable[..., Any], wait_s: float | None) -> Callable[[], Any]:
    """Makes connections of this kind, or of the kind that the URL asks for. Our own words come last."""
    kind = options.pop("connection_class", kind)
    for name in _POOLS_ONLY:
        options.pop(name, None)
    return partial(kind, **{**options, **_OURS, "socket_timeout": wait_s, "socket_connect_timeout": wait_s})
