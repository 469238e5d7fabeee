"""The published schemas: written from the shapes, frozen, strict, and of one mind with the loader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from policyroute.policy.problems import Problems
from policyroute.policy.schemas import KEY_DOCS, KINDS, PUBLISHED, TITLES, Kind, reference, schema
from policyroute.policy.source import read_text, to_plain

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES: dict[Kind, str] = {"policy": "support.yaml", "tests": "support_test.yaml"}

# A published schema is a promise to every editor and pipeline that uses it. Whoever changes one on purpose writes its new
# digest here: `sha256sum schemas/*.json`.
FROZEN: dict[Kind, str] = {
    "policy": "2d71a1eb6b394badc84ebd4eae37d8ed346b72569a60b1f8ab44850f744e832a",
    "tests": "afd7b7a555ee9c193bdaadb6cdfa64d8a46b44bc7c581a0057eb5a06b3ef2ed2",
}

# What the loader says of a shape, and no JSON Schema without `oneOf` could: exactly one of several keys.
BEYOND_THE_SCHEMA = {"PR126"}


def example(kind: Kind) -> Any:
    """The example of the language, as plain data."""
    root = read_text((ROOT / "tests/data" / EXAMPLES[kind]).read_text("utf-8"), EXAMPLES[kind]).root
    assert root is not None
    return to_plain(root)


def loader_accepts(kind: Kind, document: Any) -> bool:
    """Whether the loader finds the shape of a document to be right. Every JSON text is YAML."""
    read = read_text(json.dumps(document), "document.yaml")
    assert read.root is not None
    problems = Problems()
    problems.found += read.problems
    PUBLISHED[kind].shape.read(read.root, "$", problems)
    return not {problem.code for problem in problems.found} - BEYOND_THE_SCHEMA


NAMED = {"properties", "patternProperties", "$defs"}  # what holds schemas by names of the author's choice


def subschemas(value: Any) -> Iterator[dict[str, Any]]:
    """Every schema within a schema, itself included."""
    if isinstance(value, dict):
        yield value
        for key, inner in value.items():
            for below in inner.values() if key in NAMED else [inner]:
                yield from subschemas(below)


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_schema_is_the_one_that_is_generated(kind: Kind) -> None:
    """`policyroute schema KIND > schemas/KIND-v1.json` changes nothing: the shapes and the published file are one."""
    assert json.loads((ROOT / f"schemas/{kind}-v1.json").read_text("utf-8")) == schema(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_page_is_the_one_that_is_generated(kind: Kind) -> None:
    """`policyroute schema KIND --output markdown > docs/reference/KIND.md` changes nothing."""
    assert (ROOT / f"docs/reference/{kind}.md").read_text("utf-8") == reference(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_published_schema_is_frozen(kind: Kind) -> None:
    """A schema changes only on purpose: its digest stands in this file."""
    assert sha256((ROOT / f"schemas/{kind}-v1.json").read_bytes()).hexdigest() == FROZEN[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_valid(kind: Kind) -> None:
    """Both are JSON Schemas of 2020-12, and say so."""
    Draft202012Validator.check_schema(schema(kind))
    assert schema(kind)["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert schema(kind)["$id"] == f"urn:policyroute:schema:{kind}-v1"


@pytest.mark.parametrize("kind", KINDS)
def test_no_alternatives(kind: Kind) -> None:
    """Without `oneOf` and `anyOf` an editor names the exact key that is wrong, not a list of ways to be right."""
    keywords = {key for inner in subschemas(schema(kind)) for key in inner}
    assert not keywords & {"oneOf", "anyOf", "allOf", "not", "if", "dependentSchemas"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_object_of_known_keys_is_closed(kind: Kind) -> None:
    """A misspelled key is an error wherever keys are known."""
    known = [inner for inner in subschemas(schema(kind)) if "properties" in inner]
    assert len(known) > 5
    assert all(inner["additionalProperties"] is False for inner in known)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_says_what_it_is(kind: Kind) -> None:
    """An editor has words to show for every key, and every reference leads somewhere."""
    whole = schema(kind)
    definitions = whole["$defs"]
    assert isinstance(definitions, dict)
    for inner in subschemas(whole):
        if "$ref" in inner:
            assert inner["$ref"].removeprefix("#/$defs/") in definitions
    for definition in definitions.values():
        assert definition["description"]
        assert all(key.get("description") for key in definition["properties"].values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_link_of_a_page_has_its_heading(kind: Kind) -> None:
    """The page's links lead to its own headings, and no section is there twice."""
    page = reference(kind)
    headings = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    anchors = {"".join(c for c in heading.lower().replace(" ", "-") if c.isalnum() or c in "-_") for heading in headings}
    links = {part.partition(")")[0] for part in page.split("](#")[1:]}
    assert len(anchors) == len(headings) > 5
    assert links <= anchors


def test_the_words_for_open_mappings_are_all_used() -> None:
    """No doc stands for a key that the language no longer has."""
    used = {key for kind in KINDS for inner in subschemas(schema(kind)) for key in inner.get("properties", ())}
    assert set(KEY_DOCS) <= used
    names = {name for kind in KINDS for name in schema(kind)["$defs"]}  # type: ignore[attr-defined]
    assert set(TITLES) <= names


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_the_language_is_accepted_by_both(kind: Kind) -> None:
    """What the language's own description shows is right for the schema and for the loader."""
    assert Draft202012Validator(schema(kind)).is_valid(example(kind))
    assert loader_accepts(kind, example(kind))


REPLACEMENTS: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "x y", "5%", [], ["x", 7], {}, {"x": 1})


def mutations(document: Any) -> Iterator[tuple[str, Any]]:
    """Documents with one defect each, or with a change that is none, and where it is."""
    for path in places(document):
        name = ".".join(map(str, path))
        holder = at(document, path[:-1])
        without = deepcopy(document)
        del at(without, path[:-1])[path[-1]]
        yield f"{name} left out", without
        if isinstance(holder[path[-1]], dict):
            more = deepcopy(document)
            at(more, path)["no-such-key"] = "x"
            yield f"{name} with an unknown key", more
        for replacement in REPLACEMENTS:
            other = deepcopy(document)
            at(other, path[:-1])[path[-1]] = replacement
            yield f"{name} as {replacement!r}", other


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value below the top."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield (*path, key)
        yield from places(below, (*path, key))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    """The value at a path."""
    for key in path:
        document = document[key]
    return document


def agree(kind: Kind, one_in: int) -> None:
    """Compares the verdicts on one of so many changes."""
    validator = Draft202012Validator(schema(kind))
    changed = islice(mutations(example(kind)), 0, None, one_in)
    verdicts = [(name, validator.is_valid(document), loader_accepts(kind, document)) for name, document in changed]
    assert [name for name, by_schema, by_loader in verdicts if by_schema is not by_loader] == []
    accepted = sum(by_loader for _, _, by_loader in verdicts)
    assert len(verdicts) / 50 < accepted < len(verdicts) / 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_and_the_loader_are_of_one_mind(kind: Kind) -> None:
    """An independent validator and the loader judge alike the shape of documents with one change."""
    agree(kind, 29)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_and_the_loader_are_of_one_mind_at_length(kind: Kind) -> None:
    """The same for a third of all changes at every place."""
    agree(kind, 3)
