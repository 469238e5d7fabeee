"""What an answer used and said, seen from its bytes."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.call import Api, Usage
from policyroute.dialects import meters
from policyroute.dialects.meters import Answered, Meter
from tests.dialects.answering import NOTHING, STREAMS, WHOLE, chat, said_by_gemini, sse
from tests.dialects.planting import APIS

SECRET = "canary-7391"


def told(api: Api, data: bytes, cuts: list[int] | None = None, streamed: bool = True) -> Answered:
    """What a meter makes of it, cut at these places."""
    meter = Meter(api, streamed)
    places = [0, *sorted(cuts or []), len(data)]
    for start, end in pairwise(places):
        meter.feed(data[start:end])
    return meter.end()


def seen(answered: Answered) -> tuple:
    """All of it as values."""
    usage = answered.tally.usage(NOTHING)
    return usage, answered.tally.known, answered.said_bytes, answered.finish, answered.complete, answered.model


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_understood(name: str) -> None:
    """Event by event, as most of it comes."""
    api, data, expected = STREAMS[name]
    ends = [at + 2 for at in range(len(data)) if data.startswith(b"\n\n", at)]
    assert seen(told(api, data, ends)) == expected
    assert seen(told(api, data)) == expected


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_answer_is_understood(name: str, streamed: bool) -> None:
    """Whether it was expected to be one or not."""
    api, tree, expected = WHOLE[name]
    assert seen(told(api, json.dumps(tree).encode(), [1, 5, 40], streamed)) == expected
    assert seen(told(api, b"\xef\xbb\xbf \n" + json.dumps(tree, indent=1).encode(), [1, 2], streamed)) == expected


DRESSED = st.fixed_dictionaries(
    {
        "line": st.sampled_from([b"\n", b"\r\n", b"\r"]),
        "bom": st.booleans(),
        "comment": st.sampled_from([b"", b": ping\n\n", b": a\nid: 4\nretry: 9\n", b"\n"]),
        "tight": st.booleans(),
    }
)


def dressed(data: bytes, how: dict) -> bytes:
    """The same events in another spelling."""
    if how["tight"]:
        data = data.replace(b"data: ", b"data:")
    data = b"".join(how["comment"] + event + b"\n\n" for event in data.split(b"\n\n") if event)
    return b"\xef\xbb\xbf" * how["bom"] + data.replace(b"\n", how["line"])


@given(st.sampled_from(sorted(STREAMS)), DRESSED, st.data())
@settings(max_examples=120, deadline=None)
def test_it_does_not_matter_where_a_stream_is_cut(name: str, how: dict, data) -> None:
    """Nor how its lines end, what stands between its events, or that it begins with a byte order mark."""
    api, stream, expected = STREAMS[name]
    stream = dressed(stream, how)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=12))
    assert seen(told(api, stream, cuts, data.draw(st.booleans()))) == expected


@pytest.mark.parametrize("line", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_may_come_byte_by_byte(name: str, line: bytes) -> None:
    """The hardest of all cuts."""
    api, stream, expected = STREAMS[name]
    stream = stream.replace(b"\n", line)
    assert seen(told(api, stream, list(range(len(stream))))) == expected


@pytest.mark.parametrize("line", [b"\n", b"\r\n", b"\r"])
def test_data_of_several_lines_is_one(line: bytes) -> None:
    """JSON may be broken between its values, and a line end between its bytes."""
    stream = b'data: {"choices":[{"delta":{"content":\ndata: "abc"},"finish_reason":"stop"}],\ndata:"usage":null}\n\n'
    stream = stream.replace(b"\n", line)
    for cuts in ([], list(range(len(stream)))):
        assert seen(told("openai.chat", stream, cuts))[2:5] == (3, "stop", True)


def test_more_than_one_text_in_an_event_is_counted() -> None:
    """Also where the events before looked just the same."""
    events = [chat({"content": text, "refusal": "abc"}) for text in ("one", "two", "three", "four")]
    meter = Meter("openai.chat", True)
    for event in events:
        meter.feed(sse(event))
    assert meter.end().said_bytes == 15 + 12


def test_events_that_look_alike_may_come_together() -> None:
    """What is known of one is not taken for all of a chunk that only begins like it."""
    event = b'data: {"choices":[{"delta":{"content":"abc"}}],"obfuscation":"x"}\n\n'
    meter = Meter("openai.chat", True)
    for piece in (event, event, event * 2, event + sse({"usage": {"prompt_tokens": 9, "completion_tokens": 4}})):
        meter.feed(piece)
    answered = meter.end()
    assert answered.said_bytes == 5 * 3
    assert answered.tally.usage(NOTHING) == Usage(9, 4)


@pytest.mark.parametrize("together", [1, 4])
def test_events_that_look_alike_only_in_their_beginning(together: int) -> None:
    """What comes after a text, or after the padding, may be something else once."""
    used = {"prompt_tokens": 9, "completion_tokens": 4}
    alike = [{"choices": [{"delta": {"content": text}}], "obfuscation": "x" * len(text)} for text in ("ab", 'c"\n\\', "\u00e9]")]
    events = [*alike, {**alike[0], "usage": used}, alike[1], {**alike[2], "error": {"code": 1}}]
    stream = [f"data: {json.dumps(event, separators=(',', ':'))}\n\n".encode() for event in events]
    meter = Meter("openai.chat", True)
    for at in range(0, len(stream), together):
        meter.feed(b"".join(stream[at : at + together]))
    answered = meter.end()
    assert answered.said_bytes == 2 * (2 + 4 + 3)
    assert (answered.tally.usage(NOTHING), answered.complete) == (Usage(9, 4), False)


TEXTS = st.lists(
    st.text(max_size=8)
    | st.sampled_from(["usage", "error", '"usage":{"prompt_tokens":1}', "content", "\\", "\n\n", "data: [DONE]"]),
    min_size=1,
    max_size=12,
)


def speech(api: Api, texts: list[str]) -> list[dict]:
    """Events that say these texts."""
    if api == "openai.chat":
        return [chat({"content": text}, obfuscation="x" * (len(text) % 5)) for text in texts]
    if api == "openai.completions":
        return [{"choices": [{"text": text, "finish_reason": None}]} for text in texts]
    if api == "openai.responses":
        return [
            {"type": "response.output_text.delta", "sequence_number": n, "item_id": "", "delta": t} for n, t in enumerate(texts)
        ]
    if api == "anthropic.messages":
        return [{"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}} for text in texts]
    return [said_by_gemini({"text": text}) for text in texts]


@given(st.sampled_from([api for api in APIS if api != "openai.embeddings"]), TEXTS, st.booleans(), st.data())
@settings(max_examples=100, deadline=None)
def test_all_that_is_said_is_counted(api: Api, texts: list[str], ascii_only: bool, data) -> None:
    """In bytes of UTF-8, however it is escaped, whatever it looks like, and whether events come together or apart."""
    tight = data.draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    dumped = [json.dumps(event, ensure_ascii=ascii_only, separators=tight) for event in speech(api, texts)]
    events = [f"data: {event}\n\n".encode() for event in dumped]
    meter = Meter(api, True)
    while events:
        together = data.draw(st.sampled_from([1, 1, 1, 2, 3]))
        meter.feed(b"".join(events[:together]))
        del events[:together]
    answered = meter.end()
    assert answered.said_bytes == len("".join(texts).encode())
    assert not answered.complete
    assert not answered.tally.doubtful
    assert answered.tally.known is (api == "gemini.generate")


CUT_SHORT = [
    ("openai.chat", sse(chat({"content": "Hi"})), 2),
    ("openai.chat", sse(chat({"content": "Hi"})) + b'data: {"choices":[{"delta":{"content":"there', 7),
    ("openai.chat", sse(chat({"content": "Hi"}), {"error": {"message": "broken"}}, done=True), 2),
    ("anthropic.messages", sse({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, named=True), 0),
    (
        "openai.responses",
        sse({"type": "response.failed", "response": {"status": "failed", "error": {"code": "x"}}}, named=True),
        0,
    ),
    ("openai.responses", sse({"type": "error", "message": "x"}, named=True), 0),
    ("gemini.generate", sse(said_by_gemini({"text": "Hi"}), {"error": {"code": 500}}), 2),
    ("gemini.generate", sse(said_by_gemini({"text": "Hi"}, finishReason="STOP"), {"error": {"code": 500}}), 2),
    ("openai.chat", b'{"choices":[{"message":{"content":"Hi the', 6),
    ("openai.chat", b"<html>Bad gateway</html>", 0),
    ("openai.chat", b"", 0),
    ("openai.chat", b"\xef\xbb", 0),
]


@pytest.mark.parametrize(("api", "data", "said"), CUT_SHORT, ids=range(len(CUT_SHORT)))
def test_what_did_not_end_is_not_complete(api: Api, data: bytes, said: int) -> None:
    """Cut off, or ended by an error; what was said up to there is known."""
    answered = told(api, data, [3, 30])
    assert not answered.complete
    assert answered.said_bytes == said


def test_a_stream_without_its_last_blank_line_is_complete() -> None:
    """Some servers close right after it."""
    assert told("openai.chat", sse(chat({"content": "Hi"})) + b"data: [DONE]").complete


def test_what_is_too_large_goes_by() -> None:
    """An event or an answer out of all measure costs its usage, not memory, and the next event is understood."""
    meter = Meter("openai.chat", True)
    meter.feed(sse(chat({"content": "Hi"})))
    meter.feed(b'data: {"image":"')
    for _ in range(40):
        meter.feed(b"x" * 100_000)
        assert len(meter._held) <= meters.MOST_EVENT_BYTES + 100_000
    assert not meter.between_events
    meter.feed(b'","usage":{"prompt_tokens":7,"completion_tokens":7}}\n')
    meter.feed(b"\n" + sse(chat({"content": "!"}, "stop")))
    assert meter.between_events
    assert seen(meter.end()) == (NOTHING._replace(estimated=True), False, 3, "stop", True, "gpt-x")


@pytest.mark.parametrize(
    ("api", "name", "size"),
    [("openai.embeddings", "embeddings", 5 * meters.TAIL_BYTES), ("openai.chat", "chat", meters.MOST_WHOLE_BYTES)],
)
def test_a_large_answer_is_known_by_its_tail(api: Api, name: str, size: int) -> None:
    """It is not kept whole, but its usage comes after all that it says."""
    tree = WHOLE[name][1]
    assert isinstance(tree, dict)
    whole = json.dumps({"text": "x", "filler": "x" * size, **tree}).encode()
    meter = Meter(api, False)
    for at in range(0, len(whole), 50_000):
        meter.feed(whole[at : at + 50_000])
    assert len(meter._held) <= 2 * meters.TAIL_BYTES
    usage, known, said, _, complete, model = seen(meter.end())
    assert (usage, known, complete, model) == (WHOLE[name][2][0], True, True, WHOLE[name][2][5])
    assert said == (8 if name == "chat" else 0)
    cut_off = told(api, whole[: whole.index(b', "usage"')], [10_000, size + 9], streamed=False)
    assert not cut_off.complete
    assert not cut_off.tally.known


NONSENSE = [-1, "many", [], {}, True, 10**30, 1.5, float("nan")]


@pytest.mark.parametrize("figure", NONSENSE, ids=repr)
@pytest.mark.parametrize("name", ["chat", "responses", "messages", "gemini"])
def test_nonsense_is_doubted(name: str, figure: object) -> None:
    """A figure that is none does not vanish: the call is billed by its text."""
    api, tree, _ = WHOLE[name]
    body = json.dumps(tree).replace(": 9", f": {json.dumps(figure)}").replace(": 2,", f": {json.dumps(figure)},")
    answered = told(api, body.encode())
    assert answered.tally.doubtful
    assert answered.tally.usage(Usage(50, 50)).input_tokens == 50


scraps = st.binary(max_size=6) | st.sampled_from(
    [
        b"data: ",
        b"\n\n",
        b"\r",
        b'"usage":{',
        b'"choices":[',
        b'"content":"',
        b"event: error\n",
        b"{",
        b"[" * 5000,
        b"}",
        b"9" * 5000,
    ]
)


@given(st.sampled_from(APIS), st.lists(scraps, max_size=20), st.sampled_from(sorted(STREAMS)), st.data())
@settings(max_examples=100, deadline=None)
def test_no_bytes_make_a_meter_fail(api: Api, pieces: list[bytes], name: str, data) -> None:
    """Nor a stream in another dialect, with pieces put in."""
    meter = Meter(api, data.draw(st.booleans()))
    stream = STREAMS[name][1]
    at = data.draw(st.integers(0, len(stream)))
    for piece in (stream[:at], *pieces, stream[at:]):
        meter.feed(piece)
    assert type(meter.end()) is Answered


def test_a_repr_says_nothing_of_the_answer() -> None:
    """A repr ends up in logs."""
    answered = told("openai.chat", sse(chat({"content": SECRET}, SECRET, model=SECRET)))
    assert SECRET not in repr(answered)
    assert answered.finish == SECRET
    assert told("openai.chat", sse(chat({}, f"{SECRET} and a sentence", model="a b"))).finish == ""
