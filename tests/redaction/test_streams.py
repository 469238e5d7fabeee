"""Values are put back into streams, wherever they are cut."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as st

from policyroute.redaction import redacted
from policyroute.redaction.streams import StreamRestorer

MAIL = "jane@example.com"
BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": f"Write to {MAIL}, or to ann@example.org"}]}).encode()
REDACTION = redacted(BODY, "openai.chat", ("email",), restore=("email",))
ANSWER = "Dear [EMAIL_1], I asked [EMAIL_2] and [EMAIL_3] [of course]."
SAID = "Dear jane@example.com, I asked ann@example.org and [EMAIL_3] [of course]."


def event(tree: Any) -> bytes:
    return b"data: " + json.dumps(tree).encode() + b"\n\n"


def chat(piece: str, choice: int = 0, last: bool = False) -> bytes:
    reason = "stop" if last else None
    return event({"id": "c", "choices": [{"index": choice, "delta": {"content": piece}, "finish_reason": reason}]})


def claude(piece: str) -> bytes:
    tree = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
    return b"event: content_block_delta\n" + event(tree)


def texts(stream: bytes) -> list[Any]:
    payloads = [block.rpartition(b"data: ")[2] for block in stream.split(b"\n\n") if b"data: {" in block]
    return [json.loads(payload) for payload in payloads]


def run(pieces: list[bytes]) -> bytes:
    restorer = StreamRestorer(REDACTION)
    return b"".join([*map(restorer.feed, pieces), restorer.end()])


@given(cuts=st.lists(st.integers(0, len(ANSWER)), max_size=12), wires=st.lists(st.integers(0, 2000), max_size=12))
def test_a_value_is_whole_however_it_came(cuts: list[int], wires: list[int]) -> None:
    """Cut between events, within them, or both; two answers at once do not mix."""
    at = sorted({0, *cuts, len(ANSWER)})
    pieces = [ANSWER[a:b] for a, b in pairwise(at)]
    stream = b"".join(chat(piece, choice) for piece in pieces for choice in (0, 1)) + chat("", 0, last=True) + b"data: [DONE]\n\n"
    wire = sorted({0, *(cut for cut in wires if cut < len(stream)), len(stream)})
    said = run([stream[a:b] for a, b in pairwise(wire)])
    for choice in (0, 1):
        told = [one["choices"][0]["delta"]["content"] for one in texts(said) if one["choices"][0]["index"] == choice]
        assert "".join(told) == SAID
    assert said.endswith(b"data: [DONE]\n\n")


def test_other_events_go_on_byte_for_byte() -> None:
    """What has no placeholder in it is not written anew."""
    stream = b": ping\r\n\r\n" + chat("Hello") + b'data:{"choices" : [ ]}\n\n' + chat(" there [") + chat("x]", last=True)
    assert b"".join(texts_of(run([stream]))) == b"".join(texts_of(stream))
    assert run([chat("Hello") + b"event: ping\ndata: {}\n\n"]) == chat("Hello") + b"event: ping\ndata: {}\n\n"


def texts_of(stream: bytes) -> list[bytes]:
    return [one["choices"][0]["delta"]["content"].encode() for one in texts(stream) if one.get("choices")]


@pytest.mark.parametrize("line", [b"\n", b"\r\n", b"\r"])
def test_a_stream_may_come_byte_by_byte(line: bytes) -> None:
    """Also the two line ends after an event."""
    stream = (chat("To [EM") + chat("AIL_1]") + chat("", last=True)).replace(b"\n", line)
    said = run([bytes([byte]) for byte in stream]).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert "".join(one["choices"][0]["delta"]["content"] for one in texts(said)) == f"To {MAIL}"


def test_a_bracket_may_be_spelled_in_other_ways() -> None:
    """JSON has three ways to write it, and all are the same placeholder."""
    for spelled in (b"[", b"\\u005b", b"\\u005B"):
        stream = [chat("To "), chat("[EMAIL_1]").replace(b"[EMAIL", spelled + b"EMAIL"), chat("", last=True)]
        assert "".join(one["choices"][0]["delta"]["content"] for one in texts(run(stream))) == f"To {MAIL}"


def test_an_event_without_a_bracket_is_not_touched() -> None:
    """The very same bytes go on at once, also when a placeholder came and went before."""
    restorer, plain = StreamRestorer(REDACTION), chat("Hi, {you}, ]") + chat("how are you?")
    assert restorer.feed(plain) is plain
    said = [restorer.feed(chat(piece)) for piece in ("To [EM", "AIL_1]", "", " and [", "so")]
    assert "".join(one["choices"][0]["delta"]["content"] for one in texts(b"".join(said))) == f"To {MAIL} and [so"
    assert restorer.feed(plain) is plain


def test_what_only_began_like_a_placeholder_is_not_lost() -> None:
    """It is said when the answer ends, before the end is."""
    told = texts(run([chat("see [EMA"), chat("", last=True), b"data: [DONE]\n\n"]))
    assert "".join(one["choices"][0]["delta"]["content"] for one in told) == "see [EMA"
    assert told[-1]["choices"][0]["finish_reason"] == "stop"


def test_in_another_wire_format() -> None:
    """Names of events stay."""
    said = run(
        [claude("Dear [EM"), claude("AIL_1]"), b'event: content_block_stop\ndata: {"type": "content_block_stop", "index": 0}\n\n']
    )
    assert "".join(one["delta"]["text"] for one in texts(said) if "delta" in one) == "Dear jane@example.com"
    assert said.count(b"event: content_block_delta") == 2


@pytest.mark.parametrize(
    "piece", [b"data: {\n\n", b"data: [1]\n\n", b"\n\n\n\n", b"data: " + b"[" * 5000 + b"\n\n", b"\xff\xfe\n\n"]
)
def test_what_is_no_event_passes(piece: bytes) -> None:
    """As it came."""
    assert run([piece]) == piece
