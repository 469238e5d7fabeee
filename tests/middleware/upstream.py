"""A model's server, small and real: it answers as the wire formats say, whole or streamed, and remembers what it was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

WORDS = ("Hello", " there", ", how", " are", " you", "?")


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


class Model:
    """Answers calls; `status` and `cut` make it fail, at once or in the middle."""

    def __init__(self) -> None:
        self.seen: list[Sent] = []
        self.status = 200
        self.echo = False
        self.usage: dict[str, Any] = {"prompt_tokens": 11, "completion_tokens": 6, "total_tokens": 17}

    def answer(self, sent: Sent) -> Told:
        self.seen.append(sent)
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
