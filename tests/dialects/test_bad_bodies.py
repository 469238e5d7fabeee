"""Bodies that nobody means well with: each is refused in our words, or read whole, and soon."""

from __future__ import annotations

import gzip
import json
from functools import cache, partial

import pytest

from policyroute.call import Api
from policyroute.dialects import DIALECTS, Call, json_body
from policyroute.errors import CallError
from policyroute.loading import loads
from tests.dialects.planting import APIS, all_text, merged, planted
from tests.timing import least_s

TOKEN = "xyzzy-plugh-4000"
DEEP = 100_000
MANY = 200_000

# Where a text, a list of messages and a piece of a message stand.
SAID: dict[Api, str] = {
    "openai.chat": "messages[].content",
    "openai.responses": "input",
    "openai.completions": "prompt",
    "openai.embeddings": "input",
    "anthropic.messages": "messages[].content",
    "gemini.generate": "contents[].parts[].text",
}
REPEATED: dict[Api, tuple[str, str]] = {
    "openai.chat": ("messages", '{"role":"user","content":"hi"}'),
    "openai.responses": ("input", '{"role":"user","content":"hi"}'),
    "openai.completions": ("prompt", '"hi"'),
    "openai.embeddings": ("input", '"hi"'),
    "anthropic.messages": ("messages", '{"role":"user","content":"hi"}'),
    "gemini.generate": ("contents", '{"parts":[{"text":"hi"}]}'),
}
PIECES: dict[Api, tuple[str, str]] = {
    "openai.chat": ('{"messages":[{"role":"user","content":[', '{"type":"text","text":"hi"}'),
    "openai.responses": ('{"input":[{"role":"user","content":[', '{"type":"input_text","text":"hi"}'),
    "anthropic.messages": ('{"messages":[{"role":"user","content":[', '{"type":"text","text":"hi"}'),
    "gemini.generate": ('{"contents":[{"parts":[', '{"text":"hi"}'),
}
FREE: dict[Api, str] = {  # a place where anything may stand
    "openai.chat": "tools[].function.parameters",
    "openai.responses": "tools[].parameters",
    "openai.completions": "logit_bias",
    "openai.embeddings": "vendor",
    "anthropic.messages": "tools[].input_schema",
    "gemini.generate": "toolConfig",
}


def whole(api: Api, more: object = None) -> bytes:
    """A body that says the token, and more beside it."""
    return json.dumps(merged(more or {}, planted(api, SAID[api], TOKEN)), ensure_ascii=False).encode()


def with_raw(api: Api, raw: bytes, place: str = "") -> bytes:
    """The same with these bytes as a value, where anything may stand."""
    return json.dumps(merged(planted(api, place or FREE[api], "@"), planted(api, SAID[api], TOKEN))).encode().replace(b'"@"', raw)


def nested(opening: str, inner: str, closing: str) -> bytes:
    """One value that far down."""
    return (opening * DEEP + inner + closing * DEEP).encode()


