"""Who may import whom: rooms downwards only, no file of a family its sibling, each dependency through its one door."""

from __future__ import annotations

import ast
import sys

import pytest

from tests.house.survey import ROOT, Source, dotted, imports, parse, sources

# From top to bottom. A room imports rooms on lower lines only; two on one line do not know each other.
LEVELS = (
    {"cli"},
    {"gateway"},
    {"middleware"},
    {"reload"},
    {"engine"},
    {"loading"},
    {"redaction", "taggers", "plugins"},
    {"analysis"},
    {"policy"},
    {"pipeline"},
    {"plan"},
    {"stages"},
    {"conditions"},
    {"scoring"},
    {"scan", "dialects", "telemetry", "ledgers", "journal"},
    {"decision"},
    {"reading"},
    {"call"},
    {"errors", "database"},
)
HEIGHT = {room: -level for level, rooms in enumerate(LEVELS) for room in rooms}

# A family is a room of files that are alike. All of them may import these, and nothing else of their room.
SHARED = {
    "stages": {"stage"},
    "conditions": {"condition", "questions", "reader"},
    "dialects": {"dialect"},
    "ledgers": {"ledger"},
    "cli": {"render"},
    "middleware": {"ending", "layer", "sending"},
}
# The files that list a family, and so import it.
LISTS = {"__init__", "main", "opening"}

# A place is a module: `policyroute/cli` is that file, or every file of that folder.
DOORS = {
    "click": ("policyroute/cli",),
    "httpx": ("policyroute/middleware/httpx", "policyroute/gateway/forward"),
    "httpx2": ("policyroute/middleware/httpx2", "policyroute/gateway/forward"),
    "hyperscan": ("policyroute/scan",),
    "opentelemetry": ("policyroute/telemetry",),
    "re2": ("policyroute/scan",),
    "redis": ("policyroute/ledgers/redis",),
    "rich": ("policyroute/cli/render",),
    "starlette": ("policyroute/middleware/asgi", "policyroute/gateway"),
    "yaml": ("policyroute/policy/source",),
}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv", "os.unsetenv"}
ENVIRONMENT_DOOR = "policyroute/gateway/settings"


def streets(source: Source) -> list[str]:
    """Imports that go up, sideways, or back through the front door."""
    found = []
    if source.room and source.room not in HEIGHT:
        found.append(f"{source.path}:1: the room `{source.room}` has no place among the levels of this test")
    for one in imports(source):
        if one.parts[0] != "policyroute" or not source.room or one.name == "policyroute.__version__":
            continue
        room = one.parts[1] if len(one.parts) > 1 else ""
        if room not in HEIGHT:
            found.append(source.at(one.node, f"`{one.name}` goes through the front door: import it from its room"))
        elif room != source.room and HEIGHT[room] >= HEIGHT.get(source.room, 0):
            found.append(source.at(one.node, f"`{source.room}` imports `{room}`, which is not below it"))
    return found


def families(source: Source) -> list[str]:
    """Imports between files that are alike."""
    shared = SHARED.get(source.room, set())
    if not shared or source.member in LISTS | shared:
        return []
    home = f"policyroute.{source.room}"
    return [
        source.at(one.node, f"`{source.member}` imports `{one.name}` of its own family")
        for one in imports(source)
        if f"{one.name}.".startswith(f"{home}.") and [*one.parts, ""][2] not in {*shared, source.member}
    ]


def doors(source: Source) -> list[str]:
    """Dependencies used elsewhere than at their door, and the environment read elsewhere than in the settings."""
    found = []
    for one in imports(source):
        top = one.parts[0]
        if top in sys.stdlib_module_names or top == "policyroute":
            continue
        if not any(source.within(door) for door in DOORS.get(top, ())):
            found.append(source.at(one.node, f"`{top}` comes in by {' or '.join(DOORS.get(top, ())) or 'no door'}"))
    if not source.within(ENVIRONMENT_DOOR):
        names = [(one.node, one.name) for one in imports(source)]
        names += [(node, dotted(node)) for node in ast.walk(source.tree) if isinstance(node, ast.Attribute)]
        found += [
            source.at(node, f"`{name}`: only {ENVIRONMENT_DOOR} reads the environment")
            for node, name in names
            if name in ENVIRONMENT
        ]
    return found


