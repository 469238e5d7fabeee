"""Strict YAML with places: what is read, what is refused and where, and that hostile files cost little."""

from __future__ import annotations

import json
import math
from functools import partial
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings, strategies as st

from policyroute.errors import Problem
from policyroute.policy import source
from policyroute.policy.source.reader import Reader
from tests.timing import least_s


def plain(text: str | bytes) -> object:
    read = source.read_text(text, "p.yaml")
    assert read.problems == []
    return source.to_plain(read.root)


def refused(text: str | bytes) -> list[tuple[str, int, int]]:
    return [(problem.code, problem.line, problem.column) for problem in source.read_text(text, "p.yaml").problems]


def only(text: str | bytes) -> Problem:
    problems = source.read_text(text, "p.yaml").problems
    assert len(problems) == 1
    return problems[0]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("y", "y"), ("NO", "NO"),
        ("1:30", "1:30"), ("190:20:30", "190:20:30"), ("2026-11-02", "2026-11-02"), ("2026-11-02T09Z", "2026-11-02T09Z"),
        ("1_000", "1_000"), ("0b101", "0b101"), ("=", "="), ("80%", "80%"), ("10m", "10m"), ("1.2.3", "1.2.3"), ("+", "+"),
        (".", "."), ("e5", "e5"), ("0x", "0x"), ("0o8", "0o8"), ("-0x1F", "-0x1F"), ("tRUE", "tRUE"), ("nan", "nan"),
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
        ("null", None), ("Null", None), ("NULL", None), ("~", None), ("", None),
        ("0", 0), ("-0", 0), ("+5", 5), ("-12", -12), ("999999999999999999", 999999999999999999), ("0o17", 15), ("0x1F", 31),
        ("0.5", 0.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0), ("-1.5E-2", -0.015), ("0.0", 0.0), ("007.5", 7.5),
        ("'no'", "no"), ('"1"', "1"), ("'null'", "null"), ('""', ""), ('"\\x41\\u00e9"', "Aé"), ("'it''s'", "it's"),
        ("a#b", "a#b"), ("a b", "a b"),
    ],
)  # fmt: skip
def test_core_schema(written: str, value: object) -> None:
    """Values mean what the core schema of YAML 1.2 says, whatever YAML 1.1 made of them."""
    found = plain(f"a: {written}\n")
    assert isinstance(found, dict)
    assert (type(found["a"]), found["a"]) == (type(value), value)


def test_keys_are_their_text() -> None:
    """`on`, numbers and true are texts where they are keys."""
    assert plain('on: 1\nno: 2\n404: 3\n1.50: 4\ntrue: 5\n012: 6\n.nan: 7\n"null": 8\n') == {
        "on": 1, "no": 2, "404": 3, "1.50": 4, "true": 5, "012": 6, ".nan": 7, "null": 8,
    }  # fmt: skip


def test_all_forms() -> None:
    """Blocks, flows, texts of several lines, explicit keys, comments and one document mark are read."""
    text = (
        "%YAML 1.2 # yes\n--- # go\na: [1, {b: c, d}, [e: f]]  # why\ng: |\n  x\n   y\n\n\nh: >-\n  p\n  q\n"
        "? i\n: 'r\n  s'\nj:\n- k\n-\n- l: m\n  n: o\n...\n"
    )
    assert plain(text) == {
        "a": [1, {"b": "c", "d": None}, [{"e": "f"}]],
        "g": "x\n y\n",
        "h": "p q",
        "i": "r s",
        "j": ["k", None, {"l": "m", "n": "o"}],
    }


