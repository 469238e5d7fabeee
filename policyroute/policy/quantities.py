"""Quantities as policies spell them: times, shares, windows, hours of the day."""

from __future__ import annotations

import re

from policyroute.policy.shape import Spelled

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
SIZES = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
MOST_SECONDS = 10 * 366 * 86400
MOST_BYTES = 10**15
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "(?:" + "|".join(DAY_NAMES) + ")"


def _seconds(found: re.Match[str]) -> float | None:
    value = float(found[1]) * SECONDS[found[2]]
    return value if 0 < value <= MOST_SECONDS else None


def _share(found: re.Match[str]) -> float | None:
    value = float(found[1]) / 100
    return value if 0 <= value <= 1 else None


def _level(found: re.Match[str]) -> float | None:
    value = float(found[1]) / 100
    return value if 0 < value <= 10 else None


def _size(found: re.Match[str]) -> int | None:
    value = float(found[1]) * SIZES[found[2]]
    return int(value) if 1 <= value <= MOST_BYTES else None


def _minutes(found: re.Match[str]) -> int | None:
    hours, minutes = int(found[1]), int(found[2])
    return hours * 60 + minutes if minutes < 60 and (hours < 24 or (hours, minutes) == (24, 0)) else None


def _days(found: re.Match[str]) -> tuple[int, ...]:
    first = DAY_NAMES.index(found[1])
    last = DAY_NAMES.index(found[2]) if found[2] else first
    return tuple((first + i) % 7 for i in range((last - first) % 7 + 1))


def _window(found: re.Match[str]) -> str | None:
    return found[0] if found[1] is None or 0 < float(found[1]) * SECONDS[found[0][-1]] <= MOST_SECONDS else None


DURATION = Spelled("a time", "200ms, 5s, 10m, 1h or 7d", r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)", _seconds)
SHARE = Spelled("a share", "5%", r"(\d+(?:\.\d+)?)%", _share)
LEVEL = Spelled("a level", "80%", r"(\d+(?:\.\d+)?)%", _level)
SIZE = Spelled("a size", "10MB", r"(\d+(?:\.\d+)?)(B|KB|MB|GB|KiB|MiB|GiB)", _size)
CLOCK = Spelled("a time of day", "08:00", r"(\d\d):(\d\d)", _minutes)
DAYS = Spelled("a day or a range of days", "mon-fri", rf"({_DAY})(?:-({_DAY}))?", _days)
WINDOW = Spelled("a window", "day, 90m or 7d", r"minute|hour|day|week|month|(\d+)(?:m|h|d)", _window)
