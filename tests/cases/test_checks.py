"""A test file that names what is not there is refused before anything runs."""

from __future__ import annotations

import pytest

from policyroute.loading import loads
from tests.cases.asked import POLICY, problems_of, results_of

SMALL = loads(POLICY)
TIMED = loads(POLICY.replace("plan: [free]", "time: {from: '08:00', to: '09:00'}"))
FOLLOWS = ("PR605", "PR606")  # where the wrong word was all that a test said, or the only use of a request
PLAIN = "requests:\n  plain: {prompt: hello}\n"


def one(expect: str, rest: str = "", request: str = "plain") -> str:
    """A test file of one test."""
    return f"{PLAIN}tests:\n  - {{name: n, request: {request}, expect: {expect}{rest}}}\n"


def each(change: str) -> str:
    """A test file whose one row makes this change."""
    return one("{outcome: route}", f", each: [{change}]")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (one("{model: homme}"), "PR112 unknown model `homme`"),
        (one("{rank: [home, homme]}"), "PR112 unknown model `homme`"),
        (one("{excluded: {homme: fit.down}}"), "PR112 unknown model `homme`"),
        (one("{tier: gold}"), "PR113 unknown tier `gold`"),
        (one("{tags: [ppersonal]}"), "PR111 unknown tag `ppersonal`"),
        (one("{fired: [mail]}"), "PR604 unknown rule `mail`"),
        (one("{fired_exactly: [mail]}"), "PR604 unknown rule `mail`"),
        (one("{not_fired: [mail]}"), "PR604 unknown rule `mail`"),
        (one("{every_call: {regoin: eu}}"), "PR118 unknown key or label `regoin`"),
        (one("{every_call: {region: ue}}"), "PR119 no model has region `ue`"),
        (one("{excluded: {home: fit.dwon}}"), "PR604 unknown reason `fit.dwon`"),
        (one("{every_call: any}"), "PR605 this test expects nothing, so it could never fail"),
        (one("{}"), "PR605 this test expects nothing, so it could never fail"),
        (one("{error: invalid_request, model: home}"), "PR607 a refused call has no decision to expect anything of"),
        (one("{outcome: route}", request="plane"), "PR601 unknown request `plane`"),
        (one("{outcom: route}"), "PR101"),
        (one("{outcome: routed}"), "PR104"),
        (each("{attributes: {plann: pro}}"), "PR114 unknown attribute `plann`"),
        (each("{down: [homme]}"), "PR112 unknown model `homme`"),
        (each("{budgets: {days: 10%}}"), "PR604 unknown budget `days`"),
        (each("{failed: ['budget:days']}"), "PR604 unknown budget `days`"),
        (each("{failed: ['attribute:plann']}"), "PR114 unknown attribute `plann`"),
        (each("{failed: ['detect:mail']}"), "PR117 unknown detector `mail`"),
        (each("{failed: ['ledger']}"), "PR109"),
        (each("{task: cooking}"), "PR104 unknown task `cooking`"),
        (each("{path: /v1/nothing}"), "PR104 `/v1/nothing` is not a path that is read"),
        (each("{prompt: hi, body: {messages: []}}"), "PR607 a request has either facts of its text or a whole `body`"),
        (each("{score: 1.5}"), "PR105"),
        (each("{prompts: hi}"), "PR101"),
        (
            "requests:\n  a: {extends: b}\n  b: {extends: a}\ntests:\n  - {name: n, request: a, expect: {outcome: route}}\n",
            "PR602 `a` extends itself",
        ),
        (
            "requests:\n  a: {extends: c}\ntests:\n  - {name: n, request: a, expect: {outcome: route}}\n",
            "PR601 unknown request `c`",
        ),
        ("requests:\n  a:\ntests:\n  - {name: n, request: a, expect: {outcome: route}}\n", "PR103"),
        (
            one("{outcome: route}") + "  - {name: n, request: plain, expect: {outcome: route}}\n",
            "PR603 two tests are called `n`",
        ),
        (PLAIN + "  spare: {prompt: x}\n" + one("{outcome: route}")[len(PLAIN) :], "PR606 no test uses the request `spare`"),
    ],
)
def test_what_is_not_there_is_named(text: str, says: str) -> None:
    """Unknown facts, names and words, doubles and circles are said, and nothing else is."""
    said = problems_of(text, SMALL)
    assert any(line.startswith(says) for line in said), said
    assert {line.split()[0] for line in said} <= {says.split()[0], *FOLLOWS}


