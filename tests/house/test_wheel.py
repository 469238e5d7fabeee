"""The wheel: what users get holds the code, its types and its tables, and nothing of the workshop."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.survey import ROOT

pytestmark = pytest.mark.slow

CACHES = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built with the locked backend and nothing from elsewhere."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=50)
    return next(folder.glob("policyroute-*.whl"))


def test_the_wheel_holds_the_package_and_the_schemas(wheel: Path) -> None:
    """Every file of the package is in it, and the published schemas; tests, scripts and caches are not."""
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "policyroute").rglob("*")
        if path.is_file() and not CACHES.intersection(path.parts)
    }
    schemas = {f"policyroute/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "schemas").rglob("*.json")}
    assert "policyroute/py.typed" in inside
    assert inside == package | schemas


def test_the_wheel_imports_from_a_bare_folder(wheel: Path) -> None:
    """Unpacked beside nothing of this checkout, the package imports and knows its version."""
    code = f"import sys; sys.path.insert(0, {str(wheel)!r}); import policyroute as p; print(p.__file__, p.__version__)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, timeout=30, cwd=wheel.parent
    )
    place, version = done.stdout.split()
    assert place.startswith(str(wheel))
    assert f"-{version}-" in wheel.name
