"""The telemetry of one host: where the spans, metrics and log lines of every call begin."""

from __future__ import annotations

from collections.abc import Callable

from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import INVALID_SPAN, TracerProvider

from policyroute.decision import Version
from policyroute.telemetry import names
from policyroute.telemetry.describing import Asked
from policyroute.telemetry.instruments import Instruments
from policyroute.telemetry.jsonlog import JsonLog
from policyroute.telemetry.names import Attributes, Reloaded
from policyroute.telemetry.request import Outlets, RequestSpan
from policyroute.telemetry.shield import Shield
from policyroute.telemetry.spans import Spans

_NOTHING: Attributes = {}


class Telemetry:
    """Made once, shared by all threads and event loops. It sets no global provider, and whatever a provider does is kept
    from the callers. Without a provider and a log it costs a microsecond or two a call.

    `strict` is for tests: see `Shield`.
    """

    def __init__(
        self,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        *,
        log: JsonLog | None = None,
        strict: bool = False,
    ) -> None:
        shield = Shield(strict=strict)
        self._outlets = Outlets(Spans(tracer_provider, shield), Instruments(meter_provider, shield), log, shield)

    @property
    def failures(self) -> int:
        """How many times something of the host's raised, and was kept from a call."""
        return self._outlets.shield.failures

    def request(self, started_ns: int, *, requested: str | None = None, baseline: str | None = None) -> RequestSpan:
        """The span of one call, under the current span; times are nanoseconds since 1970.

        `requested` is the model the caller asked for, `baseline` the one that the policy compares costs with.
        """
        return RequestSpan(self._outlets, Asked(requested, baseline), started_ns)

    def reloaded(self, at_ns: int, active: Version, outcome: Reloaded, seen: Version | None = None) -> None:
        """Something came of watching a policy file: what decides from then on, and what was found, if it could be read at all."""
        outlets = self._outlets
        said: Attributes = {
            names.POLICY_NAME: active.name,
            names.POLICY_VERSION: active.version,
            names.POLICY_HASH: active.hash,
            names.RELOAD_OUTCOME: outcome,
        }
        span = outlets.spans.root(names.RELOAD, at_ns)
        outlets.spans.end(span, names.RELOAD, said, at_ns)
        outlets.write(names.RELOAD, at_ns, said, INVALID_SPAN)
        self.versions(at_ns, active, seen)

    def versions(self, at_ns: int, active: Version, seen: Version | None = None) -> None:
        """The version that decides, and the one that was read last."""
        self._outlets.instruments.live(at_ns)
        name: Attributes = {names.POLICY_NAME: active.name}
        self._outlets.instruments.record("policyroute.policy.version.active", active.version, name)
        if seen is not None:
            self._outlets.instruments.record("policyroute.policy.version.latest", seen.version, name)

    def ledger_failed(self) -> None:
        """The ledger did not do a step."""
        self._outlets.instruments.record("policyroute.ledger.errors", 1, _NOTHING)

    def follow_journal(self, rows: Callable[[], tuple[int, int] | None]) -> None:
        """How many rows of the journal wait, and how many were lost so far. It is asked when somebody collects."""
        follow = self._outlets.instruments.follow
        follow("policyroute.journal.queue", lambda: None if (now := rows()) is None else (_NOTHING, now[0]))
        follow("policyroute.journal.dropped", lambda: None if (now := rows()) is None else (_NOTHING, now[1]))

    def follow_policy(self, stale: Callable[[], tuple[str, bool] | None]) -> None:
        """Whether the policy of that name is older than it may be. It is asked when somebody collects."""

        def seen() -> tuple[Attributes, float] | None:
            now = stale()
            return None if now is None else ({names.POLICY_NAME: now[0]}, float(now[1]))

        self._outlets.instruments.follow("policyroute.policy.stale", seen)
