"""What one policy has compiled serves whoever asks for the same, in every thread and process, and is gone once nobody does."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Literal
from weakref import ref

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.call import Call
from policyroute.loading import loads
from policyroute.reload import Watched
from policyroute.scan import Pattern, PatternError, Scanner, build
from policyroute.scan.engines.engine import while_used
from policyroute.scan.engines.hyperscan_set import Compiled, HyperscanSet, _Database

Engine = Literal["hyperscan", "re2"]
ENGINES: tuple[Engine, ...] = ("hyperscan", "re2")

RECORD = Pattern("regex", (r"\bmrn[ :#-]*\d{6,10}\b",))
WORDS = Pattern("keywords", ("patient", "diagnosis"))
POOL = (
    RECORD,
    WORDS,
    Pattern("keywords", ("diagnosis",)),
    Pattern("regex", (r"überg\w+",)),
    Pattern("regex", (r"Key-[A-Z]{3}",), True),
    Pattern("regex", (r"Key-[a-z]{3}",), True),
    Pattern("regex", (r"[a-f]\d{2}\W",)),
    Pattern("regex", (r"(?:ab|cd){200}",)),
    Pattern("glob", ("*mrn*",)),
)
TEXTS = (
    "",
    "the patient has MRN 1234567, key Key-ABC",
    "Key-abc of the übergabe: diagnosis b12!",
    "abcd" * 100 + " é patient",
    "nothing at all",
)


def alone(pattern: Pattern, text: str) -> bool:
    """Whether one pattern by itself is in a text."""
    return build([pattern], engine="re2").scan(text) == 1


ALONE = {(pattern, text): alone(pattern, text) for pattern in POOL for text in TEXTS}


def expected(patterns: list[Pattern], text: str) -> int:
    """What a scanner of these patterns has to answer."""
    return sum(ALONE[pattern, text] << place for place, pattern in enumerate(patterns))


def databases(scanner: Scanner) -> Iterator[Compiled]:
    """What Hyperscan has compiled for a scanner: the set for ASCII, those of readings without case, those with."""
    scanner.warm()
    sets = scanner._sets
    assert sets is not None
    for some in (sets.lower, *(part.asking for part in sets.folded), *(part.compiled for part in sets.cased)):
        if isinstance(some, HyperscanSet):
            yield from (part._compiled for part in some._sets if isinstance(part, _Database))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_patterns_have_the_same_scanner(engine: Engine) -> None:
    """Whoever asks while it is there; other patterns, another order or another engine have another one."""
    scanner = build([RECORD, WORDS], engine=engine)
    again = [Pattern(pattern.kind, (*pattern.sources,), pattern.case_sensitive) for pattern in (RECORD, WORDS)]
    assert build(again, engine=engine) is scanner
    others = [build([WORDS, RECORD], engine=engine), build([RECORD], engine=engine)]
    others += [build([RECORD, WORDS], engine=other) for other in ENGINES if other != engine]
    assert scanner not in others and len({scanner.engine, *(other.engine for other in others)}) == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_what_nobody_has_is_gone(engine: Engine) -> None:
    """A scanner, and what was compiled for it, live as long as somebody has the scanner."""
    scanner = build([RECORD, POOL[4]], engine=engine)
    scanner.scan(TEXTS[1])
    there: list[ref[Scanner] | ref[Compiled]] = [ref(scanner), *map(ref, databases(scanner))]
    assert len(there) == (1 if engine == "re2" else 3) and all(one() is not None for one in there)
    del scanner
    gc.collect()
    assert [one() for one in there] == [None] * len(there)


def test_a_pattern_that_is_refused_is_refused_again() -> None:
    """Nothing is kept of it."""
    for _ in range(2):
        with pytest.raises(PatternError):
            build([RECORD, Pattern("regex", ("a*",))])


CHANGES: dict[str, tuple[list[Pattern], list[int]]] = {
    "a pattern in which case matters": ([RECORD, POOL[3], POOL[5]], [2]),
    "a pattern in which it does not": ([WORDS, POOL[3], POOL[4]], [0]),
    "what no text of ASCII has": ([RECORD, Pattern("regex", (r"é\w+",)), POOL[4]], [1]),
    "nothing but places": ([RECORD, POOL[3], RECORD, POOL[4], POOL[4]], []),
}


@pytest.mark.parametrize(("changed", "anew"), CHANGES.values(), ids=CHANGES)
def test_only_what_changed_is_compiled(changed: list[Pattern], anew: list[int]) -> None:
    """A database is the same one where its regexes are, whichever patterns they now stand for."""
    before = build([RECORD, POOL[3], POOL[4]], engine="hyperscan")
    old = list(databases(before))
    after = build(changed, engine="hyperscan")
    assert [place for place, (one, other) in enumerate(zip(databases(after), old, strict=True)) if one is not other] == anew
    for text in TEXTS:
        asked = build(changed, engine="re2").scan(text)
        assert after.scan(text) == asked and before.scan(text) == expected([RECORD, POOL[3], POOL[4]], text)


@settings(max_examples=25)
@given(st.lists(st.lists(st.sampled_from(POOL), min_size=1, max_size=6), min_size=1, max_size=5), st.sampled_from(ENGINES))
def test_what_is_shared_answers_each_by_its_own_places(policies: list[list[Pattern]], engine: Engine) -> None:
    """However the patterns of several policies overlap, each is answered as if it were the only one."""
    scanners = [build(patterns, engine=engine) for patterns in policies]
    for text in TEXTS:
        assert [scanner.scan(text) for scanner in scanners] == [expected(patterns, text) for patterns in policies]


@pytest.mark.parametrize("engine", ENGINES)
def test_threads_load_and_scan_at_once(engine: Engine) -> None:
    """Some of them have the same sets, which come and go, and no two scans use the same memory."""
    sets = [[POOL[place], POOL[place + 1], POOL[place % 3]] for place in range(4)]

    def load_and_scan(number: int) -> bool:
        patterns = sets[number % len(sets)]
        scanner = build(patterns, engine=engine)
        return all(scanner.scan(text * 50) == expected(patterns, text) for text in (TEXTS[1], TEXTS[2], TEXTS[4]))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(load_and_scan, range(200)))


class Thing:
    """Something that was made."""

    def __init__(self, name: str) -> None:
        self.name = name


def test_threads_may_make_the_same_twice() -> None:
    """Where two are at it at once, either gets a good one, and who asks later gets one that somebody has."""
    both = Barrier(2)

    @while_used
    def thing(name: str) -> Thing:
        both.wait(20)
        return Thing(name)

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(thing, ["a", "a"]))
    assert [one.name for one in made] == ["a", "a"]
    assert thing("a") in made
    made.clear()
    both.abort()
    with pytest.raises(BrokenBarrierError):  # by now it would have to be made anew
        thing("a")


FORKED = """
import os
from threading import Event, Thread
from policyroute.scan import Pattern, build
from policyroute.scan.engines.engine import while_used
making, go_on = Event(), Event()

