"""SARIF 2.1.0, as code scanning takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from policyroute import __version__
from policyroute.errors import Problem

LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def sarif(problems: Sequence[Problem], about: Callable[[str], str]) -> dict[str, object]:
    """Each problem as a result; `about` says what a code stands for."""
    codes = sorted({problem.code for problem in problems})
    levels = {problem.code: LEVELS[problem.severity] for problem in reversed(problems)}
    rules = [
        {"id": code, "shortDescription": {"text": about(code)}, "defaultConfiguration": {"level": levels[code]}} for code in codes
    ]
    places = {code: place for place, code in enumerate(codes)}
    run = {
        "tool": {"driver": {"name": "policyroute", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, places[problem.code]) for problem in problems],
    }
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def _result(problem: Problem, rule: int) -> dict[str, object]:
    region = {"startLine": problem.line}
    if problem.column:
        region |= {"startColumn": problem.column, "endColumn": max(problem.end_column, problem.column)}
    said = f"{problem.message}\n{problem.help}".strip()
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": LEVELS[problem.severity],
        "message": {"text": said},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": quote(problem.file)}, "region": region}}],
    }
