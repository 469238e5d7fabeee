"""Strict YAML 1.2 with places.

Everything that a reviewer would trip over is refused where it stands: a key given twice, anchors, tags, merge keys,
more documents, characters nobody can see. Reading never raises and never recurses: what is wrong is a `Problem`.
"""

from __future__ import annotations

import codecs
import stat
import unicodedata
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from policyroute.errors import Problem
from policyroute.policy.frame import INVISIBLE
from policyroute.policy.source.core import Meaningless, Value, resolved
from policyroute.policy.source.nodes import Mapping, Node, Origin, Place, Scalar, Sequence, to_plain
from policyroute.policy.source.reader import MAX_DEPTH, MAX_NODES, MAX_PROBLEMS, Reader

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NODES",
    "Mapping",
    "Meaningless",
    "Node",
    "Origin",
    "Place",
    "Scalar",
    "Sequence",
    "Source",
    "Value",
    "read_file",
    "read_text",
    "resolved",
    "to_plain",
]

MAX_BYTES = 1 << 20

_UTF_16_OR_32 = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


class Source(NamedTuple):
    """A file as read: its text, its content where that could be read, and what is wrong with it."""

    file: str
    text: Origin
    root: Node | None
    problems: list[Problem]

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text, for frames; made when they are asked for, since they are as large as the text."""
        return self.text.lines()


def read_file(path: str | PathLike[str], shown_as: str | None = None) -> Source:
    """Reads a file; that it cannot be read is a problem like any other."""
    file = str(path) if shown_as is None else shown_as
    try:
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            return _unreadable(file, "it is a folder")
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            return _unreadable(file, "it is not a file")
        with open(path, "rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return _unreadable(file, (error.strerror or "the system refuses").lower())
    except ValueError:
        return _unreadable(file, "no file can have this name")
    return read_text(content, file)


def read_text(text: str | bytes, file: str) -> Source:
    """Reads a text; never raises."""
    origin, problems = _decoded(text, file)
    if problems:
        return Source(file, origin, None, problems)
    written = origin
    origin, problems = _without_invisible(origin)
    reader = Reader(origin, problems)
    if len(problems) <= MAX_PROBLEMS:
        reader.read()
    problems.sort(key=lambda problem: (problem.line, problem.column))
    if len(problems) > MAX_PROBLEMS:
        last = problems[MAX_PROBLEMS - 1]
        del problems[MAX_PROBLEMS:]
        more = "more than 100 problems; the rest of the file is not read"
        problems.append(last._replace(code="PR017", message=more, label="", help="mend these first"))
    return Source(file, written, reader.root, problems)


def _unreadable(file: str, why: str) -> Source:
    place = Place(file, 1, 1, 1, 1)
    return Source(
        file,
        Origin(file, ""),
        None,
        [place.problem("PR012", f"cannot read this file: {why}", help="check its name and who may read it")],
    )


def _decoded(text: str | bytes, file: str) -> tuple[Origin, list[Problem]]:
    """The text itself, or why it cannot be one: too large, or in no encoding that can be relied on."""
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_BYTES:
        place = Place(file, 1, 1, 1, 1)
        return Origin(file, ""), [
            place.problem("PR009", "this file is larger than 1 MiB", help="split it, and `include` the parts")
        ]
    other = next((name for mark, name in _UTF_16_OR_32 if raw.startswith(mark)), None)
    if other is None and len(raw) > 3 and not (any(raw[:8:2]) and any(raw[1:8:2])):
        other = "UTF-16"
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        decoded = raw.decode()
    except UnicodeDecodeError as error:
        origin = Origin(file, raw.decode("utf-8", "replace"))
        start = len(raw[: error.start].decode())
        found = f"byte 0x{raw[error.start]:02X}"
    else:
        origin, start, found = Origin(file, decoded), 0, ""
    if not (other or found):
        return origin, []
    if other:
        place = Place(file, 1, 1, 1, 1)
        return Origin(file, ""), [place.problem("PR002", f"this file is {other}, not UTF-8", help="save it as UTF-8")]
    return origin, [origin.place(start, start + 1).problem("PR002", f"not UTF-8: {found}", help="save the file as UTF-8")]


def _without_invisible(origin: Origin) -> tuple[Origin, list[Problem]]:
    """Every character nobody can see is a problem, and stands aside so that the rest can be read at its place."""
    problems: list[Problem] = []
    for match in INVISIBLE.finditer(origin.text):
        name = unicodedata.name(match[0], "a control character")
        message = f"invisible character U+{ord(match[0]):04X} ({name})"
        help = f'delete it; where a text needs it, write `"{_as_escape(match[0])}"`, which a reader can see'
        problems.append(origin.place(*match.span()).problem("PR010", message, help=help))
        if len(problems) > MAX_PROBLEMS:
            break
    return Origin(origin.file, INVISIBLE.sub("\ufffd", origin.text)) if problems else origin, problems


def _as_escape(char: str) -> str:
    point = ord(char)
    return f"\\x{point:02X}" if point < 0x100 else f"\\u{point:04X}" if point < 0x10000 else f"\\U{point:08X}"
