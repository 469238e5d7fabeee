"""What an answer and a call carry: what it did cost, whose trace it is in, and that it was decided already."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.trace import get_current_span

from policyroute.dialects import api_of
from policyroute.ledgers.memory import MemoryLedger
from policyroute.middleware import httpx as transports
from tests.middleware.faces import FACES, SCOPE, USER, Asgi, Books, Face, Wsgi, shop
from tests.middleware.test_asgi import asked, run
from tests.middleware.test_behaviour import CALL, COST, KEY
from tests.middleware.upstream import Model, Sent

STREAM = {**CALL, "stream": True}
COST_HEADER = "x-policyroute-cost-usd"


@pytest.fixture(params=FACES)
def make(request: pytest.FixtureRequest) -> type[Face]:
    return FACES[request.param]


def nano(answer: Any) -> int:
    """What an answer says that its call did cost."""
    whole, _, part = answer.headers[COST_HEADER].partition(".")
    return int(whole) * 10**9 + int(part.ljust(9, "0"))


def whole(face: Face, length: bool = False) -> Face:
    """Has an app answer in one piece, or in one of the length that it says and nothing more."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        answer = face.model.answer(Sent(scope["path"], {}, (await receive())["body"]))
        body = b"".join(answer.pieces)
        headers = [(b"content-length", str(len(body)).encode())] if length else []
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": length})
        if length:
            await send({"type": "http.response.body"})

    def application(environ: Any, start_response: Any) -> Any:
        answer = face.model.answer(Sent(environ["PATH_INFO"], {}, environ["wsgi.input"].read()))
        body = b"".join(answer.pieces)
        start_response(f"{answer.status} So", [("Content-Length", str(len(body)))] if length else [])
        return iter([body]) if length else [body]

    if isinstance(face, Asgi | Wsgi):
        face._inner = app if isinstance(face, Asgi) else application  # type: ignore[assignment, method-assign]
    return face


@pytest.mark.parametrize("length", [False, True], ids=["one piece", "its length"])
def test_a_whole_answer_says_what_it_did_cost(make: type[Face], length: bool) -> None:
    """To the nano-dollar, as the ledger has it; it did not come from a cache."""
    face = whole(make(shop()), length)
    answer = face.send(CALL)
    assert (nano(answer), *face.spent()) == (COST, COST, 0)
    assert answer.headers["x-policyroute-cache"] == "miss"


@pytest.mark.parametrize(("body", "status"), [(KEY, 403), (CALL, 503)])
def test_what_was_not_answered_did_cost_nothing(make: type[Face], body: Any, status: int) -> None:
    """A denial, and an upstream that fails."""
    face = whole(make(shop()))
    face.model.status = status
    assert nano(face.send(body)) == 0


def test_a_stream_does_not_say_what_it_did_cost(make: type[Face]) -> None:
    """Its headers are gone before anybody knows, and they do not wait."""
    assert COST_HEADER not in make(shop()).send(STREAM).headers


def test_an_answer_in_pieces_goes_on_as_it_comes() -> None:
    """Though no stream was asked for: the first piece does not wait for the second, and so the cost is not said."""
    heard: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        assert heard == []
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        assert [message["type"] for message in heard] == ["http.response.start", "http.response.body"]
        await send({"type": "http.response.body", "body": b"}"})

    face = Asgi(shop())
    face._inner = app  # type: ignore[method-assign]

    async def go() -> None:
        coming = iter(asked())

        async def receive() -> Any:
            return next(coming)

        async def send(message: Any) -> None:
            heard.append(message)

        await face.app()(dict(SCOPE), receive, send)

    asyncio.run(go())
    assert COST_HEADER.encode() not in dict(heard[0]["headers"])


