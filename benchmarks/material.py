"""Policies and prompts of any size, the same on every run."""

from __future__ import annotations

import random

SYLLABLES = [c + v for c in "bcdfghklmnprstvw" for v in "aeiou"]
TIERS = ("basic", "standard", "premium")
PROSE = (
    "The committee met on Tuesday to go over the quarterly figures and to plan the next steps for the northern office. "
    "Several people asked how the new process compares with last year, and whether the vendor would support it. "
    "Please write a short summary of the main points, with the open questions at the end, and keep the tone friendly. "
    "The second draft should name the owners of each task, the date by which it is due, and what it depends on. "
)


def words(count: int, seed: int = 2) -> list[str]:
    """Made-up words of three syllables, each once."""
    rng = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choice(SYLLABLES) for _ in range(3))] = None
    return list(found)


def prompt(size: int) -> str:
    """Plain prose of so many bytes."""
    return (PROSE * (size // len(PROSE) + 1))[:size]


def patterns(count: int) -> list[str]:
    """Regexes of the kinds that policies have: identifiers, phrases, alternatives, numbers after a word."""
    names = words(3 * count)
    made = []
    for i in range(count):
        a, b, c = names[3 * i : 3 * i + 3]
        kinds = (
            rf"\b{a}[-_ ]?[0-9]{{4,8}}\b",
            rf"{a}\s+{b}",
            rf"{a}|{b}|{c}",
            rf"\b{a}\w{{0,6}}{b}",
            rf"(?:{a}|{b})[ :#]*[a-z][0-9]+",
        )
        made.append(kinds[i % len(kinds)])
    return made


def policy(rules: int, models: int) -> str:
    """A policy of four stages: half of the regex rules tag, half of them route."""
    regexes = patterns(rules)
    tagging, routing = regexes[: rules // 2], regexes[rules // 2 :]
    lines = [
        "apiVersion: policyroute/v1",
        "kind: Policy",
        "metadata: {name: bench, version: 1}",
        f"tiers: [{', '.join(TIERS)}]",
        "models:",
    ]
    for i in range(models):
        price = f"price: {{in: {0.1 + i * 0.01:.2f}, out: {0.4 + i * 0.04:.2f}}}"
        lines.append(
            f"  m{i}: {{provider: p{i % 4}, region: {('eu', 'us')[i % 2]}, hosting: cloud, tier: {TIERS[i % 3]}, "
            f"context: 128000, caps: [json, tools], {price}}}"
        )
    lines += [
        "attributes:",
        "  tenant: {from: auth.tenant, trust: verified}",
        "  plan: {from: auth.plan, trust: verified, values: [free, pro]}",
    ]
    lines += ["tags:", "  internal: {only: {region: [eu]}}", "pipeline:", "  sensitivity:"]
    lines += [f"    - {{id: s{i}, when: {{prompt: {{regex: '{regex}'}}}}, add: [internal]}}" for i, regex in enumerate(tagging)]
    lines += ["    - {id: not-scanned, when: {unscanned: true}, add: [internal]}", "  routes:"]
    lines += ["    - {id: free-plan, when: {plan: [free]}, only: {tier: [basic]}}"]
    lines += [f"    - {{id: r{i}, when: {{prompt: {{regex: '{regex}'}}}}, to: premium}}" for i, regex in enumerate(routing)]
    lines += [
        "  budgets:",
        "    - id: day",
        "      per: [tenant]",
        "      window: day",
        "      limit: {usd: 100}",
        "      steps: [{at: 80%, only: {tier: [basic, standard]}}, {at: 100%, deny: budget_exhausted}]",
        "  complexity:",
        "    ladder:",
        "      - {id: small, when: {task: [classification, extraction]}, prefer: [basic]}",
        "      - {id: easy, when: {score: {lt: 0.3}}, prefer: [basic, standard]}",
        "      - {id: rest, when: {}, prefer: [standard, premium]}",
    ]
    return "\n".join(lines) + "\n"


def near_misses(size: int, count: int, seed: int) -> str:
    """Hostile text: beginnings of what the patterns look for, each cut before it matches. Another seed, another text."""
    rng = random.Random(seed)
    names = words(3 * count)
    out: list[str] = []
    length = 0
    while length < size:
        name = rng.choice(names)
        piece = (
            name[: rng.randint(3, len(name) - 1)]
            + rng.choice(["", "-", " ", "_", "4", "12", " :"])
            + rng.choice(names)[: rng.randint(1, 4)]
        )
        out.append(piece)
        length += len(piece) + 1
    return " ".join(out)[:size]
