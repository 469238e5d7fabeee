"""Calls that an app makes while it is at one: the one that it sends on is not decided and counted again, and every other is."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import httpx2
import pytest
from opentelemetry.trace import get_current_span

from policyroute.engine.exchange import Exchange
from policyroute.ledgers.memory import MemoryLedger
from policyroute.loading import Policy
from policyroute.middleware import httpx as old, httpx2 as new
from tests.middleware.faces import PATH, URL, Asgi, Books, Face, Wsgi, shop
from tests.middleware.test_asgi import asked, run
from tests.middleware.test_behaviour import CALL, COST
from tests.middleware.test_wsgi import Server, environ
from tests.middleware.upstream import Model, Sent

GEMINI = "/v1beta/models/gpt-x:generateContent"
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
THEIRS = {"candidates": [{"content": {"parts": [{"text": "hi"}]}}], "usageMetadata": {"promptTokenCount": 3}}


class Client:
    """What an app has to call a model: a client with a layer, whose model remembers what reached it."""

    def __init__(self, ledger: MemoryLedger, policy: Policy | None = None) -> None:
        self.model = Model()
        self.ledger = ledger
        self.policy = policy or shop()
        self.decided: list[bool] = []

    def post(self, body: bytes, path: str = PATH, flavour: Any = (httpx, old), **headers: str) -> Any:
        http, ours = flavour

        def sends(request: Any) -> Any:
            if path == GEMINI:
                self.model.seen.append(Sent(request.url.path, dict(request.headers), request.content))
                return http.Response(200, json=THEIRS)
            told = self.model.answer(Sent(request.url.path, dict(request.headers), request.content))
            return http.Response(told.status, headers=told.headers, content=b"".join(told.pieces))

        layer = ours.PolicyTransport(
            self.policy, transport=http.MockTransport(sends), ledger=self.ledger, attributes=lambda request: {"tenant": "acme"}
        )
        named = {"x-user": "acme", **{name.replace("_", "-"): value for name, value in headers.items()}}
        with http.Client(transport=layer, base_url=URL) as client:
            answer = client.post(path, content=body, headers=named)
        self.decided.append("x-policyroute-decision" in answer.headers)
        return answer


def at(face_of: type[Face], does: Callable[[Client, bytes], Any], policy: Policy | None = None) -> tuple[Face, Client]:
    """A face, and what the app behind it does with a call before it answers with the last thing it heard."""
    face = face_of(policy or shop())
    client = Client(face.ledger, face.policy)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        said = does(client, (await receive())["body"])
        await send({"type": "http.response.start", "status": said.status_code, "headers": []})
        await send({"type": "http.response.body", "body": said.content})

    def application(environ: Any, start_response: Any) -> Any:
        said = does(client, environ["wsgi.input"].read())
        start_response(f"{said.status_code} So", [])
        return [said.content]

    face._inner = app if face_of is Asgi else application  # type: ignore[attr-defined]
    return face, client


@pytest.fixture(params=[Asgi, Wsgi], ids=["asgi", "wsgi"])
def face_of(request: pytest.FixtureRequest) -> Any:
    return request.param


def edited(body: bytes, **more: Any) -> bytes:
    return json.dumps({**json.loads(body), **more}).encode()


PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aaaa"}}
IMAGE = [{"role": "user", "content": [{"type": "text", "text": CALL["messages"][0]["content"]}, PICTURE]}]
# What an app sends on, given what it got, and whether that was decided with it.
SENT: dict[str, tuple[Callable[[bytes], bytes], dict[str, str], bool]] = {
    "the same": (lambda body: body, {}, True),
    "for a shorter answer": (lambda body: edited(body, max_tokens=5), {}, True),
    "as a stream": (lambda body: edited(body, stream=True), {}, True),
    "for a longer answer": (lambda body: edited(body, max_tokens=900), {}, False),
    "for an answer without end": (lambda body: edited(body, max_tokens=None), {}, False),
    "for many answers": (lambda body: edited(body, n=50), {}, False),
    "to another model": (lambda body: edited(body, model="no-such-model"), {}, False),
    "with a picture": (lambda body: edited(body, messages=IMAGE), {}, False),
    "in another tier": (lambda body: body, {"x_policyroute_tier": "basic"}, False),
    "with a bound of its own": (lambda body: edited(body, max_cost=0.5), {}, False),
}


@pytest.mark.parametrize("name", SENT)
def test_a_call_is_sent_on_if_it_asks_for_no_more(face_of: type[Face], name: str) -> None:
    """Every other is decided, and counted."""
    change, headers, goes_on = SENT[name]
    face, client = at(face_of, lambda client, body: client.post(change(body), **headers))
    assert face.send({**CALL, "max_tokens": 10}).status_code == 200
    assert client.decided == [not goes_on]
    assert len(client.model.seen) == 1
    assert goes_on or face.spent()[0] > COST


@pytest.mark.parametrize("flavour", [(httpx, old), (httpx2, new)], ids=["httpx", "httpx2"])
def test_one_call_follows_a_call(face_of: type[Face], flavour: Any) -> None:
    """The second of the same text is another one."""
    face, client = at(face_of, lambda client, body: [client.post(body, flavour=flavour) for _ in range(3)][-1])
    face.send(CALL)
    assert client.decided == [False, True, True]
    assert face.spent() == (3 * COST, 0)


def test_what_is_sent_on_says_nothing_of_ours(face_of: type[Face]) -> None:
    """Nor of the host's traces."""
    theirs = {"x_policyroute_signed_tags": "zzz", "baggage": "user=jane", "tracestate": "a=b", "x_note": "kept"}
    face, client = at(face_of, lambda client, body: client.post(body, **theirs))
    face.send(CALL)
    (sent,) = client.model.seen
    assert client.decided == [False]
    assert not [name for name in sent.headers if name.startswith("x-policyroute")]
    assert not {"baggage", "tracestate"} & sent.headers.keys()
    assert sent.headers["x-note"] == "kept"
    assert sent.headers["content-length"] == str(len(sent.body))


