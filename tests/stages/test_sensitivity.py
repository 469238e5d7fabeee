"""Masking and what it lifts: a tag goes only where the rule would not fire on what leaves, and nothing else keeps it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.call import Asks, Call, Facts, Part
from policyroute.decision import Decision
from policyroute.loading import Policy, loads
from policyroute.stages.sensitivity import covers
from tests.pipeline.strategies import TAGS, Document, Kinds, calls, documents, facts, policy_of

MAIL = "jane.doe@example.com"
CARD = "4111 1111 1111 1111"
AWS = "AKIAQ3EGRZ5KXW7MPLTN"
UNDONE = Facts(failed=frozenset({"redact"}))

HEAD: Document = {
    "apiVersion": "policyroute/v1",
    "kind": "Policy",
    "metadata": {"name": "masks", "version": 1},
    "tiers": ["basic"],
    "models": {
        "own": {"provider": "v", "region": "eu", "tier": "basic", "price": {"in": 3, "out": 6}},
        "us": {"provider": "o", "region": "us", "tier": "basic", "price": {"in": 1, "out": 2}},
    },
    "attributes": {
        "tenant": {"from": "auth.tenant", "trust": "verified"},
        "level": {"from": "header.x-level", "trust": "claimed", "values": ["pii", "phi"]},
    },
    "tags": {
        "pii": {"only": {"region": ["eu"]}, "declassify": {"by": "redact"}},
        "kept": {},
        "phi": {"implies": ["pii", "kept"], "declassify": {"by": "redact"}},
        "held": {"implies": ["pii"]},
    },
}
LADDER = {"ladder": [{"id": "all", "when": {}, "prefer": ["basic"]}]}


def policy_with(*rules: dict[str, Any]) -> Policy:
    """A policy of these sensitivity rules."""
    unread = {"id": "unread", "when": {"unscanned": True}, "add": ["kept"]}
    return loads(json.dumps(HEAD | {"pipeline": {"sensitivity": [*rules, unread], "complexity": LADDER}}) + "\n")


def said(text: str, **more: Any) -> Call:
    """A call that says this."""
    return Call((Part("user", text),), **more)


def rule(when: dict[str, Any], add: Any = ("pii",), **more: Any) -> dict[str, Any]:
    """One rule."""
    return {"id": "r", "when": when, "add": add if isinstance(add, dict) else list(add)} | more


DETECTED = {"detect": ["email"]}
KEYWORD = {"prompt": {"keywords": ["jane"]}}
MASKS = {"redact": ["email"]}
OTHER = {"id": "o", "redact": ["credit-card"], "when": {"detect": ["credit-card"]}}

# rules, call, facts, and the tags that are left
ROWS: dict[str, tuple[list[dict[str, Any]], Call, Facts, tuple[str, ...]]] = {
    "it lifts": ([rule(DETECTED, **MASKS)], said(MAIL), Facts(), ()),
    "nothing masks": ([rule(DETECTED)], said(MAIL), Facts(), ("pii",)),
    "another kind is masked": ([rule(DETECTED, redact=["phone"])], said(MAIL), Facts(), ("pii",)),
    "another rule masks it": ([rule(DETECTED), {"id": "o", "when": DETECTED, "redact": ["email"]}], said(MAIL), Facts(), ()),
    "the rule that masks does not fire": ([rule(DETECTED), OTHER], said(MAIL), Facts(), ("pii",)),
    "masked by two rules": (
        [rule({"all": [{"any": [DETECTED, {"detect": ["credit-card"]}]}]}, **MASKS), OTHER],
        said(f"{MAIL} {CARD}"),
        Facts(),
        (),
    ),
    "masked by half": (
        [rule({"any": [DETECTED, {"detect": ["credit-card"]}]}, **MASKS)],
        said(f"{MAIL} {CARD}"),
        Facts(),
        ("pii",),
    ),
    "a family masks its members": ([rule({"detect": ["secret.aws"]}, redact=["secret"])], said(AWS), Facts(), ()),
    "a member does not mask the family": ([rule({"detect": ["secret"]}, redact=["secret.aws"])], said(AWS), Facts(), ("pii",)),
    "the words fire as well": ([rule({"any": [DETECTED, KEYWORD]}, **MASKS)], said(f"jane {MAIL}"), Facts(), ("pii",)),
    "the words fire alone": ([rule(KEYWORD, **MASKS)], said("jane"), Facts(), ("pii",)),
    "the words have to be there too": ([rule({**DETECTED, **KEYWORD}, **MASKS)], said(f"jane {MAIL}"), Facts(), ()),
    "words that masking takes away": (
        [rule({"any": [DETECTED, {"not": {"prompt": {"keywords": ["example"]}}}]}, **MASKS)],
        said(MAIL),
        Facts(),
        ("pii",),
    ),
    "the caller's tenant fires it": (
        [rule({"any": [DETECTED, {"tenant": ["hr"]}]}, **MASKS)],
        said(MAIL, attributes={"tenant": "hr"}),
        Facts(),
        ("pii",),
    ),
    "a part cannot be read": ([rule(DETECTED, **MASKS)], said(MAIL, unscanned=("image",)), Facts(), ("pii", "kept")),
    "masking did not work": ([rule(DETECTED, **MASKS)], said(MAIL), UNDONE, ("pii",)),
    "the detector failed": ([rule(DETECTED, **MASKS)], said(MAIL), Facts(failed=frozenset({"detect:email"})), ("pii",)),
    "a member failed": (
        [rule({"any": [DETECTED, {"detect": ["secret"]}]}, redact=["email", "secret"])],
        said(MAIL),
        Facts(failed=frozenset({"detect:secret.aws"})),
        ("pii",),
    ),
    "the family failed": (
        [rule(DETECTED, redact=["email", "secret.aws"])],
        said(MAIL),
        Facts(failed=frozenset({"detect:secret"})),
        ("pii",),
    ),
    "something else failed": ([rule(DETECTED, **MASKS)], said(MAIL), Facts(failed=frozenset({"budget:b", "detect:phone"})), ()),
    "the caller asked": ([rule(DETECTED, **MASKS)], said(MAIL, asks=Asks(tags=("pii",))), Facts(), ("pii",)),
    "the caller declares": (
        [rule(DETECTED, **MASKS), {"id": "c", "when": {"level": "any"}, "add": {"from": "level"}}],
        said(MAIL, claims={"header.x-level": "pii"}),
        Facts(),
        ("pii",),
    ),
    "declared by the rule itself": (
        [rule(DETECTED, {"from": "level"}, **MASKS)],
        said(MAIL, claims={"header.x-level": "pii"}),
        Facts(),
        ("pii",),
    ),
    "what it implies stays": ([rule(DETECTED, ["phi"], **MASKS)], said(MAIL), Facts(), ("kept",)),
    "one that stays keeps what it implies": ([rule(DETECTED, ["pii", "held"], **MASKS)], said(MAIL), Facts(), ("pii", "held")),
    "another rule adds it": (
        [rule(DETECTED, **MASKS), {"id": "w", "when": KEYWORD, "add": ["pii"]}],
        said(f"jane {MAIL}"),
        Facts(),
        ("pii",),
    ),
    "an open question that fires": (
        [rule({"any": [DETECTED, {"time": {"from": "08:00", "to": "18:00"}}]}, **MASKS)],
        said(MAIL),
        Facts(),
        ("pii",),
    ),
    "an open question that is skipped": (
        [rule({"any": [DETECTED, {"time": {"from": "08:00", "to": "18:00"}}]}, on_unknown="skip", **MASKS)],
        said(MAIL),
        Facts(),
        (),
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_masking_lifts(name: str) -> None:
    """A tag is lifted if, and only if, the rule would not fire on the masked call, and nothing else asks for the tag."""
    rules, call, world, tags = ROWS[name]
    decision = policy_with(*rules).decide(call, world)
    assert decision.tags == tags
    assert ("us" in [ranked.model for ranked in decision.ranking]) is ("pii" not in tags)


@pytest.mark.parametrize("name", ROWS)
def test_masking_that_failed_is_as_if_nothing_declassified(name: str) -> None:
    """With `redact` among the facts that failed, the tags are those of the policy without `declassify`; where a rule masks and
    has no tag that masking lifts, nothing may see the text.
    """
    rules, call, world, _ = ROWS[name]
    failed = world._replace(failed=world.failed | {"redact"})
    strict = json.loads(json.dumps(HEAD))
    for tag in strict["tags"].values():
        tag.pop("declassify", None)
    unread = {"id": "unread", "when": {"unscanned": True}, "add": ["kept"]}
    other = loads(json.dumps(strict | {"pipeline": {"sensitivity": [*rules, unread], "complexity": LADDER}}) + "\n")
    whole = world._replace(failed=world.failed - {"redact"})
    decision, expected = policy_with(*rules).decide(call, failed), other.decide(call, whole)
    if decision.reason == "not_redacted":
        assert (decision.outcome, decision.tags) == ("deny", expected.tags)
        assert [one for one in rules if one["id"] in decision.fired and one.get("redact")]
    else:
        assert shape(decision) == shape(expected)


@pytest.mark.parametrize(
    ("tags", "outcome"),
    [([], "deny"), (["kept"], "deny"), (["pii"], "route"), (["kept", "pii"], "route")],
)
def test_what_cannot_be_masked_goes_only_where_a_tag_stands_in_for_the_mask(tags: list[str], outcome: str) -> None:
    """A tag that masking would have lifted says where the text may go as it is; without one it may go nowhere."""
    one = rule(DETECTED, tags, **MASKS)
    decision = policy_with({key: value for key, value in one.items() if value != []}).decide(said(MAIL), UNDONE)
    assert decision.outcome == outcome
    assert set(tags) <= set(decision.tags)
    assert outcome == "route" or (decision.stage, decision.reason) == ("sensitivity", "not_redacted")


def shape(decision: Decision) -> dict[str, object]:
    """A decision without the hash of its policy."""
    return {key: value for key, value in decision.to_dict().items() if key != "policy"}


def test_a_decision_says_what_to_mask() -> None:
    """`redact` are the kinds of all rules that fired, in the policy's order; `restore` those that no rule masks for good."""
    policy = policy_with(
        {"id": "a", "when": KEYWORD, "redact": ["email", "secret.aws"], "restore": True},
        {"id": "b", "when": KEYWORD, "redact": ["phone", "email"], "restore": True},
        {"id": "c", "when": {"prompt": {"keywords": ["key"]}}, "redact": ["secret"]},
    )
    plain, more, none = (policy.decide(said(text)) for text in ("jane", "jane key", "joe"))
    assert (plain.redact, plain.restore) == (("email", "secret.aws", "phone"), ("email", "secret.aws", "phone"))
    assert (more.redact, more.restore) == (("email", "secret.aws", "phone", "secret"), ("email", "phone"))
    assert (none.redact, none.restore, none.lifted) == ((), (), ())
    assert more.to_dict()["redact"] == list(more.redact) and more.to_dict()["restore"] == ["email", "phone"]


