"""A body is read in exactly one way, or refused in our words and with its place."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given, strategies as st

from policyroute.dialects.dialect.texts import joined, number_text, opened, put_lines
from policyroute.dialects.json_body import (
    MAX_BYTES,
    MAX_CONTAINERS,
    MAX_DIGITS_IN_ALL,
    MAX_FRACTIONS,
    MAX_STRINGS,
    MAX_TEXT_CHARS,
    MAX_VALUES,
    Real,
    parse,
)
from policyroute.errors import CallError

NAMES = frozenset({"messages", "content", "role", "seed", "model"})
DEEP = 100_000

REFUSED = [
    (b"", "the body is empty"),
    (b"null", "the body is not a JSON object"),
    (b"[]", "the body is not a JSON object"),
    (b'"text"', "the body is not a JSON object"),
    (b"NaN", "the body is not a JSON object"),
    (b"{} {}", "the body is not JSON from character 3 on"),
    (b'{"a": 1,}', "the body is not JSON from character "),
    (b"{'a': 1}", "the body is not JSON from character 1 on"),
    (b'{"a": "\x00"}', "the body is not JSON from character "),
    (b'{"a": "\n"}', "the body is not JSON from character "),
    (b'{"a": 01}', "the body is not JSON from character "),
    (b"\x1f\x8b\x08\x00\x00\x00", "the body is not UTF-8"),
    (b'\xef\xbb\xbf{"a": 1}', "the body starts with a byte order mark, expected plain UTF-8"),
    ('{"a": 1}'.encode("utf-16"), "the body is not UTF-8"),
    ('{"a": 1}'.encode("utf-16-le"), "the body is not UTF-8"),
    ('{"a": 1}'.encode("utf-32-be"), "the body is not UTF-8"),
    (b'{"a": "\xff"}', "the body is not UTF-8"),
    (b'{"a": "\xed\xa0\x80"}', "the body is not UTF-8"),
    (b'{"a": "\xc0\xaf"}', "the body is not UTF-8"),
    (b'{"model": "a", "model": "b"}', "model: given twice"),
    (b'{"model": "a", "\\u006dodel": "b"}', "model: given twice"),
    (b'{"hush": "a", "hush": "b"}', "*: given twice"),
    (b'{"messages": [{}, {"content": "a", "role": 1, "content": "b"}]}', "messages[1].content: given twice"),
    (b'{"messages": [[{"hush": {"content": 1, "content": 1}}]]}', "messages[0][0].*.content: given twice"),
    (b'{"seed": NaN}', "seed: expected a finite number"),
    (b'{"messages": [1, -Infinity]}', "messages[1]: expected a finite number"),
    (b'{"seed": 1e999}', "seed: expected a finite number"),
    (b'{"seed": -1e999}', "seed: expected a finite number"),
    (b'{"seed": ' + b"1" * 4301 + b"}", "seed: expected a number of at most 4300 digits"),
    (b'{"seed": 0.' + b"1" * 9999 + b"}", "seed: expected a number of at most 4300 digits"),
    (b'{"content": "a\\ud800"}', "content: expected text without lone surrogates"),
    (b'{"messages": [{"content": "\\udc00\\ud800"}]}', "messages[0].content: expected text without lone surrogates"),
    (b'{"hush\\ud800": 1}', "*: expected text without lone surrogates"),
    (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", "the body nests more than 100 levels deep"),
    (b'{"a": ' + b"[" * 15_000 + b"]" * 15_000 + b"}", "the body nests more than 100 levels deep"),
    (b'{"a":' * 15_000 + b"1" + b"}" * 15_000, "the body nests more than 100 levels deep"),
    (b"[" * 15_000, "the body nests more than 100 levels deep"),
]


@pytest.mark.parametrize(("body", "complaint"), REFUSED, ids=[f"{i}-{message[:40]}" for i, (_, message) in enumerate(REFUSED)])
def test_what_could_be_read_in_two_ways_is_refused(body, complaint) -> None:
    """The complaint names the place as far as its names are ours, and keeps no hold of the body."""
    with pytest.raises(CallError) as caught:
        parse(body, NAMES)
    assert str(caught.value).startswith(complaint)
    assert (caught.value.status, caught.value.code) == (400, "invalid_request")
    assert "hush" not in str(caught.value)
    assert caught.value.__context__ is None


ACCEPTED = [
    (b"{}", {}),
    (b' \r\n\t{"a": [true, null]} ', {"a": [True, None]}),
    (b'{"a": "\\ud83d\\ude00"}', {"a": "\N{GRINNING FACE}"}),
    (b'{"a": "4\\u00000"}', {"a": "4\x000"}),
    (b'{"a": 1.50}', {"a": 1.5}),
    (b'{"a": ' + b"9" * 4300 + b"}", {"a": int("9" * 4300)}),
    (b'{"a": {"b": 1}, "c": {"b": 1}}', {"a": {"b": 1}, "c": {"b": 1}}),
    (b'{"a": ' + b"[" * 98 + b"]" * 98 + b"}", None),
]


@pytest.mark.parametrize(("body", "tree"), ACCEPTED, ids=range(len(ACCEPTED)))
def test_plain_json_is_read(body, tree) -> None:
    """What every parser reads alike is read."""
    assert parse(body) == (json.loads(body) if tree is None else tree)


BOUNDS = [
    (b"[]", MAX_CONTAINERS, "objects and lists"),
    (b'"v"', MAX_STRINGS, "strings and names"),
    (b"1.5", MAX_FRACTIONS, "fractions"),
    (b"1e5", MAX_FRACTIONS, "fractions"),
    (b"true", MAX_VALUES, "values"),
    (b"7", MAX_VALUES, "values"),
    (b"7" * 1008, MAX_DIGITS_IN_ALL // 1000, "digits"),
]


@pytest.mark.parametrize(("item", "most", "what"), BOUNDS, ids=[f"{row[0][:9]!r}" for row in BOUNDS])
def test_a_body_holds_so_much_and_no_more(item, most, what) -> None:
    """Of each kind; more where larger bodies are allowed; and a body of several kinds holds a part of each."""

    def of(count: int, beside: bytes = b"0") -> bytes:
        return b'{"a":[' + b",".join([item] * count) + b'],"b":' + beside + b"}"

    def refused(body: bytes, max_bytes: int = MAX_BYTES) -> str:
        with pytest.raises(CallError) as caught:
            parse(body, max_bytes=max_bytes)
        assert (caught.value.status, caught.value.code) == (413, "body_too_large")
        return str(caught.value)

    assert parse(of(int(most * 0.9)))
    assert refused(of(int(most * 1.1))) == f"the body has more {what} than are read"
    assert parse(of(int(most * 1.1)), max_bytes=2 * MAX_BYTES)
    assert refused(of(int(most * 2.2)), 2 * MAX_BYTES)
    assert parse(of(int(most * 1.1)).replace(b'{"a":[', b'{"a":"[').replace(b'],"b"', b']","b"').replace(b'"v"', b"v"))
    other = b"[" + b",".join([b'"w"' if item == b"[]" else b"[]"] * (MAX_CONTAINERS // 4)) + b"]"
    assert parse(of(10, other))
    assert refused(of(int(most * 0.98), other if item != b"[]" else other[:-1] + b',"w"' * 5000 + b"]"))


def test_escapes_are_bounded_where_there_is_more_than_all_text_may_be() -> None:
    """A body of ordinary size may be all escapes."""
    assert parse(b'{"a": "' + b"\\u0041" * (MAX_TEXT_CHARS // 6 - 10) + b'"}')
    with pytest.raises(CallError, match="escapes"):
        parse(b'{"a": "' + b"\\\\" * (MAX_TEXT_CHARS // 2) + b'"}')


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), _JSON, max_size=5), st.booleans())
def test_it_agrees_with_the_standard_library(tree, ascii_only) -> None:
    """Whatever is JSON in one way only is read as `json` reads it."""
    assert parse(json.dumps(tree, ensure_ascii=ascii_only).encode()) == tree


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\ud80aNI1eE.-+ \n\x00', max_size=40).map(str.encode))
def test_nothing_but_a_call_error_comes_out(body) -> None:
    """Arbitrary bytes are a tree or a refusal."""
    try:
        assert type(parse(body)) is dict
    except CallError as refused:
        assert refused.__context__ is None


def test_an_interpreter_that_allows_fewer_digits_is_no_fault_of_the_program() -> None:
    """The limit of the host may be lower than ours; then it is the caller's number that is refused."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(1000)
    try:
        with pytest.raises(CallError, match="too many digits"):
            parse(b'{"a": ' + b"1" * 1001 + b"}")
    finally:
        sys.set_int_max_str_digits(before)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("1.50", "1.50"),
        ("4.5e3", "4.5e3 4500"),
        ("12.0", "12.0 12"),
        ("1e39", f"1e39 {int(1e39)}"),
        ("1e300", "1e300"),
        ("1e-9", "1e-9"),
    ],
)
def test_a_number_is_heard_as_it_is_written(raw, text) -> None:
    """And in plain digits, where the writing hides them."""
    assert number_text(Real(raw)) == text


