"""Nothing of a call is in what is told of it: a canary is put wherever a caller, an upstream or an attribute can put one."""

from __future__ import annotations

import logging

import pytest

from policyroute.call import Call, Facts, Usage
from policyroute.decision import Decision
from policyroute.loading import loads
from policyroute.telemetry.describing import Answer, Ending
from policyroute.telemetry.jsonlog import JsonLog
from tests.telemetry.hearing import START_NS, listening

BIRD = "kestrel7f3a9"
POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: aviary, version: 1}
tiers: [t]
models:
  near: {provider: p, tier: t, region: eu, context: 1000000, price: {in: 1, out: 1}}
  far: {provider: p, tier: t, region: us, context: 1000000, price: {in: 1, out: 2}}
attributes:
  team: {from: auth.team, trust: verified}
  note: {from: header.x-note, trust: claimed}
tags: {found: {only: {region: [eu]}}, nowhere: {only: {region: [moon]}}}
pipeline:
  sensitivity:
    - {id: mail, when: {detect: [email]}, add: [found]}
    - {id: team, when: {team: {regex: '^kest'}}, add: [found]}
    - {id: noted, when: {note: {regex: 'kest'}}, add: [found]}
    - {id: words, when: {prompt: {keywords: [heron]}}, add: [nowhere]}
    - {id: unread, when: {unscanned: true}, add: [found]}
  budgets:
    - {id: day, per: [team], window: day, limit: {usd: 1}, steps: [{at: 90%, deny: budget_exhausted}]}
  complexity:
    ladder: [{id: all, when: {}, prefer: [t]}]
"""


def decisions() -> list[Decision]:
    """A route, and a denial by a tag and one by a budget, of calls that are full of the canary."""
    policy = loads(POLICY)
    made = []
    for text, spent in ((f"mail {BIRD}@nest-mail.net", 0.1), (f"heron {BIRD}", 0.1), (BIRD, 1.0)):
        call = Call.from_text(text, system=BIRD, attributes={"team": BIRD}, requested_model=BIRD)
        call = call._replace(claims={"header.x-note": BIRD}, unscanned=("image",))
        made.append(policy.decide(call, Facts(spent={"day": spent}, conversation=BIRD, id="0" * 32)))
    return made


@pytest.mark.parametrize("known", [True, False])
def test_the_canary_is_in_nothing_that_is_told(known: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Spans, metrics, log lines, statuses, events and `traceparent`s of calls that hold it do not repeat it."""
    logger = logging.getLogger("policyroute.decisions")
    heard = listening(log=JsonLog(logger))
    told: list[object] = []
    with caplog.at_level(logging.DEBUG):
        for decision in decisions():
            span = heard.telemetry.request(START_NS, requested=BIRD if known else "auto", baseline="far")
            span.decided(decision, started_ns=START_NS, ended_ns=START_NS)
            attempt = span.attempt("near", "p", started_ns=START_NS, stream=True)
            answer = Answer(Usage(1, 2), ("stop", BIRD), f"near-{BIRD}", START_NS)
            attempt.ended(START_NS, answer, error=f"{BIRD} https://up.example/{BIRD}?key={BIRD}")
            lost = span.attempt("far", "p", started_ns=START_NS)
            span.ended(START_NS, Ending(Usage(1, 2), 1, 2, "upstream_error", answer_hash=BIRD))
            told += [span.traceparent, attempt.traceparent, lost.traceparent, repr(span), repr(attempt)]
    told += [span.to_json() for span in heard.spans]
    data = heard.reader.get_metrics_data()
    told.append(data.to_json() if data else "")
    told += [record.getMessage() for record in caplog.records]
    assert len(heard.spans) == 12
    assert len(caplog.records) == 6
    assert not [one for one in told if BIRD in str(one).lower()]
