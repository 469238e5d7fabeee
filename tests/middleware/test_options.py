"""What every face takes beside its policy, and what a policy says is recorded."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from policyroute.cli.report.figures import NONE, added_up, read
from policyroute.engine.exchange import Asked
from policyroute.errors import PolicyError, PolicyrouteError, UsageError
from policyroute.journal import Journal, Record, opaque, open_journal
from policyroute.loading import load, loads
from policyroute.middleware.layer import Layer, Options, seconds
from tests.middleware.faces import FACES, SHOP, shop
from tests.middleware.test_behaviour import CALL, KEY, MAIL

HASH = b"0123456789abcdef0123456789abcdef"
BIRD = "kestrel7f3a9"
SONG = {"model": "auto", "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": f"{BIRD} sings"}]}
MASKS = ("add: [personal]}", "add: [personal], redact: [email], restore: true}")


def kept(text: str, *edits: tuple[str, str]) -> str:
    """The shop's policy, which keeps so much of texts."""
    written = SHOP + f"record: {{text: {text}}}\n"
    for old, new in edits:
        assert old in written
        written = written.replace(old, new, 1)
    return written


def asked(body: Any, **attributes: str) -> Asked:
    return Asked(json.dumps(body).encode(), "openai.chat", (), {"tenant": "acme", **attributes})


def row(options: Options, written: str, body: Any, tmp_path: Path, **attributes: str) -> Record:
    """What is kept of one call, up to its end."""
    file = tmp_path / "policy.yaml"
    file.write_text(written)
    journal = Journal(tmp_path / "journal.db")
    layer = Layer(file, {**options, "journal": journal})
    exchange = layer.engine.open(asked(body, **attributes))
    layer.engine.close(exchange, "not_called" if exchange.refusal else "complete", 200)
    layer.close()
    (found,) = journal.rows()
    journal.close()
    return found


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


@pytest.fixture
def metrics() -> Iterator[tuple[MeterProvider, InMemoryMetricReader]]:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    yield provider, reader
    provider.shutdown()


def values(reader: InMemoryMetricReader) -> dict[str, list[float]]:
    """What each metric has, over all of its attributes."""
    data = reader.get_metrics_data()
    scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics] if data else []
    found = [metric for scope in scopes for metric in scope.metrics]
    return {one.name: [getattr(point, "value", 0) for point in one.data.data_points] for one in found}


@pytest.mark.parametrize("name", FACES)
def test_every_face_takes_them(name: str, journal: Journal, metrics: tuple[MeterProvider, InMemoryMetricReader]) -> None:
    """And none takes another."""
    provider, reader = metrics
    logger = logging.getLogger("tests.options")
    options: Any = {"journal": journal, "meter_provider": provider, "log": logger, "hash_key": HASH, "paths": ["/completions"]}
    face = FACES[name](shop(), **options)
    face.send(CALL)
    (found,) = journal.rows()
    assert found.facts.attributes["tenant"] == opaque("acme", HASH)
    assert values(reader)["policyroute.decisions"] == [1]
    with pytest.raises(UsageError, match="takes no `hash_keys`"):
        FACES[name](shop(), hash_keys=HASH).send(CALL)


@pytest.mark.parametrize("given", [HASH, HASH.decode()])
def test_who_calls_is_kept_as_a_hash(given: bytes | str, tmp_path: Path) -> None:
    """The user that the app vouches for, and attributes whose values are no closed list; the same one is the same again."""
    found = row({"hash_key": given}, SHOP, CALL, tmp_path, user="jane")
    assert found.user == opaque("jane", HASH) and "jane" not in str(tuple(found))
    assert found.facts.attributes == {"tenant": opaque("acme", HASH)}


@pytest.mark.parametrize(
    ("declared", "attributes", "user"),
    [
        ("user: {from: auth.sub, trust: verified}", {"sub": "jane"}, "jane"),
        ("user: {from: auth.sub, trust: verified}", {"sub": "jane", "user": "joe"}, "joe"),
        ("user: {from: auth.sub, trust: verified, default: nobody}", {}, None),
        ("user: {from: body.metadata.user, trust: claimed}", {}, None),
        ("user: {from: body.metadata.user, trust: claimed}", {"user": "jane"}, "jane"),
        ("plan: {from: auth.user, trust: verified}", {"user": "jane"}, "jane"),
        ("user: {from: auth.sub, trust: verified}", {"sub": 17}, "17"),
    ],
)
def test_a_user_is_who_the_app_says(declared: str, attributes: dict[str, str], user: str | None, tmp_path: Path) -> None:
    """Whatever the attribute is taken from; and never who the caller says he is."""
    written = SHOP.replace("attributes:\n", f"attributes:\n  {declared}\n")
    body = {**CALL, "metadata": {"user": "mallory"}}
    found = row({"hash_key": HASH}, written, body, tmp_path, **attributes)
    assert found.user == (None if user is None else opaque(user, HASH))