REFUSED: dict[str, tuple[str | bytes, list[tuple[str, int, int]]]] = {
    "an open quote": ('a: "b\n', [("PR001", 1, 6)]),
    "an open bracket": ("a: 1\nb: [c, d\n", [("PR001", 2, 9)]),
    "an open brace, noticed later": ("a: {b: c\nd: e\n", [("PR001", 2, 2)]),
    "a tab for an indent": ("a:\n\tb: 1\n", [("PR001", 2, 1)]),
    "an indent too many": ("a: 1\n  b: 2\n", [("PR001", 2, 4)]),
    "a line that is no key": ("a: 1\nbcd\nc: 2\n", [("PR001", 2, 1)]),
    "an unknown escape": ('a: "\\d"\n', [("PR001", 1, 5)]),
    "a text that begins with an at sign": ("a: @b\n", [("PR001", 1, 4)]),
    "UTF-16": ("a: b\n".encode("utf-16"), [("PR002", 1, 1)]),
    "UTF-16 without a mark": ("a: b\n".encode("utf-16-le"), [("PR002", 1, 1)]),
    "UTF-32": ("a: b\n".encode("utf-32"), [("PR002", 1, 1)]),
    "Latin-1": ("aé: b\n  é".encode("latin-1"), [("PR002", 1, 2)]),
    "an invalid byte": (b"\xef\xbb\xbfa: \xc3\xa9\xff\n", [("PR002", 1, 5)]),
    "half a character": ("a: \ud800\n", [("PR002", 1, 4)]),
    "a key twice": ("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n", [("PR003", 4, 3), ("PR003", 5, 1)]),
    "a key twice by escape": ('"a": 1\n"\\x61": 2\n', [("PR003", 2, 1)]),
    "a key twice, once in quotes": ('1: a\n"1": b\n', [("PR003", 2, 1)]),
    "a key three times": ("{a: 1, a: 2, a: 3}\n", [("PR003", 1, 8), ("PR003", 1, 14)]),
    "a merge key": ("a: {<<: {b: 1}}\n", [("PR004", 1, 5)]),
    "an anchor on a value": ("a: &x b\n", [("PR005", 1, 4)]),
    "an anchor on a list, and an alias": ("a: &x [1]\nb: *x\n", [("PR005", 1, 4), ("PR005", 2, 4)]),
    "an alias as a key": ("*x : 1\n", [("PR005", 1, 1)]),
    "a star that was meant as text": ("a: [*.py]\n", [("PR005", 1, 6)]),
    "a second document": ("a: 1\n---\nb: 2\n", [("PR006", 2, 1)]),
    "more documents": ("a: 1\n---\nb: 2\nb: 2\n---\nc: 3\n", [("PR006", 2, 1)]),
    "a second document without content": ("a: 1\n---\n", [("PR006", 2, 1)]),
    "another version": ("%YAML 1.1\n---\na: 1\n", [("PR006", 1, 1)]),
    "a version that is none": ("%YAML 3.0\n---\na: 1\n", [("PR006", 1, 1)]),
    "a tag directive": ("%TAG ! tag:x,2026:\n---\na: 1\n", [("PR006", 1, 1)]),
    "a tag of Python": ("a: !!python/object/apply:os.system [ls]\n", [("PR007", 1, 4)]),
    "a tag on a text": ("a: !!str 1\n", [("PR007", 1, 4)]),
    "a tag on a mapping": ("a: !x\n  b: 1\n", [("PR007", 1, 4)]),
    "a lone tag": ("a: ! b\n", [("PR007", 1, 4)]),
    "a tag and an anchor": ("a: !!str &x 1\n", [("PR007", 1, 4), ("PR005", 1, 10)]),
    "depth": ("a: " + "[" * 40 + "]" * 40 + "\n", [("PR008", 1, 43)]),
    "too many bytes": ("# " + "x" * 2**20, [("PR009", 1, 1)]),
    "a direction in a value": ("a: b\u202ec\n", [("PR010", 1, 5)]),
    "a direction in a key": ("a\u2066b: c\n", [("PR010", 1, 2)]),
    "a direction in a comment": ("a: b # \u202e\n", [("PR010", 1, 8)]),
    "a direction in a block text": ("a: |\n  b\n  \u2069\n", [("PR010", 3, 3)]),
    "zero width": ("a: 'pi\u200bi'\n", [("PR010", 1, 7)]),
    "a control character": ("a: b\x07\n", [("PR010", 1, 5)]),
    "a line end of other alphabets": ("a: b\x85c: d\u2028\ne: 012\n", [("PR001", 1, 7), ("PR010", 1, 5), ("PR010", 1, 10)]),
    "a mark in the middle": ("a: 1\n\ufeffb: 2\n", [("PR010", 2, 1)]),
    "an invisible key by escape": ('"pi\\u200bi": 1\n', [("PR010", 1, 1)]),
    "a no-break space for a space": ("{a:\xa0b}\n", [("PR010", 1, 4)]),
    "no number": ("a: .nan\nb: -.inf\nc: .INF\n", [("PR011", 1, 4), ("PR011", 2, 4), ("PR011", 3, 4)]),
    "a number too long": ("a: 1000000000000000000\nb: 0xFFFFFFFFFFFFFFFF\n", [("PR011", 1, 4), ("PR011", 2, 4)]),
    "a number of a book": (f"a: {'9' * 5000}\n", [("PR011", 1, 4)]),
    "a number like octal": ("a: 012\nb: -08\nc: 00\n", [("PR011", 1, 4), ("PR011", 2, 4), ("PR011", 3, 4)]),
    "a number out of range": ("a: 1e999\nb: 1e-999\n", [("PR011", 1, 4), ("PR011", 2, 4)]),
    "nothing": ("", [("PR013", 1, 1)]),
    "nothing but comments": ("# a\n---\n# b\n", [("PR013", 1, 1)]),
    "null": ("~\n", [("PR013", 1, 1)]),
    "a key without a name": ("null: 1\n~: 2\n", [("PR014", 1, 1), ("PR014", 2, 1)]),
    "a list as a key": ("[a]: 1\n? {b: c}\n: 2\n? - d\n: 3\n", [("PR014", 1, 1), ("PR014", 2, 3), ("PR014", 4, 3)]),
    "cut off behind a key": ("a:\n  b:", [("PR015", 2, 5)]),
    "cut off behind a dash": ("a:\n  -", [("PR015", 2, 4)]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "problems"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(text: str | bytes, problems: list[tuple[str, int, int]]) -> None:
    """What a reviewer would trip over is refused, all of it at once, each at its place."""
    assert sorted(refused(text)) == sorted(problems)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffa: 1\n",
        "a: '\xa0'\n# \xa0\n",
        'a: "\\u202e\\0"\n',
        "a: ❤️ é 日本 👍🏽\n",
        "a:\nb:\n",
        "a: 1",
        "a: {}\n# end",
        "a: '&x *y !z'\n",
    ],
)
def test_accepted(text: str) -> None:
    """A byte order mark, no-break spaces in quotes, escapes that a reader sees, and emoji are no problem."""
    assert refused(text) == []


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ('a: "b\nc: d\n', "PR001", '`"` at line 1, column 4 is never closed'),
        ("a:\n  b: [c,\n", "PR001", "`[` at line 2, column 6 is never closed"),
        ("a: {b: c\nd: e\n", "PR001", "`{` at line 1, column 4 is not closed"),
        ('a: "b\nc: "d"\n', "PR001", '`"` at line 1, column 4'),
        ("a: [b, c", "PR001", "cut off"),
        ("a: b: c\n", "PR001", "quotes"),
        ("a:\n\tb: 1\n", "PR001", "spaces"),
        ('a: "\\d"\n', "PR001", "single quotes"),
        ("a: 1\na: 2\n", "PR003", "first given on line 1"),
        ("{80%:{a: b}}\n", "PR001", "key: value"),
        ("a: 012\n", "PR011", "0o17"),
        ("a: b\u200c\n", "PR010", '"\\u200C"'),
        ("a: x\x01\n", "PR010", '"\\x01"'),
    ],
)
def test_help(text: str, code: str, said: str) -> None:
    """The help says what to do, and where a bracket or quote was opened."""
    problem = only(text)
    assert problem.code == code
    assert said in problem.help


