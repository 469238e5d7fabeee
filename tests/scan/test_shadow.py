"""What a text hides is read as well: the same value in any dress is the same value."""

from __future__ import annotations

import base64
import html
import re
from functools import partial
from urllib.parse import quote

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.scan.detectors import detect
from policyroute.scan.shadow import unveiled
from tests.timing import least_s

CARD = "4111 1111 1111 1111"
MAIL = "ann.lee@mail.example.org"
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
DISGUISES = {
    "full width": CARD.translate(WIDE),
    "Arabic digits": CARD.translate({ord("0") + n: 0x660 + n for n in range(10)}),
    "mathematical digits": CARD.translate({ord("0") + n: 0x1D7D8 + n for n in range(10)}),
    "zero-width spaces": "\u200b".join(CARD),
    "word joiners": "\u2060".join(CARD),
    "soft hyphens": "\u00ad".join(CARD.replace(" ", "")),
    "variation selectors": "\ufe0f".join(CARD),
    "keycaps": "".join(f"{digit}\ufe0f\u20e3" for digit in CARD.replace(" ", "")),
    "circled digits": CARD.replace("1", "①").replace("4", "④"),
    "marks": "\u0332".join(CARD.replace(" ", "")),
    "no-break spaces": CARD.replace(" ", "\u00a0"),
    "controls": "\x00".join(CARD.replace(" ", "")),
    "percent": quote(CARD),
    "every percent": "".join(f"%{ord(char):02x}" for char in CARD),
    "entities": "".join(f"&#{ord(char)};" for char in CARD),
    "hexadecimal entities": "".join(f"&#x{ord(char):x};" for char in CARD),
    "named entities": CARD.replace(" ", "&nbsp;"),
    "escapes": "".join(f"\\u{ord(char):04x}" for char in CARD),
    "escaped line ends": f"card:\\n{CARD}\\r\\n",
    "byte escapes": "".join(f"\\x{ord(char):02x}" for char in CARD),
    "base64": base64.b64encode(f"the card is {CARD}".encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(f"??>>{CARD}??>>".encode()).decode().rstrip("="),
    "base64 in lines": base64.encodebytes(f"{'so it was written down, word by word. ' * 4} {CARD}".encode()).decode(),
    "glued strings": 'n = "4111 1111 " + "1111 1111"',
}  # fmt: skip


@pytest.mark.parametrize("name", DISGUISES)
def test_a_disguised_number_is_found(name: str) -> None:
    """Whatever it is written in, a card number is one, and the finding has its place in the text as given."""
    text = f"please look at {DISGUISES[name]} again"
    (finding,) = [one for one in detect(text) if one.kind == "credit-card"]
    start = text.index(DISGUISES[name])
    assert start <= finding.start < finding.end <= start + len(DISGUISES[name])
    assert "4111" not in finding.mask


@pytest.mark.parametrize(
    "text",
    [
        "\u0430nn.l\u0435\u0435@mail.example.org",
        "ann.lee\uff20mail.example.org",
        "ann%2Elee%40mail%2Eexample%2Eorg",
        "ann.lee&commat;mail.example.org",
        "a\u200bnn.lee@mail.exa\u200bmple.org",
    ],
)
def test_a_disguised_address_is_found(text: str) -> None:
    """Look-alikes and encodings of an address are an address."""
    assert [finding.kind for finding in detect(f"to {text} today")] == ["email"]


@pytest.mark.parametrize(
    "text",
    [
        "nothing hidden here",
        "100 % of R&D; a && b; C:\\users\\x",
        "Привет, как дела? Всё хорошо",
        "internationalization_of_everything and some/long/path/to/a/file",
        "d3b07384d113edec49eaa6238ad5ff00",
        "the sum a + b and 'quoted' text",
        "",
    ],
)
def test_what_hides_nothing_has_no_shadow(text: str) -> None:
    """Ordinary text, words of other scripts, paths and hashes are only themselves."""
    assert unveiled(text) is None


def test_one_layer_is_undone_and_no_more() -> None:
    """What was encoded twice is decoded once: work is bounded, and nobody reads the rest without decoding it himself."""
    once = base64.b64encode(b"a plain sentence, encoded once").decode()
    twice = base64.b64encode(once.encode()).decode()
    shadow = unveiled(twice)
    assert shadow is not None
    assert once in shadow.text


PIECES = st.sampled_from(
    [
        "a",
        "4",
        " ",
        "%41",
        "&#52;",
        "&amp;",
        "\\u0041",
        "\u200b",
        "４",
        "½",
        "а",
        "é",
        "\x00",
        '" + "',
        "%",
        "&",
        "\\",
        "中",
        "\ud800",
    ]
)


@settings(max_examples=200)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_every_place_has_a_place_in_the_original(text: str) -> None:
    """Stretches of a shadow answer to stretches of the text, in order, and what is unchanged to itself."""
    shadow = unveiled(text)
    if shadow is None:
        return
    last = 0
    for place, char in enumerate(shadow.text):
        start, end = shadow.original(place, place + 1)
        assert last <= start < end <= len(text)
        assert char == text[start] or text[start:end] != char
        last = start
    assert not shadow.text or shadow.original(0, len(shadow.text))[1] <= len(text)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60))
def test_encodings_are_undone_exactly(text: str) -> None:
    """What percent signs or entities stand for is what any other decoder says."""
    for written in ("".join(f"%{ord(char):02X}" for char in text), "".join(f"&#{ord(char)};" for char in text)):
        shadow = unveiled(written)
        assert shadow is not None
        assert shadow.text == text == html.unescape(text) or "&" in text or shadow.text == text


@pytest.mark.parametrize(
    "piece", ["4\u200b", "４５", "%41", "&#52;", "QUJD", "\\u0041", '"+', "a\0", "аa", "½", "%", "&a", '" ', "а", "Ａ\u200b½ "]
)
def test_hostile_texts_take_linear_time(piece: str) -> None:
    """64 KB of any veil are looked through within the bound of a scan, and four times the text takes four times as long."""

    def spent(size: int) -> float:
        return least_s(partial(unveiled, (piece * size)[:size]))

    unveiled(piece)
    short, long = spent(16_384), spent(65_536)
    assert long < 0.1
    assert long < max(10 * short, 0.005)


@pytest.mark.parametrize("size", [0, 100, 600, 2000, 50_000])
def test_what_is_far_from_anything_hidden_is_left_out(size: int) -> None:
    """It says in the text what it says in the shadow; places stay those of the text."""
    hidden = CARD.replace("1", "\u200b1", 1)
    far = "plain words and 17 of them. " * (size // 20)
    text = f"{far}card {hidden}, {far}card {hidden}, {far}"
    shadow = unveiled(text)
    assert shadow is not None
    assert len(shadow.text) < 5000
    at = [match.start() for match in re.finditer(re.escape(CARD), shadow.text)]
    assert len(at) == 2
    assert [text[slice(*shadow.original(one, one + len(CARD)))] for one in at] == [hidden, hidden]
    assert [text[one.start : one.end] for one in detect(text)] == [hidden, hidden]
