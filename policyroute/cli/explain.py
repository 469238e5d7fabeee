"""`policyroute explain`: decides one call, sends nothing, and says why."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import click

from policyroute.call import Call, Facts, Part
from policyroute.cli.render import bold, counted, dim, green, output_option, red, say, show_table, usd, write_json, yellow
from policyroute.cli.render.found import by_part, in_order, joined
from policyroute.cli.render.typed import known, moment, pair
from policyroute.conditions.questions import Detected
from policyroute.decision import Decision, Match, StageName, Step
from policyroute.dialects import api_of, read_call
from policyroute.errors import CallError, UsageError
from policyroute.loading import Policy, load
from policyroute.policy.compile import own_detectors
from policyroute.policy.frame import shown
from policyroute.scan.detectors import KINDS, Finding, detector_set
from policyroute.scoring import TASKS

MOST_BYTES = 10_000_000
STAGES: tuple[StageName, ...] = ("sensitivity", "routes", "budgets", "complexity")
MOST_SHOWN = 20
CHAT = "/v1/chat/completions"
EXAMPLES = """\b
Examples:
  policyroute explain policies/default.yaml --prompt "Summarise this thread" --attr plan=pro
  policyroute explain policies/default.yaml --body call.json --path /v1/messages --header x-data-class=pii
  policyroute explain policies/default.yaml --prompt hi --spent tenant-day=85% --down eu-small -o json
"""


class Asked(NamedTuple):
    """The options, as they were typed."""

    prompt: str | None
    body: str | None
    path: str
    header: tuple[str, ...]
    attr: tuple[str, ...]
    spent: tuple[str, ...]
    detected: tuple[str, ...]
    down: tuple[str, ...]
    now: str | None
    seed: int | None
    canary: bool | None
    shadow: bool | None
    requested_model: str | None
    max_output: int | None
    tokens: int | None
    score: float | None
    task: str | None


@click.command(epilog=EXAMPLES)
@click.argument("policy")
@click.option("--prompt", metavar="TEXT", help="One user message.")
@click.option("--body", metavar="FILE", help="A wire body as it would be sent; `-` reads it from standard input.")
@click.option("--path", default=CHAT, show_default=True, help="Where the call would be sent: it names the wire format.")
@click.option("--header", multiple=True, metavar="NAME=VALUE", help="A header of the call; repeats.")
@click.option("--attr", multiple=True, metavar="NAME=VALUE", help="An attribute that the app vouches for; repeats.")
@click.option("--spent", multiple=True, metavar="BUDGET=SHARE", help="How much of a budget is spent, such as 85%; repeats.")
@click.option("--detected", multiple=True, metavar="KIND=BOOL", help="What a plug-in found, such as person=true; repeats.")
@click.option("--down", multiple=True, metavar="MODEL", help="A model that does not answer; repeats.")
@click.option("--now", metavar="TIME", help="The clock, such as 2026-11-02T09:00:00Z.  [default: the present]")
@click.option("--seed", type=int, help="Draws canary, shadow and splits from this number.")
@click.option("--canary/--no-canary", default=None, help="Whether the canary draw hits.  [default: no, or drawn from --seed]")
@click.option("--shadow/--no-shadow", default=None, help="Whether the shadow draw hits.  [default: no, or drawn from --seed]")
@click.option("--requested-model", metavar="NAME", help="The model that the client names.")
@click.option("--max-output", type=click.IntRange(1), metavar="TOKENS", help="The longest answer that the call asks for.")
@click.option("--tokens", type=click.IntRange(0), metavar="TOKENS", help="Input tokens, instead of an estimate.")
@click.option("--score", type=click.FloatRange(0, 1), help="The complexity score, instead of the scorer's.")
@click.option("--task", metavar="LABEL", help="The task label, instead of the classifier's.")
@output_option("text", "json", "markdown")
def command(policy: str, form: str, **given: Any) -> int:
    """Decide one call by a POLICY and say why: stage by stage, which rule fired and what it took out.

    Nothing is sent. The call is read by the same code as in production, and its text is never printed.
    """
    asked = Asked._make(given[name] for name in Asked._fields)
    loaded = load(policy)
    call = _call(asked, loaded)
    decision = loaded.decide(call, _facts(asked, loaded))
    found = _found(loaded, call)
    if form == "json":
        write_json({"ok": True, "decision": decision.to_dict(), "findings": [_told_of(one, part) for part, one in found]})
    elif form == "markdown":
        say("\n".join(_markdown(decision)))
    else:
        _show(decision, found)
    return 0


def _found(policy: Policy, call: Call) -> list[tuple[Part, Finding]]:
    """What the policy's detectors find, part by part: places and masks, never a value."""
    own = own_detectors(policy.compiled.document)
    asked = {q.kind for q in policy.compiled.questions if isinstance(q, Detected)}
    kinds = [kind for kind in KINDS if kind in asked]
    detectors = detector_set(kinds, [one for one in own if one.id in asked])
    if not detectors.kinds:
        return []
    found = in_order(detectors, joined(call.parts))
    return [(part, one) for part, _, inside in by_part(call.parts, found) for one in inside]


