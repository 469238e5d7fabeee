"""A file as a whole: all that is wrong at once, nothing twice, and what is cut off is noticed."""

from __future__ import annotations

import gc

import pytest

from policyroute.loading import examine
from policyroute.policy.source import read_text
from tests.loading.editing import SHOP, edited, marked, places, problems_in

TEN = (
    ("mode: enforce", "«mod»: enforce"),
    ("context: 32000", "context: «-1»"),
    ("tier: premium, caps: [json, tools]", "tier: «premum», caps: [json, tools]"),
    ("from: auth.tenant, trust", "from: auth.tenant, «turst»: x, trust"),
    ("implies: [pii]", "implies: [«ppi»]"),
    ("detect: [email, badge]", "detect: [«emal», badge]"),
    ("{plan: [free]}, only", "«{}», only"),
    ("'indemnif(y|ication)'", "«'indemnif(y'»"),
    ("prefer: [basic, premium]", "prefer: [basic, «premium-eu»]"),
    ("baseline: large-us", "baseline: «gpt»"),
)
TEN_CODES = ["PR101", "PR105", "PR113", "PR101", "PR111", "PR117", "PR203", "PR401", "PR112", "PR112"]

# What the most used peer takes without a word: each is refused where it stands.
THIRTEEN = [
    ("a root key", "\nrecovery:", "\n«recovry»:", "PR101", "did you mean `recovery`?"),
    ("a setting", "then_by: price", "«thenby»: price", "PR101", "did you mean `then_by`?"),
    ("what a canary replaces", "replaces: [large-eu]", "replaces: [«large-ue»]", "PR112", "did you mean `large-eu`?"),
    ("a tier of a model", "tier: basic, context", "tier: «bsic», context", "PR113", "did you mean `basic`?"),
    ("a tag of a rule", "{unscanned: true}, add: [pii]", "{unscanned: true}, add: [«pi»]", "PR111", "did you mean `pii`?"),
    ("a regex", "'indemnif(y|ication)'", "«'indemnif(y|ication'»", "PR401", "not closed"),
    ("a key of a rule", "      otherwise: continue", "      «otherwhise»: continue", "PR101", "did you mean `otherwise`?"),
    ("a key of a model", "region: us", "«regions»: us", "PR101", "did you mean `region`?"),
    ("a boundary's measure", "{score: {lt: 0.3}}", "{«scoer»: {lt: 0.3}}", "PR114", "did you mean `score`?"),
    ("a boundary's sign", "{lt: 0.3}", "{«ltt»: 0.3}", "PR101", "did you mean `lt`?"),
    ("a provider", "{price.out: {lte: 3.00}}", "{provider: [«opnai»]}", "PR116", "did you mean `openai`?"),
    ("a negative budget", "{usd: 200}", "{usd: «-5»}", "PR105", "of at least 0"),
    ("an empty condition", "when: {plan: [free]}, only", "when: «{}», only", "PR203", "would match every call"),
    ("a value of a closed list", "{plan: [free]}, only", "{plan: [«fee»]}, only", "PR115", "did you mean `free`?"),
    ("a route to nothing", "to: premium\n", "to: «premuim»\n", "PR112", "did you mean `premium`?"),
]


def test_all_problems_are_said_at_once_in_order() -> None:
    """A file with ten defects has ten problems, in the order of their places."""
    text = marked(edited(SHOP, *TEN))
    assert places(problems_in(text.text)) == list(zip(TEN_CODES, text.marks, strict=True))


@pytest.mark.parametrize(("what", "old", "new", "code", "says"), THIRTEEN, ids=[row[0] for row in THIRTEEN])
def test_what_others_accept_in_silence(what: str, old: str, new: str, code: str, says: str) -> None:
    """A slip that would change what a policy means is refused at its place, with what was probably meant."""
    text = marked(edited(SHOP, (old, new)))
    problems = problems_in(text.text)
    assert places(problems) == [(code, text.marks[0])]
    assert says in f"{problems[0].message} {problems[0].help}"


