"""What a careful reviewer would ask about: each check speaks where it should, and is silent where it should be."""

from __future__ import annotations

import pytest

from tests.loading.editing import SHOP, edited, marked, places, problems_in

EASY = "      - {id: easy, when: {score: {lt: 0.3}}, prefer: [basic, premium]}\n"
FREE = "    - {id: free-plan, when: {plan: [free]}, only: {tier: [basic]}}\n"
FREE_ONLY = "free-plan, when: {plan: [free]}, only: {tier: [basic]}"
UNREAD = "    - {id: unread, when: {unscanned: true}, add: [pii]}\n"
KEYS = "    - {id: keys, when: {detect: [secret]}, add: [secret]}\n"
PERSONAL = "    - {id: personal, when: {detect: [email, badge]}, add: [pii]}\n"
REST = "      - {id: rest, when: {}, prefer: [premium, basic]}\n"
DENY = "        - {at: 100%, deny: budget_exhausted}\n"
USER = ("  tenant: {from", "  user: {from: auth.user, trust: verified}\n  tenant: {from")


def swapped(line: str, old: str, new: str) -> tuple[str, str]:
    """An edit of a part of one line."""
    assert line.count(old) == 1
    return line, line.replace(old, new)


SAID = [
    # PR206: text is read, and nothing says what a part that cannot be read means.
    ("PR206", "error", [swapped(PERSONAL, "personal", "«personal»"), (UNREAD, "")]),
    # PR301: nothing adds it.
    ("PR301", "warning", [("  public: {}\n", "  public: {}\n  «lost»: {}\n")]),
    # PR302: nobody asks.
    ("PR302", "info", [("  tenant: {from", "  «user»: {from: auth.user, trust: verified}\n  tenant: {from")]),
    # PR305: calls are left.
    ("PR305", "warning", [swapped(REST, "rest, when: {}", "«rest», when: {stream: true}")]),
    # PR306: it goes on past the limit.
    ("PR306", "info", [("- id: tenant-day", "- id: «tenant-day»"), (DENY, "")]),
    # PR307 and PR308: all models, or none.
    ("PR307", "warning", [("  public: {}\n", "  «public»: {only: {region: [eu, us]}}\n")]),
    ("PR307", "warning", [("  public: {}\n", "  «public»: {only: any}\n")]),
    ("PR307", "warning", [swapped(FREE, FREE_ONLY, "«free-plan», when: {plan: [free]}, only: {price.in: {gte: 0}}")]),
    ("PR308", "warning", [("  public: {}\n", "  «public»: {only: {region: [us], tier: [basic]}}\n")]),
    ("PR308", "warning", [swapped(FREE, FREE_ONLY, "«free-plan», when: {plan: [free]}, only: {context: {gt: 90000}}")]),
    # PR310: a caller adds the tag.
    ("PR310", "warning", [("{plan: [free]}, only", "{plan: [free], «tags_none»: [secret]}, only")]),
    # PR311: a caller changes the value.
    ("PR311", "warning", [("per: [tenant]\n      w", "per: [tenant, «data-class»]\n      w")]),
    # PR312: it is stood in for.
    ("PR312", "info", [("{use: heuristic}", "{use: {llm: «small-eu»}}")]),
    # PR119: no model is there.
    ("PR119", "warning", [("only: {tier: [basic]}", "only: {tier: [basic], region: [eu, «antarctica»]}")]),
    ("PR119", "warning", [("reach: {region: {not: [eu]}}", "reach: {hosting: [«onprem»]}")]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "severity", "edits"), SAID, ids=[f"{row[0]}-{i}" for i, row in enumerate(SAID)])
def test_a_check_speaks(code: str, severity: str, edits: list[tuple[str, str]]) -> None:
    """Each check says once, at the name it is about, what a reviewer would ask, and what to do."""
    text = marked(edited(SHOP, *edits))
    problems = problems_in(text.text)
    assert places(problems) == [(code, text.marks[0])], [p.message for p in problems]
    assert problems[0].severity == severity
    assert problems[0].help


SILENT = [
    # An unread part is decided by any rule that asks, also by a route, also among alternatives.
    [(UNREAD, "    - {id: unread, when: {any: [{unscanned: true}, {stream: true}]}, add: [pii]}\n")],
    [(UNREAD, ""), (FREE, FREE + "    - {id: unread, when: {unscanned: true}, only: {region: [eu]}}\n")],
    # A policy that reads no text need not decide it.
    [(UNREAD, ""), swapped(PERSONAL, "detect: [email, badge]", "plan: any"), swapped(KEYS, "detect: [secret]", "stream: true")],
    # A tag that another one brings is added.
    [("  public: {}\n", "  public: {implies: [brought]}\n  brought: {}\n")],
    # An attribute may be asked for in many ways.
    [USER, ("per: [tenant]}", "per: [user]}")],
    [USER, ("5%, sticky_by: tenant", "5%, sticky_by: user")],
    [USER, ("30}, sticky_by: tenant", "30}, sticky_by: user")],
    [USER, ("{task: [code]}", "{missing: [user]}")],
    [USER, ("{task: [code]}", "{user: {regex: '^a'}}")],
    [(FREE, FREE + "    - {id: n, when: {plan: [free], stream: true}, to: basic}\n")],
    # A tag that leaves nothing, or everything, and says so.
    [("  public: {}\n", "  public: {only: nothing}\n")],
    # A budget that leaves nothing at its end denies as well.
    [swapped(DENY, "deny: budget_exhausted", "only: nothing")],
    # The absence of a tag may be asked for in the ladder, which only ranks.
    [("{task: [code]}", "{tags_none: [pii]}")],
    # A scorer that no row asks for is not missed.
    [("{use: heuristic}", "{use: {llm: small-eu}}"), (EASY, "")],
]  # fmt: skip