OPENED = [
    ("plain", "plain"),
    (r"C:\path", r"C:\path"),
    (r'{"a": "4\/5"}', '{"a": "4/5"}'),
    (r'{"a": {"b": ["\u0034\u0032", 7]}, "a": "\""}', '{"a": {"b": ["42", 7]}, "a": """}'),
    (r'"4000\u0020\u0031234"', '"4000 1234"'),
    (r'{"cut": "\u0034\u0032', '{"cut": "42'),
    (r'{"cut": "\u0034\u00', r'{"cut": "4\u00'),
    (r"said \u0034\u0032 once", "said 42 once"),
    (r"\u0034 \q \\ \\u0034 \n" "\\", "4 \\q \\ \\u0034 \n\\"),
    ('raw\n\x00 \\u0034 "quoted"', 'raw\n\x00 4 "quoted"'),
    (r'{"a": "\ud83d\ude00 \ud800"}', '{"a": "\N{GRINNING FACE} \ufffd"}'),
    (r"x \ud800\ud83d\ude00", "x \ufffd\N{GRINNING FACE}"),
    ("[" * DEEP + r"\u0034", "[" * DEEP + "4"),
    ("[" + r"\u0034" * DEEP, "[" + "4" * DEEP),
]


@pytest.mark.parametrize(("text", "inside"), OPENED, ids=range(len(OPENED)))
def test_json_inside_text_is_opened_by_one_layer(text, inside) -> None:
    """What a backslash hides is said again in the open, below the text as it came."""
    assert opened(text) == (text if text == inside else f"{text}\n{inside}")


