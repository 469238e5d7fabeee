"""Answers that are packed: unpacked to be metered where that can be done here, and billed by their size where it cannot."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest

from policyroute.call import Api
from policyroute.dialects.meters import Meter
from policyroute.middleware.ending import Plain
from tests.middleware.faces import FACES, Books, shop
from tests.middleware.test_behaviour import CALL

PLAIN = json.dumps({"choices": [{"message": {"content": "word " * 500}}]}).encode()


def raw(body: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(body) + packing.flush()


PACKED: dict[str, tuple[str, bytes]] = {
    "gzip": ("gzip", gzip.compress(PLAIN)),
    "its old name": (" X-GZip, identity", gzip.compress(PLAIN)),
    "two members": ("gzip", gzip.compress(PLAIN[:99]) + gzip.compress(PLAIN[99:])),
    "a member of nothing": ("gzip", gzip.compress(b"") + gzip.compress(PLAIN)),
    "padding behind": ("gzip", gzip.compress(PLAIN) + bytes(40)),
    "zlib": ("deflate", zlib.compress(PLAIN)),
    "raw": ("deflate", raw(PLAIN)),
    "gzip by another name": ("deflate", gzip.compress(PLAIN)),
    "not packed": ("identity", PLAIN),
}


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("step", [1, 7, 10**6])
def test_what_can_be_unpacked_is(name: str, step: int) -> None:
    """However it is cut."""
    encoding, packed = PACKED[name]
    plain = Plain(encoding, "openai.chat")
    assert b"".join(plain.of(packed[at : at + step]) for at in range(0, len(packed), step)) == PLAIN


BAD: dict[str, tuple[str, bytes]] = {
    "brotli": ("br", PLAIN),
    "twice": ("gzip, gzip", gzip.compress(PLAIN)),
    "no gzip": ("gzip", PLAIN),
    "broken in its middle": ("gzip", gzip.compress(b"") + b"\x1f\x8b\xff" * 50),
    "far too large": ("gzip", gzip.compress(bytes(30_000_000))),
    "very many members": ("gzip", gzip.compress(b"") * 5000),
}
APIS: list[Api] = ["openai.chat", "openai.responses", "openai.completions", "anthropic.messages", "gemini.generate"]


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_cannot_be_unpacked_is_a_text_of_its_size(name: str, api: Api, streamed: bool) -> None:
    """Of as much as was not told; never nothing."""
    encoding, packed = BAD[name]
    plain, meter = Plain(encoding, api), Meter(api, streamed)
    for at in range(0, len(packed), 10_000):
        meter.feed(plain.of(packed[at : at + 10_000]))
    said = meter.end().said_bytes
    assert (
        0 < said <= len(packed) if name in ("broken in its middle", "far too large", "very many members") else said == len(packed)
    )


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_nobody_can_unpack_costs_something(name: str, stream: bool, tmp_path: Any) -> None:
    """By its size, and the bill says that it is estimated; the caller gets the very bytes."""
    books = Books(tmp_path)
    face = books.face(name)
    face.model.packing = "br"
    body = {**CALL, "stream": stream}
    size = len(b"".join(face.hear(body)))
    row = books.balanced(face)
    assert (row.output_tokens, row.estimated, row.stream_end) == (-(-size // 4), True, "complete")
    books.journal.close()
    books.provider.shutdown()


ACCEPTED = {
    "br, gzip;q=0.8, deflate": "gzip;q=0.8, deflate",
    "gzip, deflate": "gzip, deflate",
    "GZip": "GZip",
    "br": "identity",
    "*": "identity",
    "zstd;q=1, *;q=0": "identity",
    "identity": "identity",
    "": "identity",
}


@pytest.mark.parametrize("accepted", ACCEPTED)
@pytest.mark.parametrize("name", ["asgi", "wsgi"])
def test_an_app_packs_as_can_be_unpacked(name: str, accepted: str) -> None:
    """What else the caller would take is not shown to it."""
    face = FACES[name](shop())
    face.send(CALL, accept_encoding=accepted)
    assert face.model.seen[0].headers.get("accept-encoding", "") == ACCEPTED[accepted]