class Thing:
    pass

@while_used
def thing():
    making.set()
    go_on.wait(20)
    return Thing()

patterns = [Pattern("regex", ("word[0-9]+",)), Pattern("regex", ("Key[A-Z]",), True)]
scanner = build(patterns, engine={engine!r})
scanner.warm()
thread = Thread(target=thing)
thread.start()
assert making.wait(20)
child = os.fork()  # another thread is in the middle of making something
go_on.set()
right = thing() is not None and build(patterns, engine={engine!r}) is scanner
changed = build([patterns[1], Pattern("keywords", ("é",))], engine={engine!r})
right = right and scanner.scan("word1 KeyA") == 3 and changed.scan("é KeyA word1") == 3 and changed.scan("word1") == 0
if child == 0:
    os._exit(0 if right else 1)
thread.join()
assert os.waitpid(child, 0)[1] == 0 and right
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_forked_process_goes_on_with_what_there_was(engine: Engine) -> None:
    """It scans with what its parent compiled, compiles what it asks for itself, and waits for no thread that it has not."""
    # Forking beside a thread is what the warning is about, and what is tried here.
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", FORKED.format(engine=engine)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    assert (done.returncode, done.stderr) == (0, "")


POLICY = """apiVersion: policyroute/v1
kind: Policy
metadata: {{name: shop, version: 1}}
tiers: [basic]
models:
  own: {{provider: vllm, region: eu, tier: basic, price: {{in: 0.10, out: 0.30}}}}
  far: {{provider: openai, region: us, tier: basic, price: {{in: 0.05, out: 0.20}}}}
attributes:
  team: {{from: auth.team, trust: verified}}
pipeline:
  routes:
    - {{id: said, when: {{prompt: {{regex: '{said}'}}}}, only: {{region: [eu]}}}}
    - {{id: asked, when: {{team: {{regex: 'sales-[0-9]+'}}}}, only: {{region: [eu]}}}}
  budgets:
    - {{id: cap, per: [team], window: day, limit: {{usd: {usd}}}, steps: [{{at: 100%, deny: budget_exhausted}}]}}
  complexity:
    ladder: [{{id: all, when: {{}}, prefer: [basic]}}]
"""


def test_a_reload_compiles_what_its_edit_asks_for(tmp_path: Path) -> None:
    """An edit of a budget keeps the scanner; one of a pattern has another one, and the first is gone with its policy."""
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY.format(said="mrn[0-9]+", usd=10))
    watched = Watched(file, every_s=1e6)
    first = watched.policy.pipeline.reader.scanner
    assert first is not None
    file.write_text(POLICY.format(said="mrn[0-9]+", usd=20))
    found = watched.look()
    assert found is not None and found.outcome == "loaded"
    assert watched.policy.pipeline.reader.scanner is first
    gone = ref(first)
    del first
    file.write_text(POLICY.format(said="other[0-9]+", usd=20))
    assert watched.look() is not None
    decided = [watched.policy.decide(Call.from_text(text)).model for text in ("an mrn1", "an other1")]
    watched.close()
    gc.collect()
    assert decided == ["far", "own"] and gone() is None


def test_a_loaded_policy_has_compiled_everything_that_is_scanned() -> None:
    """The patterns of attributes too: the first call waits for none of them."""
    policy = loads(POLICY.format(said="mrn[0-9]+", usd=10))
    scanner = build([Pattern("regex", ("sales-[0-9]+",))])
    assert scanner._sets is not None
    assert policy.decide(Call.from_text("hello", attributes={"team": "sales-1"})).model == "own"
