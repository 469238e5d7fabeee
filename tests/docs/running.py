"""Runs the blocks of a page, in order, in a folder of its own.

`yaml`     a whole policy loads without a warning, a test file runs, a part of a policy loads once the rest stands beside
           it; anything else is strict YAML. A name after `yaml` writes it to the folder; `refused` means that it must not load.
`python`   runs, all blocks of a page one after the other; with `>>>` its answers are compared.
`console`  `$ policyroute …` runs, and what it prints is compared; a line `…` stands for any lines. `> FILE` keeps it in a
           file, `$ echo $?` is the exit code, `$ cat FILE` a file.
`sh`       is not run; each `policyroute` in it names a command and options that exist.
`json`     is JSON.

A comment `<!-- file: NAME -->` above a block writes it to the folder, for the commands that follow to judge. The folder begins
with what `policyroute init` writes, and with `policies/` where the page speaks of them.
"""

from __future__ import annotations

import doctest
import io
import json
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import click

from policyroute.cli import main as commands
from policyroute.errors import Problem
from policyroute.loading import examine
from policyroute.loading.tests import examine_tests
from policyroute.policy.cases import run as run_cases
from policyroute.policy.source import read_file, read_text, to_plain
from tests.docs.pages import Block, Page
from tests.house.survey import ROOT

REST = ROOT / "tests/docs/rest.yaml"
PLAIN = {"", "text", "sh", "diff", "toml", "csv"}
ANY = "…"
NOTHING = "PR013"
HEAD = {"apiVersion", "kind", "metadata"}
# What is different on every run.
VARYING = (
    (re.compile(r'"seconds": [0-9.]+'), '"seconds": 0'),
    (re.compile(r"\bdec_[0-9a-f]{24}\b"), "dec_0"),
    (re.compile(r"\b[0-9.,]+ (?:ms|µs|s)\b"), "0 s"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "0"),
)


class Run:
    """One page being run."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.code = 0
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.complaints: list[str] = []

    def all(self) -> list[str]:
        """Every complaint about the page's blocks."""
        if "policies/" in self.page.text:
            shutil.copytree(ROOT / "policies", self.folder / "policies")
        does = {"yaml": self.yaml, "python": self.python, "console": self.console, "sh": self.sh, "json": self.json}
        with chdir(self.folder):
            self.ran(["policyroute", "init"], 1)
            for block in self.page.blocks:
                if block.file:
                    Path(block.file).write_text(block.text, "utf-8")
                elif block.language in does:
                    does[block.language](block)
                elif block.language not in PLAIN:
                    self.complain(block.line, f"`{block.language}` is no kind of block that is run, nor one that is not")
        return self.complaints

    def complain(self, line: int, what: str) -> None:
        """One more."""
        self.complaints.append(self.page.at(line, what))

    def yaml(self, block: Block) -> None:
        file = next((word for word in block.words if word != "refused"), "block.yaml")
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(block.text, "utf-8")
        problems = self._wrong(block, file)
        wanted = "refused" in block.words
        if wanted and not any(problem.severity == "error" for problem in problems):
            self.complain(block.line, "nothing is wrong with it, and it says `refused`")
        for problem in () if wanted else problems:
            if problem.severity != "info":
                self.complain(block.line + problem.line - 1, f"{problem.code} {problem.message}")

    def _wrong(self, block: Block, file: str) -> Sequence[Problem]:
        """What the package says of a block, by what the block is."""
        source = read_text(block.text, file)
        said: Any = to_plain(source.root) if source.root is not None else {}
        keys = set(said) if isinstance(said, dict) else set()
        if "kind" in keys and said["kind"] == "PolicyTest":
            return self._tests(block, file)
        if "kind" in keys and said["kind"] == "Policy" and keys & {"models", "include"}:
            return examine(file).problems
        if keys and keys <= _rest().keys():
            part = {key: value for key, value in said.items() if key not in HEAD}
            whole = json.dumps(completed(part))
            problems = examine(file, lambda name: read_text(whole, name)).problems
            return [problem for problem in problems if problem.severity == "error"]
        return [problem for problem in source.problems if problem.code != NOTHING]

    def _tests(self, block: Block, file: str) -> Sequence[Problem]:
        tested = examine_tests(file)
        if tested.cases is not None and tested.about is not None and tested.about.policy is not None:
            policy = tested.about.policy
            for result in run_cases(tested.cases, policy.compiled, policy.pipeline):
                if not result.ok:
                    self.complain(block.line + result.line - 1, f"the test `{result.name}` fails: {result.diff}")
        return tested.problems

    def python(self, block: Block) -> None:
        if ">>>" not in block.text:
            code = compile("\n" * (block.line - 1) + block.text, self.page.path, "exec")
            with redirect_stdout(io.StringIO()):
                exec(code, self.names)
            return
        test = doctest.DocTestParser().get_doctest(block.text, self.names, self.page.path, self.page.path, block.line - 1)
        out: list[str] = []
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        if runner.run(test, out=out.append, clear_globs=False).failed:
            self.complain(block.line, "".join(out))
        self.names.update(test.globs)

    def console(self, block: Block) -> None:
        for line, command, wanted in commands_of(block):
            got = self.ran(shlex.split(command, comments=True), line)
            if got is not None:
                self.compare(line, command, wanted, got)

    def compare(self, line: int, command: str, wanted: str, got: str) -> None:
        """What a page shows below a command, with what the command prints."""
        measures = command.startswith("policyroute bench")
        if not alike(*map(_without_figures, (wanted, got)) if measures else (wanted, got)):
            self.complain(line, f"`{command}` prints\n{got}")

    def ran(self, words: list[str], line: int) -> str | None:
        """What a command prints; nothing where it is not one that is run."""
        match words:
            case [*before, ">", file]:
                Path(file).write_text(self.ran(before, line) or "", "utf-8")
                return ""
            case ["policyroute", *args]:
                out = io.StringIO()
                with redirect_stdout(out), redirect_stderr(out):
                    self.code = commands.main(args)
                return out.getvalue()
            case ["echo", "$?"]:
                return str(self.code)
            case ["cat", file]:
                return Path(file).read_text("utf-8")
        self.complain(line, f"`{shlex.join(words)}` is not run here: a block of `sh` may hold it")
        return None

    def sh(self, block: Block) -> None:
        text = block.text.replace("\\\n", " ")
        for offset, line in enumerate(text.splitlines()):
            for part in re.split(r"&&|\|\||[|;]", line.removeprefix("$ ")):
                words = shlex.split(part, comments=True)
                at = next((i for i, word in enumerate(words) if word.rpartition("/")[2] == "policyroute"), None)
                if at is not None:
                    self._exists(words[at + 1 :], block.line + offset)

    def _exists(self, args: list[str], line: int) -> None:
        try:
            name, command, rest = commands.program.resolve_command(click.Context(commands.program), args or ["--help"])
            if command is not None:
                command.make_context(name, [word for word in rest if word not in ("<", ">")])
        except click.exceptions.Exit:
            return
        except click.ClickException as error:
            self.complain(line, f"`policyroute {shlex.join(args)}`: {error.format_message()}")

    def json(self, block: Block) -> None:
        try:
            json.loads(block.text)
        except ValueError as error:
            self.complain(block.line, f"no JSON: {error}")


