"""However a call ends, in whichever face: one row, one decision, one request that ended, nothing held, one cost in all three."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext, suppress
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import httpx
import openai
import pytest
import uvicorn

from policyroute.ledgers.ledger import Reserve, Settle
from tests.middleware import faces, upstream
from tests.middleware.faces import FACES, PATH, USER, Books, Face, Slow, Stand
from tests.middleware.test_asgi import asked, run
from tests.middleware.test_behaviour import CALL, COST
from tests.middleware.upstream import EVENT, HEAD, USAGE, WORDS, Broken, wire

STREAM = {**CALL, "stream": True}
PIECES = 8  # of a stream: six words, why it ended, and that it did


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    made = Books(tmp_path)
    yield made
    made.journal.close()
    made.provider.shutdown()


class End(NamedTuple):
    """What the model does, how much the client hears, and what is recorded: `said` is how many words are estimated."""

    end: str
    cost: int | None = None
    said: int | None = None
    stream: bool = True
    pieces: int | None = None
    breaks: type[BaseException] | None = None
    after: int = -1
    status: int = 200
    body: bytes | None = None
    packing: str = ""


ENDS = {
    "whole": End("complete", COST, stream=False),
    "to the end of a stream": End("complete", COST),
    "gone before the first byte": End("client_disconnect", said=0, pieces=0),
    "gone before a whole answer": End("complete", COST, pieces=0, stream=False),
    "gone in mid-stream": End("client_disconnect", said=2, pieces=2),
    "gone after the last byte": End("complete", COST, pieces=PIECES),
    "gone after a whole answer": End("complete", COST, pieces=1, stream=False),
    "fails before it answers": End("upstream_error", breaks=Broken),
    "fails before the body": End("upstream_error", said=0, breaks=Broken, after=0),
    "fails in mid-stream": End("upstream_error", said=3, breaks=Broken, after=3),
    "is late in mid-stream": End("timeout", said=3, breaks=TimeoutError, after=3),
    "interrupted before it answers": End("client_disconnect", said=0, breaks=KeyboardInterrupt),
    "interrupted in mid-stream": End("client_disconnect", said=1, breaks=KeyboardInterrupt, after=1),
    "refused": End("complete", 0, status=400),
    "sent elsewhere": End("complete", status=307, stream=False),
    "failed": End("complete", 0, status=503, stream=False),
    "failed with usage": End("complete", 0, status=500, body=USAGE, stream=False),
    "no JSON": End("complete", said=0, body=b"<html>\xff</html>", stream=False),
    "not what it was": End("complete", said=0, body=b"[[]]", stream=False),
    "nothing": End("complete", said=0, body=b"", stream=False),
    "usage alone": End("complete", COST, body=USAGE, stream=False),
    "packed": End("complete", COST, packing="gzip", stream=False),
    "a packed stream": End("complete", COST, packing="deflate"),
    "packed as nobody knows": End("complete", packing="br", stream=False),
}


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("name", FACES)
def test_however_it_ends_all_three_agree(name: str, how: str, books: Books) -> None:
    """The ledger, the row and the span."""
    end = ENDS[how]
    if (name, how) == ("wsgi", "gone before a whole answer"):  # there it is asked for piece by piece
        end = end._replace(end="client_disconnect", cost=None, said=0)
    face = books.face(name)
    model = face.model
    model.status, model.body, model.packing, model.after = end.status, end.body, end.packing, end.after
    model.breaks = None if end.breaks is None else end.breaks("of the app")
    left = pytest.raises(OSError, match="the client is gone") if name == "asgi" and end.pieces is not None else nullcontext()
    with left if end.breaks is None else pytest.raises(end.breaks, match="of the app"):
        face.hear(STREAM if end.stream else CALL, end.pieces)
    row = books.balanced(face)
    assert (row.stream_end, row.status) == (end.end, 0 if end.breaks is not None and end.after < 0 else end.status)
    if end.cost is not None:
        assert (row.cost_nano, row.estimated) == (end.cost, False)
    if end.said is not None:
        assert row.output_tokens == -(-len("".join(WORDS[: end.said])) // 4)
        assert row.input_tokens
        assert row.estimated


LATER = ["asgi", "httpx async", "httpx2 async"]
CLIENTS = ["httpx", "httpx2", "httpx async", "httpx2 async"]
STOPS = ["cancelled", "cancelled twice", "shut down", "forgotten"]


def stopped(stop: str, begin: Callable[[Stand], Face]) -> Face:
    """A call through a face, which is stopped where it stands still."""
    loop = asyncio.new_event_loop()
    stand = Stand()
    face = begin(stand)
    task = loop.create_task(face.ahear(STREAM))  # type: ignore[attr-defined]
    loop.run_until_complete(stand.reached.wait())
    if stop == "forgotten":
        loop.set_exception_handler(lambda loop, told: None)  # it says that there was a task
        loop.close()
        del task
        with face.ledger._lock:  # as where a collection falls into the store's own work
            gc.collect()
        return face

    async def cancelled() -> None:
        for _ in range({"shut down": 0, "cancelled": 1, "cancelled twice": 2}[stop]):
            task.cancel()
            await asyncio.wait([task], timeout=0)
        if getattr(face.ledger, "at", None) is Reserve:
            stand.go()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if rest and stop != "shut down":
            await asyncio.wait(rest)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(cancelled())
    return face


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("said", [-1, 0, 2])
@pytest.mark.parametrize("name", LATER)
def test_a_task_that_is_stopped_while_the_model_is_waited_for(name: str, said: int, stop: str, books: Books) -> None:
    """Costs what had come by then."""

    def begin(stand: Stand) -> Face:
        async def pause(index: int) -> None:
            if index == said:
                await stand.still()

        # Nobody waits for a store then, also not where that takes time.
        face = books.face(name, ledger=Slow(Stand(), Settle, False) if stop == "forgotten" and said else None)
        face.pause = pause
        return face

    row = books.balanced(stopped(stop, begin))
    assert (row.stream_end, row.estimated) == ("client_disconnect", True)
    assert row.output_tokens == -(-len("".join(WORDS[: max(0, said)])) // 4)


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("stop", STOPS[:3])
@pytest.mark.parametrize("name", LATER)
def test_a_task_that_is_stopped_while_it_settles(name: str, stop: str, done: bool, books: Books) -> None:
    """Is settled by somebody else, once."""
    row = books.balanced(stopped(stop, lambda stand: books.face(name, ledger=Slow(stand, Settle, done))))
    assert (row.stream_end, row.cost_nano) == ("complete", COST)


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("stop", STOPS[:2])
@pytest.mark.parametrize("name", LATER)
def test_a_task_that_is_stopped_while_it_is_admitted(name: str, stop: str, done: bool, books: Books) -> None:
    """Calls nobody, costs nothing, and holds nothing."""
    row = books.balanced(stopped(stop, lambda stand: books.face(name, ledger=Slow(stand, Reserve, done))))
    assert (row.outcome, row.stream_end, row.cost_nano, row.attempts) == ("route", "client_disconnect", 0, 0)


FAULTS = {
    "ConnectError": "upstream_error",
    "ConnectTimeout": "timeout",
    "PoolTimeout": "timeout",
    "ReadError": "upstream_error",
    "ReadTimeout": "timeout",
    "UnsupportedProtocol": "upstream_error",
    "InvalidURL": "upstream_error",  # no error of a transport
}


@pytest.mark.parametrize("after", [-1, 2])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", CLIENTS)
def test_what_a_transport_raises_is_an_end(name: str, fault: str, after: int, books: Books) -> None:
    """Before an answer, which costs nothing where nobody was reached, and within it. The exception is the client's own."""
    face = books.face(name)
    raised = getattr(face.http, fault)  # type: ignore[attr-defined]
    face.model.breaks, face.model.after = raised("of the transport"), after
    with pytest.raises(raised, match="of the transport"):
        face.hear(STREAM)
    row = books.balanced(face)
    unheard = after < 0 and FAULTS[fault] == "upstream_error"
    assert (row.stream_end, row.estimated, row.cost_nano == 0) == (FAULTS[fault], not unheard, unheard)
    assert row.output_tokens == -(-len("".join(WORDS[: max(0, after)])) // 4)


WIRES: dict[str, tuple[bytes | None, str, int]] = {
    "no word": (b"", "upstream_error", 0),
    "cut off": (HEAD + b"%x\r\n%b\r\n" % (len(EVENT), EVENT), "upstream_error", 3),
    "no HTTP": (b"\x00\x01\x02\r\n\r\n", "upstream_error", 0),
    "silent": (None, "timeout", 0),
}


@pytest.mark.parametrize("fault", WIRES)
@pytest.mark.parametrize("name", CLIENTS)
def test_what_happens_on_a_wire_is_an_end(name: str, fault: str, books: Books) -> None:
    """With the transports that people use, and a server that does as servers sometimes do."""
    says, end, tokens = WIRES[fault]
    face = books.face(name)
    assert isinstance(face, faces.Transport)
    real = face.http.AsyncHTTPTransport if name in LATER else face.http.HTTPTransport
    with wire(says) as face.url:
        face.inner, face.timeout_s = real(), 0.1 if says is None else 10
        with pytest.raises(face.http.TransportError):
            face.hear(STREAM)
    row = books.balanced(face)
    assert (row.stream_end, row.output_tokens) == (end, tokens)


def forget(face: Face, read: int) -> None:
    """Reads so much of an answer, and lets go of it."""
    if isinstance(face, faces.Wsgi):
        list(islice(face.app()(faces.environ(faces.content(STREAM)), lambda status, headers: print), read))
    elif isinstance(face, faces.Sync):
        client = face.client()
        answer = client.send(client.build_request("POST", PATH, json=STREAM, headers=USER), stream=True)
        list(islice(answer.stream, read))
    else:
        asyncio.run(forget_later(face, read))


async def forget_later(face: Any, read: int) -> None:
    client = face.client()
    answer = await client.send(client.build_request("POST", PATH, json=STREAM, headers=USER), stream=True)
    said = aiter(answer.stream)
    for _ in range(read):
        await anext(said)


@pytest.mark.parametrize("read", [0, 2])
@pytest.mark.parametrize("name", ["wsgi", *CLIENTS])
def test_an_answer_that_nobody_closes_is_settled_when_it_is_forgotten(name: str, read: int, books: Books) -> None:
    """By a server that does not keep to the specification, or a program that drops a response."""
    face = books.face(name)
    forget(face, read)
    with face.ledger._lock:
        gc.collect()
    row = books.balanced(face)
    assert (row.stream_end, row.estimated) == ("client_disconnect", True)
    assert row.output_tokens == -(-len("".join(WORDS[:read])) // 4)


APPS: dict[Any, tuple[str, int | None]] = {
    upstream.never_reads: ("complete", COST),
    upstream.answers_from_a_thread: ("complete", COST),
    upstream.says_nothing: ("upstream_error", 0),
    upstream.has_no_body: ("upstream_error", 0),
    upstream.sees_the_client_go: ("client_disconnect", None),
    upstream.fails_afterwards: ("complete", COST),
    upstream.would_send_a_file: ("complete", COST),
}


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.__name__)
def test_whatever_an_asgi_app_does_is_an_end(app: Any, books: Books) -> None:
    """Though it does not do as others do."""
    face = books.face("asgi")
    face._inner = app  # type: ignore[attr-defined]
    sends: Any = {f"http.response.{name}": {} for name in ("pathsend", "zerocopysend", "debug")}
    with suppress(Broken):
        run(face.app(), asked(), {**faces.SCOPE, "extensions": sends})  # type: ignore[attr-defined]
    row = books.balanced(face)
    end, cost = APPS[app]
    assert row.stream_end == end
    assert row.estimated if cost is None else row.cost_nano == cost


OTHERS: dict[Any, tuple[str, int, int | None]] = {
    upstream.writes: ("complete", 200, COST),
    upstream.lists: ("complete", 200, COST),
    upstream.changes_its_mind: ("complete", 500, 0),
    upstream.changes_it_too_late: ("upstream_error", 200, None),
    upstream.closes_badly: ("complete", 200, COST),
}


@pytest.mark.parametrize("gone", [False, True], ids=["heard", "gone"])
@pytest.mark.parametrize("app", OTHERS, ids=lambda app: app.__name__)
def test_whatever_a_wsgi_app_does_is_an_end(app: Any, gone: bool, books: Books) -> None:
    """And where the client has gone before it was told anything: then nothing is read, and nothing can be written."""
    face = books.face("wsgi")
    face._inner = app  # type: ignore[attr-defined]
    told: list[Any] = []

    def write(piece: bytes) -> None:
        if gone:
            raise Broken("the client is gone")

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        if exc_info and told:
            raise exc_info[1]
        return write

    with suppress(Broken), closing(face.app()(faces.environ(faces.content(CALL)), start_response)) as answer:  # type: ignore[attr-defined]
        told.extend(map(told.append, () if gone else answer))
    row = books.balanced(face)
    end, status, cost = OTHERS[app]
    if gone:
        assert (row.stream_end, row.cost_nano > 0) == ("client_disconnect", app is not upstream.changes_its_mind)
    else:
        assert (row.stream_end, row.status) == (end, status)
        assert row.estimated if cost is None else row.cost_nano == cost


@pytest.mark.parametrize("who", ["client", "server"])
def test_who_goes_from_a_real_server(who: str, books: Books) -> None:
    """A socket that is closed, and a server that is told to stop and cancels what is under way."""

    face = books.face("asgi")
    face._inner = upstream.two_words  # type: ignore[attr-defined]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        options: dict[str, Any] = {"log_level": "critical", "lifespan": "off", "timeout_graceful_shutdown": 0}
        server = uvicorn.Server(uvicorn.Config(face.app(), **options))  # type: ignore[attr-defined]
        serving = Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}{PATH}"
        with suppress(httpx.RemoteProtocolError), httpx.stream("POST", url, json=STREAM, headers=USER) as answer:
            said = b""
            for piece in answer.iter_raw():
                said += piece
                if said.count(b"data:") == 2:
                    server.should_exit = who == "server"
                    if who == "client":
                        break
        assert books.journal.over.wait(10)
        server.should_exit = True
        serving.join()
    row = books.balanced(face)
    assert (row.stream_end, row.output_tokens) == ("client_disconnect", 3)