def test_names_the_character() -> None:
    """An invisible character is named by its code point."""
    assert only("a: \u202e\n").message == "invisible character U+202E (RIGHT-TO-LEFT OVERRIDE)"


def test_goes_on_after_a_problem() -> None:
    """What was refused does not hide what else is wrong, nor the rest of the content."""
    read = source.read_text("a: &x 1\nb: 012\n<<: {c: 1}\nd: [e, !t f]\nd: 2\n*x : 3\n[g]: 4\n", "p.yaml")
    assert [problem.code for problem in read.problems] == ["PR005", "PR011", "PR004", "PR007", "PR003", "PR005", "PR014"]
    assert source.to_plain(read.root) == {"a": 1, "b": None, "d": ["e", "f"]}


def test_at_most_a_hundred_problems() -> None:
    """After a hundred problems one more says that reading stopped."""
    codes = [problem.code for problem in source.read_text("a: 1\n" * 5000, "p.yaml").problems]
    assert codes == ["PR003"] * 100 + ["PR017"]
    codes = [problem.code for problem in source.read_text("a: '\u200b'\n" * 5000, "p.yaml").problems]
    assert codes == ["PR010"] * 100 + ["PR017"]
    codes = [problem.code for problem in source.read_text("#" + "\u200b" * 100 + "\na: [\n", "p.yaml").problems]
    assert codes == ["PR010"] * 100 + ["PR017"]


