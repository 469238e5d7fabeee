"""Bad input through the faces: an answer of the caller's own wire format, or a passage without a touch; never a fault."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.middleware.faces import FACES, Asgi, Face, Sync, Wsgi, given, shop
from tests.middleware.test_asgi import GONE, HTTP, run
from tests.middleware.test_behaviour import CALL, COST
from tests.middleware.test_wsgi import Server, environ

BODY = json.dumps(CALL).encode()
STREAM = json.dumps({**CALL, "stream": True}).encode()
LONG = json.dumps({**CALL, "messages": [{"role": "user", "content": "Good morning. " * 7_200}]}).encode()
PATHS = {
    "openai": "/v1/chat/completions",
    "responses": "/v1/responses",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/far:generateContent",
}


@pytest.fixture(params=FACES)
def make(request: pytest.FixtureRequest) -> type[Face]:
    return FACES[request.param]


def untouched(face: Face) -> bool:
    """Whether nothing is held on any account, and no model was called."""
    return not face.model.seen and all(balance.held == balance.spent == 0 for balance in face.ledger.balances(""))


def refused(answer: Any, path: str) -> str:
    """What an error says, which has to be in the words of the path's wire format."""
    tree = answer.json()
    if path == PATHS["anthropic"]:
        assert tree["type"] == "error"
        return str(tree["error"]["message"])
    if path == PATHS["gemini"]:
        assert (tree["error"]["code"], tree["error"]["status"]) == (answer.status_code, "INVALID_ARGUMENT")
    return str(tree["error"]["message"])


def pieces(body: bytes, size: int) -> list[dict[str, Any]]:
    """A body as a server hands it on that reads so much at once; the last message is empty."""
    parts = [{"type": "http.request", "body": body[at : at + size], "more_body": True} for at in range(0, len(body), size)]
    return [*parts, {"type": "http.request"}]


@pytest.mark.parametrize("size", [1, 7, 65_536])
def test_a_large_body_may_come_in_any_pieces(size: int) -> None:
    """The app gets it in one, and whole."""
    face = Asgi(shop())
    sent = run(face.app(), pieces(LONG, size))
    assert sent[0]["status"] == 200
    assert face.model.seen[0].tree == {**json.loads(LONG), "model": "gpt-x"}
    assert face.spent() == (COST, 0)


def test_messages_without_a_byte_are_no_end() -> None:
    """A server may have nothing to say yet."""
    face = Asgi(shop())
    nothing = [{"type": "http.request", "more_body": True}, {"type": "http.request", "body": b"", "more_body": True}]
    assert run(face.app(), [*nothing, *pieces(BODY, 30), GONE])[0]["status"] == 200


@pytest.mark.parametrize("at", range(0, len(BODY), 9))
def test_a_client_that_vanishes_in_the_middle_of_its_body(at: int) -> None:
    """Wherever that is: nobody is answered, nothing is decided."""
    face = Asgi(shop())
    assert run(face.app(), [*pieces(BODY[:at], 4)[:-1], GONE]) == []
    assert untouched(face)


def test_a_server_that_stops_while_a_body_is_read() -> None:
    """The cancellation is the server's own, and nothing was begun."""
    face = Asgi(shop())

    async def cancelled() -> None:
        reading = asyncio.Event()

        async def receive() -> Any:
            if not reading.is_set():
                reading.set()
                return {"type": "http.request", "body": BODY[:9], "more_body": True}
            return await asyncio.Event().wait()

        task = asyncio.create_task(face.app()(HTTP, receive, None))
        await reading.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert untouched(face)


class Dripping(io.RawIOBase):
    """An input that gives one byte at a time, and breaks where it is told to."""

    def __init__(self, body: bytes, breaks_at: int | None = None) -> None:
        self._body = io.BytesIO(body)
        self._breaks_at = breaks_at

    def read(self, size: int = -1) -> bytes:
        if self._body.tell() == self._breaks_at:
            raise ConnectionResetError("the client has gone")
        return self._body.read(min(size, 1))


def test_an_input_may_drip() -> None:
    """A read that gives less than it was asked for is no end."""
    face, server = Wsgi(shop()), Server()
    server.run(face.app(), environ(LONG, **{"wsgi.input": Dripping(LONG)}))
    assert server.status.startswith("200")
    assert face.model.seen[0].tree["messages"] == json.loads(LONG)["messages"]


def test_an_input_that_breaks_is_the_servers_trouble() -> None:
    """It raised, and it knows what that means; nothing was begun."""
    face = Wsgi(shop())
    with pytest.raises(ConnectionResetError):
        Server().run(face.app(), environ(**{"wsgi.input": Dripping(BODY, 20)}))
    assert untouched(face)


TOLD = {"wsgi.input_terminated": True}
CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
LENGTHS: list[tuple[dict[str, Any], str]] = [
    ({"CONTENT_LENGTH": str(len(BODY))}, "200"),
    ({"CONTENT_LENGTH": str(len(BODY) + 1)}, "400"),  # the client has gone, or lies
    ({"CONTENT_LENGTH": str(len(BODY) - 1)}, "400"),
    ({"CONTENT_LENGTH": "0"}, "400"),
    ({"CONTENT_LENGTH": "-1"}, "400"),
    ({"CONTENT_LENGTH": "+9"}, "400"),
    ({"CONTENT_LENGTH": "1e2"}, "400"),
    ({"CONTENT_LENGTH": "0x9"}, "400"),
    ({"CONTENT_LENGTH": "9, 9"}, "400"),
    ({"CONTENT_LENGTH": "\xb2"}, "400"),
    ({"CONTENT_LENGTH": "9" * 30}, "413"),
    (CHUNKED, "400"),  # without its end nobody can tell how long it is
    ({**CHUNKED, **TOLD}, "200"),
    ({**TOLD, "CONTENT_LENGTH": str(len(BODY) - 1)}, "400"),
]


