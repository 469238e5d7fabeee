"""How a body is read. A dialect is a table of its fields (`table`), grown into a tree (`growth`) that one walker (`walk`)
goes along; `meanings` says what each kind of place makes of what stands there.

What a table does not declare is read as text all the same, with its key, because it is forwarded: forgetting a field may
cost a little noise, never a blind spot.
"""

from __future__ import annotations

from policyroute.call import Call
from policyroute.dialects.dialect.growth import Dialect, declare
from policyroute.dialects.dialect.table import ASKS, HOLDING, Field, Holds, under
from policyroute.dialects.dialect.walk import Misread, Walk
from policyroute.dialects.json_body import Json
from policyroute.errors import CallError

__all__ = ["ASKS", "HOLDING", "Dialect", "Field", "Holds", "Json", "declare", "read", "under"]


def read(dialect: Dialect, body: dict[str, Json]) -> Call:
    """The call, as far as the body says it in this dialect."""
    for name in dialect.needs:
        if body.get(name) is None:
            raise CallError(f"{name}: missing")
    walk = Walk()
    try:
        walk.through(dialect.root, body, "user")
    except Misread as wrong:
        complaint = f"{''.join(reversed(wrong.steps)).lstrip('.')}: {wrong.complaint}"
    else:
        return walk.heard(dialect.api)
    raise CallError(complaint)
