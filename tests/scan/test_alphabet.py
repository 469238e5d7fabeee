"""The tables by which texts are spelled agree with what Python and Unicode say of every character."""

import re
import unicodedata

import pytest

from policyroute.scan import charset, folding
from policyroute.scan.alphabet import Alphabet
from policyroute.scan.charset import CharSet
from policyroute.scan.kinds import CODES, TOP, kind_table
from policyroute.scan.pattern import Reading
from policyroute.scan.translate import byte_class

EVERYTHING = charset.every_character(17)


def test_every_character_stands_at_its_number() -> None:
    """The text of all characters has them all, in order."""
    assert len(EVERYTHING) == 0x110000
    assert [ord(EVERYTHING[code]) for code in (0, 65, 0xD800, 0xFFFF, 0x10000, 0x10FFFF)] == [
        0,
        65,
        0xD800,
        0xFFFF,
        0x10000,
        0x10FFFF,
    ]


def test_no_planes_are_missing() -> None:
    """Above the planes that are looked at, Python knows no letter, digit, space or cased character; marks are in one block."""
    above = EVERYTHING[TOP:]
    assert re.search(r"[\w\s]", above) is None
    assert above.casefold() == above
    assert {code for code in range(0x20000, 0x110000) if unicodedata.category(chr(code))[0] == "M"} == set(
        range(0xE0100, 0xE01F0)
    )


def test_kinds_are_those_of_re() -> None:
    """`\\w`, `\\d` and `\\s` are what `re` takes them for."""
    table = kind_table("unicode")
    for kind, source in ((charset.DIGIT, r"\d"), (charset.SPACE, r"\s"), (charset.OTHER, r"[^\w\s]")):
        expected = [match.start() for match in re.finditer(source, EVERYTHING[:TOP]) if match.start() > 127]
        assert [match.start() for match in re.finditer(CODES[kind], table)] == expected


def test_kinds_of_spaced_words() -> None:
    """Marks are parts of words; Han, kana and Thai stand apart, as they have no spaces between words."""
    table = kind_table("spaced")
    assert "".join(table[ord(char)] for char in "éжñ\u0301\u093f한") == CODES[charset.WORD] * 6
    assert "".join(table[ord(char)] for char in "合ひカกั—") == CODES[charset.OTHER] * 6


def test_cases_are_paired_as_re_pairs_them() -> None:
    """For every cased character outside ASCII, the family is all that `re.IGNORECASE` takes for equal."""
    cased = "".join(char for char in EVERYTHING if char.lower() != char or char.upper() != char)
    families = {char: charset.caseless(CharSet(0, 0, ((ord(char), ord(char)),))) for char in cased if ord(char) >= 128}
    odd = [char for char, family in families.items() if len(family.ranges) != 2 or family.ascii]
    for char in (*odd, *list(families)[::17]):
        expected = re.findall(re.escape(char), cased, re.IGNORECASE)
        assert [other for other in cased if ord(other) in families[char]] == expected


def test_folded_characters_are_those_that_change() -> None:
    """A character that is not in the table of changes folds to itself."""
    for caseless in (False, True):
        changed = dict(folding.changed(caseless))
        special = set(folding.melting())
        for code in (*range(128, 0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x10000), *range(0x1D000, 0x1F200)):
            if code not in special:
                assert folding.fold(chr(code), caseless) == changed.get(code, chr(code))


@pytest.mark.parametrize("reading", [Reading(fold, words) for fold in (False, True) for words in ("unicode", "ascii", "spaced")])  # type: ignore[arg-type]
def test_spelling_is_one_to_one(reading: Reading) -> None:
    """Every character asked for has a spelling of its own, and spellings can be counted."""
    asked = [((code, code),) for code in (*range(0x430, 0x450), *range(0x4E00, 0x5200), 0x2014, 0x20AC, 0xA0, 0x663, 0xE9)]
    alphabet = Alphabet(reading, asked)
    text = "".join(chr(low) for ((low, _),) in asked) + "a_Wz "
    spelled = [alphabet.spell(char) for char in text]
    different = len(set(spelled))
    assert different == len(spelled) - (reading.words == "spaced")
    assert b"".join(spelled) == alphabet.spell(text)
    assert alphabet.characters(alphabet.spell(text)) == len(text)


@pytest.mark.parametrize(
    ("single", "units", "regex"),
    [
        (b"", [], None),
        (b"a", [], "a"),
        (b"abc_", [], r"[\x5fa-c]"),
        (b"a", [b"Ab"], "(?:Ab|a)"),
        (b"", [b"Ab", b"Ac", b"Bb", b"Bc"], "(?:[A-B][b-c])"),
        (b"", [b"_x_", b"_y_"], "(?:_[x-y]_)"),
    ],
)
def test_classes_are_written_short(single: bytes, units: list[bytes], regex: str | None) -> None:
    """Bytes and units that go on alike are taken together."""
    assert byte_class(single, units) == regex
