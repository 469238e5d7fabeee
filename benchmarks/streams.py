"""What a stream costs on its way through the ASGI face: a model's answer of two thousand chunks, alone and behind the layer."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from collections.abc import MutableMapping, Sequence
from typing import Any, NamedTuple

from benchmarks.material import policy, prompt, words
from benchmarks.timing import calibration, table
from policyroute.loading import loads
from policyroute.middleware.asgi import PolicyRouteMiddleware

CHUNKS, ROUNDS = 2000, 25
WANTED_US = 3.0
USED = {"prompt_tokens": 500, "completion_tokens": 2000, "total_tokens": 2500}
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
Message = MutableMapping[str, Any]


class Stream(NamedTuple):
    """An answer in chunks, the call that is answered so, and whether what was masked in it is put back."""

    path: str
    body: bytes
    chunks: Sequence[bytes]
    restores: bool = False


def texts(count: int) -> list[str]:
    """Tokens as models say them: words, now and then a sign or a line end."""
    rng = random.Random(5)
    known = words(500)
    return [rng.choice((f" {rng.choice(known)}",) * 20 + (",", ".\n\n", ' "')) for _ in range(count)]


def chat_event(more: dict[str, Any], text: str | None, finish: str | None = None) -> bytes:
    """One event of a chat, as OpenAI spells it."""
    choices = [{"index": 0, "delta": {} if text is None else {"content": text}, "logprobs": None, "finish_reason": finish}]
    chunk = {
        "id": "chatcmpl-CAbcdEfghIjklMnopQrstUvwxYz12",
        "object": "chat.completion.chunk",
        "created": 1_757_000_000,
        "model": "gpt-4o-2024-08-06",
        "service_tier": "default",
        "system_fingerprint": "fp_f33640a400",
        "choices": choices,
        **more,
    }
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"


def chat_events(count: int) -> list[bytes]:
    """A whole chat, which tells its usage in the end; each event is padded, so that its size does not tell the text's."""
    padding = [{"usage": None, "obfuscation": "abcdefghijklmnop"[: at * 7 % 16]} for at in range(count)]
    events = list(map(chat_event, padding, texts(count)))
    last = {"choices": [], "usage": USED}
    return [*events, chat_event({"usage": None}, None, "stop"), chat_event(last, None), b"data: [DONE]\n\n"]


def messages_events(count: int) -> list[bytes]:
    """A whole message, as Anthropic spells it."""

    def event(kind: str, **more: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **more}, separators=(',', ':'))}\n\n".encode()

    begun = {"id": "msg_01", "model": "claude-x", "stop_reason": None, "usage": {"input_tokens": 500, "output_tokens": 1}}
    said = [event("content_block_delta", index=0, delta={"type": "text_delta", "text": text}) for text in texts(count)]
    ended = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 2000})
    return [event("message_start", message=begun), *said, ended, event("message_stop")]


def together(events: Sequence[bytes], count: int) -> list[bytes]:
    """The same with so many events a chunk."""
    return [b"".join(events[at : at + count]) for at in range(0, len(events), count)]


def call(text: str = "", **more: Any) -> bytes:
    """The body of a call that wants a stream."""
    asked = {"model": "auto", "stream": True, "messages": [{"role": "user", "content": prompt(2048) + text}]}
    return json.dumps(asked | more).encode()


def streams() -> dict[str, Stream]:
    """All of them by name."""
    chat, messages = chat_events(CHUNKS), messages_events(CHUNKS)
    asking, silent, masked = call(stream_options={"include_usage": True}), call(), call("Write to jane.doe@example.com.")
    return {
        "chat": Stream(CHAT, asking, chat),
        "chat, usage stripped": Stream(CHAT, silent, chat),
        "chat, 3 events a chunk": Stream(CHAT, asking, together(chat_events(3 * CHUNKS), 3)),
        "chat, 3 events a chunk, usage stripped": Stream(CHAT, silent, together(chat_events(3 * CHUNKS), 3)),
        "chat, usage stripped, values put back": Stream(CHAT, masked, chat, True),
        "messages": Stream(MESSAGES, call(max_tokens=4000), messages),
        "messages, 3 events a chunk": Stream(MESSAGES, call(max_tokens=4000), together(messages_events(3 * CHUNKS), 3)),
    }


def upstream(chunks: Sequence[bytes]) -> Any:
    """An app that streams these chunks as fast as it can."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


class Run(NamedTuple):
    """One stream that went through: all of its processor time, and the time until its first byte, in microseconds."""

    all_us: float
    first_us: float


async def through(app: Any, stream: Stream) -> Run:
    """One call, as a server would make it, without the server."""
    first_ns = 0
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": stream.body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal first_ns
        if not first_ns and message.get("body"):
            first_ns = time.process_time_ns()

    headers = [(b"content-type", b"application/json"), (b"host", b"app.example")]
    began_ns = time.process_time_ns()
    await app({"type": "http", "method": "POST", "path": stream.path, "headers": headers}, receive, send)
    return Run((time.process_time_ns() - began_ns) / 1000, (first_ns - began_ns) / 1000)


async def measured() -> dict[str, tuple[list[Run], list[Run]]]:
    """Runs of each stream alone and behind the layer, interleaved."""
    plain = policy(100, 20)
    rule = "    - {id: mail, when: {detect: [email]}, add: [internal], redact: [email], restore: true}"
    restoring = loads(plain.replace("  sensitivity:\n", f"  sensitivity:\n{rule}\n"))
    loaded = loads(plain)
    found: dict[str, tuple[list[Run], list[Run]]] = {}
    subjects = {}
    for name, stream in streams().items():
        app = upstream(stream.chunks)
        subjects[name] = (stream, app, PolicyRouteMiddleware(app, restoring if stream.restores else loaded))
        found[name] = ([], [])
    for at in range(ROUNDS + 2):
        for name, (stream, app, layer) in subjects.items():
            alone, behind = await through(app, stream), await through(layer, stream)
            if at >= 2:
                found[name][0].append(alone)
                found[name][1].append(behind)
    return found


def main() -> None:
    """Prints medians of what the layer adds."""
    before = calibration()
    rows = []
    for name, (alone, behind) in asyncio.run(measured()).items():
        added = statistics.median([b.all_us - a.all_us for a, b in zip(alone, behind, strict=True)]) / CHUNKS
        first = statistics.median([b.first_us - a.first_us for a, b in zip(alone, behind, strict=True)])
        base = statistics.median([a.all_us for a in alone]) / CHUNKS
        rows.append((name, f"{base:.2f} µs", f"+{added:.2f} µs", f"≤ {WANTED_US:.0f} µs", f"+{first:.0f} µs"))
    print(table((f"{CHUNKS:,} chunks: processor time a chunk", "app alone", "added", "wanted", "first byte"), rows))
    print(f"(a loop of 10,000 additions took {before:.0f} µs before, and takes {calibration():.0f} µs now)")


if __name__ == "__main__":
    main()
