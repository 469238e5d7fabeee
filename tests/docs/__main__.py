"""`python -m tests.docs [PAGE…]`: writes what commands print into the pages anew. Outputs with a line `…` are left alone."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.docs.pages import Block, Page, pages
from tests.docs.running import ANY, Run, alike, commands_of
from tests.house.survey import ROOT


class Anew(Run):
    """A run that keeps what each command of a block prints, instead of complaining of it."""

    def __init__(self, page: Page, folder: Path) -> None:
        super().__init__(page, folder)
        self.printed: dict[int, str] = {}

    def compare(self, line: int, command: str, wanted: str, got: str) -> None:
        left = ANY in wanted.splitlines() or alike(wanted, got)
        text = (wanted if left else got).strip("\n")
        self.printed[line] = "\n".join(one.rstrip() for one in text.splitlines())

    def written(self, block: Block) -> list[str]:
        """The lines of a console block, as they should be."""
        lines = []
        for line, command, wanted in commands_of(block):
            lines += [f"$ {command}", *self.printed.get(line, wanted).splitlines()]
        return lines


def main(names: list[str]) -> int:
    """Rewrites the named pages, or all; 1 where a block of a page is wrong beyond its output."""
    wrong = []
    for page in pages():
        if names and page.path not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            run = Anew(page, Path(folder))
            wrong += run.all()
        lines = page.text.splitlines()
        for block in reversed(page.blocks):
            if block.language == "console":
                lines[block.line - 1 : block.line - 1 + len(block.text.splitlines())] = run.written(block)
        (ROOT / page.path).write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    os.environ |= {"COLUMNS": "100", "NO_COLOR": "1"}
    sys.exit(main(sys.argv[1:]))
