"""What all faces share: how they are set up, which paths are theirs, and what an answer carries."""

from __future__ import annotations

import logging
import os
import re
from asyncio import to_thread
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from contextvars import ContextVar, Token
from math import inf
from time import time_ns
from types import TracebackType
from typing import TypedDict, get_args
from urllib.parse import quote, unquote
from weakref import ref

from policyroute.call import NO_ASKS, Api, Asks, Call
from policyroute.dialects import api_of
from policyroute.dialects.headers import is_ours
from policyroute.engine.clock import SteadyClock
from policyroute.engine.engine import Engine, Outside
from policyroute.engine.exchange import Asked, Exchange, Refusal, costs, refused
from policyroute.engine.recording import Recorder
from policyroute.errors import CallError, UsageError
from policyroute.journal import Journal, open_journal
from policyroute.ledgers.ledger import Ledger
from policyroute.ledgers.opening import open_ledger
from policyroute.loading import Policy
from policyroute.plugins import Plugin
from policyroute.policy.quantities import DURATION, SECONDS
from policyroute.reload import ReloadEvent, Watched
from policyroute.taggers import Verifier
from policyroute.telemetry.instruments import MeterProvider
from policyroute.telemetry.jsonlog import JsonLog
from policyroute.telemetry.spans import TracerProvider
from policyroute.telemetry.telemetry import Telemetry

