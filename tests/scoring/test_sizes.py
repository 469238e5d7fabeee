"""Sizes: words as people count them, and tokens as vocabularies roughly do."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, strategies as st

from policyroute.scoring import rough_words, tokens, words
from policyroute.scoring.sizes import WHOLE_CHARS

# Texts of our own, with their true counts in two published vocabularies (o200k, cl100k).
COUNTED = [
    (
        "The quick brown fox jumps over the lazy dog while the committee considers the remaining proposals for next year.",
        20,
        20,
    ),
    (
        '{"id": 12, "customer": {"name": "Jane", "email": null}, "items": [{"sku": "A-1", "qty": 3}], "total": 149.95}',
        45,
        45,
    ),
    ("2025-03-04 12:33:09,113 INFO worker-7 request_id=af39c1 status=200 duration_ms=18\n" * 4, 132, 132),
    ("const a=(b,c)=>{return b.map(d=>d*c)};export default a;", 20, 20),
    ("2021,13,44.5,EUR,Berlin\n2022,18,47.25,EUR,Paris\n2023,21,50.75,USD,Boston\n", 40, 40),
    (
        "الطقس جميل جدا اليوم ونحن جميعا ذاهبون إلى السوق. من فضلك أخبرني كم "
        "من الوقت يستغرق السفر من القاهرة إلى الإسكندرية وما هو أفضل طريق.",
        40,
        95,
    ),
    (
        "מזג האוויר יפה מאוד היום וכולנו הולכים לשוק. בבקשה ספר לי כמה זמן לוקח לנסוע מתל אביב לירושלים ומה הדרך הטובה ביותר.",
        41,
        112,
    ),
    (
        "Ο καιρός είναι πολύ καλός σήμερα και όλοι πάμε στην αγορά. Παρακαλώ πείτε "
        "μου πόση ώρα χρειάζεται για να ταξιδέψω από την Αθήνα στη Θεσσαλονίκη.",
        43,
        127,
    ),
    (
        "आज मौसम बहुत अच्छा है और हम सब बाज़ार जा रहे हैं। कृपया मुझे बताइए कि दिल्ली "
        "से मुंबई तक जाने में कितना समय लगता है और सबसे अच्छा रास्ता कौन सा है।",
        42,
        152,
    ),
    ("วันนี้อากาศดีมากและเราทุกคนกำลังจะไปตลาด กรุณาบอกฉันว่าการเดินทางจากกรุงเทพไปเชียงใหม่ใช้เวลานานเท่าไร", 40, 94),
    (
        "Hôm nay thời tiết rất đẹp và tất cả chúng tôi đang đi chợ. Xin hãy cho tôi biết mất bao lâu để đi từ Hà Nội đến Huế.",
        34,
        62,
    ),
]


@pytest.mark.parametrize(("text", "newer", "older"), COUNTED, ids=range(len(COUNTED)))
def test_the_estimate_is_near_what_vocabularies_count(text: str, newer: int, older: int) -> None:
    """The estimate is at least two thirds of the smaller true count and at most one and a half times the larger."""
    assert 0.66 * newer <= tokens(text) <= 1.5 * older


@given(st.text(min_size=1))
def test_no_text_has_no_tokens(text: str) -> None:
    """A text that is not empty has at least one token; the empty one has none."""
    assert tokens(text) >= 1
    assert tokens("") == 0


@given(st.text(alphabet=string.printable, max_size=300), st.text(alphabet=string.printable, max_size=300))
def test_more_text_has_no_fewer_tokens(one: str, two: str) -> None:
    """While a text is short enough to be read whole, adding to it never lowers the estimate."""
    joined = (one + two)[:WHOLE_CHARS]
    assert tokens(joined) >= tokens(one)


@pytest.mark.parametrize("unit", [text for text, _, _ in COUNTED], ids=range(len(COUNTED)))
@pytest.mark.parametrize("chars", [600, 5_000, 200_000])
def test_a_sample_stands_for_the_whole(unit: str, chars: int) -> None:
    """A long even text is judged by samples to within a tenth and a half of what its parts add up to."""
    text = unit * (chars // len(unit) + 1)
    whole = sum(tokens(text[at : at + WHOLE_CHARS]) for at in range(0, len(text), WHOLE_CHARS))
    assert tokens(text) == pytest.approx(whole, rel=0.15)


@given(st.text(alphabet=string.printable, max_size=400))
def test_words_are_what_white_space_leaves(text: str) -> None:
    """In ASCII, words are counted as splitting at white space counts them."""
    assert words(text) == len(text.split())


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (" \n\t ", 0),
        ("one", 1),
        ("  zwei Wörter, ja ", 3),
        ("привет мир", 2),
        ("안녕 세상", 2),
        ("مرحبا بالعالم", 2),
        ("我喜欢编程", 3),
        ("我喜欢Python编程", 4),
        ("私は猫が好きです", 4),
        ("hello 世界", 2),
        ("\ud800", 1),
    ],
)
def test_words_in_other_scripts(text: str, count: int) -> None:
    """Spaced scripts count by spaces, Chinese and Japanese two characters a word; broken text does no harm."""
    assert words(text) == count


@given(st.lists(st.text(alphabet="abc.-", min_size=1, max_size=9), min_size=1))
def test_single_blanks_are_counted_exactly_even_roughly(some: list[str]) -> None:
    """Where single blanks part the words, the rough count is the exact one; the empty text has none."""
    assert rough_words(" ".join(some)) == rough_words("\n".join(some)) == words(" ".join(some)) == len(some)
    assert rough_words("") == 0


@pytest.mark.parametrize("text", ["\ud800" * 20, "a\udfff b" * 400])
def test_lone_surrogates_count(text: str) -> None:
    """Half a character, as broken JSON brings it, is counted like any other."""
    assert tokens(text) > 0
    assert words(text) > 0
