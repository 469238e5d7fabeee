"""What a regex may say, in Python's spelling and in RE2's, and what is refused when the policy loads."""

import re
import unicodedata

import pytest
import re2
from hypothesis import given, strategies as st

from policyroute.scan import Pattern, PatternError, build, check


def found(source: str, text: str, case_sensitive: bool = False) -> tuple[tuple[int, int], ...]:
    return build([Pattern("regex", (source,), case_sensitive)], engine="re2").spans(0, text)


@pytest.mark.parametrize(
    ("source", "text", "case_sensitive"),
    [
        ("(?x) a b # then a digit\n \\d {2} [ ]", "ab12 ", False),
        ("(?x)a\\ b\\#", "a b#", False),
        ("a(?#a comment)b", "ab", False),
        ("(?P<name>a)(?P<other>b)", "ab", False),
        ("(?i:a)B", "AB", True),
        ("(?-i:A)b", "AB", False),
        ("(?s:a.b)|c.d", "a\nb c\nd", False),
        ("(?u)é", "É", False),
        (r"\x41\u00e9\U0001f600\101\0\07", "Aé😀A\0\7", True),
        (r"\N{LATIN SMALL LETTER E WITH ACUTE}", "é", True),
        (r"[\x41-\u00e9\b\n\]\-]+", "Bé\b\n]-z", True),
        ("[]a]+[^]a]", "]a]b", True),
        ("a{2}b{,2}c{1,}d{x}e{", "aabbcd{x}e{", True),
        ("a{,}b", "aaab", True),
        ("x{00000000002}", "xx", True),
        (r"\a\f\v\t\r\n", "\a\f\v\t\r\n", True),
        (r"\.\[\é\-\ ", ".[é- ", True),
        (r"[\[a]", "[", True),
        ("[a-]-", "--", True),
        ("a|bc?", "bc", True),
        (r"foo\Z", "foo", True),
        (r"[\w-]+", "a-é", True),
        ("(((a)))(?:b|(c))", "ac", True),
        ("a+?b??c*?d", "aad", True),
    ],
)
def test_python_spellings(source: str, text: str, case_sensitive: bool) -> None:
    """Whatever `re` reads, and is regular, is read the same way."""
    expected = re.compile(source, 0 if case_sensitive else re.IGNORECASE).search(text)
    assert expected is not None
    assert found(source, text, case_sensitive)[:1] == (expected.span(),)


@pytest.mark.parametrize(
    ("source", "yes", "no"),
    [
        (r"\pL+", "éжA", "1_ "),
        (r"\p{Greek}", "ω", "w"),
        (r"\P{Greek}", "w", "ω"),
        (r"\p{^Greek}", "w", "ω"),
        (r"[\p{Lu}\d]", "Ж", "!"),
        (r"[^\P{L}]", "ж", "1"),
        (r"[\P{Greek}ω]", "ω", "ψ"),
        (r"[[:alpha:]]", "ж", "1"),
        (r"[[:^alpha:]]", "1", "ж"),
        (r"[[:digit:][:punct:]]", "٣", "a"),
        (r"[[:space:]]", "\u3000", "x"),
        (r"[[:word:]]", "é", "-"),
        (r"[[:upper:]]", "É", "-"),
        (r"[[:xdigit:]]", "F", "g"),
        (r"\x{1f600}", "😀", "x"),
        (r"(?<name>a)", "a", "b"),
        (r"foo\z", "foo", "foo\n"),
        (r"\Qa.b*\E+", "a.b**", "axb"),
        (r"\Qa|b", "a|b", "a"),
        (r"a(?i)b(?-i)C", "aBC", "aBD"),
        (r"(?U)a+b", "aab", "b"),
    ],
)
def test_re2_spellings(source: str, yes: str, no: str) -> None:
    """RE2's own spellings are read, and mean Unicode."""
    assert found(source, yes) != ()
    assert found(source, no) == ()


@pytest.mark.parametrize("case_sensitive", (False, True))
@pytest.mark.parametrize("source", ("i", "[[:upper:]]", r"\p{Lu}", "[^[:lower:]]"))
def test_properties_fold(source: str, case_sensitive: bool) -> None:
    """A property takes in the other case of its characters where case does not matter."""
    text = "aÉéж"
    expected = [index for index, char in enumerate(text) if _has(source, char, case_sensitive)]
    assert [start for start, _ in found(source, text, case_sensitive)] == expected


def _has(source: str, char: str, case_sensitive: bool) -> bool:
    upper = {"i": False, "[[:upper:]]": char.isupper(), r"\p{Lu}": char.isupper(), "[^[:lower:]]": not char.islower()}[source]
    return upper if case_sensitive else {"i": False, "[^[:lower:]]": False}.get(source, char.isalpha())


def test_ungreedy_swaps_which_repeat_is_short() -> None:
    """`(?U)` is RE2's: `+` takes little, `+?` takes much."""
    assert found("(?U)a+", "aaa", True)[0] == (0, 1)
    assert found("(?U)a+?", "aaa", True)[0] == (0, 3)


