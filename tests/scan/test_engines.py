"""The engines: they fail closed, agree, take what the other refuses, and may be used by anyone at any time."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
import re2
from hypothesis import given, strategies as st

from policyroute.scan import Pattern, ScanFailed, Scanner, build
from policyroute.scan.engines import hyperscan_set
from policyroute.scan.engines.engine import Entry
from policyroute.scan.engines.hyperscan_set import HyperscanSet
from policyroute.scan.engines.re2_set import Re2Set

Engine = Literal["hyperscan", "re2"]
ENGINES: tuple[Engine, ...] = ("hyperscan", "re2")

MANY = [
    *(Pattern("regex", (rf"\bword{index}[-_ ]?\d{{2,4}}\b", rf"other{index}\s+é")) for index in range(300)),
    *(Pattern("keywords", (f"key{index}", f"schlüssel{index}")) for index in range(100)),
    *(Pattern("regex", (rf"Case{index}\w",), True) for index in range(50)),
]
TEXT = "word7-123 other8 é key9, SCHLÜSSEL10 Case3x case4x word299_99"
FOUND = sum(1 << index for index in (7, 8, 309, 310, 403, 299))


ENDS = [
    (Pattern("regex", (r"-_$",)), "-_"),
    (Pattern("regex", (r"cz\b",)), " cz"),
    (Pattern("regex", (r"\d{3}-",)), " 123-"),
    (Pattern("regex", (r"9+\s*9",)), " 99"),
    (Pattern("keywords", ("ひa",)), " ひa"),
    (Pattern("keywords", ("ab",)), " ab"),
    (Pattern("regex", (r"(?:ab|cd)$",), True), " cd"),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("together", [False, True])
def test_what_a_text_ends_in_is_found(engine: Engine, together: bool) -> None:
    """However long it is: an engine that reads many bytes at once has a rest to read at the end. One was seen to miss it."""
    everything = build([pattern for pattern, _ in ENDS], engine=engine)
    for place, (pattern, end) in enumerate(ENDS):
        scanner = everything if together else build([pattern], engine=engine)
        bit = 1 << place if together else 1
        missed = [size for size in range(150) if not scanner.scan("x" * size + end) & bit]
        assert missed == [], pattern


def test_an_engine_that_misses_is_not_used() -> None:
    """Where Hyperscan is used, it found what a version of it is known to miss."""
    assert hyperscan_set.usable() is all(
        place in hyperscan_set.Compiled([regex for regex, _ in hyperscan_set.MISSED]).found(text)
        for place, (_, texts) in enumerate(hyperscan_set.MISSED)
        for text in texts
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_every_kind_in_one_scanner(engine: Engine) -> None:
    """One scan answers for all patterns, whatever their kinds."""
    scanner = build(MANY, engine=engine)
    assert (scanner.engine, scanner.patterns) == (engine, tuple(MANY))
    assert scanner.scan(TEXT) == FOUND
    assert scanner.scan(TEXT.encode("ascii", "ignore").decode()) == FOUND ^ (1 << 8) ^ (1 << 310)


@pytest.mark.parametrize("engine", ENGINES)
def test_patterns_read_differently_do_not_disturb_each_other(engine: Engine) -> None:
    """Words of regexes and of keywords are not the same; what one pattern asks for by name is a letter to the next."""
    patterns = [
        Pattern("regex", (r"\bmerger\b",)),
        Pattern("keywords", ("merger",)),
        Pattern("regex", (r"(?a)\bmerger\b",)),
        Pattern("regex", (r"\bmerger\b",), True),
        Pattern("regex", (r"\w{3}!",)),
        Pattern("regex", (r"é\w!",)),
        Pattern("regex", (r"\W案",)),
    ]
    scanner = build(patterns, engine=engine)
    assert scanner.scan("請問merger案") == 0b0000110
    assert scanner.scan("éé! merger") == 0b0101111
    assert scanner.scan("案éa! Merger案") == 0b0110110
    assert scanner.scan("MERGER") == 0b0000111


def test_the_text_that_tries_an_engine_out_is_a_text_like_any_other() -> None:
    """What the engine is tried with when it is compiled finds no pattern."""
    assert build([MANY[0]], engine="hyperscan").scan("\x01canary\x02") == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_asked_nothing_found(engine: Engine) -> None:
    """A policy without patterns has a scanner too."""
    assert build([], engine=engine).scan("text é") == 0


def test_a_set_without_its_memory_is_not_believed() -> None:
    """RE2 answers nothing at all when a set fails inside: that is a failure, not `nothing found`."""
    entries = Re2Set([Entry(0, "a")])
    assert entries.scan(b"a") == 1
    assert entries.scan(b"b") == 0
    never_compiled = re2.Set.SearchSet()
    never_compiled.Add(b"")
    entries._sets = [(never_compiled, (0, 1))]
    with pytest.raises(ScanFailed):
        entries.scan(b"b")


def test_a_failing_scan_of_hyperscan_is_a_failure() -> None:
    """An error of the engine is not `nothing found`, and the next scan works."""
    small = HyperscanSet([Entry(0, "abc")])
    large = HyperscanSet([Entry(index, rf"\bword{index}[0-9]{{2,9}}x.{{3,90}}z{index}") for index in range(200)])
    (part,), (other,) = large._sets, small._sets
    assert isinstance(part, hyperscan_set._Database) and isinstance(other, hyperscan_set._Database)
    part._compiled._scratch.append(other._compiled._scratch.pop())
    with pytest.raises(ScanFailed):
        large.scan(b"word1 word2")
    assert large.scan(b"word1") == 0


REFUSED_BY_HYPERSCAN = (
    ("x^a|b", "b", "a"),
    ("(?m)a\n^b", "a\nb", "ab"),
    (r"(?:ab|cd){200}", "abcd" * 100, "abcd" * 99),
    (r"a\Zb|\w{3}\Z", "abc", "ab"),
)


@pytest.mark.parametrize(("source", "yes", "no"), REFUSED_BY_HYPERSCAN)
def test_what_hyperscan_does_not_take(source: str, yes: str, no: str) -> None:
    """Such patterns are answered by RE2 beside it, and the others are not disturbed."""
    patterns = [*MANY[:20], Pattern("regex", (source,)), *MANY[300:310]]
    scanner = build(patterns, engine="hyperscan")
    for text in ("", " é"):
        assert scanner.scan(f"{yes}{text}") >> 20 & 1 == (text == "" or not source.endswith("Z"))
        assert scanner.scan(f"key3 {no}{text}") & ~(1 << 20) == 1 << 24


LOOSE = [Pattern("regex", (rf"[{chr(97 + index % 20)}-z]\d{{{index // 20 + 2}}}\W",)) for index in range(60)]


def test_many_patterns_without_fixed_text() -> None:
    """They are spread over databases, and still all answer."""
    scanners = [build(LOOSE, engine=engine) for engine in ENGINES]
    for text in ("z1234567-", "c12!", "a123", "mm99é 5", "t1234 "):
        one, two = (scanner.scan(text) for scanner in scanners)
        assert one == two
    assert scanners[0].scan("z12-") == (1 << 20) - 1


WORDS = tuple(f"word{index}" for index in range(40))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("source", ("|".join(WORDS), rf"\b(?:{'|'.join(WORDS)})\b", rf"a (?:{'|'.join(WORDS)})\s*b?"))
def test_long_lists_of_alternatives(source: str, engine: Engine) -> None:
    """A long list is cut into its words for the engine, and stays one pattern."""
    scanner = build([Pattern("regex", ("nothing",)), Pattern("regex", (source,))], engine=engine)
    assert scanner.scan("a word39 b") == 2
    assert scanner.scan("a ward39 b") == 0
    assert len(scanner.spans(1, "a word7 b, a word8 é")) == 2


SURROGATES = "\ud800", "a\udfffb", "\ud83d\ude00", "\x00", "merger\udc80 merger", "x\U0010ffff"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("text", SURROGATES)
def test_any_string_is_read(text: str, engine: Engine) -> None:
    """Lone surrogates and NUL are characters like any other, and offsets stay right behind them."""
    sources = (Pattern("regex", (r"\bmerger\b",)), Pattern("keywords", ("merger",)), Pattern("regex", ("Merger",), True))
    scanner = build([*sources, Pattern("regex", ("\ud800|é",)), Pattern("regex", (r"\x00",))], engine=engine)
    found = (text + " Merger").index("Merger")
    assert scanner.scan(text + " Merger") & 7 == 7
    assert [scanner.spans(index, text + " Merger")[-1] for index in range(3)] == [(found, found + 6)] * 3
    assert scanner.scan(text) >> 3 == ("\ud800" in text) | ("\x00" in text) << 1


@given(st.text(), st.sampled_from(ENGINES))
def test_no_string_raises(text: str, engine: Engine) -> None:
    """Every string gets an answer."""
    scanner = SCANNERS[engine]
    scanner.scan(text)
    for index in (0, 300, 400):
        scanner.spans(index, text)


SCANNERS: dict[Engine, Scanner] = {engine: build(MANY, engine=engine) for engine in ENGINES}


@pytest.mark.parametrize("engine", ENGINES)
def test_threads_share_a_scanner(engine: Engine) -> None:
    """Threads scan with one scanner at the same time, from its first scan on."""
    scanner = build(MANY[:350], engine=engine)
    texts = [f"word{index}-12 key{index} nothing " * 4_000 for index in range(32)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(scanner.scan, texts * 4))
    assert answers == [1 << index | 1 << 300 + index for index in range(32)] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_scanner_survives_a_fork(engine: Engine) -> None:
    """A child process scans with the scanner that its parent compiled."""
    code = f"""
import os
from policyroute.scan import Pattern, build
scanner = build([Pattern("regex", (r"\\bword\\d+",)), Pattern("keywords", ("é",))], engine={engine!r})
assert scanner.scan("a word1") == 1
child = os.fork()
right = [scanner.scan("a word1 é") for _ in range(3)] == [3] * 3 and scanner.spans(0, "é word1") == ((2, 7),)
if child == 0:
    os._exit(0 if right else 1)
assert os.waitpid(child, 0)[1] == 0 and right
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)


def test_without_hyperscan_re2_answers() -> None:
    """Where Hyperscan cannot be imported, `auto` takes RE2, and asking for Hyperscan says so."""
    code = """
import sys
sys.modules["hyperscan"] = None
from policyroute.scan import Pattern, ScanFailed, build
scanner = build([Pattern("regex", (r"\\bword\\d+",))])
assert (scanner.engine, scanner.scan("é word1")) == ("re2", 1)
try:
    build([], engine="hyperscan")
except ScanFailed:
    sys.exit(0)
sys.exit("no ScanFailed")
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)


def test_hyperscan_is_taken_where_it_runs() -> None:
    """`auto` is the fast engine if there is one."""
    assert build([]).engine == ("hyperscan" if hyperscan_set.usable() else "re2")