@pytest.mark.parametrize("name", ["httpx", "httpx2", "httpx async", "httpx2 async"])
def test_the_model_is_told_of_our_span_and_of_no_more(name: str, tmp_path: Path) -> None:
    """The caller's baggage and state stay here; without an SDK his `traceparent` goes on as it is."""
    books = Books(tmp_path)
    theirs = {"baggage": "user=jane", "tracestate": "a=b", "traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}
    face = books.face(name)
    face.send(CALL, **theirs)
    attempt = next(span for span in books.exporter.get_finished_spans() if span.name.startswith("chat "))
    assert attempt.context is not None
    ids = f"{attempt.context.trace_id:032x}-{attempt.context.span_id:016x}"
    (sent,) = face.model.seen
    assert sent.headers["traceparent"].rpartition("-")[0] == f"00-{ids}"
    quiet = FACES[name](shop())
    quiet.send(CALL, **theirs)
    assert quiet.model.seen[0].headers["traceparent"] == theirs["traceparent"]
    for headers in (sent.headers, quiet.model.seen[0].headers):
        assert not {"baggage", "tracestate"} & headers.keys()
    books.journal.close()
    books.provider.shutdown()


@pytest.mark.parametrize("name", ["asgi", "wsgi"])
def test_what_an_app_does_is_below_the_span_of_its_call(name: str, tmp_path: Path) -> None:
    """So that the spans of its own calls to a model hang there."""
    books = Books(tmp_path)
    face = books.face(name)
    seen: list[int] = []
    inner = face._inner  # type: ignore[attr-defined]

    def looked(*given: Any) -> Any:
        seen.append(get_current_span().get_span_context().span_id)
        return inner(*given)

    face._inner = looked  # type: ignore[attr-defined]
    face.send(CALL)
    (span,) = [span for span in books.exporter.get_finished_spans() if span.name == "policyroute.request"]
    assert span.context is not None
    assert seen == [span.context.span_id]
    assert not get_current_span().get_span_context().is_valid
    books.journal.close()
    books.provider.shutdown()


def told(model: Model) -> httpx.MockTransport:
    """What really sends, in a client within an app."""

    def send(request: httpx.Request) -> httpx.Response:
        answer = model.answer(Sent(request.url.path, dict(request.headers), request.content))
        return httpx.Response(answer.status, headers=answer.headers, content=b"".join(answer.pieces))

    return httpx.MockTransport(send)


def within(ledger: MemoryLedger, model: Model, body: bytes, name: str = "shop") -> httpx.Response:
    """A call that an app makes through a client which has a layer too."""
    policy = shop(lambda text: text.replace("name: shop", f"name: {name}"))
    layer = transports.PolicyTransport(
        policy, transport=told(model), ledger=ledger, attributes=lambda request: {"tenant": "acme"}
    )
    with httpx.Client(transport=layer, base_url="http://model.example") as client:
        return client.post("/v1/chat/completions", content=body, headers=USER)


def nested(face: Face, ledger: MemoryLedger, model: Model, other: bytes | None = None, name: str = "shop") -> Any:
    """Has the app of a face send on what it is given, or something else."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        answer = within(ledger, model, other or body, name)
        await send({"type": "http.response.start", "status": answer.status_code, "headers": []})
        await send({"type": "http.response.body", "body": answer.content})

    def application(environ: Any, start_response: Any) -> Any:
        answer = within(ledger, model, other or environ["wsgi.input"].read(), name)
        start_response(f"{answer.status_code} So", [])
        return [answer.content]

    face._inner = app if isinstance(face, Asgi) else application  # type: ignore[attr-defined]
    return face.send(CALL)


@pytest.mark.parametrize("face_of", [Asgi, Wsgi])
@pytest.mark.parametrize("shared", [False, True], ids=["another ledger", "the same ledger"])
def test_a_client_within_an_app_does_not_count_the_same_call_again(face_of: type[Face], shared: bool) -> None:
    """It was decided in front of the app, and is charged once."""
    face, model = face_of(shop()), Model()
    ledger = face.ledger if shared else MemoryLedger()
    assert nested(face, ledger, model).status_code == 200
    assert face.spent() == (COST, 0)
    assert shared or ledger.balances("") == ()
    assert len(model.seen) == 1


@pytest.mark.parametrize("face_of", [Asgi, Wsgi])
def test_a_client_within_an_app_decides_what_is_another_call(face_of: type[Face]) -> None:
    """Another text, or another model than the one that was chosen: being within is no way around the policy."""
    secret = json.dumps(KEY).encode()
    dearer = json.dumps({**CALL, "model": "no-such-model"}).encode()
    for body, status, calls in ((secret, 403, 0), (dearer, 200, 1)):
        face, model, ledger = face_of(shop()), Model(), MemoryLedger()
        assert nested(face, ledger, model, body).status_code == status
        assert len(model.seen) == calls
        assert [balance.spent > 0 for balance in ledger.balances("")] == [True] * calls


def test_a_client_of_another_policy_within_decides_for_itself() -> None:
    """What one policy allows another may deny."""
    face, model, ledger = Asgi(shop()), Model(), MemoryLedger()
    assert nested(face, ledger, model, name="other").status_code == 200
    assert [balance.spent for balance in ledger.balances("other/")] == [COST]


def test_what_an_app_notes_in_its_state_is_there_afterwards() -> None:
    """The state is the app's own; the decision is in it as long as the call lasts, so that another call is decided again."""
    face = Asgi(shop())
    seen: list[Any] = []
    inner = face._inner

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["state"]["policyroute"].model)
        scope["state"]["noted"] = True
        await inner(scope, receive, send)

    face._inner = app  # type: ignore[method-assign]
    scope = {**SCOPE, "state": {"from": "lifespan"}}
    layer = face.app()
    for _ in range(2):
        run(layer, asked(), scope)
    assert scope["state"] == {"from": "lifespan", "noted": True}
    assert len(seen) == 2 and face.spent() == (2 * COST, 0)


def test_a_doubled_slash_is_no_way_past() -> None:
    """Servers take it for one."""
    assert api_of("/v1//chat///completions") == "openai.chat"
