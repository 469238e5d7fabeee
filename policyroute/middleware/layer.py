"""What all faces share: how they are set up, which paths are theirs, and what an answer carries."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from time import time_ns
from typing import TypedDict

from policyroute.call import Api
from policyroute.dialects import api_of
from policyroute.dialects.headers import is_ours
from policyroute.engine.clock import SteadyClock
from policyroute.engine.exchange import Engine, Exchange
from policyroute.engine.recording import Recorder
from policyroute.errors import CallError, UsageError
from policyroute.journal import Journal, open_journal
from policyroute.ledgers.ledger import Ledger
from policyroute.ledgers.opening import open_ledger
from policyroute.loading import Policy
from policyroute.reload import ReloadEvent, Watched
from policyroute.telemetry.spans import TracerProvider
from policyroute.telemetry.telemetry import Telemetry

_SIZE = re.compile(r"(\d+)\s*(B|KB|MB|GB|KiB|MiB|GiB)?").fullmatch
_BYTES = {None: 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
# Of an answer whose body is changed, or that is made here.
CHANGED = frozenset({"content-length", "content-encoding", "transfer-encoding"})

_MOST_PIECE = 1 << 22

Attributes = Mapping[str, str]


class Options(TypedDict, total=False):
    """What every face takes beside its policy.

    `ledger` and `journal` are URLs, or open ones; `paths` are endings of paths, instead of all that are known.
    """

    ledger: str | Ledger
    journal: str | Journal | None
    tracer_provider: TracerProvider | None
    paths: Collection[str] | None
    max_body: int | str


class Layer:
    """An engine, and what is its business. Made when an app is set up, so that a bad policy stops it there.

    A policy that is a path is watched, and a good edit serves at once.
    """

    def __init__(self, source: str | os.PathLike[str] | Policy, options: Options) -> None:
        unknown = options.keys() - Options.__annotations__.keys()
        if unknown:
            raise UsageError(f"a face takes no `{min(unknown)}`: there are {', '.join(Options.__annotations__)}")
        telemetry = Telemetry(options.get("tracer_provider"))
        policy = _always(source) if isinstance(source, Policy) else _watched(source, telemetry)
        kept, spent, paths = options.get("journal"), options.get("ledger", "memory://"), options.get("paths")
        journal = open_journal(kept) if isinstance(kept, str) else kept
        ledger = open_ledger(spent) if isinstance(spent, str) else spent
        self.paths = None if paths is None else tuple(path.rstrip("/") for path in paths)
        self.recorder = Recorder(telemetry, journal)
        most = size(options.get("max_body", "10MB"))
        self.engine = Engine(policy, ledger, now=SteadyClock(), max_body=most, watch=self.recorder)

    def api_at(self, method: str, path: str) -> Api | None:
        """The wire format of what is sent there; None where that is nobody's business."""
        if method != "POST":
            return None
        if self.paths is not None and not path.rstrip("/").endswith(self.paths):
            return None
        return api_of(path)


class Plain:
    """What stands in an answer that may be packed, piece by piece; nothing where that cannot be unpacked here."""

    def __init__(self, encoding: str) -> None:
        names = [name for name in map(str.strip, encoding.lower().split(",")) if name not in ("", "identity")]
        self._known = names in ([], ["gzip"], ["x-gzip"], ["deflate"])
        self._unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32) if names and self._known else None

    def of(self, piece: bytes) -> bytes:
        """What a piece says."""
        if self._unpacking is None:
            return piece if self._known else b""
        plain = b""
        try:
            plain = self._unpacking.decompress(piece, _MOST_PIECE)
            whole = not self._unpacking.unconsumed_tail
        except zlib.error:
            whole = False
        if not whole:  # what follows cannot be told any more
            self._known, self._unpacking = False, None
        return plain


def size(given: int | str) -> int:
    """A size in bytes: a number, or such as `10MB`."""
    found = _SIZE(str(given))
    if found is None or isinstance(given, bool) or int(found[1]) < 1:
        raise UsageError(f"`{given}` is no size: such as 10MB, or a number of bytes")
    return int(found[1]) * _BYTES[found[2]]


def too_large(most: int) -> CallError:
    """What is said of a body that is longer than is read."""
    return CallError(f"the body is larger than {most:,} bytes", code="body_too_large", status=413)


def carried(headers: Iterable[tuple[str, str]], exchange: Exchange) -> list[tuple[str, str]]:
    """The headers of an answer, with what it carries of ours in place of what it may have had."""
    kept = [(name, value) for name, value in headers if not is_ours(name)]
    if exchange.changes_answer:
        kept = [(name, value) for name, value in kept if name.lower() != "content-length"]
    return [*kept, *exchange.headers]


def _always(policy: Policy) -> Callable[[], Policy]:
    return lambda: policy


def _watched(path: str | os.PathLike[str], telemetry: Telemetry) -> Callable[[], Policy]:
    """The policy in a file, as it is now."""

    def tell(event: ReloadEvent) -> None:
        telemetry.reloaded(time_ns(), event.version, "loaded" if event.outcome == "loaded" else "rejected")

    watched = Watched(path, event=tell)
    return lambda: watched.policy
