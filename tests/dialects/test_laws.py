"""What holds for every body: nothing that is forwarded goes unheard, and nothing but a refusal comes out of a bad one."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.dialects import DIALECTS, Call, positions
from policyroute.errors import CallError
from tests.dialects.planting import APIS, SMALLEST, all_text, merged, planted, read, steps

TOKEN = "xyzzy-4000-1234-plugh"
# Taken out before the call leaves, or written anew: what stands there is not forwarded.
NOT_FORWARDED = {"model", "max_cost", "prefer_speed", "policyroute"}

DECLARED = {key for dialect in DIALECTS.values() for f in dialect.fields for key in re.findall(r"\w+", f.path)}

apis = st.sampled_from(APIS)
keys = st.sampled_from(sorted(DECLARED - NOT_FORWARDED))
words = st.sampled_from(["text", "user", "tool_use", "", "a\\b", " "])
plain = st.none() | st.booleans() | st.integers(-9, 10**18) | st.floats(-9, 9) | words


def trees(leaves):
    """JSON of these leaves, with keys that the dialects know and keys that they do not."""
    names = keys | st.sampled_from(["vendor", TOKEN]) | st.text(max_size=3).filter(lambda key: key not in NOT_FORWARDED)

    def above(below):
        return st.lists(below, max_size=3) | st.dictionaries(names, below, max_size=4)

    return st.recursive(leaves, above, max_leaves=12)


def holds(tree: object) -> bool:
    """Whether the token is a key or in a leaf of it."""
    if isinstance(tree, dict):
        return TOKEN in tree or any(map(holds, tree.values()))
    return any(map(holds, tree)) if isinstance(tree, list) else isinstance(tree, str) and TOKEN in tree


def heard_or_refused(api, body) -> None:
    """The law: a token that is forwarded is in some part, or the call is unscanned, or refused."""
    try:
        call = read(api, body)
    except CallError as refused:
        assert TOKEN not in repr(refused)
        return
    assert call.unscanned or TOKEN in all_text(call)


@given(apis, st.dictionaries(keys, trees(plain | st.just(TOKEN)), max_size=4))
@settings(max_examples=100)
def test_a_token_anywhere_in_a_body_is_heard_or_the_body_is_refused(api, fields) -> None:
    """Whatever the body looks like, declared or not."""
    body = {**SMALLEST[api], **fields}
    if holds(body):
        heard_or_refused(api, body)


@given(apis, st.data(), trees(plain | st.just(TOKEN)).filter(holds))
@settings(max_examples=100)
def test_a_token_under_any_declared_place_is_heard_or_refused(api, data, tree) -> None:
    """A shape that no table knows, put where a table expects another."""
    path = data.draw(st.sampled_from(positions(api)))
    cut = steps(path)[: data.draw(st.integers(1, len(steps(path))))]
    place = re.sub(r"\.(?=\[|<|$)", "", ".".join(cut))
    heard_or_refused(api, planted(api, place, tree))


@given(apis, st.data(), st.integers(10**12, 10**19))
def test_a_number_is_as_good_as_a_text(api, data, number) -> None:
    """A card number is one with and without quotes."""
    path = data.draw(st.sampled_from(positions(api)))
    try:
        call = read(api, planted(api, path, {"vendor": [number]}))
    except CallError:
        return
    assert call.unscanned or str(number) in all_text(call)


@given(apis, st.data(), st.text(min_size=1, max_size=20))
def test_text_is_heard_as_it_is(api, data, text) -> None:
    """Every character of it, however it is escaped on the wire."""
    path = data.draw(st.sampled_from([f.path for f in DIALECTS[api].fields if f.kind == "text"] or ["user"]))
    for ascii_only in (True, False):
        body = json.dumps(planted(api, path, f"<{text}>"), ensure_ascii=ascii_only).encode()
        assert f"<{text}>" in all_text(Call.from_body(body, api=api))


WHOLE = {
    api: json.dumps(
        merged(
            planted(api, positions(api)[0], "caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{GRINNING FACE}"),
            {"temperature": 0.5, "metadata": {"policyroute": {"tags": ["pii"]}, "team": 1}, "vendor": [{"a": None}]},
        )
    ).encode()
    for api in APIS
}


DAMAGE = st.sampled_from([b"{", b"[", b'"', b"1e9", b"\\ud800", b"NaN"])


@given(apis, st.data())
@settings(max_examples=100)
def test_a_damaged_body_is_read_or_refused(api, data) -> None:
    """Bytes put in, taken out and changed: nothing but a call or a `CallError` comes of it."""
    body = bytearray(WHOLE[api])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 4))] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b"{", b"[", b'"', b"1e9", b"\\ud800", b"NaN"])
        )
    try:
        assert type(Call.from_body(bytes(body), api=api)) is Call
    except CallError as refused:
        assert refused.status == 400
        assert refused.__context__ is None


@given(apis, st.binary(max_size=80))
def test_arbitrary_bytes_are_read_or_refused(api, body) -> None:
    """The same for bytes that never were a body."""
    with pytest.raises(CallError):
        Call.from_body(body + b"\xff", api=api)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["x-policyroute-tags", "X_Policyroute-Tier", "x-policyroute-max-cost-usd", "a"]), st.text(max_size=9)
        )
    )
)
def test_arbitrary_headers_are_read_or_refused(headers) -> None:
    """No header makes anything but a call or a `CallError`, and none is lost."""
    try:
        call = read("openai.chat", SMALLEST["openai.chat"], headers=headers)
    except CallError:
        return
    assert set(call.claims) >= {f"header.{name.lower().replace('_', '-')}" for name, _ in headers}


@given(apis, st.lists(st.dictionaries(keys, trees(plain), max_size=3), min_size=2, max_size=4))
def test_reading_is_pure(api, layers) -> None:
    """The same bytes are the same call, every time, whatever was read in between."""

    def once(body):
        try:
            return read(api, body)
        except CallError as refused:
            return str(refused)

    bodies = [{**SMALLEST[api], **layer} for layer in layers]
    assert [once(body) for body in bodies] == [once(body) for body in reversed(bodies)][::-1]
