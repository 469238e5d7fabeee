"""A policy on disk, watched. An edit is taken in as a whole or not at all, and a bad one keeps the last good policy."""

from __future__ import annotations

import gc
import logging
import os
import stat
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from hashlib import sha256
from threading import Event, Lock, RLock, Thread, current_thread
from types import TracebackType
from typing import Literal, NamedTuple
from weakref import ReferenceType, ref

from policyroute.decision import Version
from policyroute.engine.clock import elapsed
from policyroute.errors import PolicyError, Problem, UsageError
from policyroute.loading import Checked, Policy, examine
from policyroute.policy import source
from policyroute.policy.source import MAX_BYTES, Source, read_file, read_text

EVERY_S = 2.0
SOON_S = 0.2
"""How long until the next look while a file may be half written."""
_SOON_LOOKS = 5
READ_EVERY = 5
"""So many looks at most pass on dates and sizes alone, before everything is read again."""
_TRIES = 3
_MOST_VERSION = 10**9
_MOST_SAID = 20
_CLOSING_S = 10.0
_LOG = logging.getLogger(__name__)


class Loaded(NamedTuple):
    """A good policy, the hash of the files it was read from, and when that was, by the clock of the watch."""

    policy: Policy
    seen: str
    at: float


class ReloadEvent(NamedTuple):
    """Other content was found, and what came of it; or what serves has become too old (`stale`), or is so no more (`fresh`).

    `version` is the policy that serves from here on, `latest` the version that the newest content says it is, as far as that
    can be read. `problems` are those of the newest content: why it was refused, or the warnings it was loaded with.
    """

    outcome: Literal["loaded", "refused", "stale", "fresh"]
    file: str
    seen: str
    version: Version
    problems: tuple[Problem, ...]
    took_s: float
    latest: int | None = None


Hint = tuple[int, int, int] | None
"""The date, the size and the number of a file; nothing where there is none."""