_SIZE = re.compile(r"(\d+)\s*(B|KB|MB|GB|KiB|MiB|GiB)?").fullmatch
_BYTES = {None: 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
# Of an answer whose body is changed, or that is made here.
CHANGED = frozenset({"content-length", "content-encoding", "transfer-encoding"})

LEAST_KEY = 32
_ELSEWHERE: Api = "openai.chat"  # what is spoken on a path of one's own that says nothing else
_SAFE = "/:@!$&'()*+,;=~"
_UNPACKED = frozenset({"gzip", "x-gzip", "deflate", "identity"})
# The policies that have decided a call, in its scope or its environ.
MARK = "policyroute.decided"

Attributes = Mapping[str, str]


class Options(TypedDict, total=False):
    """What every face takes beside its policy.

    `ledger` and `journal` are URLs, or open ones; `paths` are endings of paths, instead of all that are known. `log` is a
    logger for lines of JSON, or True for the one of this package. `hash_key` has 32 bytes or more. `max_staleness` is in
    seconds, or such as `10m`. `verifier` checks the tags that somebody in front has signed, `plugins` are shown every call.
    """

    ledger: str | Ledger
    journal: str | Journal | None
    tracer_provider: TracerProvider | None
    meter_provider: MeterProvider | None
    log: logging.Logger | bool | None
    paths: Collection[str] | Mapping[str, Api] | None
    max_body: int | str
    hash_key: str | bytes | None
    max_staleness: float | str | None
    verifier: Verifier | None
    plugins: Sequence[Plugin] | None


class Layer:
    """An engine, and what is its business. Made when an app is set up, so that a bad policy stops it there.

    A policy that is a path is watched, and a good edit serves at once.
    """

    def __init__(self, source: str | os.PathLike[str] | Policy, options: Options) -> None:
        unknown = options.keys() - Options.__annotations__.keys()
        if unknown:
            raise UsageError(f"a face takes no `{min(unknown)}`: there are {', '.join(Options.__annotations__)}")
        most, key, stale_s = size(options.get("max_body", "10MB")), _key(options), _stale_s(options)
        telemetry = Telemetry(options.get("tracer_provider"), options.get("meter_provider"), log=_log(options))
        kept, spent, paths = options.get("journal"), options.get("ledger", "memory://"), options.get("paths")
        self.paths = _paths(paths)
        outside = Outside(options.get("verifier"), _plugins(options))
        with ExitStack() as opened:  # what was opened is let go of where the rest is no good
            ledger = open_ledger(spent) if isinstance(spent, str) else spent
            self._own_ledger = ledger if isinstance(spent, str) else None
            if self._own_ledger is not None:
                opened.callback(self._own_ledger.close)
            self.journal = open_journal(kept) if isinstance(kept, str) else kept
            self._own_journal = isinstance(kept, str)
            if self.journal is not None and self._own_journal:
                opened.callback(self.journal.close)
            self.recorder = Recorder(telemetry, self.journal, key)
            self.watched: Watched | None = None
            opened.callback(self._unwatch)
            if isinstance(source, Policy):
                if stale_s is not None:
                    raise UsageError("`max_staleness` is for a policy that is watched, and this one was loaded: give its path")
                policy = _always(source)
            else:
                self.watched = _watched(source, self.recorder, stale_s)
                policy = _latest(self.watched)
            if self.recorder.lacks_key(policy()):
                raise UsageError("the policy has `record: {text: hmac}`, which takes a `hash_key`")
            self.engine = Engine(policy, ledger, now=SteadyClock(), max_body=most, watch=self.recorder, outside=outside)
            opened.pop_all()
        version = policy().version
        telemetry.versions(time_ns(), version, version)

    def close(self) -> None:
        """Ends the watch, writes what waits in the journal, gives back what was drawn of budgets ahead, and lets go of the
        stores that were opened here.

        For when an app goes down. Calls that still come or end are handled as before, only no edit of the policy is seen.
        """
        self._written()
        if self._own_ledger is not None:
            self._own_ledger.close()

    async def aclose(self) -> None:
        """The same from an event loop, which goes on meanwhile."""
        await to_thread(self._written)
        if self._own_ledger is not None:
            await self._own_ledger.aclose()

    def _written(self) -> None:
        self._unwatch()
        self.engine.give_back()
        if self.journal is not None:
            if self._own_journal:
                self.journal.close()
            else:
                self.journal.flush()

    def _unwatch(self) -> None:
        if self.watched is not None:
            self.watched.close()

    @property
    def enforces(self) -> bool:
        """Whether the policy changes anything: in shadow mode, and where it is off, also what it cannot read goes on."""
        return self.engine.policy.pipeline.names.mode == "enforce"

    def refused(self, api: Api, error: CallError) -> Refusal:
        """What answers a call that cannot be read."""
        return refused(api, error, self.engine.policy.version)

    @property
    def name(self) -> str:
        """The name of the policy."""
        return self.engine.policy.version.name

    def was_decided(self, asked: Asked) -> bool:
        """Whether this call is one that an app sends on, as it was decided by the same policy in front of that app.

        That is so once: a call counts for one that follows it, and every other is decided and counted by itself.
        """
        name = self.name
        within = next((one for one in reversed(_WITHIN.get()) if one.name == name), None)
        outer = None if within is None else within.exchange
        if within is None or outer is None:
            return False
        before = self.engine.read(outer.sent) if outer.enforced else outer.call
        return _goes_on(self.engine.read(asked), before, outer.call.asks) and within.take()

    def has_marked(self, given: Mapping[str, object]) -> bool:
        """Whether a face of the same policy has decided what this is the scope or the environ of."""
        decided = given.get(MARK)
        return isinstance(decided, Decided) and self.name in decided

    def mark(self, given: Mapping[str, object]) -> Decided:
        """What to leave for a face behind this one."""
        decided = given.get(MARK)
        return Decided((self.name, *(decided if isinstance(decided, Decided) else ())))

    def api_at(self, method: str, path: str) -> Api | None:
        """The wire format of what is sent there; None where that is nobody's business."""
        if method != "POST":
            return None
        if self.paths is None:
            return api_of(path)
        bare = path.rstrip("/")
        for ending, api in self.paths:
            if bare.endswith(ending):
                return api or api_of(path) or _ELSEWHERE
        return None


class Decided(frozenset[str]):
    """The policies that have decided a call, by name."""


class Within:
    """A call that an app is at, as long as that lasts and nothing has followed it that was decided with it."""

    __slots__ = ("_held", "name")

    def __init__(self, exchange: Exchange) -> None:
        self.name = exchange.decision.policy.name
        self._held = [exchange]

    @property
    def exchange(self) -> Exchange | None:
        """The call, while it stands."""
        return next(iter(self._held), None)

    def take(self) -> bool:
        """Whether this is the first that follows."""
        try:
            self._held.pop()
        except IndexError:
            return False
        return True

    def end(self) -> None:
        """The call is over: a task that goes on after it finds nothing here, and keeps nothing of it."""
        self._held.clear()

    def at(self, exchange: Exchange) -> At:
        """While this is open, what is done is done for the call, and below its span."""
        return At(self, exchange.current())


class At(AbstractContextManager[None]):
    """While an app is at a call."""

    __slots__ = ("_span", "_token", "_within")

    def __init__(self, within: Within, span: AbstractContextManager[object]) -> None:
        self._within = within
        self._span = span

    def __enter__(self) -> None:
        self._token: Token[tuple[Within, ...]] = _WITHIN.set((*_WITHIN.get(), self._within))
        self._span.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._span.__exit__(kind, error, trace)
        with suppress(ValueError):  # a task that nobody waits for any more is ended elsewhere
            _WITHIN.reset(self._token)


# So that a client within an app does not decide and count the same call again.
_WITHIN: ContextVar[tuple[Within, ...]] = ContextVar("policyroute_within", default=())


def size(given: int | str) -> int:
    """A size in bytes: a number, or such as `10MB`."""
    found = _SIZE(str(given))
    if found is None or isinstance(given, bool) or int(found[1]) < 1:
        raise UsageError(f"`{given}` is no size: such as 10MB, or a number of bytes")
    return int(found[1]) * _BYTES[found[2]]


def seconds(given: float | str) -> float:
    """A time in seconds: a number, or such as `10m`."""
    found = re.fullmatch(DURATION.pattern, given, re.ASCII) if isinstance(given, str) else None
    value = float(found[1]) * SECONDS[found[2]] if found else given
    if isinstance(value, str | bool) or not 0 < value < inf:
        raise UsageError(f"`{given}` is no time: such as 10m, or a number of seconds")
    return value


def _paths(given: object) -> tuple[tuple[str, Api | None], ...] | None:
    """Endings of paths, each with the wire format that is said to be spoken there."""
    if given is None:
        return None
    if isinstance(given, str) or not isinstance(given, Collection) or not all(isinstance(path, str) for path in given):
        raise UsageError("`paths` takes a list of endings of paths, or a mapping of them to wire formats")
    formats: Mapping[str, Api] = given if isinstance(given, Mapping) else {}
    for path, api in formats.items():
        if api not in get_args(Api):
            raise UsageError(f"`paths` says that `{path}` speaks `{api}`: one of {', '.join(get_args(Api))} is expected")
    return tuple((path.rstrip("/"), formats.get(path)) for path in given)


def too_large(most: int) -> CallError:
    """What is said of a body that is longer than is read."""
    return CallError(f"the body is larger than {most:,} bytes", code="body_too_large", status=413)


def stays(name: str, exchange: Exchange) -> bool:
    """Whether a header of an answer, in small letters, goes on to the caller."""
    return not is_ours(name) and not (name == "content-length" and exchange.changes_answer)


def carried(headers: Iterable[tuple[str, str]], exchange: Exchange, cost_nano: int | None = None) -> list[tuple[str, str]]:
    """The headers of an answer, with what it carries of ours in place of what it may have had, and its cost if it is whole."""
    kept = [(name, value) for name, value in headers if stays(name.lower(), exchange)]
    kept += exchange.headers
    if cost_nano is not None:
        kept.append(costs(cost_nano))
    return kept


def unpackable(accepted: str) -> str:
    """What of an `Accept-Encoding` can be unpacked here, so that the answer can be metered."""
    names = [one.strip() for one in accepted.split(",")]
    known = [one for one in names if one.partition(";")[0].strip().lower() in _UNPACKED]
    if len(known) == len(names):
        return accepted
    return ", ".join(known) or "identity"


def led(exchange: Exchange, path: str, written: str) -> tuple[str, str]:
    """A path and how it is written, as a call goes on: where they name the model, both name the one that was chosen."""
    goes, goes_written = exchange.renamed(path, decoded=True), exchange.renamed(written)
    if goes != path and unquote(goes_written.partition("?")[0]) != goes:  # it is spelled in a way of its own
        goes_written = quote(goes, _SAFE, errors="surrogateescape") + "".join(written.partition("?")[1:])
    return goes, goes_written


def _goes_on(call: Call, before: Call, asks: Asks) -> bool:
    """Whether a call is the one before, sent on: it asks for no more, and nothing of its own."""
    if (call.parts, call.requested_model, call.answers) != (before.parts, before.requested_model, before.answers):
        return False
    if before.max_output is not None and (call.max_output is None or call.max_output > before.max_output):
        return False
    return call.has <= before.has and set(call.unscanned) <= set(before.unscanned) and call.asks in (NO_ASKS, asks)


def _always(policy: Policy) -> Callable[[], Policy]:
    return lambda: policy


def _latest(watched: Watched) -> Callable[[], Policy]:
    return lambda: watched.policy


def _watched(path: str | os.PathLike[str], recorder: Recorder, stale_s: float | None) -> Watched:
    """The policy in a file, as it is now; what comes of watching it is told."""
    telemetry = recorder.telemetry

    def tell(event: ReloadEvent) -> None:
        seen = None if event.latest is None else event.version._replace(version=event.latest)
        telemetry.reloaded(time_ns(), event.version, "rejected" if event.outcome == "refused" else event.outcome, seen)

    watched = Watched(path, changed=lambda loaded: recorder.serves(loaded.policy), event=tell, max_staleness_s=stale_s)
    if stale_s is not None:
        alive = ref(watched)
        telemetry.follow_policy(lambda: None if (one := alive()) is None else (one.policy.version.name, one.stale))
    return watched


def _key(options: Options) -> bytes | None:
    """What is hashed with. It is never said."""
    given = options.get("hash_key")
    if given is None:
        return None
    key = given.encode("utf-8", "surrogateescape") if isinstance(given, str) else given
    if len(key) < LEAST_KEY:
        raise UsageError(f"`hash_key` takes {LEAST_KEY} bytes or more, such as `openssl rand -hex {LEAST_KEY}` prints")
    return key


def _log(options: Options) -> JsonLog | None:
    given = options.get("log")
    if given is None or isinstance(given, bool):
        return JsonLog() if given else None
    if not isinstance(given, logging.Logger):
        raise UsageError("`log` takes True, or a logger of the standard library")
    return JsonLog(given)


def _stale_s(options: Options) -> float | None:
    given = options.get("max_staleness")
    return None if given is None else seconds(given)


def _plugins(options: Options) -> tuple[Plugin, ...]:
    plugins = tuple(options.get("plugins") or ())
    for one in plugins:
        if not all(hasattr(one, name) for name in ("name", "kinds", "find")):
            raise UsageError(f"`{type(one).__name__}` is no plug-in: it has no name, no kinds, or no find")
    return plugins
