"""The front door: about a dozen names, and an import that costs next to nothing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import policyroute
from tests.house.survey import ROOT, imports, parse

HEAVY = {"click", "httpx", "httpx2", "jsonschema", "opentelemetry", "re2", "rich", "starlette", "yaml"}

ROOMS: dict[str, str] = policyroute._ROOMS


def built(name: str) -> bool:
    """Whether the room behind a name stands; that every room does is for the type checker to say."""
    room = ROOT / ROOMS.get(name, "policyroute").replace(".", "/")
    return room.with_suffix(".py").is_file() or (room / "__init__.py").is_file()


NAMES = [name for name in policyroute.__all__ if built(name)]


def loaded_after(statement: str) -> set[str]:
    """The modules that a fresh Python has loaded for a statement, beyond its own."""
    code = f"import sys; old = set(sys.modules)\n{statement}\nimport json; print(json.dumps(sorted(set(sys.modules) - old)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    return set(json.loads(done.stdout))


def test_the_names_are_few_and_sorted() -> None:
    """What users import is a list that a person can read."""
    assert policyroute.__all__ == sorted(set(policyroute.__all__))
    assert len(policyroute.__all__) <= 15
    assert set(policyroute.__all__) <= set(dir(policyroute))


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there(name: str) -> None:
    """Each public name leads to something, the same thing each time."""
    assert getattr(policyroute, name) is getattr(policyroute, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """The front door has no other names, and says so as any module does."""
    with pytest.raises(AttributeError, match="no attribute `route`"):
        _ = policyroute.route


def test_type_checkers_and_python_are_told_the_same() -> None:
    """A name leads to the same room for mypy and at run time."""
    door = parse("policyroute/__init__.py", (ROOT / "policyroute/__init__.py").read_text("utf-8"))
    told = {one.parts[-1]: ".".join(one.parts[:-1]) for one in imports(door) if one.parts[0] == "policyroute"}
    assert told == ROOMS
    assert {*told, "__version__"} == set(policyroute.__all__)


def test_importing_the_package_loads_nothing() -> None:
    """`import policyroute` loads none of its rooms and none of its dependencies."""
    tops = {name.split(".")[0] for name in loaded_after("import policyroute")}
    assert "policyroute" in tops
    assert not tops & HEAVY
    assert not {name for name in loaded_after("import policyroute") if name.startswith("policyroute.")}


def test_a_library_user_does_not_pay_for_commands_and_servers() -> None:
    """Using every public name loads no command line, web framework, HTTP client or telemetry SDK."""
    tops = {name.split(".")[0] for name in loaded_after(f"from policyroute import {', '.join(NAMES)}")}
    assert tops & {"click", "httpx", "httpx2", "jsonschema", "opentelemetry", "rich", "starlette"} == set()
