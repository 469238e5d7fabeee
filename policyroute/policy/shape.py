"""The shapes that a document is declared with. One declaration reads a file, makes its JSON Schema and its reference page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from policyroute.policy import source
from policyroute.policy.problems import At, Placed, Problems, Word, at, shown, word
from policyroute.policy.suggest import closest

Schema = dict[str, object]
Definitions = dict[str, Schema]
ABSENT = object()
MOST_NAMES = 2000
MOST_RULES = 5000
MOST_WORDS = 15_000
NAME = r"[A-Za-z0-9_][A-Za-z0-9._/:@-]*"


class Shape(Protocol):
    """How a value is written: read gives the value, or ABSENT after saying what is wrong."""

    def schema(self, definitions: Definitions) -> Schema: ...

    def read(self, node: source.Node, path: str, problems: Problems) -> Any: ...

    def says(self) -> str: ...


def kind_of(node: source.Node) -> str:
    """What a node is, in the words of a message."""
    if isinstance(node, source.Mapping):
        return "a mapping"
    if isinstance(node, source.Sequence):
        return "a list"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return f"`{node.text}`, which is true or false"
    return f"the number `{node.text}`" if isinstance(node.value, (int, float)) else f"the text `{shown(node.text)}`"


def below(path: str, key: str) -> str:
    """The path of a key's value. It is shown, so what is long is cut."""
    return f"{path}.{shown(key, 80)}"


def mismatch(shape: Shape, node: source.Node, path: str, problems: Problems, help: str = "") -> object:
    """Says that something else was expected."""
    problems.add(
        "PR103", f"expected {shape.says()}, found {kind_of(node)}", at(node, path), label=f"expected {shape.says()}", help=help
    )
    return ABSENT


def too_many(most: int, what: str, extra: Placed, problems: Problems) -> None:
    """Says that there are more of something than are read, at the first too many."""
    problems.add("PR127", f"more than {most} {what}", extra, help=f"put {what} together, or write several policies")


class Text:
    """A line of text."""

    def __init__(self, what: str = "text", pattern: str | None = None, most: int = 2000) -> None:
        self.what = what
        self.pattern = pattern
        self.most = most
        self._regex = re.compile(pattern) if pattern else None

    def says(self) -> str:
        return self.what

    def schema(self, definitions: Definitions) -> Schema:
        bounds: Schema = {"type": "string", "minLength": 1, "maxLength": self.most}
        return bounds if self.pattern is None else bounds | {"pattern": f"^(?:{self.pattern})$"}

    def read(self, node: source.Node, path: str, problems: Problems) -> Any:
        if not isinstance(node, source.Scalar) or not isinstance(node.value, str):
            hint = (
                f'put it in quotes if it is meant as text: "{shown(node.text)}"'
                if isinstance(node, source.Scalar) and node.text
                else ""
            )
            return mismatch(self, node, path, problems, hint)
        text = node.value
        if not text:
            problems.add("PR106", f"{self.what} is empty", at(node, path))
        elif len(text) > self.most:
            problems.add("PR105", f"{self.what} is longer than {self.most} characters", at(node, path))
        elif self._regex is not None and not self._regex.fullmatch(text):
            self._refuse(text, at(node, path), problems)
        else:
            return word(text, node, path)
        return ABSENT

    def _refuse(self, text: str, where: At, problems: Problems) -> None:
        if not problems.full:
            problems.refused.append(text)
        strange = next((c for c in text if not c.isascii()), None)
        help = f"`{strange}` is U+{ord(strange):04X}, not a letter of ASCII" if strange else f"it has to match `{self.pattern}`"
        problems.add("PR109", f"`{shown(text)}` is not {self.what}", where, help=help)


class Choice:
    """One word of a closed list."""

    def __init__(self, *values: str, what: str = "") -> None:
        self.values = values
        self.what = what

    def says(self) -> str:
        return self.what or "one of " + ", ".join(f"`{v}`" for v in self.values)

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "string", "enum": list(self.values)}

    def read(self, node: source.Node, path: str, problems: Problems) -> Any:
        if not isinstance(node, source.Scalar) or not isinstance(node.value, str):
            return mismatch(self, node, path, problems)
        if node.value not in self.values:
            if problems.full:
                return ABSENT
            near = closest(node.value, self.values)
            known = "known: " + ", ".join(f"`{v}`" for v in self.values)
            problems.add(
                "PR104",
                f"unknown value `{shown(node.value)}`",
                at(node, path),
                label=known if near else "",
                help=f"did you mean `{near}`?" if near else known,
            )
            return ABSENT
        return word(node.value, node, path)


