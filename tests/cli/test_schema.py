"""`policyroute schema`: prints what is published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("args", "file"), [([], "policy"), (["policy"], "policy"), (["tests"], "tests"), (["tests", "-o", "json"], "tests")]
)
def test_the_schema(run, args: list[str], file: str) -> None:
    """What is printed is the committed file, byte for byte; policies are the default."""
    ran = run("schema", *args)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (ROOT / f"schemas/{file}-v1.json").read_text("utf-8")
    assert json.loads(ran.out)["$id"] == f"urn:policyroute:schema:{file}-v1"


@pytest.mark.parametrize("kind", ["policy", "tests"])
def test_the_page(run, kind: str) -> None:
    """With markdown it is the reference page."""
    assert run("schema", kind, "--output", "markdown").out == (ROOT / f"docs/reference/{kind}.md").read_text("utf-8")
