"""Limits: the longest file, the longest function and the widest signature are what makes a codebase hard to read."""

from __future__ import annotations

import pytest

from tests.house.survey import AnyFunction, Source, functions, parse, sources

FILE_LINES = 400
FUNCTION_LINES = 60
PARAMETERS = 6

# `path` or `path::function`, and why it may be longer. Better empty.
EXCEPTIONS: dict[str, str] = {}


def parameters(function: AnyFunction) -> int:
    """How many things a caller can hand over."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    return len(every) - (bool(every) and every[0].arg in {"self", "cls"})


def too_much(source: Source) -> dict[str, str]:
    """What is over a limit, by the name under which it could be excepted."""
    found = {}
    if (lines := len(source.text.splitlines())) > FILE_LINES:
        found[source.path] = f"{source.path}:1: {lines} lines, over {FILE_LINES}"
    for function in functions(source.tree):
        complaints = []
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES:
            complaints.append(f"{lines} lines, over {FUNCTION_LINES}")
        if (wide := parameters(function)) > PARAMETERS:
            complaints.append(f"{wide} parameters, over {PARAMETERS}")
        if complaints:
            found[f"{source.path}::{function.name}"] = source.at(function, f"`{function.name}`: {', '.join(complaints)}")
    return found


def test_nothing_is_over_its_limit() -> None:
    """Files, functions and signatures of package, tests and benchmarks stay small; every exception is still needed."""
    found = {
        name: complaint
        for source in sources("policyroute", "tests", "benchmarks")
        for name, complaint in too_much(source).items()
    }
    assert "\n".join(complaint for name, complaint in found.items() if name not in EXCEPTIONS) == ""
    assert set(EXCEPTIONS) <= set(found)


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("x = 1\n" * 401, "401 lines, over 400"),
        ("def long():\n" + "    x = 1\n" * 60, "`long`: 61 lines, over 60"),
        ("async def long():\n" + "    x = 1\n" * 60, "`long`: 61 lines, over 60"),
        ("def wide(a, b, c, d, e, f, g): ...", "`wide`: 7 parameters, over 6"),
        ("def wide(a, b, /, c, *d, e, f, **g): ...", "`wide`: 7 parameters, over 6"),
        ("class Box:\n    def wide(self, a, b, c, d, *, e, f, g): ...", "`wide`: 7 parameters, over 6"),
    ],
)
def test_too_much_is_seen(code: str, complaint: str) -> None:
    """Each limit complains one above it."""
    assert complaint in "\n".join(too_much(parse("policyroute/box.py", code)).values())


@pytest.mark.parametrize(
    "code",
    [
        "x = 1\n" * 400,
        "def long():\n" + "    x = 1\n" * 59,
        "class Box:\n    def wide(self, a, b, c, d, e, f): ...",
        "def none(): ...",
    ],
)
def test_just_enough_passes(code: str) -> None:
    """Each limit is kept by code that is exactly on it."""
    assert too_much(parse("policyroute/box.py", code)) == {}
