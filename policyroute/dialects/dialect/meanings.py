"""What each kind of place makes of a text and of a number that stands there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from policyroute.call import Role
from policyroute.dialects.dialect.encoded import from_base64, from_data_uri
from policyroute.dialects.dialect.table import Kind
from policyroute.dialects.dialect.texts import WORDS, number_text, opened
from policyroute.dialects.dialect.walk import Hears, Misread, Node, Walk, Weighs
from policyroute.dialects.json_body import Real

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
    if not text:
        return
    if node.field.feature is not None:
        walk.has.add(node.field.feature)
    held = from_data_uri(text)
    plain = held
    if held is None and node.field.opaque == "file" and len(text) > _ID_CHARS:
        plain = from_base64(text)  # it says nowhere that it is text, so it does not count as read
    if plain is not None:
        walk.say(plain, role)
    if held is None or node.field.opaque != "file":  # what takes text for a picture sees more in it than its letters
        walk.unscanned.append(node.field.opaque)
    if "://" in text[:16]:
        walk.unscanned.append("url")
    if "://" in text[:16] or (len(text) <= _ID_CHARS and ";base64," not in text):
        walk.leaves(text, role)  # an address or an id is forwarded as text


def _decode(walk: Walk, node: Node, text: str, role: Role) -> None:
    held = from_base64(text)
    if held is None:
        _cannot_read(walk, node, text, role)
        return
    if node.field.feature is not None:
        walk.has.add(node.field.feature)
    walk.say(held, role)
    if len(text) <= _ID_CHARS:
        walk.leaves(text, role)


def _add_token(walk: Walk, _node: Node, _token: int | Real, _role: Role) -> None:
    walk.unscanned.append("token_ids")


def _take_model(walk: Walk, node: Node, name: str, _role: Role) -> None:
    if not 1 <= len(name) <= _ID_CHARS or not name.isprintable() or " " in name:
        raise Misread(node.wants)
    walk.model = name


def _take_size(walk: Walk, node: Node, number: int | Real, role: Role) -> None:
    if type(number) is not int or not 1 <= number <= _MOST:
        raise Misread(node.wants)
    walk.sizes[node.field.kind] = max(number, walk.sizes.get(node.field.kind, 1))
    _add_number(walk, node, number, role)


def _pass(_walk: Walk, _node: Node, _value: str | int | Real, _role: Role) -> None:
    return


class Meaning(NamedTuple):
    """What a kind makes of a text and of a number, and how a complaint names it."""

    wants: str
    hear: Hears = _refuse
    weigh: Weighs = _refuse


MEANINGS: Mapping[Kind, Meaning] = {
    "object": Meaning(""),
    "labels": Meaning(""),
    "one_or_many": Meaning(""),
    "turn": Meaning(""),
    "text": Meaning("text", _say),
    "documents": Meaning("text", _say),
    "prompts": Meaning("text", _say),
    "part": Meaning("text", _say),
    "document": Meaning("text or a token id", _pass, _add_token),
    "aside": Meaning("text", _add_aside),
    "json": Meaning("JSON as text", _add_leaf, _add_leaf),
    "number": Meaning("a number", _refuse, _add_number),
    "flag": Meaning("true or false"),
    "stream": Meaning("true or false"),
    "token": Meaning("a token id", _refuse, _add_token),
    "opaque": Meaning("text", _cannot_read),
    "encoded": Meaning("text", _decode),
    "free": Meaning("anything", _add_leaf, _add_leaf),
    "model": Meaning("the name of a model", _take_model),
    "max_output": Meaning(f"a whole number from 1 to {_MOST}", _refuse, _take_size),
    "answers": Meaning(f"a whole number from 1 to {_MOST}", _refuse, _take_size),
    "seen": Meaning("anything", _pass, _pass),
    "refused": Meaning("not accepted from a caller"),
}
