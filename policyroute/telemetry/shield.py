"""Where foreign code runs: an exporter, a processor, a sampler or a log of the host may fail, and the call goes on."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from types import TracebackType

from policyroute.errors import EngineError
from policyroute.telemetry.names import Attributes

_LOG = logging.getLogger(__name__)


class Unlisted(EngineError):
    """An attribute that is not in the table was about to be emitted."""


class Shield(AbstractContextManager["Shield", bool]):
    """Nothing that an exporter raises gets out of here. The log says once per class of error that it happened.

    Cancellation and an interrupt are not errors of an exporter, and pass. `strict` is for tests: there an attribute that
    is not in the table is an exception, else it is dropped and logged.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.failures = 0
        self._told: set[str] = set()

    def __enter__(self) -> Shield:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if kind is None or not issubclass(kind, Exception) or (self.strict and issubclass(kind, Unlisted)):
            return False
        self.failures += 1
        self._tell(f"telemetry failed ({kind.__name__}): calls go on without it")
        return True

    def listed(self, allowed: frozenset[str], attributes: Attributes) -> Attributes:
        """The attributes that the table allows. All that is emitted comes through here."""
        if attributes.keys() <= allowed:
            return attributes
        unlisted = sorted(attributes.keys() - allowed)
        if self.strict:
            raise Unlisted(f"not in the table of attributes: {', '.join(unlisted)}")
        for name in unlisted:
            self._tell(f"attribute {name} is not in the table and is dropped")
        return {name: value for name, value in attributes.items() if name in allowed}

    def _tell(self, said: str) -> None:
        # Bounded, and once each: a broken exporter fails at every call.
        if said not in self._told and len(self._told) < 100:
            self._told.add(said)
            _LOG.warning("%s", said)
