"""What is told of every decision and every bill: spans, metrics, and a row of the journal."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from json import JSONEncoder
from time import time_ns
from typing import NamedTuple, get_args
from weakref import ref

from policyroute.call import Call, Part
from policyroute.dialects import read_call
from policyroute.engine.exchange import Bill, Exchange
from policyroute.errors import CallError
from policyroute.journal import Closing, Journal, Record, completed, decided, kept, opaque
from policyroute.loading import Policy
from policyroute.telemetry.describing import Answer, Ending
from policyroute.telemetry.names import StreamEnd
from policyroute.telemetry.request import AttemptSpan, RequestSpan
from policyroute.telemetry.telemetry import Telemetry

_ENDS: Mapping[str, StreamEnd] = {end: end for end in get_args(StreamEnd)}
_NOT_CALLED = Ending()
_USER = "user"
_OPEN: frozenset[str] = frozenset()
_listed = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_LOG = logging.getLogger(__name__)


class _Source(NamedTuple):
    """Where the value of an attribute comes from, and the values that everybody knows."""

    name: str
    key: str
    claimed: bool
    values: frozenset[str]


_ANYBODY = _Source(_USER, _USER, False, _OPEN)


class _Keeping(NamedTuple):
    """What is kept of the calls of one policy."""

    policy: Policy
    baseline: str | None
    sources: tuple[_Source, ...]
    user: _Source
    text: str


class Recorder:
    """Writes down what an engine does. It never fails a call.

    `key` is what is hashed with: values of attributes that are no closed list of the policy, users, and texts where a policy
    wants that. Without one these are left out.
    """

    def __init__(self, telemetry: Telemetry, journal: Journal | None, key: bytes | None = None) -> None:
        self.telemetry = telemetry
        self.journal = journal
        self._key = key
        self._keeping: _Keeping | None = None
        if journal is not None:
            alive = ref(journal)
            telemetry.follow_journal(lambda: None if (one := alive()) is None else (one.queued, one.dropped))

    def lacks_key(self, policy: Policy) -> bool:
        """Whether a policy asks for something that only a key can do."""
        return self.journal is not None and self._key is None and _text_of(policy) == "hmac"

    def serves(self, policy: Policy) -> None:
        """A policy decides from now on. What it asks for and does not get is said aloud."""
        if self.lacks_key(policy):
            name, number, _ = policy.version
            _LOG.error("policy %s@%d wants a keyed hash of texts recorded, and there is no hash_key: none is", name, number)

    def decided(self, exchange: Exchange, began_ns: int, ended_ns: int) -> None:
        """A call was decided."""
        keeping = self._keeping
        if keeping is None or keeping.policy is not exchange.admitter.policy:
            keeping = self._keeping = _kept_of(exchange.admitter.policy)
        call, decision = exchange.call, exchange.decision
        span = self.telemetry.request(began_ns, requested=call.requested_model, baseline=keeping.baseline)
        span.decided(decision, started_ns=began_ns, ended_ns=ended_ns)
        exchange.span = span
        if self.journal is not None and decision.mode != "off" and not call.asks.dry_run:
            exchange.record = decided(
                decision,
                call,
                at=began_ns / 1e9,
                attributes=self._attributes(call, keeping.sources),
                user=self._user(call, keeping.user),
                text=None if keeping.text == "none" else self._text(exchange, keeping.text),
            )
            self.journal.write(exchange.record)

    def attempted(self, exchange: Exchange) -> None:
        """A model is called."""
        target = exchange.served
        if target is not None and isinstance(exchange.span, RequestSpan):
            exchange.attempt = exchange.span.attempt(
                target.upstream, target.provider, started_ns=time_ns(), stream=exchange.call.stream
            )

    def billed(self, exchange: Exchange, bill: Bill) -> None:
        """A call has ended."""
        now_ns = time_ns()
        if isinstance(exchange.attempt, AttemptSpan):
            answer = Answer(bill.usage, (bill.finish,) if bill.finish else (), bill.model or None)
            error = str(bill.status) if bill.status >= 400 else None if bill.end == "complete" else bill.end
            exchange.attempt.ended(now_ns, answer, error=error)
        if isinstance(exchange.span, RequestSpan):
            ending = _NOT_CALLED
            if bill.end != "not_called":
                ending = Ending(bill.usage, bill.cost_nano, bill.baseline_nano, _ENDS.get(bill.end), exchange.attempts)
            exchange.span.ended(now_ns, ending)
        if self.journal is not None and isinstance(exchange.record, Record):
            self.journal.write(completed(exchange.record, _closing(exchange, bill)))

    def ledger_failed(self) -> None:
        """The store of spend did not do a step."""
        self.telemetry.ledger_failed()

    def _attributes(self, call: Call, sources: Sequence[_Source]) -> Mapping[str, str]:
        """The attributes that the policy names, as they may be kept."""
        said: dict[str, str] = {}
        for source in sources:
            value = _said(call, source)
            told = None if value is None else kept(value, source.values, self._key)
            if told is not None:
                said[source.name] = told
        return said

    def _user(self, call: Call, user: _Source) -> str | None:
        """Who calls, as the app vouches for it, and nobody can read."""
        value = None if self._key is None else _said(call, user)
        return None if value is None or self._key is None else opaque(value, self._key)

    def _text(self, exchange: Exchange, how: str) -> str | None:
        """The texts of a call as they leave, or a hash of them; nothing of a call that does not leave as the policy wants it."""
        decision, redaction = exchange.decision, exchange.redaction
        if exchange.refusal is not None or decision.target is None or (decision.redact and redaction is None):
            return None
        parts: Sequence[Part] = exchange.call.parts
        if redaction is not None and redaction.placeholders:
            try:
                parts = read_call(redaction.body, exchange.api, max_bytes=len(redaction.body)).parts
            except CallError:
                return None
        text = _listed([part.text for part in parts])
        if how == "full":
            return text
        return None if self._key is None else opaque(text, self._key)


def _kept_of(policy: Policy) -> _Keeping:
    document = policy.compiled.document
    sources = {
        str(name): _Source(
            str(name),
            _key_of(str(one.source)),
            one.trust == "claimed",
            _OPEN if one.values is None else frozenset(map(str, one.values)),
        )
        for name, one in policy.compiled.vocabulary.attributes.items()
    }
    user = sources.get(_USER, _ANYBODY)
    in_order = tuple(sources[name] for name in sorted(sources))
    return _Keeping(policy, document.baseline, in_order, _ANYBODY if user.claimed else user, _text_of(policy))


def _text_of(policy: Policy) -> str:
    """What a policy wants kept of texts."""
    record = policy.compiled.document.record
    return "none" if record is None else str(record.text)


def _key_of(source: str) -> str:
    """Where a value is looked up, as the reader does it: names of headers know neither case nor `_`."""
    return source.lower().replace("_", "-") if source.startswith("header.") else source.removeprefix("auth.")


def _said(call: Call, source: _Source) -> str | None:
    """The value of an attribute: vouched for by its name, or from where the policy takes it. An app may say a number."""
    value = call.attributes.get(source.name)
    if value is None:
        value = (call.claims if source.claimed else call.attributes).get(source.key)
    return None if value is None else str(value)


def _closing(exchange: Exchange, bill: Bill) -> Closing:
    usage = bill.usage
    return Closing(
        exchange.attempts,
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_input_tokens,
        usage.estimated,
        bill.cost_nano,
        bill.baseline_nano,
        bill.latency_ms,
        None if bill.end == "not_called" else bill.end,
        bill.status,
    )
