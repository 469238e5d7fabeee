"""The locks: every dependency that is declared is pinned, with hashes, at one version, from no particular place."""

from __future__ import annotations

import re
import tomllib
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.survey import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
GROUPS = {"run": ["build"], "dev": ["build", "test", "check"], "bench": ["build", "bench"]}


class Pin(NamedTuple):
    """One pinned package of a lock."""

    name: str
    version: str
    hashes: int


def pins(text: str) -> list[Pin]:
    """What a lock pins; a line that is neither a pin, a hash nor a comment is an error."""
    found: list[Pin] = []
    for line in text.splitlines():
        if pin := re.fullmatch(r"([a-z0-9-]+)==([0-9a-z.]+)( ; .+?)? \\", line):
            found.append(Pin(pin[1], pin[2], 0))
        elif re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line):
            found[-1] = found[-1]._replace(hashes=found[-1].hashes + 1)
        elif line and not line.startswith("#"):
            raise ValueError(f"not a pin: {line}")
    return found


def read(name: str) -> list[Pin]:
    return pins((ROOT / f"requirements/{name}.txt").read_text("utf-8"))


def declared(name: str) -> list[Requirement]:
    """What pyproject.toml asks for in one of the sets that are locked."""
    project = PROJECT["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["cli"]]
    return [
        Requirement(one) for one in [*wanted, *(one for group in GROUPS[name] for one in PROJECT["dependency-groups"][group])]
    ]


@pytest.mark.parametrize("name", GROUPS)
def test_a_lock_holds_what_is_declared(name: str) -> None:
    """Each declared dependency is pinned at a version that its declaration allows: pyproject.toml did not move on alone."""
    locked = {pin.name: pin.version for pin in read(name)}
    for wanted in declared(name):
        assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)]), f"{wanted}: run scripts/lock"


@pytest.mark.parametrize("name", GROUPS)
def test_every_pin_has_hashes(name: str) -> None:
    """What is installed is byte for byte what was locked."""
    assert all(pin.hashes for pin in read(name))


def test_the_locks_agree() -> None:
    """One package has one version, whichever set is installed first."""
    versions: dict[str, set[str]] = {}
    for pin in (pin for name in GROUPS for pin in read(name)):
        versions.setdefault(pin.name, set()).add(pin.version)
    assert {name for name, found in versions.items() if len(found) > 1} == set()


def test_the_build_is_locked_as_it_is_declared() -> None:
    """A checkout is installed with the locked build backend, so both declarations of it are one."""
    assert PROJECT["dependency-groups"]["build"] == PROJECT["build-system"]["requires"]


@pytest.mark.parametrize(
    "line", ["click>=8.1", "click @ https://example.org/click.whl", "--index-url https://example.org/simple", "-e ."]
)
def test_a_loose_line_is_seen(line: str) -> None:
    """A lock with anything but pins and hashes is refused, addresses of registries among them."""
    with pytest.raises(ValueError, match="not a pin"):
        pins(line)


def test_a_pin_without_a_hash_is_seen() -> None:
    """The reader of locks counts hashes for each pin."""
    text = "click==8.1.0 \\\n    --hash=sha256:" + "0" * 64 + "\nrich==13.9.0 \\\n"
    assert pins(text) == [Pin("click", "8.1.0", 1), Pin("rich", "13.9.0", 0)]
