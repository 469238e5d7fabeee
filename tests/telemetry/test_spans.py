"""The spans of a call: which there are, what they say, and how they hang together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Decision as Sampled, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import Link, NoOpTracerProvider, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.trace.span import TraceState
from opentelemetry.util.types import Attributes

from policyroute.call import Facts
from policyroute.decision import Version
from policyroute.telemetry.describing import Answer, Ending
from policyroute.telemetry.telemetry import Telemetry
from tests.telemetry.hearing import CALLER, MS, START_NS, USED, decide, denied, listening, policy, routed


def test_a_call_is_a_tree() -> None:
    """A request holds its decisions and its attempts; each attempt is a client's and is linked to the one before."""
    heard = listening()
    routed(heard.telemetry)
    assert [span.name for span in heard.spans] == [
        "policyroute.decision",
        "chat near",
        "policyroute.decision",
        "chat gemini-9",
        "policyroute.request",
    ]
    *below, request = heard.spans
    assert request.parent is None
    assert {span.parent.span_id for span in below if span.parent} == {request.context.span_id}
    assert len({span.context.trace_id for span in heard.spans}) == 1
    kinds = {span.name: span.kind for span in heard.spans}
    assert kinds.pop("chat near") == kinds.pop("chat gemini-9") == SpanKind.CLIENT
    assert set(kinds.values()) == {SpanKind.INTERNAL}
    near, far = heard.span("chat near"), heard.span("chat gemini-9")
    assert near.links == ()
    assert [link.context.span_id for link in far.links] == [near.context.span_id]


