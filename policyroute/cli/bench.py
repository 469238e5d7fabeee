"""`policyroute bench`: measures how fast a policy decides, on this machine."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

import click

from policyroute.call import Call
from policyroute.cli.render import bold, dim, output_option, say, show_table, write_json
from policyroute.loading import Policy, load
from policyroute.telemetry.telemetry import Telemetry

SIZES = (200, 4_000, 40_000)
VARIANTS = 32
LEAST_DECISIONS = 50
WORDS = (
    "the a of to and in is that for it as was with be by on not he his but at are this have from or had an they which one "
    "you were all her she there would their we him been has when who will no more if out so up said what its about than "
    "into them can only other time new some could these two may first then do any like my now over such our man me even "
    "most made after also did many before must through years where much your way well down should because each just those "
    "people how too little state good very make world still see own work long here between both life being under never "
    "day same another know while last might us great old year off come since against go came right used take three letter "
    "garden river summer winter table window question answer report meeting customer product order invoice team project "
    "plan draft summary number result reason example program system process change"
).split()
EXAMPLES = """\b
Examples:
  policyroute bench policies/default.yaml
  policyroute bench policies/default.yaml --seconds 10 --output json
"""


class Measured(NamedTuple):
    """Decisions on prompts of one size: how many in which time, and how long each took."""

    prompt_bytes: int
    seconds: float
    taken_ns: Sequence[int]

    @property
    def per_second(self) -> float:
        """Decisions per second of one thread."""
        return len(self.taken_ns) / self.seconds

    def quantile_us(self, share: float) -> float:
        """The time within which this share of the decisions was made; `taken_ns` is sorted."""
        return self.taken_ns[min(int(share * len(self.taken_ns)), len(self.taken_ns) - 1)] / 1000


@click.command(epilog=EXAMPLES)
@click.argument("policy")
@click.option("--seconds", type=click.FloatRange(0.1, 600), default=3.0, show_default=True, help="How long to measure, in all.")
@output_option("text", "json")
def command(policy: str, seconds: float, form: str) -> None:
    """Measure how fast a POLICY decides on this machine: decisions per second, and how long single ones take.

    The prompts are prose made of common English words, the same every time. Measured is the decision alone, in one thread:
    reading a wire body is no part of it. Where the SDK of OpenTelemetry is installed, decisions that are recorded as spans are
    measured as well.
    """
    start = time.perf_counter()
    loaded = load(policy)
    load_ms = (time.perf_counter() - start) * 1000
    start = time.perf_counter()
    loaded.decide(_call(SIZES[0], 0, loaded))
    first_us = (time.perf_counter() - start) * 1e6
    telemetry = _recording()
    share_s = seconds / len(SIZES) / (1 if telemetry is None else 2)
    measured = [_measure(partial(_decide, loaded), loaded, size, share_s) for size in SIZES]
    recorded: list[Measured] = []
    if telemetry is not None:
        recorded = [_measure(partial(_record, loaded, telemetry), loaded, size, share_s) for size in SIZES]
    if form == "json":
        version = loaded.version
        write_json(
            {
                "ok": True,
                "policy": version._asdict(),
                "load_ms": round(load_ms, 3),
                "first_decision_us": round(first_us, 1),
                "sizes": [_row(one) for one in measured],
                "with_telemetry": [_row(one) for one in recorded],
            }
        )
    else:
        _show(loaded, load_ms, first_us, measured, recorded)


def _recording() -> Telemetry | None:
    """A telemetry that records, where there is an SDK that can."""
    if find_spec("opentelemetry.sdk") is None:
        return None
    made: Telemetry = import_module("policyroute.telemetry.sdk").recording()
    return made


def _decide(policy: Policy, call: Call) -> None:
    policy.decide(call)


def _record(policy: Policy, telemetry: Telemetry, call: Call) -> None:
    began_ns = time.time_ns()
    span = telemetry.request(began_ns)
    span.decided(policy.decide(call), started_ns=began_ns, ended_ns=time.time_ns())
    span.ended(time.time_ns())


def _measure(decide: Callable[[Call], None], policy: Policy, size: int, seconds: float) -> Measured:
    calls = [_call(size, variant, policy) for variant in range(VARIANTS)]
    clock = time.perf_counter_ns
    for call in calls:
        decide(call)
    taken: list[int] = []
    begun = clock()
    end = begun + int(seconds * 1e9)
    while len(taken) < LEAST_DECISIONS or clock() < end:
        for call in calls:
            start = clock()
            decide(call)
            taken.append(clock() - start)
    return Measured(size, (clock() - begun) / 1e9, sorted(taken))


def _call(size: int, variant: int, policy: Policy) -> Call:
    """A call with a prompt of that size, and with every attribute that the policy requires."""
    declared = policy.compiled.vocabulary.attributes.items()
    required = {str(name): str(one.values[0]) if one.values else "bench" for name, one in declared if one.required}
    return Call.from_text(_prose(size, variant), attributes=required)


def _prose(size: int, variant: int) -> str:
    """That many bytes of sentences; the same for the same variant."""
    draw = random.Random(variant)
    sentences: list[str] = []
    length = 0
    while length < size:
        words = draw.choices(WORDS, k=draw.randint(6, 18))
        sentences.append(f"{' '.join(words).capitalize()}.")
        length += len(sentences[-1]) + 1
    return " ".join(sentences)[:size]


def _row(one: Measured) -> dict[str, int | float]:
    return {
        "prompt_bytes": one.prompt_bytes,
        "decisions": len(one.taken_ns),
        "per_second": round(one.per_second, 1),
        "p50_us": round(one.quantile_us(0.5), 1),
        "p90_us": round(one.quantile_us(0.9), 1),
        "p99_us": round(one.quantile_us(0.99), 1),
        "max_us": round(one.quantile_us(1), 1),
    }


def _show(policy: Policy, load_ms: float, first_us: float, measured: Sequence[Measured], recorded: Sequence[Measured]) -> None:
    version = policy.version
    say(f"{bold(f'{version.name}@{version.version}')}   loaded in {load_ms:,.0f} ms   first decision in {_time(first_us)}\n")
    rows = [
        (
            _size(one.prompt_bytes),
            spans,
            f"{one.per_second:,.0f}",
            *(_time(one.quantile_us(share)) for share in (0.5, 0.9, 0.99, 1)),
        )
        for spans, those in (("off", measured), ("on", recorded))
        for one in those
    ]
    show_table(("prompt", "spans", "decisions/s", "p50", "p90", "p99", "max"), rows, right=range(7))
    missing = "" if recorded else "; `spans: on` needs opentelemetry-sdk, which is not installed"
    say(dim(f"\n  one thread; the decision alone, without reading a body{missing}"))


def _size(size: int) -> str:
    return f"{size} B" if size < 1000 else f"{size // 1000} KB"


def _time(us: float) -> str:
    return f"{us:.0f} µs" if us < 1000 else f"{us / 1000:.1f} ms"
