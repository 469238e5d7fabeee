"""`policyroute explain`: one call decided and explained; nothing sent, nothing of its text said."""

from __future__ import annotations

import io
import json
import re
import sys

import pytest

SMALL = ("explain", "small.yaml")
KEYS = set("id outcome reason model tier tags task score fired ranking excluded plan steps unscanned policy".split())


def decided(run, *args: str) -> dict:
    """The decision, where there is one."""
    ran = run(*SMALL, *args, "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.answer.keys() == {"ok", "decision", "findings"} and ran.answer["ok"] is True
    decision = ran.answer["decision"]
    assert decision.keys() >= KEYS
    return decision


def test_the_decision(run) -> None:
    """JSON is the decision whole: what fired and why, what was taken out, the ranking and the plan."""
    decision = decided(run, "--prompt", "mrn 1234", "--attr", "plan=pro")
    assert re.fullmatch(r"dec_[0-9a-f]{24}", decision["id"])
    assert (decision["outcome"], decision["model"], decision["tier"], decision["tags"]) == (
        "route",
        "eu-small",
        "basic",
        ["personal"],
    )
    assert decision["fired"] == ["record", "cheap"]
    assert decision["excluded"] == {"us-small": "sensitivity.record", "us-large": "sensitivity.record"}
    assert [one.keys() for one in decision["ranking"]] == [{"model", "tier", "cost_ceiling_usd"}]
    assert decision["plan"] == [{"kind": "primary", "model": "eu-small"}]
    fired = [match for step in decision["steps"] for match in step["fired"]]
    assert all(match.keys() == {"rule", "why", "effect"} for match in fired)
    assert decision["policy"].keys() == {"name", "version", "hash"}


def test_two_decisions_have_two_ids(run) -> None:
    """An id is minted for each, and nothing else differs."""
    first, second = (decided(run, "--prompt", "hi") for _ in range(2))
    assert first.pop("id") != second.pop("id")
    assert first == second


FLAGS = [
    (["--attr", "plan=free", "--spent", "day=85%"], {"fired": ["day", "cheap"], "excluded": {"us-large": "budgets.day"}}),
    (["--spent", "day=100%"], {"outcome": "deny", "reason": "budget_exhausted", "plan": [], "model": None}),
    (["--spent", "day=79.9%"], {"fired": ["cheap"]}),
    (["--spent", "day=0%"], {"fired": ["cheap"]}),
    (["--down", "us-small"], {"model": "eu-small", "excluded": {"us-small": "fit.down"}}),
    (["--down", "us-small", "--down", "eu-small"], {"model": "us-large"}),
    (["--down", "us-small", "--down", "eu-small", "--down", "us-large"], {"outcome": "deny", "reason": "no_model_available"}),
    (["--header", "x-data-class=personal"], {"tags": ["personal"], "fired": ["declared", "cheap"]}),
    (["--header", "X-Data-Class=personal"], {"tags": ["personal"]}),
    (["--attr", "data-class=personal"], {"tags": ["personal"]}),
    (["--header", "x-policyroute-tier=premium"], {"model": "us-large"}),
    (["--requested-model", "us-large"], {"model": "us-large", "reason": "requested_model"}),
    (["--requested-model", "gpt-unheard-of"], {"model": "us-small"}),
    (["--requested-model", "auto"], {"model": "us-small", "reason": "complexity.cheap"}),
    (["--now", "2026-11-02T09:00:00Z"], {"model": "us-small"}),
    (["--now", "2026-11-02"], {"model": "us-small"}),
    (["--path", "/v1/messages"], {"model": "us-small"}),
    (["--seed", "5"], {"model": "us-small"}),
    (["--tokens", "1000", "--max-output", "1000"], {"tokens_estimated": 1000}),
    (["--task", "math", "--score", "0.5"], {"model": "us-small"}),
]


@pytest.mark.parametrize(("flags", "expected"), FLAGS, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_flags(run, flags: list[str], expected: dict) -> None:
    """Each flag is a fact that the decision is made with, whether the call is a prompt or a body."""
    for call in (["--prompt", "hi"], ["--body", "call.json"]):
        with open("call.json", "w", encoding="utf-8") as file:
            json.dump({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 100}, file)
        decision = decided(run, *call, *flags)
        assert {key: decision[key] for key in expected} == expected


def test_the_cost_ceiling_is_of_the_tokens_given(run) -> None:
    """A thousand tokens in and a thousand out at USD 0.05 and 0.20 a million."""
    decision = decided(run, "--prompt", "hi", "--tokens", "1000", "--max-output", "1000")
    assert decision["ranking"][0] == {"model": "us-small", "tier": "basic", "cost_ceiling_usd": 0.00025}
    assert "at most $0.000250 " in run(*SMALL, "--prompt", "hi", "--tokens", "1000", "--max-output", "1000").out


def canary(place, share: str) -> None:
    """Lets us-large take a share of the calls that us-small would serve."""
    with (place / "small.yaml").open("a", encoding="utf-8") as file:
        file.write(f"rollout: {{canary: {{model: us-large, replaces: [us-small], share: {share}}}}}\n")


@pytest.mark.parametrize(
    ("share", "flags", "model"),
    [
        ("100%", [], "us-small"),
        ("0%", ["--canary"], "us-large"),
        ("100%", ["--seed", "1"], "us-large"),
        ("0%", ["--seed", "1"], "us-small"),
        ("100%", ["--seed", "1", "--no-canary"], "us-small"),
    ],
)
def test_the_canary(run, place, share: str, flags: list[str], model: str) -> None:
    """The draw does not hit, unless a flag says so or a seed is there to draw from."""
    canary(place, share)
    assert decided(run, "--prompt", "hi", *flags)["model"] == model


RULES_OF_THE_LADDER = """\
    ladder:
      - {id: easy, when: {score: {lt: 0.2}}, prefer: [basic]}
      - {id: sums, when: {task: [math]}, prefer: [basic]}
      - {id: anthropic, when: {api: [anthropic.messages]}, prefer: [basic]}
"""


@pytest.mark.parametrize(
    ("flags", "fired"),
    [
        (["--score", "0.1", "--task", "math"], "easy"),
        (["--score", "0.5", "--task", "math"], "sums"),
        (["--score", "0.5", "--task", "chat"], "cheap"),
        (["--score", "0.5", "--task", "chat", "--path", "/v1/messages"], "anthropic"),
    ],
)
def test_score_task_and_format_are_what_is_said(run, place, flags: list[str], fired: str) -> None:
    """What the flags say stands in for the scorer, the classifier and the address of the call."""
    text = (place / "small.yaml").read_text("utf-8")
    (place / "small.yaml").write_text(text.replace("    ladder:\n", RULES_OF_THE_LADDER), "utf-8")
    assert decided(run, "--prompt", "hi", *flags)["fired"] == [fired]


def test_another_seed_is_another_draw(run, place) -> None:
    """Over some seeds, a share of one half hits and misses."""
    canary(place, "50%")
    models = {decided(run, "--prompt", "hi", "--seed", str(seed))["model"] for seed in range(12)}
    assert models == {"us-small", "us-large"}


def test_a_body_of_each_format(run, place) -> None:
    """The path names the wire format, and what cannot be read counts as unread."""
    image = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
    bodies = {
        "/v1/messages": {"max_tokens": 9, "messages": [{"role": "user", "content": [image]}]},
        "/v1/chat/completions": {"messages": [{"role": "user", "content": "mrn 77"}]},
        "/v1/responses": {"input": "mrn 77"},
        "/app/v1beta/models/us-large:generateContent": {"contents": [{"role": "user", "parts": [{"text": "mrn 77"}]}]},
    }
    for path, body in bodies.items():
        (place / "call.json").write_text(json.dumps(body), "utf-8")
        decision = decided(run, "--body", "call.json", "--path", path)
        assert decision["tags"] == ["personal"]
        assert decision["unscanned"] is (path == "/v1/messages")


def test_a_body_from_standard_input(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--body -` reads what is piped in."""
    body = io.BytesIO(b'{"messages": [{"role": "user", "content": "mrn 77"}]}')
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(body))
    assert decided(run, "--body", "-")["tags"] == ["personal"]


@pytest.mark.parametrize(
    ("content", "code", "status"),
    [
        (b"", "invalid_request", 400),
        (b"{", "invalid_request", 400),
        (b"[]", "invalid_request", 400),
        (b"\xff\x00", "invalid_request", 400),
        (b'{"messages": "secret words"}', "invalid_request", 400),
        (b'{"messages": [], "messages": []}', "invalid_request", 400),
        (b" " * 10_000_001, "body_too_large", 413),
    ],
    ids=["empty", "cut off", "a list", "binary", "another shape", "a key twice", "huge"],
)
def test_a_body_that_cannot_be_read(run, place, content: bytes, code: str, status: int) -> None:
    """Exit 2, and an object that says with which code and status the call would be refused; nothing of the body."""
    (place / "call.json").write_bytes(content)
    ran = run(*SMALL, "--body", "call.json", "-o", "json")
    assert (ran.code, ran.err) == (2, "")
    assert ran.answer["ok"] is False
    assert (ran.answer["error"]["code"], ran.answer["error"]["status"]) == (code, status)
    assert "secret words" not in ran.out


REFUSED = [
    ([], "exactly one of `--prompt` and `--body` is needed"),
    (["--prompt", "a", "--body", "b"], "exactly one of `--prompt` and `--body` is needed"),
    (["--body", "gone.json"], "cannot read `gone.json`: no such file or directory"),
    (["--body", "."], "cannot read `.`: is a directory"),
    (["--body", "a\0b"], "cannot read the body: no file can have this name"),
    (["--prompt", "a", "--attr", "plam=pro"], "unknown attribute `plam`: did you mean `plan`?"),
    (["--prompt", "a", "--attr", "zzz=pro"], "unknown attribute `zzz`: the policy has `plan`, `data-class`"),
    (["--prompt", "a", "--attr", "plan"], "`--attr plan` has no name and value: `--attr plan=pro` has"),
    (["--prompt", "a", "--attr", "=x"], "`--attr =x` has no name and value: `--attr plan=pro` has"),
    (
        ["--prompt", "a", "--attr", "plan=gold"],
        "attribute `plan` has a value outside its vocabulary: one of `free`, `pro` is expected",
    ),
    (["--prompt", "a", "--spent", "dya=5%"], "unknown budget `dya`: did you mean `day`?"),
    (["--prompt", "a", "--spent", "day=5"], "`5` is no share of a budget: such as 85%"),
    (["--prompt", "a", "--spent", "day=nan%"], "`nan%` is no share of a budget: such as 85%"),
    (["--prompt", "a", "--down", "us-smal"], "unknown model `us-smal`: did you mean `us-small`?"),
    (["--prompt", "a", "--now", "soon"], "`soon` is no time: such as 2026-11-02T09:00:00Z"),
    (
        ["--prompt", "a", "--path", "/v2"],
        "`/v2` is no path that is read: such as /v1/chat/completions, /v1/responses or /v1/messages",
    ),
    (["--prompt", "a", "--task", "maths"], "unknown task `maths`: did you mean `math`?"),
    (["--prompt", "a", "--score", "2"], "invalid value for '--score': 2.0 is not in the range 0<=x<=1"),
    (["--prompt", "a", "--header", "x-data-class=pii"], "attribute `data-class` has a value outside its vocabulary"),
    (["--prompt", "a", "--header", "x-policyroute-tags=ppi"], "a tag that the caller asked for is not declared"),
]


@pytest.mark.parametrize(("args", "message"), REFUSED, ids=[" ".join(args).replace("\0", "") for args, _ in REFUSED])
def test_what_makes_no_sense(run, args: list[str], message: str) -> None:
    """An unknown name or a value that cannot be meant exits with 2, and says what could be meant."""
    ran = run(*SMALL, *args)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {message}")
    error = run(*SMALL, *args, "-o", "json").answer["error"]
    assert (error["message"].startswith(message), error["status"]) == (True, 400)


def test_a_policy_that_cannot_serve(run, place) -> None:
    """A faulty policy exits with 3 and shows every problem, as `check` does."""
    text = (place / "small.yaml").read_text("utf-8")
    (place / "small.yaml").write_text(text.replace("[personal]}\n    - {id: un", "[persnal]}\n    - {id: un"), "utf-8")
    ran = run(*SMALL, "--prompt", "hi")
    assert (ran.code, ran.out) == (3, "")
    assert "error[PR111]: unknown tag `persnal`\n  --> small.yaml:17:60\n17 | " in ran.err
    assert run(*SMALL, "--prompt", "hi", "-o", "json").answer["problems"][0]["code"] == "PR111"


def test_text(run) -> None:
    """The outcome first, then stage by stage what fired, why and what it took out, then ranking and plan."""
    ran = run(*SMALL, "--prompt", "A contract about mrn 1234", "--down", "us-small")
    assert (ran.code, ran.err) == (0, "")
    shown = re.sub(r"dec_[0-9a-f]{24}", "dec_ID", ran.out)
    assert shown == EXPLAINED


EXPLAINED = """\
→ eu-small   tier basic   tags personal   at most $0.001230   complexity.cheap
  small@3 · about 6 tokens in · dec_ID

fit          2 left: eu-small, us-large
  down  reported down
        → drops models that cannot serve it
        − us-small
sensitivity  1 left: eu-small
  record  prompt matches regex `mrn \\d+`
          → tags personal (personal data stay in the EU)
          − us-large
routes       1 left
budgets      1 left
complexity   1 left
  cheap  always
         → prefers basic, premium, then by price

ranking
     model     tier     at most
  1  eu-small  basic  $0.001230

plan
  call     model
  primary  eu-small
"""


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_policy_cannot_move_the_cursor(run, place, form: str) -> None:
    """What a policy's author wrote is shown without control characters."""
    text = (place / "small.yaml").read_text("utf-8")
    odd = text.replace("add: [personal]}", 'add: [personal], reason: "\\x1b[2Jgone"}', 1)
    (place / "small.yaml").write_text(odd, "utf-8")
    out = run(*SMALL, "--prompt", "mrn 1", "-o", form).out
    assert "<U+001B>[2Jgone" in out
    assert "\x1b" not in out


def test_text_of_a_denial(run) -> None:
    """A denial says its reason and its stage first, and which stages were not asked any more."""
    out = run(*SMALL, "--prompt", "hi", "--spent", "day=120%").out
    assert out.startswith("✗ denied: budget_exhausted   in budgets   no tags\n")
    assert "budgets      nothing left\n  day  " in out
    assert out.endswith("complexity   not asked\n")


def test_text_of_a_policy_that_is_off(run, place) -> None:
    """A policy that is off lets the call pass, and says so."""
    with (place / "small.yaml").open("a", encoding="utf-8") as file:
        file.write("mode: off\n")
    out = run(*SMALL, "--prompt", "hi").out
    assert out.startswith("= passed through   mode_off\n  small@3 · mode off · ")
    assert len(out.splitlines()) in (2, 3)


def test_markdown(run) -> None:
    """A comment for a review: outcome, table of rules, ranking and plan."""
    out = run(*SMALL, "--prompt", "mrn 12", "-o", "markdown").out
    assert out.startswith("**→ `eu-small`** (tier `basic`), at most $0.001229, tags: `personal`, reason: complexity.cheap\n")
    assert "| sensitivity | `record` | prompt matches regex `mrn \\d+` |" in out
    assert "| `us-small`, `us-large` | 1 |" in out
    assert "\n| 1 | `eu-small` | basic | $0.001229 |\n" in out
    assert out.endswith("\nPlan: primary `eu-small`.\n")
    assert run(*SMALL, "--prompt", "hi", "--spent", "day=120%", "-o", "markdown").out.startswith(
        "**Denied: budget_exhausted**, in budgets"
    )


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_nothing_of_the_call_is_said(run, form: str) -> None:
    """No form of output repeats the prompt, what matched in it, or a header's value."""
    ran = run(*SMALL, "--prompt", "Mister Hush has mrn 5550199 and a contract", "--header", "x-note=Hush-Hush", "-o", form)
    assert ran.code == 0
    assert not re.search("hush|5550199", ran.out + ran.err, re.IGNORECASE)


def test_where_values_are(run, place) -> None:
    """What the policy's detectors find, with places and masks; the value itself is nowhere."""
    text = (place / "small.yaml").read_text("utf-8").replace("{prompt: {regex: 'mrn \\d+'}}", "{detect: [email, secret]}")
    (place / "small.yaml").write_text(text, "utf-8")
    asked = (*SMALL, "--prompt", "write to jane@example.com now")
    (one,) = run(*asked, "-o", "json").answer["findings"]
    assert (one["kind"], one["start"], one["end"], one["mask"]) == ("email", 9, 25, "***@***")
    assert (one["role"], one["turn"]) == ("user", 0)
    shown = run(*asked)
    assert "email ***@*** at 9-25 of what the user says in turn 0" in shown.out
    assert "jane" not in shown.out
