"""Loading a test file: with the policy it is about, and everything that is wrong with either."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from policyroute.errors import Problem
from policyroute.loading import Checked, examine, without_collector
from policyroute.policy import source
from policyroute.policy.casefile import CASES, CaseFile
from policyroute.policy.cases import check_cases
from policyroute.policy.compose import Read
from policyroute.policy.problems import Problems
from policyroute.policy.source import Source, read_file


class Tested(NamedTuple):
    """A test file that was looked at, with the policy it is about; `cases` only where it can be run."""

    file: str
    cases: CaseFile | None
    about: Checked | None
    policy: str
    problems: tuple[Problem, ...]
    sources: tuple[Source, ...]


@without_collector()
def examine_tests(file: str, read: Read = read_file, look: Callable[[str], Checked] = examine) -> Tested:
    """Everything that can be said of a test file, and of its policy, without running a test."""
    text = read(file)
    problems = Problems()
    problems.found += text.problems
    if text.root is None:
        return Tested(file, None, None, "", problems.in_order(), (text,))
    said = CASES.read(text.root, "$", problems)
    cases = said if isinstance(said, CaseFile) else None
    policy = _beside(file, _named(text.root))
    about = look(policy) if policy else None
    if cases is not None and about is not None:
        problems.found += _replaced(about.problems, policy, cases)
        if about.policy is not None:
            check_cases(cases, about.policy.compiled, problems)
    elif about is not None:
        problems.found += about.problems
    sources = (text, *(about.sources if about is not None else ()))
    runnable = cases if about is not None and about.policy is not None and not problems.error_count() else None
    return Tested(file, runnable, about, policy, problems.in_order(), sources)


def _named(root: source.Node) -> str:
    """The policy that a test file names, also where the rest of it is wrong."""
    named = root.get("policy") if isinstance(root, source.Mapping) else None
    return named.text if isinstance(named, source.Scalar) and isinstance(named.value, str) else ""


def _beside(file: str, path: str) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(file), path)) if path else ""


def _replaced(problems: Iterable[Problem], policy: str, cases: CaseFile) -> Iterator[Problem]:
    """That the policy cannot be read is said where the test file names it."""
    for problem in problems:
        if problem.code == "PR012" and problem.file == policy:
            message = problem.message.replace("this file", f"the policy `{cases.policy}`")
            help = "the path is taken from the folder of this file"
            yield cases.policy.place.problem("PR012", message, help=help, path="$.policy")
        else:
            yield problem