class _Reading:
    """Reads files for a load, and keeps what they held, so that it is known what was loaded and whether it is still there."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | None] = {}
        self.hints: dict[str, Hint] = {}

    def __call__(self, path: str) -> Source:
        self.hints[path] = _hint(path)
        content = self.files[path] = _content(path)
        return read_file(path) if content is None else read_text(content, path)

    def still(self) -> bool:
        """Whether every file is as it was read."""
        return all(_content(path) == content for path, content in self.files.items())


class _Seen(NamedTuple):
    """The newest content, good or bad: its hash, its files as they were, what is wrong with it, which version it says it is."""

    hash: str
    hints: Mapping[str, Hint]
    problems: tuple[Problem, ...] = ()
    latest: int | None = None


class Watched:
    """The policy in a file, kept up with what the file says. The first one has to be good, or this raises `PolicyError`.

    A thread looks at the file, and at all that it includes, every `every_s`; a forked process has a thread of its own from
    its first use on. `changed` is told of each good policy once it serves, `event` of every reload, good or bad, and when
    what serves becomes `stale`; both are called by whoever looked. `close` ends the thread; what served last stays.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = elapsed,
        changed: Callable[[Loaded], None] | None = None,
        event: Callable[[ReloadEvent], None] | None = None,
        max_staleness_s: float | None = None,
    ) -> None:
        if not every_s > 0:
            raise UsageError("a policy is looked at every so many seconds, more than none")
        self.file = os.path.abspath(path)
        self._every_s = every_s
        self._clock = clock
        self._changed = changed
        self._event = event
        self._max_staleness_s = max_staleness_s
        self._closed = False
        self._collects = False
        self._looks = 0
        self._soon = 0
        self._begin()
        reading, checked, still = self._examined()
        if checked.policy is None:
            raise PolicyError(checked.problems)
        now = clock()
        number = checked.policy.version.version
        self._seen = _Seen(_hash(reading.files), reading.hints if still else {}, latest=number)
        self._active = Loaded(checked.policy, self._seen.hash, now)
        self._good_at = now
        self._said_stale = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=partial(_forked, ref(self)))  # cannot be taken back, so it holds nothing
        self._start(every_s)

    def _begin(self) -> None:
        """What belongs to a process."""
        self._looking = RLock()
        self._wake = Event()
        self._aging = Lock()
        self._thread: Thread | None = None

    @property
    def policy(self) -> Policy:
        """The policy that serves."""
        return self.active.policy

    @property
    def active(self) -> Loaded:
        """The policy that serves, and what it was read from: both of one reload."""
        if self._thread is None:
            self._start(0.0)
        if self._max_staleness_s is not None:
            self._age()  # here as well: the thread may hang in a disk that does not answer
        return self._active

    @property
    def latest_seen(self) -> str:
        """The hash of the newest content, good or bad."""
        return self._seen.hash

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the newest content; nothing where that is what serves."""
        return self._seen.problems

    @property
    def stale(self) -> bool:
        """Whether it is longer than `max_staleness_s` ago that the policy that serves was what the files say."""
        if self._thread is None:
            self._start(0.0)
        return self._age()

    @property
    def wait_s(self) -> float:
        """How long the thread waits until it looks again."""
        return min(SOON_S, self._every_s) if self._soon else self._every_s

    def look(self) -> ReloadEvent | None:
        """Looks at the files now; what came of it, where they hold something else than before."""
        with self._looking:
            found = self._look()
            if found is not None:
                _tell(found)
                if found.outcome == "loaded" and self._changed is not None:
                    with _Foreign("changed"):
                        self._changed(self._active)
                if self._event is not None:
                    with _Foreign("event"):
                        self._event(found)
            self._age()
        return found

    def close(self) -> None:
        """Ends the thread, and waits for it."""
        self._closed = True
        self._wake.set()
        if self._thread is not None and self._thread is not current_thread():
            self._thread.join(_CLOSING_S)

    def _look(self) -> ReloadEvent | None:
        began = self._clock()
        self._looks += 1
        self._soon = max(0, self._soon - 1)
        reads = self._looks % READ_EVERY == 0
        seen = self._seen
        hints = {path: _hint(path) for path in seen.hints}
        same = bool(hints) and hints == seen.hints
        if same and not reads:
            self._noted(seen, began)
            return None
        # What is bad may have been mended elsewhere than in the files that were read of it: by a link, or by permissions.
        if hints and not (seen.problems and reads) and _hash({path: _content(path) for path in hints}) == seen.hash:
            self._noted(seen._replace(hints=hints), began)
            return None
        return self._taken(began)

    def _age(self) -> bool:
        """Whether what serves is too old. When that changes it is said, once."""
        limit_s = self._max_staleness_s
        if limit_s is None:
            return False
        stale = self._clock() - self._good_at > limit_s
        if stale is not self._said_stale and not self._closed and self._aging.acquire(blocking=False):
            try:
                if stale is not self._said_stale:
                    self._said_stale = stale
                    self._tell_age("stale" if stale else "fresh", limit_s)
            finally:
                self._aging.release()
        return stale

    def _tell_age(self, outcome: Literal["stale", "fresh"], limit_s: float) -> None:
        name, number, hash = version = self._active.policy.version
        if outcome == "fresh":
            _LOG.warning("policy %s@%d (%s) is what %s says again", name, number, hash, self.file)
        else:
            said = "policy %s@%d (%s) goes on to serve, though for more than %g s it was not found to be what %s says"
            _LOG.error(said, name, number, hash, limit_s, self.file)
        if self._event is not None:
            seen = self._seen
            with _Foreign("event"):
                self._event(ReloadEvent(outcome, self.file, seen.hash, version, seen.problems, 0.0, seen.latest))

    def _noted(self, seen: _Seen, now: float) -> None:
        """Nothing is new; where the newest content is what serves, that is so as of now."""
        self._seen = seen
        if not seen.problems:
            self._good_at = now

    def _taken(self, began: float) -> ReloadEvent | None:
        """Loads what there is, and has it serve where it is good."""
        reading, checked, still = self._examined()
        if not still:
            self._soon = _SOON_LOOKS
            return None
        before, found = self._seen, _hash(reading.files)
        if checked.policy is not None:
            self._good_at = began
            new = found != before.hash or bool(before.problems)
            if new:  # before it counts as seen: a process may be forked right here
                self._active = Loaded(checked.policy, found, began)
            self._seen = _Seen(found, reading.hints, latest=checked.policy.version.version)
            if not new:
                return None
            self._soon = 0
        else:
            self._seen = _Seen(found, reading.hints, checked.problems, _numbered(checked))
            if found == before.hash and _places(checked.problems) == _places(before.problems):
                return None
            self._soon = _SOON_LOOKS
        outcome: Literal["loaded", "refused"] = "refused" if checked.policy is None else "loaded"
        version = self._active.policy.version
        took_s = self._clock() - began
        return ReloadEvent(outcome, self.file, found, version, checked.problems, took_s, self._seen.latest)

    def _examined(self) -> tuple[_Reading, Checked, bool]:
        """The files as they are, looked at; and whether they stayed so meanwhile. Of what is being written, no half is taken."""
        self._collects = gc.isenabled()
        for _ in range(_TRIES):
            reading = _Reading()
            checked = examine(self.file, reading)
            if checked.policy is not None:
                checked.policy.pipeline.reader.warm()
            if still := reading.still():
                break
        self._collects = False
        return reading, checked, still

    def _start(self, first_s: float) -> None:
        with self._looking:
            if self._thread is None and not self._closed:
                self._thread = Thread(
                    target=_watch, args=(ref(self), self._wake, first_s), name="policyroute-reload", daemon=True
                )
                self._thread.start()

    def _forked(self) -> None:
        """In a new process nobody else runs yet: what the others held there, nobody lets go of."""
        if self._collects:
            gc.enable()  # it was off for a load that goes on in the other process only
            self._collects = False
        self._begin()


def _forked(watched: ReferenceType[Watched]) -> None:
    mine = watched()
    if mine is not None:
        mine._forked()


def _watch(watched: ReferenceType[Watched], wake: Event, wait_s: float) -> None:
    """What the thread does, until it is told to end, or nobody has the policy any more."""
    while not wake.wait(wait_s):
        mine = watched()
        if mine is None:
            return
        with _Foreign("look"):
            mine.look()
        wait_s = mine.wait_s
        del mine


class _Foreign(AbstractContextManager["_Foreign", bool]):
    """Code of others runs in here, and files of others are read: whatever it raises ends neither the thread nor the look."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if kind is None or not issubclass(kind, Exception):
            return False
        _LOG.error("watching a policy: `%s` failed (%s)", self._name, kind.__name__)
        return True


def _tell(found: ReloadEvent) -> None:
    """Says it aloud, without the words of the file."""
    name, number, hash = found.version
    if found.outcome == "loaded":
        _LOG.info("policy %s@%d (%s) serves, from %s", name, number, hash, found.file)
        return
    places = _places(tuple(problem for problem in found.problems if problem.severity == "error"))
    more = f", and {len(places) - _MOST_SAID} more" if len(places) > _MOST_SAID else ""
    said = ", ".join(places[:_MOST_SAID]) + more
    _LOG.error("%s is bad, and %s@%d (%s) goes on to serve: %s", found.file, name, number, hash, said)


def _numbered(checked: Checked) -> int | None:
    """The version that a bad policy says it is, where that much of it can be read."""
    root = checked.sources[0].root if checked.sources else None
    metadata = root.get("metadata") if isinstance(root, source.Mapping) else None
    number = metadata.get("version") if isinstance(metadata, source.Mapping) else None
    said = number.value if isinstance(number, source.Scalar) else None
    return said if type(said) is int and 0 <= said <= _MOST_VERSION else None


def _places(problems: tuple[Problem, ...]) -> list[str]:
    return [f"{problem.code} at {problem.file}:{problem.line}:{problem.column}" for problem in problems]


def _hint(path: str) -> Hint:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _content(path: str) -> bytes | None:
    """What a file holds, as far as a policy may go; nothing where it cannot be read."""
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            return b"" if stat.S_ISFIFO(mode) else None  # what comes out of a pipe does so once
        with open(path, "rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError):
        return None


def _hash(files: Mapping[str, bytes | None]) -> str:
    """A hash of the files by name, and of the bytes in each."""
    whole = sha256()
    for path in sorted(files):
        content = files[path]
        inside = b"-" if content is None else sha256(content).digest()
        whole.update(sha256(path.encode("utf-8", "surrogatepass")).digest() + inside)
    return whole.hexdigest()[:16]