def written(node: source.Node) -> str:
    """The text at the place of a node, cut from the lines of its file."""
    place = node.place
    lines = node.origin.text.split("\n")[place.line - 1 : place.end_line]
    lines[-1] = lines[-1][: place.end_column - 1]
    lines[0] = lines[0][place.column - 1 :]
    return "\n".join(lines)


def test_places() -> None:
    """Places are exact, in code points, for keys and values of every form."""
    text = "é👍: [日本, 'b c']\nd: |\n  e\n  f\n\ng:\n  - h: {i: j}\n    k:\n  - 'l\n    m'\n# end\n"
    root = source.read_text(text, "p.yaml").root
    assert isinstance(root, source.Mapping)
    assert [written(key) for key, _ in root.entries] == ["é👍", "d", "g"]
    flow, block, listed = (value for _, value in root.entries)
    assert flow.place == source.Place("p.yaml", 1, 5, 1, 16)
    assert [written(item) for item in flow.items] == ["日本", "'b c'"]  # type: ignore[union-attr]
    assert written(block) == "|\n  e\n  f"
    assert written(listed) == "- h: {i: j}\n    k:\n  - 'l\n    m'"
    assert isinstance(listed, source.Sequence)
    assert [written(item) for item in listed.items] == ["h: {i: j}\n    k:", "'l\n    m'"]
    assert written(root) == text.removesuffix("\n# end\n")


def test_line_ends() -> None:
    """CRLF and CR end lines as LF does."""
    for end in ("\n", "\r\n", "\r"):
        read = source.read_text(f"a: 1{end}b:{end}  c: é{end}", "p.yaml")
        assert source.to_plain(read.root) == {"a": 1, "b": {"c": "é"}}
        assert read.lines == ("a: 1", "b:", "  c: é")
        node = read.root.get("b").get("c")  # type: ignore[union-attr]
        assert node.place == source.Place("p.yaml", 3, 6, 3, 7)


def test_quoted() -> None:
    """A node tells whether the author put it in quotes, and its text as said."""
    root = source.read_text("a: [1, '1', \"x\\x41\", b]\nc: |\n  d\n", "p.yaml").root
    assert isinstance(root, source.Mapping)
    items = root.get("a").items  # type: ignore[union-attr]
    assert [(item.text, item.quoted) for item in items] == [("1", False), ("1", True), ("xA", True), ("b", False)]
    assert root.get("c").quoted  # type: ignore[union-attr]
    assert root.get("d") is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab é\\\"':#", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON, min_size=1), st.sampled_from([None, 2]))
def test_reads_json(value: object, indent: int | None) -> None:
    """JSON is YAML: what is written as JSON reads as the same value, whatever its texts hold."""
    assert plain(json.dumps(value, indent=indent)) == value


@settings(max_examples=100)
@given(st.text("ab01.:,-?[]{}&*!|>'\"%@`#~ \t\n\r\\x\u200b\xa0é\x07", max_size=40) | st.binary(max_size=20))
def test_never_raises(text: str | bytes) -> None:
    """Whatever is given, reading ends with content or with a problem, at a line that there is."""
    read = source.read_text(text, "p.yaml")
    assert read.root is not None or read.problems
    for problem in read.problems:
        assert 1 <= problem.line <= max(len(read.lines), 1)
        assert 1 <= problem.column < problem.end_column
        assert problem.help


READ_ALIKE = [text for text, _ in REFUSED.values() if isinstance(text, str)]


@pytest.mark.parametrize("text", [*READ_ALIKE, "a: [b, {c: d}]\ne: |+\n  f\n\ng: 'h\n i'\n? j\n: k\n"])
def test_without_the_c_library(text: str) -> None:
    """Where PyYAML has no C library the same files are read, and the same refused."""
    with_c = source.read_text(text, "p.yaml")
    if any(problem.code in ("PR002", "PR009", "PR010") for problem in with_c.problems):
        return
    found: list[Problem] = []
    reader = Reader(source.Origin("p.yaml", text), found, yaml.SafeLoader)
    reader.read()
    assert source.to_plain(reader.root) == source.to_plain(with_c.root)
    assert sorted(p.code for p in found) == sorted(p.code for p in with_c.problems)


