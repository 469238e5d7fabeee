"""A regex means what it means to `re`: for every engine, on every kind of text."""

import re
import string
import warnings

import pytest
from hypothesis import assume, example, given, settings, strategies as st

from policyroute.scan import Pattern, PatternError, Scanner, build, check

ENGINES = ("hyperscan", "re2")
# Letters that fold oddly, digits and spaces of other scripts, what is no word in one script and one in another, a
# lone surrogate, and the ASCII characters that the spelling of texts gives a meaning of its own.
CHARACTERS = (
    "abkKsSiIxWDA019_ -.\n\t\x00\x1c\x0bəéÉßẞſKİıжЖñσςΣµμǅǆⒶ٣²½\u3000\xa0\u2028合併ก\u0301\u0345\U0001d7d8\U0001f600\ud800\xff"
)
PLACES = (r"\b", r"\b", r"\B", "^", "$", r"\A", r"\Z")
SETS = (r"\w", r"\d", r"\s", r"\W", r"\D", r"\S")


def written(char: str) -> str:
    return "\\n" if char == "\n" else re.escape(char)


CHARACTER = st.sampled_from(CHARACTERS)
LITERAL = CHARACTER.map(written)
RANGE = st.tuples(CHARACTER, CHARACTER).map(lambda ends: f"{written(min(ends))}-{written(max(ends))}")
MEMBERS = st.lists(st.one_of(LITERAL, RANGE, st.sampled_from((*SETS, "a-z", "A-Z", "0-9"))), min_size=1, max_size=3).map("".join)
CLASS = st.tuples(st.sampled_from(("", "", "^")), MEMBERS).map(lambda parts: f"[{parts[0]}{parts[1]}]")
ATOM = st.one_of(LITERAL, LITERAL, LITERAL, CLASS, st.sampled_from((*SETS, ".")))
REPEAT = st.sampled_from(("", "", "", "*", "+", "?", "{2}", "{1,3}", "{,2}", "{2,}", "*?", "+?", "{1,2}?"))


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    part = st.one_of(inner, st.tuples(inner, REPEAT).map("".join), st.sampled_from(PLACES))
    sequence = st.lists(part, min_size=1, max_size=4).map("".join)
    opening = st.sampled_from(("(?:", "(", "(?i:", "(?-i:", "(?s:", "(?m:"))
    return st.tuples(opening, st.lists(sequence, min_size=1, max_size=3).map("|".join)).map(
        lambda parts: f"{parts[0]}{parts[1]})"
    )


REGEX = st.tuples(st.sampled_from(("", "", "(?m)", "(?s)", "(?a)")), st.recursive(ATOM, grown, max_leaves=6)).map("".join)
TEXT = st.one_of(st.text(CHARACTER, max_size=12), st.text(st.sampled_from("abkKsSiI01_ -.\n"), max_size=12), st.text(max_size=8))


def judged(source: str, case_sensitive: bool) -> tuple[Pattern, "re.Pattern[str]"]:
    """A pattern that both `re` and the scanner take."""
    pattern = Pattern("regex", (source,), case_sensitive)
    try:
        with warnings.catch_warnings(action="ignore"):
            compiled = re.compile(source, 0 if case_sensitive else re.IGNORECASE)
        check(pattern)
    except (re.error, PatternError):
        assume(False)
        raise
    return pattern, compiled


@settings(max_examples=100)
@given(st.lists(st.tuples(REGEX, st.booleans()), min_size=1, max_size=4), st.lists(TEXT, min_size=1, max_size=8))
@example([(r"\bs\b", False)], ["ſ", "aſ", "ſ s"])
@example([(r"[^k]", False), (r"[^k]", True)], ["K", "k", "K"])
@example([(r"x$", False), (r"x\n?$", True)], ["x\n", "x\n\n"])
def test_any_regex_answers_as_re_does(asked: list[tuple[str, bool]], texts: list[str]) -> None:
    """Scans, spans and counts equal those of `re`, whatever the regex, the text and the engine, alone or in a set."""
    pairs = [judged(*ask) for ask in asked]
    scanners = [build([pattern for pattern, _ in pairs], engine=engine) for engine in ENGINES]  # type: ignore[arg-type]
    for text in texts:
        spans = [tuple(match.span() for match in compiled.finditer(text)) for _, compiled in pairs]
        bits = sum(1 << index for index, found in enumerate(spans) if found)
        assert [scanner.scan(text) for scanner in scanners] == [bits, bits]
        for index, found in enumerate(spans):
            assert scanners[0].spans(index, text) == found
            assert scanners[0].at_least(index, text, len(found))
            assert not scanners[0].at_least(index, text, len(found) + 1)


