"""What can be wrong with a server, in one word each: nothing of the client library gets past this file."""

from __future__ import annotations

from typing import Literal

from redis import exceptions as wrong

from policyroute.errors import LedgerError

Reason = Literal[
    "down", "lost", "slow", "read-only", "loading", "denied", "full", "elsewhere", "refused", "unfit", "unknown script"
]

# The first that fits counts, so the special ones come first.
_KINDS: tuple[tuple[type[Exception], Reason], ...] = (
    (wrong.NoScriptError, "unknown script"),
    (wrong.ReadOnlyError, "read-only"),
    (wrong.BusyLoadingError, "loading"),
    (wrong.AuthenticationError, "denied"),
    (wrong.AuthorizationError, "denied"),
    (wrong.NoPermissionError, "denied"),
    (wrong.AuthenticationWrongNumberOfArgsError, "denied"),
    (wrong.OutOfMemoryError, "full"),
    (wrong.MasterDownError, "refused"),
    (wrong.AskError, "elsewhere"),
    (wrong.TryAgainError, "elsewhere"),
    (wrong.ClusterDownError, "elsewhere"),
    (wrong.ClusterCrossSlotError, "elsewhere"),
    (wrong.TimeoutError, "slow"),
    (wrong.ConnectionError, "lost"),
    (OSError, "lost"),
)
# Older servers wrap what a script met in a sentence of their own; other words have no class.
_WORDS: tuple[tuple[str, Reason], ...] = (
    ("READONLY", "read-only"),
    ("LOADING", "loading"),
    ("OOM", "full"),
    ("NOAUTH", "denied"),
    ("unauthenticated", "denied"),  # said to who sends more words than it takes to log in
    ("NOPERM", "denied"),
    ("MISCONF", "refused"),
    ("NOREPLICAS", "refused"),
    ("MASTERDOWN", "refused"),
    ("CLUSTERDOWN", "elsewhere"),
    ("BUSY", "slow"),
)
_SENTENCES: dict[Reason, str] = {
    "down": "cannot be reached",
    "lost": "broke off the connection",
    "slow": "did not answer in time",
    "read-only": "is a read-only replica",
    "loading": "is loading its data",
    "denied": "does not accept the user and password, or does not let this user do it",
    "full": "has no memory left",
    "elsewhere": "is a node of a cluster that does not serve the keys of this ledger now",
    "refused": "does not take writes now",
    "unfit": "holds something else under the keys of this ledger, or is no Redis of version 5 or later",
    "unknown script": "does not keep scripts",
}


class RedisTrouble(LedgerError):
    """A step that a server did not do, or of which nobody knows whether it did it; `reason` is the same in a word."""

    def __init__(self, reason: Reason, place: str) -> None:
        super().__init__(f"the ledger {place} {_SENTENCES[reason]}")
        self.reason: Reason = reason


def reason_of(error: wrong.RedisError | OSError) -> Reason:
    """The word for an error of the client library."""
    for kind, reason in _KINDS:
        if isinstance(error, kind):
            return reason
    text = str(error)
    return next((reason for word, reason in _WORDS if word in text), "unfit")