def test_a_task_that_goes_on_is_not_at_the_call_any_more() -> None:
    """Its calls are decided and counted, and it keeps nothing of the one that it began in."""
    face = Asgi(shop())
    client, tasks, over = Client(face.ledger), [], asyncio.Event()
    ids: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]

        async def later() -> int:
            await over.wait()
            for _ in range(2):
                client.post(body)
            gc.collect()
            return sum(type(one) is Exchange and one.decision.id == ids[0] for one in gc.get_objects())

        tasks.append(asyncio.create_task(later()))
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    face._inner = app  # type: ignore[method-assign]

    async def go() -> list[int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(face.app()), base_url=URL) as outside:
            answer = await outside.post(PATH, json=CALL, headers={"x-user": "acme"})
            ids.append(answer.headers["x-policyroute-decision"])
        before = face.spent()[0]
        over.set()
        kept = await asyncio.gather(*tasks)
        assert face.spent() == (before + 2 * COST, 0)
        return kept

    assert asyncio.run(go()) == [0]
    assert client.decided == [True, True]


def shadows(text: str) -> str:
    return text.replace("pipeline:", "mode: shadow\npipeline:", 1)


@pytest.mark.parametrize("policy", [shop(), shop(shadows)], ids=["enforced", "shadow"])
def test_a_packed_call_can_be_sent_on(face_of: type[Face], policy: Policy) -> None:
    """Packed or not, as the app got it or as it likes."""

    def does(client: Client, body: bytes) -> Any:
        return client.post(gzip.decompress(body) if body.startswith(b"\x1f") else body)

    face, client = at(face_of, does, policy)
    assert face.send(gzip.compress(json.dumps(CALL).encode()), content_encoding="gzip").status_code == 200
    assert client.decided == [False]
    assert sum(balance.held for balance in face.ledger.balances("")) == 0


@pytest.mark.parametrize("policy", [shop(), shop(shadows)], ids=["enforced", "shadow"])
def test_a_call_whose_path_names_the_model_can_be_sent_on(face_of: type[Face], policy: Policy) -> None:
    """It is charged once."""
    face, client = at(face_of, lambda client, body: client.post(body, GEMINI), policy)
    assert face.send(CONTENTS, GEMINI).status_code == 200
    assert client.decided == [False]


def test_an_app_that_works_while_it_is_read_is_at_its_call(books: Books) -> None:
    """A generator calls its model below the span of the call, once; between its pieces the server is at nothing."""
    face = books.face("wsgi")
    client, seen, between = Client(face.ledger), [], []

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("content-type", "application/json")])
        yield b" "
        seen.append(get_current_span().get_span_context().span_id)
        yield client.post(body).content

    face._inner = app  # type: ignore[attr-defined]
    answer = face.app()(environ(json.dumps(CALL).encode()), lambda *given: None)  # type: ignore[attr-defined]
    for _ in answer:
        between.append(get_current_span().get_span_context().is_valid)
    answer.close()
    assert (client.decided, face.spent(), between) == ([False], (COST, 0), [False, False])
    (span,) = [span for span in books.exporter.get_finished_spans() if span.name == "policyroute.request"]
    assert span.context is not None
    assert seen == [span.context.span_id]


@pytest.fixture
def books(tmp_path: Any) -> Iterator[Books]:
    books = Books(tmp_path)
    yield books
    books.journal.close()
    books.provider.shutdown()


@pytest.mark.parametrize("theirs", ["the layer, to close it later", None, {}])
def test_a_state_of_that_name_does_not_switch_a_face_off(theirs: Any) -> None:
    """Nor does what a caller or an app could leave in an environ; the state is as it was when the call is over."""
    face = Asgi(shop())
    scope = {"type": "http", "method": "POST", "path": PATH, "headers": [(b"x-user", b"acme")], "state": {"policyroute": theirs}}
    run(face.app(), asked(), {**scope, "policyroute.decided": "shop"})
    assert face.spent() == (COST, 0)
    assert [one.model for one in face.decisions] == ["far"]
    assert scope["state"] == {"policyroute": theirs}
    face_of_wsgi, server = Wsgi(shop()), Server()
    more = {"policyroute.decision": theirs, "policyroute.decided": ["shop"]}
    server.run(face_of_wsgi.app(), {**environ(json.dumps(CALL).encode()), **more})
    assert face_of_wsgi.spent() == (COST, 0)
