"""A tree of JSON as the leaves that can hold a value: texts, numbers and keys, also those of JSON inside text."""

from __future__ import annotations

import json
import re
from typing import Literal, NamedTuple

from policyroute.dialects.dialect.texts import WORDS, number_text
from policyroute.dialects.json_body import Json, Real

MOST_LAYERS = 3
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?', re.DOTALL)
_COLON = re.compile(r"[ \t\r\n]*:[ \t\r\n]*").match
_LONE = re.compile("[\ud800-\udfff]").search
_BLOB = re.compile(r"(?:data:[^,]{0,256},)?[A-Za-z0-9+/_-]+=*\s*", re.IGNORECASE).fullmatch
_BLOB_CHARS = 512
_SAYS_NOTHING_CHARS = 6
# Where base64 stands for a file.
_ENCODED = frozenset({"data", "file_data"})
# Where the items of a list are pieces of one message.
_PIECES = frozenset({"content", "output", "parts", "summary", "system"})
_TEXT = "text"

Sort = Literal["text", "number", "key"]


class Leaf:
    """One text that can be masked. `value` is what stood there, `shown` how a reader sees it, and `text` what it is to become.

    One that is `quiet` is not looked at on its own, and one that is `sealed` makes no sense with anything else in it.
    """

    __slots__ = ("quiet", "sealed", "shown", "sort", "text", "value")

    def __init__(self, value: Json, shown: str, sort: Sort, *, quiet: bool = False, sealed: bool = False) -> None:
        self.value = value
        self.shown = shown
        self.text = shown
        self.sort = sort
        self.quiet = quiet
        self.sealed = sealed


class Inner(NamedTuple):
    """JSON inside text: the text as it was, and where in it each token that can hold a value begins and ends."""

    source: str
    tokens: list[tuple[int, int, Node]]


class Members(NamedTuple):
    """An object."""

    pairs: list[tuple[Leaf, Node]]


class Items(NamedTuple):
    """A list."""

    nodes: list[Node]


class Fixed(NamedTuple):
    """What cannot hold a text. A decoder of somebody else's has its own numbers."""

    value: Json


Node = Leaf | Inner | Members | Items | Fixed


class Unmaskable(Exception):
    """What would be left is not what it was: two keys of one object become the same, or a file is broken."""


class Page:
    """A grown tree. `lines` are its leaves, each with what stands between it and the next; `runs` are texts that are read as one.

    What stands under a key of `beside` is left as it is: the name of the model.
    """

    def __init__(self, tree: Json, beside: frozenset[str] = frozenset()) -> None:
        self.lines: list[tuple[Leaf, str]] = []
        self.runs: list[list[Leaf]] = []
        self.root = self._object(tree, beside) if type(tree) is dict else self._grown(tree)

    def _grown(self, value: Json, key: str = "", layers: int = 0) -> Node:
        if type(value) is str:
            return self._text(value, layers, key)
        if type(value) is dict:
            return self._object(value)
        if type(value) is list:
            return self._list(value, key)
        if type(value) is int or type(value) is Real:
            text = number_text(value)
            return self._line(Leaf(value, text, "number", quiet=len(text) <= _SAYS_NOTHING_CHARS))
        return Fixed(value)

    def _line(self, leaf: Leaf, gap: str = "\n") -> Leaf:
        self.lines.append((leaf, gap))
        return leaf

    def _key(self, key: str, *, leads: bool) -> Leaf:
        leaf = Leaf(key, key, "key", quiet=key in WORDS)
        return leaf if leaf.quiet else self._line(leaf, ": " if leads else "\n")

    def _text(self, text: str, layers: int, key: str = "") -> Node:
        if text in WORDS:
            return Leaf(text, text, "text", quiet=True)
        if layers < MOST_LAYERS and is_json(text):
            return self._inner(text, layers + 1)
        blob = (len(text) > _BLOB_CHARS or key in _ENCODED or text[:5].lower() == "data:") and _BLOB(text) is not None
        sealed = blob and (key in _ENCODED or text[:5].lower() == "data:")
        return self._line(Leaf(text, text, "text", quiet=blob and not sealed, sealed=sealed))

    def _object(self, given: dict[str, Json], beside: frozenset[str] = frozenset()) -> Members:
        pairs: list[tuple[Leaf, Node]] = []
        for key, value in given.items():
            if key in beside and type(value) is str:
                pairs.append((Leaf(key, key, "key", quiet=True), Leaf(value, value, "text", quiet=True)))
                continue
            leads = (type(value) is str and value not in WORDS) or type(value) is int or type(value) is Real
            named = self._key(key, leads=leads)
            pairs.append((named, self._grown(value, key)))
        return Members(pairs)

    def _list(self, given: list[Json], key: str) -> Items:
        nodes = [self._grown(value) for value in given]
        run = []
        for node in nodes if key in _PIECES else ():
            held = _member(node, _TEXT) if isinstance(node, Members) else node
            if isinstance(held, Leaf) and held.sort == "text" and not held.quiet:
                run.append(held)
        if len(run) > 1:
            self.runs.append(run)
        return Items(nodes)

    def _inner(self, source: str, layers: int) -> Inner:
        tokens: list[tuple[int, int, Node]] = []
        for match in _TOKEN.finditer(source):
            token, end = match[0], match.end()
            node: Node
            if token[0] != '"':
                shown = token if token.lstrip("-").isdigit() else number_text(Real(token))
                node = self._line(Leaf(token, shown, "number", quiet=len(token) <= _SAYS_NOTHING_CHARS))
            else:
                said = json.loads(token, strict=False)
                colon = _COLON(source, end)
                if colon is None:
                    node = self._text(said, layers)
                else:
                    node = self._key(said, leads=_TOKEN.match(source, colon.end()) is not None)
            tokens.append((match.start(), end, node))
        return Inner(source, tokens)


def rebuilt(node: Node) -> Json:
    """The tree again, with what its leaves say now."""
    if isinstance(node, Leaf):
        return node.text if _changed(node) else node.value
    if isinstance(node, Inner):
        return _retold(node)
    if isinstance(node, Members):
        made: dict[str, Json] = {}
        for key, held in node.pairs:
            if key.text in made:
                raise Unmaskable
            made[key.text] = rebuilt(held)
        return made
    if isinstance(node, Items):
        return [rebuilt(held) for held in node.nodes]
    return node.value


def is_json(text: str) -> bool:
    """Whether a text is JSON that has more in it than a word."""
    if not text.lstrip(" \t\r\n").startswith(("{", "[", '"')):
        return False
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


def _retold(inner: Inner) -> str:
    parts: list[str] = []
    at = 0
    for start, end, node in inner.tokens:
        if _changed(node):
            text = rebuilt(node)
            escapes = inner.source.isascii() or _LONE(str(text)) is not None
            parts += (inner.source[at:start], json.dumps(str(text), ensure_ascii=escapes))
            at = end
    return "".join([*parts, inner.source[at:]])


def _changed(node: Node) -> bool:
    if isinstance(node, Inner):
        return any(_changed(held) for _, _, held in node.tokens)
    return isinstance(node, Leaf) and node.text != node.shown


def _member(node: Members, name: str) -> Node | None:
    return next((held for key, held in node.pairs if key.value == name), None)
