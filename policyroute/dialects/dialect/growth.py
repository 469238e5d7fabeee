"""How a table grows into the tree that a body is walked along."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from policyroute.call import Api
from policyroute.dialects.dialect.meanings import MEANINGS
from policyroute.dialects.dialect.table import Field
from policyroute.dialects.dialect.walk import Node

_Rows = list[tuple[tuple[str, ...], Field]]
_STEPS = re.compile(r"\[\]|<[^>]+>|[^.\[<]+")
_CAPITAL = re.compile("[A-Z]")


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


def _grown(rows: _Rows, twins: bool) -> Node:
    """The node of these rows; that of a type shares with it whatever is not said of the type alone."""
    here = Field("")
    named: dict[str, _Rows] = {}
    typed: dict[str, _Rows] = {}
    for steps, declared in rows:
        if not steps:
            here = declared
        else:
            (typed if steps[0][0] == "<" else named).setdefault(steps[0], []).append((steps[1:], declared))
    below = {step: _grown(some, twins) for step, some in named.items()}
    variants: dict[str, Node] = {}
    for sort, some in typed.items():
        own: dict[str, _Rows] = {}
        for steps, declared in some:
            own.setdefault(steps[0] if steps else "", []).append((steps[1:], declared))
        changed = {step: _grown([*named.get(step, ()), *rows], twins) for step, rows in own.items() if step}
        variants[sort[1:-1]] = _node(own[""][-1][1] if "" in own else here, below | changed, {}, twins)
    return _node(here, below, variants, twins)


def _node(here: Field, below: dict[str, Node], variants: Mapping[str, Node], twins: bool) -> Node:
    items = below.get("[]")
    fields = {step: node for step, node in below.items() if step != "[]"}
    snakes = {_CAPITAL.sub(lambda m: f"_{m[0].lower()}", key): key for key in fields} if twins else {}
    fields |= {snake: fields[key] for snake, key in snakes.items()}
    structural = fields or (items is None and here.kind in ("object", "labels", "turn", "part"))
    meaning = MEANINGS[here.kind]
    shapes = [meaning.wants] + ["an object"] * bool(structural) + ["a list"] * (items is not None)
    return Node(
        here,
        here.role,
        bool(here.types or variants),
        meaning.hear,
        meaning.weigh,
        fields if structural else None,
        items,
        variants,
        frozenset(map(str.casefold, fields)),
        {snake: key for snake, key in snakes.items() if snake != key},
        meaning.wants if here.kind == "refused" else f"expected {' or '.join(filter(None, shapes))}",
    )
