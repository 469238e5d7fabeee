"""The one walker that reads all dialects: it goes through a body along a table, and keeps what it hears."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from policyroute.call import Api, Call, Feature, Part, Role
from policyroute.dialects.dialect.encoded import family
from policyroute.dialects.dialect.table import Field, Kind
from policyroute.dialects.dialect.texts import joined, opened, put_lines
from policyroute.dialects.json_body import Json, Real

ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
}


class Misread(Exception):
    """Something is not what the table says. Each level adds its step to the place on the way out."""

    def __init__(self, complaint: str, *steps: str) -> None:
        super().__init__(complaint)
        self.complaint = complaint
        self.steps = list(steps)


Hears = Callable[["Walk", "Node", str, Role], None]
Weighs = Callable[["Walk", "Node", int | Real, Role], None]


@dataclass(frozen=True, slots=True)
class Node:
    """What stands at one place, and what below it: a table, grown into a tree."""

    field: Field
    role: Role | None  # that of the field, held here because it is asked for at every step
    typed: bool  # whether it matters of which type an object is
    hear: Hears
    weigh: Weighs
    fields: Mapping[str, Node] | None
    items: Node | None
    variants: Mapping[str, Node]
    spellings: frozenset[str]
    twins: Mapping[str, str]
    wants: str


_NO_FIELDS: Mapping[str, Node] = MappingProxyType({})

# A name such as `file_id` at a place that no table knows: it may stand for something that is not in the body.
_REFERS = re.compile(
    r"(?:file|image|audio|video|media|attachment)s?(?:[_-]?(?:id|uri|url|data|embed)s?)?"
    r"|(?:document|response|conversation|thread)s?[_-]?(?:id|uri|url)s?|(?:previous|encrypted|cached)[_-]?\w+",
    re.IGNORECASE,
).fullmatch


def refers(others: dict[str, Json]) -> bool:
    """Whether a name in it, however far down, could stand for something that is not in the body."""
    waiting: list[dict[str, Json] | list[Json]] = [others]
    for held in waiting:  # which grows meanwhile
        if type(held) is dict and any(map(_REFERS, held)):
            return True
        below = held.values() if type(held) is dict else held
        waiting += [one for one in below if type(one) is dict or type(one) is list]
    return False


class Walk:
    """One reading of one body."""

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
            self.aside.clear()
        self.said.clear()

    def through(self, node: Node, given: dict[str, Json], role: Role) -> None:
        """An object, key by key."""
        if node.typed:
            node = self.typed(node, given, role)
        fields = node.fields or _NO_FIELDS
        others: dict[str, Json] = {}
        key = ""
        try:
            for key, value in given.items():
                below = fields.get(key)
                if below is None:
                    others[key] = value
                elif type(value) is str:
                    below.hear(self, below, value, below.role or role)
                elif value is not None:
                    self.anything(below, value, below.role or role)
                if node.twins and key in node.twins and node.twins[key] in given:
                    raise Misread("expected one spelling of this name")
        except Misread as wrong:
            wrong.steps.append(f".{key}")
            raise
        if others:
            self.undeclared(node, others, role)

    def typed(self, node: Node, given: dict[str, Json], role: Role) -> Node:
        """The node for objects of this type, where the table has one."""
        declared = node.field
        if declared.types:
            told = given.get(declared.by[0], "")
            if type(told) is not str or told not in declared.types:
                self.unscanned.append("unknown_part")
                self.leaves(told, role)
        for key in declared.by:
            told = given.get(key, "none")
            if type(told) is str:
                found = node.variants.get(family(told) if "/" in told else told)
                if found is not None:
                    return found
        return node

    def undeclared(self, node: Node, others: dict[str, Json], role: Role) -> None:
        """What the table does not know is forwarded all the same, so it is heard, with its keys."""
        kind = node.field.kind
        for key in others:
            if key.casefold() in node.spellings:  # some servers do not tell them apart
                raise Misread("expected the usual spelling of this name", f".{key}")
        if kind == "part" and not node.field.types:
            self.unscanned.append("unknown_part")
        elif kind != "labels" and refers(others):
            self.unscanned.append("unknown_part")
        if not put_lines(others, self.aside.setdefault(role, [])):
            self.unscanned.append("unknown_part")

    def anything(self, node: Node, value: Json, role: Role) -> None:
        """A value that is not text: go into it, or take it as what the table says it is."""
        declared = node.field
        kind = declared.kind
        if value and declared.feature is not None:
            self.has.add(declared.feature)
        if kind == "opaque" or kind == "encoded":
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
        elif kind in (("flag", "free") if type(value) is bool else ("free", "json", "opaque", "encoded")):
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
            self.say("\n".join([text for text in values if type(text) is str]), role)
            if node.field.kind == "prompts":
                self.prompts = max(1, len(values))
        role = item.role or role
        at = -1
        try:
            for value in values:
                at += 1
                if type(value) is str:
                    item.hear(self, item, value, role)
                elif value is None:
                    raise Misread(item.wants)
                else:
                    self.anything(item, value, role)
        except Misread as wrong:
            wrong.steps.append(f"[{at}]")
            raise

    def turns(self, node: Node, values: list[Json]) -> None:
        """Messages: what is said in one is kept together, under its role."""
        outer = self.said, self.aside
        self.said, self.aside = {}, {}
        at = -1
        try:
            for value in values:
                at += 1
                if type(value) is not dict:
                    raise Misread(node.wants)
                told, sort = value.get("role"), value.get("type")
                silent = node.variants.get(sort, node).role if type(sort) is str else node.role
                role = ROLES.get(told) if type(told) is str else silent if told is None else None
                if role is None:
                    raise Misread(f"expected one of {', '.join(ROLES)}", ".role")
                self.through(node, value, role)
                self.close()
                self.turn += 1
        except Misread as wrong:
            wrong.steps.append(f"[{at}]")
            raise
        self.said, self.aside = outer

    def say(self, text: str, role: Role) -> None:
        """Text that somebody says."""
        if text:
            self.said.setdefault(role, []).append(opened(text))

    def leaves(self, value: Json, role: Role, key: str = "") -> None:
        """A value of any shape: every key and every leaf is text."""
        if not put_lines({key: value}, self.aside.setdefault(role, [])):
            self.unscanned.append("unknown_part")