RULES = (streets, families, doors)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_to_its_streets(rule) -> None:
    """No file of the package imports what its place does not allow."""
    package = sources("policyroute")
    assert len(package) > 5
    assert "\n".join(complaint for source in package for complaint in rule(source)) == ""


BAD = [
    (streets, "scan/engine.py", "from policyroute.policy import load", "`scan` imports `policy`"),
    (streets, "scan/engine.py", "import policyroute.policy.source", "`scan` imports `policy`"),
    (streets, "scan/engine.py", "from policyroute import scoring", "`scan` imports `scoring`"),
    (streets, "scan/engine.py", "from ..dialects import openai", "`scan` imports `dialects`"),
    (streets, "scan/engine.py", "from policyroute import Call", "front door"),
    (streets, "scan/engine.py", "import policyroute", "front door"),
    (streets, "policy/load.py", "from policyroute.analysis import lint", "`policy` imports `analysis`"),
    (streets, "call.py", "if TYPE_CHECKING:\n    from policyroute.decision import Decision", "`call` imports `decision`"),
    (streets, "engine.py", "def late():\n    from policyroute.cli import main", "`engine` imports `cli`"),
    (streets, "attic/box.py", "", "`attic` has no place"),
    (families, "stages/routes.py", "from policyroute.stages.budgets import Budgets", "own family"),
    (families, "stages/routes.py", "from policyroute.stages import budgets", "own family"),
    (families, "stages/routes.py", "from .budgets import Budgets", "own family"),
    (families, "cli/lint.py", "from policyroute.cli import explain", "own family"),
    (families, "cli/lint.py", "import policyroute.cli", "own family"),
    (families, "stages/routes/__init__.py", "from policyroute.stages.budgets import Budgets", "own family"),
    (doors, "policy/load.py", "import yaml", "policy/source"),
    (doors, "policy/sources.py", "import yaml", "policy/source"),
    (doors, "policy/load.py", "from re2 import compile", "policyroute/scan"),
    (doors, "cli/explain.py", "def late():\n    import rich.table", "cli/render"),
    (doors, "policy/shape.py", "import jsonschema", "no door"),
    (doors, "policy/shape.py", "from numpy import array", "no door"),
    (doors, "engine.py", "import os\nhome = os.environ['HOME']", "reads the environment"),
    (doors, "engine.py", "import os\nhome = os.getenv('HOME')", "reads the environment"),
    (doors, "engine.py", "from os import environ", "reads the environment"),
]
GOOD = [
    (streets, "stages/routes.py", "from policyroute.decision import Match"),
    (streets, "analysis/lint.py", "from policyroute.policy import Policy"),
    (streets, "scan/engine.py", "from policyroute.scan.translate import rewrite"),
    (streets, "cli/main.py", "from policyroute import __version__"),
    (streets, "__init__.py", "from policyroute.policy import load"),
    (families, "stages/routes.py", "from policyroute.stages.stage import Stage"),
    (families, "stages/routes.py", "from policyroute.stages import stage"),
    (families, "stages/__init__.py", "from policyroute.stages.routes import Routes"),
    (families, "stages/routes/only.py", "from policyroute.stages.routes.pin import pin"),
    (families, "cli/main.py", "from policyroute.cli import explain"),
    (doors, "policy/source.py", "import yaml"),
    (doors, "policy/source/reader.py", "import yaml"),
    (doors, "gateway/settings.py", "import os\nhome = os.environ['HOME']"),
    (doors, "cli/main.py", "import click, os, json"),
]


@pytest.mark.parametrize(("rule", "path", "code", "complaint"), BAD)
def test_a_wrong_import_is_seen(rule, path: str, code: str, complaint: str) -> None:
    """Each rule complains of code that breaks it, and names the place."""
    found = "\n".join(rule(parse(f"policyroute/{path}", code)))
    assert complaint in found
    assert found.startswith(f"policyroute/{path}:")


@pytest.mark.parametrize(("rule", "path", "code"), GOOD)
def test_a_right_import_passes(rule, path: str, code: str) -> None:
    """No rule complains of what the house allows."""
    assert rule(parse(f"policyroute/{path}", code)) == []


def test_every_room_of_the_package_has_a_level() -> None:
    """A new file or folder of the package is under these rules from its first day."""
    rooms = {path.stem for path in (ROOT / "policyroute").iterdir() if path.suffix == ".py" or any(path.rglob("*.py"))}
    assert rooms - {"__init__", "__main__"} <= set(HEIGHT)