@pytest.mark.parametrize("section", ["models", "tiers", "pipeline"])
def test_a_policy_that_serves_needs_its_sections(section: str) -> None:
    """Without models, tiers or a pipeline there is nothing to route, and only that is said."""
    lines = SHOP.splitlines(keepends=True)
    start = lines.index(next(line for line in lines if line.startswith(f"{section}:")))
    end = next(i for i in range(start + 1, len(lines)) if not lines[i].startswith(" "))
    problems = problems_in("".join([*lines[:start], *lines[end:]]))
    assert [(p.code, p.line, p.message) for p in problems] == [("PR102", 1, f"a policy needs `{section}`")]
    assert "checked with them" in problems[0].help


LADDER_ENDS = SHOP.index("    then_by: price")
PIPELINE_BEGINS = SHOP.index("pipeline:")


def test_a_file_cut_between_two_lines_is_noticed() -> None:
    """Up to the last row of the ladder, a policy that lost its end has a problem; before the pipeline it is refused."""
    ends = [i + 1 for i, char in enumerate(SHOP) if char == "\n" and i + 1 < LADDER_ENDS]
    assert len(ends) > 40
    for end in ends:
        problems = problems_in(SHOP[:end])
        assert any(p.severity != "info" for p in problems), SHOP[:end][-60:]
        assert end > PIPELINE_BEGINS or any(p.severity == "error" for p in problems)


def test_a_file_cut_within_a_line_is_noticed() -> None:
    """Wherever else a file is cut, that its last line does not end is said at least."""
    for end in range(1, len(SHOP), 7):
        if SHOP[end - 1] != "\n":
            assert problems_in(SHOP[:end]), SHOP[:end][-60:]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "PR013", 1),
        ("# nothing\n", "PR013", 1),
        ("[]\n", "PR103", 1),
        ("just text\n", "PR103", 1),
        (SHOP + "---\n" + SHOP, "PR006", 65),
        ("%YAML 1.1\n---\n" + SHOP, "PR006", 1),
        (SHOP.replace("mode: enforce", "mode: &a enforce"), "PR005", 4),
        (SHOP.replace("mode: enforce", "mode: enforce\n? [a]\n: 1"), "PR014", 5),
        ("a: " + "[" * 100_000 + "]" * 100_000 + "\n", "PR008", 1),
        ("\ufeff" + SHOP.replace("mode: enforce", "mode: enfore"), "PR104", 4),
        (SHOP.replace("mode: enforce", "mode: 'enforce"), "PR001", 0),
        (SHOP + "x" * (1 << 20), "PR009", 1),
        (SHOP.replace("window: day", f"window: {'9' * 5000}d"), "PR108", 36),
    ],
)
def test_what_is_no_policy_at_all(text: str, code: str, line: int) -> None:
    """An empty file, two documents, a list: one problem, and no trace of how it was read."""
    problems = problems_in(text)
    assert [p.code for p in problems] == [code]
    assert problems[0].line == line or not line


def test_too_many_problems_are_cut_off() -> None:
    """A file that is wrong throughout says so in a hundred problems, the last of which is that there are more."""
    rules = "".join(f"    - {{id: r{i}, when: {{stream: true}}, add: [none{i}]}}\n" for i in range(4500))
    problems = problems_in(edited(SHOP, ("  sensitivity:\n", f"  sensitivity:\n{rules}")))
    assert len(problems) == 100
    assert {p.code for p in problems[:-1]} == {"PR111"}
    assert problems[-1].code == "PR017"
    assert "more than 100 problems" in problems[-1].message


@pytest.mark.parametrize(
    "condition", ["{scoer: {ltt: 1}}", "{scoer: {lt: 1}}", "{plan: {regexp: x}}", "{nobody: 7}", "{prompt: {regx: x}}"]
)
@pytest.mark.parametrize("count", [100, 101, 102, 250])
def test_no_number_of_defects_makes_a_policy_good(condition: str, count: int) -> None:
    """Problems that are taken back for better ones leave room for those; a policy that is wrong everywhere never passes."""
    rules = "".join(f"    - {{id: r{i}, when: {condition}, add: [pii]}}\n" for i in range(count))
    problems = problems_in(edited(SHOP, ("  sensitivity:\n", f"  sensitivity:\n{rules}")))
    assert 50 <= sum(p.severity == "error" for p in problems) <= 100
    assert (problems[-1].code == "PR017") == (count > 100 or len(problems) != count)


