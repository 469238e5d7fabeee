"""Windows of time that budgets count over: calendar windows of a place, and rolling lengths.

A window has a name, and the name is a part of the account's key: when the next one begins, another account is counted on.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from math import floor
from typing import NamedTuple
from zoneinfo import ZoneInfo

SLICES = 60
"""A rolling window moves on by this part of itself: what is in its oldest slice counts until all of that is too old."""
_LENGTH = re.compile(r"(\d+)([mhd])").fullmatch
_SECONDS = {"m": 60, "h": 3600, "d": 86400}


class Span(NamedTuple):
    """One window: its name, and from when until when it is the current one (Unix seconds).

    `cell` and `first` are the slices of a rolling window: the newest, and the oldest that counts.
    """

    name: str
    starts_at: float
    ends_at: float
    cell: int = 0
    first: int = 0


class Window(NamedTuple):
    """A kind of window, as a policy spells it."""

    spelled: str
    zone: ZoneInfo
    length_s: int | None

    def at(self, now: float) -> Span:
        """The window that is current at a moment."""
        if self.length_s is not None:
            slice_s = max(1.0, self.length_s / SLICES)
            cell = floor(now / slice_s)
            first = cell - floor(self.length_s / slice_s)
            return Span(self.spelled, cell * slice_s, (cell + 1) * slice_s, cell, first)
        here = datetime.fromtimestamp(now, self.zone)
        if self.spelled in ("minute", "hour"):
            return _clock(self.spelled, here, now)
        day = here.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        if self.spelled == "day":
            return _days(f"{day:%Y-%m-%d}", day, day + timedelta(days=1))
        if self.spelled == "week":
            monday = day - timedelta(days=day.weekday())
            year, week, _ = day.isocalendar()
            return _days(f"{year:04}-W{week:02}", monday, monday + timedelta(days=7))
        first_day = day.replace(day=1)
        return _days(f"{day:%Y-%m}", first_day, (first_day + timedelta(days=32)).replace(day=1))

    def forget_at(self, span: Span) -> int:
        """When nobody asks for the window any more, though his clock be off by hours."""
        length_s = self.length_s or span.ends_at - span.starts_at
        return int(span.ends_at + max(length_s, 86400.0)) + 7200


def window(spelled: str, timezone: str) -> Window:
    """The window of a spelling that a policy may have."""
    length = _LENGTH(spelled)
    return Window(spelled, ZoneInfo(timezone), int(length[1]) * _SECONDS[length[2]] if length else None)


def _clock(spelled: str, here: datetime, now: float) -> Span:
    """A minute or an hour: those that a clock shows twice differ by their distance from Greenwich."""
    into_s = now % 60 if spelled == "minute" else here.minute * 60 + now % 60
    shown = f"{here:%Y-%m-%dT%H:%M%z}" if spelled == "minute" else f"{here:%Y-%m-%dT%H%z}"
    return Span(shown, now - into_s, now - into_s + (60 if spelled == "minute" else 3600))


def _days(name: str, begin: datetime, end: datetime) -> Span:
    """Days begin when the place's own clock says so, however long they are."""
    return Span(name, begin.timestamp(), end.timestamp())
