"""`policyroute init`: writes a policy to begin with, its tests, and a workflow that runs them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from policyroute.cli.render import bold, green, output_option, say, write_json
from policyroute.errors import UsageError
from policyroute.policy.frame import shown

# What is written, and the template that it is written from.
WRITES = {
    "policy.yaml": "policy.yaml",
    "policy_test.yaml": "policy_test.yaml",
    ".github/workflows/policy.yml": "workflow.yml",
}
EXAMPLES = """\b
Examples:
  policyroute init              into this folder
  policyroute init my-app       into a folder, which is made where there is none
"""


@click.command(epilog=EXAMPLES)
@click.argument("folder", metavar="[DIR]", default=".")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@output_option("text", "json")
def command(folder: str, force: bool, form: str) -> None:
    """Write a commented policy, its tests, and a CI workflow into DIR, which is this folder by default.

    The policy is small and real: it passes its checks, and its tests reach every rule. Change the models first.
    """
    there = [name for name in WRITES if _is_there(Path(folder, name))]
    if there and not force:
        names = ", ".join(f"`{Path(folder, name)}`" for name in there)
        raise UsageError(f"{shown(names)} {'is' if len(there) == 1 else 'are'} there already; --force writes over")
    for name, template in WRITES.items():
        _write(Path(folder, name), files("policyroute.cli").joinpath("templates", template).read_text("utf-8"))
    written = [str(Path(folder, name)) for name in WRITES]
    policy = str(Path(folder, "policy.yaml"))
    steps = {
        f"policyroute check {folder}": "says everything that is wrong with them",
        f"policyroute test {folder}": "runs the tests",
        f'policyroute explain {policy} --prompt "Hello!"': "decides a call, and says why",
    }
    if form == "json":
        write_json({"ok": True, "written": written, "next": list(steps)})
        return
    for path in written:
        say(f"{green('wrote')} {shown(path)}")
    say(f"\n{bold('next')}: change the models in {shown(policy)} to your own, then")
    width = max(map(len, steps))
    for step, does in steps.items():
        say(f"  {shown(step):<{width}}  {does}")


def _is_there(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except (OSError, ValueError):
        return False


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot write `{shown(str(path))}`: {(error.strerror or 'the system refuses').lower()}") from None
    except ValueError:
        raise UsageError(f"cannot write `{shown(str(path))}`: no file can have this name") from None
