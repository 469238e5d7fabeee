"""Invariants settled by sets: what is proved holds for every call, and what is disproved has a call that shows it."""

from __future__ import annotations

import pytest
from hypothesis import example, given, strategies as st

from policyroute.analysis.containment import MOST_WAYS, Settled, settle, surely_left, ways
from policyroute.call import Call, Facts
from policyroute.conditions.condition import All, Any, Condition, Not, compile_test
from policyroute.errors import PolicyError
from policyroute.loading import Policy, loads
from policyroute.policy.compile import Invariant
from tests.conditions.conditions import ATOMS, conditions, every_answer, meaning
from tests.pipeline.strategies import TAGS, Document, Kinds, calls, documents, facts, law, policy_of, selectors

A, B, C, D = ATOMS
HEAD = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: contained, version: 1}
mode: MODE
models:
  home: {provider: own, region: eu, hosting: onprem, tier: basic, context: 1000, caps: [], price: {in: 1, out: 1}}
  near: {provider: own, region: eu, hosting: cloud, tier: premium, context: 9000, caps: [tools], price: {in: 2, out: 2}}
  abroad: {provider: cloud, region: us, hosting: cloud, tier: premium, context: 9000, caps: [tools], price: {in: 3, out: 3}}
tiers: [basic, premium]
attributes:
  plan: {from: auth.plan, trust: verified, values: [free, pro]}
  user: {from: auth.user, trust: verified, values: [ada, eve], required: true}
  level: {from: header.x-level, trust: claimed, values: [personal, health]}
tags:
  personal: {only: {region: [eu]}}
  health: {implies: [personal], only: {hosting: [onprem]}}
  plain: {}
  marked: {}
  noted: {implies: [marked]}
pipeline:
  sensitivity:
    - {id: level-says, when: {level: any}, add: {from: level}}
    - {id: notes, when: {prompt: {keywords: [note]}}, add: [noted]}
    - {id: words, when: {prompt: {keywords: [patient]}}, add: [health]}
    - {id: numbers, when: {detect: [us-ssn, iban]}, add: [personal]}
    - {id: both, when: {stream: true, has: [tools]}, add: [health]}
    - {id: careful, when: {api: [openai.chat]}, unless: {plan: [pro]}, add: [plain]}
    - {id: not-scanned, when: {unscanned: true}, add: [personal]}
  routes:
    - {id: free-plan, when: {plan: [free]}, only: {tier: [basic]}}
    - {id: tagged, when: {tags: [personal]}, only: {provider: [own]}}
    - {id: at-home, when: {tags: [marked]}, only: {model: home}}
    - {id: pinned, when: {prompt: {keywords: [contract]}}, to: premium}
  complexity:
    ladder:
      - {id: all, when: {}, prefer: [basic]}
