"""The command line as a whole: its list, its help, its errors, and what a start costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from policyroute import __version__
from policyroute.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
START = [sys.executable, "-m", "policyroute"]
ENVIRONMENT = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "POLICYROUTE_DEBUG")}
ENVIRONMENT |= {"PYTHONPATH": str(ROOT)}
WITHOUT_A_MODULE = """
import sys
from policyroute.cli import main
main.COMMANDS["schema"] = main.Listed("policyroute.nowhere", "")
sys.exit(main.main())
"""


def loaded_by(*args: str) -> set[str]:
    """The modules that a command has loaded when it is done."""
    code = "import sys, json; from policyroute.cli.main import main; main(sys.argv[1:]); print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code, *args], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_lists_every_command_in_one_line_each(run) -> None:
    """`--help` and no argument at all show the table, and succeed."""
    shown = run("--help")
    assert shown.code == 0
    assert shown == run()
    for name, listed in COMMANDS.items():
        assert f"  {name:<9}{listed.does}" in shown.out


def test_help_imports_no_command() -> None:
    """The list of commands costs none of them, nor YAML, nor what they are made of."""
    loaded = loaded_by("--help")
    assert not loaded & {listed.module for listed in COMMANDS.values()}
    assert not loaded & {"yaml", "rich", "policyroute.loading", "policyroute.scan"}


def test_checking_a_policy_loads_only_what_it_needs(place) -> None:
    """`check` of a policy that is fine loads no wire format, no table printer and no other command."""
    loaded = loaded_by("check", str(place / "small.yaml"))
    assert "policyroute.loading" in loaded
    assert not loaded & {"rich", "policyroute.policy.cases", "policyroute.cli.test", "jsonschema"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(run, name: str) -> None:
    """Each command says what it does, and shows two or three lines to copy."""
    shown = run(name, "--help")
    assert shown.code == 0
    examples = [line for line in shown.out.partition("Examples:")[2].splitlines() if f"policyroute {name}" in line]
    assert 2 <= len(examples) <= 3
    assert max(map(len, shown.out.splitlines())) <= 112


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_leads_to_commands(name: str) -> None:
    """Each row of the table names a module with a command, and says what it does as help does: no full stop."""
    listed = COMMANDS[name]
    assert import_module(listed.module).command.callback is not None
    assert listed.does[:1].islower() and not listed.does.endswith(".")


def test_version(run) -> None:
    """`--version` is the package's."""
    assert run("--version") == (0, f"policyroute {__version__}\n", "")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["chekc"], "no such command `chekc`: did you mean `check`?"),
        (["zzzzzz"], "no such command `zzzzzz`: there are init, check, fmt"),
        (["check"], "missing argument 'FILE...'"),
        (["check", "--wat", "x"], "no such option '--wat'"),
        (["check", "x", "-o", "yaml"], "invalid value for '-o' / '--output': 'yaml' is not one of 'text', 'json'"),
        (["--wat"], "no such option '--wat'"),
        (["explain"], "missing argument 'POLICY'"),
    ],
)
def test_a_wrong_command_line_is_a_message(run, args: list[str], said: str) -> None:
    """What makes no sense exits with 2, says what is wrong on stderr, and prints nothing else."""
    ran = run(*args)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {said}")
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "args", [["chekc", "-o", "json"], ["check", "--output", "json"], ["explain", "--output=json", "--wat"], ["-o", "json"]]
)
def test_a_wrong_command_line_is_an_object_where_json_is_asked_for(run, args: list[str]) -> None:
    """With `--output json` errors too are one object on stdout, and nothing stands on stderr."""
    ran = run(*args)
    assert (ran.code, ran.err) == (2, "")
    assert ran.answer["ok"] is False
    assert ran.answer["error"].keys() == {"code", "status", "message"}
    assert (ran.answer["error"]["code"], ran.answer["error"]["status"]) == ("usage", 400)


@pytest.mark.parametrize(
    "args", [["explain", "gone.yaml", "--prompt", "x"], ["bench", "gone.yaml"], ["fmt", "gone.yaml"], ["test", "gone.yaml"]]
)
def test_a_file_that_cannot_be_read_is_a_problem(run, args: list[str]) -> None:
    """A missing file is a problem with a code like any other, in text and in JSON."""
    ran = run(*args)
    assert (ran.code, ran.out) == (3, "")
    assert "error[PR012]: cannot read this file: no such file or directory\n --> gone.yaml:1:1" in ran.err
    ran = run(*args, "-o", "json")
    assert (ran.code, ran.err) == (3, "")
    assert [problem["code"] for problem in ran.answer["problems"]] == ["PR012"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_nobody_foresaw_is_a_short_message(form: str) -> None:
    """An unexpected exception exits with 1 and says how to get its traceback."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_MODULE, "schema", "-o", form],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    if form == "json":
        assert json.loads(done.stdout)["error"]["code"] == "internal"
    else:
        assert done.stderr.startswith("error: internal error (ModuleNotFoundError)\n")
        assert "POLICYROUTE_DEBUG=1" in done.stderr


def test_the_traceback_is_there_for_whoever_asks() -> None:
    """POLICYROUTE_DEBUG=1 shows all of it."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_MODULE, "schema"],
        env=ENVIRONMENT | {"POLICYROUTE_DEBUG": "1"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr


@pytest.mark.parametrize("args", [["schema"], ["--version"], ["fmt", "--help"], ["schema", "none", "-o", "json"]])
def test_a_closed_pipe_is_quiet(args: list[str]) -> None:
    """`policyroute schema | head -1` ends without a complaint, as a command does that nobody listens to."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*START, *args], env=ENVIRONMENT, stdout=write, stderr=subprocess.PIPE, text=True, timeout=30)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_terminal_with_few_letters_gets_escapes(place) -> None:
    """An arrow that an old terminal cannot show is spelled, not a crash."""
    few_letters = ENVIRONMENT | {"PYTHONIOENCODING": "latin-1"}
    command = [*START, "explain", str(place / "small.yaml"), "--prompt", "hi"]
    done = subprocess.run(command, env=few_letters, capture_output=True, timeout=30)
    assert done.returncode == 0
    assert done.stdout.startswith(b"\\u2192 us-small")


@pytest.mark.parametrize(("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_colours_are_for_terminals(place, more: dict[str, str], coloured: bool) -> None:
    """A terminal gets colours, unless NO_COLOR is set to anything."""
    pty = pytest.importorskip("pty")
    main_end, terminal = pty.openpty()
    command = [*START, "explain", str(place / "small.yaml"), "--prompt", "mrn 1"]
    done = subprocess.run(command, env=ENVIRONMENT | {"TERM": "xterm"} | more, stdout=terminal, timeout=30)
    os.close(terminal)
    shown = b""
    while chunk := read_some(main_end):
        shown += chunk
    os.close(main_end)
    assert done.returncode == 0
    assert b"eu-small" in shown
    assert (b"\x1b[" in shown) is coloured


def read_some(number: int) -> bytes:
    """What a terminal shows; nothing once the other end is closed."""
    try:
        return os.read(number, 4096)
    except OSError:
        return b""


def test_output_that_is_piped_has_no_colours(run) -> None:
    """Text for a file or a pipe is plain."""
    assert "\x1b" not in run("explain", "small.yaml", "--prompt", "mrn 1").out
