"""`policyroute detect`: what is sensitive in texts and bodies, where and why, and never the value."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.call import Api
from policyroute.cli.detect import _masked
from policyroute.scan.detectors import Finding, detect
from tests.timing import least_s

MAIL, CARD, KEY = "jane.roe@example.com", "4111 1111 1111 1111", "AKIAQ3EGRZ5KXW7MPLTN"
TEXT = f"Hello,\nmail {MAIL} or pay with {CARD} today\n"
FORMS = ("text", "json", "github", "sarif")
BODIES: dict[str, dict[str, object]] = {
    "openai.chat": {"model": "auto", "messages": [{"role": "user", "content": f"mail {MAIL}"}]},
    "openai.responses": {"model": "auto", "input": f"mail {MAIL}"},
    "openai.completions": {"model": "auto", "prompt": f"mail {MAIL}"},
    "openai.embeddings": {"model": "auto", "input": f"mail {MAIL}"},
    "anthropic.messages": {"model": "auto", "max_tokens": 9, "messages": [{"role": "user", "content": f"mail {MAIL}"}]},
    "gemini.generate": {"contents": [{"role": "user", "parts": [{"text": f"mail {MAIL}"}]}]},
}
POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: own, version: 1}
tiers: [basic]
models: {own: {provider: vllm, tier: basic, price: {in: 1, out: 1}}}
detectors: {badge: {regex: '\\bB-\\d{5}\\b'}, person: {plugin: true}}
tags: {staff: {}}
pipeline:
  sensitivity:
    - {id: badges, when: {detect: [badge, person]}, add: [staff]}
    - {id: unread, when: {unscanned: true}, add: [staff]}
  complexity: {ladder: [{id: all, when: {}, prefer: [basic]}]}
"""


@pytest.fixture
def write(place):
    """Writes a file beside the others, and gives its name."""

    def writing(name: str, content: str | bytes) -> str:
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return writing


@pytest.fixture
def typed(monkeypatch):
    """What comes in by standard input."""
    return lambda content: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_a_finding_is_framed_without_its_value(run, write) -> None:
    """The kind and the mask, the place, the line with all findings masked, carets under the right ones, and why."""
    ran = run("detect", write("notes.txt", TEXT))
    why = {one.kind: one.why for one in detect(TEXT)}
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "warning[email]: ***@***",
        " --> notes.txt:2:6",
        "2 | mail ******************** or pay with **** **** **** **** today",
        f"  |      ^^^^^^^^^^^^^^^^^^^^ {why['email']} (at 12-32)",
        "",
        "warning[credit-card]: **** **** **** ****",
        " --> notes.txt:2:39",
        "2 | mail ******************** or pay with **** **** **** **** today",
        f"  |                                       ^^^^^^^^^^^^^^^^^^^ {why['credit-card']} (at 45-64)",
        "",
        "found 1 credit-card, 1 email in notes.txt",
    ]


def test_json_of_one_text(run, write) -> None:
    """One object of the pinned shape, with what `policyroute.detect` says of the same text."""
    answer = run("detect", write("notes.txt", TEXT), "-o", "json").answer
    assert answer == {"ok": True, "findings": [one._asdict() for one in detect(TEXT)], "unscanned": False}
    assert [(one["kind"], TEXT[one["start"] : one["end"]]) for one in answer["findings"]] == [
        ("email", MAIL),
        ("credit-card", CARD),
    ]
    assert all(one.keys() == {"kind", "start", "end", "mask", "why"} for one in answer["findings"])


def test_github(run, write) -> None:
    """A warning beside the line, with the mask and the reason."""
    ran = run("detect", write("notes.txt", TEXT), "--kind", "email", "-o", "github")
    assert ran.out.startswith("::warning file=notes.txt,line=2,col=6,endColumn=26,title=email::***@***%0A")
    assert len(ran.out.splitlines()) == 1


def test_sarif(run, write) -> None:
    """SARIF 2.1.0 with a rule for each kind, and each result at its place."""
    (one,) = run("detect", write("notes.txt", TEXT), "-o", "sarif").answer["runs"]
    assert [rule["id"] for rule in one["tool"]["driver"]["rules"]] == ["credit-card", "email"]
    regions = [result["locations"][0]["physicalLocation"]["region"] for result in one["results"]]
    assert regions == [
        {"startLine": 2, "startColumn": 6, "endColumn": 26},
        {"startLine": 2, "startColumn": 39, "endColumn": 58},
    ]
    assert [result["ruleIndex"] for result in one["results"]] == [1, 0]


