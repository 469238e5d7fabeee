"""Kinds of plug-ins in a policy: declared, asked for like any other, and unknown until somebody says."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyroute import Call, Facts
from policyroute.cli.main import main
from policyroute.errors import Problem
from policyroute.loading import examine, loads
from policyroute.loading.tests import examine_tests
from policyroute.policy.cases import run
from policyroute.policy.source import read_text

POLICY = """\
apiVersion: policyroute/v1
kind: Policy
metadata: {name: names, version: 1}
tiers: [basic]
models:
  own: {provider: vllm, region: eu, tier: basic, price: {in: 1, out: 1}}
  far: {provider: other, region: us, tier: basic, price: {in: 1, out: 1}}
detectors: {person: {plugin: true}, badge: {regex: 'B-[0-9]{5}'}}
tags: {pii: {only: {region: [eu]}}}
pipeline:
  sensitivity:
    - {id: names, when: {detect: [person]}, add: [pii]}
    - {id: badges, when: {detect: [badge]}, add: [pii]}
    - {id: unread, when: {unscanned: true}, add: [pii]}
  complexity: {ladder: [{id: all, when: {}, prefer: [basic]}]}
"""
TESTS = """\
apiVersion: policyroute/v1
kind: PolicyTest
policy: names.yaml
requests:
  plain: {prompt: Hello, detected: {person: false}}
tests:
  - {name: nobody is named, request: plain, each: [{}, {requested_model: far}], expect: {tags: []}}
  - name: somebody is, or could be
    request: plain
    each: [{detected: {person: true}}, {detected: {}}, {failed: 'detect:person'}]
    expect: {tags: [pii]}
"""


def problems_of(policy: str) -> tuple[Problem, ...]:
    """What is wrong with a policy."""
    return examine("names.yaml", lambda file: read_text(policy, file)).problems


@pytest.mark.parametrize(
    ("facts", "tags"),
    [
        (Facts(detected={"person": False}), ()),
        (Facts(detected={"person": True}), ("pii",)),
        (Facts(), ("pii",)),
        (Facts(detected={"badge": False}), ("pii",)),
        (Facts(detected={"person": False}, failed=frozenset({"detect:person"})), ("pii",)),
        (Facts(detected={"person": False, "email": True}), ()),
    ],
)
def test_what_is_not_known_fires(facts: Facts, tags: tuple[str, ...]) -> None:
    """Only a plug-in that looked and found nothing makes a call clean, with a text or without."""
    policy = loads(POLICY)
    assert policy.decide(Call.from_text("Hello"), facts).tags == tags
    assert policy.decide(Call(), facts).tags == tags


def test_facts_speak_for_plug_ins_only() -> None:
    """What the scan finds is not denied from outside."""
    facts = Facts(detected={"person": False, "badge": False})
    assert loads(POLICY).decide(Call.from_text("B-12345"), facts).tags == ("pii",)


def test_a_route_waits_for_an_answer() -> None:
    """Where unknown does not match, no plug-in is no match."""
    routes = "  routes: [{id: pin, when: {detect: [person]}, to: own, otherwise: continue}]\n  complexity"
    policy = loads(POLICY.replace("  complexity", routes, 1).replace("- {id: names, when: {detect: [person]}, add: [pii]}", ""))
    assert "pin" not in policy.decide(Call.from_text("Hello")).fired
    assert "pin" in policy.decide(Call.from_text("Hello"), Facts(detected={"person": True})).fired


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("{plugin: true}", "{plugin: false}", "PR103", "`true`"),
        ("{plugin: true}", "{plugin: presidio}", "PR103", "`true`"),
        ("{plugin: true}", "{plugin: true, regex: 'x'}", "PR126", "found `regex` and `plugin`"),
        ("{plugin: true}", "{plugin: true, keywords: [x]}", "PR126", "found `keywords` and `plugin`"),
        ("{plugin: true}", "{plugin: true, near: [name]}", "PR208", "`near` means nothing for `person`"),
        ("{plugin: true}", "{plugin: true, check: luhn}", "PR208", "`check` means nothing for `person`"),
        ("person: {plugin", "email: {plugin", "PR110", "`email` is a built-in detector"),
        ("add: [pii]}\n    - {id: b", "add: [pii], redact: [person]}\n    - {id: b", "PR208", "`person` cannot be redacted"),
        ("detect: [person]", "detect: [persno]", "PR117", "unknown detector `persno`"),
    ],
)
def test_what_cannot_be_meant(old: str, new: str, code: str, said: str) -> None:
    """A plug-in has no pattern, no check and nothing to mask, and does not replace what is built in."""
    assert POLICY.count(old) == 1
    found = [problem for problem in problems_of(POLICY.replace(old, new)) if problem.severity == "error"]
    assert code in {problem.code for problem in found}
    assert any(said in problem.message for problem in found if problem.code == code)


def test_a_policy_with_plug_ins_has_no_problems() -> None:
    """Nothing has to be installed for a policy to be looked at."""
    assert problems_of(POLICY) == ()


def test_tests_say_what_plug_ins_found(tmp_path: Path) -> None:
    """In requests and in rows; where nothing is said it is unknown."""
    (tmp_path / "names.yaml").write_text(POLICY, "utf-8")
    (tmp_path / "names_test.yaml").write_text(TESTS, "utf-8")
    tested = examine_tests(str(tmp_path / "names_test.yaml"))
    assert tested.problems == ()
    assert tested.cases is not None and tested.about is not None and tested.about.policy is not None
    policy = tested.about.policy
    assert [result.diff for result in run(tested.cases, policy.compiled, policy.pipeline)] == [""] * 5


@pytest.mark.parametrize(("name", "known"), [("persno", "did you mean `person`?"), ("badge", "known: `person`")])
def test_tests_know_the_kinds_of_plug_ins(tmp_path: Path, name: str, known: str) -> None:
    """A kind that no plug-in is declared for is an error, with what was probably meant."""
    (tmp_path / "names.yaml").write_text(POLICY, "utf-8")
    (tmp_path / "names_test.yaml").write_text(TESTS.replace("{person: true}", f"{{{name}: true}}"), "utf-8")
    (problem,) = examine_tests(str(tmp_path / "names_test.yaml")).problems
    assert (problem.code, problem.help) == ("PR117", known)


@pytest.mark.parametrize(
    ("detected", "code", "said"),
    [
        ([], 0, "detector `person`"),
        (["--detected", "person=true"], 0, "detector `person` found something"),
        (["--detected", "person=false"], 0, "no tags"),
        (["--detected", "person=maybe"], 2, "`maybe` is neither true nor false"),
        (["--detected", "persno=true"], 2, "unknown plug-in kind `persno`: did you mean `person`?"),
        (["--detected", "badge=true"], 2, "unknown plug-in kind `badge`: the policy has `person`"),
        (["--detected", "person"], 2, "`--detected person=true` has"),
    ],
)
def test_explain_takes_their_answers(tmp_path: Path, capsys, detected: list[str], code: int, said: str) -> None:
    """`--detected person=true` stands for a plug-in."""
    (tmp_path / "names.yaml").write_text(POLICY, "utf-8")
    assert main(["explain", str(tmp_path / "names.yaml"), "--prompt", "Hello", *detected]) == code
    out, err = capsys.readouterr()
    assert said in out + err