def _told_of(one: Finding, part: Part) -> dict[str, object]:
    return {**one._asdict(), "role": part.role, "turn": part.turn}


def _call(asked: Asked, policy: Policy) -> Call:
    """The call, read as it would be on the wire."""
    if (asked.prompt is None) == (asked.body is None):
        raise UsageError("exactly one of `--prompt` and `--body` is needed")
    api = api_of(asked.path)
    if api is None:
        raise UsageError(f"`{asked.path}` is no path that is read: such as {CHAT}, /v1/responses or /v1/messages")
    headers = [pair(text, "--header", "x-data-class=pii") for text in asked.header]
    attributes = dict(pair(text, "--attr", "plan=pro") for text in asked.attr)
    declared = policy.compiled.vocabulary.attributes
    keys = {str(one.source).removeprefix("auth.") for one in declared.values() if one.source.startswith("auth.")}
    for name in attributes:
        known(name, "attribute", declared, also=keys)
    if asked.body is None:
        prompt = {"model": asked.requested_model or "auto", "messages": [{"role": "user", "content": asked.prompt}]}
        call = read_call(json.dumps(prompt).encode(), "openai.chat", headers, attributes)._replace(api=api)
    else:
        call = read_call(_bytes(asked.body), api, headers, attributes, asked.path)
        if asked.requested_model is not None:
            call = call._replace(requested_model=_requested(asked.requested_model))
    return call if asked.max_output is None else call._replace(max_output=asked.max_output)


def _requested(name: str) -> str | None:
    """What a model name on the wire means: some leave the choice to the policy."""
    return read_call(json.dumps({"model": name, "messages": []}).encode(), "openai.chat").requested_model


def _bytes(file: str) -> bytes:
    try:
        with click.open_file(file, "rb") as stream:
            body: bytes = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read `{file}`: {(error.strerror or 'the system refuses').lower()}") from None
    except ValueError:
        raise UsageError("cannot read the body: no file can have this name") from None
    if len(body) > MOST_BYTES:
        raise CallError(f"the body is larger than {MOST_BYTES:,} bytes", code="body_too_large", status=413)
    return body


def _facts(asked: Asked, policy: Policy) -> Facts:
    vocabulary, budgets = policy.compiled.vocabulary, [budget.id for budget in policy.compiled.budgets]
    spent = {}
    for text in asked.spent:
        budget, share = pair(text, "--spent", "tenant-day=85%")
        spent[known(budget, "budget", budgets)] = _share(share)
    detected = {}
    for text in asked.detected:
        kind, found = pair(text, "--detected", "person=true")
        detected[known(kind, "plug-in kind", vocabulary.plugins)] = _yes(found)
    for model in asked.down:
        known(model, "model", vocabulary.models)
    if asked.task is not None:
        known(asked.task, "task", TASKS)
    drawn = None if asked.seed is not None else False
    return Facts(
        now=time.time() if asked.now is None else moment(asked.now),
        spent=spent,
        detected=detected,
        down=frozenset(asked.down),
        seed=asked.seed or 0,
        canary=drawn if asked.canary is None else asked.canary,
        shadow=drawn if asked.shadow is None else asked.shadow,
        task=asked.task,
        score=asked.score,
        tokens=asked.tokens,
        id=f"dec_{secrets.token_hex(12)}",
    )


def _yes(text: str) -> bool:
    if text not in ("true", "false"):
        raise UsageError(f"`{shown(text)}` is neither true nor false")
    return text == "true"


