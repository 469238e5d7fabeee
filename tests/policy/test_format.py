"""The canonical form: it says the same, keeps every comment, and is its own canonical form."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml
from hypothesis import given, settings, strategies as st

from policyroute.policy import source
from policyroute.policy.format import POLICY, FormatError, canonical
from policyroute.policy.format.comments import comments_of

SECTIONS = [*POLICY, "requests", "tests", "unknown", "x y", "null", "007", "#odd"]
WORDS = [
    "a",
    "pii",
    "no",
    "80%",
    "10m",
    "a b",
    "12",
    "-1",
    "0.50",
    "true",
    "null",
    "~",
    "2026-11-02",
    "a:b",
    "x#y",
    "it's",
    "é",
    "日本",
    "ok-ok",
]
TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "a, b",
            "yes",
            "08:00",
            "a: b",
            "# no",
            "'",
            '"',
            "\\d+",
            "- x",
            "a\nb",
            "\u200b",
            "\u0430",
            "x:",
            "...",
            "---",
            "{a}",
            "a|b",
        ]
    ),
    st.text(alphabet="ab \t\n:#'\"\\,[]{}-?&*!|>%@`~=.0é日\u200b\xa0", max_size=12),
)


class Writer:
    """Writes a document as an untidy author would: any style that YAML allows, comments and free lines anywhere."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.count = 0

    def one_of(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def chance(self, of: int) -> bool:
        return self.draw(st.integers(1, of)) == of

    def beside(self) -> str:
        """Perhaps a comment at the end of a line."""
        if not self.chance(5):
            return self.one_of("", "", "", " ", "   ")
        self.count += 1
        return f"{self.one_of(' ', '   ')}#{self.one_of(' ', '', '- ')}beside {self.count}{self.one_of('', ' ', ' # [')}"

    def between(self, indent: int) -> list[str]:
        """Perhaps free lines, and comments of their own."""
        lines: list[str] = []
        while self.chance(5):
            if self.chance(2):
                lines.append(self.one_of("", "", "   "))
            else:
                self.count += 1
                lines.append(
                    " " * max(0, indent + self.draw(st.sampled_from([0, 0, 0, -2, 2, 1]))) + f"# above {self.count} - x: "
                )
        return lines

    def text(self, flow: bool, key: bool = False) -> str:
        """A scalar of one line."""
        if self.chance(2):
            word = self.draw(st.sampled_from(WORDS))
            return "named" if key and word in ("null", "~") else word
        text = self.draw(TEXTS)
        if self.chance(2) and text.isprintable():
            return "'" + text.replace("'", "''") + "'"
        escaped = (
            text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\u200b", "\\u200b")
        )
        return f'"{escaped}"' if not key else f'"k{escaped}"'.replace("\\u200b", "")

    def keys(self) -> list[str]:
        """Keys as written, no two of one name."""
        found: dict[str, str] = {}
        for _ in range(self.draw(st.integers(1, 3))):
            written = self.text(flow=True, key=True)
            plain = source.read_text(f"{written}: 1\n", "k").root
            if isinstance(plain, source.Mapping) and plain.entries:
                found.setdefault(plain.entries[0][0].text, written)
        return list(found.values()) or ["key"]

    def flow(self, depth: int, broken: bool) -> str:
        """A list or mapping in brackets, in one line or over several."""

        def gap() -> str:
            if not broken or not self.chance(2):
                return self.one_of("", " ", "  ")
            return self.beside() + "\n" + "".join(line + "\n" for line in self.between(4)) + "        "

        def inner() -> str:
            return self.flow(depth - 1, broken) if depth and self.chance(3) else self.text(flow=True)

        if self.chance(2):
            items = [gap() + inner() + gap() for _ in range(self.draw(st.integers(0, 3)))]
            return "[" + ",".join(items) + (gap() if self.chance(3) else "") + "]"
        pairs = [f"{gap()}{key}: {inner()}{gap()}" for key in (self.keys() if self.chance(2) else [])]
        return "{" + ",".join(pairs) + ("," if pairs and self.chance(5) else "") + gap() + "}"

    def block_text(self, indent: int) -> list[str]:
        """A `|` or `>` scalar."""
        pad = " " * (indent + self.draw(st.integers(1, 4)))
        body = self.draw(
            st.lists(st.sampled_from(["a", "b c", "# no comment", "", "  deeper", "- x", "k: v"]), min_size=1, max_size=4)
        )
        if body[0].startswith(" ") or not "".join(body).strip():
            body = ["first", *body]
        while body[0] == "":
            body = body[1:]
        if body[0].startswith(" "):
            body = ["first", *body]
        header = self.one_of("|", ">") + self.one_of("", "-", "+")
        return [header + self.beside(), *(pad + line if line else "" for line in body), *[""] * self.draw(st.integers(0, 2))]

    def value(self, head: str, indent: int, depth: int) -> list[str]:
        """What stands behind a key or dash, in any form."""
        form = self.one_of("word", "word", "flow", "broken", "mapping", "list", "block", "lines", "nothing")
        if form == "mapping" and depth:
            inner = indent + self.draw(st.integers(1, 4))
            return [head + self.beside(), *self.mapping(inner, depth - 1, self.keys())]
        if form == "list" and depth:
            inner = indent + self.draw(st.integers(1, 3))
            return [head + self.beside(), *self.listed(inner, depth - 1)]
        if form == "block":
            first, *rest = self.block_text(indent)
            return [f"{head} {first}", *rest]
        if form == "lines":
            quote = self.one_of("'", '"', "")
            return [f"{head} {quote}one", *[""] * self.draw(st.integers(0, 1)), " " * (indent + 3) + f"two{quote}{self.beside()}"]
        if form == "nothing":
            return [head + self.beside()]
        text = self.text(flow=False) if form == "word" else self.flow(2, form == "broken")
        if self.chance(8):
            return [head + self.beside(), *self.between(indent + 2), f"{' ' * (indent + 2)}{text}{self.beside()}"]
        return f"{head}{self.one_of(' ', '   ')}{text}{self.beside()}".split("\n")

    def mapping(self, indent: int, depth: int, keys: list[str]) -> list[str]:
        lines: list[str] = []
        for key in keys:
            lines += self.between(indent)
            lines += self.value(f"{' ' * indent}{key}{self.one_of('', '', ' ')}:", indent, depth)
        return lines + self.between(indent)

    def listed(self, indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self.draw(st.integers(1, 3))):
            lines += self.between(indent)
            if depth and self.chance(3):
                first, *rest = self.mapping(indent + 2, 0, self.keys())
                if first.strip() and not first.lstrip().startswith("#"):
                    lines += [" " * indent + "- " + first.lstrip(), *rest]
                    continue
            lines += self.value(" " * indent + "-", indent, depth)
        return lines + self.between(indent)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Policies that can be read, in any layout."""
    writer = Writer(draw)
    keys = draw(st.lists(st.sampled_from(SECTIONS), unique=True, min_size=1, max_size=5))
    written = [f'"{key}"' if key in ("null", "#odd") or writer.chance(6) else key for key in keys]
    lines = ["kind: Policy"] if "kind" not in keys and writer.chance(2) else []
    lines = writer.between(0) + lines + writer.mapping(0, 3, written)
    end = writer.one_of("\n", "\r\n") if "\t" not in "".join(lines) else "\n"
    return end.join(lines) + end


def sections(text: str) -> dict[str, object]:
    """What a file says, section by section; the order inside of a section counts."""
    root = source.read_text(text, "t").root
    assert isinstance(root, source.Mapping)
    return {key.text: repr(source.to_plain(value)) for key, value in root.entries}


def comments(text: str) -> Counter[str]:
    root = source.read_text(text, "t").root
    assert root is not None
    return Counter(comment.text for comment in comments_of(root))


@settings(max_examples=100)
@given(documents())
def test_law(document: str) -> None:
    """The canonical form says the same, keeps every comment, and is its own canonical form."""
    formatted = canonical(document)
    assert sections(formatted) == sections(document)
    assert comments(formatted) == comments(document)
    assert canonical(formatted) == formatted
    assert formatted.endswith("\n")
    assert "\r" not in formatted
    written = [key for key in sections(formatted) if key in POLICY]
    if "kind: Policy\n" in formatted:
        assert written == [key for key in POLICY if key in written]


CASES = {
    "two spaces of indent, and lists indented under their key": (
        "pipeline:\n    routes:\n    - id:   a\n      to:  b\n    -   id: c\n",
        "pipeline:\n  routes:\n    - id: a\n      to: b\n    - id: c\n",
    ),
    "spaces inside of braces": (
        "a: { b: 1,c:  [ x , y ],   d: {},e: [ ] }\n",
        "a: {b: 1, c: [x, y], d: {}, e: []}\n",
    ),
    "sections in the order of the language, each with the comments above it": (
        "# about baseline\nbaseline: m  # why\nkind: Policy\n# about models\n# in two lines\nmodels:\n  m: {}\n"
        "  # last of models\nmetadata:\n  name: x\n"
        "apiVersion: v1\nzzz: 1\n",
        "apiVersion: v1\nkind: Policy\nmetadata:\n  name: x\n\n# about models\n# in two lines\nmodels:\n  m: {}\n"
        "  # last of models\n\n"
        "# about baseline\nbaseline: m  # why\nzzz: 1\n",
    ),
    "sections of a test file": (
        "tests:\n  - {name: n}\nkind: PolicyTest\nrequests: {}\nseed: 7\npolicy: p.yaml\nnow: 2026-11-02T09:00:00Z\n",
        "kind: PolicyTest\npolicy: p.yaml\nnow: 2026-11-02T09:00:00Z\nseed: 7\nrequests: {}\n\ntests:\n  - {name: n}\n",
    ),
    "files of other kinds keep their order": (
        "upstreams: {}\nkind: Gateway\napiVersion: x\n",
        "upstreams: {}\nkind: Gateway\napiVersion: x\n",
    ),
    "one free line around a section of several lines, none between one-line sections": (
        "kind: Policy\nmodels:\n  a: {}\ncache: {}\nrequested_model: prefer\n\n\nbaseline: a\n\n\n\n",
        "kind: Policy\n\nmodels:\n  a: {}\n\ncache: {}\nrequested_model: prefer\n\nbaseline: a\n",
    ),
    "at most one free line elsewhere, none where a block begins": (
        "a:\n\n  b: 1\n\n\n  c: 2\n  d: 3\n",
        "a:\n  b: 1\n\n  c: 2\n  d: 3\n",
    ),
    "quotes go where nobody can mistake the text": (
        'a: "word"\nb: \'two words\'\n"c": ["x", \'a.b/c-d\']\n',
        "a: word\nb: two words\nc: [x, a.b/c-d]\n",
    ),
    "quotes stay where the text would be something else, here or in YAML 1.1": (
        'a: ["yes", "no", "1", "0.5", "null", "", "08:00", "2026-11-02", "@acme/x", "a: b", "a #b", "x:", "- x", "~", "true"]\n',
        'a: ["yes", "no", "1", "0.5", "null", "", "08:00", "2026-11-02", "@acme/x", "a: b", "a #b", "x:", "- x", "~", "true"]\n',
    ),
    "patterns keep their quotes, single ones where there are backslashes": (
        'a: {regex: "\\\\d{3}", b: \'a|b\', c: "it\'s \\"x\\""}\n',
        "a: {regex: '\\d{3}', b: \"a|b\", c: 'it''s \"x\"'}\n",
    ),
    "what was made visible stays visible": (
        'a: "p\\u200bii \\u0430 \\x41"\nb: "tab\\t"\n',
        'a: "p\\u200bii \\u0430 \\x41"\nb: "tab\\t"\n',
    ),
    "what cannot be seen stays as it was written": ("a: '\xa0x'\nb: \"\\u0430\"\n", "a: '\xa0x'\nb: \"\\u0430\"\n"),
    "a comment beside a key goes with what its value begins with": ("a: # why\n  [x,\n   y]\n", "a: [  # why\n  x,\n  y,\n]\n"),
    "a comment below the last item belongs to the list": ("a:\n  - b: 1\n  # of a\nc: 1\n", "a:\n  - b: 1\n  # of a\n\nc: 1\n"),
    "keys without a value in braces": ("a: {b,\n  c: }\n", "a: {\n  b: null,\n  c: null,\n}\n"),
    "a blank kept by a backslash": ('a: "x\\ \n    y"\n', 'a: "x\\ \n  y"\n'),
    "an indent that the header tells": ("a:\n    b: >2\n          x\n        y\n", "a:\n  b: >2\n        x\n      y\n"),
    "nor between it and what follows": ("a: |+\n  x\n\nb:\n  - c\n", "a: |+\n  x\n\nb:\n  - c\n"),
    "no line is added to a text that keeps them": (
        "zzz: |+\n  x\n\nkind: Policy\n\n# end\n",
        "kind: Policy\n\nzzz: |+\n  x\n\n# end\n",
    ),
    "comments at the end of a line stay on their line": (
        "a: # one\n  - b # two\n  -   # three\n    c: d   # four\n  - [x,   # five\n     y] # six\ne: [x] #seven\n",
        "a:  # one\n  - b  # two\n  -  # three\n    c: d  # four\n  - [\n      x,  # five\n      y,\n    ]  # six\n\n"
        "e: [x]  #seven\n",
    ),
    "a list or mapping over several lines becomes one line an entry": (
        "a: {b: [x,\n  y], # why\n    # about c\n    c: {d: 1}}\n",
        "a: {\n  b: [\n    x,\n    y,\n  ],  # why\n  # about c\n  c: {d: 1},\n}\n",
    ),
    "comments below a block belong to it when they are indented like it": (
        "a:\n  b:\n    c: 1\n    # of b\n  # of a\n# of d\nd: 1\n# of the file\n",
        "a:\n  b:\n    c: 1\n    # of b\n  # of a\n\n# of d\nd: 1\n# of the file\n",
    ),
    "comments below a list that is not indented belong to what follows": (
        "a:\n- 1\n# of 2\n- 2\n# of b\nb: 1\n",
        "a:\n  # of 2\n  - 2\n\n# of b\nb: 1\n".replace("  # of 2", "  - 1\n  # of 2"),
    ),
    "the head of the file stays on top": (
        "# yaml-language-server: $schema=x\n# about kind\nkind: Policy\napiVersion: v1\n",
        "# yaml-language-server: $schema=x\napiVersion: v1\n# about kind\nkind: Policy\n",
    ),
    "a licence above a free line stays on top": (
        "# licence\n\n# about kind\nkind: Policy\napiVersion: v1\n",
        "# licence\n\napiVersion: v1\n# about kind\nkind: Policy\n",
    ),
    "block texts keep every character, at the indent of their place": (
        "a:   |-  # why\n      x  \n       y\n\n      # no comment\nb: >+\n  c\n\n",
        "a: |-  # why\n  x  \n   y\n\n  # no comment\n\nb: >+\n  c\n\n",
    ),
    "a block text that begins with spaces says how far it is indented": ("a: |2\n    x\n   y\n", "a: |2\n    x\n   y\n"),
    "a text over several lines keeps its lines": ("a: 'x\n   y\n\n   z'\nb: p\n q\n", "a: 'x\n  y\n\n  z'\n\nb: p\n  q\n"),
    "a value below its key moves up, and so does the comment beside the key": ("a: # why\n  b\nc:\n  d\n", "a: b  # why\nc: d\n"),
    "document marks and the directive go": ("%YAML 1.2\n--- # why\na: 1\n...\n", "# why\na: 1\n"),
    "line ends are LF, and blanks at the end of a line go": ("a: 1  \r\nb:\r\n  - x\t\r\n\r\n", "a: 1\n\nb:\n  - x\n"),
    "what is JSON becomes sections": (
        '{"kind": "Policy", "apiVersion": "v1",\n "models": {"a": {}}}',
        "apiVersion: v1\nkind: Policy\nmodels: {a: {}}\n",
    ),
    "lists in lists": ("a:\n  - - 1\n    - 2\n  -\n    - 3\n", "a:\n  - - 1\n    - 2\n  - - 3\n"),
    "nothing said stays unsaid": ("a:\nb:\n  -\n  - c:\nd: {e}\n", "a:\n\nb:\n  -\n  - c:\n\nd: {e: null}\n"),
}


@pytest.mark.parametrize(("written", "expected"), CASES.values(), ids=CASES.keys())
def test_case(written: str, expected: str) -> None:
    """Each case has this canonical form, which is its own."""
    assert canonical(written) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: 1\nb: [1\n", "PR001", 2, 6),
        ("a: 1\na: 2\n", "PR003", 2, 1),
        ("- a\n", "PR016", 1, 1),
        # Without its question mark this key would be too long to be one.
        (f"a: 1\n? {'k' * 1100}\n: 1\n", "PR016", 1, 1),
    ],
)
def test_without_a_canonical_form(text: str, code: str, line: int, column: int) -> None:
    """A file that cannot be formatted is refused, with the place that is in the way."""
    with pytest.raises(FormatError) as caught:
        canonical(text, "p.yaml")
    problem = caught.value.problems[0]
    assert (problem.code, problem.file, problem.line, problem.column) == (code, "p.yaml", line, column)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a: {b: why?}", 'a: {b: "why?"}'),
        ("a: [why?, w?y, why]", 'a: ["why?", "w?y", why]'),
        ("a: {why?: 1}", 'a: {"why?": 1}'),
        ("a: [\n  why?,\n  {w?: x},\n]", 'a: [\n  "why?",\n  {"w?": x},\n]'),
        ("a: {b: no\n  idea?}", 'a: {\n  b: "no idea?",\n}'),
        ("a: why?", "a: why?"),
        ("why?: a", "why?: a"),
        ("a:\n  - why?", "a:\n  - why?"),
    ],
)
def test_a_question_in_brackets_is_quoted(text: str, written: str) -> None:
    """The parser that PyYAML has in Python ends a text in brackets at a `?`; so it is quoted there, and only there."""
    formed = canonical(text + "\n", "p.yaml")
    assert formed == written + "\n"
    assert yaml.safe_load(formed) == source.to_plain(source.read_text(text, "p.yaml").root)