invariants:
"""


def verdict(said: str, mode: str = "enforce") -> str:
    """What is known of one invariant: `proved`, `unknown`, or the code of the problem that it is."""
    text = f"{HEAD.replace('MODE', mode)}  - {{id: it, {said}}}\n"
    try:
        policy = loads(text)
    except PolicyError as error:
        return " ".join(problem.code for problem in error.problems if problem.severity == "error")
    (settled,) = settle(policy.compiled, policy.pipeline)
    assert any(problem.code == "PR503" for problem in policy.warnings) is (settled.verdict == "unknown")
    return settled.verdict


@pytest.mark.parametrize(
    "said",
    [
        "never: {tags: [personal], reach: {region: {not: [eu]}}}",
        "never: {tags: [health], reach: {region: us}}",
        "never: {tags: [health], reach: {hosting: cloud}}",
        "never: {tags: [personal], reach: {provider: cloud}}",
        "never: {level: [health], reach: {hosting: cloud}}",
        "never: {prompt: {keywords: [patient]}, reach: {hosting: cloud}}",
        "never: {detect: [us-ssn], reach: {region: us}}",
        "never: {detect: [us-ssn, iban], reach: {region: us}}",
        "never: {stream: true, has: [tools], reach: {hosting: cloud}}",
        "never: {stream: true, has: [tools], plan: [free], max_output: {gt: 5}, reach: {model: [near, abroad]}}",
        "never: {unscanned: true, reach: {region: us}}",
        "never: {tags: [noted], reach: {model: near}}",
        "never: {prompt: {keywords: [note]}, reach: {model: near}}",
        "never: {plan: [free], reach: {tier: premium}}",
        "never: {any: [{plan: [free]}, {unscanned: true}], reach: {model: abroad}}",
        "never: {any: [{level: [personal]}, {tags: [health]}], reach: {region: us}}",
        "never: {level: [personal, health], stream: true, reach: {region: us}}",
        "never: {all: [{tags: [plain]}, {tags: [health]}], reach: {model: [near, abroad]}}",
        "never: {plan: [pro], reach: nothing}",
    ],
)
def test_what_surely_narrows_is_proved(said: str) -> None:
    """By tags, what they imply, what adds them, and `only` routes, in policies of every mode."""
    assert [verdict(said, mode) for mode in ("enforce", "shadow", '"off"')] == ["proved"] * 3


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("never: {tags: [personal], reach: {hosting: cloud}}", "PR501"),
        ("never: {tags: [plain], reach: {region: us}}", "PR501"),
        ("never: {plan: [pro], reach: {tier: premium}}", "PR501"),
        ("never: {user: [eve], reach: any}", "PR501"),
        ("never: {user: [eve], tags_none: [personal], reach: {region: us}}", "PR501"),
        ("never: {level: [personal], reach: {hosting: cloud}}", "PR501"),
        ("never: {any: [{tags: [health]}, {plan: [pro]}], reach: {region: us}}", "PR501"),
        ("never: {level: [health, personal], reach: {hosting: cloud}}", "PR501"),
        ("always: {tags: [health], needs: {caps: [tools]}}", "PR502"),
        ("always: {tags: [health], needs: {context: 5000}}", "PR502"),
        ("always: {plan: [free], needs: {caps: [tools]}, budgets: ok}", "PR502"),
    ],
)
def test_what_a_plain_call_breaks_is_refused(said: str, code: str) -> None:
    """A policy that a call of tags and attributes disproves does not load, whatever its mode: being off is no way out."""
    assert [verdict(said, mode) for mode in ("enforce", "shadow", '"off"')] == [code] * 3


@pytest.mark.parametrize(
    "said",
    [
        "never: {prompt: {keywords: [doctor]}, reach: {region: us}}",
        "never: {detect: [email], reach: {region: us}}",
        "never: {stream: true, reach: {region: us}}",
        "never: {not: {plan: [free]}, stream: true, reach: {region: us}}",
        "never: {all: [{plan: [free]}, {plan: [pro]}], reach: {model: home}}",
        "never: {tags: [health], tags_none: [personal], reach: {model: home}}",
        "never: {plan: [free], tags_none: [plain], reach: {model: home}}",
        "never: {missing: [plan], reach: {model: home}}",
        "always: {tags: [personal], needs: {caps: [tools]}}",
        "always: {plan: [pro], needs: {context: 9000, caps: [tools]}}",
        "always: {all: [{plan: [free]}, {plan: [pro]}], needs: {caps: [tools]}}",
    ],
)
def test_what_sets_cannot_tell_is_left_open(said: str) -> None:
    """No claim without a proof, and no accusation without a call for which the condition really holds."""
    assert verdict(said) == "unknown"


def test_the_model_that_shows_it_is_named() -> None:
    """A violated invariant names a model that such a call reaches."""
    with pytest.raises(PolicyError) as refused:
        loads(HEAD.replace("MODE", "enforce") + "  - {id: it, never: {plan: [pro], reach: {region: us}}}\n")
    (problem,) = [problem for problem in refused.value.problems if problem.severity == "error"]
    assert problem.message == "invariant `it` does not hold: such a call can reach `abroad`"


def test_what_is_left_is_what_nothing_takes_out() -> None:
    """Of a condition that nothing hangs on, everybody is left."""
    policy = loads(HEAD.replace("MODE", "enforce") + "  - {id: it, never: {stream: true, reach: nothing}}\n")
    assert surely_left(policy.compiled, policy.compiled.invariants[0].when) == 0b111


@given(conditions(6))
@example(All((Any((A, B)), Any((C, Not(D))))))
@example(All(tuple(Any((A, B)) for _ in range(9))))
@example(Any(()))
def test_a_condition_holds_in_one_of_its_ways(condition: Condition) -> None:
    """Whenever a condition is true one of its ways is, whenever it is not none is; and there are not too many of them."""
    found = ways(condition)
    assert len(found) <= MOST_WAYS
    for answers in every_answer():
        assert (meaning(condition, answers) is True) is any(meaning(way, answers) is True for way in found)


CONDITIONS = st.sampled_from(
    [
        *({"tags": [tag]} for tag in TAGS),
        {"tags": ["t0"], "tags_none": ["t1"]},
        {"plan": ["free"]},
        {"plan": ["pro"], "desk": "any"},
        {"level": ["t1"]},
        {"unscanned": True},
        {"stream": True, "has": ["tools"]},
        {"missing": ["desk"]},
        {"any": [{"tags": ["t2"]}, {"level": "any"}]},
        {"all": [{"plan": ["free"]}, {"not": {"stream": True}}]},
        {"requested_model": ["m0"]},
        {"tokens": {"gt": 50}},
        {"max_output": {"lte": 10}, "stream": True},
    ]
)
KEPT = st.fixed_dictionaries({"never": st.tuples(CONDITIONS, selectors()).map(lambda pair: {**pair[0], "reach": pair[1]})})


def holds(policy: Policy, one: Invariant, call: Call, world: Facts, tags: tuple[str, ...]) -> bool:
    """Whether the condition of an invariant is true of a call that was decided."""
    reading = policy.pipeline.reader.read(call, world)
    truth = reading.truth
    for tag in tags:
        truth |= policy.pipeline.reader.tagged(tag)
    return compile_test(one.when)(truth, reading.unknown) is True


def settled_of(document: Document, invariants: list[Document]) -> tuple[Policy | None, tuple[Settled, ...]]:
    """The policy with those invariants that do not keep it from loading."""
    said = [{"id": f"i{i}", **one} for i, one in enumerate(invariants)]
    while True:
        try:
            policy = policy_of({**document, "invariants": said})
        except PolicyError as error:
            broken = {problem.message.split("`")[1] for problem in error.problems if problem.code in ("PR501", "PR502")}
            assert broken, error
            said = [one for one in said if one["id"] not in broken]
        else:
            return policy, settle(policy.compiled, policy.pipeline)


@law
@given(
    documents(Kinds(skips=True)),
    st.lists(KEPT, min_size=2, max_size=6),
    st.lists(st.tuples(calls(), facts()), min_size=3, max_size=8),
)
def test_what_is_proved_holds_for_every_call(
    document: Document, invariants: list[Document], asked: list[tuple[Call, Facts]]
) -> None:
    """Whenever the condition of a proved invariant is true of a call, no model of its `reach` is ranked or called."""
    policy, settled = settled_of(document, invariants)
    assert policy is not None
    names = policy.pipeline.names.targets
    for call, world in asked:
        decision = policy.decide(call, world)
        left = {ranked.model for ranked in decision.ranking} | {planned.model for planned in decision.plan}
        for one in settled:
            reach = one.invariant.reach
            if one.verdict == "proved" and reach is not None and holds(policy, one.invariant, call, world, decision.tags):
                assert left.isdisjoint(target.name for i, target in enumerate(names) if reach >> i & 1), one.invariant.said.id


@law
@given(documents(Kinds()), CONDITIONS, st.lists(st.tuples(calls(), facts()), min_size=3, max_size=8))
def test_what_may_be_left_contains_what_is_left(document: Document, condition: Document, asked: list[tuple[Call, Facts]]) -> None:
    """The models that sets cannot rule out contain every model that such a call is left with."""
    policy = policy_of({**document, "invariants": [{"id": "it", "never": {**condition, "reach": "nothing"}}]})
    (one,) = policy.compiled.invariants
    names = policy.pipeline.names.targets
    may = surely_left(policy.compiled, one.when)
    for call, world in asked:
        decision = policy.decide(call, world)
        if holds(policy, one, call, world, decision.tags):
            assert {ranked.model for ranked in decision.ranking} <= {
                target.name for i, target in enumerate(names) if may >> i & 1
            }
