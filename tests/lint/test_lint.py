"""What a careful reviewer would ask about: each check speaks where it should, and is silent where it should be."""

from __future__ import annotations

import pytest

from tests.loading.editing import SHOP, edited, marked, places, problems_in

LADDER = "      - {id: easy, when: {score: {lt: 0.3}}, prefer: [basic, premium]}\n"
FREE = "    - {id: free-plan, when: {plan: [free]}, only: {tier: [basic]}}\n"
UNREAD = "    - {id: unread, when: {unscanned: true}, add: [pii]}\n"
KEYS = "    - {id: keys, when: {detect: [secret]}, add: [secret]}\n"
PERSONAL = "    - {id: personal, when: {detect: [email, badge]}, add: [pii]}\n"


def row(condition: str, mark: bool = False, more: str = "") -> str:
    """A row of the ladder above the first one, or below it where it is marked."""
    said = f"      - {{id: {'«new»' if mark else 'new'}, when: {condition}, prefer: [basic]{more}}}\n"
    return LADDER + said if mark else said + LADDER


def pins(*conditions: str, more: str = "") -> str:
    """Routes with `to`, the last of them marked."""
    ids = [*(f"n{i}" for i in range(len(conditions) - 1)), "«new»"]
    return FREE + "".join(
        f"    - {{id: {id_}, when: {said}, to: basic{more}}}\n" for id_, said in zip(ids, conditions, strict=True)
    )


