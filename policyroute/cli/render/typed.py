"""What people type after options: names and values, and times."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from policyroute.errors import UsageError
from policyroute.policy.frame import shown
from policyroute.policy.suggest import closest


def pair(text: str, option: str, example: str) -> tuple[str, str]:
    """A name and its value."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"`{option} {shown(text)}` has no name and value: `{option} {example}` has")
    return name.strip(), value.strip()


def known(name: str, what: str, known: Collection[str], also: Collection[str] = ()) -> str:
    """A name that the policy has."""
    if name in known or name in also:
        return name
    near = closest(name, [*known, *also])
    listed = f"the policy has {', '.join(f'`{one}`' for one in known)}" if known else f"the policy has no {what}s"
    raise UsageError(f"unknown {what} `{shown(name)}`: {f'did you mean `{near}`?' if near else listed}")


def moment(text: str) -> float:
    """A time as Unix seconds; one without a zone is UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"`{shown(text)}` is no time: such as 2026-11-02T09:00:00Z") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
