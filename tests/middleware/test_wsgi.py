"""The WSGI face, as a server drives it: by the letter of the specification."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from policyroute.middleware.wsgi import PolicyRouteMiddleware
from tests.middleware.faces import Wsgi, shop
from tests.middleware.test_behaviour import CALL, COST, KEY

BODY = json.dumps(CALL).encode()


def environ(body: bytes = BODY, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    setup_testing_defaults(made)
    made |= {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/v1/chat/completions",
        "HTTP_X_USER": "acme",
        "CONTENT_TYPE": "application/json",
    }
    return made | {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), "QUERY_STRING": ""} | more


class Server:
    """Calls an app as a server does."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: list[tuple[str, str]] = []

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        self.status, self.headers = status, headers
        return lambda data: None

    def run(self, app: Any, given: dict[str, Any], pieces: int = 1000) -> bytes:
        answer = app(given, self.start_response)
        said = []
        iterator = iter(answer)
        for _ in range(pieces):
            piece = next(iterator, None)
            if piece is None:
                break
            said.append(piece)
        if hasattr(answer, "close"):
            answer.close()
        return b"".join(said)


@pytest.mark.parametrize("body", [BODY, json.dumps(KEY).encode(), b"{", json.dumps({**CALL, "stream": True}).encode()])
def test_it_keeps_to_the_specification(body: bytes) -> None:
    """On both sides: towards the server, and towards the app."""
    face = Wsgi(shop())
    inner = face._inner

    def strict(given: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        size = int(given["CONTENT_LENGTH"])
        return inner({**given, "wsgi.input": io.BytesIO(given["wsgi.input"].read(size))}, start_response)

    face._inner = validator(strict)  # type: ignore[method-assign]
    server = Server()
    server.run(validator(face.app()), environ(body))
    assert server.status[:3] in ("200", "403", "400")
    assert face.spent()[1] == 0


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"CONTENT_LENGTH": "9999"}, "400"),
        ({"CONTENT_LENGTH": "x"}, "400"),
        ({"CONTENT_LENGTH": ""}, "400"),
        ({"CONTENT_LENGTH": "99999999999"}, "413"),
    ],
)
def test_a_length_that_is_not_so(more: dict[str, str], status: str) -> None:
    """Is refused, and nothing is called."""
    face, server = Wsgi(shop()), Server()
    server.run(face.app(), environ(**more))
    assert server.status.startswith(status)
    assert face.model.seen == []


def test_a_body_without_a_length_from_a_server_that_ends_it() -> None:
    """Is read to its end."""
    face, server = Wsgi(shop()), Server()
    given = environ(**{"wsgi.input_terminated": True, "CONTENT_LENGTH": ""})
    server.run(face.app(), given)
    assert server.status.startswith("200")


def test_a_client_that_goes_in_the_middle() -> None:
    """The server closes the answer, the app's generator too, and the call is billed for what it said."""
    face, server = Wsgi(shop()), Server()
    closed = []

    def streams(given: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("content-type", "text/event-stream")])
        event = {"choices": [{"index": 0, "delta": {"content": "word " * 40}}]}
        try:
            while True:
                yield f"data: {json.dumps(event)}\n\n".encode()
        finally:
            closed.append(True)

    face._inner = streams  # type: ignore[method-assign,assignment]
    server.run(face.app(), environ(json.dumps({**CALL, "stream": True}).encode()), pieces=2)
    spent, held = face.spent()
    assert (closed, held) == ([True], 0)
    assert spent >= 80 * 20_000


def test_an_app_that_raises_leaves_nothing_held() -> None:
    """Its exception is its own."""
    face = Wsgi(shop())

    def fails(given: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raise KeyError("of the app")

    face._inner = fails  # type: ignore[method-assign]
    with pytest.raises(KeyError):
        Server().run(face.app(), environ())
    assert face.spent()[1] == 0


def test_another_path_is_the_apps_own_answer() -> None:
    """The very object."""
    answer = [b"as it is"]
    layer = PolicyRouteMiddleware(lambda given, start_response: answer, shop())
    assert layer(environ(PATH_INFO="/other"), Server().start_response) is answer
    assert COST