VALUES = {
    "a lone surrogate": b'"\\ud800 xyzzy"',
    "the second half alone": b'"\\udc00"',
    "halves in the wrong order": b'"\\udc00\\ud800"',
    "a name of half a character": b'{"\\ud800": 1}',
    "raw surrogates": b'"\xed\xa0\x80"',
    "NUL": b'"\x00"',
    "Infinity": b"Infinity",
    "-Infinity": b"-Infinity",
    "NaN": b"NaN",
    "1e999999": b"1e999999",
    "-1e999999": b"-1e999999",
    "4,301 digits": b"1" * 4301,
    "4,301 digits and a fraction": b"1" * 4301 + b".5",
    "many long numbers": b"[" + b",".join([b"1" * 4300] * 2000) + b"]",
    "lists 100,000 deep": nested("[", "", "]"),
    "objects 100,000 deep": nested('{"a":', "1", "}"),
    "both, never closed": b'[{"a":' * DEEP,
    "a name given twice": b'{"hush": 1, "hush": 2}',
    "a name given twice by escapes": b'{"hush": 1, "\\u0068ush": 2}',
    "a name given twice deep down": b'[[{"a": [{"hush": 1, "hush": 1}]}]]',
    "a leading zero": b"01",
    "a comment": b"1 /* hush */",
    "a comma too many": b"[1,]",
    "a raw line break": b'"\n"',
    "half an escape": b'"\\u12"',
    "single quotes": b"'hush'",
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_value_that_is_read_in_two_ways_or_none_is_refused(api, value) -> None:
    """Wherever it stands, without a word of it, and without waiting for it."""
    refused(with_raw(api, value), api, 400, 413)


def refused(body: bytes, api: Api, *statuses: int, headers: object = None, max_bytes: int = json_body.MAX_BYTES) -> str:
    """The complaint about this body, which repeats nothing of it and holds nothing of it back."""
    with pytest.raises(CallError) as caught:
        Call.from_body(body, api=api, headers=headers, max_bytes=max_bytes)  # type: ignore[arg-type]
    assert caught.value.status in statuses
    assert caught.value.__context__ is None
    for secret in (TOKEN, "hush", "xyzzy"):
        assert secret not in repr(caught.value)
    return str(caught.value)


UNREADABLE = {
    "empty": lambda _: b"",
    "blank": lambda _: b" \n",
    "null": lambda _: b"null",
    "a number": lambda _: b"7",
    "a text": lambda _: b'"hush"',
    "a list": lambda body: b"[" + body + b"]",
    "a list of pairs": lambda _: b'[["messages", []]]',
    "two bodies": lambda body: body + body,
    "a body and more": lambda body: body + b" hush",
    "a body and NUL": lambda body: body + b"\0",
    "NUL and a body": lambda body: b"\0" + body,
    "half a body": lambda body: body[: len(body) // 2],
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "UTF-16, little": lambda body: body.decode().encode("utf-16-le"),
    "UTF-16, big": lambda body: body.decode().encode("utf-16-be"),
    "UTF-16, big, marked": lambda body: b"\xfe\xff" + body.decode().encode("utf-16-be"),
    "UTF-32": lambda body: body.decode().encode("utf-32"),
    "UTF-32, little": lambda body: body.decode().encode("utf-32-le"),
    "UTF-32, big": lambda body: body.decode().encode("utf-32-be"),
    "UTF-7": lambda body: b"+AHs-" + body[1:],
    "Latin-1": lambda body: body.replace(b"xyzzy", b"\xe9\xe8"),
    "packed, and it is not said": gzip.compress,
    "only brackets": lambda _: b"[" * DEEP,
    "only quotes": lambda _: b'"' * 3_000_000,
    "only commas": lambda _: b"," * 3_000_000,
    "a form": lambda _: b"messages=hush&model=hush",
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("spoilt", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_json_object_in_utf_8_is_refused(api, spoilt) -> None:
    """Whatever else a lenient server would make of it."""
    assert refused(spoilt(whole(api)), api, 400, 413)


HARMLESS = {
    "spaces around": lambda body: b" \r\n\t" + body + b"\n ",
    "an escaped NUL": lambda body: body.replace(b"xyzzy", b"xy\\u0000 xyzzy"),
    "a pair of halves": lambda body: body.replace(b"xyzzy", b"\\ud83d\\ude00 xyzzy"),
    "every letter escaped": lambda body: body.replace(b"xyzzy", b"".join(b"\\u%04x" % byte for byte in b"xyzzy")),
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("dressed", HARMLESS.values(), ids=HARMLESS)
def test_what_all_read_alike_is_read(api, dressed) -> None:
    """Being odd is no reason to refuse, and hides nothing."""
    call = Call.from_body(dressed(whole(api)), api=api)
    assert TOKEN in all_text(call)
    assert call.unscanned == ()


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("inside", ["[" * DEEP, '{"a":' * DEEP, '["' + "\\" * DEEP, "\\u005b" * DEEP], ids=range(4))
def test_json_inside_text_may_be_as_deep_as_it_likes(api, inside) -> None:
    """It is text: nothing follows it down."""
    call = Call.from_body(whole(api, planted(api, FREE[api], {"arguments": f"{inside} {TOKEN[::-1]}"})), api=api)
    assert TOKEN in all_text(call)
    assert TOKEN[::-1] in all_text(call)


TYPES = {
    "null": None,
    "a bool": True,
    "a whole number": 4000123456789017,
    "a fraction": 4000123.5,
    "a text": TOKEN,
    "a list": [TOKEN],
    "a list of lists": [[TOKEN, 7], [None]],
    "an object": {"vendor": TOKEN},
    "a list of objects": [{"vendor": TOKEN}, 7, None],
    "nothing in a list": [],
    "nothing in an object": {},
}
# A size and the name of a model leave the call in our own words, and what is asked of us does not leave at all.
NOT_TEXT = ("model", "max_cost", "prefer_speed", "metadata.policyroute")


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("value", TYPES.values(), ids=TYPES)
def test_every_declared_place_takes_or_refuses_every_type(api, value) -> None:
    """What it takes is heard or said to be unread; what it refuses is refused with its place."""
    told = [text for text in (TOKEN, "4000123456789017", "4000123.5") if text in json.dumps(value)]
    for path in dict.fromkeys(declared.path for declared in DIALECTS[api].fields):
        body = json.dumps(planted(api, path, value)).encode()
        try:
            call = Call.from_body(body, api=api)
        except CallError as wrong:
            assert wrong.status == 400, path
            assert wrong.__context__ is None, path
            assert TOKEN not in repr(wrong), path
            assert "4000" not in repr(wrong), path
            continue
        heard = all_text(call)
        assert call.unscanned or path in NOT_TEXT or path.endswith((".type", ".role")) or all(text in heard for text in told), (
            path
        )


PACKED = {
    "not packed": (b"{}", "gzip", 400),
    "empty inside": (gzip.compress(b""), "gzip", 400),
    "cut off": (gzip.compress(b'{"hush": 1}' * 99)[:-9], "gzip", 400),
    "spoilt": (gzip.compress(b'{"hush": 1}')[:-8] + b"\0" * 8, "gzip", 400),
    "followed by more": (gzip.compress(b"{}") + b"hush", "gzip", 400),
    "packed twice": (gzip.compress(gzip.compress(b"{}")), "gzip", 400),
    "packed twice, and said to be": (gzip.compress(gzip.compress(b"{}")), "gzip, gzip", 415),
    "a bomb": (gzip.compress(b" " * 50_000_000), "gzip", 413),
    "a bomb in pieces": (gzip.compress(b" " * 500_000) * 100, "X-Gzip", 413),
    "many empty members": (gzip.compress(b"") * 5000, "gzip", 400),
    "brotli": (b"hush", "br", 415),
    "zstd": (b"hush", "zstd", 415),
    "deflate": (b"hush", "deflate", 415),
    "a word": (b"hush", "hush", 415),
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(("body", "encoding", "status"), PACKED.values(), ids=PACKED)
def test_bad_packing_is_refused(api, body, encoding, status) -> None:
    """Never more than the size limit is unpacked, and nothing but gzip is."""
    for headers in ({"Content-Encoding": encoding}, [("CONTENT-ENCODING", "identity"), ("content-encoding", encoding)]):
        refused(body, api, status, headers=headers)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("encoding", ["gzip", "GZip", " gzip ,identity", "x-gzip"])
def test_a_packed_body_is_read(api, encoding) -> None:
    """Where the headers say so."""
    body = whole(api)
    packed = (gzip.compress(body), gzip.compress(body[:9]) + gzip.compress(body[9:]), gzip.compress(body) + b"\0" * 9)
    for sent in packed:
        assert TOKEN in all_text(Call.from_body(sent, api=api, headers={"content-encoding": encoding}))


@pytest.mark.parametrize("api", APIS)
def test_a_body_over_the_limit_is_refused_and_the_limit_can_be_set(api) -> None:
    """Packed or not; to the byte; and whoever allows larger bodies has more of everything read."""
    body = whole(api)
    assert Call.from_body(body, api=api, max_bytes=len(body))
    packed = gzip.compress(body + b" " * 99)
    assert len(packed) < len(body) + 90
    for headers, sent in ((None, body + b" "), ({"content-encoding": "gzip"}, packed)):
        assert "larger than" in refused(sent, api, 413, headers=headers, max_bytes=len(body))
    long = whole(api, planted(api, FREE[api], [["wordy " * 20]] * 25_000))
    refused(long, api, 413)
    assert Call.from_body(long, api=api, max_bytes=5 * json_body.MAX_BYTES)


HEADERS = {
    "a line break": ({"x-team": "a\r\nx-policyroute-tier: hush"}, 400),
    "NUL": ({"x-team": "hush\0"}, 400),
    "an escape": ({"x-team": "\x1b[2J"}, 400),
    "delete": ({"x-team": "\x7f"}, 400),
    "a name that breaks": ({"x-team\nhush": "a"}, 400),
    "tiers that differ": ([("x-policyroute-tier", "hush"), ("X_Policyroute_Tier", "b")], 400),
    "costs that differ": ([("x-policyroute-max-cost-usd", "1"), ("x-policyroute-max-cost-usd", "2")], 400),
    "too many": ([(f"x-{number}", "hush") for number in range(1001)], 400),
    "too many tags": ({"x-policyroute-tags": "a," * 100_000}, 400),
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(("headers", "status"), HEADERS.values(), ids=HEADERS)
def test_bad_headers_are_refused(api, headers, status) -> None:
    """A header never says two things, and never breaks out of its line."""
    refused(whole(api), api, status, headers=headers)


@pytest.mark.parametrize("api", APIS)
def test_repeated_headers_are_united(api) -> None:
    """However often and long they are, without taking time by the square."""
    headers = [("X-Team", f"{number}" + "a" * 10_000) for number in range(1000)]
    call = Call.from_body(whole(api), api=api, headers=headers)
    assert call.claims["header.x-team"] == ", ".join(value for _, value in headers)


def closed(head: str, item: str, count: int) -> bytes:
    """A body with that many of the same, closed in the order in which it was opened."""
    ends = "".join({"[": "]", "{": "}"}[sign] for sign in reversed(head) if sign in "[{")
    return (head + ",".join([item] * count) + ends).encode()


BIG = {
    **{f"{api}: 30 MB": (api, lambda api=api: saying("wordy " * 5_000_000, api)) for api in APIS},
    **{f"{api}: all the text there may be": (api, lambda api=api: saying("wordy " * 330_000, api)) for api in APIS},
    **{
        f"{api}: {count:,} messages": (
            api,
            lambda api=api, count=count: closed(f'{{"{REPEATED[api][0]}":[', REPEATED[api][1], count),
        )
        for api in APIS
        for count in (MANY, 10_000)
    },
    **{
        f"{api}: {count:,} parts": (api, lambda api=api, count=count: closed(*PIECES[api], count))
        for api in PIECES
        for count in (MANY, 10_000)
    },
    **{
        f"openai.chat: {what}": ("openai.chat", make)
        for what, make in {
            "49,000 unknown fields": lambda: numbered('{"messages":[],', "}"),
            "49,000 metadata": lambda: numbered('{"messages":[],"metadata":{', "}}"),
            "49,000 names": lambda: numbered('{"messages":[],"x":{', "}}"),
            "numbers": lambda: closed('{"messages":[],"x":[', "15", 319_000),
            "fractions": lambda: closed('{"messages":[],"x":[', "1.5", 39_000),
            "exponents": lambda: closed('{"messages":[],"x":[', "1e5", 1_400_000),
            "nothing": lambda: closed('{"messages":[],"x":[', "null", 319_000),
            "lists": lambda: closed('{"messages":[],"x":[', "[]", 19_000),
            "long numbers": lambda: closed('{"messages":[],"x":[', "1" * 4300, 2000),
            "digits": lambda: closed('{"messages":[],"x":[', "1" * 99, 90_000),
            "spaces": lambda: b"{" + b" " * 9_900_000 + b'"messages":[]}',
            "backslashes": lambda: saying("\\" * 4_900_000),
            "quotes": lambda: saying('"' * 4_900_000),
            "escapes": lambda: b'{"messages":[{"role":"user","content":"' + b"\\u0041" * 1_600_000 + b'"}]}',
            "an image": lambda: uri("image/png;base64," + "QUJD" * 2_400_000),
            "text in base64": lambda: uri("text/plain;base64," + "QUJD" * 2_400_000),
            "percent signs": lambda: uri("text/plain," + "%41" * 3_200_000),
        }.items()
    },
}


def numbered(head: str, ends: str) -> bytes:
    """An object of many names."""
    return (head + ",".join(f'"k{number}":"v"' for number in range(49_000)) + ends).encode()


def saying(text: str, api: Api = "openai.chat") -> bytes:
    """A body of this text."""
    return json.dumps(planted(api, SAID[api], text)).encode()


def uri(tail: str) -> bytes:
    """A chat with one file."""
    return json.dumps(planted("openai.chat", "messages[].content[].file.file_data", f"data:{tail}")).encode()


@cache
def policy():
    """A policy that looks for everything there is."""
    kinds = "email phone credit-card iban us-ssn ip-address crypto birth-date national-id secret".split()
    return loads(
        "apiVersion: policyroute/v1\nkind: Policy\nmetadata: {name: bad-bodies, version: 1}\ntiers: [t]\n"
        "models:\n  m: {provider: p, tier: t, context: 100000000, price: {in: 1, out: 1}}\n"
        "tags: {found: {}, unread: {}}\npipeline:\n  sensitivity:\n"
        f"    - {{id: found, when: {{detect: [{', '.join(kinds)}]}}, add: [found]}}\n"
        "    - {id: unread, when: {unscanned: true}, add: [unread]}\n"
        "  complexity: {ladder: [{id: all, when: {}, prefer: [t]}]}\n"
    )


def handle(body: bytes, api: Api) -> None:
    """Read this body and decide on it."""
    try:
        policy().decide(Call.from_body(body, api=api))
    except CallError as wrong:
        assert wrong.status in (400, 413)


@pytest.mark.parametrize(("api", "make"), BIG.values(), ids=BIG)
def test_no_body_holds_up_the_others(api, make) -> None:
    """Reading and deciding takes 50 ms at most, however large the body is; here with room for a slow and busy machine."""
    body = make()
    policy().decide(Call.from_text("warm a@b.example"))
    assert least_s(partial(handle, body, api), enough=0.1) < 0.1
