"""The project's pages as data: their headings, links, fenced blocks and the names they mention."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.house.survey import ROOT

TOP = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md")

FILE = re.compile(r"<!-- file: (\S+) -->")
FENCE = re.compile(r"^( *)(`{3,}|~{3,})([^`]*)$")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^()\s]+(?:\([^()\s]*\))?)(?: \"[^\"]*\")?\)")
CODE = re.compile(r"(`+)(.+?)\1")


class Block(NamedTuple):
    """A fenced block: its language, the words after it, the line its text begins on, and the file a comment above names."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int
    file: str = ""


class Page(NamedTuple):
    """One page; `path` is written from the top of the checkout."""

    path: str
    text: str

    def at(self, line: int, complaint: str) -> str:
        """A complaint with its place."""
        return f"{self.path}:{line}: {complaint}"

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every fenced block, in order."""
        return tuple(item for item in _items(self.text) if isinstance(item, Block))

    @property
    def lines(self) -> Iterator[tuple[int, str]]:
        """Every line outside of fenced blocks, with its number."""
        return (item for item in _items(self.text) if not isinstance(item, Block))

    @property
    def anchors(self) -> frozenset[str]:
        """What a link may name after `#`: the headings, spelled as forges spell them."""
        return frozenset(slug(found[1]) for _, line in self.lines if (found := HEADING.match(line)))

    @property
    def links(self) -> Iterator[tuple[int, str]]:
        """Where the page points to, with the line."""
        for number, line in self.lines:
            code = [found.span() for found in CODE.finditer(line)]
            for found in LINK.finditer(line):
                if not any(start < found.start() < end for start, end in code):
                    yield number, found[1]

    @property
    def names(self) -> Iterator[tuple[int, str]]:
        """What stands in backticks outside of blocks, with the line."""
        for number, line in self.lines:
            for found in CODE.finditer(line):
                yield number, found[2].strip()


def slug(heading: str) -> str:
    """The anchor of a heading."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def _items(text: str) -> Iterator[Block | tuple[int, str]]:
    inside: tuple[str, str, int, list[str]] | None = None
    file = ""
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if inside is None:
            if fence is None:
                named = FILE.fullmatch(line.strip())
                file = named[1] if named else ""
                yield number, line
            else:
                inside = (fence[2], fence[3].strip(), number + 1, [])
                indent = len(fence[1])
        elif fence is not None and fence[2].startswith(inside[0]) and not fence[3].strip():
            language, *words = inside[1].split() or [""]
            yield Block(language, tuple(words), "".join(f"{one}\n" for one in inside[3]), inside[2], file)
            inside, file = None, ""
        else:
            inside[3].append(line[indent:] if not line[:indent].strip() else line)
    if inside is not None:
        raise ValueError(f"the block that begins on line {inside[2] - 1} does not end")


@cache
def pages() -> tuple[Page, ...]:
    """Every page of the project, in order."""
    paths = [ROOT / name for name in TOP] + sorted((ROOT / "docs").rglob("*.md"))
    return tuple(Page(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in paths)


def target(page: Page, link: str) -> tuple[Path, str]:
    """The file and the anchor that a relative link leads to."""
    file, _, anchor = link.partition("#")
    return (ROOT / page.path).parent.joinpath(file).resolve() if file else ROOT / page.path, anchor
