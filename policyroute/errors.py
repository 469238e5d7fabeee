"""What can go wrong, sorted by who must act.

PolicyrouteError
├── PolicyError     the author of the policy or of its tests: every `Problem` at once
├── CallError       the caller: the call cannot be read, or asks for what does not exist
├── LedgerError     whoever runs the store of spend: it does not answer, or not as it should
├── UsageError      whoever typed the command, or mounted the library
└── EngineError     us: an invariant of the interpreter did not hold
    └── Widened     a stage returned a model it was not given
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "info"]


class Problem(NamedTuple):
    """Something wrong in a policy or a test file: a value, with its place and what to do about it."""

    code: str
    severity: Severity
    message: str
    file: str
    line: int
    column: int
    end_column: int
    path: str = "$"
    label: str = ""
    help: str = ""

    def to_dict(self) -> dict[str, str | int]:
        """The shape that every command prints under `problems`."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "end_column": self.end_column,
            "path": self.path,
            "help": self.help,
        }


class PolicyrouteError(Exception):
    """The root: `except PolicyrouteError` catches everything this package raises on purpose."""

    status = 500
    exit_code = 1
    code = "internal"


class PolicyError(PolicyrouteError):
    """A policy or a test file that must not be used; carries every problem found, warnings included."""

    exit_code = 3
    code = "invalid_policy"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        errors = [p for p in self.problems if p.severity == "error"]
        first = errors[0] if errors else self.problems[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{first.file}:{first.line}:{first.column}: {first.code} {first.message}{more}")


class CallError(PolicyrouteError):
    """A call that cannot be read or decided on; the message never holds text of the call."""

    status = 400
    exit_code = 2

    def __init__(self, message: str, *, code: str = "invalid_request", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class LedgerError(PolicyrouteError):
    """The store of spend did not do a step: it cannot be reached, is too slow, or is not what it should be."""

    status = 503
    code = "ledger_unavailable"


class UsageError(PolicyrouteError):
    """A command or an argument that makes no sense."""

    exit_code = 2
    code = "usage"


class EngineError(PolicyrouteError):
    """An invariant of the interpreter did not hold: refuse rather than guess."""


class Widened(EngineError):
    """A stage returned a model it was not given."""
