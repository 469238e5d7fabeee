"""`policyroute fmt`: brings policies and test files into canonical form; what they say stays, and so does every comment."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click

from policyroute.cli.render import bold, counted, dim, green, output_option, red, say, write_json
from policyroute.cli.render.files import is_folder, no_files, ours_below
from policyroute.errors import PolicyError, Problem, UsageError
from policyroute.policy.format import FormatError, canonical
from policyroute.policy.frame import shown
from policyroute.policy.source import MAX_BYTES, Source, read_file, read_text

LINT = 9
STDIN = "-"
EXAMPLES = """\b
Examples:
  policyroute fmt policies                    all below a folder, tests included, in place
  policyroute fmt --check policies            for CI: 9 where a file would change, with the diff
  policyroute fmt - < policy.yaml             from standard input to standard output
"""


class Formed(NamedTuple):
    """A file, as it is and as it should be."""

    file: str
    was: str
    form: str

    @property
    def changes(self) -> bool:
        """Whether it is not canonical yet."""
        return self.was != self.form

    @property
    def diff(self) -> str:
        """What would change."""
        lines = unified_diff(_lines(self.was), _lines(self.form), f"a/{self.file}", f"b/{self.file}", lineterm="")
        return "\n".join(lines)


@click.command(epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", is_flag=True, help="Change nothing; show what would change, and exit with 9 where something would.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
@output_option("text", "json")
def command(files: Sequence[str], check: bool, diff: bool, form: str) -> int:
    """Bring policies and test files into canonical form, in place: what they say stays, and so does every comment.

    FILE is a policy, a test file, or a folder with such files; `-` is standard input, whose form goes to standard output. A
    file that cannot be read as strict YAML is left as it is, and so is every other file of the same command: the exit code is
    then 3.
    """
    formed, problems = _formed(files)
    if problems:
        raise PolicyError(problems)
    dry = check or diff
    for one in formed:
        if one.changes and not dry and one.file != STDIN:
            _replace(one.file, one.form)
    code = LINT if check and any(one.changes for one in formed) else 0
    if form == "json":
        rows = [{"file": one.file, "changed": one.changes, "diff": one.diff if dry else ""} for one in formed]
        write_json({"ok": code == 0, "files": rows})
    elif dry:
        _show_diffs(formed)
    else:
        _show_done(formed)
    return code


def _formed(paths: Sequence[str]) -> tuple[list[Formed], list[Problem]]:
    """Every file once with its form, or what keeps files from having one."""
    formed: list[Formed] = []
    problems: list[Problem] = []
    read = cache(_read)
    for file in dict.fromkeys(file for path in paths for file in _files(path, read)):
        text = read(file)
        try:
            if text.root is None:
                raise FormatError(text.problems or [_empty(file)])
            was = text.root.origin.text
            formed.append(Formed(file, was, canonical(was, file)))
        except FormatError as error:
            problems += error.problems
    return formed, problems


def _files(path: str, read: Callable[[str], Source]) -> list[str]:
    """The files that a path stands for: itself, or the policies and test files below a folder."""
    if not is_folder(path):
        return [path]
    found = ours_below(path, read)
    if not found:
        raise no_files(path)
    return found


def _read(file: str) -> Source:
    return read_text(sys.stdin.buffer.read(MAX_BYTES + 1), file) if file == STDIN else read_file(file)


def _empty(file: str) -> Problem:
    return Problem("PR016", "error", "an empty file has no canonical form", file, 1, 1, 2)


def _replace(file: str, text: str) -> None:
    """Writes beside the file and then takes its place, so that a crash leaves the old one."""
    path = Path(os.path.realpath(file))
    beside = ""
    try:
        number, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with open(number, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        shutil.copymode(path, beside)
        os.replace(beside, path)
    except OSError as error:
        if beside:
            Path(beside).unlink(missing_ok=True)
        raise UsageError(f"cannot write `{file}`: {(error.strerror or 'the system refuses').lower()}") from None


def _show_diffs(formed: Sequence[Formed]) -> None:
    for one in formed:
        for line in one.diff.split("\n") if one.changes else ():
            head = line.startswith(("+++", "---", "@@"))
            paint = bold if head else green if line.startswith("+") else red if line.startswith("-") else str
            say(paint(shown(line)))
    changing = sum(one.changes for one in formed)
    if changing:
        say(f"{counted(changing, 'file')} would change", err=True)


def _show_done(formed: Sequence[Formed]) -> None:
    for one in formed:
        if one.file == STDIN:
            click.echo(one.form, nl=False)
        elif one.changes:
            say(f"{shown(one.file)}: {green('formatted')}")
        else:
            say(dim(f"{shown(one.file)}: as it should be"))


def _lines(text: str) -> list[str]:
    """The lines for a diff; a last line without an end is told as other tools do."""
    *lines, last = text.split("\n")
    return [*lines, last, "\\ No newline at end of file"] if last else lines
