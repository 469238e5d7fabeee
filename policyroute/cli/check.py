"""`policyroute check`: says everything that is wrong with policies and test files, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Literal, NamedTuple

import click

from policyroute.cli.render import HIGH, Start, counted, dim, frames, github, green, output_option, say, write_json, yellow
from policyroute.cli.render.files import below, is_folder, is_ours, is_test, kind_of, lines_of, no_files
from policyroute.cli.render.sarif import sarif
from policyroute.errors import Problem
from policyroute.loading import examine
from policyroute.policy.frame import shown, summary
from policyroute.policy.source import Source, read_file

INVALID = 3
LINT = 9
# What a code is about, by its hundred.
FAMILIES = {
    "PR0": "the file cannot be read as strict YAML",
    "PR1": "a key, a value or a name is not what the language knows",
    "PR2": "what is written cannot mean what it seems to say",
    "PR3": "a reviewer would ask about this",
    "PR4": "a pattern cannot be used",
    "PR5": "an invariant does not hold",
    "PR6": "a test does not say anything that could be checked",
}
EXAMPLES = """\b
Examples:
  policyroute check policies/default.yaml          one policy
  policyroute check policies --fail-on warning     all below a folder, tests included
  policyroute check policies --output github       annotations beside a change
"""


class Looked(NamedTuple):
    """One file that was looked at; `said` is what stands in the line of a file that is fine."""

    file: str
    kind: Literal["Policy", "PolicyTest"]
    problems: tuple[Problem, ...]
    sources: tuple[Source, ...]
    facts: Mapping[str, str | int]
    said: str

    @property
    def ok(self) -> bool:
        """Whether it can be used."""
        return not any(problem.severity == "error" for problem in self.problems)


class Skipped(NamedTuple):
    """A file in a folder that was not looked at, and why."""

    file: str
    why: str


@click.command(epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@output_option("text", "json", "github", "sarif")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info"]),
    default="error",
    show_default=True,
    help="From which severity on the exit code says that something is wrong: 3 for errors, 9 for lint.",
)
@click.pass_obj
def command(start: Start, files: Sequence[str], form: str, fail_on: str) -> int:
    """Say everything that is wrong with policies and test files, each problem with its place.

    FILE is a policy, a test file (with the policy it is about), or a folder with such files. Reads only; nothing is decided
    or sent. The exit code is 0 where all is well, 3 where something cannot be used, 9 for lint at --fail-on.
    """
    looked, skipped = _look(files, _Eyes(start))
    problems = list(dict.fromkeys(problem for one in looked for problem in one.problems))
    worst = max((HIGH[problem.severity] for problem in problems), default=-1)
    code = INVALID if worst == HIGH["error"] else LINT if worst >= HIGH[fail_on] else 0
    if form == "json":
        write_json(_answer(looked, skipped, problems, code))
    elif form == "sarif":
        write_json(sarif(problems, _about))
    elif form == "github":
        if problems:
            say(github(problems))
    else:
        _show(looked, skipped, problems)
    return code


class _Eyes:
    """Looks at each file once, however many others are about it or include it."""

    def __init__(self, start: Start) -> None:
        self.read = cache(read_file)
        self._examine = cache(lambda file: examine(file, self.read))
        self._room = start.room

    def at(self, file: str) -> Looked:
        """A policy or a test file, told apart by its kind, and by its name where it has none."""
        if is_test(self.read(file)):
            # Test files need the dialects, which take their time to import.
            tested = self._room("policyroute.loading.tests").examine_tests(file, self.read, self._examine)
            number = 0 if tested.cases is None else len(tested.cases.tests)
            said = f"{counted(number, 'test')} of {tested.policy}"
            facts = {"policy": tested.policy, "tests": number}
            return Looked(file, "PolicyTest", tested.problems, tested.sources, facts, said)
        checked = self._examine(file)
        if checked.policy is None:
            return Looked(file, "Policy", checked.problems, checked.sources, {}, "")
        version, compiled = checked.policy.version, checked.policy.compiled
        models, rules = len(compiled.vocabulary.targets), len(compiled.rule_ids)
        facts = {"name": version.name, "version": version.version, "hash": version.hash, "models": models, "rules": rules}
        said = f"{counted(models, 'model')}, {counted(rules, 'rule')}, hash {version.hash}"
        return Looked(file, "Policy", checked.problems, checked.sources, facts, said)


def _look(paths: Sequence[str], eyes: _Eyes) -> tuple[list[Looked], list[Skipped]]:
    """Every file once, those that are named before those found in folders."""
    looked = {path: eyes.at(path) for path in paths if not is_folder(path)}
    skipped: list[Skipped] = []
    for path in filter(is_folder, paths):
        files = below(path)
        found, passed = _found([file for file in files if file not in looked], eyes)
        if not found and not looked.keys() & set(files):
            raise no_files(path)
        looked |= found
        skipped += passed
    return list(looked.values()), skipped


def _found(files: Sequence[str], eyes: _Eyes) -> tuple[dict[str, Looked], list[Skipped]]:
    """The policies and tests among files that nobody named; what another policy includes is looked at as its part."""
    found: dict[str, Looked] = {}
    skipped = []
    for file in files:
        if is_ours(eyes.read(file)):
            found[file] = eyes.at(file)
        else:
            kind = kind_of(eyes.read(file))
            skipped.append(Skipped(file, f"its kind is `{shown(kind)}`" if kind else "it has no `kind`"))
    part_of = {
        text.file: one.file for one in found.values() if one.kind == "Policy" for text in one.sources if text.file != one.file
    }
    skipped += [Skipped(file, f"it is looked at as a part of {part_of[file]}") for file in found if file in part_of]
    return {file: one for file, one in found.items() if file not in part_of}, sorted(skipped)


def _show(looked: Sequence[Looked], skipped: Sequence[Skipped], problems: Sequence[Problem]) -> None:
    """Frames first, then a line for each file that is fine, then the sum."""
    if problems:
        say(frames(problems, lines_of(text for one in looked for text in one.sources)) + "\n")
    for one in looked:
        if one.ok:
            say(f"{shown(one.file)}: {green('ok')} ({one.said})")
    for file, why in skipped:
        say(dim(f"{shown(file)}: skipped, {why}"))
    if problems:
        say(yellow(summary(problems)))


def _answer(looked: Sequence[Looked], skipped: Sequence[Skipped], problems: Iterable[Problem], code: int) -> dict[str, object]:
    files = [{"file": one.file, "kind": one.kind, "ok": one.ok, **one.facts} for one in looked]
    return {
        "ok": code == 0,
        "problems": [problem.to_dict() for problem in problems],
        "files": files,
        "skipped": [one._asdict() for one in skipped],
    }


def _about(code: str) -> str:
    return FAMILIES.get(code[:3], "a problem in a policy or a test file")
