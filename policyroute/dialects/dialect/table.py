"""What a table of a dialect says: places in a body, and what stands there.

A path names a place: `messages[].content[].text`. `[]` is every item of a list, and a step in angles holds only for
objects of that type: `content[]<document>.source<text>.data`; `<none>` is one that names no type, and `<text/*>` one whose
media type is of that family.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from policyroute.call import Feature, Role

Kind = Literal[
    "object",  # only structure: longer paths declare what it holds
    "labels",  # an object whose keys are the caller's own
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
    "encoded",  # text in base64, and opaque if it turns out to be none
    "free",  # any shape: every key and leaf is text
    "model",
    "max_output",
    "answers",
    "stream",
    "seen",  # looked at elsewhere: a role, a type, and what is asked of policyroute and does not leave with the call
    "refused",  # what would send the call elsewhere
]
Holds = Literal["text", "number", "any"]

# What can stand at a place of each kind: something to be read or to be told as unread, a number, or any shape at all.
HOLDING: dict[Holds, frozenset[Kind]] = {
    "text": frozenset({"text", "documents", "prompts", "document", "aside", "json", "opaque", "encoded", "free"}),
    "number": frozenset({"number", "free"}),
    "any": frozenset({"free", "json", "opaque", "encoded", "labels"}),
}


class Field(NamedTuple):
    """One place in a body and what stands there. A `role` holds for everything below the place.

    `by` are the keys that tell of which type an object is; the first that names a type the table knows counts.
    """

    path: str
    kind: Kind = "object"
    role: Role | None = None
    opaque: str = ""
    feature: Feature | None = None
    types: tuple[str, ...] = ()
    by: tuple[str, ...] = ("type",)


# What is asked of policyroute stands in the same places of every dialect, and is read in `headers`.
ASKS = (
    Field("metadata", "labels"),
    Field("metadata.policyroute", "seen"),
    Field("max_cost", "seen"),
    Field("prefer_speed", "seen"),
)


def under(place: str, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The same fields at another place."""
    return tuple(f._replace(path=place + (f.path if f.path[:1] in ("", "[", "<") else f".{f.path}")) for f in fields)