def test_escapes_that_the_python_library_cannot_hold() -> None:
    """Half a character, and one that there is not, are a problem there too, and no exception."""
    for escape in ("\\ud800", "\\UFFFFFFFF", "\\U00110000"):
        found: list[Problem] = []
        Reader(source.Origin("p.yaml", f'a: "{escape}"\n'), found, yaml.SafeLoader).read()
        assert [problem.code for problem in found] == ["PR001"]


MIB = 2**20
HOSTILE = {
    "aliases": "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 5000)),
    "merges": "a: &a {b: c}\n" + "".join(f"k{i}: {{<<: [*a, *a]}}\n" for i in range(20000)),
    "brackets": "[" * 100_000,
    "braces": "{a: " * 100_000,
    "dashes": "- " * 100_000,
    "steps": "".join(" " * depth + "-\n" for depth in range(1400)),
    "questions": "? " * 100_000,
    "pairs in a line": "a: " * (MIB // 3),
    "keys": "".join(f"k{number:06}:\n" for number in range(MIB // 9)),
    "numbers": "[" + "1234," * (MIB // 5 - 1) + "]",
    "records": "".join("- {a: b}\n" for _ in range(MIB // 9)),
    "a text": "a: " + "x" * (MIB - 4),
    "digits": "a: " + "9" * (MIB - 4),
    "decimals": "a: 0." + "0" * (MIB - 6),
    "tags": "! " * (MIB // 2),
    "free lines": "\n" * MIB,
    "an open quote": 'a: "' + "b " * (MIB // 2 - 3),
    "a block text": "a: |\n" + " x\n" * (MIB // 3 - 2),
    "directions": "\u202e" * (MIB // 3),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile(text: str) -> None:
    """No file of a mebibyte takes long or is read as more than it is. (500 ms is the budget; here is room for slow machines.)"""
    read = source.read_text(text, "p.yaml")
    assert read.problems or len(text) > 900_000
    assert least_s(partial(source.read_text, text, "p.yaml"), enough=4) < 4


def policy(rules: int) -> str:
    lines = ["apiVersion: policyroute/v1", "kind: Policy", "pipeline:", "  sensitivity:"]
    for number in range(rules):
        lines += [
            f"    - id: rule-{number}",
            f"      when: {{prompt: {{regex: 'mrn{number}[ :#]*\\d{{6,10}}', in: [user, system]}}, plan: [free, pro]}}",
            "      unless: {any: [{plan: [free]}, {priority: [batch]}]}  # why",
            "      add: [pii, phi]",
        ]
    return "\n".join(lines) + "\n"


def test_a_thousand_rules() -> None:
    """A policy of a thousand rules is read in a fraction of a second. (200 ms is the budget.)"""
    text = policy(1000)
    assert refused(text) == []
    assert least_s(partial(refused, text), enough=1.0) < 1.0


def test_too_many_values() -> None:
    """More than 100,000 values in one file are refused."""
    assert [code for code, _, _ in refused("[" + "a," * 100_001 + "]")] == ["PR009"]
    assert refused("[" + "a," * 99_000 + "]") == []


def test_read_file(tmp_path: Path) -> None:
    """A file is read, under the name that is shown."""
    path = tmp_path / "p.yaml"
    path.write_bytes("a: é\r\n".encode())
    assert source.to_plain(source.read_file(path).root) == {"a": "é"}
    assert source.read_file(str(path)).file == str(path)
    path.write_bytes(b"a: 012\n")
    assert [problem.file for problem in source.read_file(path, "shown.yaml").problems] == ["shown.yaml"]
    path.write_bytes(b"#" * (MIB + 1))
    assert [problem.code for problem in source.read_file(path).problems] == ["PR009"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a folder, a device, a link to itself and an impossible name are problems, not exceptions."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "file").write_text("a: 1\n")
    missing = ("missing", "", "loop", "file/x", "x" * 300, "a\0b")
    for path in (*(tmp_path / name for name in missing), Path("/dev/zero")):
        read = source.read_file(path, "p.yaml")
        assert [(problem.code, problem.file, problem.line) for problem in read.problems] == [("PR012", "p.yaml", 1)]
        assert read.root is None
    assert "folder" in source.read_file(tmp_path).problems[0].message


def test_numbers_are_finite() -> None:
    """No number that is read is infinite or none at all."""
    for text in ("1e308", "1.7976931348623157e308", "5e-324"):
        found = source.resolved(text)
        assert isinstance(found, float)
        assert math.isfinite(found)
        assert found > 0