class Number:
    """A number within bounds; whole numbers only where `whole`."""

    def __init__(
        self, what: str = "a number", *, least: float | None = None, most: float | None = None, whole: bool = False
    ) -> None:
        self.what = what
        self.least = least
        self.most = most
        self.whole = whole

    def says(self) -> str:
        low = "" if self.least is None else f" of at least {self.least:,.12g}"
        high = "" if self.most is None else f"{' and' if low else ' of'} at most {self.most:,.12g}"
        return f"{self.what}{low}{high}"

    def schema(self, definitions: Definitions) -> Schema:
        bounds: Schema = {"type": "integer" if self.whole else "number"}
        if self.least is not None:
            bounds["minimum"] = self.least
        if self.most is not None:
            bounds["maximum"] = self.most
        return bounds

    def read(self, node: source.Node, path: str, problems: Problems) -> Any:
        if not isinstance(node, source.Scalar) or isinstance(node.value, (bool, str)) or node.value is None:
            return mismatch(self, node, path, problems)
        value = node.value
        if self.whole and isinstance(value, float):
            if not value.is_integer():
                return mismatch(self, node, path, problems)
            value = int(value)
        if (self.least is not None and value < self.least) or (self.most is not None and value > self.most):
            problems.add("PR105", f"`{shown(node.text)}` is out of range", at(node, path), help=f"write {self.says()}")
            return ABSENT
        return value


class Boolean:
    """true or false."""

    def says(self) -> str:
        return "`true` or `false`"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "boolean"}

    def read(self, node: source.Node, path: str, problems: Problems) -> Any:
        if isinstance(node, source.Scalar) and isinstance(node.value, bool):
            return node.value
        return mismatch(self, node, path, problems)


class Spelled:
    """A quantity written as text, such as `200ms`, `5%` or `08:00`, and what it stands for."""

    def __init__(self, what: str, example: str, pattern: str, value: Callable[[re.Match[str]], Any]) -> None:
        self.what = what
        self.example = example
        self.pattern = pattern
        # Digits of other alphabets are drawn alike, and are not what a reviewer reads.
        self._regex = re.compile(pattern, re.ASCII)
        self._value = value

    def says(self) -> str:
        return f"{self.what} such as `{self.example}`"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "string", "pattern": f"^(?:{self.pattern})$"}

    def read(self, node: source.Node, path: str, problems: Problems) -> Any:
        if not isinstance(node, source.Scalar) or node.value is None or isinstance(node.value, bool):
            return mismatch(self, node, path, problems)
        found = self._regex.fullmatch(node.value) if isinstance(node.value, str) else None
        value = self._value(found) if found else None
        if value is None:
            problems.add("PR108", f"`{shown(node.text)}` is not {self.what}", at(node, path), help=f"write {self.says()}")
            return ABSENT
        return value


class ListOf:
    """A list; where `lone`, a single value may stand for a list of one."""

    def __init__(self, item: Shape, *, at_least: int = 0, at_most: int | None = None, lone: bool = False, what: str = "") -> None:
        self.item = item
        self.at_least = at_least
        self.at_most = at_most
        self.lone = lone
        self.what = what

    def says(self) -> str:
        return self.what or f"a list ({self.item.says()})"

    def schema(self, definitions: Definitions) -> Schema:
        inner = self.item.schema(definitions)
        listed: Schema = {"items": inner, "minItems": self.at_least} if self.at_least else {"items": inner}
        if not self.lone:
            return {"type": "array", **listed}
        alone = {**inner, "type": ["string", "array"], **listed}
        words = alone.pop("enum", None)
        if isinstance(words, list):  # `enum` would bind the list as well; a pattern binds only the word
            alone["pattern"] = f"^(?:{'|'.join(map(re.escape, words))})$"
        return alone

    def read(self, node: source.Node, path: str, problems: Problems) -> Any:
        if self.lone and isinstance(node, source.Scalar) and isinstance(node.value, str):
            lone = self.item.read(node, path, problems)
            return ABSENT if lone is ABSENT else (lone,)
        if not isinstance(node, source.Sequence):
            return mismatch(self, node, path, problems)
        if problems.full:
            return ABSENT
        if len(node.items) < self.at_least:
            problems.add("PR106", f"an empty list where {self.says()} is expected", at(node, path))
            return ABSENT
        if self.at_most is not None and len(node.items) > self.at_most:
            too_many(self.at_most, "entries", at(node.items[self.at_most], f"{path}[{self.at_most}]"), problems)
            return ABSENT
        read = [self.item.read(item, f"{path}[{i}]", problems) for i, item in enumerate(node.items)]
        return tuple(value for value in read if value is not ABSENT)


