"""Laws of the fold: what holds for every policy, every call and every state of the world."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given, settings, strategies as st

from policyroute.call import ASSUMED_OUTPUT, Call, Facts
from policyroute.decision import Decision, Match, StageName, Verdict
from policyroute.reading import Reading
from policyroute.stages.stage import Candidates, Stage
from tests.pipeline.strategies import EVERYTHING, TIERS, Document, Kinds, calls, documents, facts, fresh, law, policy_of

ASKED = st.lists(st.tuples(calls(), facts()), min_size=1, max_size=4)


def outcome(decision: Decision) -> object:
    """What a caller notices of a decision, and the tags."""
    return (decision.outcome, decision.reason, decision.stage, decision.model, decision.tags, decision.ranking, decision.plan)


def reordered(document: Document, data: st.DataObject) -> Document:
    """The same policy with its sensitivity rules and its `only` routes in another order; hard routes stay in theirs."""
    made: Document = json.loads(json.dumps(document))
    pipeline = made["pipeline"]
    pipeline["sensitivity"] = data.draw(st.permutations(pipeline["sensitivity"]))
    shuffled = data.draw(st.permutations(pipeline["routes"]))
    pins = iter([rule for rule in pipeline["routes"] if "to" in rule])
    pipeline["routes"] = [next(pins) if "to" in rule else rule for rule in shuffled]
    return made


@law
@given(documents(Kinds(texts=True)), ASKED, st.data())
def test_the_order_of_what_narrows_means_nothing(
    document: Document, asked: list[tuple[Call, Facts]], data: st.DataObject
) -> None:
    """Sensitivity rules and `only` routes may stand in any order, before, between and after the hard routes."""
    other = policy_of(reordered(document, data))
    for call, world in asked:
        assert outcome(policy_of(document).decide(call, world)) == outcome(other.decide(call, world))


class Seen(NamedTuple):
    """What a stage was given, and what it answered."""

    stage: StageName
    given: Candidates
    verdict: Verdict


class Watched:
    """A stage that notes what goes in and out of another one."""

    def __init__(self, inner: Stage, seen: list[Seen]) -> None:
        self.name: StageName = inner.name
        self.inner = inner
        self.seen = seen

    def judge(self, call: Call, candidates: Candidates, facts: Facts, reading: Reading) -> Verdict:
        verdict = self.inner.judge(call, candidates, facts, reading)
        self.seen.append(Seen(self.name, candidates, verdict))
        return verdict

    def matches(self, verdict: Verdict, reading: Reading) -> tuple[Match, ...]:
        return self.inner.matches(verdict, reading)


@law
@given(documents(), ASKED)
def test_nothing_widens(document: Document, asked: list[tuple[Call, Facts]]) -> None:
    """No stage adds a model or drops a tag; the ranking is a permutation of the last eligible set; every call is in it."""
    policy = policy_of(document)
    for call, world in asked:
        seen: list[Seen] = []
        stages = tuple(Watched(stage, seen) for stage in policy.pipeline.stages)
        decision = policy.pipeline._replace(stages=stages).decide(call, world)
        for one in seen:
            assert one.verdict.eligible & ~one.given.eligible == 0 and one.given.tags & ~one.verdict.tags == 0
        for before, after in pairwise(step.eligible for step in decision.steps):
            assert set(after) <= set(before)
        ranking = [ranked.model for ranked in decision.ranking]
        assert len(set(ranking)) == len(ranking)
        if decision.outcome == "route":
            assert set(ranking) == set(decision.steps[-1].eligible) and decision.model in ranking
        else:
            assert ranking == [] and decision.plan == () and decision.model is None
        assert {planned.model for planned in decision.plan} <= set(ranking)
        assert {ranked.model for ranked in decision.ranking}.isdisjoint(decision.excluded)


@law
@given(documents(), ASKED)
def test_every_model_is_ranked_or_has_a_reason(document: Document, asked: list[tuple[Call, Facts]]) -> None:
    """On a route, a model is in the ranking or the decision says which rule took it out, and that rule fired in that stage."""
    policy = policy_of(document)
    names = {target.name for target in policy.pipeline.names.targets}
    for call, world in asked:
        decision = policy.decide(call, world)
        fired = {f"{step.stage}.{match.rule}" for step in decision.steps for match in step.fired}
        assert set(decision.excluded.values()) <= fired
        if decision.outcome == "route":
            assert set(decision.excluded) | {ranked.model for ranked in decision.ranking} == names


@law
@given(documents(Kinds(texts=True)), ASKED)
def test_deciding_is_pure(document: Document, asked: list[tuple[Call, Facts]]) -> None:
    """The same call and facts give the same decision, whatever was decided in between, and by a policy loaded anew."""
    policy = policy_of(document)
    first = [policy.decide(call, world).to_dict() for call, world in asked]
    assert [policy.decide(call, world).to_dict() for call, world in reversed(asked)] == first[::-1]
    assert [fresh(document).decide(*asked[0]).to_dict()] == first[:1]


@law
@given(documents(), calls(), facts())
def test_a_decision_can_be_kept_as_json(document: Document, call: Call, world: Facts) -> None:
    """What is journaled comes back as it was, and asking a decision twice changes nothing in it."""
    decision = policy_of(document).decide(call, world)
    kept = decision.to_dict()
    assert json.loads(json.dumps(kept)) == kept == decision.to_dict()
    assert decision.id == world.id and decision.mode == "enforce"


@law
@given(documents(), calls(), facts())
def test_within_a_preference_the_cheaper_comes_first(document: Document, call: Call, world: Facts) -> None:
    """Where nothing but tiers and prices orders, models of one tier stand by what this call costs there."""
    made: Document = json.loads(json.dumps(document))
    made["pipeline"]["complexity"] = {"ladder": [{"id": "last", "when": {}, "prefer": list(TIERS)}], "then_by": "price"}
    made["requested_model"] = "ignore"
    policy = policy_of(made)
    decision = policy.decide(call._replace(asks=call.asks._replace(prefer=None)), world)
    targets = {target.name: target for target in policy.pipeline.names.targets}
    out = (ASSUMED_OUTPUT if call.max_output is None else call.max_output) * call.answers
    for first, second in pairwise(ranked.model for ranked in decision.ranking):
        a, b = targets[first], targets[second]
        assert TIERS.index(a.tier) <= TIERS.index(b.tier)
        if a.tier == b.tier:
            costs = [(world.tokens or 0) * one.price_in + out * one.price_out for one in (a, b)]
            assert costs[0] <= costs[1]


@law
@given(documents(), calls(), facts(), st.integers(0, 2**32))
def test_chance_and_health_of_others_choose_only_among_what_is_left(
    document: Document, call: Call, world: Facts, seed: int
) -> None:
    """Draws, latencies and conversations reorder the ranking and choose who is called; they add and remove nobody."""
    policy = policy_of(document)
    decision = policy.decide(call, world)
    other = world._replace(seed=seed, canary=None, shadow=None, latency_ms={}, last_model=None, conversation=None)
    again = policy.decide(call, other)
    assert {ranked.model for ranked in decision.ranking} == {ranked.model for ranked in again.ranking}
    assert (decision.outcome, decision.tags, decision.excluded) == (again.outcome, again.tags, again.excluded)


def test_the_policies_are_not_all_alike() -> None:
    """The policies and calls above route and deny, rank one and several, and fire rules of every stage."""
    # What is drawn hangs on which modules are loaded, so only what many of these draws do is asked for.
    outcomes: set[object] = set()

    @given(documents(EVERYTHING), calls(), facts())
    @settings(max_examples=300, derandomize=True, database=None)
    def look(document: Document, call: Call, world: Facts) -> None:
        decision = policy_of(document).decide(call, world)
        outcomes.update((decision.outcome, decision.reason.split(".")[0], len(decision.ranking)))
        outcomes.update(step.stage for step in decision.steps if step.fired)
        outcomes.update(planned.kind for planned in decision.plan)

    look()
    assert {"route", "deny", "sensitivity", "routes", "budgets", "complexity"} <= outcomes
    assert {0, 1, 2, "primary", "fallback", "policy_denied"} <= outcomes
