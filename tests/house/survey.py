"""How the house tests see the code: each file as text and as a syntax tree, and what it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FRONT_DOOR = ("policyroute/__init__.py", "policyroute/__main__.py")

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


class Source(NamedTuple):
    """One file; `path` is written from the top of the checkout."""

    path: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The room a file of the package belongs to; the front door is in none."""
        return "" if self.path in FRONT_DOOR else self.path.split("/")[1].removesuffix(".py")

    @property
    def member(self) -> str:
        """Which file or folder of its room this is in, such as `stage` or `__init__`."""
        return [*self.path.removesuffix(".py").split("/"), ""][2]

    def within(self, place: str) -> bool:
        """Whether this is the module `place`, as a file or as the folder that it became when it grew."""
        return self.path == f"{place}.py" or self.path.startswith(f"{place}/")

    def at(self, node: ast.AST, complaint: str) -> str:
        """A complaint with its place."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {complaint}"


class Import(NamedTuple):
    """One imported name in full: `from a.b import c` is `a.b.c`."""

    node: ast.stmt
    name: str
    in_function: bool

    @property
    def parts(self) -> list[str]:
        return self.name.split(".")


def parse(path: str, text: str) -> Source:
    """A file that need not exist: what a rule is shown, to see it complain."""
    return Source(path, text, ast.parse(text))


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every Python file under these folders, in order; parsed once for all tests."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(parse(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in paths)


def functions(tree: ast.AST) -> Iterator[AnyFunction]:
    """Every function and method, however deep."""
    return (node for node in ast.walk(tree) if isinstance(node, AnyFunction))


def imports(source: Source) -> Iterator[Import]:
    """Every import statement of a file, relative ones made absolute."""
    inside = {id(node) for function in functions(source.tree) for node in ast.walk(function)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (Import(node, alias.name, id(node) in inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = source.path.removesuffix(".py").split("/")[: -node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from (Import(node, f"{module}.{alias.name}", id(node) in inside) for alias in node.names)


def dotted(node: ast.AST) -> str:
    """`a.b.c` where a node is nothing but that, else nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (left := dotted(node.value)):
        return f"{left}.{node.attr}"
    return ""