class Table:
    """A mapping from names of the author's choice to values of one shape.

    A name whose value cannot be read keeps None, so that what refers to it is not called unknown as well. Names become
    bits, so there is an end to how many.
    """

    def __init__(self, key: Text, value: Shape, *, at_least: int = 0, at_most: int = MOST_NAMES) -> None:
        self.key = key
        self.value = value
        self.at_least = at_least
        self.at_most = at_most

    def says(self) -> str:
        return f"a mapping from {self.key.what} to {self.value.says()}"

    def schema(self, definitions: Definitions) -> Schema:
        shape: Schema = {"type": "object", "additionalProperties": self.value.schema(definitions)}
        if self.key.pattern is not None:
            shape["propertyNames"] = {"pattern": f"^(?:{self.key.pattern})$"}
        return shape | ({"minProperties": self.at_least} if self.at_least else {})

    def read(self, node: source.Node, path: str, problems: Problems) -> Any:
        if not isinstance(node, source.Mapping):
            return mismatch(self, node, path, problems)
        if len(node.entries) < self.at_least:
            problems.add("PR106", f"empty: {self.says()} is expected", at(node, path))
            return ABSENT
        if len(node.entries) > self.at_most:
            extra = node.entries[self.at_most][0]
            too_many(self.at_most, "entries", at(extra, below(path, extra.text)), problems)
            return ABSENT
        read: dict[Word, Any] = {}
        for key, value in node.entries:
            where = below(path, key.text)
            named = self.key.read(key, where, problems)
            found = self.value.read(value, where, problems)
            if named is not ABSENT:
                read[named] = None if found is ABSENT else found
        return read


class Said(dict[Word, Any]):
    """What stands in an open mapping, and where. A key whose value cannot be read has None: it was given all the same."""

    __slots__ = ("path", "where")

    def __init__(self, where: source.Node, path: str) -> None:
        super().__init__()
        self.where = where
        self.path = path

    @property
    def place(self) -> source.Place:
        """Where it stands."""
        return self.where.place


class Open:
    """A mapping of known keys, and of others whose names only the whole document can judge (attributes, labels)."""

    def __init__(
        self, name: str, what: str, known: Callable[[], Mapping[str, Shape]], others: Shape, words: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.what = what
        self.known = cache(known)
        self.others = others
        self.words = tuple(words)

    def says(self) -> str:
        return self.what

    def schema(self, definitions: Definitions) -> Schema:
        if self.name not in definitions:
            definitions[self.name] = {}
            known = {key: shape.schema(definitions) for key, shape in self.known().items()}
            shape: Schema = {
                "type": ["string", "object"] if self.words else "object",
                "properties": known,
                "patternProperties": {f"^(?!(?:{'|'.join(map(re.escape, known))})$)(?:{NAME})$": self.others.schema(definitions)},
                "additionalProperties": False,
            }
            if self.words:
                shape["pattern"] = f"^(?:{'|'.join(self.words)})$"
            definitions[self.name] = shape
        return {"$ref": f"#/$defs/{self.name}"}

    def read(self, node: source.Node, path: str, problems: Problems) -> Any:
        if self.words and isinstance(node, source.Scalar) and isinstance(node.value, str):
            return Choice(*self.words, what=self.what).read(node, path, problems)
        if not isinstance(node, source.Mapping):
            return mismatch(self, node, path, problems)
        known = self.known()
        read = Said(node, path)
        for key, value in node.entries:
            where = below(path, key.text)
            found = known.get(key.text, self.others).read(value, where, problems)
            read[word(key.text, key, where)] = None if found is ABSENT else found
        return read