@pytest.mark.parametrize("name", CLIENTS)
def test_a_stream_that_an_sdk_reads_to_its_last_event_is_complete(name: str, books: Books) -> None:
    """Though it hangs up there, and does not wait for the end of the body."""
    face: Any = books.face(name)
    told: dict[str, Any] = {"base_url": f"{faces.URL}/v1", "api_key": "none", "default_headers": USER}
    told["http_client"] = face.client()

    async def later() -> None:
        async with openai.AsyncOpenAI(**told) as client:
            async for _ in await client.chat.completions.create(**STREAM):
                pass

    if name in LATER:
        asyncio.run(later())
    else:
        with openai.OpenAI(**told) as client:
            list(client.chat.completions.create(**STREAM))
    row = books.balanced(face)
    assert (row.stream_end, row.cost_nano) == ("complete", COST)


@pytest.mark.parametrize("name", LATER)
def test_a_large_call_whose_task_is_cancelled_while_a_thread_reads_it(name: str, books: Books) -> None:
    """Is not made, and holds nothing."""
    ledger = faces.Aside()
    face: Any = books.face(name, ledger=ledger)

    async def go() -> None:
        task = asyncio.ensure_future(face.ahear({"model": "auto", "messages": [{"role": "user", "content": "word " * 21_000}]}))
        await asyncio.to_thread(ledger.reached.wait)
        task.cancel()
        ledger.go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(go())
    row = books.balanced(face)
    assert (row.outcome, row.stream_end, row.cost_nano, row.attempts) == ("route", "client_disconnect", 0, 0)


@pytest.mark.parametrize("name", FACES)
def test_an_answer_that_is_changed_is_not_asked_for_packed(name: str, books: Books) -> None:
    """What else comes through may be, in a way that can be metered."""
    face = books.face(name)
    for body in (STREAM, CALL):
        face.send(body, accept_encoding="br")
    asked = [sent.headers.get("accept-encoding") for sent in face.model.seen]
    assert asked == (["identity", "gzip, deflate"] if face.calls_itself else [None, "identity"])