@pytest.mark.parametrize("edits", SILENT, ids=[str(i) for i in range(len(SILENT))])
def test_a_check_is_silent(edits: list[tuple[str, str]]) -> None:
    """What a reviewer need not ask about has no problem at all."""
    assert [(p.code, p.message) for p in problems_in(edited(SHOP, *edits))] == []


# Two conditions, and whether the first takes every call that the second would.
SWALLOWS = [
    ("{score: {lt: 0.3}}", "{score: {lt: 0.3}}", True),
    ("{score: {lt: 0.3}}", "{score: {lt: 0.2}}", True),
    ("{score: {lt: 0.3}}", "{score: {lte: 0.29}}", True),
    ("{score: {lt: 0.3}}", "{score: {lte: 0.3}}", False),
    ("{score: {lte: 0.3}}", "{score: {lt: 0.3}}", True),
    ("{score: {lt: 0.2}}", "{score: {lt: 0.3}}", False),
    ("{score: {gt: 0.3}}", "{score: {gte: 0.5}}", True),
    ("{score: {gte: 0.5}}", "{score: {gt: 0.3}}", False),
    ("{score: {lt: 0.3}}", "{score: {gt: 0.1}}", False),
    ("{score: {lt: 0.3}}", "{tokens: {lt: 0.1}}", False),
    ("{score: {lt: 0.3}}", "{score: {lt: 0.3, gte: 0.1}, task: [math]}", True),
    ("{score: {lt: 0.3}, stream: true}", "{score: {lt: 0.3}}", False),
    ("{score: {lt: 0.3}}", "{all: [{score: {lt: 0.1}}, {tokens: {gt: 5}}]}", True),
    ("{score: {lt: 0.3}}", "{any: [{score: {lt: 0.2}}, {stream: true}]}", False),
    ("{plan: any}", "{plan: [free]}", True),
    ("{plan: [free]}", "{plan: any}", False),
    ("{plan: [free, pro]}", "{plan: [free]}", True),
    ("{plan: [free]}", "{plan: [free, pro]}", False),
    ("{tags: [pii, secret]}", "{tags: [pii]}", True),
    ("{not: {stream: true}}", "{not: {stream: true}, plan: [free]}", True),
    ("{not: {stream: true}}", "{stream: true}", False),
    ("{all: [{stream: true}, {not: {stream: true}}]}", "{stream: true}", False),
    ("{any: [{plan: [free]}, {stream: true}]}", "{plan: [free]}", True),
]


@pytest.mark.parametrize(("first", "second", "swallows"), SWALLOWS)
def test_a_row_below_one_that_takes_its_calls(first: str, second: str, swallows: bool) -> None:
    """The first row that matches decides, so one below a wider one never does; one that is not wider hides nothing."""
    rows = f"      - {{id: one, when: {first}, prefer: [basic]}}\n      - {{id: «two», when: {second}, prefer: [basic]}}\n"
    text = marked(edited(SHOP, (EASY, rows)))
    assert places(problems_in(text.text)) == [("PR303", mark) for mark in text.marks if swallows]


@pytest.mark.parametrize(("first", "second", "swallows"), [row for row in SWALLOWS if "score" not in row[0] + row[1]])
@pytest.mark.parametrize("otherwise", ["deny", "continue"])
def test_a_route_below_one_that_takes_its_calls(first: str, second: str, swallows: bool, otherwise: str) -> None:
    """The first `to` that matches decides, unless it passes on where nothing is eligible."""
    said = (
        f"    - {{id: one, when: {first}, to: basic, otherwise: {otherwise}}}\n    - {{id: «two», when: {second}, to: basic}}\n"
    )
    text = marked(edited(SHOP, (FREE, FREE + said)))
    assert places(problems_in(text.text)) == [("PR304", mark) for mark in text.marks if swallows and otherwise == "deny"]


@pytest.mark.parametrize(
    ("one", "two", "swallows"), [("skip", "skip", 1), ("fire", "fire", 1), ("fire", "skip", 1), ("skip", "fire", 0)]
)
def test_what_cannot_be_decided_may_reach_the_row_below(one: str, two: str, swallows: int) -> None:
    """A row that fires on what is unknown still has calls, below one that skips them."""
    row = "      - {{id: {0}, when: {{time: {{from: '08:00'}}}}, prefer: [basic], on_unknown: {1}}}\n"
    text = marked(edited(SHOP, (EASY, row.format("one", one) + row.format("«two»", two))))
    assert places(problems_in(text.text)) == [("PR303", mark) for mark in text.marks if swallows]


def test_a_pipeline_without_a_ladder_is_a_warning() -> None:
    """Nothing says which model is best; that may be meant, and a file that was cut off looks like it."""
    start, end = SHOP.index("  complexity:\n"), SHOP.index("recovery:")
    text = SHOP[:start] + SHOP[end:]
    problems = problems_in(text)
    assert [(p.code, p.severity, p.path) for p in problems] == [("PR309", "warning", "$.pipeline")]
    assert text.splitlines()[problems[0].line - 2] == "pipeline:"


def test_what_is_unread_is_said_among_errors_elsewhere() -> None:
    """The one lint error is said together with errors of other sections; one in its own section may be the reason for it."""
    text = edited(SHOP, (UNREAD, ""), ("baseline: large-us", "baseline: x"))
    assert [p.code for p in problems_in(text)] == ["PR206", "PR112"]
    text = edited(SHOP, ("{unscanned: true}, add", "{unscaned: true}, add"))
    assert [p.code for p in problems_in(text)] == ["PR114"]