def test_names_have_an_end() -> None:
    """Two thousand tags are enough; that there are more is said at the first of them."""
    tags = "".join(f"  t{i}: {{}}\n" for i in range(2000))
    problems = problems_in(edited(SHOP, ("\ntags:\n", f"\ntags:\n{tags}")))
    assert [(p.code, p.message) for p in problems] == [("PR127", "more than 2000 entries")]
    assert SHOP.splitlines()[problems[0].line - 2001].startswith("  public")


def test_rules_have_an_end() -> None:
    """Five thousand rules of a stage are enough, and are read; that there are more is said at the first of them."""
    rules = "".join(f"    - {{id: r{i}, when: {{stream: true}}, add: [pii]}}\n" for i in range(5001))
    files = edited(SHOP, ("  sensitivity:\n", "  sensitivity:\n" + rules))
    problems = problems_in(files)
    assert [(p.code, p.message) for p in problems] == [("PR127", "more than 5000 entries")]
    few = "".join(rules.splitlines(keepends=True)[:4900])
    assert all(p.severity != "error" for p in problems_in(edited(SHOP, ("  sensitivity:\n", "  sensitivity:\n" + few))))


def test_labels_have_an_end() -> None:
    """Labels of all models together are counted; what asks for one of too many is not called unknown as well."""
    labels = [", ".join(f"l{i}_{j}: a" for j in range(300)) for i in range(7)]
    model = "{{provider: p, tier: basic, price: {{in: 1, out: 1}}, labels: {{{}}}}}\n"
    models = "".join(f"  x{i}: " + model.format(one) for i, one in enumerate(labels))
    asked = "  routes:\n    - {id: asked, when: {stream: true}, only: {l6_299: a, nobody: b}}\n"
    problems = problems_in(edited(SHOP, ("\nmodels:\n", f"\nmodels:\n{models}"), ("  routes:\n", asked)))
    assert [(p.code, p.message) for p in problems] == [("PR127", "more than 2000 different labels")]


@pytest.mark.parametrize(("lists", "each"), [(1, 15_001), (4, 4000)])
def test_words_have_an_end(lists: int, each: int) -> None:
    """Fifteen thousand keywords are enough, in one list or in all of them."""
    rules = "".join(
        f"    - {{id: r{i}, when: {{prompt: {{keywords: [{', '.join(f'w{i}_{j}' for j in range(each))}]}}}}, add: [pii]}}\n"
        for i in range(lists)
    )
    problems = problems_in(edited(SHOP, ("  sensitivity:\n", f"  sensitivity:\n{rules}")))
    assert [(p.code, p.message.split(" ")[2]) for p in problems if p.severity == "error"] == [("PR127", "15000")]


def test_what_was_compared_enough_is_refused() -> None:
    """Where so many values are unknown that their neighbours are not looked for any more, none of them passes as a rarity."""
    models = "".join(f"  x{i}: {{provider: p, tier: basic, region: place{i}, price: {{in: 1, out: 1}}}}\n" for i in range(600))
    routes = "".join(f"    - {{id: far{i}, when: {{stream: true}}, only: {{region: [qqq-{i}-zzzz]}}}}\n" for i in range(300))
    files = edited(SHOP, ("\nmodels:\n", f"\nmodels:\n{models}"), ("  routes:\n", f"  routes:\n{routes}"))
    assert {"PR118", "PR119"} <= {p.code for p in problems_in(files)}


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_left_as_it_was(on: bool) -> None:
    """Loading does without the collector of circles, and then it is again as it was, whatever was read."""
    was = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        for text in (SHOP, "]"):
            examine("p.yaml", lambda name, text=text: read_text(text, name))  # type: ignore[misc]
            assert gc.isenabled() is on
    finally:
        (gc.enable if was else gc.disable)()


def test_many_warnings_hide_no_error() -> None:
    """Each severity has room of its own, so that an error among many warnings is still there."""
    attributes = "".join(f"  a{i}: {{from: auth.a{i}, trust: verified}}\n" for i in range(300))
    files = edited(SHOP, ("\nattributes:\n", f"\nattributes:\n{attributes}"))
    assert [p.code for p in problems_in(files)].count("PR302") == 99
    broken = edited(
        files, ("pii-in-eu, never: {tags: [pii], reach: {region: {not: [eu]}}}", "x, never: {tags: [pii], reach: any}")
    )
    assert "PR501" in [p.code for p in problems_in(broken)]
