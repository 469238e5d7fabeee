"""The published JSON Schemas and reference pages: both are drawn from the shapes that also read the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from policyroute.policy.casefile import CASES
from policyroute.policy.document import POLICY
from policyroute.policy.quantities import DURATION
from policyroute.policy.record import Record, keys_of
from policyroute.policy.rules import OneOrOther
from policyroute.policy.shape import Definitions, ListOf, Open, Schema, Shape, Table
from policyroute.policy.wording import WHEN, Values

Kind = Literal["policy", "tests"]
KINDS: tuple[Kind, ...] = ("policy", "tests")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Published(NamedTuple):
    """One kind of file: its shape, and how its schema and its page introduce it."""

    shape: Record
    title: str
    summary: str


PUBLISHED: Mapping[Kind, Published] = {
    "policy": Published(
        POLICY, "A policyroute policy, version 1", "Which model a call may reach, and which is best: one reviewed file."
    ),
    "tests": Published(
        CASES,
        "Tests of a policyroute policy, version 1",
        "Calls, and what a policy has to decide for them: `*_test.yaml` beside the policy.",
    ),
}

# What the open mappings ask for. Their other keys are names of the author's own: attributes, labels.
OPEN_DOCS: Mapping[str, str] = {
    "condition": "What is asked of a call. Keys AND, lists OR. Beside these keys, any declared attribute: a value, a list of "
    "values, `any`, or `{regex: …}`.",
    "models": "A choice of models: `any`, `nothing`, or a mapping. Keys AND, lists OR. Beside these keys, any label of the "
    "models' own `labels`.",
    "never": "A condition, and the models that a call which meets it must never reach.",
    "always": "A condition, and what has to be left for a call which meets it.",
}
KEY_DOCS: Mapping[str, str] = {
    "prompt": "the text of the call",
    "detect": "any of these detectors finds, and validates, something",
    "unscanned": "some part of the call could not be read",
    "task": "the task classifier's label is one of these",
    "score": "the complexity score, 0 to 1; only in the ladder",
    "tokens": "estimated input tokens",
    "words": "words of the call",
    "turns": "how often the user has spoken",
    "max_output": "the longest answer that the call asks for",
    "has": "the call carries one of these",
    "stream": "the call asks for a stream",
    "api": "the wire format is one of these",
    "requested_model": "globs on the model that the client names",
    "time": "the clock handed in",
    "missing": "one of these attributes is absent",
    "tags": "one of these tags is on the call; not in sensitivity rules",
    "tags_none": "none of these tags is on the call; not in sensitivity rules",
    "any": "one of these conditions holds",
    "all": "all of these conditions hold",
    "tier": "the model's tier",
    "region": "where it runs",
    "hosting": "on whose machines",
    "provider": "who serves it",
    "model": "its name in the policy",
    "caps": "what it can do",
    "context": "its context window, in tokens",
    "price.in": "USD per million input tokens",
    "price.out": "USD per million output tokens",
    "reach": "the models that must never be reached",
    "needs": "what one of the models left must offer",
    "budgets": "what is assumed of budgets",
}
TITLES: Mapping[str, str] = {
    "condition": "Conditions: `when`, `unless`",
    "TextAsk": "Conditions: `prompt`",
    "Hours": "Conditions: `time`",
    "ValuePattern": "Conditions: an attribute",
    "models": "Choices of models: `only`, `reach`, `every_call`",
    "Excluded": "Choices of models: a value",
    "Bounds": "Bounds of a number",
}
"""What stands in several places, and so has a section of its own at the end of the page."""

NOT_DOCS: Mapping[str, str] = {"models": "the models that are left out"}
NOT_DOC = "this condition does not hold; only what is verified may stand here"


def schema(kind: Kind) -> Schema:
    """The JSON Schema (2020-12) of one kind of file."""
    published = PUBLISHED[kind]
    definitions: Definitions = {}
    root = published.shape.schema(definitions)
    for name, doc in OPEN_DOCS.items():
        if name in definitions:
            definitions[name] = _described(name, definitions[name], doc)
    return {
        "$schema": DIALECT,
        "$id": f"urn:policyroute:schema:{kind}-v1",
        "title": published.title,
        "description": published.summary,
        **root,
        "$defs": definitions,
    }


def reference(kind: Kind) -> str:
    """The page that lists every key of one kind of file, in Markdown."""
    published = PUBLISHED[kind]
    sections = _sections(published.shape)
    lines = [
        f"# {published.title}",
        "",
        published.summary,
        "",
        f"This page is written by `policyroute schema {kind} --output markdown`; the schema that editors read is",
        f"`schemas/{kind}-v1.json`.",
    ]
    for name in sorted(sections, key=lambda name: name in TITLES):
        title, shape = sections[name]
        lines += ["", f"## {title}", "", _intro(name, shape), "", "| key | value | default | meaning |", "|---|---|---|---|"]
        lines += [_row(row, sections) for row in _own(shape)]
    return "\n".join(lines) + "\n"


class _Row(NamedTuple):
    """One key of a section."""

    key: str
    shape: Shape
    default: str
    doc: str


_Sections = Mapping[str, tuple[str, Record | Open]]


def _described(name: str, definition: Schema, doc: str) -> Schema:
    """A definition with words for editors to show."""
    properties = definition["properties"]
    assert isinstance(properties, dict)
    worded = {key: shape | {"description": _doc_of(name, key)} for key, shape in properties.items()}
    return {"type": definition["type"], "description": doc, **definition, "properties": worded}


def _doc_of(name: str, key: str) -> str:
    return NOT_DOCS.get(name, NOT_DOC) if key == "not" else KEY_DOCS[key]


def _sections(root: Record) -> _Sections:
    """Every record below a shape: its title, which is the first path that leads to it, and the shape."""
    found: dict[str, tuple[str, Record | Open]] = {}
    waiting: list[tuple[str, Shape]] = [("", root)]
    while waiting:
        path, shape = waiting.pop()
        if not isinstance(shape, Record | Open):
            suffix = "[]" if isinstance(shape, ListOf) else ".NAME" if isinstance(shape, Table) else ""
            below = [(f"{path}{suffix}", inner) for inner in _inside(shape)]
        elif _name(shape) in found:
            continue
        else:
            found[_name(shape)] = (TITLES.get(_name(shape)) or (f"`{path}`" if path else "The file"), shape)
            below = [(f"{path}.{row.key}".lstrip("."), row.shape) for row in _rows(shape)]
            below += [] if isinstance(shape, Record) else [(f"{path}.ATTRIBUTE".lstrip("."), shape.others)]
        waiting += reversed(below)
    return found


def _inside(shape: Shape) -> tuple[Shape, ...]:
    """The shapes that a value of this shape is made of."""
    if isinstance(shape, ListOf):
        return (shape.item,)
    if isinstance(shape, Table):
        return (shape.value,)
    if isinstance(shape, OneOrOther):
        return (shape.plain, shape.mapping)
    return (shape.more,) if isinstance(shape, Values) else ()


def _rows(shape: Record | Open) -> list[_Row]:
    if isinstance(shape, Open):
        return [_Row(key, known, "", _doc_of(shape.name, key)) for key, known in shape.known().items()]
    rows = []
    for key, declared in keys_of(shape.record).items():
        meaning = declared.metadata
        default = "required" if meaning["needed"] else _default(meaning["shape"], declared.default)
        rows.append(_Row(key, meaning["shape"], default, meaning["doc"]))
    return rows


def _own(shape: Record | Open) -> list[_Row]:
    """The keys of a section; what is a condition and more lists only what is more."""
    rows = _rows(shape)
    return [row for row in rows if row.key not in WHEN.known()] if _widens(shape) else rows


def _widens(shape: Record | Open) -> bool:
    """Whether a mapping takes all that a condition takes, and more."""
    return isinstance(shape, Open) and shape is not WHEN and WHEN.known().keys() < shape.known().keys()


def _default(shape: Shape, value: object) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if shape is DURATION and isinstance(value, float):
        return f"`{value * 1000:g}ms`" if value < 1 else f"`{value:g}s`"
    return f"`{value}`"


def _name(shape: Record | Open) -> str:
    return shape.record.__name__ if isinstance(shape, Record) else shape.name


def _anchor(title: str) -> str:
    """A heading as the address that Markdown gives it."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def _intro(name: str, shape: Record | Open) -> str:
    if isinstance(shape, Open):
        more = f" All keys of [conditions](#{_anchor(TITLES['condition'])}), and:" if _widens(shape) else ""
        return OPEN_DOCS[name] + more
    doc = (shape.record.__doc__ or "").split("\n\n")[0].strip()
    verbs = " or ".join(f"`{verb}`" for verb in shape.one_of)
    return f"{doc} Exactly one of {verbs}." if verbs else doc


def _row(row: _Row, sections: _Sections) -> str:
    said = row.shape.says()
    below = next(_links(row.shape), None)
    if below is not None:
        said = f"[{said}](#{_anchor(sections[below][0])})"
    return f"| `{row.key}` | {_cell(said)} | {row.default} | {_cell(row.doc)} |"


def _links(shape: Shape) -> Iterator[str]:
    """The sections that a key's value is described in."""
    if isinstance(shape, Record | Open):
        yield _name(shape)
    for child in _inside(shape):
        yield from _links(child)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
