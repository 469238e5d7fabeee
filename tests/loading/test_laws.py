"""Laws of loading: whatever stands in a file, looking at it raises nothing; and what passes can decide."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from policyroute.call import Asks, Call, Facts, Part
from policyroute.errors import CallError
from policyroute.loading import Checked, examine
from policyroute.loading.tests import examine_tests
from policyroute.policy.cases import run
from policyroute.policy.codes import CODES
from policyroute.policy.source import Source, read_text, to_plain
from tests.loading.editing import SHOP, SHOP_TEST

SHOP_DATA: Any = to_plain(read_text(SHOP, "p.yaml").root)
TEST_DATA: Any = to_plain(read_text(SHOP_TEST, "p_test.yaml").root)
LINES = SHOP.splitlines(keepends=True)
TOKENS = re.findall(r"[A-Za-z0-9_.%/@-]+|\n *|[^A-Za-z0-9]", SHOP)
WORDS = sorted({token for token in TOKENS if token.strip()})
ODD = (
    "",
    "~",
    "no",
    "1e3",
    ".nan",
    "-5",
    "[]",
    "{}",
    "&a",
    "*a",
    "<<",
    "!!x",
    "|",
    "'",
    '"',
    "#",
    ": ",
    "\t",
    "\u202e",
    "99999999999999999999",
)
CALLS = (
    Call(),
    Call.from_text("write to ann@example.org, B-123456", attributes={"tenant": "acme", "plan": "free"}),
    Call(
        (Part("user", "indemnification"),), claims={"header.x-data-class": "pii"}, unscanned=("image",), asks=Asks(tags=("pii",))
    ),
)
FACTS = (Facts(), Facts(now=0.0, spent={"tenant-day": 0.9}, failed=frozenset({"budget:tenant-day", "detect:email"}), canary=True))

values = st.one_of(
    st.sampled_from((None, True, 0, -1, 1.5, 10**17, "", "x y", "5%", "10m", "any", "nothing", "08:00")),
    st.sampled_from(WORDS),
    st.builds(list),
    st.builds(dict),
    st.lists(st.sampled_from(WORDS), max_size=3),
    st.dictionaries(st.sampled_from(WORDS), st.sampled_from(WORDS), max_size=2),
)


def holds(checked: Checked) -> None:
    """That every problem has its place, and that a policy without an error decides."""
    lines = {source.file: source.lines for source in checked.sources}
    for problem in checked.problems:
        assert problem.code in CODES
        assert 1 <= problem.line <= len(lines[problem.file]) + 1
        assert 1 <= problem.column < problem.end_column
        assert problem.message[:1] == problem.message[:1].lower() or problem.message.startswith(("YAML", "U+"))
        assert not problem.message.endswith(".")
    assert (checked.policy is None) == any(problem.severity == "error" for problem in checked.problems)
    if checked.policy is not None:
        for call in CALLS:
            for facts in FACTS:
                try:
                    decision = checked.policy.decide(call, facts)
                except CallError:
                    continue
                assert decision.outcome in ("route", "deny", "passthrough")
                assert decision.steps is not None
                assert len(decision.plan) >= (decision.outcome == "route")


def looked_at(text: str | bytes) -> Checked:
    """What looking at a text finds."""
    return examine("p.yaml", lambda name: read_text(text, name) if name == "p.yaml" else read_text(b"\xff", name))


def at_random(data: st.DataObject, document: Any) -> Any:
    """A copy of which some values, at random places, are others, gone or there twice."""
    changed = deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        places: list[tuple[Any, Any]] = []
        waiting = [changed]
        while waiting:
            holder = waiting.pop()
            keys = list(holder) if isinstance(holder, dict) else range(len(holder))
            places += [(holder, key) for key in keys]
            waiting += [holder[key] for key in keys if isinstance(holder[key], dict | list)]
        holder, key = data.draw(st.sampled_from(places)) if places else ({}, "x")
        what = data.draw(st.sampled_from(("replace", "remove", "add", "rename", "move")))
        if what == "remove" and places:
            del holder[key]
        elif what == "rename" and isinstance(holder, dict) and places:
            holder[data.draw(st.sampled_from(WORDS))] = holder.pop(key)
        elif what == "move" and places:
            holder[key] = deepcopy((lambda pair: pair[0][pair[1]])(data.draw(st.sampled_from(places))))
        elif what == "add" and isinstance(holder, dict):
            holder[data.draw(st.sampled_from(WORDS))] = data.draw(values)
        else:
            holder[key] = data.draw(values)
    return changed


@given(st.binary(max_size=300))
def test_any_bytes_can_be_looked_at(content: bytes) -> None:
    """No bytes raise anything; they are no policy, and that is said."""
    checked = looked_at(content)
    holds(checked)
    assert checked.policy is None


@given(st.lists(st.one_of(st.sampled_from(TOKENS), st.sampled_from(ODD), st.text(max_size=3)), max_size=60).map("".join))
@example("a: [\n")
@example("\u0085")
def test_any_text_can_be_looked_at(text: str) -> None:
    """Texts that look like policies, and are none, raise nothing."""
    holds(looked_at(text))


@given(st.data())
def test_a_policy_with_other_lines_can_be_looked_at(data: st.DataObject) -> None:
    """Lines that are gone, twice, swapped or indented otherwise raise nothing; what has no error decides."""
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        i, j = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        match data.draw(st.sampled_from(("delete", "double", "swap", "indent", "cut"))):
            case "delete" if len(lines) > 1:
                del lines[i]
            case "double":
                lines.insert(j, lines[i])
            case "swap":
                lines[i], lines[j] = lines[j], lines[i]
            case "indent":
                lines[i] = "  " + lines[i]
            case _:
                lines[i] = lines[i][: data.draw(st.integers(0, len(lines[i])))]
    holds(looked_at("".join(lines)))


@given(st.data())
def test_a_policy_with_other_words_can_be_looked_at(data: st.DataObject) -> None:
    """Words that are others of the same policy, or odd ones, raise nothing; what has no error decides."""
    tokens = list(TOKENS)
    for _ in range(data.draw(st.integers(1, 3))):
        tokens[data.draw(st.integers(0, len(tokens) - 1))] = data.draw(st.sampled_from(WORDS) | st.sampled_from(ODD))
    holds(looked_at("".join(tokens)))


@given(st.data())
def test_a_policy_of_other_values_can_be_looked_at(data: st.DataObject) -> None:
    """Values that are gone, moved, or of another kind raise nothing; what has no error decides."""
    holds(looked_at(json.dumps(at_random(data, SHOP_DATA))))


@pytest.mark.slow
@pytest.mark.timeout(300)
@settings(max_examples=3000)
@given(st.data())
def test_a_policy_of_other_values_can_be_looked_at_at_length(data: st.DataObject) -> None:
    """The same, for many more of them."""
    holds(looked_at(json.dumps(at_random(data, SHOP_DATA))))


@given(st.data())
def test_tests_of_other_values_can_be_looked_at(data: st.DataObject) -> None:
    """A changed test file raises nothing; what has no error runs, and every row of it has an answer."""
    text = json.dumps(at_random(data, TEST_DATA))
    files = {"p_test.yaml": text, "shop.yaml": SHOP}

    def read(name: str) -> Source:
        return read_text(files.get(name, ""), name)

    tested = examine_tests("p_test.yaml", read, lambda name: examine(name, read))
    assert {problem.code for problem in tested.problems} <= CODES.keys()
    assert (tested.cases is None) == any(problem.severity == "error" for problem in tested.problems)
    if tested.cases is not None:
        assert tested.about is not None
        policy = tested.about.policy
        assert policy is not None
        results = list(run(tested.cases, policy.compiled, policy.pipeline))
        assert all(result.ok or result.diff for result in results)
        assert len(results) == sum(len(test.each or (1,)) for test in tested.cases.tests)