def test_a_report_by_users(tmp_path: Path, journal: Journal) -> None:
    """Each is one group, which nobody can read."""
    layer = Layer(shop(), {"journal": journal, "hash_key": HASH})
    for user in ("jane", "joe", "jane"):
        layer.engine.open(asked(CALL, user=user))
    layer.engine.open(asked(CALL))
    groups = added_up(read(journal, 0.0, 1e12), "user").groups
    assert {key: one.calls for key, one in groups.items()} == {opaque("jane", HASH): 2, opaque("joe", HASH): 1, NONE: 1}


def test_values_that_everybody_knows_are_kept_as_they_are(tmp_path: Path) -> None:
    """With a key and without; the others only with one."""
    plan, kind = "plan: {from: header.x_plan, trust: claimed, values: [pro]}", "kind: {from: auth.kind, trust: verified}"
    written = SHOP.replace("attributes:\n", f"attributes:\n  {plan}\n  {kind}\n")
    file = tmp_path / "policy.yaml"
    file.write_text(written)
    for number, key in enumerate((HASH, None)):
        journal = Journal(tmp_path / f"{number}.db")
        layer = Layer(file, {"journal": journal, "hash_key": key})
        layer.engine.open(asked(CALL, kind="odd")._replace(headers=(("X-Plan", "pro"),)))
        layer.close()
        (found,) = journal.rows()
        journal.close()
        hashed = {} if key is None else {name: opaque(value, key) for name, value in (("kind", "odd"), ("tenant", "acme"))}
        assert found.facts.attributes == {"plan": "pro", **hashed}
        assert found.user is None


@pytest.mark.parametrize("given", ["", "short", b"x" * 31, "é" * 15])
def test_a_key_is_long(given: str | bytes) -> None:
    """What could be guessed hides nothing; and it is not repeated."""
    with pytest.raises(UsageError, match="`hash_key` takes 32 bytes or more") as refused:
        Layer(shop(), {"hash_key": given})
    assert not given or str(given) not in str(refused.value)


def test_texts_are_kept_where_the_policy_says_so(tmp_path: Path) -> None:
    """All of them, in the order of the call, without their roles."""
    assert row({}, kept("full"), SONG, tmp_path).text == f'["Be brief","{BIRD} sings"]'


@pytest.mark.parametrize("written", [SHOP, kept("none")])
def test_texts_are_not_kept_by_themselves(written: str, tmp_path: Path) -> None:
    """Nor does a key change that."""
    assert row({"hash_key": HASH}, written, SONG, tmp_path).text is None


def test_texts_are_kept_as_they_leave(tmp_path: Path) -> None:
    """With placeholders where something was masked."""
    assert row({}, kept("full", MASKS), MAIL, _beside(tmp_path, "a")).text == '["Write to [EMAIL_1]"]'
    assert row({}, kept("full", MASKS), CALL, _beside(tmp_path, "b")).text == '["Good morning"]'


@pytest.mark.parametrize(("text", "codes"), [("none", []), ("hmac", []), ("full", ["PR317"])])
def test_reviewers_are_told_that_texts_are_kept(text: str, codes: list[str]) -> None:
    """By a note where it stands; it keeps nobody from serving."""
    assert [(one.code, one.severity, one.path) for one in loads(kept(text)).warnings] == [
        (code, "info", "$.record.text") for code in codes
    ]


def test_an_included_file_says_it_for_good(tmp_path: Path) -> None:
    """What the owner of privacy decided, no file that includes it can decide otherwise."""
    head = "apiVersion: policyroute/v1\nkind: Policy\nmetadata: {name: base, version: 1}\n"
    (tmp_path / "base.yaml").write_text(f"{head}record: {{text: none}}\n")
    file = tmp_path / "policy.yaml"
    for text in ("full", "none"):
        file.write_text(kept(text, ("models:", "include: [base.yaml]\nmodels:")))
        with pytest.raises(PolicyError, match="PR123 `record` is already set in"):
            load(file)
    file.write_text(SHOP.replace("models:", "include: [base.yaml]\nmodels:", 1))
    assert str(load(file).compiled.document.record.text) == "none"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("edits", "body"),
    [
        ((), KEY),
        ((("models:", "mode: shadow\nmodels:"),), KEY),
        ((("models:", "mode: shadow\nmodels:"), MASKS), MAIL),
    ],
    ids=["denied", "would be denied", "would be masked"],
)
def test_what_should_not_leave_is_not_kept(edits: tuple[tuple[str, str], ...], body: Any, tmp_path: Path) -> None:
    """Of such a call there is a row, and no text and no hash."""
    assert row({"hash_key": HASH}, kept("full", *edits), body, tmp_path).text is None


