"""Deciding one call: by number of rules, by number of models, by size of the prompt, and beside two policy engines."""

from __future__ import annotations

import importlib.util
import resource
import time
from collections.abc import Callable

from benchmarks.material import near_misses, patterns, policy, prompt
from benchmarks.timing import calibration, medians, table
from policyroute.call import Call, Facts
from policyroute.loading import Policy, loads

FACTS = Facts(spent={"day": 0.5})
WHO = {"tenant": "acme", "plan": "pro"}


def deciding(loaded: Policy, text: str) -> Callable[[], object]:
    """Reads, scans and decides one call, down to the chosen model."""
    call = Call.from_text(text, attributes=WHO)
    return lambda: loaded.decide(call, FACTS).model


def growth() -> str:
    """How the time grows with rules, models and text."""
    sizes = {
        (10, 20): "10 rules",
        (100, 20): "100 rules",
        (1000, 20): "1,000 rules",
        (100, 5): "5 models",
        (100, 200): "200 models",
    }
    loaded = {key: loads(policy(*key)) for key in sizes}
    subjects = {name: deciding(loaded[key], prompt(2048)) for key, name in sizes.items()}
    subjects["32 KB"] = deciding(loaded[100, 20], prompt(32_768))
    took = medians(subjects)
    base = took["100 rules"]
    rows = [
        ("2 KB, 100 regex rules, 20 models", f"{base:.1f} µs", "≤ 15 µs"),
        ("1,000 rules against 10", f"{took['1,000 rules'] / took['10 rules']:.2f}×", "≤ 1.3×"),
        ("200 models against 5", f"{took['200 models'] / took['5 models']:.2f}×", "≤ 2×"),
        ("32 KB against 2 KB", f"{took['32 KB'] / base:.2f}×", "≤ 8×"),
    ]
    return table(("deciding", "median", "wanted"), rows) + f"\n(a loop of 10,000 additions takes {calibration():.0f} µs now)"


def hostile() -> str:
    """32 KB of near misses, another text each time, against 1,000 regexes."""
    loaded = loads(policy(1000, 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = []
    for seed in range(60):
        decide = deciding(loaded, near_misses(32_768, 1000, seed))
        started = time.perf_counter_ns()
        decide()
        took.append((time.perf_counter_ns() - started) / 1e6)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    rows = [
        ("first decision", f"{took[0]:.2f} ms", "≤ 5 ms"),
        ("longest of 60", f"{max(took):.2f} ms", "≤ 5 ms"),
        ("memory grown", f"{grown:.1f} MB", "≤ 64 MB"),
    ]
    return table((f"hostile prompts ({loaded.pipeline.reader.engine})", "seen", "wanted"), rows)


def peers() -> str:
    """The same text rules in Cedar and in CEL, where they are installed."""
    text = prompt(2048)
    subjects = {}
    for count in (10, 100):
        subjects[f"policyroute, {count} rules"] = deciding(loads(policy(count, 20)), text)
        if importlib.util.find_spec("cedarpy"):
            subjects[f"cedarpy, {count} rules"] = _cedar(count, text)
    took = medians(subjects, rounds=9, calls=60)
    if importlib.util.find_spec("celpy"):
        took |= medians({"cel-python, 10 rules": _cel(10, text)}, rounds=3, calls=3)
    return table(("beside policy engines", "median"), [(name, f"{value:.1f} µs") for name, value in took.items()])


def _cedar(count: int, text: str) -> Callable[[], object]:
    import cedarpy

    rules = ["permit(principal, action, resource);"]
    literals = [regex.split("|")[0].lstrip("\\b(?:").split("\\")[0].split("[")[0].split("{")[0] for regex in patterns(count)]
    rules += [f'forbid(principal, action, resource) when {{ context.prompt like "*{literal}*" }};' for literal in literals]
    request = {"principal": 'User::"a"', "action": 'Action::"call"', "resource": 'Model::"m"', "context": {"prompt": text}}
    policies = "\n".join(rules)
    return lambda: cedarpy.is_authorized(request, policies, [])


def _cel(count: int, text: str) -> Callable[[], object]:
    import celpy

    environment = celpy.Environment()
    expression = " || ".join(f"prompt.matches({regex!r})".replace("'", '"').replace("\\", "\\\\") for regex in patterns(count))
    program = environment.program(environment.compile(expression))
    activation = {"prompt": celpy.celtypes.StringType(text)}
    return lambda: program.evaluate(activation)


def main() -> None:
    """All of it."""
    for part in (growth, hostile, peers):
        print(part(), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
