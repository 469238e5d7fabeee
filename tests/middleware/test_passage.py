"""Paths, headers, apps and layers that are not as usual: a call is decided, refused or passed on, and nothing stays held."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx
import httpx2
import pytest

from policyroute.ledgers.memory import MemoryLedger
from policyroute.middleware import asgi, httpx as old, httpx2 as new, wsgi
from tests.middleware.faces import FACES, URL, Asgi, Face, Sync, Wsgi, given, shop
from tests.middleware.test_asgi import HTTP, asked, run
from tests.middleware.test_behaviour import CALL, COST, KEY
from tests.middleware.test_hostile import STREAM, untouched
from tests.middleware.test_wsgi import Server, environ


@pytest.fixture(params=FACES)
def make(request: pytest.FixtureRequest) -> type[Face]:
    return FACES[request.param]


OTHERS: dict[str, dict[str, Any]] = {
    **{f"method {name}": {"method": name} for name in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "post", "")},
    "a websocket": {"type": "websocket"},
    "another protocol": {"type": "http.next"},
    "no path": {"path": ""},
    "the root": {"path": "/"},
    "capitals": {"path": "/V1/Chat/Completions"},
    "a parameter": {"path": "/v1/chat/completions;v=1"},
    "a longer path": {"path": "/v1/chat/completions/42"},
    "a longer name": {"path": "/v1/chat/completions2"},
    "no model of Gemini": {"path": "/v1beta/models/:generateContent"},
    "another verb of Gemini": {"path": "/v1beta/models/far:countTokens"},
    "a line end": {"path": "/v1/chat/completions\n"},
    "a percent sign": {"path": "/v1/chat%2Fcompletions"},  # it was percent-encoded twice
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_ours_passes(name: str) -> None:
    """The very scope and the very functions, without a look at the body."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend((scope, receive, send))

    scope = {**HTTP, **OTHERS[name]}
    receive, send = object(), object()
    asyncio.run(asgi.PolicyRouteMiddleware(app, shop())(scope, receive, send))  # type: ignore[arg-type]
    assert all(got is given for got, given in zip(seen, (scope, receive, send), strict=True))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"])
def test_other_methods_pass_every_face(make: type[Face], method: str) -> None:
    """With their body as it is, and without a word of ours."""
    face = make(shop())
    face.model.status = 404
    answer = face.send(b"{", method=method)
    assert [sent.body for sent in face.model.seen] == [b"{"]
    assert not [name for name in answer.headers if name.startswith("x-policyroute")]
    assert face.ledger.balances("") == ()


@pytest.mark.parametrize(
    "path",
    [
        "/v1/chat/completions/",
        "/v1/chat/completions//",
        "/%2Fv1/chat/completions",
        "/v1//chat/completions",
        "/api//v1/chat/completions",
        "/api/../v1/chat/completions",
        "/a/b/c/v1/chat/completions",
        "/v1/chat%2Fcompletions",
        "/v1/ch%61t/completions",
        "/v1/chat/completions?a=/other",
        "/caf%C3%A9/v1/chat/completions",
        "/%FF/v1/chat/completions",
    ],
)
def test_a_path_is_ours_however_it_is_spelled(make: type[Face], path: str) -> None:
    """What an app behind could take for the same is decided."""
    face = make(shop())
    assert face.send(KEY, path).status_code == 403
    assert untouched(face)


def test_a_mounted_app_is_ours_too() -> None:
    """With a prefix in the path, or beside it."""
    for scope in ({"path": "/api/v1/messages", "root_path": "/api"}, {"path": "/v1/messages", "root_path": "/api"}):
        face = Asgi(shop())
        assert run(face.app(), asked(b"{"), {**HTTP, **scope})[0]["status"] == 400
    for more in ({"SCRIPT_NAME": "/api"}, {"SCRIPT_NAME": "/api/v1", "PATH_INFO": "/chat/completions"}, {"SCRIPT_NAME": "/"}):
        server = Server()
        server.run(Wsgi(shop()).app(), environ(b"{", **more))
        assert server.status.startswith("400")


