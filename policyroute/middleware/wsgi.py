"""In front of a WSGI app: Flask, Django, or any other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from io import BytesIO
from types import TracebackType
from typing import Any, NamedTuple, Unpack

from policyroute.call import NOTHING
from policyroute.engine.exchange import Asked, End, Exchange, Refusal
from policyroute.errors import CallError
from policyroute.loading import Policy
from policyroute.middleware.ending import Lasting, Until, end_of, through
from policyroute.middleware.layer import MARK, Layer, Options, Within, carried, led, too_large, unpackable
from policyroute.taggers import HEADER

Environ = dict[str, Any]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
Write = Callable[[bytes], object]
App = Callable[[Environ, Callable[..., Write]], Iterable[bytes]]
Lookup = Callable[[Environ], Mapping[str, str]]

KEY = "policyroute.decision"
_PIECE = 65_536
_MOST_DIGITS = 18
_SIGNED = f"HTTP_{HEADER.upper().replace('-', '_')}"


class PolicyRouteMiddleware:
    """Decides every call to a model before the app sees it, and settles what it did cost.

    The app finds the decision in `environ["policyroute.decision"]`. A denial is answered here, every other path goes through
    untouched. `attributes` is called with the environ, and gives what the app vouches for.
    """

    def __init__(
        self,
        app: App,
        policy: str | os.PathLike[str] | Policy,
        *,
        attributes: Lookup | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.app = app
        self.layer = Layer(policy, options)
        self.lasting = Lasting(self.layer.engine)
        self._verifies = options.get("verifier") is not None
        self._attributes = attributes

    def __call__(self, environ: Environ, start_response: Callable[..., Write]) -> Iterable[bytes]:
        path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
        api = self.layer.api_at(environ["REQUEST_METHOD"], path)
        if api is None or self.layer.has_marked(environ):
            return self.app(environ, start_response)
        engine = self.layer.engine
        body: bytes | None = None
        try:
            body = _read(environ, engine.max_body)
            attributes = NOTHING if self._attributes is None else self._attributes(environ)
            asked = Asked(body, api, _headers(environ), attributes, path)
            exchange = engine.open(asked)
        except CallError as error:
            if self.layer.enforces or body is None:
                return _answer(self.layer.refused(api, error), start_response)
            return self.app({**environ, "wsgi.input": BytesIO(body)}, start_response)
        if exchange.refusal is not None:
            self.lasting.close(exchange, "not_called", exchange.refusal.status)
            return _answer(exchange.refusal, start_response)
        inner = {**environ, KEY: exchange.decision, MARK: self.layer.mark(environ), "wsgi.input": BytesIO(exchange.body)}
        _lead(inner, exchange)
        inner["CONTENT_LENGTH"] = str(len(exchange.body))
        if exchange.body is not body:
            inner.pop("HTTP_CONTENT_ENCODING", None)
        if self._verifies:
            inner.pop(_SIGNED, None)  # a signature is used once, and that is here
        if exchange.changes_answer:
            inner.pop("HTTP_ACCEPT_ENCODING", None)  # an answer that is packed cannot be changed
        elif "HTTP_ACCEPT_ENCODING" in inner:
            inner["HTTP_ACCEPT_ENCODING"] = unpackable(inner["HTTP_ACCEPT_ENCODING"])
        return _Passing(self, exchange, inner, start_response).run()


class _Told(NamedTuple):
    """How an app begins its answer."""

    status: str
    headers: list[tuple[str, str]]
    exc_info: ExcInfo | None

    def header(self, named: str) -> str:
        """The first value of a header."""
        return next((value for name, value in self.headers if name.lower() == named), "")


class _Passing:
    """A call on its way through the app. It is the answer's iterable too: who closes it settles the call, else its end does."""

    _settled = True

    def __init__(self, face: PolicyRouteMiddleware, exchange: Exchange, environ: Environ, start: Callable[..., Write]) -> None:
        self._face = face
        self._exchange = exchange
        self._within = Within(exchange)
        self._environ = environ
        self._start = start
        self._through: Callable[[bytes], bytes] = exchange.passing
        self._status = 0
        self._end: End = "client_disconnect"
        self._gone = False
        self._answer: Iterable[bytes] = ()
        self._told: _Told | None = None
        self._write: Write | None = None
        self._has_begun = False
        self._settled = False

    def run(self) -> Iterable[bytes]:
        self._face.layer.engine.attempting(self._exchange, watched=False)
        with Until(self._called), self._within.at(self._exchange):
            self._answer = self._face.app(self._environ, self.start_response)
        return self

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None) -> Write:
        """What the app says. Where no stream was asked for it waits for the body: a whole one tells what it did cost."""
        again = self._told is not None
        if again and exc_info is None:
            self._begun()  # a server refuses that
        told = _Told(status, headers, exc_info)
        if self._has_begun:
            self._write = self._begin(told)
        self._told = told
        self._status = int(status[:3])  # the one before stands where the server takes no other any more
        self._through = through(self._exchange, told.header("content-encoding"))
        if self._exchange.call.stream:
            self._begun()
        return self._watched

    def _watched(self, data: bytes) -> object:
        self._begun()
        assert self._write is not None, "whoever stands in front hands on no `write`"
        with Until(self._written):
            return self._write(self._through(data))

    def _begun(self, cost_nano: int | None = None) -> None:
        """Says to the server what the app has said, if that was not done."""
        if not self._has_begun:
            assert self._told is not None, "start_response comes first"
            self._has_begun = True
            self._write = self._begin(self._told, cost_nano)

    def _begin(self, told: _Told, cost_nano: int | None = None) -> Write:
        headers = carried(told.headers, self._exchange, cost_nano)
        return self._start(told.status, headers) if told.exc_info is None else self._start(told.status, headers, told.exc_info)

    def __iter__(self) -> Iterator[bytes]:
        with Until(self._read):
            for piece in self._pieces():
                passed = self._through(piece)
                if not self._has_begun and self._told is not None:
                    self._begun(self._cost_nano(piece))
                yield passed
        if not self._has_begun and self._told is not None:
            self._begun(self._cost_nano(b""))
        rest = self._exchange.rest()
        if rest:
            yield rest

    def _pieces(self) -> Iterator[bytes]:
        """What the app answers. One that works while it is read is at the call all that time."""
        if isinstance(self._answer, list | tuple):
            yield from self._answer
            return
        with self._within.at(self._exchange):
            coming = iter(self._answer)
        while True:
            with self._within.at(self._exchange):
                piece = next(coming, None)
            if piece is None:
                return
            yield piece

    def _cost_nano(self, piece: bytes) -> int | None:
        """What a call did cost whose answer is this piece and no other."""
        answer = self._answer
        alone = isinstance(answer, list | tuple) and len(answer) <= 1
        whole = alone or (self._told is not None and self._told.header("content-length") == str(len(piece)))
        return self._face.layer.engine.cost_nano(self._exchange, self._status) if whole else None

    def close(self) -> None:
        """What a server calls in the end, also of an answer that nobody has read whole."""
        try:
            close = getattr(self._answer, "close", None)
            if close is not None:
                close()
        finally:
            self._settle()

    def __del__(self) -> None:
        if not self._settled:
            self._within.end()
            self._face.lasting.leave(self._exchange, self._end, self._status)

    def _called(self, error: BaseException | None) -> None:
        if error is not None:
            self._read(error)
            self._settle()

    def _read(self, error: BaseException | None) -> None:
        self._end = "client_disconnect" if self._gone else end_of(error)

    def _written(self, error: BaseException | None) -> None:
        """A server cannot write where the client has gone."""
        self._gone = self._gone or error is not None

    def _settle(self) -> None:
        self._settled = True
        self._within.end()
        self._face.lasting.close(self._exchange, self._end, self._status)


