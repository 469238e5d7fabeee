"""The command `policyroute`: finds the command that is asked for, and is the one place where errors end.

Only the command that runs is imported, so that a small one starts fast.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import TracebackType
from typing import NamedTuple

import click

from policyroute import __version__
from policyroute.cli.render import Start, answer_error, answer_problems, asked_output
from policyroute.errors import CallError, PolicyError, PolicyrouteError
from policyroute.policy.suggest import closest

INTERNAL = 1
USAGE = 2
INTERRUPTED = 130
PIPE_CLOSED = 141


class Listed(NamedTuple):
    """A command: the module that holds it, and what it does in one line."""

    module: str
    does: str


COMMANDS = {
    "init": Listed("policyroute.cli.init", "write a commented policy, its tests and a CI workflow"),
    "check": Listed("policyroute.cli.check", "say everything that is wrong with policies and test files"),
    "fmt": Listed("policyroute.cli.fmt", "bring policies and test files into canonical form"),
    "explain": Listed("policyroute.cli.explain", "decide one call, send nothing, and say why"),
    "test": Listed("policyroute.cli.test", "run the tests of policies"),
    "detect": Listed("policyroute.cli.detect", "show what is sensitive in texts and bodies, masked"),
    "budgets": Listed("policyroute.cli.budgets", "show who spent what, and grant more by hand"),
    "report": Listed("policyroute.cli.report", "show what was spent and saved, from the journal"),
    "bench": Listed("policyroute.cli.bench", "measure how fast a policy decides"),
    "schema": Listed("policyroute.cli.schema", "print the JSON Schema of policies or of test files"),
}


class Commands(click.Group):
    """The group of all commands, which imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table, which is the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; each module calls its own `command`."""
        listed = COMMANDS.get(cmd_name)
        if listed is None:
            return None
        command: click.Command = import_module(listed.module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list that `--help` shows, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, listed.does) for name, listed in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, but for what is said of a command that does not exist."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = closest(name, COMMANDS)
            known = f"did you mean `{near}`?" if near else f"there are {', '.join(COMMANDS)}"
            raise click.UsageError(f"no such command `{name}`: {known}", ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does it; help and version end here, also where nobody reads them."""
        try:
            return super().parse_args(ctx, args)
        except BrokenPipeError:
            raise click.exceptions.Exit(PIPE_CLOSED) from None

    def invoke(self, ctx: click.Context) -> int:
        """Runs the command, and turns what was raised on purpose into a message and an exit code."""
        return _ending(lambda: int(super(Commands, self).invoke(ctx) or 0), ctx.obj.form)


class Present(click.Option):
    """A flag that any value of its environment variable sets, as https://no-color.org asks for."""

    def value_from_envvar(self, ctx: click.Context) -> str | None:
        """Set, or as if it were not there."""
        return "1" if self.resolve_envvar_value(ctx) else None


def _without_colours(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        ctx.color = False


def _with_tracebacks(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        sys.excepthook = sys.__excepthook__


def _switch(name: str, variable: str, does: Callable[[click.Context, click.Parameter, bool], None], doc: str) -> click.Option:
    """An option for all commands, which an environment variable sets too; it counts before a command is looked for."""
    about = f"{doc}, as with {variable}=1."
    return Present([name], is_flag=True, is_eager=True, expose_value=False, envvar=variable, callback=does, help=about)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="`policyroute COMMAND --help` shows a command's options, with examples.",
    params=[
        _switch("--no-color", "NO_COLOR", _without_colours, "No colours"),
        _switch("--debug", "POLICYROUTE_DEBUG", _with_tracebacks, "Tracebacks"),
    ],
)
@click.version_option(__version__, "-V", "--version", message="policyroute %(version)s")
def program() -> None:
    """One reviewed file decides to which language model a call may go."""


def main(args: Sequence[str] | None = None) -> int:
    """Runs the command line and gives its exit code."""
    given = list(sys.argv[1:] if args is None else args)
    form = asked_output(given)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without `→` gets `\u2192`, not a traceback
    if args is None:
        sys.excepthook = _unexpected(form)
    start = Start(form, import_module)
    code = _ending(lambda: int(program.main(given or ["--help"], "policyroute", standalone_mode=False, obj=start) or 0), form)
    return _ending(lambda: _flushed(code), form)


def _flushed(code: int) -> int:
    sys.stdout.flush()
    return code


def _ending(run: Callable[[], int], form: str) -> int:
    """The exit code of a run. Where nobody reads any more there is nobody to complain to."""
    try:
        return _said(run, form)
    except BrokenPipeError:
        return PIPE_CLOSED


def _said(run: Callable[[], int], form: str) -> int:
    """The exit code of a run; the errors that have one are said in the form that was asked for."""
    try:
        return run()
    except PolicyError as error:
        answer_problems(error.problems, form)
        return error.exit_code
    except CallError as error:
        answer_error(str(error), error.code, form, status=error.status)
        return error.exit_code
    except PolicyrouteError as error:
        answer_error(str(error), error.code, form, status=400 if error.exit_code == USAGE else error.status)
        return error.exit_code
    except click.ClickException as error:
        ctx = getattr(error, "ctx", None)
        path = ctx.command_path if isinstance(ctx, click.Context) else "policyroute"
        answer_error(_sentence(error.format_message()), "usage", form, hint=f"`{path} --help` shows what there is")
        return USAGE
    except (click.Abort, KeyboardInterrupt, EOFError):
        return INTERRUPTED


def _sentence(text: str) -> str:
    """What click says, as our messages are written: no capital, no full stop."""
    text = text.strip().removesuffix(".")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


Hook = Callable[[type[BaseException], BaseException, TracebackType | None], None]


def _unexpected(form: str) -> Hook:
    """What is said when something fails that nobody foresaw; Python then exits with 1."""

    def say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        # The exception's own text stays out: it could hold text of a call.
        hint = "set POLICYROUTE_DEBUG=1 and run this again for a traceback"
        answer_error(f"internal error ({kind.__name__})", "internal", form, hint=hint)

    return say
