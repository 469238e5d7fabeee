"""How a body is read. A dialect is a table of its fields; the one walker below reads all of them.

A path names a place in the body: `messages[].content[].text`. `[]` is every item of a list, and a step in angles holds
only for objects of that type: `content[]<document>.source<text>.data`. What a table does not declare is read as text
all the same, with its key, because it is forwarded: forgetting a field may cost a little noise, never a blind spot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from policyroute.call import Api, Call, Feature, Part, Role
from policyroute.dialects.json_body import WORDS, Json, Real, joined, number_text, opened, put_lines
from policyroute.errors import CallError

Kind = Literal[
    "object",  # only structure: longer paths declare what it holds
    "one_or_many",  # a list, or the one item of it
    "turn",  # a message: an object with a role
    "part",  # a piece of a message: of one of the `types`, or without any with declared keys only
    "text",  # what somebody says
    "documents",  # texts that have nothing to do with each other
    "prompts",  # the same, and each is answered on its own
    "document",  # one of those, or a token id
    "aside",  # text beside what is said: names, ids, descriptions
    "json",  # JSON inside text, or the same as an object
    "number",
    "flag",
    "token",  # a token id
    "opaque",  # what cannot be read; `opaque` names it
    "free",  # any shape: every key and leaf is text
    "model",
    "max_output",
    "answers",
    "stream",
    "seen",  # looked at elsewhere: a role, a type, and what is asked of policyroute and does not leave with the call
]
TEXTUAL: frozenset[Kind] = frozenset({"text", "documents", "prompts", "document", "aside", "json", "opaque", "free"})

ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
}


class Field(NamedTuple):
    """One place in a body and what stands there. A `role` holds for everything below the place."""

    path: str
    kind: Kind = "object"
    role: Role | None = None
    opaque: str = ""
    feature: Feature | None = None
    types: tuple[str, ...] = ()
    by: tuple[str, ...] = ("type",)


# What is asked of policyroute stands in the same places of every dialect, and is read in `headers`.
ASKS = (Field("metadata"), Field("metadata.policyroute", "seen"), Field("max_cost", "seen"), Field("prefer_speed", "seen"))


class Misread(Exception):
    """Something is not what the table says. Each level adds its step to the place on the way out."""

    def __init__(self, wants: str, *steps: str) -> None:
        super().__init__(wants)
        self.wants = wants
        self.steps = list(steps)


Hears = Callable[["Walk", "Node", str, Role], None]
Weighs = Callable[["Walk", "Node", int | Real, Role], None]


@dataclass(frozen=True, slots=True)
class Node:
    """What stands at one place, and what below it: a table, grown into a tree."""

    field: Field
    role: Role | None  # that of the field, held here because it is asked for at every step
    hear: Hears
    weigh: Weighs
    fields: Mapping[str, Node] | None
    items: Node | None
    variants: Mapping[str, Node]
    spellings: frozenset[str]
    wants: str


class Dialect(NamedTuple):
    """One wire format."""

    api: Api
    fields: tuple[Field, ...]
    root: Node
    needs: tuple[str, ...]


def declare(api: Api, fields: Sequence[Field], *, needs: tuple[str, ...] = (), twins: bool = False) -> Dialect:
    """The dialect of a table. `needs` are the lists it makes no sense without; with `twins` camelCase may be snake_case."""
    rows = [(tuple(_STEPS.findall(f.path)), f) for f in fields]
    return Dialect(api, tuple(fields), _grown(rows, twins), needs)


def under(place: str, fields: Sequence[Field]) -> tuple[Field, ...]:
    """The same fields at another place."""
    return tuple(f._replace(path=place + (f.path if f.path[:1] in ("", "[", "<") else f".{f.path}")) for f in fields)


_Rows = list[tuple[tuple[str, ...], Field]]
_STEPS = re.compile(r"\[\]|<[^>]+>|[^.\[<]+")


def _grown(rows: _Rows, twins: bool) -> Node:
    here = Field("")
    plain: _Rows = []
    named: dict[str, _Rows] = {}
    typed: dict[str, _Rows] = {}
    for steps, declared in rows:
        if not steps:
            here = declared
        elif steps[0][0] == "<":
            typed.setdefault(steps[0][1:-1], []).append((steps[1:], declared))
        else:
            plain.append((steps, declared))
            named.setdefault(steps[0], []).append((steps[1:], declared))
    below = {step: _grown(some, twins) for step, some in named.items()}
    items = below.pop("[]", None)
    if twins:
        below |= {_CAPITAL.sub(lambda m: f"_{m[0].lower()}", key): node for key, node in below.items()}
    fields = below if below or (items is None and here.kind in ("object", "turn", "part")) else None
    variants = {name: _grown([((), here), *plain, *some], twins) for name, some in typed.items()}
    meaning = _KINDS.get(here.kind, _Meaning(""))
    shapes = [meaning.wants] + ["an object"] * (fields is not None) + ["a list"] * (items is not None)
    spellings = frozenset(map(str.casefold, below))
    return Node(
        here, here.role, meaning.hear, meaning.weigh, fields, items, variants, spellings, " or ".join(filter(None, shapes))
    )


_CAPITAL = re.compile("[A-Z]")


def read(dialect: Dialect, body: dict[str, Json]) -> Call:
    """The call, as far as the body says it in this dialect."""
    for name in dialect.needs:
        if body.get(name) is None:
            raise CallError(f"{name}: missing")
    walk = Walk()
    try:
        walk.through(dialect.root, body, "user")
    except Misread as wrong:
        complaint = f"{''.join(reversed(wrong.steps)).lstrip('.')}: expected {wrong.wants}"
    else:
        return walk.heard(dialect.api)
    raise CallError(complaint)


class Walk:
    """One reading of one body: goes through it with the table, and keeps what it hears."""

    def __init__(self) -> None:
        self.said: dict[Role, list[str]] = {}
        self.aside: dict[Role, list[str]] = {}
        self.parts: list[Part] = []
        self.unscanned: list[str] = []
        self.has: set[Feature] = set()
        self.model: str | None = None
        self.sizes: dict[Kind, int] = {}
        self.turn, self.prompts, self.stream = 0, 1, False

    def heard(self, api: Api) -> Call:
        """Everything heard. What stands outside the messages is put around them, and never makes a turn of its own."""
        turns = self.parts
        self.parts, self.turn = [], next((part.turn for part in turns if part.role == "user"), 0)
        self.close()
        around = self.parts
        first = [part._replace(turn=0) for part in around if part.role == "system"]
        parts = (*first, *turns, *[part for part in around if part.role != "system"]) if around else tuple(turns)
        return Call(
            parts,
            api,
            requested_model=self.model,
            max_output=self.sizes.get("max_output"),
            answers=self.sizes.get("answers", 1) * self.prompts,
            stream=self.stream,
            has=frozenset(self.has),
            unscanned=tuple(dict.fromkeys(self.unscanned)),
        )

    def close(self) -> None:
        """End a turn: what each role said becomes one part, and what stood beside it another."""
        for role, texts in self.said.items():
            self.parts.append(Part(role, texts[0] if len(texts) == 1 else joined(texts), self.turn))
        if self.aside:
            self.parts += [Part(role, "\n".join(texts), self.turn) for role, texts in self.aside.items() if texts]
        self.said.clear()
        self.aside.clear()

    def through(self, node: Node, given: dict[str, Json], role: Role) -> None:
        """An object, key by key."""
        declared = node.field
        if declared.types or node.variants:
            told = next((given[key] for key in declared.by if key in given), "")
            told = told.partition("/")[0] if type(told) is str else "*"
            if declared.types and told not in declared.types:
                self.unscanned.append("unknown_part")
                self.leaves(told, role)
            node = node.variants.get(told, node)
        fields = node.fields or {}
        for key, value in given.items():
            try:
                below = fields.get(key)
                if below is None:
                    if key.casefold() in node.spellings:
                        raise Misread("the usual spelling of this name")  # some servers do not tell them apart
                    if node.field.kind == "part" and not declared.types:
                        self.unscanned.append("unknown_part")
                    self.leaves(value, role, key)
                elif type(value) is str:
                    below.hear(self, below, value, below.role or role)
                elif value is not None:
                    self.anything(below, value, below.role or role)
            except Misread as wrong:
                wrong.steps.append(f".{key}")
                raise

    def anything(self, node: Node, value: Json, role: Role) -> None:
        """A value that is not text: go into it, or take it as what the table says it is."""
        declared = node.field
        kind = declared.kind
        if value and declared.feature is not None:
            self.has.add(declared.feature)
        if kind == "opaque":
            self.unscanned.append(declared.opaque)
        if kind == "seen":
            return
        if type(value) is dict and node.fields is not None:
            self.through(node, value, role)
        elif type(value) is dict and node.items is not None and kind == "one_or_many":
            self.each(node, node.items, [value], role)
        elif type(value) is list and node.items is not None:
            self.each(node, node.items, value, role)
        elif type(value) is int or type(value) is Real:
            node.weigh(self, node, value, role)
        elif type(value) is bool and kind == "stream":
            self.stream = value
        elif kind in (("flag", "free") if type(value) is bool else ("free", "json", "opaque")):
            self.leaves(value, role)
        else:
            raise Misread(node.wants)

    def each(self, node: Node, item: Node, values: list[Json], role: Role) -> None:
        """A list, item by item."""
        if item.field.kind == "turn":
            self.turns(item, values)
            return
        if item.field.kind in ("document", "token"):
            if set(map(type, values)) == {int}:
                self.unscanned.append("token_ids")  # at once: these lists are long
                return
            _say(self, item, "\n".join([text for text in values if type(text) is str]), role)
            if node.field.kind == "prompts":
                self.prompts = max(1, len(values))
        role = item.role or role
        for index, value in enumerate(values):
            try:
                if type(value) is str:
                    item.hear(self, item, value, role)
                elif value is None:
                    raise Misread(item.wants)
                else:
                    self.anything(item, value, role)
            except Misread as wrong:
                wrong.steps.append(f"[{index}]")
                raise

    def turns(self, node: Node, values: list[Json]) -> None:
        """Messages: what is said in one is kept together, under its role."""
        outer = self.said, self.aside
        self.said, self.aside = {}, {}
        for index, value in enumerate(values):
            try:
                if type(value) is not dict:
                    raise Misread(node.wants)
                told, sort = value.get("role"), value.get("type")
                silent = node.variants.get(sort, node).role if type(sort) is str else node.role
                role = ROLES.get(told) if type(told) is str else silent if told is None else None
                if role is None:
                    raise Misread(f"one of {', '.join(ROLES)}", ".role")
                self.through(node, value, role)
            except Misread as wrong:
                wrong.steps.append(f"[{index}]")
                raise
            self.close()
            self.turn += 1
        self.said, self.aside = outer

    def leaves(self, value: Json, role: Role, key: str = "") -> None:
        """A value of any shape: every key and every leaf is text."""
        if not put_lines(value, key, self.aside.setdefault(role, [])):
            self.unscanned.append("unknown_part")


_MOST = 1_000_000_000
_SAYS_NOTHING_CHARS = 6  # a temperature or a limit; a longer number can name somebody
_ID_CHARS = 256


def _refuse(_walk: Walk, node: Node, _value: str | int | Real, _role: Role) -> None:
    raise Misread(node.wants)


def _say(walk: Walk, _node: Node, text: str, role: Role) -> None:
    if text:
        walk.said.setdefault(role, []).append(opened(text))


def _add_aside(walk: Walk, _node: Node, text: str, role: Role) -> None:
    if text not in WORDS:
        walk.aside.setdefault(role, []).append(opened(text))


def _add_number(walk: Walk, _node: Node, number: int | Real, role: Role) -> None:
    text = number_text(number)
    if len(text) > _SAYS_NOTHING_CHARS:
        walk.aside.setdefault(role, []).append(text)


def _add_leaf(walk: Walk, _node: Node, leaf: str | int | Real, role: Role) -> None:
    walk.leaves(leaf, role)


def _cannot_read(walk: Walk, node: Node, text: str, role: Role) -> None:
    if text:
        walk.unscanned.append(node.field.opaque)
        if node.field.feature is not None:
            walk.has.add(node.field.feature)
        if "://" in text[:16]:
            walk.unscanned.append("url")
        if "://" in text[:16] or (len(text) <= _ID_CHARS and ";base64," not in text):
            walk.leaves(text, role)  # an address or an id is forwarded as text


def _add_token(walk: Walk, _node: Node, _token: int | Real, _role: Role) -> None:
    walk.unscanned.append("token_ids")


def _take_model(walk: Walk, node: Node, name: str, _role: Role) -> None:
    if not 1 <= len(name) <= _ID_CHARS or not name.isprintable() or " " in name:
        raise Misread(node.wants)
    walk.model = name


def _take_size(walk: Walk, node: Node, number: int | Real, _role: Role) -> None:
    if type(number) is not int or not 1 <= number <= _MOST:
        raise Misread(node.wants)
    walk.sizes[node.field.kind] = max(number, walk.sizes.get(node.field.kind, 1))


def _pass(_walk: Walk, _node: Node, _value: str | int | Real, _role: Role) -> None:
    return


class _Meaning(NamedTuple):
    """What a kind makes of a text and of a number, and how a complaint names it."""

    wants: str
    hear: Hears = _refuse
    weigh: Weighs = _refuse


_KINDS: Mapping[Kind, _Meaning] = {
    "text": _Meaning("text", _say),
    "documents": _Meaning("text", _say),
    "prompts": _Meaning("text", _say),
    "part": _Meaning("text", _say),
    "document": _Meaning("text or a token id", _pass, _add_token),
    "aside": _Meaning("text", _add_aside),
    "json": _Meaning("JSON as text", _add_leaf),
    "number": _Meaning("a number", _refuse, _add_number),
    "flag": _Meaning("true or false"),
    "stream": _Meaning("true or false"),
    "token": _Meaning("a token id", _refuse, _add_token),
    "opaque": _Meaning("text", _cannot_read),
    "free": _Meaning("anything", _add_leaf, _add_leaf),
    "model": _Meaning("the name of a model", _take_model),
    "max_output": _Meaning(f"a whole number from 1 to {_MOST}", _refuse, _take_size),
    "answers": _Meaning(f"a whole number from 1 to {_MOST}", _refuse, _take_size),
    "seen": _Meaning("anything", _pass, _pass),
}
