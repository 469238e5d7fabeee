"""Values are put back into streams, wherever they are cut."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.redaction import redacted
from policyroute.redaction.streams import Restoring

MAIL = "jane@example.com"
BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": f"Write to {MAIL}, or to ann@example.org"}]}).encode()
REDACTION = redacted(BODY, "openai.chat", ("email",), restore=("email",))
ANSWER = "Dear [EMAIL_1], I asked [EMAIL_2] and [EMAIL_3] [of course]."
LINE_ENDS = (b"\n", b"\r\n", b"\r")
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


def run(pieces: list[bytes], streamed: bool = True) -> bytes:
    restorer = Restoring(REDACTION, streamed)
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


@pytest.mark.parametrize("ends", [first + second for first in LINE_ENDS for second in LINE_ENDS if first + second != b"\r\n"])
def test_a_stream_may_come_byte_by_byte(ends: bytes) -> None:
    """Whichever two line ends stand after an event, or if it comes at once."""
    stream = (chat("To [EM") + chat("AIL_1]") + chat("", last=True)).replace(b"\n\n", ends)
    for pieces in ([bytes([byte]) for byte in stream], [stream]):
        said = run(pieces).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        assert "".join(one["choices"][0]["delta"]["content"] for one in texts(said)) == f"To {MAIL}"


def test_a_bracket_may_be_spelled_in_other_ways() -> None:
    """JSON has three ways to write it, and all are the same placeholder."""
    for spelled in (b"[", b"\\u005b", b"\\u005B"):
        stream = [chat("To "), chat("[EMAIL_1]").replace(b"[EMAIL", spelled + b"EMAIL"), chat("", last=True)]
        assert "".join(one["choices"][0]["delta"]["content"] for one in texts(run(stream))) == f"To {MAIL}"


def test_an_event_without_a_bracket_is_not_touched() -> None:
    """The very same bytes go on at once, also when a placeholder came and went before."""
    restorer, plain = Restoring(REDACTION, True), chat("Hi, {you}, ]") + chat("how are you?")
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
    "piece",
    [
        *(
            b"data: {\n\n",
            b"data: [1]\n\n",
            b"\n\n\n\n",
            b"data: " + b"[" * 5000 + b"\n\n",
            b"\xff\xfe\n\n",
            b"",
            b"\xef\xbb",
            b" \n",
        ),
        *(
            b'data: {"choices": 5, "content": "[x]"}\n\n',
            b'data: {"content": "[EMAIL_1]", "n": 1e999}\n\n',
            b"data: [EMAIL_1]\n\n",
        ),
        *(
            b"[",
            b'[{"text": "[EMAIL_1]"',
            b"]}[{]}",
            b'{"n": 1e999, "text": "[EMAIL_1]"}',
            b"[" * 5000,
            b"NaN\r",
            b'"[EMAIL_1',
            b"[[],{}]]",
        ),
        *(
            b'{"a": ' * 5000,
            b'{"n": ' + b"1" * 5000 + b', "a": "[EMAIL_1]"}',
            b'\x00{"a": "[EMAIL_1]"}',
            b'[{"functionCall": NaN}]',
        ),
    ],
    ids=repr,
)
def test_what_is_not_understood_passes(piece: bytes) -> None:
    """As it came, whatever was asked for."""
    assert run([piece]) == run([piece], streamed=False) == piece
    assert run([bytes([byte]) for byte in piece]) == piece


HALF = rb'{"index": 0, "delta": {"content": "Hi [EMAIL_1] \ud83d"}}'


@pytest.mark.parametrize("answer", [HALF, b"data: " + HALF + b"\n\n", b"[" + HALF + b"]"], ids=["whole", "events", "list"])
def test_half_a_character_stays_one(answer: bytes) -> None:
    """It is escaped, as it came: what has it cannot be said in UTF-8."""
    for streamed in (False, True):
        said = run([answer], streamed)
        assert rb'"Hi jane@example.com \ud83d"' in said and said.isascii()


def test_half_a_character_with_what_was_held_back() -> None:
    """Half a character in another text of the same event, and in the name of something."""
    told = texts(run([event({"\ud83d": 1, "text": "see [EM"}), b"data: [DONE]\n\n"]))
    assert told == [{"\ud83d": 1, "text": "see "}, {"\ud83d": 1, "text": "[EM"}]


GEMINI = [{"candidates": [{"content": {"parts": [{"text": text}]}}]} for text in ("Hi [EM", 'AIL_1], \\"{[', "so] [EM")]


def listed(pieces: list[Any], between: bytes = b"\n,\r\n") -> bytes:
    return b"[" + between.join(json.dumps(piece, indent=1).encode() for piece in pieces) + b"\n]\n"


@given(cuts=st.lists(st.integers(0, 600), max_size=12))
def test_a_list_of_pieces_gets_its_values_back(cuts: list[int]) -> None:
    """However it is cut, and also what only began like a placeholder."""
    answer = listed(GEMINI)
    at = sorted({0, *(cut for cut in cuts if cut < len(answer)), len(answer)})
    told = json.loads(run([answer[a:b] for a, b in pairwise(at)]))
    said = "".join(one["candidates"][0]["content"]["parts"][0]["text"] for one in told)
    assert said == f'Hi {MAIL}, \\"{{[so] [EM'


def test_a_piece_of_a_list_does_not_wait_for_the_next() -> None:
    """It goes on when it is whole, byte for byte if nothing was put back."""
    restorer, plain = Restoring(REDACTION, True), b'[{"candidates" : [{"content": {"parts": [{"text": "Hi]"}]}}]}'
    assert restorer.feed(plain) == plain
    assert restorer.feed(b', {"text": "to [EMAIL_1]"') == b", "
    assert restorer.feed(b"}") == b'{"text": "to jane@example.com"}'
    assert restorer.feed(b"]") + restorer.end() == b"]"


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n ", b"\xef\xbb\xbf\n"], ids=repr)
@pytest.mark.parametrize(
    "answer",
    [
        b'{"message": {"content": "Hi [EMAIL_1]"}}',
        chat("Hi [EMAIL_1]"),
        b"event: x\n" + claude("Hi [EMAIL_1]"),
        b'[{"text": "Hi [EMAIL_1]"}]',
    ],
    ids=["whole", "events", "named events", "list"],
)
def test_what_it_is_shows_in_its_first_byte(answer: bytes, before: bytes, streamed: bool) -> None:
    """An upstream need not answer as it was asked to."""
    for pieces in ([before + answer], [bytes([byte]) for byte in before + answer]):
        said = run(pieces, streamed)
        assert said.startswith(before) and b'"Hi jane@example.com"' in said and b"[EMAIL_1]" not in said


def test_what_is_held_back_is_said_alone() -> None:
    """What else its piece said is not said twice."""
    first = {"candidates": [{"content": {"parts": [{"text": "so [EM"}, {"functionCall": {"args": {"to": "[EMAIL_1]"}}}]}}]}
    told = texts(run([event(first)]))
    assert [one["candidates"][0]["content"]["parts"] for one in told] == [
        [{"text": "so "}, {"functionCall": {"args": {"to": MAIL}}}],
        [{"text": "[EM"}, {}],
    ]
    both = {"choices": [{"index": at, "delta": {"content": text}} for at, text in enumerate(("one", "two ["))]}
    told = texts(run([event(both)]))
    assert [[one["delta"]["content"] for one in piece["choices"]] for piece in told] == [["one", "two "], ["", "["]]


def test_an_end_is_that_of_its_own_text() -> None:
    """Another choice goes on, and what the last event says is all said in it."""
    told = texts(run([chat("To [EM", 1), chat("see [EM", 0, last=True), chat("AIL_1]", 1), chat("", 1, last=True)]))
    said = [(one["choices"][0]["index"], one["choices"][0]["delta"]["content"]) for one in told]
    assert said == [(1, "To "), (0, "see [EM"), (1, MAIL), (1, "")]


def test_a_text_that_is_said_again_as_a_whole_ends_before_that() -> None:
    """In responses, where no event after the last is looked at."""
    which = {"item_id": "m", "output_index": 0, "content_index": 0}
    said = [
        event({"type": "response.output_text.delta", **which, "delta": "see [EM"}),
        event({"type": "response.output_text.done", **which, "text": "see [EM"}),
        event({"type": "response.incomplete", "response": {"output": [{"content": [{"text": "see [EM"}]}]}}),
    ]
    told = texts(run(said))
    assert [one.get("delta") for one in told] == ["see ", "[EM", None, None]


def test_the_last_event_need_not_be_ended() -> None:
    """A value is put back in it too, and then it is."""
    assert texts(run([chat("To [EM") + chat("AIL_1]").rstrip()]))[-1]["choices"][0]["delta"]["content"] == MAIL


NOISE = [
    *(
        b"data: ",
        b"\n",
        b"\r",
        b"\n\n",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b'"',
        b"\\",
        b"\xff",
        b"\xed\xa0\xbd",
        b"\xef\xbb\xbf",
        b"[DONE]",
        b"null",
    ),
]
MEMBERS = [
    *(b'"content":"[EMAIL_1] \\ud83d"', b'"text":"[EM"', b'"delta":{"arguments":"AIL_1]"}', b'"index":NaN', b'"choices":1e999'),
    *(
        b'"choices":[{"finish_reason":1}]',
        b'"functionCall":-Infinity',
        b'"type":"x.done"',
        b'"n":' + b"9" * 5000,
        b'"d":' + b"[" * 990,
    ),
    *(
        b'"content":' + b'{"delta":[' * 480 + b"1" + b"]}" * 480,
        b'"text":"[\\"\\\\ud83d [EMAIL_1]\\"]"',
        b'"item_id":[]',
        b'"choices":7',
    ),
]
OBJECTS = st.lists(st.sampled_from(MEMBERS), max_size=3).map(lambda members: b"{" + b",".join(members) + b"}")
WIRES = st.one_of(
    st.lists(st.sampled_from(NOISE + MEMBERS), max_size=12).map(b"".join),
    OBJECTS,
    st.lists(OBJECTS, max_size=3).map(lambda pieces: b"[" + b",".join(pieces) + b"]"),
    st.lists(OBJECTS, max_size=3).map(lambda pieces: b"".join(b"data: " + piece + b"\n\n" for piece in pieces)),
)


@settings(max_examples=150)
@given(answer=WIRES, streamed=st.booleans())
def test_nothing_raises(answer: bytes, streamed: bool) -> None:
    """Neither JSON nor events, nor what is nearly one; what had no bracket goes on byte for byte."""
    said = run([answer], streamed)
    apart = run([bytes([byte]) for byte in answer], streamed)
    if b"[" not in answer.removeprefix(b"["):
        assert said == apart == answer
