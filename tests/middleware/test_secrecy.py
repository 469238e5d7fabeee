"""Nothing of a call is in what is told of it: a canary is wherever a caller, an app or an upstream can put one, in every face."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from policyroute.call import NOTHING
from policyroute.errors import LedgerError, UsageError
from policyroute.ledgers.ledger import Answer, Step
from policyroute.ledgers.memory import MemoryLedger
from tests.middleware.faces import FACES, PATH, Books, Face, shop
from tests.middleware.upstream import Broken

BIRD = "kestrel7f3a9"
MODEL = "merlin4c2d8"  # is asked for, and the journal keeps it: without it no call can be decided again
HIDDEN = base64.b64encode(f"{BIRD}:{BIRD}".encode()).decode()  # as a browser writes a user and a password
URL = f"http://{BIRD}:{BIRD}@app.example/{BIRD}{PATH}?key={BIRD}"
HEADERS = {"x_note": BIRD, "x_api_key": f"sk-{BIRD}", "cookie": f"session={BIRD}", "x_user": BIRD, "baggage": f"note={BIRD}"}
SAID = [
    {"role": "system", "content": f"You are {BIRD}"},
    {
        "role": "user",
        "content": [{"type": "text", "text": f"Ask {BIRD}"}, {"type": "image_url", "image_url": {"url": f"http://{BIRD}"}}],
    },
    {
        "role": "assistant",
        "tool_calls": [{"id": BIRD, "type": "function", "function": {"name": BIRD, "arguments": f'{{"{BIRD}": 1}}'}}],
    },
    {"role": "tool", "tool_call_id": BIRD, "content": f"found {BIRD}@{BIRD}.com"},
]
TOOLS = [{"type": "function", "function": {"name": BIRD, "description": BIRD, "parameters": {"properties": {BIRD: {}}}}}]
CALL: dict[str, Any] = {"model": MODEL, "messages": SAID, "tools": TOOLS, "user": BIRD, "metadata": {"note": BIRD}, BIRD: [BIRD]}
SECRET = {**CALL, "messages": [{"role": "user", "content": f"password = '{BIRD}Xq9Lw2!'"}]}
ERROR = {"error": {"message": f"no {BIRD} here", "type": BIRD, "code": BIRD, "param": f"messages[0].{BIRD}"}}
ODD = {
    "id": BIRD,
    "model": f"{MODEL}-{BIRD}",
    "system_fingerprint": BIRD,
    "choices": [{"index": 0, "finish_reason": BIRD, "message": {"role": BIRD, "content": BIRD, "tool_calls": [{"id": BIRD}]}}],
    "usage": {"prompt_tokens": BIRD, "completion_tokens": -1, BIRD: BIRD},
}
EVENTS = b"".join(b"event: %b\ndata: %b\n\n" % (BIRD.encode(), json.dumps(one).encode()) for one in (ODD, ERROR))


class Silent(MemoryLedger):
    """A store that does nothing, and says why."""

    at_once = False

    def do(self, step: Step) -> Answer:
        raise LedgerError("the store is out")

    async def ado(self, step: Step) -> Answer:
        return self.do(step)


class Song(NamedTuple):
    """A call that is full of the canary, what becomes of it, and what the model does. Without a status it is an exception."""

    status: int | None
    body: Any = CALL
    headers: dict[str, str] = HEADERS
    model: Mapping[str, Any] = NOTHING
    more: Mapping[str, Any] = NOTHING
    edit: tuple[str, str] = ("", "")


MASKS = ("add: [personal]}", "add: [personal], redact: [email], restore: true}")
SONGS = {
    "answered": Song(200),
    "streamed": Song(200, {**CALL, "stream": True}),
    "answered oddly": Song(200, model={"body": json.dumps(ODD).encode()}),
    "streamed oddly": Song(200, {**CALL, "stream": True}, model={"body": EVENTS}),
    "no JSON": Song(200, model={"body": BIRD.encode()}),
    "denied": Song(403, SECRET),
    "refused upstream": Song(400, model={"status": 400, "body": json.dumps(ERROR).encode()}),
    "failed upstream": Song(500, model={"status": 500, "body": BIRD.encode()}),
    "raises": Song(None, model={"breaks": Broken(BIRD)}),
    "raises within": Song(None, {**CALL, "stream": True}, model={"breaks": Broken(BIRD), "after": 2}),
    "is interrupted": Song(None, model={"breaks": KeyboardInterrupt(BIRD)}),
    "cannot be read": Song(400, json.dumps(CALL).encode()[:-3]),
    "says a name twice": Song(400, b'{"%b": 1, "%b": 2}' % (BIRD.encode(), BIRD.encode())),
    "is of no known shape": Song(400, {**CALL, "messages": BIRD}),
    "is too large": Song(413, more={"max_body": 100}),
    "is packed": Song(415, headers={**HEADERS, "content_encoding": BIRD}),
    "is packed badly": Song(400, BIRD.encode(), {**HEADERS, "content_encoding": "gzip"}),
    "asks for no tier": Song(400, headers={**HEADERS, "x_policyroute_tier": BIRD}),
    "asks for no tag": Song(400, headers={**HEADERS, "x_policyroute_tags": BIRD}),
    "asks in no words": Song(400, headers={**HEADERS, "x_policyroute_prefer": f"{BIRD} {BIRD}"}),
    "is outside its values": Song(400, headers={**HEADERS, "x_kind": BIRD}),
    "dry run": Song(200, headers={**HEADERS, "x_policyroute_dry_run": "true"}),
    "budget": Song(429, {**CALL, "max_tokens": 200}, edit=("usd: 1}", "usd: 0.000001}")),
    "masked": Song(200, model={"echo": True}, edit=MASKS),
    "masked and streamed": Song(
        200,
        {**CALL, "messages": SAID[3:], "stream": True},
        model={"echo": True},
        edit=MASKS,
    ),
    "no store": Song(503, more={"ledger": Silent()}),
}


HEARD = {"spans": "dec_", "metrics": '"policyroute.decisions"', "logs": "dec_", "journal": "dec_"}


def policy(before: str, after: str) -> Any:
    """The shop's, which asks for what the caller says of itself too."""
    asks = "  note: {from: header.x-note, trust: claimed}\n  kind: {from: header.x-kind, trust: claimed, values: [a, b]}\n"
    rule = "    - {id: noted, when: {note: {regex: kestrel}}, add: [personal]}\n"

    def edit(text: str) -> str:
        text = text.replace("attributes:\n", f"attributes:\n{asks}").replace("  sensitivity:\n", f"  sensitivity:\n{rule}")
        return text.replace(before, after) if before else text

    return shop(edit)