NASTY = (
    (r"\bmerger\b", "émerger merger", "émerger", "mergers"),
    (r"\bübergabe\b", "Die ÜBERGABE.", "Vorübergabe", "u\u0308bergabe"),
    (r"\bстрого\b", "строго!", "нестрого", "СТРОГО"),
    (r"\b机密\b", "(机密)", "绝机密", "机密"),
    (r"\w+@\w+", "jürgen@müller", "@", "٣@²"),
    (r"^\d{3}$", "١٢٣", "²³¹", "123\n", "123\n\n"),
    (r"a\sb", "a\u3000b", "a\x1cb", "a\u200bb", "a\x85b"),
    (r"straße", "STRAßE", "STRAẞE", "STRASSE"),
    (r"kelvin", "KELVIN", "ſkelvin"),
    (r"\bk\b", "K", "éK", "k"),
    (r"ıi", "Iİ", "iı", "İı"),
    (r"[a-z]+", "ſ", "K", "ı", "é"),
    (r"[^\W\d_]+", "é", "²", "_", "٣", "ª"),
    (r"[\wäöü-]+", "ä", "-", "—"),
    (r"σ", "Σ", "ς", "s"),
    (r"\u00b5m", "µm", "μm", "Μm"),
    (r"a.c", "a\nc", "a\u2028c", "a\ud800c", "a\U0001f600c"),
    (r"a\Bb", "ab", "éb"),
    (r"\B-\B", "-", "a-", "é-"),
    (r"(?m)^end$", "a\nend\nb", "a\r\nend\r\n", "end"),
    (r"(?a)\bcafé?\b", "café", "CAF", "éCAFÉ"),
    (r"(?a)\w\d\s", "é1 ", "a٣ ", "a1\u3000", "a1\x1c"),
    (r"foo(?:,|$)", "foo", "foo\n", "foo\nb", "foo,"),
    (r"W|D", "w", "é", "٣"),
    (r"__", "a__b", "é__b", "_é_"),
    (r"x\x00y", "x\x00y", "x\x00é"),
    ("ж{2}", "жЖ", "ж", "жжж"),
    (r"[а-яё]+", "Ёж", "ѐ", "ab"),
    (r"(?i)é(?-i:É)", "éÉ", "ÉÉ", "éé"),
    ("[\U000f0000-\U000fffff]x", "\U000f1234x", "\U00101234x", "?x"),
    ("a\U000e0041", "a\U000e0041", "a\U000e0042", "a"),
    (r"a\?|\W{3}", "a?", "a\U000f0000", "a\U0010ffff\U000e0041\U00050000"),
)


@pytest.mark.parametrize("case_sensitive", (False, True))
@pytest.mark.parametrize(("source", *["texts"]), [(source, texts) for source, *texts in NASTY])
def test_nasty_pairs_answer_as_re_does(source: str, texts: list[str], case_sensitive: bool) -> None:
    """Words, cases, spaces and digits outside ASCII, and next to ASCII, mean the same as to `re`."""
    compiled = re.compile(source, 0 if case_sensitive else re.IGNORECASE)
    for engine in ENGINES:
        scanner = build([Pattern("regex", (source,), case_sensitive)], engine=engine)  # type: ignore[arg-type]
        for text in (*texts, *(text + "é" for text in texts), *("é " + text for text in texts)):
            assert (text, bool(scanner.scan(text))) == (text, compiled.search(text) is not None)
            assert scanner.spans(0, text) == tuple(match.span() for match in compiled.finditer(text))


EVERYTHING = "".join(map(chr, range(0x110000)))
ONE_CHARACTER = ("\\w", "\\d", "\\s", ".", *"ksiıſéσжǆµßⒶͅ", "[a-z]", "[à-þ]", "[^à-ÿ]", "[α-ω]", r"[^\W\d_]", "[^kſ]", "[ʼ-΅]")


@pytest.mark.parametrize("case_sensitive", (False, True))
@pytest.mark.parametrize("source", ONE_CHARACTER)
def test_every_character_is_read_as_re_reads_it(source: str, case_sensitive: bool) -> None:
    """Of all the characters there are, a set has those that it has for `re`."""
    runs = f"(?:{source})+"
    compiled = re.compile(runs, 0 if case_sensitive else re.IGNORECASE)
    scanner = build([Pattern("regex", (runs,), case_sensitive)], engine="re2")
    assert scanner.spans(0, EVERYTHING, 10_000) == tuple(match.span() for match in compiled.finditer(EVERYTHING))


@pytest.mark.parametrize("case_sensitive", (False, True))
def test_words_end_beside_every_character_as_in_re(case_sensitive: bool) -> None:
    """`\\b` and `\\B` see in every character what `re` sees in it."""
    text = "".join(f"{chr(code)}+a" for code in (*range(0x3400), *range(0xFB00, 0x10000), *range(0x1D7A0, 0x1D800)))
    for source in (r"a\b", r"\B\+"):
        compiled = re.compile(source, 0 if case_sensitive else re.IGNORECASE)
        scanner = build([Pattern("regex", (source,), case_sensitive)], engine="re2")
        assert scanner.spans(0, text, len(text)) == tuple(match.span() for match in compiled.finditer(text))


def scanners_of(patterns: list[Pattern]) -> list[Scanner]:
    return [build(patterns, engine=engine) for engine in ENGINES]  # type: ignore[arg-type]


@given(st.lists(st.text(string.ascii_lowercase + "éжſ", min_size=1, max_size=4), min_size=40, max_size=60), st.data())
@settings(max_examples=15)
def test_a_large_set_answers_for_each_of_its_patterns(words: list[str], data: st.DataObject) -> None:
    """The bit of a pattern does not depend on what else is in the set, nor on the engine."""
    shapes = (r"\b{}\b", r"\b{}[-_ ]?\d{{2,4}}\b", r"{}\s+x", r"\b{}\w{{0,3}}z", "(?-i:{})")
    patterns = [Pattern("regex", (shapes[index % 5].format(word),)) for index, word in enumerate(words)]
    text = " ".join(data.draw(st.lists(st.sampled_from([*words, "x", "12", "z", "-34", "ß"]), max_size=20)))
    alone = sum(bool(build([pattern], engine="re2").scan(text)) << index for index, pattern in enumerate(patterns))
    assert [scanner.scan(text) for scanner in scanners_of(patterns)] == [alone, alone]
