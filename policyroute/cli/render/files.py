"""What stands on a command line: files and folders, and what the files say they are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from policyroute.policy import source
from policyroute.policy.source import Source

ENDINGS = (".yaml", ".yml")
TEST_ENDINGS = ("_test.yaml", "_test.yml")


def kind_of(text: Source) -> str:
    """What a file says it is: `Policy`, `PolicyTest`, another kind, or nothing."""
    kind = text.root.get("kind") if isinstance(text.root, source.Mapping) else None
    return kind.text if isinstance(kind, source.Scalar) else ""


def below(folder: str, endings: Sequence[str] = ENDINGS) -> list[str]:
    """The files below a folder, in order; hidden folders are left alone."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            os.path.join(place, name) for name in sorted(files) if name.endswith(tuple(endings)) and not name.startswith(".")
        ]
    return [os.path.normpath(path) for path in found]


def is_folder(path: str) -> bool:
    """Whether a path leads to a folder; a name that no file can have does not."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def lines_of(sources: Iterable[Source]) -> Mapping[str, Sequence[str]]:
    """The lines of each file, for frames."""
    return {text.file: text.lines for text in sources}
