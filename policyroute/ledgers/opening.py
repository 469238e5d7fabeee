"""Which store of spend a URL means."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from os.path import exists
from urllib.parse import unquote, urlsplit

from policyroute.errors import UsageError
from policyroute.ledgers.ledger import Ledger
from policyroute.ledgers.memory import MemoryLedger

SCHEMES = "memory://, sqlite:///FILE or redis://HOST:PORT/NUMBER"
_REDIS = frozenset({"redis", "rediss", "unix", "valkey", "valkeys"})


def open_ledger(url: str, *, new: bool = True) -> Ledger:
    """The ledger behind a URL. A store of several processes is not touched before its first step.

    `sqlite:///spend.db` is in the working directory, `sqlite:////var/lib/spend.db` is not. Unless it may be `new`, a file
    has to be there.
    """
    scheme, _, _ = url.partition(":")
    if url == "memory://":
        return MemoryLedger()
    if scheme == "sqlite":
        return _sqlite(url, new)
    if scheme in _REDIS:
        if find_spec("redis") is None:
            raise UsageError('a ledger in Redis needs its client: pip install "policyroute[redis]"')
        made: Ledger = import_module("policyroute.ledgers.redis").RedisLedger(url)
        return made
    raise UsageError(f"a ledger is {SCHEMES}")  # the URL may hold a password, so it is not said


def _sqlite(url: str, new: bool) -> Ledger:
    parts = urlsplit(url)
    path = unquote(parts.path[1:])
    if parts.netloc or parts.query or parts.fragment or not path:
        raise UsageError("a ledger in SQLite is sqlite:///FILE, or sqlite:////FOLDER/FILE from the root on")
    if not new and not exists(path):
        raise UsageError(f"there is no ledger `{path}`")
    made: Ledger = import_module("policyroute.ledgers.sqlite").SqliteLedger(path)
    return made