def test_a_request_that_others_extend_is_used() -> None:
    """A request only there to be changed is no noise."""
    text = "requests:\n  a: {prompt: x}\n  b: {extends: a}\ntests:\n  - {name: n, request: b, expect: {outcome: route}}\n"
    assert problems_of(text, SMALL) == []


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        (one("{outcome: route}"), False),
        ("now: 2026-11-02T09:00:00Z\n" + one("{outcome: route}"), True),
        (one("{outcome: route}", ", each: [{now: 2026-11-02T09:00:00Z}, {}]"), False),
        (one("{outcome: route}", ", each: [{now: 2026-11-02T09:00:00Z}]"), True),
        (one("{outcome: route}").replace("prompt: hello", "prompt: hello, now: 2026-11-02T09:00:00Z"), True),
    ],
)
def test_a_policy_with_a_clock_needs_one_in_its_tests(text: str, fine: bool) -> None:
    """Where a rule asks for the time, every row has one."""
    said = problems_of(text, TIMED)
    assert said == ([] if fine else ["PR608 the policy asks for the time, and this test has no clock"])


def test_rows_know_their_place() -> None:
    """Each result has the line of its row, and a test without rows that of the test."""
    text = (
        PLAIN
        + "tests:\n  - name: n\n    request: plain\n    each:\n      - {}\n      - {down: [home]}\n    expect: {model: home}\n"
    )
    found = [(r.name, r.file, r.line, r.row, r.ok) for r in results_of(text, SMALL)]
    assert found == [("n", "small_test.yaml", 10, 0, True), ("n", "small_test.yaml", 11, 1, False)]
    (alone,) = results_of(one("{model: home}"), SMALL)
    assert (alone.row, alone.line) == (None, 7)


@pytest.mark.parametrize(
    ("base", "change", "tags"),
    [
        ("{prompt: a mail}", "{}", "[personal]"),
        ("{prompt: a mail}", "{prompt: hello}", "[]"),
        ("{prompt: a mail}", "{system: hello}", "[personal]"),
        ("{prompt: a mail}", "{body: {messages: [{role: user, content: hello}]}}", "[]"),
        ("{system: a mail, prompt: hello}", "{body: {messages: [{role: user, content: hello}]}}", "[]"),
        ("{body: {messages: [{role: user, content: a mail}]}}", "{}", "[personal]"),
        ("{body: {messages: [{role: user, content: hello}]}}", "{prompt: a mail}", "[personal]"),
        ("{body: {messages: [{role: user, content: hello}]}}", "{system: a mail}", "[personal]"),
        ("{body: {messages: [{role: user, content: a mail}]}}", "{prompt: hello}", "[]"),
        ("{body: {messages: [{role: user, content: a mail}]}}", "{requested_model: home}", "[personal]"),
    ],
)
def test_what_is_said_later_counts(base: str, change: str, tags: str) -> None:
    """A row's text takes the place of a request's body, and a row's body that of its texts; the same where one extends one."""
    expect = f"expect: {{tags: {tags}}}"
    row = f"requests:\n  a: {base}\ntests:\n  - {{name: n, request: a, each: [{change}], {expect}}}\n"
    more = change.replace("{", "{extends: a, ", 1).replace(", }", "}")
    extended = f"requests:\n  a: {base}\n  b: {more}\ntests:\n  - {{name: n, request: b, {expect}}}\n"
    assert [result.diff for text in (row, extended) for result in results_of(text, SMALL)] == ["", ""]


def test_attributes_of_a_row_replace_all_of_the_requests() -> None:
    """A row merges shallowly: it says all attributes, or none."""
    text = (
        "requests:\n  a: {prompt: hello, attributes: {plan: free}}\ntests:\n"
        "  - {name: kept, request: a, each: [{}], expect: {fired: [free-plan]}}\n"
        "  - {name: gone, request: a, each: [{attributes: {}}], expect: {not_fired: [free-plan]}}\n"
    )
    assert [result.diff for result in results_of(text, SMALL)] == ["", ""]