@pytest.mark.parametrize("name", ("L", "Lu", "M", "N", "Nd", "P", "S", "Zs", "Han", "Greek", "Cyrillic", "Arabic", "Latin"))
def test_properties_are_those_of_re2(name: str) -> None:
    """A property has the characters that it has in RE2."""
    text = "".join(map(chr, (*range(0x3400), *range(0x4E00, 0x4F00), *range(0x10000, 0x10400))))
    assert found(rf"\p{{{name}}}+", text, True) == tuple(
        match.span() for match in list(re2.finditer(rf"\p{{{name}}}+", text))[:32]
    )


REFUSED = [
    ("a(?=b)", 1, "look-ahead", "two conditions"),
    ("a(?!b)", 1, "negative look-ahead", "unless"),
    ("(?<=a)b", 0, "look-behind", "part of the pattern"),
    ("(?<!a)b", 0, "negative look-behind", "\\b"),
    (r"(a)\1", 3, "backreference", "spell out"),
    (r"(?P<x>a)(?P=x)", 8, "backreference", "spell out"),
    ("(?>a)b", 0, "atomic", "(?:"),
    ("a++", 1, "possessive", "drop the `+`"),
    ("a{2}+", 1, "possessive", "drop the `+`"),
    ("(a)?(?(1)b|c)", 4, "conditional", "alternatives"),
    ("(?R)", 0, "recursion", "spell out"),
    ("(a", 0, "not closed", "`)`"),
    ("a)", 1, "unbalanced", "\\)"),
    ("[a", 0, "class is not closed", "]"),
    ("*a", 0, "nothing to repeat", "\\*"),
    ("a|*", 2, "nothing to repeat", "\\*"),
    ("^*", 1, "nothing to repeat", "\\*"),
    ("a**", 2, "repeat of a repeat", "group"),
    ("a{3,2}", 1, "least repeat", "{least,most}"),
    ("[z-a]", 1, "not a range", "lower"),
    (r"[\w-z]", 1, "not a range", "escape"),
    (r"\y", 0, r"unknown escape `\y`", "`y`"),
    ("ab\\", 2, "backslash", "\\\\"),
    (r"\p{Klingon}", 0, "unknown property `Klingon`", "\\p{Greek}"),
    (r"a\pé", 1, "unknown property", "\\pL"),
    ("[[:alfa:]]", 1, "unknown class `[:alfa:]`", "[:alpha:]"),
    (r"\N{NO SUCH THING}", 0, "NO SUCH THING", "\\u"),
    (r"\x4", 0, "number of a character", "\\x"),
    (r"\x{110000}", 0, "number of a character", "\\x"),
    (r"\777", 0, "octal", "\\x"),
    ("(?k)a", 0, "(?k", "known flags"),
    ("(?L)a", 0, "(?L", "known flags"),
    ("(?#a", 0, "comment is not closed", "`)`"),
    ("(?P<a>x)(?P<a>y)", 8, "two groups", "rename"),
    ("(?P<1>x)", 0, "cannot name", "letters"),
    ("a*", 0, "empty text", "a+"),
    ("a|", 0, "empty text", "a+"),
    ("", 0, "empty text", "a+"),
    ("^", 0, "empty text", "a+"),
    (r"(?:a?|b)*\b", 0, "empty text", "a+"),
    ("a$b", 1, "follow `$`", "(?m)"),
    ("(?:a$|b)c", 4, "follow `$`", "(?m)"),
    ("(?:a$)+", 4, "follow `$`", "(?m)"),
    (r"a$\b", 1, "follow `$`", "(?m)"),
    ("a{1001}", 1, "too big", "1000"),
    ("(?:a{50}){50}", 9, "too big", "1000"),
    ("a{99999999999999999999}", 1, "too big", "1000"),
    ("(?:abcdefghijklmnopqrstuvwxyz){1000}", 0, "too big", "states"),
    (r"\ba(?a:\b)", 7, "words of ASCII", "(?a)"),
    ("(" * 51 + "a" + ")" * 51, 50, "inside one another", "50"),
]


@pytest.mark.parametrize(("source", "offset", "message", "helped"), REFUSED, ids=[row[0][:20] for row in REFUSED])
def test_refused(source: str, offset: int, message: str, helped: str) -> None:
    """What cannot be answered in linear time, or is a slip, is refused: where it is, what it is, what to write."""
    with pytest.raises(PatternError) as caught:
        check(Pattern("regex", ("fine", source)))
    error = caught.value
    assert (error.source_index, error.offset) == (1, offset)
    assert message in error.message
    assert helped in error.help


@given(st.text(st.sampled_from("ab()[]{}*+?|\\^$.-,:=!<>#iPx1é \n"), max_size=12))
def test_any_source_is_read_or_refused(source: str) -> None:
    """Whatever is written, the answer is a pattern that `re` would take too if it has its spelling, or a `PatternError`."""
    try:
        check(Pattern("regex", (source,)))
    except PatternError as error:
        assert error.offset is not None and 0 <= error.offset <= len(source)
        assert error.message and error.help
    else:
        build([Pattern("regex", (source,))], engine="re2").scan("ab 1é")


def test_a_pattern_without_sources_is_refused() -> None:
    """No alternatives can never be found."""
    with pytest.raises(PatternError):
        check(Pattern("regex", ()))


def test_a_named_character_may_be_any() -> None:
    """`\\N{…}` knows the names that Python knows."""
    for char in "é☃😀":
        assert found(rf"\N{{{unicodedata.name(char)}}}", f"x{char}") == ((1, 2),)
