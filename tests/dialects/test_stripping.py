"""The usage taken out of a stream again, for who did not ask for it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.dialects.stripping import MOST_HELD_BYTES, UsageStripper
from tests.dialects.answering import USED, chat, sse

LAST = {**chat({"content": ""}), "choices": [], "usage": USED}
KEPT = [
    sse(chat({"content": "Hi"}), done=True),
    sse({**chat({"content": ""}), "choices": [], "usage": None}),
    sse({**chat({"content": ""}), "choices": []}),
    sse({"usage": USED}),
    sse(chat({"content": '"usage"'}, usage=USED)),
    b'data: {"choices":[],"usage":{broken}\n\n',
    b"data: " + b"x" * 2 * MOST_HELD_BYTES + b'"usage"\n\n',
    b'{"choices":[],"usage":{}}',
    b": ping\n\n: ping\n",
    b'data: "usage',
    b"",
]
last_lines = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(
    st.lists(st.sampled_from(KEPT[:7]), max_size=4),
    st.lists(st.sampled_from(KEPT), max_size=2),
    last_lines,
    st.booleans(),
    st.data(),
)
@settings(max_examples=150, deadline=None)
def test_only_the_usage_is_stripped(before, after, line: bytes, present: bool, data) -> None:
    """Wherever it is cut, every other byte goes on as it came."""
    head, last, tail = (part.replace(b"\n", line) for part in (b"".join(before), sse(LAST) * present, b"".join(after)))
    stream = head + last + tail
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    stripper = UsageStripper()
    places = [0, *cuts, len(stream)]
    got = b"".join(stripper.feed(stream[start:end]) for start, end in pairwise(places))
    assert got + stripper.end() == head + tail


@pytest.mark.parametrize("line", [b"\n", b"\r\n", b"\r"])
def test_usage_is_stripped_byte_by_byte(line: bytes) -> None:
    """Also where a line end comes in two pieces, and where the stream ends without one."""
    head, tail = sse(chat({"content": "Hi"})), sse(done=True)
    for stream, rest in ((head + sse(LAST) + tail, head + tail), (head + sse(LAST)[:-2], head)):
        stripper = UsageStripper()
        got = b"".join(stripper.feed(bytes([byte])) for byte in stream.replace(b"\n", line))
        assert got + stripper.end() == rest.replace(b"\n", line)


def test_nothing_is_held_back_that_need_not_be() -> None:
    """A whole event goes on at once, the very same bytes, and so does a comment that keeps the connection open."""
    stripper = UsageStripper()
    for piece in (sse(chat({"content": "Hi"})), sse(chat({"content": '"usage"'}), chat({"content": ""})), b": ping\n\n"):
        assert stripper.feed(piece) is piece
    assert stripper.feed(b": still here\n") == b": still here\n"
    assert stripper.feed(b"data: ") == b""
    assert stripper.feed(b"x" * MOST_HELD_BYTES) == b"data: " + b"x" * MOST_HELD_BYTES
    assert UsageStripper().feed(b'{"an":"error"') == b'{"an":"error"'


def test_an_event_that_goes_on_as_it_comes_ends_like_any_other() -> None:
    """Its two line ends may come apart, and what comes after it is looked at again."""
    stripper = UsageStripper()
    large = b"data: " + b"x" * MOST_HELD_BYTES
    got = [stripper.feed(piece) for piece in (large + b"\n", b"\n" + sse(LAST)[:9], sse(LAST)[9:], sse(done=True))]
    assert b"".join(got) == large + b"\n\n" + sse(done=True)


def test_a_comment_before_the_usage_stays() -> None:
    """It belongs to no event, and the lines of the event are all that is taken out."""
    stripper = UsageStripper()
    assert stripper.feed(b": c\n" + sse(LAST) + b": d\n\n") + stripper.end() == b": c\n: d\n\n"


@given(st.lists(st.binary(max_size=6) | st.sampled_from([b"\r", b"\n\n", b'"usage"', sse(LAST), sse(LAST)[:30]]), max_size=9))
@settings(max_examples=60, deadline=None)
def test_what_is_no_usage_is_never_lost(pieces: list[bytes]) -> None:
    """Whatever comes, what goes on is what came, or that without events of usage."""
    stripper = UsageStripper()
    got = b"".join(map(stripper.feed, pieces)) + stripper.end()
    sent = b"".join(pieces)
    assert got == sent or (sse(LAST).strip() in sent and len(sent) - len(got) >= len(sse(LAST).strip()))
