"""The wall: the rooms that decide are pure. No clock, no randomness, no environment, no network, no threads, no log."""

from __future__ import annotations

import ast

import pytest

from tests.house.survey import Source, dotted, imports, parse, sources

PURE = {
    "errors",
    "call",
    "decision",
    "scan",
    "scoring",
    "conditions",
    "stages",
    "plan",
    "pipeline",
    "dialects",
    "analysis",
    "policy",
    "redaction",
}
OUTSIDE = "policyroute/policy/source"  # the one place that reads files

SHUT_OUT = set(
    "_thread asyncio concurrent ctypes getpass glob http logging multiprocessing os pathlib platform queue random secrets"
    " select selectors shutil signal smtplib socket sqlite3 ssl subprocess tempfile threading time urllib uuid".split()
)
WORLDLY_CALLS = {"breakpoint", "input", "open", "print"}
CLOCKS = {"now", "today", "utcnow"}
SCRATCH = {"threading", "threading.local"}


def wall(source: Source) -> list[str]:
    """What a pure room uses of the world."""
    if source.room not in PURE or source.within(OUTSIDE):
        return []
    found = [
        source.at(one.node, f"`{one.name}` is on the other side of the wall")
        for one in imports(source)
        if one.parts[0] in SHUT_OUT and not (source.room == "scan" and one.name in SCRATCH)
    ]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func) in WORLDLY_CALLS:
            found.append(source.at(node, f"`{dotted(node.func)}` touches the world"))
        if (
            isinstance(node, ast.Attribute)
            and node.attr in CLOCKS
            and dotted(node.value).rsplit(".", 1)[-1] in {"datetime", "date"}
        ):
            found.append(source.at(node, f"`{dotted(node)}` reads the clock"))
    return found + scratch(source)


def scratch(source: Source) -> list[str]:
    """An engine may keep scratch space per thread, where a comment beside it says why, and nothing else of threads."""
    found = []
    lines = source.text.splitlines()
    for node in ast.walk(source.tree):
        name = dotted(node)
        if not name.startswith("threading."):
            continue
        if name != "threading.local":
            found.append(source.at(node, f"`{name}`: only `threading.local` is let through the wall"))
        elif not any("#" in line for line in lines[max(0, node.lineno - 3) : node.lineno]):
            found.append(source.at(node, "`threading.local` without a comment that says why"))
    return found


def test_the_rooms_that_decide_are_pure() -> None:
    """Same policy, call and facts, same decision: nothing on this side of the wall can see anything else."""
    package = sources("policyroute")
    assert {source.room for source in package} & PURE
    assert "\n".join(complaint for source in package for complaint in wall(source)) == ""


@pytest.mark.parametrize(
    ("path", "code", "complaint"),
    [
        ("stages/routes.py", "import time", "`time`"),
        ("stages/routes.py", "from time import monotonic", "`time.monotonic`"),
        ("stages/routes.py", "def late():\n    import random", "`random`"),
        ("policy/compile.py", "from os import path", "`os.path`"),
        ("policy/compile.py", "from pathlib import Path", "`pathlib.Path`"),
        ("policy/compile.py", "import urllib.request", "`urllib.request`"),
        ("policy/compile.py", "text = open('x').read()", "`open`"),
        ("analysis/lint.py", "print('found')", "`print`"),
        ("conditions/reader.py", "from datetime import datetime\nhour = datetime.now().hour", "`datetime.now`"),
        ("conditions/reader.py", "import datetime\nclock = datetime.datetime.utcnow", "`datetime.datetime.utcnow`"),
        ("conditions/reader.py", "from datetime import date\nday = date.today()", "`date.today`"),
        ("dialects/openai.py", "import threading", "`threading`"),
        ("scan/engine.py", "import threading\n# one lock for all\nlock = threading.Lock()", "`threading.Lock`"),
        ("scan/engine.py", "import threading\n\nscratch = threading.local()", "says why"),
        ("errors.py", "import logging", "`logging`"),
    ],
)
def test_a_look_over_the_wall_is_seen(path: str, code: str, complaint: str) -> None:
    """The rule complains of code that reaches for the world, and names the place."""
    found = "\n".join(wall(parse(f"policyroute/{path}", code)))
    assert complaint in found
    assert found.startswith(f"policyroute/{path}:")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("engine.py", "import time"),
        ("policy/source.py", "from pathlib import Path"),
        ("conditions/reader.py", "from datetime import datetime\nhour = datetime.fromtimestamp(facts.now).hour"),
        ("scan/engine.py", "import threading\n\n# the engine writes into it while it scans\nscratch = threading.local()"),
    ],
)
def test_what_the_wall_lets_through(path: str, code: str) -> None:
    """Rooms outside the wall may use the world, and the wall has one door for files and one for scratch space."""
    assert wall(parse(f"policyroute/{path}", code)) == []
