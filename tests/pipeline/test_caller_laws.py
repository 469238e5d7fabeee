"""Callers may only tighten, the unknown only narrows, and what is down serves nobody else."""

from __future__ import annotations

from hypothesis import assume, given, strategies as st

from policyroute.call import NO_ASKS, Asks, Call, Facts, Part
from policyroute.loading import Policy
from tests.pipeline.strategies import (
    LEVELS,
    MODELS,
    NARROWING,
    PARTS,
    SSN,
    WISHES,
    Document,
    Kinds,
    calls,
    documents,
    facts,
    law,
    policy_of,
)

# A hard route says where a call goes, not only where it may not: which one matches first, and whether it is passed over
# under `otherwise: continue`, decides between sets of which neither holds the other. So these laws are about policies
# without hard routes, where nothing but narrowing is left.
UNKNOWING = Kinds(pins=False, skips=False, texts=True)
MODEST = calls(asks=st.just(NO_ASKS), claims=st.just({}))


def reached(policy: Policy, call: Call, world: Facts) -> set[str]:
    """Every model that a call may reach."""
    decision = policy.decide(call, world)
    ranking = {ranked.model for ranked in decision.ranking}
    assert {planned.model for planned in decision.plan} <= ranking
    return ranking


@law
@given(documents(NARROWING), MODEST, facts(), WISHES, LEVELS)
def test_a_claim_never_makes_a_model_eligible(
    document: Document, call: Call, world: Facts, asks: Asks, claims: dict[str, str]
) -> None:
    """Tags, a tier, a cost limit, a preference, a claimed header: the models left are among those left without them.

    Of policies that do not ask for the absence of tags, which is what a caller's tag ends (the lint says so).
    """
    policy = policy_of(document)
    assert reached(policy, call._replace(asks=asks, claims=claims), world) <= reached(policy, call, world)


@law
@given(documents(NARROWING), calls(), facts(), st.sampled_from([*MODELS, "other"]))
def test_naming_a_model_never_makes_a_model_eligible(document: Document, call: Call, world: Facts, name: str) -> None:
    """A requested model is a preference or a narrowing, and never a bypass."""
    policy = policy_of(document)
    plain = reached(policy, call._replace(requested_model=None), world)
    assert reached(policy, call._replace(requested_model=name), world) <= plain


@law
@given(documents(), calls(), facts())
def test_a_wish_for_an_order_changes_nothing_but_the_order(document: Document, call: Call, world: Facts) -> None:
    """`prefer` ranks: the outcome, the tags and the models are the same, in policies of every kind."""
    policy = policy_of(document)
    ways = [
        policy.decide(call._replace(asks=call.asks._replace(prefer=prefer)), world)
        for prefer in (None, "cost", "speed", "quality")
    ]
    assert len({(way.outcome, way.tags, frozenset(ranked.model for ranked in way.ranking)) for way in ways}) == 1


@law
@given(documents(UNKNOWING), calls(), PARTS, facts(failures=False))
def test_a_detector_that_failed_leaves_no_more_than_either_answer(
    document: Document, call: Call, parts: list[Part], world: Facts
) -> None:
    """Whether or not there was something to find: what is left without knowing is left both with it and without it."""
    policy = policy_of(document)
    clean = tuple(part._replace(text=part.text.replace(SSN, "amber")) for part in parts)
    found = (*clean[:1], *(part._replace(text=f"{part.text} {SSN}") for part in clean[1:]), Part("tool", SSN))
    unknown = world._replace(failed=frozenset({"detect:us-ssn"}))
    with_it, without_it = call._replace(parts=found), call._replace(parts=clean)
    answers = reached(policy, with_it, world), reached(policy, without_it, world)
    assert reached(policy, without_it, unknown) <= answers[0] & answers[1]
    assert reached(policy, with_it, unknown) == reached(policy, without_it, unknown)


@law
@given(documents(Kinds(pins=False, skips=False)), calls(), facts(failures=False))
def test_an_attribute_that_failed_leaves_no_more_than_any_value(document: Document, call: Call, world: Facts) -> None:
    """Absent or of whichever value: what is left without knowing it is left under each."""
    policy = policy_of(document)
    without = {name: value for name, value in call.attributes.items() if name != "plan"}
    unknown = reached(policy, call, world._replace(failed=frozenset({"attribute:plan"})))
    for given_ in (without, without | {"plan": "free"}, without | {"plan": "pro"}):
        assert unknown <= reached(policy, call._replace(attributes=given_), world)


@law
@given(documents(Kinds(pins=False, skips=False)), calls(), facts(failures=False))
def test_an_attribute_that_names_the_tag_and_failed_may_name_any(document: Document, call: Call, world: Facts) -> None:
    """The same for a claim whose value is the tag to add."""
    policy = policy_of(document)
    unknown = reached(policy, call, world._replace(failed=frozenset({"attribute:level"})))
    for claims in ({}, {"header.x-level": "t0"}, {"header.x-level": "t1"}, {"header.x-level": "t2"}):
        assert unknown <= reached(policy, call._replace(claims=claims), world)


@law
@given(documents(UNKNOWING), calls(), st.floats(0, 1e9), facts(failures=False))
def test_without_a_clock_no_more_is_left_than_at_any_time(document: Document, call: Call, now: float, world: Facts) -> None:
    """A clock that was not handed in is unknown like everything else."""
    policy = policy_of(document)
    assert reached(policy, call, world._replace(now=None)) <= reached(policy, call, world._replace(now=now))


@law
@given(documents(Kinds(passes=False)), calls(), facts(), st.frozensets(st.sampled_from(MODELS), min_size=1))
def test_what_is_down_makes_nothing_else_eligible(document: Document, call: Call, world: Facts, down: frozenset[str]) -> None:
    """Less health never means more models, in policies where no hard route is passed over for want of a target."""
    policy = policy_of(document)
    more = world._replace(down=world.down | down)
    assert reached(policy, call, more) == reached(policy, call, world) - more.down


@law
@given(documents(), calls(), facts(), st.frozensets(st.sampled_from(MODELS), min_size=1))
def test_what_is_down_is_never_called(document: Document, call: Call, world: Facts, down: frozenset[str]) -> None:
    """No ranking and no plan has a model that is down, in policies of every kind."""
    assert reached(policy_of(document), call, world._replace(down=down)).isdisjoint(down)


@law
@given(documents(), calls(), facts(failures=False), st.frozensets(st.sampled_from(MODELS), min_size=1))
def test_a_denial_blames_health_only_where_health_is_to_blame(
    document: Document, call: Call, world: Facts, down: frozenset[str]
) -> None:
    """`no_model_available` is said of calls that are served when every model is up, and of all that are denied then not."""
    policy = policy_of(document)
    decision = policy.decide(call, world._replace(down=down))
    assume(decision.outcome == "deny")
    healthy = policy.decide(call, world._replace(down=frozenset()))
    assert (decision.reason == "no_model_available") is (healthy.outcome == "route")


@law
@given(
    documents(Kinds(pins=False)), calls(), facts(failures=False), st.sampled_from(["b0", "b1"]), st.floats(0, 2), st.floats(0, 2)
)
def test_spending_more_never_leaves_more(
    document: Document, call: Call, world: Facts, budget: str, spent: float, more: float
) -> None:
    """The further a budget is used, the fewer models are left."""
    policy = policy_of(document)
    low, high = sorted((spent, more))
    before, after = (world._replace(spent={**world.spent, budget: share}) for share in (low, high))
    assert reached(policy, call, after) <= reached(policy, call, before)