def test_a_step_says_what_was_lifted() -> None:
    """The rule's effect names the tags that stay, what is masked, and the tags that are lifted."""
    decision = policy_with(rule(DETECTED, ["phi"], restore=True, **MASKS)).decide(said(MAIL))
    (match,) = next(step.fired for step in decision.steps if step.stage == "sensitivity")
    assert match.effect == "tags kept; redacts email and restores them; lifts pii, phi"
    assert decision.lifted == ("pii", "phi") and decision.to_dict()["lifted"] == ["pii", "phi"]
    assert decision.excluded == {}


@pytest.mark.parametrize(
    ("kind", "other", "yes"),
    [
        ("secret", "secret.aws", True),
        ("secret", "secret", True),
        ("secret.aws", "secret", False),
        ("secret", "secrets", False),
        ("email", "phone", False),
    ],
)
def test_a_family_covers_its_members(kind: str, other: str, yes: bool) -> None:
    """Not the other way round, and not by a name that only begins alike."""
    assert covers(kind, other) is yes


def masked(document: Document, data: st.DataObject) -> tuple[Document, Document]:
    """The same policy with some tags that declassify, and some rules that mask; and without the masking."""
    plain = json.loads(json.dumps(document))
    for name in data.draw(st.sets(st.sampled_from(TAGS))):
        plain["tags"][name] = (plain["tags"][name] or {}) | {"declassify": {"by": "redact"}}
    masking = json.loads(json.dumps(plain))
    for one in masking["pipeline"]["sensitivity"]:
        if data.draw(st.booleans()):
            one["redact"] = ["us-ssn"]
    return plain, masking


@settings(max_examples=25)
@given(documents(Kinds(texts=True)), st.lists(st.tuples(calls(), facts()), min_size=1, max_size=4), st.data())
def test_masking_only_takes_tags_away(document: Document, asked: list[tuple[Call, Facts]], data: st.DataObject) -> None:
    """With masking a call has some of the tags it has without; with none of it, and where it failed, it has all of them."""
    plain, masking = (policy_of(one) for one in masked(document, data))
    for call, world in asked:
        without, decision = plain.decide(call, world), masking.decide(call, world)
        assert set(decision.tags) <= set(without.tags)
        if decision.outcome == without.outcome:
            assert set(without.tags) - set(decision.tags) <= set(decision.lifted)
        undone = world._replace(failed=world.failed | {"redact"})
        assert masking.decide(call, undone).tags == plain.decide(call, undone).tags
        if call.unscanned:
            assert not decision.lifted