def _lead(environ: Environ, exchange: Exchange) -> None:
    """Has an environ name the model that was chosen, where its path names one: in whichever part that stands."""
    script, path = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
    came = _text(script + path)
    goes, _ = led(exchange, came, "")
    if goes == came:
        return
    mount, _ = led(exchange, _text(script), "")
    if not goes.startswith(mount):
        mount = ""
    environ["SCRIPT_NAME"], environ["PATH_INFO"] = _wire(mount), _wire(goes[len(mount) :])
    for key in ("RAW_URI", "REQUEST_URI"):
        if key in environ:
            environ[key] = led(exchange, came, environ[key])[1]


def _text(wire: str) -> str:
    """A path as it reads, of which an environ holds each byte as one character."""
    return wire.encode("latin-1").decode("utf-8", "surrogateescape")


def _wire(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _headers(environ: Environ) -> list[tuple[str, str]]:
    named = [(key[5:].replace("_", "-").lower(), value) for key, value in environ.items() if key.startswith("HTTP_")]
    return [*named, *((key.replace("_", "-").lower(), environ[key]) for key in ("CONTENT_TYPE",) if environ.get(key))]


def _read(environ: Environ, most: int) -> bytes:
    """The whole body, within bounds: as long as it says it is, or as it turns out to be where it does not say."""
    said = environ.get("CONTENT_LENGTH") or ""
    if not said and environ.get("wsgi.input_terminated"):
        said = str(most + 1)
    if not said.isdecimal():
        return b"" if not said else _malformed()
    left = int(said) if len(said) <= _MOST_DIGITS else most + 1
    if left > most and not environ.get("wsgi.input_terminated"):
        raise too_large(most)
    pieces: list[bytes] = []
    while left and (piece := environ["wsgi.input"].read(min(left, _PIECE))):
        pieces.append(piece)
        left -= len(piece)
    body = b"".join(pieces)
    if len(body) > most:
        raise too_large(most)
    if left and not environ.get("wsgi.input_terminated"):
        raise CallError("the body is shorter than its Content-Length says")
    return body


def _malformed() -> bytes:
    raise CallError("Content-Length: expected a number")


def _answer(answer: Refusal, start_response: Callable[..., Write]) -> Iterable[bytes]:
    reason = HTTPStatus(answer.status).phrase
    start_response(f"{answer.status} {reason}", [*answer.headers, ("content-length", str(len(answer.body)))])
    return [answer.body]