def _share(text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError:
        share = -1.0
    if not text.endswith("%") or not 0 <= share <= 1000:
        raise UsageError(f"`{shown(text)}` is no share of a budget: such as 85%")
    return share


def _removed(decision: Decision) -> Mapping[tuple[str, str], list[str]]:
    """The models that each rule took out, by stage and rule."""
    removed: dict[tuple[str, str], list[str]] = {}
    for model, why in decision.excluded.items():
        stage, _, rule = why.partition(".")
        removed.setdefault((stage, rule), []).append(model)
    return removed


def _show(decision: Decision, found: Sequence[tuple[Part, Finding]]) -> None:
    """The outcome first, then how it came about, then what would be called."""
    _show_outcome(decision)
    say()
    removed = _removed(decision)
    before: tuple[str, ...] | None = None
    for step in decision.steps:
        _show_step(step, before, removed)
        before = step.eligible
        if step.stage == "sensitivity" and found:
            _show_found(found)
    asked = {step.stage for step in decision.steps}
    for stage in STAGES if asked else ():
        if stage not in asked:
            say(f"{stage:<12} {dim('not asked')}")
    if decision.ranking:
        say(f"\n{bold('ranking')}")
        rows = [(str(i), one.model, one.tier, usd(one.cost_ceiling_usd)) for i, one in enumerate(decision.ranking, 1)]
        show_table(("", "model", "tier", "at most"), rows, right=(0, 3))
        say(f"\n{bold('plan')}")
        show_table(("call", "model"), [(planned.kind, planned.model) for planned in decision.plan])


def _show_outcome(decision: Decision) -> None:
    tags = f"tags {', '.join(decision.tags)}" if decision.tags else "no tags"
    reason = shown(decision.reason)
    if decision.outcome == "route":
        cost = f"at most {usd(decision.cost_ceiling_nano / 1e9)}"
        say("   ".join((green(f"→ {decision.model}", bold=True), f"tier {decision.tier}", tags, cost, reason)))
    elif decision.outcome == "deny":
        say("   ".join((red(f"✗ denied: {reason}", bold=True), f"in {decision.stage}", tags)))
    else:
        say(f"{yellow('= passed through')}   {reason}")
    version = decision.policy
    told = [f"{version.name}@{version.version}"]
    told += [f"mode {decision.mode}"] if decision.mode != "enforce" else []
    told += [f"task {decision.task}"] if decision.task is not None else []
    told += [f"score {decision.score:.2f}"] if decision.score is not None else []
    told += [f"about {counted(decision.tokens_estimated, 'token')} in", decision.id]
    say(dim(f"  {' · '.join(told)}"))
    if decision.unscanned:
        say(yellow("  some part of the call could not be read"))
    if decision.redact:
        say(f"  {_masking(decision)}")


def _masking(decision: Decision) -> str:
    """What is masked, and which tags that lifts."""
    lifted = f"; lifts {', '.join(decision.lifted)}" if decision.lifted else ""
    return f"redacts {', '.join(decision.redact)} before the call leaves{lifted}"


def _show_step(step: Step, before: tuple[str, ...] | None, removed: Mapping[tuple[str, str], list[str]]) -> None:
    left = f"{len(step.eligible)} left" if step.eligible else red("nothing left")
    names = f": {', '.join(step.eligible)}" if step.eligible and step.eligible != before else ""
    say(f"{bold(f'{step.stage:<12}')} {left}{names}")
    width = max((len(match.rule) for match in step.fired), default=0)
    for match in step.fired:
        first, *more = _told(match, removed.get((step.stage, match.rule), []))
        say(f"  {match.rule:<{width}}  {first}")
        for line in more:
            say(f"  {'':<{width}}  {line}")


def _show_found(found: Sequence[tuple[Part, Finding]]) -> None:
    """Where values are, masked; the first of many."""
    for part, one in found[:MOST_SHOWN]:
        say(dim(f"  {one.kind} {one.mask} at {one.start}-{one.end} of what the {part.role} says in turn {part.turn}"))
    if len(found) > MOST_SHOWN:
        say(dim(f"  and {len(found) - MOST_SHOWN} more"))


def _told(match: Match, gone: Sequence[str]) -> Iterator[str]:
    """Why a rule fired, what it did, and which models it took out."""
    yield shown(match.why)
    yield f"→ {shown(match.effect)}"
    if gone:
        yield yellow(f"− {', '.join(gone)}")


def _markdown(decision: Decision) -> Iterator[str]:
    """The same as a comment for a review."""
    tags = ", ".join(f"`{tag}`" for tag in decision.tags) or "none"
    reason = _cell(decision.reason)
    if decision.outcome == "route":
        cost = usd(decision.cost_ceiling_nano / 1e9)
        yield f"**→ `{decision.model}`** (tier `{decision.tier}`), at most {cost}, tags: {tags}, reason: {reason}"
    elif decision.outcome == "deny":
        yield f"**Denied: {reason}**, in {decision.stage}, tags: {tags}"
    else:
        yield f"**Passed through**: {reason}"
    if decision.redact:
        yield f"\nIt {_masking(decision)}."
    yield f"\nBy `{decision.policy.name}@{decision.policy.version}`, decision `{decision.id}`."
    removed = _removed(decision)
    rows = [
        f"| {step.stage} | `{match.rule}` | {_cell(match.why)} | {_cell(match.effect)} "
        f"| {', '.join(f'`{model}`' for model in removed.get((step.stage, match.rule), []))} | {len(step.eligible)} |"
        for step in decision.steps
        for match in step.fired
    ]
    if rows:
        yield "\n| stage | rule | why | effect | takes out | models left |\n|---|---|---|---|---|---:|"
        yield from rows
    if decision.ranking:
        yield "\n| | model | tier | at most |\n|---:|---|---|---:|"
        for i, one in enumerate(decision.ranking, 1):
            yield f"| {i} | `{one.model}` | {one.tier} | {usd(one.cost_ceiling_usd)} |"
        yield f"\nPlan: {', '.join(f'{planned.kind} `{planned.model}`' for planned in decision.plan)}."


def _cell(text: str) -> str:
    return shown(text).replace("|", "\\|")