def test_spans_begin_and_end_when_things_did() -> None:
    """Start and end are those that were told, to the nanosecond: a decision is told of after the fact."""
    heard = listening()
    routed(heard.telemetry)
    times = [((span.start_time or 0) - START_NS, (span.end_time or 0) - START_NS) for span in heard.spans]
    assert [(start // MS, end // MS) for start, end in times] == [(1, 2), (3, 9), (9, 10), (10, 30), (0, 31)]
    assert all(at % MS == 0 for both in times for at in both)


def test_what_a_decision_says() -> None:
    """Every attribute of a routed decision, with its value."""
    heard = listening()
    span = heard.telemetry.request(START_NS, requested="auto", baseline="far")
    decision = decide("ask jane.doe@example.com", spent=0.85)
    span.decided(decision, started_ns=START_NS, ended_ns=START_NS + MS)
    assert dict(heard.spans[0].attributes or {}) == {
        "policyroute.decision.id": "d" * 32,
        "policyroute.decision.seq": 0,
        "policyroute.decision.trigger": "initial",
        "policyroute.decision.outcome": "route",
        "policyroute.decision.stage": "complexity",
        "policyroute.decision.reason": "complexity.all",
        "policyroute.decision.mode": "enforce",
        "policyroute.policy.name": "heard",
        "policyroute.policy.version": 7,
        "policyroute.policy.hash": policy().version.hash,
        "policyroute.rule.id": "all",
        "policyroute.rules.fired": ("mail", "day", "all"),
        "policyroute.model.requested": "auto",
        "policyroute.model.selected": "near",
        "policyroute.model.baseline": "far",
        "policyroute.provider.selected": "own",
        "policyroute.sensitivity.tags": ("pii",),
        "policyroute.complexity.score": decision.score,
        "policyroute.complexity.tier": "basic",
        "policyroute.budget.id": "day",
        "policyroute.budget.state": "limited",
        "policyroute.budget.used_ratio": 0.85,
        "policyroute.eligible.sensitivity": 1,
        "policyroute.eligible.routes": 1,
        "policyroute.eligible.budgets": 1,
        "policyroute.prompt.tokens_estimated": decision.to_dict()["tokens_estimated"],
        "policyroute.cost.estimated_usd": decision.cost_ceiling_nano / 1e9,
        "policyroute.stage.sensitivity.duration_us": 4.5,
        "policyroute.stage.routes.duration_us": 0.002,
        "policyroute.stage.budgets.duration_us": 2.1,
        "policyroute.stage.complexity.duration_us": 8.0,
    }


def test_a_fallback_says_what_it_comes_to() -> None:
    """The second decision of a call has the next number, its trigger, and the model that serves now."""
    heard = listening()
    routed(heard.telemetry)
    said = heard.spans[2].attributes or {}
    assert said["policyroute.decision.seq"] == 1
    assert said["policyroute.decision.trigger"] == "fallback"
    assert said["policyroute.model.selected"] == "far"
    assert said["policyroute.provider.selected"] == "google"
    assert said["policyroute.complexity.tier"] == "premium"


@pytest.mark.parametrize(
    ("text", "spent", "stage", "reason", "rule", "state"),
    [
        ("open sesame", 0.2, "sensitivity", "policy_denied", "keys", "within"),
        ("open sesame for jane.doe@example.com", 0.2, "sensitivity", "policy_denied", "keys", "within"),
        ("hello", 1.0, "budgets", "budget_exhausted", "day", "exhausted"),
    ],
)
def test_a_denial_is_one_decision(text: str, spent: float, stage: str, reason: str, rule: str, state: str) -> None:
    """A denied call has a request and one decision, no attempt, no model, and no status: it is no error."""
    heard = listening()
    denied(heard.telemetry, decide(text, spent=spent))
    assert [span.name for span in heard.spans] == ["policyroute.decision", "policyroute.request"]
    assert {span.status.status_code for span in heard.spans} == {StatusCode.UNSET}
    said = heard.spans[0].attributes or {}
    assert said["policyroute.decision.outcome"] == "deny"
    assert said["policyroute.decision.stage"] == stage
    assert said["policyroute.decision.reason"] == reason
    assert said["policyroute.rule.id"] == rule
    assert said["policyroute.budget.state"] == state
    assert not {"policyroute.model.selected", "policyroute.cost.estimated_usd"} & set(said)


def test_a_budget_whose_store_failed_is_named() -> None:
    """A budget that could not be counted on is `unavailable`, and has no used share."""
    heard = listening()
    decision = policy().decide(CALLER, Facts(failed=frozenset({"budget:month"})))
    heard.telemetry.request(START_NS).decided(decision, started_ns=START_NS, ended_ns=START_NS)
    said = heard.spans[0].attributes or {}
    assert (said["policyroute.budget.id"], said["policyroute.budget.state"]) == ("month", "unavailable")
    assert "policyroute.budget.used_ratio" not in said


@pytest.mark.parametrize(
    ("spent", "month", "budget", "state"),
    [
        (0.2, 0.3, "month", "within"),
        (0.9, 0.3, "day", "limited"),
        (0.7, 0.6, "month", "limited"),
        (0.85, 0.6, "day", "limited"),
        (0.85, 0.95, "month", "limited"),
        (0.95, 1.2, "month", "exhausted"),
    ],
)
def test_the_budget_that_matters_most_is_named(spent: float, month: float, budget: str, state: str) -> None:
    """The one that denied, else of those that narrowed the one used most, else of all the one used most."""
    heard = listening()
    span = heard.telemetry.request(START_NS)
    span.decided(decide(spent=spent, month=month), started_ns=START_NS, ended_ns=START_NS)
    said = heard.spans[0].attributes or {}
    assert (said["policyroute.budget.id"], said["policyroute.budget.state"]) == (budget, state)
    assert said["policyroute.budget.used_ratio"] == {"day": spent, "month": month}[budget]


@pytest.mark.parametrize(
    ("requested", "told"),
    [("auto", "auto"), ("near", "near"), ("far", "far"), ("gemini-9", "gemini-9"), ("my secret words", "other"), (None, None)],
)
def test_a_requested_model_is_a_name_of_the_policy(requested: str | None, told: str | None) -> None:
    """A name that the policy does not have is a text of the caller's, and is not repeated."""
    heard = listening()
    span = heard.telemetry.request(START_NS, requested=requested)
    span.decided(decide(), started_ns=START_NS, ended_ns=START_NS)
    assert (heard.spans[0].attributes or {}).get("policyroute.model.requested") == told


def test_what_an_attempt_says() -> None:
    """An attempt has the attributes of the GenAI conventions, and nothing else; a provider goes by their word for it."""
    heard = listening()
    routed(heard.telemetry)
    assert dict(heard.span("chat gemini-9").attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "gcp.gemini",
        "gen_ai.request.model": "gemini-9",
        "gen_ai.request.stream": True,
        "gen_ai.response.model": "gemini-9-2026-01-01",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.response.time_to_first_chunk": 0.005,
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 30,
        "gen_ai.usage.cache_read.input_tokens": 4,
    }
    assert heard.span("chat gemini-9").status.status_code == StatusCode.UNSET


@pytest.mark.parametrize(
    ("error", "told"),
    [
        *[(word, word) for word in ("500", "timeout", "upstream_error", "ReadTimeout")],
        *[(text, "_OTHER") for text in ("No such key: sk-123", "sk-abc", "https://example.org/x", "")],
    ],
)
def test_a_failed_attempt_is_an_error_of_a_kind(error: str, told: str) -> None:
    """Its status is ERROR without a description; a kind that could be a text is not repeated."""
    heard = listening()
    heard.telemetry.request(START_NS).attempt("near", "own", started_ns=START_NS).ended(START_NS, error=error)
    span = heard.span("chat near")
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert (span.attributes or {})["error.type"] == told
    assert span.events == ()


def test_what_an_upstream_writes_is_not_repeated() -> None:
    """A finish and a model that are no known words are `other` and left out."""
    heard = listening()
    attempt = heard.telemetry.request(START_NS).attempt("near", "own", started_ns=START_NS)
    attempt.ended(START_NS, Answer(finish=("stop", "because of Jane"), model="near-Jane"))
    said = heard.span("chat near").attributes or {}
    assert said["gen_ai.response.finish_reasons"] == ("stop", "other")
    assert "gen_ai.response.model" not in said


def test_what_a_request_says_at_its_end() -> None:
    """Usage, costs to the nano-dollar, the end of the stream, the attempts and the hash of the answer."""
    heard = listening()
    routed(heard.telemetry)
    said = dict(heard.span("policyroute.request").attributes or {})
    assert said == {
        "policyroute.decision.id": "d" * 32,
        "policyroute.usage.input_tokens": 12,
        "policyroute.usage.output_tokens": 30,
        "policyroute.cost.actual_usd": 0.042000001,
        "policyroute.cost.baseline_usd": 0.072000002,
        "policyroute.stream.end": "complete",
        "policyroute.attempt.count": 2,
        "policyroute.answer.hash": "0a" * 16,
    }


def test_only_the_first_end_counts() -> None:
    """A call that ends twice, as after a disconnect, is one span with what was known first."""
    heard = listening()
    span = heard.telemetry.request(START_NS)
    attempt = span.attempt("near", "own", started_ns=START_NS)
    span.ended(START_NS + MS, Ending(stream_end="client_disconnect"))
    attempt.ended(START_NS + 5 * MS, Answer(USED))
    span.ended(START_NS + 9 * MS, Ending(USED, 5, 5, "complete"))
    assert [one.name for one in heard.spans] == ["chat near", "policyroute.request"]
    assert (heard.spans[0].attributes or {})["error.type"] == "client_disconnect"
    assert (heard.spans[1].attributes or {})["policyroute.stream.end"] == "client_disconnect"
    assert heard.spans[1].end_time == START_NS + MS
    assert heard.points("policyroute.cost.actual") == []


def test_a_call_hangs_under_what_the_host_does() -> None:
    """The current span of the host is the parent, and while the call is current, what the host does is below it."""
    heard = listening()
    tracer = heard.provider.get_tracer("host")
    with tracer.start_as_current_span("server"):
        span = heard.telemetry.request(START_NS)
        with span.current():
            tracer.start_span("handler").end()
        span.ended(START_NS)
    server, handler, request = (heard.span(name) for name in ("server", "handler", "policyroute.request"))
    assert request.parent and request.parent.span_id == server.context.span_id
    assert handler.parent and handler.parent.span_id == request.context.span_id


def test_an_exception_of_the_host_passes_unrecorded() -> None:
    """What the host raises while the call is current reaches the caller, and its text no span."""
    heard = listening()
    span = heard.telemetry.request(START_NS)
    with pytest.raises(ValueError, match="Jane"), span.current():
        raise ValueError("Jane")
    span.ended(START_NS)
    assert (heard.spans[0].events, heard.spans[0].status.status_code) == ((), StatusCode.UNSET)


def test_calls_at_once_do_not_mix() -> None:
    """Two calls of one event loop have each their own tree."""
    heard = listening()
    both = asyncio.Barrier(2)

    async def call() -> None:
        span = heard.telemetry.request(START_NS)
        with span.current():
            await both.wait()
            span.decided(decide(), started_ns=START_NS, ended_ns=START_NS)
            await both.wait()
        span.ended(START_NS)

    async def main() -> None:
        await asyncio.gather(call(), call())

    asyncio.run(main())
    by_trace: dict[int, list[str]] = {}
    for span in heard.spans:
        by_trace.setdefault(span.context.trace_id, []).append(span.name)
    assert sorted(map(sorted, by_trace.values())) == [["policyroute.decision", "policyroute.request"]] * 2


def remote(flags: str) -> Context:
    """The context of a call that came with a `traceparent`."""
    return TraceContextTextMapPropagator().extract({"traceparent": f"00-{'1' * 32}-{'2' * 16}-{flags}"})


def test_a_caller_who_asks_for_no_trace_gets_none() -> None:
    """Under `-00` no span is kept, all goes on, metrics count, and what goes upstream says `-00` too."""
    heard = listening(sampler=ParentBased(ALWAYS_OFF))
    with trace.use_span(trace.get_current_span(remote("00"))):
        routed(heard.telemetry)
        span = heard.telemetry.request(START_NS)
    assert heard.spans == ()
    assert sum(point.value for point in heard.points("policyroute.decisions")) == 2
    assert (span.traceparent or "").startswith(f"00-{'1' * 32}-")
    assert (span.traceparent or "").endswith("-00")


def test_an_attempt_tells_its_upstream_who_it_is() -> None:
    """Its `traceparent` is that of its own span, in the caller's trace."""
    heard = listening()
    with trace.use_span(trace.get_current_span(remote("01"))):
        attempt = heard.telemetry.request(START_NS).attempt("near", "own", started_ns=START_NS)
    attempt.ended(START_NS)
    span = heard.span("chat near")
    assert attempt.traceparent == f"00-{'1' * 32}-{span.context.span_id:016x}-01"


class Denials(Sampler):
    """Keeps denials only: it goes by the attributes that a span has when it starts."""

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
    ) -> SamplingResult:
        kept = (attributes or {}).get("policyroute.decision.outcome") == "deny"
        return SamplingResult(Sampled.RECORD_AND_SAMPLE if kept else Sampled.DROP, attributes, TraceState())

    def get_description(self) -> str:
        return "denials"


def test_a_sampler_can_go_by_the_decision() -> None:
    """All attributes of a decision are there when it starts, also under a request that is not sampled."""
    heard = listening(sampler=Denials())
    routed(heard.telemetry)
    denied(heard.telemetry)
    assert [span.name for span in heard.spans] == ["policyroute.decision"]


def test_a_reload_is_a_span_of_its_own() -> None:
    """A policy that was loaded or rejected is told of, with the version that decides from then on."""
    heard = listening()
    heard.telemetry.reloaded(START_NS, Version("heard", 7, "abc"), "rejected", Version("heard", 8, "def"))
    assert dict(heard.span("policyroute.policy.reload").attributes or {}) == {
        "policyroute.policy.name": "heard",
        "policyroute.policy.version": 7,
        "policyroute.policy.hash": "abc",
        "policyroute.policy.reload.outcome": "rejected",
    }
    assert [point.value for point in heard.points("policyroute.policy.version.active")] == [7]
    assert [point.value for point in heard.points("policyroute.policy.version.latest")] == [8]


def test_without_a_provider_there_is_nothing_to_see() -> None:
    """With the API alone a call has no span, no `traceparent`, and all goes on."""
    telemetry = Telemetry(NoOpTracerProvider(), strict=True)
    for parent in (Context(), remote("00"), remote("01")):
        with trace.use_span(trace.get_current_span(parent)):
            routed(telemetry)
            span = telemetry.request(START_NS)
            with span.current():
                attempt = span.attempt("near", "own", started_ns=START_NS)
        assert (span.heard, span.traceparent, attempt.traceparent) == (False, None, None)
    assert telemetry.failures == 0
