"""Files that are made to cost much, or to do harm: each is refused, soon, and in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from policyroute.loading import examine
from policyroute.policy.source import read_text
from tests.house.survey import ROOT
from tests.loading.hostile import BOMBS, LARGE

SECONDS = 0.5
MEBIBYTES = 64

# In a process of its own: what looking at a file takes, beyond what the package itself does.
MEASURE = """
import json, re, sys, time
from policyroute.loading import examine
examine("no such file")
begun = time.process_time()
checked = examine(sys.argv[1])
seconds = time.process_time() - begun
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024
print(json.dumps([seconds, peak, checked.policy is None, sum(p.severity == "error" for p in checked.problems)]))
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_file_is_refused(name: str) -> None:
    """Each is no policy, with a place for each problem, and no more of them than can be read."""
    checked = examine("p.yaml", lambda file: read_text(BOMBS[name] if file == "p.yaml" else b"\xff", file))
    assert checked.policy is None
    assert 1 <= len(checked.problems) <= 101
    assert all(p.line >= 1 and 1 <= p.column < p.end_column for p in checked.problems)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*BOMBS, *LARGE])
def test_a_hostile_file_costs_little(name: str, tmp_path: Path) -> None:
    """Whatever is in it, a file is refused within half a second of one processor, and 64 MiB of a whole process."""
    content = BOMBS.get(name) or LARGE[name]
    path = tmp_path / "p.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    command = [sys.executable, "-c", MEASURE, str(path)]
    times = []
    while not times or (times[-1] > SECONDS and len(times) < 3):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=50)
        took, peak, refused, problems = json.loads(done.stdout)
        assert refused
        assert problems <= 101
        assert peak < MEBIBYTES
        times.append(took)
    assert min(times) < 2 * SECONDS  # on a machine that may be busy


@pytest.mark.slow
@pytest.mark.parametrize("name", ["aliases", "deep lists", "objects", "look-alikes"])
def test_the_command_says_so_without_a_trace(name: str, tmp_path: Path) -> None:
    """`policyroute check` ends with 3 and frames, whatever the file."""
    content = BOMBS[name]
    path = tmp_path / "p.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    command = [sys.executable, "-m", "policyroute", "check", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 3
    assert "error[PR" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
