"""Detectors from outside: what finds names, addresses and whatever else the core never promises.

A policy declares their kinds with `plugin: true`. An app runs its plug-ins with `look` before it asks for a decision,
and hands the answers in as facts, so that deciding stays pure. What no plug-in answers for is unknown, and fires.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol

from policyroute.call import Call

_LOG = logging.getLogger(__name__)

Failed = Callable[[str, str], None]
"""What is told of a plug-in that failed: its name, and the name of the exception's class. Its text could be one of a call."""


class Plugin(Protocol):
    """Finds values of some kinds in a text. A time limit is its own business, and so is being called by several threads."""

    @property
    def name(self) -> str:
        """What it is called in logs."""
        ...

    @property
    def kinds(self) -> Collection[str]:
        """The kinds it answers for, by their names in the policy."""
        ...

    def find(self, text: str) -> Iterable[tuple[str, int, int]]:
        """Every finding: its kind, and where it begins and ends, in code points."""
        ...


def _log(plugin: str, error: str) -> None:
    _LOG.warning("plug-in %s failed (%s): what it looks for is unknown", plugin, error)


def look(plugins: Sequence[Plugin], call: Call, failed: Failed = _log) -> dict[str, bool]:
    """Which kinds are in a call, as `Facts.detected` takes it: every text of it is looked at once by every plug-in.

    The kinds of a plug-in that raises are left out, which makes them unknown, unless another one found them.
    """
    texts = tuple(dict.fromkeys(part.text for part in call.parts if part.text))
    found: set[str] = set()
    clean: set[str] = set()
    unsure: set[str] = set()
    for plugin in plugins:
        kinds = frozenset(plugin.kinds)
        watched = _Watched(plugin.name, failed)
        with watched:
            for kind in _kinds_in(plugin, kinds, texts):
                found.add(kind)
        (unsure if watched.failed else clean).update(kinds)
    return {kind: kind in found for kind in sorted(found | clean - unsure)}


def _kinds_in(plugin: Plugin, kinds: Collection[str], texts: Iterable[str]) -> Iterable[str]:
    """Each kind the first time it is found; nothing is looked for any more when all are."""
    missing = set(kinds)
    for text in texts:
        for kind, _, _ in plugin.find(text):
            if kind in missing:
                missing.remove(kind)
                yield kind
                if not missing:
                    return


class _Watched(AbstractContextManager["_Watched", bool]):
    """Foreign code runs in here. Whatever it raises is a fact about the call: that something is not known of it."""

    def __init__(self, name: str, tell: Failed) -> None:
        self.failed = False
        self._name = name
        self._tell = tell

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        self.failed = kind is not None and issubclass(kind, Exception)
        if self.failed and kind is not None:
            self._tell(self._name, kind.__name__)
        return self.failed
