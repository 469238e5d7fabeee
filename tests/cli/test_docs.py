"""The pages of commands: every line with a `$` is run, and what stands below it is what it says.

`python -m tests.cli.test_docs` writes the output anew.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import tempfile
from pathlib import Path

import pytest

from policyroute.cli.main import COMMANDS, main

DOCS = Path(__file__).resolve().parents[2] / "docs" / "commands"
PAGES = sorted(DOCS.glob("*.md"))
CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What differs from run to run: ids, hashes, times.
DIFFERS = re.compile(
    r"dec_[0-9a-f]{24}|(?<=hash )[0-9a-f]{16}|(?<=\"hash\": \")[0-9a-f]{16}|\d+\.\d\d(?= s$)|(?<=\"seconds\": )[\d.]+",
    re.MULTILINE,
)


def transcript(line: str) -> str:
    """A command line, and everything that a terminal would show for it."""
    args = shlex.split(line)
    assert args[:2] == ["$", "policyroute"]
    args, target = (args[2:-2], args[-1]) if args[-2] == ">" else (args[2:], None)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        main(args)
    if target is not None:
        Path(target).write_text(shown.getvalue(), "utf-8")
        return f"{line}\n"
    return f"{line}\n{shown.getvalue()}"


def run_anew(page: Path) -> str:
    """The page with the output that its commands have today, in a folder with what `init` wrote and the files shown above."""
    text = page.read_text("utf-8")

    def shown(block: re.Match[str]) -> str:
        for name, content in FILE.findall(text[: block.start()]):
            if not Path(name).exists():
                Path(name).write_text(content, "utf-8")
        return "".join(transcript(line) for line in block[0].splitlines() if line.startswith("$ "))

    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        with contextlib.redirect_stdout(io.StringIO()):
            assert main(["init"]) == 0
        return CONSOLE.sub(shown, text)


def steady(text: str, page: Path) -> str:
    """A page without what differs from run to run; of a benchmark that is every figure."""
    if page.stem == "bench":
        return CONSOLE.sub(lambda block: re.sub(r" +", " ", re.sub(r"[\d.,]+ (µs|ms)?", "N ", block[0])), text)
    return DIFFERS.sub("…", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_its_commands_say(page: Path) -> None:
    """Every example of a page is real."""
    assert steady(page.read_text("utf-8"), page) == steady(run_anew(page), page)


def test_every_command_has_a_page() -> None:
    """One page for each command, which names itself and shows at least one example."""
    assert {page.stem for page in PAGES} >= set(COMMANDS)
    for name in COMMANDS:
        text = (DOCS / f"{name}.md").read_text("utf-8")
        assert text.startswith(f"# `policyroute {name}`\n")
        assert f"$ policyroute {name}" in text


if __name__ == "__main__":
    os.environ.pop("NO_COLOR", None)
    for each in PAGES:
        each.write_text(run_anew(each), "utf-8")
