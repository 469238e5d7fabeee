"""A model's server, small and real: it answers as the wire formats say, whole or streamed, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, NamedTuple

WORDS = ("Hello", " there", ", how", " are", " you", "?")


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = b'data: {"choices": [{"index": 0, "delta": {"content": "twelve bytes"}}]}\n\n'


class Sent(NamedTuple):
    """A request that reached the model."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def tree(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class Told(NamedTuple):
    """What the model answers."""

    status: int
    headers: list[tuple[str, str]]
    pieces: list[bytes]
    breaks: BaseException | None = None
    after: int = 0

    def said(self) -> Iterator[bytes]:
        """Its pieces, as far as it comes."""
        for index in range(len(self.pieces) + 1):
            if self.breaks is not None and index == self.after:
                raise self.breaks
            yield from self.pieces[index : index + 1]


PACKED = {"gzip": gzip.compress, "deflate": zlib.compress, "br": lambda whole: b"\x0b" + whole[::-1]}


class Model:
    """Answers calls; `status` makes it refuse, and `breaks` fail: `after` so many pieces, or before it answers at all.

    `body` is what it says instead of a completion, `packing` the encoding of what it says.
    """

    def __init__(self) -> None:
        self.seen: list[Sent] = []
        self.status = 200
        self.echo = False
        self.usage: dict[str, Any] = {"prompt_tokens": 11, "completion_tokens": 6, "total_tokens": 17}
        self.breaks: BaseException | None = None
        self.after = -1
        self.body: bytes | None = None
        self.packing = ""

    def answer(self, sent: Sent) -> Told:
        self.seen.append(sent)
        if self.breaks is not None and self.after < 0:
            raise self.breaks
        told = self._told(sent)._replace(breaks=self.breaks, after=self.after)
        if not self.packing:
            return told
        packed = PACKED[self.packing](b"".join(told.pieces))
        pieces = [packed[i : i + 50] for i in range(0, len(packed), 50)]
        return told._replace(headers=[*told.headers, ("content-encoding", self.packing)], pieces=pieces)

    def _told(self, sent: Sent) -> Told:
        if self.body is not None:
            return Told(self.status, [("content-type", "application/json")], [self.body])
        if self.status != 200:
            return Told(self.status, [("content-type", "application/json")], [b'{"error": {"message": "no"}}'])
        if sent.path.endswith("/v1/messages"):
            return self._anthropic(sent)
        if sent.tree.get("stream"):
            return Told(200, [("content-type", "text/event-stream")], list(self._events(sent)))
        said = sent.tree["messages"][-1]["content"] if self.echo else "".join(WORDS)
        answer = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": sent.tree["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}],
            "usage": self.usage,
        }
        return Told(200, [("content-type", "application/json")], [json.dumps(answer).encode()])

    def _events(self, sent: Sent) -> Iterator[bytes]:
        asked = sent.tree["messages"][-1]["content"]
        for word in [asked[i : i + 4] for i in range(0, len(asked), 4)] if self.echo else WORDS:
            delta = {"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}
            yield self._event(sent, [delta])
        yield self._event(sent, [{"index": 0, "delta": {}, "finish_reason": "stop"}])
        if (sent.tree.get("stream_options") or {}).get("include_usage"):
            yield self._event(sent, [], usage=self.usage)
        yield b"data: [DONE]\n\n"

    def _event(self, sent: Sent, choices: list[Any], **more: Any) -> bytes:
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": sent.tree["model"], "choices": choices}
        return b"data: " + json.dumps(chunk | more).encode() + b"\n\n"

    def _anthropic(self, sent: Sent) -> Told:
        usage = {"input_tokens": 11, "output_tokens": 6}
        answer = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": sent.tree["model"],
            "content": [{"type": "text", "text": "".join(WORDS)}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": usage,
        }
        return Told(200, [("content-type", "application/json")], [json.dumps(answer).encode()])


@contextmanager
def wire(says: bytes | None) -> Iterator[str]:
    """The address of a server that takes one call, says that, and hangs up; where that is nothing it waits for the other side."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        serving = Thread(target=_serve, args=(listening, says))
        serving.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        serving.join()


def _serve(listening: socket.socket, says: bytes | None) -> None:
    with listening.accept()[0] as taken, taken.makefile("rb") as coming:
        length = 0
        while line := coming.readline().strip().lower():
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        coming.read(length)
        if says is None:
            coming.read()
        else:
            taken.sendall(says)


class Broken(Exception):
    """What an app or a transport raises that nobody knows."""


USAGE = b'{"usage": {"prompt_tokens": 11, "completion_tokens": 6}}'
START = {"type": "http.response.start", "status": 200}
LAST = {"type": "http.response.body", "body": USAGE}


async def never_reads(scope: Any, receive: Any, send: Any) -> None:
    await send(START)  # without headers, as it may be
    await send(LAST)


async def answers_from_a_thread(scope: Any, receive: Any, send: Any) -> None:
    loop = asyncio.get_running_loop()
    for message in (START, LAST):
        await asyncio.to_thread(lambda sent=message: asyncio.run_coroutine_threadsafe(send(sent), loop).result())


async def says_nothing(scope: Any, receive: Any, send: Any) -> None:
    await receive()


async def has_no_body(scope: Any, receive: Any, send: Any) -> None:
    await send(START)


async def sees_the_client_go(scope: Any, receive: Any, send: Any) -> None:
    await send(START)
    assert [(await receive())["type"] for _ in range(2)] == ["http.request", "http.disconnect"]
    raise Broken("what else?")


async def fails_afterwards(scope: Any, receive: Any, send: Any) -> None:
    await never_reads(scope, receive, send)
    raise Broken("too late")


async def would_send_a_file(scope: Any, receive: Any, send: Any) -> None:
    assert list(scope["extensions"]) == ["http.response.debug"]
    await never_reads(scope, receive, send)


async def two_words(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send(START)
    for word in WORDS[:2]:
        event = {"choices": [{"index": 0, "delta": {"content": word}}]}
        await send({"type": LAST["type"], "body": b"data: %b\n\n" % json.dumps(event).encode(), "more_body": True})
    assert (await receive())["type"] == "http.disconnect"


def writes(given: Any, start_response: Any) -> Iterable[bytes]:
    write = start_response("200 OK", [])
    write(USAGE[:9])
    write(USAGE[9:])
    return ()


def lists(given: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [USAGE[:9], USAGE[9:]]


def changes_its_mind(given: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    start_response("500 No", [], (Broken, Broken(), None))
    return [b"no"]


def changes_it_too_late(given: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    yield b"{"
    start_response("500 No", [], (Broken, Broken("it has begun"), None))


class Closes(list[bytes]):
    def close(self) -> None:
        raise Broken("while it closes")


def closes_badly(given: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return Closes([USAGE])
