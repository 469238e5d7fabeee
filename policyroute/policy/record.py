"""Records: mappings with a closed set of keys, declared as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, field, fields
from typing import Any, ClassVar, Protocol

from policyroute.policy import source
from policyroute.policy.problems import NO_KEYS, At, Problems, at, shown
from policyroute.policy.shape import ABSENT, Choice, Definitions, Schema, Shape, below, mismatch
from policyroute.policy.suggest import closest


class Declared(Protocol):
    """A dataclass whose fields were made by `key`."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


def key(shape: Shape, *, needed: bool = False, default: Any = None, name: str | None = None, doc: str = "") -> Any:
    """One key of a record: its shape, whether it is needed, and what it says."""
    metadata = {"shape": shape, "needed": needed, "key": name, "doc": doc}
    return field(metadata=metadata) if needed else field(default=default, metadata=metadata)


def keys_of(record: type[Declared]) -> Mapping[str, Field[Any]]:
    """The keys of a record, in the order they are documented."""
    return {f.metadata["key"] or f.name: f for f in fields(record) if "shape" in f.metadata}


class Record:
    """A mapping read into a dataclass; `words` are texts that may stand in its place.

    A `whole` record is read even where something needed is missing (as None), so that the rest can still be checked.
    """

    def __init__(
        self, record: type[Declared], what: str, *, words: Sequence[str] = (), one_of: Sequence[str] = (), whole: bool = False
    ) -> None:
        self.record = record
        self.what = what
        self.words = tuple(words)
        self.one_of = tuple(one_of)
        self.whole = whole
        self._keys = keys_of(record)
        self._needed = {spelled: f.name for spelled, f in self._keys.items() if f.metadata["needed"]}
        self._shapes: dict[str, tuple[str, Shape]] = {name: (f.name, f.metadata["shape"]) for name, f in self._keys.items()}

    def says(self) -> str:
        """What a message calls it."""
        return " or ".join([*(f"`{w}`" for w in self.words), self.what])

    def schema(self, definitions: Definitions) -> Schema:
        """A closed object, defined once and referred to by name."""
        name = self.record.__name__
        if name not in definitions:
            definitions[name] = {}
            properties = {}
            for spelled, declared in self._keys.items():
                shape = declared.metadata["shape"].schema(definitions)
                properties[spelled] = shape | ({"description": declared.metadata["doc"]} if declared.metadata["doc"] else {})
            definitions[name] = {
                "type": ["string", "object"] if self.words else "object",
                "description": (self.record.__doc__ or "").split("\n\n")[0].strip(),
                "properties": properties,
                "additionalProperties": False,
            }
            if self._needed:
                definitions[name]["required"] = list(self._needed)
            if self.words:
                definitions[name]["pattern"] = f"^(?:{'|'.join(self.words)})$"
        return {"$ref": f"#/$defs/{name}"}

    def read(self, node: source.Node, path: str, problems: Problems) -> Any:
        """The dataclass, or ABSENT where something that is needed is missing or wrong."""
        if self.words and isinstance(node, source.Scalar) and isinstance(node.value, str):
            return Choice(*self.words, what=self.says()).read(node, path, problems)
        if not isinstance(node, source.Mapping):
            return mismatch(self, node, path, problems)
        if problems.full:
            return ABSENT
        values: dict[str, Any] = {}
        given = []
        unread = set()
        for spelled, value in node.entries:
            name = spelled.text
            declared = self._shapes.get(name)
            if declared is None:
                near = self._unknown(spelled, path, problems)
                # What it was meant for is not missing: that it is misspelt has been said.
                given += [near] if near else []
                unread |= {near} if near else set()
                continue
            given.append(name)
            read = declared[1].read(value, below(path, name), problems)
            if read is not ABSENT:
                values[declared[0]] = read
            if read is ABSENT or (type(read) is tuple and isinstance(value, source.Sequence) and len(read) < len(value.items)):
                unread.add(name)
        complete = self._complete(node, path, given, problems)
        lacking = {spelled: name for spelled, name in self._needed.items() if name not in values}
        if self.whole:
            values |= dict.fromkeys(lacking.values())
        elif lacking or not complete:
            return ABSENT
        gone = frozenset(unread | lacking.keys()) if unread or lacking else NO_KEYS
        return self.record(at=At(node, path, gone), **values)  # type: ignore[call-arg]

    def _complete(self, node: source.Mapping, path: str, given: Sequence[str], problems: Problems) -> bool:
        missing = [spelled for spelled in self._needed if spelled not in given]
        verbs = [spelled for spelled in self.one_of if spelled in given]
        if (not missing and (not self.one_of or len(verbs) == 1)) or _merges(node, problems):
            return True
        for spelled in missing:
            problems.add(
                "PR102",
                f"{self.what} needs `{spelled}`",
                at(node, path),
                label=f"`{spelled}` is missing",
                help=self._keys[spelled].metadata["doc"],
            )
        if self.one_of and len(verbs) != 1:
            either = " or ".join(f"`{v}`" for v in self.one_of)
            found = " and ".join(f"`{v}`" for v in verbs) or "none"
            problems.add("PR126", f"{self.what} needs exactly one of {either}, found {found}", at(node, path))
            return False
        return not missing

    def _unknown(self, spelled: source.Scalar, path: str, problems: Problems) -> str | None:
        """Says that a key is unknown, and gives the one it was probably meant for."""
        if problems.full:
            return None
        name = spelled.text
        near = closest(name, self._keys)
        known = "known keys: " + ", ".join(f"`{k}`" for k in self._keys)
        problems.add(
            "PR101",
            f"unknown key `{shown(name)}` in {self.what}",
            at(spelled, below(path, name)),
            label="not a key of " + self.what,
            help=f"did you mean `{near}`?" if near else known,
        )
        return near


def _merges(node: source.Mapping, problems: Problems) -> bool:
    """Whether a merge key of this very mapping was refused: what seems to be missing may have been meant to come from there."""
    for problem in problems.found:
        if problem.code == "PR004" and problem.file == node.origin.file:
            at = node.origin.starts[problem.line - 1] + problem.column - 1
            if node.start <= at < node.end and not any(value.start <= at < value.end for _, value in node.entries):
                return True
    return False
