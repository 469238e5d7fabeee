"""Why a pattern must not be used, and what to write instead."""

from __future__ import annotations

from typing import Final

LINEAR: Final = "a scan must take linear time, so this is not supported; "

REFUSED_GROUPS: Final = (
    ("=", "look-ahead `(?=`", "match what follows as part of the pattern, or use two conditions under `all`"),
    ("!", "negative look-ahead `(?!`", "use two conditions: the pattern under `when`, what must not follow under `unless`"),
    ("<=", "look-behind `(?<=`", "match what stands before as part of the pattern"),
    ("<!", "negative look-behind `(?<!`", "use `\\b`, or a class such as `(?:^|[^a-z])`, before the pattern"),
    (">", "atomic group `(?>`", "write `(?:…)`: without backtracking it means the same"),
    ("(", "conditional group `(?(`", "write both cases as alternatives `(?:…|…)`"),
    ("P=", "backreference `(?P=`", "spell out the alternatives, or repeat the sub-pattern"),
    ("P>", "recursion `(?P>`", "spell out the levels that you need"),
    ("R", "recursion `(?R`", "spell out the levels that you need"),
    ("&", "recursion `(?&`", "spell out the levels that you need"),
    ("|", "branch reset `(?|`", "write `(?:`"),
)
"""What may follow `(?` in other dialects: its beginning, its name, what to write instead."""


class PatternError(ValueError):
    """A pattern that must not be used; `offset` counts characters into `sources[source_index]`."""

    def __init__(self, message: str, offset: int | None = None, *, help: str = "", source_index: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.source_index = source_index
        self.help = help