def test_a_finding_of_many_lines(run, write) -> None:
    """It is shown by its first line, up to the end of that, and all of its lines are masked."""
    pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----"
    (one,) = run("detect", write("a.txt", f"key:\n{pem} {MAIL}"), "--kind", "secret", "-o", "sarif").answer["runs"]
    (result,) = one["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 1, "endColumn": 28}
    out = run("detect", "a.txt", "--kind", "email").out
    assert "KEY" not in out


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kinds", [[], ["--kind", "email"]])
def test_no_value_is_ever_shown(run, write, form: str, kinds: list[str]) -> None:
    """Neither what is asked for nor what stands beside it."""
    pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----"
    text = f"password = 'Hq7!vd93Lx' and {MAIL}, {CARD}, {KEY}\n{pem}\n"
    out = run("detect", write("all.txt", text), *kinds, "-o", form).out
    for value in (MAIL, CARD, KEY, "Hq7!vd93Lx", "MIIabc", "4111"):
        assert value not in out
    assert "email" in out


@given(st.text(alphabet="ab \n\r", max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=5))
@settings(max_examples=100, deadline=None)
def test_masking_moves_nothing(text: str, spans: list[tuple[int, int]]) -> None:
    """Every line end and every character outside of the findings stays where it was; of findings no letter is left."""
    findings = [
        Finding("email", start, min(start + size, len(text)), "***@***", "") for start, size in spans if start < len(text)
    ]
    masked = _masked(text, findings)
    inside = {i for one in findings for i in range(one.start, one.end)}
    assert len(masked) == len(text)
    for i, (old, new) in enumerate(zip(text, masked, strict=True)):
        assert new == old if i not in inside or old in "\r\n" else new in "*@"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (MAIL, 1, 1),
        (f"\r\n\r\n {MAIL}", 3, 2),
        (f"\r\n\n\r {MAIL}", 4, 2),
        (f"𝔘𝔫𝔦 é {MAIL}", 1, 7),
        (f"a\x0cb\u2028c {MAIL}", 1, 7),
    ],
)
def test_lines_and_columns(run, write, text: str, line: int, column: int) -> None:
    """Lines end as editors end them; columns are code points, from 1."""
    out = run("detect", write("a.txt", text), "--kind", "email").out
    assert f" --> a.txt:{line}:{column}\n" in out
    found = run("detect", "a.txt", "--kind", "email", "-o", "json").answer["findings"]
    assert [text[one["start"] : one["end"]] for one in found] == [MAIL]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_encodings(run, write, mark: bytes, encoding: str) -> None:
    """The same text is the same findings at the same places, whatever its bytes; a byte order mark is not counted."""
    content = mark + f"Grüße 𝔘 {MAIL}".encode(encoding)
    (one,) = run("detect", write("a.txt", content), "-o", "json").answer["findings"]
    assert (one["kind"], one["start"], one["end"]) == ("email", 8, 28)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x7fELF\x00\x01", "it is binary, or UTF-16 without a byte order mark"),
        (MAIL.encode("utf-16-le"), "it is binary, or UTF-16 without a byte order mark"),
        (b"caf\xe9 " + MAIL.encode(), "it is not UTF-8 (at byte 3)"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8", "it is not UTF-16 (at byte 2)"),
        (codecs.BOM_UTF8 + b"ab\xff", "it is not UTF-8 (at byte 2)"),
        (b"a" * 50_000_001, "it is larger than 50,000,000 bytes"),
    ],
    ids=["binary", "utf-16 without mark", "latin-1", "lone surrogate", "after a mark", "huge"],
)
def test_what_is_no_text_is_an_error(run, write, content: bytes, said: str) -> None:
    """Half a text is not looked at, and what was not looked at is not clean."""
    ran = run("detect", write("a.bin", content), "-o", "json")
    assert ran.code == 2
    assert ran.answer["error"]["message"] == f"cannot read `a.bin`: {said}"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nowhere.txt"], "cannot read `nowhere.txt`: no such file or directory"),
        (["a\0b"], "cannot read `a<U+0000>b`: no file can have this name"),
        (["small.yaml", "nowhere.txt"], "cannot read `nowhere.txt`: no such file or directory"),
        (["hollow"], "no file is below `hollow`"),
        (["hollow", "--api", "openai.chat"], "no .json is below `hollow`"),
        (["small.yaml", "--kind", "emial"], "unknown kind `emial`: did you mean `email`?"),
        (["small.yaml", "--kind", "secret.awss"], "unknown kind `secret.awss`: did you mean `secret.aws`?"),
        (["small.yaml", "--kind", "xyzzy"], "unknown kind `xyzzy`: there are email, phone,"),
        (["small.yaml", "--kind", "badge"], "unknown kind `badge`"),
    ],
)
def test_a_command_that_makes_no_sense(run, place, args: list[str], said: str) -> None:
    """What is not there is said, with what was probably meant, and exits with 2."""
    (place / "hollow").mkdir()
    ran = run("detect", *args, "-o", "json")
    assert ran.code == 2
    assert said in ran.answer["error"]["message"]


