"""A record as a row of a table and as a line of JSON, and back. Lists and mappings are JSON, so that any reader of tables copes.

The columns are the fields of a record, in their order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from policyroute.journal.record import NOTHING_KNOWN, JournalError, Known, Record

Cell = str | int | float | None

_INTEGERS = frozenset(
    "policy_version unscanned tokens_estimated attempts input_tokens output_tokens cached_tokens estimated cost_nano"
    " baseline_nano status".split()
)
_REALS = frozenset({"at", "score", "latency_ms"})
_NEEDED = frozenset({"at", "outcome", "cost_nano", "tags", "fired", "excluded", "facts"})
_MOST = 2**63 - 1
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Column(NamedTuple):
    """A column, as SQLite declares it."""

    name: str
    declared: str


def _column(name: str) -> Column:
    kind = "INTEGER" if name in _INTEGERS else "REAL" if name in _REALS else "TEXT"
    return Column(name, f"{kind}{' PRIMARY KEY' if name == 'id' else ' NOT NULL' if name in _NEEDED else ''}")


COLUMNS = tuple(_column(name) for name in Record._fields)
_AT = {name: i for i, name in enumerate(Record._fields)}
_TAGS, _FIRED, _EXCLUDED, _FACTS = (_AT[name] for name in ("tags", "fired", "excluded", "facts"))
_UNSCANNED, _ESTIMATED = (_AT[name] for name in ("unscanned", "estimated"))
_TUPLES = frozenset({"down", "failed", "unscanned", "has", "asked_tags"})


def _short(known: Known) -> dict[str, object]:
    """What differs from nothing known: most of it is empty, and rows are many."""
    return {
        name: dict(value) if isinstance(value, Mapping) else value
        for name, value, empty in zip(Known._fields, known, NOTHING_KNOWN, strict=True)
        if value != empty
    }


def cells(record: Record) -> list[Cell]:
    """The row of a record."""
    row: list[Any] = list(record)
    row[_TAGS] = _encode(record.tags) if record.tags else "[]"
    row[_FIRED] = _encode(record.fired) if record.fired else "[]"
    row[_EXCLUDED] = _encode(dict(record.excluded)) if record.excluded else "{}"
    row[_FACTS] = _encode(_short(record.facts))
    return row


def mended(row: Sequence[Cell]) -> list[Cell]:
    """A row that SQLite would not take: characters that are none are spelled out, and numbers held to what it can keep."""
    return [_mended(cell, column.name in _NEEDED) for cell, column in zip(row, COLUMNS, strict=True)]


def _mended(cell: Cell, needed: bool) -> Cell:
    if isinstance(cell, str):
        return cell.encode("utf-8", "backslashreplace").decode()
    if isinstance(cell, int):
        return max(-_MOST, min(_MOST, cell))
    if isinstance(cell, float) and cell == cell:
        return cell
    return 0 if needed else None  # no-number, or what is no cell at all


def record_of(row: Sequence[Cell]) -> Record:
    """The record of a row."""
    said: list[Any] = list(row)
    try:
        for i in (_TAGS, _FIRED):
            said[i] = () if said[i] == "[]" else json.loads(said[i])
        for i in (_EXCLUDED, _FACTS):
            said[i] = {} if said[i] == "{}" else json.loads(said[i])
        return _record(said)
    except (ValueError, TypeError, AttributeError):
        raise JournalError("a row of the journal is none that a journal has written") from None


def _record(said: list[Any]) -> Record:
    """A record of what was read, with lists and mappings as JSON has them."""
    for i in (_TAGS, _FIRED):
        said[i] = tuple(map(str, said[i]))
    for i in (_UNSCANNED, _ESTIMATED):
        said[i] = bool(said[i])
    facts = dict(said[_FACTS])
    for name in _TUPLES & facts.keys():
        facts[name] = tuple(facts[name])
    if "short" in facts:
        facts["short"] = {budget: tuple(models) for budget, models in facts["short"].items()}
    known = [facts.get(name, nothing) for name, nothing in zip(Known._fields, NOTHING_KNOWN, strict=True)]
    said[_EXCLUDED], said[_FACTS] = dict(said[_EXCLUDED]), Known._make(known)
    return Record._make(said)


def to_jsonl(records: Iterable[Record]) -> Iterator[str]:
    """Each record as one object on a line of its own, the line's end included; named as the columns are."""
    for record in records:
        told: dict[str, Any] = dict(zip(Record._fields, record, strict=True))
        told["excluded"] = dict(record.excluded)
        told["facts"] = _short(record.facts)
        yield f"{_encode(told)}\n"


def from_jsonl(lines: Iterable[str]) -> Iterator[Record]:
    """The records of such lines. Names that are not known are passed over, so that later versions can be read."""
    whole = Record("", 0.0, "", 0, "", "")._asdict() | {"tags": [], "fired": [], "excluded": {}, "facts": {}}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            if not said["id"] or not said["outcome"]:
                raise TypeError
            yield _record([said.get(name, empty) for name, empty in whole.items()])
        except (ValueError, TypeError, KeyError, AttributeError):
            raise JournalError(f"line {number} is no record of a journal") from None
