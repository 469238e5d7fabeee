"""How good and how fast the default scorer is. Quality needs labelled prompts; speed needs nothing.

The folder with `tasks.jsonl.xz`, `tiers.jsonl.xz` and `routing.jsonl.xz` is the first argument, or stands in the
environment variable POLICYROUTE_ROUTING_DATA. Each line is a JSON object with `prompt` and: `label` (tasks); `level`
(tiers); `dataset`, `role`, `weak` and `strong` (routing: the quality of two models' answers, from 0 to 1).
"""

from __future__ import annotations

import json
import lzma
import os
import sys
import timeit
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from policyroute.scoring import Heuristic, rough_words, score, spoken, task, tokens, words

# What one writes down in five minutes: the first row whose word occurs wins.
NAIVE = (
    ("translation", ("translate", "translation")),
    ("summarization", ("summarize", "summary", "summarise")),
    ("extraction", ("extract", "keywords")),
    ("classification", ("classify", "category", "sentiment")),
    ("code", ("code", "function", "python", "program")),
    ("math", ("solve", "calculate", "how many", "equation")),
    ("creative", ("write", "story", "poem", "ideas")),
    ("reasoning", ("analyze", "compare", "step by step", "why")),
)


class Routed(NamedTuple):
    """A prompt that two models answered: its score, the qualities of both answers, and its weight in the mix."""

    score: float
    weak: float
    strong: float
    weight: float = 1.0


def rows(folder: Path, name: str) -> list[dict[str, object]]:
    """The rows of one file."""
    with lzma.open(folder / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def naive_task(text: str) -> str:
    """The baseline: a keyword table."""
    low = text.lower()
    return next((label for label, keys in NAIVE if any(key in low for key in keys)), "qa")


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """The mean of F1 over the labels that occur."""
    f1 = []
    for label in set(truth):
        right = sum(a == b == label for a, b in zip(truth, said, strict=True))
        f1.append(2 * right / (truth.count(label) + said.count(label)))
    return sum(f1) / len(f1)


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value; equal values share theirs."""
    out = [0.0] * len(values)
    place = 0
    for _, group in groupby(sorted(range(len(values)), key=values.__getitem__), key=values.__getitem__):
        tied = list(group)
        for index in tied:
            out[index] = place + (len(tied) - 1) / 2
        place += len(tied)
    return out


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """The correlation of ranks."""
    x, y = ranks(a), ranks(b)
    mean = (len(x) - 1) / 2
    across = sum((p - mean) * (q - mean) for p, q in zip(x, y, strict=True))
    return across / sqrt(sum((p - mean) ** 2 for p in x) * sum((q - mean) ** 2 for q in y))


def apgr(items: Sequence[Routed]) -> float:
    """The average share of the quality gap that is recovered, over all shares of calls sent to the strong model.

    Chance is 0.5. Equal scores count as if shuffled.
    """
    total = sum(item.weight for item in items)
    gap = sum((item.strong - item.weak) * item.weight for item in items) / total
    area = gained = 0.0
    for _, group in groupby(sorted(items, key=lambda item: -item.score), key=lambda item: item.score):
        tied = list(group)
        more = sum((item.strong - item.weak) * item.weight for item in tied) / total
        area += sum(item.weight for item in tied) / total * (gained + more / 2)
        gained += more
    return area / gap


def report_tasks(folder: Path) -> None:
    """Task labels against the data's."""
    data = rows(folder, "tasks")
    truth = [str(row["label"]) for row in data]
    for name, guess in (("heuristic", task), ("keyword table", naive_task), ("always qa", lambda _: "qa")):
        said = [str(guess(str(row["prompt"]))) for row in data]
        right = sum(a == b for a, b in zip(truth, said, strict=True)) / len(data)
        kept = [(a, b) for a, b in zip(truth, said, strict=True) if a != "vision"]
        without = macro_f1([a for a, _ in kept], [b for _, b in kept])
        print(f"tasks    {name:14s} accuracy {right:.3f}  macro-F1 {macro_f1(truth, said):.3f}  without vision {without:.3f}")


def report_tiers(folder: Path) -> None:
    """The score against how hard the prompts were judged."""
    data = rows(folder, "tiers")
    levels = [float(str(row["level"])) for row in data]
    for name, how in scorers():
        print(f"tiers    {name:14s} Spearman {spearman([how(str(row['prompt'])) for row in data], levels):.3f}")


def report_routing(folder: Path) -> None:
    """The score as a router between a weak and a strong model."""
    data = [row for row in rows(folder, "routing") if row["role"] != "aux"]
    for name, how in scorers():
        by_set: dict[str, list[Routed]] = defaultdict(list)
        for row in data:
            by_set[str(row["dataset"])].append(
                Routed(how(str(row["prompt"])), float(str(row["weak"])), float(str(row["strong"])))
            )
        print(f"routing  {name:14s} APGR mean of sets {mean_apgr(by_set):.3f}  mix of sets {mix_apgr(by_set):.3f}")


def mean_apgr(by_set: Mapping[str, Sequence[Routed]]) -> float:
    """The mean over the sets on which the strong model is clearly better."""
    clear = [
        items
        for items in by_set.values()
        if len(items) >= 70 and sum(item.strong - item.weak for item in items) / len(items) >= 0.095
    ]
    return sum(map(apgr, clear)) / len(clear)


def mix_apgr(by_set: Mapping[str, Sequence[Routed]]) -> float:
    """All sets in one ranking, each with the same weight."""
    return apgr([item._replace(weight=1 / len(items)) for items in by_set.values() for item in items])


def scorers() -> tuple[tuple[str, Callable[[str], float]], ...]:
    """What is compared: the heuristic, and the length of the prompt."""
    return (("heuristic", score), ("length", len))


def report_speed() -> None:
    """Microseconds: the parts of a score, and the whole."""
    heuristic = Heuristic()
    heuristic.warm()
    sentence = "Compare two ways to store 12 million small files, explain the trade-offs, and write a Python function for one. "
    for size in (200, 2_000, 40_000):
        text = (sentence * (size // len(sentence) + 1))[:size]
        said = spoken(text)
        bits, length = heuristic.find(said), rough_words(said)
        parts: tuple[tuple[str, Callable[[], object]], ...] = (
            ("score and task", partial(heuristic.judge, bits, length)),
            ("tokens", partial(tokens, text)),
            ("words", partial(words, text)),
            ("find", partial(heuristic.find, said)),
            ("whole", partial(score, text)),
        )
        taken = "  ".join(f"{name} {microseconds(what):.1f}" for name, what in parts)
        print(f"speed    {size:6d} characters, {bits.bit_count()} signals, µs: {taken}")


def microseconds(what: Callable[[], object]) -> float:
    """The best mean of five runs."""
    timer = timeit.Timer(what)
    times, _ = timer.autorange()
    return min(timer.repeat(5, max(times // 5, 1))) / max(times // 5, 1) * 1e6


def main(arguments: Sequence[str] = ()) -> None:
    """Prints one line for each figure."""
    report_speed()
    place = arguments[0] if arguments else os.environ.get("POLICYROUTE_ROUTING_DATA")
    if place is None:
        print("no folder of labelled prompts was given: quality is not measured", file=sys.stderr)
        return
    for report in (report_tasks, report_tiers, report_routing):
        report(Path(place))


if __name__ == "__main__":
    main(sys.argv[1:])