def _rest() -> dict[str, Any]:
    root = read_file(REST).root
    assert root is not None
    said = to_plain(root)
    assert isinstance(said, dict)
    return said


def completed(part: Mapping[str, Any]) -> dict[str, Any]:
    """A part of a policy with the rest of a whole one; what the part says comes first."""
    whole = _rest()
    for name, said in part.items():
        if name == "pipeline":
            rest = whole[name]
            whole[name] = rest | {stage: [*rules, *rest[stage]] if rest.get(stage) else rules for stage, rules in said.items()}
        elif name in ("attributes", "tags"):
            whole[name] = whole[name] | said
        else:
            whole[name] = said
    pipeline = {stage: rules for stage, rules in whole["pipeline"].items() if rules is not None}
    return {name: said for name, said in whole.items() if said is not None} | {"pipeline": pipeline}


def commands_of(block: Block) -> Iterator[tuple[int, str, str]]:
    """Each command of a console block: its line, what is typed, and what it prints."""
    line, command = 0, ""
    printed: list[str] = []
    for number, text in enumerate(block.text.splitlines(), block.line):
        if text.startswith("$ "):
            if command:
                yield line, command, "\n".join(printed)
            line, command, printed = number, text[2:], []
        else:
            printed.append(text)
    if command:
        yield line, command, "\n".join(printed)


def alike(wanted: str, got: str) -> bool:
    """Whether this is what a page shows: `…` stands for any lines, and what differs on every run for itself."""
    shown, printed = _normal(wanted), _normal(got)
    runs: list[list[str]] = [[]]
    for text in shown:
        if text == ANY:
            runs.append([])
        else:
            runs[-1].append(text)
    first, *middle = runs
    if printed[: len(first)] != first:
        return False
    if not middle:
        return printed == first
    at = len(first)
    for run in middle[:-1]:
        found = next((i for i in range(at, len(printed) - len(run) + 1) if printed[i : i + len(run)] == run), None)
        if found is None:
            return False
        at = found + len(run)
    last = middle[-1]
    return len(printed) - len(last) >= at and printed[len(printed) - len(last) :] == last


def _without_figures(text: str) -> str:
    """For what measures: the words, whatever the figures, and however wide the columns are for them."""
    return re.sub(r"[0-9][0-9.,]*", "0", re.sub(r" +", " ", re.sub(r"\b(?:ms|µs)\b", "s", text)))


def _normal(text: str) -> list[str]:
    for pattern, instead in VARYING:
        text = pattern.sub(instead, text)
    return [line.rstrip() for line in text.strip("\n").splitlines()]