def test_an_empty_text(run, write) -> None:
    """Nothing is in it, and all of it was read."""
    assert run("detect", write("a.txt", ""), "-o", "json").answer == {"ok": True, "findings": [], "unscanned": False}
    assert run("detect", "a.txt").out == "nothing found in a.txt\n"


def test_kinds_and_families(run, write) -> None:
    """Only what is asked for; a family has its members."""
    write("a.txt", f"{MAIL} {CARD} {KEY}")
    asked = lambda *kinds: [  # noqa: E731
        one["kind"] for one in run("detect", "a.txt", *kinds, "-o", "json").answer["findings"]
    ]
    assert asked() == ["email", "credit-card", "secret.aws"]
    assert asked("--kind", "secret") == ["secret.aws"]
    assert asked("--kind", "secret.aws", "--kind", "email", "--kind", "email") == ["email", "secret.aws"]
    assert asked("--kind", "iban") == []


def test_detectors_of_a_policy(run, write) -> None:
    """A policy's own detectors find too, alone or beside the built-in ones; a policy with errors is not used."""
    policy, file = write("own.yaml", POLICY), write("a.txt", f"badge B-12345 of {MAIL}")
    kinds = lambda *more: [  # noqa: E731
        one["kind"] for one in run("detect", file, "--policy", policy, *more, "-o", "json").answer["findings"]
    ]
    assert kinds() == ["badge", "email"]
    assert kinds("--kind", "badge") == ["badge"]
    assert kinds("--kind", "email") == ["email"]
    assert "B-12345" not in run("detect", file, "--policy", policy, "--kind", "email").out
    said = run("detect", file, "--policy", policy, "--kind", "person", "-o", "json").answer["error"]["message"]
    assert said == "`person` is found by a plug-in of the app, which does not run here"
    ran = run("detect", file, "--policy", write("bad.yaml", POLICY.replace("[badge,", "[bagde,")))
    assert ran.code == 3
    assert "did you mean `badge`?" in ran.err


def test_files_and_folders(run, write) -> None:
    """Each finding names its file; a file is looked at once; hidden files are looked at, and what tools keep is not."""
    for name in ("box/.env", "box/deep/a.txt", "box/.git/b.txt", "box/node_modules/c.txt"):
        write(name, KEY)
    write("box/d.png", b"\x89PNG\0")
    ran = run("detect", "box", "box/deep/a.txt", "-o", "json")
    assert [(one["file"], one["kind"]) for one in ran.answer["findings"]] == [
        (os.path.join("box", ".env"), "secret.aws"),
        (os.path.join("box", "deep", "a.txt"), "secret.aws"),
    ]
    assert ran.answer["unscanned"] is True
    assert ran.answer["skipped"] == [
        {"file": os.path.join("box", "d.png"), "why": "it is binary, or UTF-16 without a byte order mark"}
    ]
    assert run("detect", "box").out.splitlines()[-2:] == [
        f"{os.path.join('box', 'd.png')}: not read, it is binary, or UTF-16 without a byte order mark",
        "found 2 secret.aws in 2 files",
    ]


def test_a_folder_may_hold_pipes(run, write, place) -> None:
    """Nobody waits for what will never come."""
    write("box/a.txt", KEY)
    os.mkfifo(place / "box" / "pipe")
    (place / "box" / "dangling").symlink_to("nowhere")
    assert run("detect", "box").out.endswith("found 1 secret.aws in box/a.txt\n")