class Heard(NamedTuple):
    """What came of a call for whoever sent it."""

    answer: Any
    error: BaseException | None


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    made = Books(tmp_path)
    yield made
    made.journal.close()
    made.provider.shutdown()


def sung(face: Face, song: Song) -> Heard:
    """A call with everything in it that there is to repeat."""
    for name, value in song.model.items():
        setattr(face.model, name, value)
    try:
        return Heard(face.send(song.body, URL, **song.headers), None)
    except (Broken, KeyboardInterrupt) as error:
        return Heard(None, error)


def spoken(record: logging.LogRecord) -> Iterator[str]:
    """All that a line of a log can come to. What the http client itself says of addresses is not ours."""
    if not record.name.startswith(("httpx", "httpcore")):
        yield from (record.getMessage(), repr(record.args), record.exc_text or "", repr(vars(record)))
        yield from traceback.format_exception(record.exc_info[1]) if record.exc_info and record.exc_info[1] else ()


def ours(error: BaseException | None) -> Iterator[str]:
    """What is said by exceptions on its way that are not the one of the app."""
    while error is not None:
        if not isinstance(error, Broken | KeyboardInterrupt):
            yield from traceback.format_exception_only(error)
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("song", SONGS)
@pytest.mark.parametrize("name", FACES)
def test_nothing_of_a_call_is_told(name: str, song: str, books: Books, tmp_path: Path, caplog: Any) -> None:
    """Neither spans, metrics, logs nor files say it, nor what answers in place of a model."""
    singing = SONGS[song]
    reader = InMemoryMetricReader()
    meters = MeterProvider([reader], shutdown_on_exit=False)
    told: dict[str, Any] = {"journal": books.journal, "tracer_provider": books.provider, "meter_provider": meters, "log": True}
    face = FACES[name](policy(*singing.edit), **told, **singing.more)
    with caplog.at_level(logging.DEBUG):
        heard = sung(face, singing)
        books.journal.flush()
    metrics = reader.get_metrics_data()
    meters.shutdown()
    emitted = {
        "spans": "".join(span.to_json() for span in books.exporter.get_finished_spans()),
        "metrics": "" if metrics is None else metrics.to_json(),
        "logs": "".join(line for record in caplog.records for line in spoken(record)),
        "journal": "".join(file.read_bytes().decode("latin-1") for file in tmp_path.iterdir()),
    }
    unread = singing.status in (400, 413, 415) and not face.model.seen
    if song == "dry run":  # of which there is no row
        assert HEARD["journal"] not in emitted.pop("journal")
    assert (None if heard.answer is None else heard.answer.status_code) == singing.status
    assert all((HEARD[where] in said) is not unread for where, said in emitted.items())
    emitted |= {
        "decisions": repr(face.decisions),
        "headers": repr([] if heard.answer is None else [one for one in heard.answer.headers.items() if "policyroute" in one[0]]),
        "answer": "" if heard.answer is None or face.model.seen else heard.answer.text,
        "exceptions": "".join(ours(heard.error)),
    }
    assert not [where for where, said in emitted.items() if BIRD in said.lower() or HIDDEN in said or MODEL in said]


