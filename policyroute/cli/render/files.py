"""What stands on a command line: files and folders, and what the files say they are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from policyroute.errors import UsageError
from policyroute.policy import source
from policyroute.policy.source import Source

ENDINGS = (".yaml", ".yml")
TEST_ENDINGS = ("_test.yaml", "_test.yml")
OTHER_KINDS = ("Gateway",)


def kind_of(text: Source) -> str:
    """What a file says it is: `Policy`, `PolicyTest`, another kind, or nothing."""
    return _said(text, "kind")


def is_test(text: Source) -> bool:
    """Whether a file is one of tests: by its kind, and by its name where it is neither of tests nor a policy."""
    kind = kind_of(text)
    return kind == "PolicyTest" or (kind != "Policy" and text.file.endswith(TEST_ENDINGS))


def is_ours(text: Source) -> bool:
    """Whether a file in a folder is to be looked at: a misspelled kind must not hide a policy, nor broken YAML."""
    if text.root is None or kind_of(text) in ("Policy", "PolicyTest"):
        return True
    return _said(text, "apiVersion").startswith("policyroute/") and kind_of(text) not in OTHER_KINDS


def _said(text: Source, key: str) -> str:
    value = text.root.get(key) if isinstance(text.root, source.Mapping) else None
    return value.text if isinstance(value, source.Scalar) else ""


def below(folder: str, endings: Sequence[str] = ENDINGS) -> list[str]:
    """The files below a folder, in order; hidden folders are left alone."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            os.path.join(place, name) for name in sorted(files) if name.endswith(tuple(endings)) and not name.startswith(".")
        ]
    return [os.path.normpath(path) for path in found]


def ours_below(folder: str, read: Callable[[str], Source], endings: Sequence[str] = ENDINGS) -> list[str]:
    """The policies and test files below a folder, in order."""
    return [file for file in below(folder, endings) if is_ours(read(file))]


def no_files(folder: str) -> UsageError:
    """What to say of a folder without any."""
    return UsageError(f"no policy and no test file is below `{folder}`: `kind: Policy` or `kind: PolicyTest` is expected")


def is_folder(path: str) -> bool:
    """Whether a path leads to a folder; a name that no file can have does not."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def lines_of(sources: Iterable[Source]) -> Mapping[str, Sequence[str]]:
    """The lines of each file, for frames."""
    return {text.file: text.lines for text in sources}
