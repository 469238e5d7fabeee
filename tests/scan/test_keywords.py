"""Keywords are found as whole words after NFKC and casefold, in every script, and shown where they stood."""

import unicodedata

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.scan import Pattern, PatternError, build, check

ENGINES = ("hyperscan", "re2")


def spans(keyword: str, text: str, case_sensitive: bool = False) -> list[str]:
    """What was found, as it stands in the text; the engines and the spans must agree on whether anything was."""
    scanners = [build([Pattern("keywords", (keyword,), case_sensitive)], engine=engine) for engine in ENGINES]  # type: ignore[arg-type]
    found = scanners[0].spans(0, text)
    assert [scanner.scan(text) for scanner in scanners] == [int(bool(found))] * 2
    assert scanners[0].at_least(0, text, len(found)) and not scanners[0].at_least(0, text, len(found) + 1)
    return [text[start:end] for start, end in found]


@pytest.mark.parametrize(
    ("keyword", "text", "found"),
    [
        ("merger", "The MERGER, a merger; mergers, emerger, merger_x", ["MERGER", "merger"]),
        ("merger", "émerger Ｍｅｒｇｅｒ ﻿merger", ["Ｍｅｒｇｅｒ", "merger"]),
        ("merger", "請問merger案", ["merger"]),
        ("c++", "C++11 and c++", ["C++", "c++"]),
        (".net", "ASP.NET", [".NET"]),
        ("force majeure", "Force\n\t majeure, force\u3000majeure, force-majeure", ["Force\n\t majeure", "force\u3000majeure"]),
        ("übergabe", "ÜBERGABE U\u0308bergabe Vorübergabe", ["ÜBERGABE", "U\u0308bergabe"]),
        ("strasse", "Straße STRASSE", ["Straße", "STRASSE"]),
        ("straße", "strasse STRAẞE", ["strasse", "STRAẞE"]),
        ("строго", "Строго нестрого СТРОГО!", ["Строго", "СТРОГО"]),
        ("机密", "绝机密件 機密", ["机密"]),
        ("ลับ", "เอกสารลับมาก", ["ลับ"]),
        ("ひみつ", "これはひみつです", ["ひみつ"]),
        ("データ", "ﾃﾞｰﾀを", ["ﾃﾞｰﾀ"]),
        ("हिन्दी", "हिन्दी हिन्दीभाषा", ["हिन्दी"]),
        ("हिन्द", "हिन्दी", []),
        ("비밀", "비밀 비밀이", ["비밀"]),
        ("비밀", unicodedata.normalize("NFD", "비밀 비"), [unicodedata.normalize("NFD", "비밀")]),
        ("fi", "ﬁ ﬁn", ["ﬁ"]),
        ("km", "10 ㎞ ㎞x", ["㎞"]),
        ("istanbul", "İSTANBUL", []),
        ("kırmızı", "KIRMIZI kırmızı", ["kırmızı"]),
        ("σίσυφος", "ΣΊΣΥΦΟΣ", ["ΣΊΣΥΦΟΣ"]),
        ("secret", "se\u00adcret sec\u200bret\ufeff secre\ufe0ft", ["se\u00adcret", "sec\u200bret\ufeff", "secre\ufe0ft"]),
        ("①", "1 ①", ["1", "①"]),
        ("x", "x\u0301 x", ["x"]),
        ("plan b", "plan  B plan\nb plan", ["plan  B", "plan\nb"]),
    ],
)
def test_whole_words(keyword: str, text: str, found: list[str]) -> None:
    """A boundary is asked for where the script has one; spaces match any spaces; compatible characters are equal."""
    assert spans(keyword, text) == found


def test_case_can_matter() -> None:
    """With `case_sensitive` only the compatibility mapping is left."""
    assert spans("Polish", "polish Polish POLISH Ｐolish", True) == ["Polish", "Ｐolish"]
    assert spans("É", "é É E\u0301", True) == ["É", "E\u0301"]
    assert spans("a_b", "a_b a\uff3fb A_b", True) == ["a_b", "a\uff3fb"]


WORD = st.text("abkséßжЖΣςñ机密ひ", min_size=1, max_size=6)


@settings(max_examples=25)
@given(st.lists(WORD, min_size=1, max_size=8), st.sampled_from((" ", ", ", "\u3000", " — ")), st.integers(0, 7))
def test_a_word_set_off_by_spaces_is_found_in_any_form(words: list[str], between: str, choice: int) -> None:
    """Upper case, full-width and decomposed forms of a text hold the same keywords."""
    keyword = words[choice % len(words)]
    text = between.join(words)
    wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)
    for form in (text, text.upper(), unicodedata.normalize("NFD", text), wide):
        assert spans(keyword, form) != []


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["alpha", "beta", "gamma", "übel"]), max_size=10), st.sampled_from(["", "é", "жx", "\u0301"]))
def test_keywords_count_like_words(words: list[str], more: str) -> None:
    """In a text of words a keyword is found as often as it is one of them."""
    text = " ".join([*words, "." + more])
    for keyword in ("alpha", "übel"):
        assert spans(keyword, text) == [word for word in words if word == keyword]


@pytest.mark.parametrize("source", ("", "  \n", "\u200b", "\u3000"))
def test_an_empty_keyword_is_refused(source: str) -> None:
    """What folds to nothing would be found everywhere."""
    with pytest.raises(PatternError) as caught:
        check(Pattern("keywords", ("fine", source)))
    assert (caught.value.source_index, caught.value.offset) == (1, 0)
    assert caught.value.help


def test_more_marks_than_anyone_writes_take_no_time() -> None:
    """A long run of combining marks, which takes quadratic time to put in order, is cut short before it is."""
    scanner = build([Pattern("keywords", ("merger", "größe"))])
    assert scanner.scan("a" + "\u0301\u0323" * 200_000 + " merger é") == 1


def test_folding_pieces_equals_folding_the_whole() -> None:
    """A long text is folded in pieces; what melts together is never cut apart."""
    scanner = build([Pattern("keywords", ("größe", "데이터", "が"))])
    for shift in range(70):
        for form in ("gro\u0308ße", unicodedata.normalize("NFD", "데이터"), "か\u3099", "ｶﾞ"):
            text = "x" * shift + "é " + form + " 。"
            assert (shift, form, scanner.scan(text)) == (shift, form, int(form != "ｶﾞ"))
