"""What a scan costs: engines by numbers of patterns and sizes of text, on plain prose and on texts made to hurt."""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks.material import prompt, words
from benchmarks.timing import calibration, medians, table
from policyroute.scan import Pattern, Scanner, build, check

ENGINES: tuple[Literal["hyperscan", "re2"], ...] = ("hyperscan", "re2")
COUNTS = (10, 100, 1000)
SIZES = (200, 2_048, 32_768, 262_144)
HOSTILE = 32_768
ROUNDS = 7
CYRILLIC = "абвгдежзиклмнопрстуфхцчшэюя"


class Asked(NamedTuple):
    """A pattern, and a text in which it is."""

    pattern: Pattern
    hit: str


def asked(count: int, kind: Literal["regex", "keywords"] = "regex") -> list[Asked]:
    """Patterns as policies have them: identifiers, phrases, alternatives, names; a third of them not in English."""
    rng = random.Random(count)
    names = words(2 * count)
    made = []
    for index, (a, b) in enumerate(zip(names[::2], names[1::2], strict=True)):
        russian = "".join(rng.choices(CYRILLIC, k=rng.randint(4, 9)))
        german = a[:2] + rng.choice("äöüß") + a[2:]
        chinese = "".join(chr(rng.randint(0x4E00, 0x9000)) for _ in range(3))
        shapes = (
            (rf"\b{a}[-_ ]?\d{{4,8}}\b", f"{a}-12345"),
            (rf"\b{a}\s+{b}\b", f"{a} {b}"),
            (rf"{a}|{b}", b),
            (rf"\b{a}\w{{0,6}}x", f"{a}abcx"),
            (rf"(?:{a}|{b})[ :#]*[a-z]\d+", f"{a} #a12"),
            (rf"\b{a}[-_ ]?\d{{4,8}}\b", f"{a}_1234"),
            (rf"\b{russian}\b", russian),
            (rf"\b{german}\w*", german),
            (chinese, chinese),
        )
        regex, hit = shapes[index % len(shapes)]
        made.append(Asked(Pattern(kind, (hit if kind == "keywords" else regex,)), hit))
    return made


def hostile(hits: Sequence[str]) -> dict[str, Callable[[random.Random], str]]:
    """Texts made to hurt, another one for every seed."""

    def near(rng: random.Random) -> str:
        hit = rng.choice(hits)
        return hit[: rng.randint(max(1, len(hit) // 2), len(hit) - 1)]

    def filled(piece: Callable[[random.Random], str], rng: random.Random, between: str = " ") -> str:
        found: list[str] = []
        size = 0
        while size < HOSTILE:
            found.append(piece(rng))
            size += len(found[-1]) + len(between)
        return between.join(found)[:HOSTILE]

    english = [hit for hit in hits if hit.isascii()]
    return {
        "near misses": lambda rng: filled(near, rng),
        "near misses, ASCII": lambda rng: filled(near, rng).encode("ascii", "ignore").decode().ljust(HOSTILE, "x"),
        "run together": lambda rng: filled(near, rng, ""),
        "hundreds of hits": lambda rng: filled(lambda rng: rng.choice(hits), rng),
        "hits in ASCII": lambda rng: filled(lambda rng: rng.choice(english), rng),
        "hits undone by é": lambda rng: filled(lambda rng: "é" + rng.choice(hits), rng),
        "digits": lambda rng: filled(lambda rng: str(rng.randint(0, 10**9)), rng),
        "Chinese": lambda rng: "".join(chr(rng.randint(0x4E00, 0x9000)) for _ in range(HOSTILE)),
        "combining marks": lambda rng: "a" + "\u0301\u0323" * (HOSTILE // 2),
        "any characters": lambda rng: "".join(chr(rng.randint(0, 0x10FFFF)) for _ in range(HOSTILE)),
    }


def memory_mb() -> float:
    """What the process holds now; not a number where the system does not say so in a file."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
    except OSError:
        return float("nan")


def timed(what: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter_ns()
    what()
    return (time.perf_counter_ns() - started) / 1e6


def check_all(patterns: Sequence[Pattern]) -> None:
    """As the loader of a policy does, to report every mistake."""
    for pattern in patterns:
        check(pattern)


def loading() -> Iterator[tuple[object, ...]]:
    """Checking, building and compiling, in milliseconds; what it takes of memory, in megabytes."""
    for count in COUNTS:
        for engine in ENGINES:
            patterns = [one.pattern._replace(sources=(*one.pattern.sources, engine)) for one in asked(count)]
            before = memory_mb()
            checked = timed(partial(check_all, patterns))
            built = timed(partial(build, patterns, engine=engine))
            scanner = build(patterns, engine=engine)
            compiled = timed(scanner.warm)
            yield count, engine, f"{checked:.1f}", f"{built:.1f}", f"{compiled:.0f}", f"{memory_mb() - before:.1f}"


def looped(patterns: Sequence[Pattern], text: str) -> int:
    """What one would write without a scanner."""
    return sum(re.search(pattern.sources[0], text, re.IGNORECASE) is not None for pattern in patterns)


def plain() -> Iterator[tuple[object, ...]]:
    """Microseconds a scan: prose, the same with one character outside ASCII, and a loop over `re`."""
    for count in COUNTS:
        patterns = [one.pattern for one in asked(count)]
        scanners: dict[str, Scanner] = {engine: build(patterns, engine=engine) for engine in ENGINES}
        for size in SIZES:
            text = prompt(size)
            curly = text[: size // 2] + "’" + text[size // 2 + 1 :]
            calls = max(2, 400_000 // size)
            subjects: dict[str, Callable[[], object]] = {}
            for engine, scanner in scanners.items():
                subjects[engine] = partial(scanner.scan, text)
                subjects[engine + " ’"] = partial(scanner.scan, curly)
            taken = medians(subjects, calls=calls)
            loop = f"{medians({'re': partial(looped, patterns, text)}, rounds=3, calls=1)['re']:.0f}" if size == SIZES[1] else ""
            yield count, size, *(f"{taken[name]:.1f}" for name in subjects), loop


def hurting(kind: Literal["regex", "keywords"]) -> Iterator[tuple[object, ...]]:
    """Milliseconds for 32 Ki characters against 1,000 patterns, every text a new one: the first, the median, the worst."""
    everything = asked(1000, kind)
    for engine in ENGINES:
        for name, make in hostile([one.hit for one in everything]).items():
            scanner = build([one.pattern for one in everything], engine=engine)
            scanner.warm()
            rng = random.Random(name)
            texts = [make(rng) for _ in range(ROUNDS)]
            before = memory_mb()
            times = [timed(partial(scanner.scan, text)) for text in texts]
            grown = memory_mb() - before
            found = max(scanner.scan(text).bit_count() for text in texts)
            figures = (times[0], statistics.median(times), max(times))
            yield kind, engine, name, found, *(f"{ms:.2f}" for ms in figures), f"{grown:.1f}"


def main() -> None:
    """Prints one table for each question."""
    print(f"calibration {calibration():.0f} µs")
    print(table(("patterns", "engine", "check ms", "build ms", "compile ms", "MB"), list(loading())), flush=True)
    print()
    columns = [name for engine in ENGINES for name in (engine, engine + " ’")]
    print(table(("patterns", "characters", *(f"{name} µs" for name in columns), "re loop µs"), list(plain())), flush=True)
    for kind in ("regex", "keywords"):
        print()
        head = ("kind", "engine", "text", "found", "first ms", "median ms", "worst ms", "MB")
        print(table(head, list(hurting(kind))), flush=True)


if __name__ == "__main__":
    main()