def test_standard_input(run, typed) -> None:
    """`-` is what comes in by a pipe."""
    typed(TEXT.encode())
    ran = run("detect", "-", "-o", "json", "--fail-on", "found")
    assert (ran.code, [one["kind"] for one in ran.answer["findings"]]) == (9, ["email", "credit-card"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("files", "fail_on", "code"),
    [
        (["clean"], "found", 0),
        (["clean"], "unscanned", 0),
        (["mail"], "never", 0),
        (["mail"], "found", 9),
        (["mail"], "unscanned", 9),
        (["clean", "bin"], "never", 0),
        (["clean", "bin"], "found", 0),
        (["clean", "bin"], "unscanned", 9),
        (["mail", "bin"], "found", 9),
    ],
)
def test_exit_codes(run, write, files: list[str], fail_on: str, code: int, form: str) -> None:
    """A gate for CI: 9 at --fail-on, the same in every form, and `ok` says so."""
    write("clean", "Good morning")
    write("mail", TEXT)
    write("bin", b"\0")
    ran = run("detect", *files, "--fail-on", fail_on, "-o", form)
    assert (ran.code, ran.err) == (code, "")
    if form == "json":
        assert ran.answer["ok"] is (code == 0)


@pytest.mark.parametrize("api", get_args(Api))
def test_every_api(run, write, api: str) -> None:
    """A body of any wire format is read, and a finding says who says it, and when."""
    (one,) = run("detect", write("a.json", json.dumps(BODIES[api])), "--api", api, "-o", "json").answer["findings"]
    assert (one["kind"], one["start"], one["role"], one["turn"]) == ("email", 5, "user", 0)


def test_a_body_is_read_part_by_part(run, write) -> None:
    """All roles and turns are looked at, with offsets into their part; what could not be read is named."""
    messages = [
        {"role": "system", "content": f"ask {MAIL}"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Why?"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            ],
        },
        {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "env", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": f"KEY={KEY}"},
    ]
    file = write("a.json", json.dumps({"model": "auto", "messages": messages}))
    answer = run("detect", file, "--api", "openai.chat", "-o", "json").answer
    said = [(one["kind"], one["role"], one["turn"]) for one in answer["findings"]]
    assert said == [("email", "system", 0), ("secret.aws", "tool", 3)]
    assert (answer["unscanned"], answer["unread"]) == (True, ["image", "url"])
    assert answer["findings"][0]["start"] == 4
    text = run("detect", file, "--api", "openai.chat").out
    assert " --> a.json (tool, turn 3):" in text
    assert "a.json: not everything could be read: image, url\n" in text
    github = run("detect", file, "--api", "openai.chat", "-o", "github").out
    assert github.startswith("::warning file=a.json,line=1,title=email::***@***%0A")
    assert "in tool, turn 3" in github
    (one,) = run("detect", file, "--api", "openai.chat", "-o", "sarif").answer["runs"]
    assert one["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
    assert run("detect", file, "--api", "openai.chat", "--kind", "iban", "--fail-on", "unscanned").code == 9
    assert KEY not in text + github


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "invalid_request"), (b"{", "invalid_request"), (b'{"a":1,"a":2}', "invalid_request"), (b"\xff", "invalid_request")],
)
def test_a_body_that_cannot_be_read(run, write, body: bytes, code: str) -> None:
    """Refused as in production, with the name of the file."""
    ran = run("detect", write("a.json", body), "--api", "openai.chat", "-o", "json")
    assert (ran.code, ran.answer["error"]["code"]) == (2, code)
    assert ran.answer["error"]["message"].startswith("a.json: ")


def test_several_bodies(run, write) -> None:
    """Of a folder, those that end in `.json`; findings and what is unread name their file."""
    write("box/a.json", json.dumps(BODIES["openai.chat"]))
    write(
        "box/b.json",
        json.dumps({"model": "auto", "messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]}),
    )
    write("box/c.txt", MAIL)
    answer = run("detect", "box", "--api", "openai.chat", "-o", "json").answer
    assert [one["file"] for one in answer["findings"]] == [os.path.join("box", "a.json")]
    assert answer["unread"] and all(one["file"] == os.path.join("box", "b.json") for one in answer["unread"])


def test_time_grows_with_the_text(run, write, place: Path) -> None:
    """A long line with a finding in every word costs per finding what a short one does."""

    def cost_s(count: int) -> float:
        write("a.txt", f"{MAIL} " * count)
        assert run("detect", "a.txt", "--kind", "email").out.endswith(f"found {count} email in a.txt\n")
        return least_s(lambda: run("detect", "a.txt", "--kind", "email"), runs=3)

    cost_s(10)
    assert cost_s(4000) < 8 * max(cost_s(1000), 0.05)