SAID = [
    # PR206: text is read, and nothing says what a part that cannot be read means.
    ("PR206", "error", [(PERSONAL, PERSONAL.replace("personal", "«personal»")), (UNREAD, "")]),
    # PR301: nothing adds it.
    ("PR301", "warning", [("  public: {}\n", "  public: {}\n  «lost»: {}\n")]),
    # PR302: nobody asks.
    ("PR302", "info", [("  tenant: {from", "  «user»: {from: auth.user, trust: verified}\n  tenant: {from")]),
    # PR303: a row above takes it all.
    ("PR303", "warning", [(LADDER, row("{score: {lt: 0.3}}", mark=True))]),
    ("PR303", "warning", [(LADDER, row("{score: {lt: 0.2}}", mark=True))]),
    ("PR303", "warning", [(LADDER, row("{score: {lte: 0.29}}", mark=True))]),
    ("PR303", "warning", [(LADDER, row("{score: {lt: 0.3, gte: 0.1}, task: [math]}", mark=True))]),
    ("PR303", "warning", [(LADDER, row("{all: [{score: {lt: 0.1}}, {tokens: {gt: 5}}]}", mark=True))]),
    ("PR303", "warning", [(LADDER, LADDER.replace("lt: 0.3", "gt: 0.3") + row("{score: {gte: 0.5}}", mark=True)[len(LADDER) :])]),
    ("PR303", "warning", [(LADDER, LADDER.replace("score: {lt: 0.3}", "plan: any") + row("{plan: [free]}", mark=True)[len(LADDER) :])]),
    ("PR303", "warning", [(LADDER, LADDER.replace("score: {lt: 0.3}", "tags: [pii, secret]") + row("{tags: [pii]}", mark=True)[len(LADDER) :])]),
    ("PR303", "warning", [(LADDER, LADDER.replace("lt: 0.3}}", "lt: 0.3}}, on_unknown: fire") + row("{score: {lt: 0.3}}", True, ", on_unknown: fire")[len(LADDER) :])]),
    # PR304: a `to` above takes it all.
    ("PR304", "warning", [(FREE, pins("{stream: true}", "{stream: true}"))]),
    ("PR304", "warning", [(FREE, pins("{stream: true}", "{stream: true, plan: [free]}"))]),
    ("PR304", "warning", [(FREE, pins("{tokens: {gt: 5}}", "{tokens: {gt: 10}}"))]),
    ("PR304", "warning", [(FREE, pins("{any: [{plan: [free]}, {stream: true}]}", "{plan: [free]}"))]),
    # PR305: calls are left.
    ("PR305", "warning", [("      - {id: rest, when: {}, prefer: [premium, basic]}\n", "      - {id: «rest», when: {stream: true}, prefer: [premium]}\n")]),
    # PR306: it goes on past the limit.
    ("PR306", "info", [("- id: tenant-day", "- id: «tenant-day»"), ("        - {at: 100%, deny: budget_exhausted}\n", "")]),
    # PR307 and PR308: all models, or none.
    ("PR307", "warning", [("  public: {}\n", "  «public»: {only: {region: [eu, us]}}\n")]),
    ("PR307", "warning", [("  public: {}\n", "  «public»: {only: any}\n")]),
    ("PR307", "warning", [(FREE, FREE.replace("free-plan", "«free-plan»").replace("{tier: [basic]}", "{price.in: {gte: 0}}"))]),
    ("PR308", "warning", [("  public: {}\n", "  «public»: {only: {region: [us], tier: [basic]}}\n")]),
    ("PR308", "warning", [(FREE, FREE.replace("free-plan", "«free-plan»").replace("{tier: [basic]}", "{context: {gt: 999999999}}"))]),
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
    [(PERSONAL, PERSONAL.replace("detect: [email, badge]", "plan: [free]")), (UNREAD, ""), (KEYS, KEYS.replace("detect: [secret]", "stream: true"))],
    # A tag that another one brings is added.
    [("  public: {}\n", "  public: {implies: [brought]}\n  brought: {}\n")],
    # An attribute may be asked for in many ways.
    [("  tenant: {from", "  user: {from: auth.user, trust: verified}\n  tenant: {from"), ("per: [tenant]}", "per: [user]}")],
    [("  tenant: {from", "  user: {from: auth.user, trust: verified}\n  tenant: {from"), ("5%, sticky_by: tenant", "5%, sticky_by: user")],
    [("  tenant: {from", "  user: {from: auth.user, trust: verified}\n  tenant: {from"), ("30}, sticky_by: tenant", "30}, sticky_by: user")],
    [("  tenant: {from", "  user: {from: auth.user, trust: verified}\n  tenant: {from"), ("{task: [code]}", "{missing: [user]}")],
    [("  tenant: {from", "  user: {from: auth.user, trust: verified}\n  tenant: {from"), ("{task: [code]}", "{user: {regex: '^a'}}")],
    # A row that is wider, or of another kind, than those above it does match.
    [(LADDER, row("{score: {lt: 0.2}}"))],
    [(LADDER, row("{score: {lt: 0.3}, stream: true}"))],
    [(LADDER, LADDER + row("{score: {lte: 0.3}}"))[:1] + (LADDER + row("{score: {lte: 0.3}}")[: -len(LADDER)],)],
    [(LADDER, LADDER + row("{score: {gt: 0.1}}")[: -len(LADDER)])],
    [(LADDER, LADDER + row("{tokens: {lt: 0.1}}")[: -len(LADDER)])],
    [(LADDER, LADDER + row("{score: {lt: 0.3}}", more=", on_unknown: fire")[: -len(LADDER)])],
    [(LADDER, LADDER + row("{any: [{score: {lt: 0.2}}, {stream: true}]}")[: -len(LADDER)])],
    [(LADDER, LADDER.replace("{score: {lt: 0.3}}", "{all: [{stream: true}, {not: {stream: true}}]}") + row("{stream: true}")[: -len(LADDER)])],
    # A route above that is narrower, passes on, or does not pin swallows nothing.
    [(FREE, pins("{stream: true, plan: [free]}", "{stream: true}").replace("«new»", "new"))],
    [(FREE, pins("{stream: true}", "{stream: true}", more=", otherwise: continue").replace("«new»", "new"))],
    [(FREE, FREE + "    - {id: n, when: {plan: [free]}, to: basic}\n")],
    # A tag that leaves nothing, or everything, and says so.
    [("  public: {}\n", "  public: {only: nothing}\n")],
    # A budget that leaves nothing at its end denies as well.
    [("        - {at: 100%, deny: budget_exhausted}\n", "        - {at: 100%, only: nothing}\n")],
    # The absence of a tag may be asked for in the ladder, which only ranks.
    [("{task: [code]}", "{tags_none: [pii]}")],
    # A scorer that no row asks for is not missed.
    [("{use: heuristic}", "{use: {llm: small-eu}}"), (LADDER, "")],
]  # fmt: skip


@pytest.mark.parametrize("edits", SILENT, ids=[str(i) for i in range(len(SILENT))])
def test_a_check_is_silent(edits: list[tuple[str, str]]) -> None:
    """What a reviewer need not ask about has no problem at all."""
    assert [(p.code, p.message) for p in problems_in(edited(SHOP, *edits))] == []


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