@pytest.mark.parametrize(("more", "status"), LENGTHS)
def test_a_length_is_believed_or_refused(more: dict[str, Any], status: str) -> None:
    """Whatever stands there."""
    face, server = Wsgi(shop()), Server()
    said = server.run(face.app(), environ(**more))
    assert server.status.startswith(status)
    if status != "200":
        assert json.loads(said)["error"]["message"]
        assert untouched(face)


def test_a_body_without_an_end_is_read_to_its_bound() -> None:
    """And no further."""

    class Endless(io.RawIOBase):
        taken = 0

        def read(self, size: int = -1) -> bytes:
            self.taken += size
            return b" " * size

    face, server, endless = Wsgi(shop(), max_body="100KB"), Server(), Endless()
    server.run(face.app(), environ(**TOLD, **CHUNKED, **{"wsgi.input": endless}))
    assert server.status.startswith("413")
    assert endless.taken <= 200_000


PACKED = gzip.compress(BODY)
BOMB = gzip.compress(b" " * 3_000_000)
ENCODED: dict[str, tuple[bytes, str, int]] = {
    "gzip": (PACKED, "gzip", 200),
    "in capitals": (PACKED, " GZIP ", 200),
    "its old name": (PACKED, "x-gzip", 200),
    "nothing at all": (BODY, "identity", 200),
    "two members, one after the other": (gzip.compress(BODY[:20]) + gzip.compress(BODY[20:]), "gzip", 200),
    "two whole bodies": (PACKED + PACKED, "gzip", 400),
    "a bomb": (BOMB, "gzip", 413),
    "a bomb after a body": (PACKED + BOMB, "gzip", 413),
    "many small bombs": (gzip.compress(b" " * 90_000) * 20, "gzip", 413),
    "a bomb in a bomb": (gzip.compress(BOMB), "gzip", 400),
    "cut short": (PACKED[:-9], "gzip", 400),
    "without its sum": (PACKED[:-8], "gzip", 400),
    "a wrong sum": (PACKED[:-8] + bytes(8), "gzip", 400),
    "something behind": (PACKED + b"more", "gzip", 400),
    "not packed": (BODY, "gzip", 400),
    "packed, and nobody says so": (PACKED, "", 400),
    "nothing": (b"", "gzip", 400),
    "nothing, packed": (gzip.compress(b""), "gzip", 400),
    "zlib": (zlib.compress(BODY), "deflate", 415),
    "brotli": (BODY, "br", 415),
    "zstd": (BODY, "zstd", 415),
    "compress": (BODY, "compress", 415),
    "unknown": (BODY, "rot13", 415),
    "twice": (gzip.compress(PACKED), "gzip, gzip", 415),
    "two ways": (PACKED, "gzip, br", 415),
    "no word": (PACKED, "g zip;q=1", 415),
}


@pytest.mark.parametrize("name", ENCODED)
def test_a_packed_body_is_unpacked_within_bounds(make: type[Face], name: str) -> None:
    """Or refused: what cannot be unpacked here cannot be read."""
    body, encoding, status = ENCODED[name]
    face = make(shop(), max_body="1MB")
    answer = face.send(body, content_encoding=encoding)
    assert answer.status_code == status
    if status == 200:
        assert face.model.seen[0].tree == {**CALL, "model": "gpt-x"}
        assert face.spent() == (COST, 0)
    else:
        assert refused(answer, PATHS["openai"])
        assert untouched(face)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_a_bad_body_is_refused_in_the_callers_words(make: type[Face], path: str) -> None:
    """Whichever wire format the path speaks."""
    face = make(shop(), max_body="1KB")
    for body, encoding, status in ((b"[", "", 400), (b"{}" * 600, "", 413), (BODY, "br", 415), (BODY[:-1], "gzip", 400)):
        answer = face.send(body, path, content_encoding=encoding)
        assert answer.status_code == status
        assert refused(answer, path)
        assert answer.headers["content-type"] == "application/json"
    assert untouched(face)


def dripping(breaks: bool) -> Iterator[bytes]:
    for at in range(len(BODY)):
        if breaks and at == 20:
            raise ConnectionResetError("the file has gone")
        yield BODY[at : at + 1]


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
def test_a_request_may_be_read_as_it_is_sent(name: str) -> None:
    """It goes on whole, with the length that it has; where it breaks off nothing was begun."""
    face = FACES[name](shop())
    assert isinstance(face, Sync)
    with face.client() as client:
        with pytest.raises(ConnectionResetError):
            client.post("/v1/chat/completions", content=dripping(True), headers=given({}))
        assert untouched(face)
        assert client.post("/v1/chat/completions", content=dripping(False), headers=given({})).status_code == 200
    sent = face.model.seen[0]
    assert sent.tree == {**CALL, "model": "gpt-x"}
    assert (sent.headers["content-length"], "transfer-encoding" in sent.headers) == (str(len(sent.body)), False)