HEADERS: dict[str, tuple[list[tuple[bytes, bytes]], int]] = {
    "bytes that are no text": ([(b"x-note", b"\xff\xfe\x80")], 200),
    "a name that is no text": ([(b"\xff\xfe", b"1")], 200),
    "no name": ([(b"", b"1")], 200),
    "no value": ([(b"x-note", b"")], 200),
    "the same again and again": ([(b"x-note", str(at).encode()) for at in range(500)], 200),
    "too many": ([(b"x-%d" % at, b"1") for at in range(1100)], 400),
    "a long one": ([(b"x-note", b"n" * 1_000_000)], 200),
    "a control character": ([(b"x-note", b"a\x00b")], 400),
    "a line end": ([(b"x-note", b"a\r\nx-user: root")], 400),
    "two types": ([(b"content-type", b"text/html"), (b"content-type", b"\xff")], 200),
    "two lengths": ([(b"content-length", b"1"), (b"content-length", b"-9")], 200),
    "packed twice over": ([(b"content-encoding", b"gzip"), (b"Content_Encoding", b"gzip")], 415),
    "an unknown tag": ([(b"x-policyroute-tags", b"no-such-tag")], 400),
    "a tag that is no name": ([(b"x-policyroute-tags", b"\xe4\xf6 \xfc!")], 400),
    "no tag": ([(b"x-policyroute-tags", b" ,, ,")], 200),
    "very many tags": ([(b"x-policyroute-tags", b"personal," * 20_000)], 400),
    "an unknown tier": ([(b"x-policyroute-tier", b"no-such-tier")], 400),
    "an empty tier": ([(b"x-policyroute-tier", b"")], 400),
    "two tiers": ([(b"x-policyroute-tier", b"basic"), (b"X-PolicyRoute-Tier", b"premium")], 400),
    "two spellings": ([(b"x-policyroute-tier", b"basic"), (b"x_policyroute_tier", b"premium")], 400),
    "no cost": ([(b"x-policyroute-max-cost-usd", b"NaN")], 400),
    "a cost below nothing": ([(b"x-policyroute-max-cost-usd", b"-1")], 400),
    "an endless cost": ([(b"x-policyroute-max-cost-usd", b"1e999999999")], 400),
    "a cost of many digits": ([(b"x-policyroute-max-cost-usd", b"9" * 100_000)], 400),
    "an unknown preference": ([(b"x-policyroute-prefer", b"\xff")], 400),
    "no flag": ([(b"x-policyroute-dry-run", b"perhaps")], 400),
    "no profile": ([(b"x-policyroute-profile", b"\xa0 a name")], 400),
    "a header of ours that is none": ([(b"x-policyroute-", b"1"), (b"x-policyroute-model", b"own")], 200),
    "an answer's header": ([(b"x-policyroute-decision", b"dec_mine"), (b"x-policyroute-attempts", b"\xff")], 200),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_are_read_or_refused(name: str) -> None:
    """Whatever bytes they are."""
    headers, status = HEADERS[name]
    face = Asgi(shop())
    face._inner = never_reads  # type: ignore[method-assign]
    sent = run(face.app(), asked(), {**HTTP, "headers": [*HTTP["headers"], *headers]})
    assert sent[0]["status"] == status
    if status == 200:
        ours = [value for name, value in sent[0]["headers"] if name == b"x-policyroute-decision"]
        assert [value.startswith(b"dec_") and value != b"dec_mine" for value in ours] == [True]
        assert face.spent()[1] == 0
    else:
        assert json.loads(sent[1]["body"])["error"]["message"]
        assert untouched(face)


@pytest.mark.parametrize("name", HEADERS.keys() - {"two lengths"})
def test_headers_of_an_environ_are_read_or_refused(name: str) -> None:
    """Servers join what comes twice, and hand on what is no text as Latin-1."""
    headers, status = HEADERS[name]
    joined: dict[str, str] = {}
    for header, value in headers:
        key = "HTTP_" + header.decode("latin-1").upper().replace("-", "_")
        joined[key] = ",".join([*([joined[key]] if key in joined else []), value.decode("latin-1")])
    kind = joined.pop("HTTP_CONTENT_TYPE", "")
    face, server = Wsgi(shop()), Server()
    server.run(face.app(), environ(CONTENT_TYPE=kind, **joined))
    assert server.status.startswith(str(status))
    assert status == 200 or untouched(face)
    assert face.spent()[1] == 0


def start(status: int = 200, kind: bytes = b"application/json") -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]}


