"""`policyroute test`: runs the tests of policies, and says which rules no test has seen fire."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

import click

from policyroute.analysis.coverage import Coverage, coverage
from policyroute.cli.render import bold, counted, dim, github_error, green, output_option, red, say, write_json, yellow
from policyroute.cli.render.files import TEST_ENDINGS, is_folder, is_test, kind_of, ours_below
from policyroute.errors import PolicyError, Problem, UsageError
from policyroute.loading import Policy, examine
from policyroute.loading.tests import Tested, examine_tests
from policyroute.policy.cases import Result, run
from policyroute.policy.frame import shown
from policyroute.policy.source import Source, read_file

FAILED = 4
UNCOVERED = 7
INVALID = 3
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EXAMPLES = """\b
Examples:
  policyroute test                                   every *_test.yaml below this folder
  policyroute test policies/default.yaml -k budget   some tests of one policy
  policyroute test policies --output junit > tests.xml
"""


class Covered(NamedTuple):
    """How much of a policy the tests reached, and how much they have to."""

    policy: str
    reached: Coverage
    wanted: float | None

    @property
    def enough(self) -> bool:
        """Whether they reached as much."""
        return self.wanted is None or self.reached.share >= self.wanted - 1e-9


class Ran(NamedTuple):
    """What came out: every row, and the coverage of every policy; `whole` where every test was run."""

    results: tuple[Result, ...]
    covered: tuple[Covered, ...]
    seconds: float
    whole: bool = True

    @property
    def failures(self) -> tuple[Result, ...]:
        """The rows that did not come out as expected."""
        return tuple(result for result in self.results if not result.ok)

    @property
    def lacking(self) -> tuple[Covered, ...]:
        """The policies that the tests did not reach far enough into."""
        return tuple(one for one in self.covered if not one.enough)

    @property
    def code(self) -> int:
        """The exit code."""
        return FAILED if self.failures else UNCOVERED if self.lacking else 0


@click.command(epilog=EXAMPLES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@output_option("text", "json", "junit", "github", "markdown")
@click.option(
    "--coverage", "wanted", metavar="SHARE", help="The share of rules that have to fire, such as 100%, whatever the files say."
)
@click.option("-k", "part", metavar="TEXT", help="Only tests with this in their name.")
@click.option("-x", "--fail-fast", is_flag=True, help="Stop at the first failure.")
def command(paths: Sequence[str], form: str, wanted: str | None, part: str | None, fail_fast: bool) -> int:
    """Run the tests of policies: the same decisions as in production, compared with what the tests expect.

    PATH is a test file, a folder, or a policy, which means the *_test.yaml beside it; without one, every *_test.yaml below
    this folder. The exit code is 0 where all pass, 4 where one fails, 7 where too few rules fired, 3 where a file cannot be
    used. With -k, coverage is judged only where --coverage asks for it.
    """
    threshold = None if wanted is None else _share(wanted)
    tested = _collected(paths)
    problems = [problem for one in tested for problem in one.problems if problem.severity == "error"]
    if problems:
        return _refuse(list(dict.fromkeys(problems)), form)
    if part is not None:
        tested = [_matching(one, part) for one in tested]
    if not any(one.cases is not None and one.cases.tests for one in tested):
        raise UsageError(f"no test has `{shown(part or '')}` in its name")
    ran = _run(tested, threshold, fail_fast, _Dots(form))
    whole = part is None and not (fail_fast and ran.failures)
    if not whole and threshold is None:
        ran = ran._replace(covered=tuple(one._replace(wanted=None) for one in ran.covered), whole=False)
    _SHOWN[form](ran)
    return ran.code


def _share(text: str) -> float:
    found = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)%", text)
    if not found or float(found[1]) > 100:
        raise UsageError(f"`{shown(text)}` is no share of the rules: such as 100%")
    return float(found[1]) / 100


def _collected(paths: Sequence[str]) -> list[Tested]:
    """Every test file once, looked at together with its policy."""
    read = cache(read_file)
    look = cache(lambda file: examine(file, read))
    files = dict.fromkeys(file for path in paths or (".",) for file in _files(path, read))
    if not files:
        where = ", ".join(f"`{path}`" for path in paths) or "this folder"
        raise UsageError(f"no tests are below {where}: a file such as `policy_test.yaml` with `kind: PolicyTest` is expected")
    return [examine_tests(file, read, look) for file in files]


def _files(path: str, read: Callable[[str], Source]) -> Iterator[str]:
    if is_folder(path):
        yield from ours_below(path, read, TEST_ENDINGS)
    elif kind_of(read(path)) == "Policy" and not is_test(read(path)):
        stem = path.rpartition(".")[0]
        beside = next((stem + ending for ending in TEST_ENDINGS if read(stem + ending).lines), None)
        if beside is None:
            raise UsageError(f"`{path}` has no tests beside it: `{stem}_test.yaml` is expected")
        yield beside
    else:
        yield path


def _matching(tested: Tested, part: str) -> Tested:
    """The same with only those tests whose name has this text in it."""
    cases = tested.cases
    assert cases is not None
    return tested._replace(cases=replace(cases, tests=tuple(t for t in cases.tests if part.casefold() in t.name.casefold())))


class _Dots:
    """Progress on a terminal: a dot for each row."""

    def __init__(self, form: str) -> None:
        self._shows = form == "text" and sys.stdout.isatty()
        self._shown = 0

    def add(self, ok: bool) -> None:
        """One more row is done."""
        if self._shows:
            self._shown += 1
            click.echo(green(".") if ok else red("F", bold=True), nl=self._shown % 80 == 0)

    def end(self) -> None:
        """All are done."""
        if self._shows and self._shown % 80:
            say()


def _run(tested: Sequence[Tested], threshold: float | None, fail_fast: bool, dots: _Dots) -> Ran:
    start = time.perf_counter()
    results: list[Result] = []
    about: dict[str, tuple[Policy, set[str], list[float]]] = {}
    for one in tested:
        policy = one.about.policy if one.about is not None else None
        assert one.cases is not None and policy is not None
        _, fired, wanted = about.setdefault(one.policy, (policy, set(), []))
        wanted += [threshold] if threshold is not None else [one.cases.coverage.rules] if one.cases.coverage is not None else []
        for result in run(one.cases, policy.compiled, policy.pipeline):
            results.append(result)
            fired |= result.fired
            dots.add(result.ok)
            if fail_fast and not result.ok:
                break
        if fail_fast and results and not results[-1].ok:
            break
    dots.end()
    covered = [
        Covered(file, coverage(policy.compiled, fired), max(wanted, default=None))
        for file, (policy, fired, wanted) in about.items()
    ]
    return Ran(tuple(results), tuple(covered), time.perf_counter() - start)


def _refuse(problems: Sequence[Problem], form: str) -> int:
    """Faulty files: nothing is run, and every form says where. For JUnit they are errors of a suite."""
    if form != "junit":
        raise PolicyError(problems)
    cases = [
        f"    <testcase name={_quoted(problem.code)} classname={_quoted(problem.file)}>\n"
        f"      <error message={_quoted(problem.message)}>{_xml(f'{problem.file}:{problem.line}:{problem.column}')}</error>\n"
        "    </testcase>"
        for problem in problems
    ]
    _say_suites(
        [_suite("invalid", cases, f'tests="{len(cases)}" errors="{len(cases)}"')], f'tests="{len(cases)}" errors="{len(cases)}"'
    )
    return INVALID


def _titled(result: Result) -> str:
    return f"{result.name} [{result.row}]" if result.row is not None else result.name


def _text(ran: Ran) -> None:
    for result in ran.failures:
        say(f"{red('✗', bold=True)} {bold(shown(_titled(result)))}\n  --> {shown(result.file)}:{result.line}")
        for line in result.diff.splitlines():
            colour = red if line.startswith("-") else green if line.startswith("+") else dim
            say(f"  {colour(shown(line))}")
        say()
    for one in ran.covered if ran.whole else ():
        reached = one.reached
        share = f"{reached.covered} of {counted(reached.total, 'rule')} fired"
        lacks = "" if one.enough else red(f", {one.wanted:.0%} have to", bold=True)
        say(f"{shown(one.policy)}: {share}{lacks}")
        if reached.missing:
            say(f"  {yellow('never fired')}: {', '.join(reached.missing)}")
    passed = len(ran.results) - len(ran.failures)
    said = [red(f"{len(ran.failures)} failed", bold=True)] if ran.failures else []
    said += [green(f"{passed} passed", bold=ran.code == 0)]
    said += [red("too few rules fired", bold=True)] if ran.lacking else []
    say(f"{', '.join(said)} in {ran.seconds:.2f} s")


def _json(ran: Ran) -> None:
    tests = [{"name": r.name, "file": r.file, "line": r.line, "ok": r.ok, "row": r.row, "diff": r.diff} for r in ran.results]
    policies = [_counts(one.reached) | {"policy": one.policy, "wanted": one.wanted} for one in ran.covered]
    write_json(
        {
            "ok": ran.code == 0,
            "passed": len(ran.results) - len(ran.failures),
            "failed": len(ran.failures),
            "tests": tests,
            "coverage": _counts(_summed(ran.covered)) | {"policies": policies},
            "mutation": None,
            "seconds": round(ran.seconds, 4),
        }
    )


def _summed(covered: Sequence[Covered]) -> Coverage:
    """The coverage of all policies together."""
    reached = [one.reached for one in covered]
    missing = tuple(rule for one in reached for rule in one.missing)
    return Coverage(sum(one.covered for one in reached), sum(one.total for one in reached), missing)


def _counts(reached: Coverage) -> dict[str, object]:
    return {"covered": reached.covered, "total": reached.total, "missing": list(reached.missing)}


def _github(ran: Ran) -> None:
    for result in ran.failures:
        say(github_error(result.file, result.line, f"policy test failed: {_titled(result)}", result.diff))
    for one in ran.covered:
        if not one.enough:
            say(
                github_error(
                    one.policy, 1, "rule coverage", f"these rules never fired in a test: {', '.join(one.reached.missing)}"
                )
            )


def _junit(ran: Ran) -> None:
    suites = []
    for file in dict.fromkeys(result.file for result in ran.results):
        rows = [result for result in ran.results if result.file == file]
        counts = f'tests="{len(rows)}" failures="{sum(not row.ok for row in rows)}"'
        suites.append(_suite(file, [_case(row) for row in rows], counts))
    for one in ran.lacking:
        message = f"these rules never fired: {', '.join(one.reached.missing)}"
        case = (
            f'    <testcase name="rule coverage" classname={_quoted(one.policy)}><failure message={_quoted(message)}/></testcase>'
        )
        suites.append(_suite(one.policy, [case], 'tests="1" failures="1"'))
    total, failed = len(ran.results) + len(ran.lacking), len(ran.failures) + len(ran.lacking)
    _say_suites(suites, f'tests="{total}" failures="{failed}" time="{ran.seconds:.4f}"')


def _case(result: Result) -> str:
    place = f'classname={_quoted(result.file)} file={_quoted(result.file)} line="{result.line}"'
    head = f"    <testcase name={_quoted(_titled(result))} {place}"
    if result.ok:
        return f"{head}/>"
    return f'{head}>\n      <failure message="not as expected">{_xml(result.diff)}</failure>\n    </testcase>'


def _suite(name: str, cases: Sequence[str], counts: str) -> str:
    return "\n".join([f"  <testsuite name={_quoted(name)} {counts}>", *cases, "  </testsuite>"])


def _say_suites(suites: Sequence[str], counts: str) -> None:
    say(
        "\n".join(
            ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="policyroute" {counts}>', *suites, "</testsuites>"]
        )
    )


def _xml(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text))


def _markdown(ran: Ran) -> None:
    passed = len(ran.results) - len(ran.failures)
    say(f"**Policy tests: {f'{len(ran.failures)} failed, ' if ran.failures else ''}{passed} passed**")
    say("\n| policy | rules that fired | never fired |\n|---|---:|---|")
    for one in ran.covered:
        missing = ", ".join(f"`{rule}`" for rule in one.reached.missing)
        say(f"| `{one.policy}` | {one.reached.covered} of {one.reached.total} | {missing} |")
    for result in ran.failures:
        say(f"\n{shown(_titled(result))} (`{shown(result.file)}:{result.line}`)\n\n```diff\n{_fenced(result.diff)}\n```")


def _fenced(text: str) -> str:
    return "\n".join(shown(line).replace("```", "'''") for line in text.splitlines())


_SHOWN: Mapping[str, Callable[[Ran], None]] = {
    "text": _text,
    "json": _json,
    "junit": _junit,
    "github": _github,
    "markdown": _markdown,
}
