"""How commands speak: text for people, one JSON object for programs, annotations for CI."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from policyroute.errors import Problem
from policyroute.policy.frame import frame, shown

HIGH = {"error": 2, "warning": 1, "info": 0}
ANNOTATIONS = {"error": "error", "warning": "warning", "info": "notice"}
MOST_BYTES = 1 << 20
_LINE_ENDS = re.compile("\r\n|\r|\n")
_Command = TypeVar("_Command", bound=Callable[..., Any])
_Lines = Mapping[str, Sequence[str]]


class Start(NamedTuple):
    """What every command starts with: the form that is asked for, and a door to rooms that only some runs need."""

    form: str
    room: Callable[[str], Any]


def output_option(*forms: str) -> Callable[[_Command], _Command]:
    """`--output`, with the forms a command has; the first is the default."""
    choice = click.Choice(forms)
    return click.option("-o", "--output", "form", type=choice, default=forms[0], show_default=True, help="What to print.")


def asked_output(args: Sequence[str]) -> str:
    """The form that a command line asks for, also where the rest of it makes no sense."""
    form = "text"
    for arg, value in zip(args, [*args[1:], ""], strict=False):
        if arg == "--":
            break
        if arg in ("-o", "--output"):
            form = value
        elif arg.startswith("--output="):
            form = arg.partition("=")[2]
    return form


def say(text: str = "", *, err: bool = False) -> None:
    """A line of text; colours are taken out where nobody would see them."""
    click.echo(text, err=err)


def write_json(answer: Mapping[str, object]) -> None:
    """The one object that stands on stdout; ASCII, so that any terminal or pipe carries it."""
    click.echo(json.dumps(answer, indent=2))


def answer_error(message: str, code: str, form: str, *, status: int = 400, hint: str = "") -> None:
    """Something that stopped a command, said in the form that was asked for."""
    if form == "json":
        status = 500 if code == "internal" else status
        write_json({"ok": False, "error": {"code": code, "status": status, "message": message}})
    elif form == "github":
        say(_annotation("error", message, title=code))
    else:
        say(f"{red('error', bold=True)}{bold(f': {shown(message)}')}", err=True)
        if hint:
            say(f"  = help: {hint}", err=True)


def answer_problems(problems: Sequence[Problem], form: str) -> None:
    """Why a policy or a test file cannot be used, said in the form that was asked for."""
    if form == "json":
        write_json({"ok": False, "problems": [problem.to_dict() for problem in problems]})
    elif form == "github":
        say(github(problems))
    else:
        say(frames(problems), err=True)


def frames(problems: Sequence[Problem], lines: _Lines | None = None) -> str:
    """Problems with the lines they are on; files that are not at hand are read for it."""
    texts = dict(lines or {})
    for file in {problem.file for problem in problems}:
        if not texts.get(file):
            texts[file] = _lines_of(file)
    return "\n\n".join(frame(problem, texts[problem.file] or None, colour=True) for problem in problems)


def github(problems: Sequence[Problem]) -> str:
    """Problems as GitHub shows them beside a change."""
    lines = []
    for p in problems:
        place = (p.file, p.line, p.column, p.end_column)
        lines.append(_annotation(ANNOTATIONS[p.severity], f"{p.message}\n{p.help}".strip(), title=p.code, place=place))
    return "\n".join(lines)


def github_error(file: str, line: int, title: str, message: str) -> str:
    """An error at a line, as GitHub shows it beside a change."""
    return _annotation("error", message, title=title, place=(file, line, 0, 0))


def _annotation(kind: str, message: str, *, title: str, place: tuple[str, int, int, int] | None = None) -> str:
    properties = {}
    if place is not None:
        file, line, column, end_column = place
        properties = {"file": file, "line": str(line)}
        if column:
            properties |= {"col": str(column), "endColumn": str(end_column)}
    properties["title"] = title
    said = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in properties.items())
    return f"::{kind} {said}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in f"%\r\n{more}" else char for char in text)


def _lines_of(file: str) -> list[str]:
    """The lines of a file, for a frame; none where it cannot be read again, as a pipe cannot."""
    try:
        path = Path(file)
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return []
        return _LINE_ENDS.split(path.read_bytes().decode("utf-8-sig", "replace"))
    except (OSError, ValueError):
        return []


def bold(text: str) -> str:
    """What the eye should find first."""
    return click.style(text, bold=True)


def dim(text: str) -> str:
    """What is there for whoever looks for it."""
    return click.style(text, dim=True)


def red(text: str, *, bold: bool = False) -> str:
    """What is wrong, or denied."""
    return click.style(text, fg="red", bold=bold or None)


def green(text: str, *, bold: bool = False) -> str:
    """What is right."""
    return click.style(text, fg="green", bold=bold or None)


def yellow(text: str) -> str:
    """What somebody may want to look at."""
    return click.style(text, fg="yellow")


def counted(number: int, thing: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def usd(amount: float) -> str:
    """An amount that something costs at most, so it is rounded up: to cents from a dollar on, below that to a millionth."""
    if not amount:
        return "$0"
    digits = 2 if amount >= 1 else 6 if amount >= 1e-6 else 9
    return f"${Decimal(repr(amount)).quantize(Decimal(1).scaleb(-digits), ROUND_CEILING):,f}"


def show_table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Aligned columns; `right` are those of figures. On a terminal rich fits them to its width, where it is installed."""
    if sys.stdout.isatty() and _show_rich(head, rows, right):
        return
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for number, row in enumerate((head, *rows)):
        cells = [cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]) for i, cell in enumerate(row)]
        line = f"  {'  '.join(cells).rstrip()}"
        say(line if number else dim(line))


def _show_rich(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> bool:
    """Whether rich is there, and has shown the table."""
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        return False
    ctx = click.get_current_context(silent=True)
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
    for i, name in enumerate(head):
        table.add_column(name, justify="right" if i in right else "left")
    for row in rows:
        table.add_row(*row)
    plain = ctx is not None and ctx.color is False
    console = Console(color_system=None if plain else "auto", highlight=False, markup=False, emoji=False)
    console.print(table)
    return True