DONE = {"type": "http.response.body", "body": b'{"choices": []}', "more_body": False}


async def never_reads(scope: Any, receive: Any, send: Any) -> None:
    await send(start())
    await send(DONE)


async def reads_again_and_again(scope: Any, receive: Any, send: Any) -> None:
    assert [(await receive())["type"] for _ in range(4)] == ["http.request", *["http.disconnect"] * 3]
    await never_reads(scope, receive, send)


async def reads_afterwards(scope: Any, receive: Any, send: Any) -> None:
    await never_reads(scope, receive, send)
    assert (await receive())["type"] == "http.request"
    assert (await receive())["type"] == "http.disconnect"


async def says_nothing(scope: Any, receive: Any, send: Any) -> None:
    await receive()


async def only_begins(scope: Any, receive: Any, send: Any) -> None:
    await send(start())


async def never_ends(scope: Any, receive: Any, send: Any) -> None:
    await send(start(kind=b"text/event-stream"))
    await send({"type": "http.response.body", "body": b'data: {"choices": []}\n\n', "more_body": True})


async def has_no_headers(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})


async def has_trailers(scope: Any, receive: Any, send: Any) -> None:
    await send({**start(), "trailers": True})
    await send(DONE)
    await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]})


APPS = {
    app.__name__: app
    for app in (
        never_reads,
        reads_again_and_again,
        reads_afterwards,
        says_nothing,
        only_begins,
        never_ends,
        has_no_headers,
        has_trailers,
    )
}


@pytest.mark.parametrize("name", APPS)
def test_an_app_that_does_not_as_others_do(name: str) -> None:
    """Sends what it sends, and leaves nothing held."""
    face = Asgi(shop())
    face._inner = APPS[name]  # type: ignore[method-assign]
    alone = run(APPS[name], asked(STREAM))
    behind = run(face.app(), asked(STREAM))
    assert [message["type"] for message in behind] == [message["type"] for message in alone]
    assert b"".join(m.get("body", b"") for m in behind) == b"".join(m.get("body", b"") for m in alone)
    assert [balance.held for balance in face.ledger.balances("")] == [0]


def test_a_server_that_cannot_send_any_more() -> None:
    """Some raise where a client has gone: that is theirs, and the call is billed."""
    face = Asgi(shop())

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise OSError("gone")

    async def receive() -> Any:
        return asked(STREAM)[0]

    with pytest.raises(OSError, match="gone"):
        asyncio.run(face.app()(HTTP, receive, send))
    spent, held = face.spent()
    assert (spent > 0, held) == (True, 0)


def closing(given: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return iter([b'{"choices": []}'])


def late(given: Any, start_response: Any) -> Iterator[bytes]:
    given["wsgi.input"].read()
    given["wsgi.input"].read()
    start_response("200 OK", [])
    yield b'{"choices": []}'


def writing(given: Any, start_response: Any) -> Iterable[bytes]:
    write = start_response("200 OK", [("Content-Type", "application/json")])
    write(b'{"choices"')
    write(b": []}")
    return ()


def changing(given: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("X-First", "1")])
    try:
        raise KeyError
    except KeyError as error:
        start_response("500 Sorry", [("X-Second", "2")], (KeyError, error, None))
    return [b"sorry"]