LOOKUPS: dict[str, Any] = {
    "raises": Broken(BIRD),
    "is nothing": None,
    "is a list": [BIRD],
    "has a number": {"tenant": 5},
    "has a name": {BIRD: BIRD},
    "has a long value": {"tenant": BIRD * 1000},
    "has a control character": {"tenant": f"{BIRD}\n"},
    "has half a character": {"tenant": f"{BIRD}\ud800"},
    "has bytes": {"tenant": BIRD.encode()},
}


@pytest.mark.parametrize("lookup", LOOKUPS)
@pytest.mark.parametrize("name", FACES)
def test_nothing_of_a_lookup_is_told(name: str, lookup: str, books: Books, tmp_path: Path, caplog: Any) -> None:
    """Whatever an app says of its caller, and however that goes wrong."""
    given = LOOKUPS[lookup]

    def attributes(asked: Any) -> Any:
        if isinstance(given, Broken):
            raise given
        return given

    face = FACES[name](policy("", ""), journal=books.journal, tracer_provider=books.provider, log=True)
    face.asks = attributes
    heard: object = None
    with caplog.at_level(logging.DEBUG):
        try:
            heard = face.send(CALL).headers
        except (Broken, UsageError) as error:
            heard = list(ours(error))
        books.journal.flush()
    emitted = [repr(heard), repr(face.decisions), *(span.to_json() for span in books.exporter.get_finished_spans())]
    emitted += [line for record in caplog.records for line in spoken(record)]
    emitted += [file.read_bytes().decode("latin-1") for file in tmp_path.iterdir()]
    assert not [said for said in emitted if BIRD in said.lower()]


@pytest.mark.parametrize("name", [name for name in FACES if FACES[name].calls_itself])
def test_a_call_that_is_sent_elsewhere_is_masked_there_too(name: str) -> None:
    """Though nothing of ours is at that address: an upstream cannot ask for what was not to leave."""
    face: Any = FACES[name](policy(*MASKS))
    sent: list[str] = []

    def moved(request: Any) -> Any:
        sent.append(request.content.decode())
        return face.http.Response(307, headers={"location": "/elsewhere"}) if len(sent) == 1 else face.http.Response(204)

    async def moved_later(request: Any) -> Any:
        return moved(request)

    face.inner = face.http.MockTransport(moved_later if "async" in name else moved)
    face.follows = True
    assert face.send({**CALL, "messages": SAID[3:]}).status_code == 204
    assert [BIRD + "@" in body for body in sent] == [False, False]
    assert face.spent()[1] == 0
