"""What every engine can do, and how what one has compiled is shared."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar, TypeVarTuple
from weakref import WeakValueDictionary

Asked = TypeVarTuple("Asked")
Made = TypeVar("Made")


class ScanFailed(Exception):
    """The engine failed inside: every pattern is unknown, none is `not there`."""


class Entry(NamedTuple):
    """A regex over bytes, and the pattern that is found where it matches."""

    pattern: int
    regex: str
    loose: bool = False
    """It has no letters by which an engine could look for it."""


class PatternSet(Protocol):
    """Many regexes, compiled."""

    def scan(self, spelled: bytes) -> int:
        """Bit i is set where an entry of pattern i matches; raises `ScanFailed`."""


def while_used(make: Callable[[*Asked], Made]) -> Callable[[*Asked], Made]:
    """As `functools.cache`, but nothing is kept by it: who asks for the same gets the same while anybody still has it.

    So a policy that is loaded anew finds what the one that serves has compiled, and what no policy uses any more is gone.
    """
    used: WeakValueDictionary[tuple[*Asked], Made] = WeakValueDictionary()

    @functools.wraps(make)
    def made(*asked: *Asked) -> Made:
        found = used.get(asked)
        # Threads that come here at once may make the same thing twice, and either will do: so there is no lock to forget
        # in a forked child.
        return used.setdefault(asked, make(*asked)) if found is None else found

    return made