@pytest.mark.parametrize("app", [closing, late, writing, changing], ids=lambda app: app.__name__)
@pytest.mark.parametrize("pieces", [0, 1, 9])
def test_a_wsgi_app_may_answer_in_every_way(app: Callable[..., Any], pieces: int) -> None:
    """However far its answer is read, and whether or not there is anything to close."""
    face, server = Wsgi(shop()), Server()
    face._inner = app  # type: ignore[method-assign]
    server.run(face.app(), environ(), pieces)
    assert [balance.held for balance in face.ledger.balances("")] == [0]


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
@pytest.mark.parametrize("read", [0, 1, 3])
def test_an_answer_that_is_left_is_billed_when_it_is_closed(name: str, read: int) -> None:
    """However much of it was read; where nobody closes it, the hold ends by itself."""
    clock = [0.0]
    face = FACES[name](shop(), ledger=MemoryLedger(clock=lambda: clock[0]))
    assert isinstance(face, Sync)
    transport = face.client()._transport
    request = face.http.Request("POST", f"{URL}/v1/chat/completions", content=STREAM, headers=given({}))
    answer, forgotten = transport.handle_request(request), transport.handle_request(request)
    said = iter(answer.stream)
    assert len([next(said) for _ in range(read)]) == read
    assert next(iter(forgotten.stream))
    held_twice = face.spent()[1]
    answer.close()
    answer.close()
    spent, held = face.spent()
    assert (spent > 0, held) == (True, held_twice // 2)
    clock[0] += 3600
    assert face.spent() == (spent, 0)


def nobody(given: Any) -> Any:
    raise KeyError("who is this?")


def test_a_lookup_that_raises_is_the_apps_own_fault() -> None:
    """What `attributes` raises is raised as it is, before anything was begun."""
    face = Asgi(shop())
    more: dict[str, Any] = {"attributes": nobody, "ledger": face.ledger}
    with pytest.raises(KeyError, match="who"):
        run(asgi.PolicyRouteMiddleware(face._inner, shop(), **more), asked())
    with pytest.raises(KeyError, match="who"):
        Server().run(wsgi.PolicyRouteMiddleware(Wsgi(shop())._inner, shop(), **more), environ())
    for flavour, ours in ((httpx, old), (httpx2, new)):
        transport = ours.PolicyTransport(shop(), transport=flavour.MockTransport(nobody), **more)
        with pytest.raises(KeyError, match="who"), flavour.Client(transport=transport) as client:
            client.post(f"{URL}/v1/chat/completions", json=CALL)
    assert untouched(face)


def acme(given: Any) -> dict[str, str]:
    return {"tenant": "acme"}


@pytest.mark.parametrize("names", [("shop",), ("other",), ("other", "shop"), ("other", "other")], ids="-".join)
@pytest.mark.parametrize("name", ["asgi", "wsgi"])
def test_a_layer_within_decides_what_its_policy_has_not_decided(name: str, names: tuple[str, ...]) -> None:
    """Each policy decides and counts for itself, and once; the caller is told of the first."""
    face_of = {"asgi": asgi.PolicyRouteMiddleware, "wsgi": wsgi.PolicyRouteMiddleware}[name]
    face, theirs = FACES[name](shop()), MemoryLedger()
    for within in reversed(names):
        policy = {"shop": shop(), "other": shop(lambda text: text.replace("name: shop", "name: other"))}[within]
        face._inner = face_of(face._inner, policy, ledger=theirs, attributes=acme)  # type: ignore[attr-defined]
    answer = face.send(CALL)
    assert answer.headers.get_list("x-policyroute-policy") == ["shop@7"]
    assert face.spent() == (COST, 0)
    assert [(balance.key.partition("/")[0], balance.spent) for balance in theirs.balances("")] == [
        (within, COST) for within in ("other",) if within in names
    ]
    assert len(face.model.seen) == 1