def test_lines_have_every_key_and_every_leaf() -> None:
    """A value of any shape becomes lines of text; the words of the wire itself are left out."""
    lines: list[str] = []
    value = {"card": 4000123456789017, "on": True, "type": "string", "deep": [{"k": ["v", 1.5]}], "description": "of it", "": "x"}
    assert put_lines({"top": parse(json.dumps(value).encode())}, lines)
    assert sorted(lines) == sorted(["top", "card: 4000123456789017", "on", "deep", "k", "v", "1.5", "of it", "x"])


@pytest.mark.parametrize("blob", ["QUJD" * 200, "data:image/png;base64," + "QUJD" * 200 + "=="])
def test_lines_tell_when_a_leaf_is_encoded(blob) -> None:
    """What is long and has no space is not text, and must not pass for read."""
    assert not put_lines({"deep": [blob]}, [])
    assert put_lines({"deep": [blob + " and a word"]}, [])


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["one"], "one"),
        (["one ", "two"], "one two"),
        (["card", "4000"], "card\n4000\ncard4000"),
        (["4000 ", "1234"], "4000 1234"),
        (["40", " ", "00"], "40 00\n4000"),
        (["40", "\u200b", "00"], "40\n\u200b\n00\n40\u200b00\n4000"),
        (["a" * 600, "b"], "a" * 600 + "\nb\n" + "a" * 256 + "\n" + "a" * 256 + "b"),
    ],
)
def test_texts_of_a_message_are_joined_at_every_seam(texts, whole) -> None:
    """A value is seen that ends at a seam, that goes across it, or that has padding in between."""
    assert joined(texts) == whole


@given(st.text(alphabet="0123456789", min_size=2, max_size=30), st.data())
def test_no_cut_hides_a_value(value, data) -> None:
    """However a value is cut, and whatever padding comes in between, it is whole in what the parts are joined to."""
    cuts = sorted(data.draw(st.lists(st.integers(1, len(value) - 1), max_size=5)))
    pieces = [value[a:b] for a, b in zip([0, *cuts], [*cuts, len(value)], strict=True)]
    padding = st.text(alphabet=" \t\n\u200b\u00a0\ufeff", min_size=1, max_size=3)
    texts = [text for piece in pieces for text in (piece, *data.draw(st.lists(padding, max_size=2)))]
    assert value in joined([text for text in ["before", *texts, "after"] if text])
