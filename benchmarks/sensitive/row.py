"""What every generator of texts with sensitive values yields."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """A text, the families of what is in it, and the template that it was made from.

    `hard` are those that are written as people and machines write, not as a standard does. `held_out` templates are for
    measuring only: nobody looks at what is missed in them. Whether the `unscored` families are there is a matter of taste.
    """

    text: str
    labels: frozenset[str]
    template: str
    hard: bool = False
    held_out: bool = False
    unscored: frozenset[str] = frozenset()