def test_a_hash_of_texts(tmp_path: Path) -> None:
    """Equal texts are equal, and nobody reads them."""
    found = [row({"hash_key": HASH}, kept("hmac"), body, tmp_path) for body in (SONG,)]
    found.append(row({"hash_key": HASH}, kept("hmac"), {**SONG, "temperature": 1}, _beside(tmp_path, "a")))
    found.append(row({"hash_key": HASH}, kept("hmac"), CALL, _beside(tmp_path, "b")))
    found.append(row({"hash_key": HASH[::-1]}, kept("hmac"), SONG, _beside(tmp_path, "c")))
    texts = [one.text or "" for one in found]
    assert texts[0] == texts[1] == opaque(f'["Be brief","{BIRD} sings"]', HASH)
    assert len(set(texts)) == 3 and BIRD not in str(found)


def _beside(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def test_a_hash_takes_a_key(tmp_path: Path, journal: Journal) -> None:
    """A face does not start without; where nothing is kept, there is nothing to hash."""
    file = tmp_path / "policy.yaml"
    file.write_text(kept("hmac"))
    before = threading.active_count()
    for source in (file, shop(lambda _: kept("hmac"))):
        with pytest.raises(UsageError, match="takes a `hash_key`"):
            Layer(source, {"journal": journal})
    assert threading.active_count() == before
    Layer(shop(lambda _: kept("hmac")), {})


def test_an_edit_that_takes_a_key_serves_and_is_said_aloud(tmp_path: Path, journal: Journal, caplog: Any) -> None:
    """Its rules count more than its records: it serves, keeps no text, and the log says so once."""
    file = tmp_path / "policy.yaml"
    file.write_text(SHOP)
    layer = Layer(file, {"journal": journal})
    assert layer.watched is not None
    file.write_text(kept("hmac", ("version: 7", "version: 8")))
    layer.watched.look()
    for _ in range(3):
        layer.engine.open(asked(SONG))
        layer.watched.look()
    assert [(one.policy_version, one.text) for one in journal.rows()] == [(8, None)] * 3
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert said == ["policy shop@8 wants a keyed hash of texts recorded, and there is no hash_key: none is"]
    layer.close()


def test_texts_are_in_the_journal_and_nowhere_else(tmp_path: Path, caplog: Any, metrics: Any) -> None:
    """Neither in spans, nor in metrics, nor in logs."""
    exporter = InMemorySpanExporter()
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    provider, reader = metrics
    with caplog.at_level(logging.DEBUG):
        options: Options = {"tracer_provider": tracers, "meter_provider": provider, "log": True, "hash_key": HASH}
        found = row(options, kept("full"), SONG, tmp_path, user=BIRD)
    told = [span.to_json() for span in exporter.get_finished_spans()] + [record.getMessage() for record in caplog.records]
    data = reader.get_metrics_data()
    told.append(data.to_json() if data else "")
    assert BIRD in (found.text or "") and BIRD not in repr(found) and len(told) >= 5
    assert not [one for one in told if BIRD in one or (found.user or "") in one]


def test_decisions_are_logged(caplog: Any) -> None:
    """As lines of JSON, to the logger that is named, or to that of this package."""
    mine = logging.getLogger("tests.options.mine")
    for given, name in ((mine, mine.name), (True, "policyroute.decisions"), (False, ""), (None, "")):
        caplog.clear()
        with caplog.at_level(logging.INFO):
            layer = Layer(shop(), {"log": given})
            layer.engine.close(layer.engine.open(asked(CALL)), "complete", 200)
        assert [record.name for record in caplog.records] == ([name] * 2 if name else [])
        assert [json.loads(record.getMessage())["name"][:11] for record in caplog.records] == ["policyroute"] * (2 if name else 0)
    with pytest.raises(UsageError, match="`log` takes True, or a logger"):
        Layer(shop(), {"log": "policyroute"})  # type: ignore[typeddict-item]


def test_what_is_there_from_the_start(metrics: tuple[MeterProvider, InMemoryMetricReader], journal: Journal) -> None:
    """The version that decides, and what waits and what was lost, before any call comes."""
    provider, reader = metrics
    Layer(shop(), {"meter_provider": provider, "journal": journal})
    seen = values(reader)
    assert seen["policyroute.policy.version.active"] == seen["policyroute.policy.version.latest"] == [7]
    assert seen["policyroute.journal.queue"] == seen["policyroute.journal.dropped"] == [0]
    assert "policyroute.policy.stale" not in seen
    journal.dropped += 2
    assert values(reader)["policyroute.journal.dropped"] == [2]


def test_what_comes_of_watching_is_measured(tmp_path: Path, metrics: tuple[MeterProvider, InMemoryMetricReader]) -> None:
    """The version of an edit that was refused, and that the policy is too old."""
    provider, reader = metrics
    file = tmp_path / "policy.yaml"
    file.write_text(SHOP)
    layer = Layer(file, {"meter_provider": provider, "max_staleness": "10m"})
    assert layer.watched is not None and values(reader)["policyroute.policy.stale"] == [0]
    file.write_text(SHOP.replace("version: 7", "version: 8") + "hushkey: 1\n")
    layer.watched.look()
    seen = values(reader)
    assert (seen["policyroute.policy.version.active"], seen["policyroute.policy.version.latest"]) == ([7], [8])
    layer.watched._good_at -= 601
    assert values(reader)["policyroute.policy.stale"] == [1]
    assert layer.engine.open(asked(CALL)).refusal is None
    layer.close()


@pytest.mark.parametrize(("given", "found"), [(5, 5), (0.5, 0.5), ("200ms", 0.2), ("10m", 600), ("1.5h", 5400)])
def test_times(given: float | str, found: float) -> None:
    """In seconds, or with their unit."""
    assert seconds(given) == pytest.approx(found)


@pytest.mark.parametrize("given", [0, -1, float("nan"), float("inf"), True, "", "10", "10 m", "m", "0s", "١٠m"])
def test_what_is_no_time(given: Any) -> None:
    """A number without a unit in a text could be anything."""
    with pytest.raises(UsageError, match="is no time"):
        Layer(shop(), {"max_staleness": given})


def test_only_what_is_watched_grows_old() -> None:
    """A policy that was loaded stays what it is."""
    with pytest.raises(UsageError, match="give its path"):
        Layer(shop(), {"max_staleness": "10m"})


def test_bad_options_are_told_before_anything_is_opened(tmp_path: Path) -> None:
    """No thread and no file is left of a face that did not start."""
    file = tmp_path / "policy.yaml"
    file.write_text(SHOP)
    before = threading.active_count()
    bad: list[Any] = [{"hash_key": "x"}, {"max_body": "?"}, {"max_staleness": "?"}, {"log": 3}, {"ledger": "file:x"}]
    for one in bad:
        with pytest.raises(PolicyrouteError):
            Layer(file, {"journal": f"sqlite:///{tmp_path}/j.db", **one})
    assert [path.name for path in tmp_path.iterdir()] == ["policy.yaml"]
    assert threading.active_count() == before


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_layer_that_is_closed(tmp_path: Path, asynchronous: bool) -> None:
    """What waited is written, no thread of it is left, and calls that come later are decided, settled and recorded."""
    file = tmp_path / "policy.yaml"
    file.write_text(SHOP)
    before = threading.active_count()
    url = f"sqlite:///{tmp_path}/both.db"
    layer = Layer(file, {"journal": url, "ledger": url})
    exchange = layer.engine.open(asked(CALL))
    if asynchronous:
        asyncio.run(layer.aclose())
    else:
        layer.close()
    assert threading.active_count() == before
    assert not (tmp_path / "both.db-wal").exists()  # the last connection to a file takes its log away
    with_one = open_journal(url)
    assert [one.stream_end for one in with_one.rows()] == [None]
    layer.engine.close(exchange, "complete", 200)
    layer.engine.close(layer.engine.open(asked(CALL)), "complete", 200)
    layer.close()
    layer.close()
    assert [one.stream_end for one in with_one.rows()] == ["complete"] * 2
    assert threading.active_count() == before
    with_one.close()


def test_what_was_handed_in_open_stays_open(journal: Journal) -> None:
    """Its rows are written; who opened it closes it."""
    layer = Layer(shop(), {"journal": journal})
    layer.engine.open(asked(CALL))
    layer.close()
    assert journal.queued == 0 and journal._thread is not None and journal._thread.is_alive()
