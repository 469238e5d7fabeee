"""The scripts: each says what it does, is short, and says plainly what a machine lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.survey import ROOT

SCRIPTS = ["run", "test", "check", "bench", "lock", "setup"]
TOOLS = ["bash", "cat", "cksum", "dirname", "flock", "id", "rm"]


@pytest.mark.parametrize("path", [*(f"scripts/{name}" for name in SCRIPTS), ".ci/run"])
def test_a_script_is_a_page_at_most(path: str) -> None:
    """A script can be run, parses, stops at an unset name, says what it is for, and a person can read it whole."""
    script = ROOT / path
    lines = script.read_text("utf-8").splitlines()
    assert os.access(script, os.X_OK)
    assert lines[0] == "#!/usr/bin/env bash"
    assert lines[1].startswith("# ")
    assert any(line.startswith("set -") and "u" in line and "pipefail" in line for line in lines)
    assert len(lines) <= (50 if path == "scripts/setup" else 25)
    subprocess.run(["bash", "-n", script], check=True, timeout=30)


def set_up_with(tmp_path: Path, pythons: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The set-up of a copied checkout on a machine that has only these Pythons."""
    checkout, machine = tmp_path / "checkout", tmp_path / "bin"
    (checkout / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/setup", checkout / "scripts/setup")
    machine.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (machine / tool).symlink_to(found)
    for name, script in pythons.items():
        (machine / name).write_text(f"#!{shutil.which('sh')}\n{script}\n", "utf-8")
        (machine / name).chmod(0o755)
    return subprocess.run(
        [checkout / "scripts/setup", "dev"], env={"PATH": str(machine)}, capture_output=True, text=True, check=False, timeout=30
    )


@pytest.mark.parametrize("pythons", [{}, {"python3": "exit 1"}, {"python3.13": "exit 127", "python3": "exit 1"}])
def test_a_machine_without_a_fitting_python_is_told(tmp_path: Path, pythons: dict[str, str]) -> None:
    """No Python, one that is too old, or a name that does not run: the set-up says which versions it needs."""
    done = set_up_with(tmp_path, pythons)
    assert done.returncode == 1
    assert "needs Python 3.11 to 3.14" in done.stderr


def test_a_python_without_venv_is_told_what_to_install(tmp_path: Path) -> None:
    """A Debian Python without its venv package: the set-up names the package."""
    done = set_up_with(tmp_path, {"python3": 'case "$2" in *ensurepip*) exit 1 ;; esac'})
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr
