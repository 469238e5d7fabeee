"""A watched policy over the life of a process: forks, and a great many reloads."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from policyroute.call import Call
from policyroute.reload import Watched
from tests.house.survey import ROOT
from tests.reload.shop import NEVER_S, policy, version

FORK = """
import os, sys, threading
from pathlib import Path
from policyroute.reload import Watched
from tests.reload.shop import policy

file = Path(sys.argv[1])
file.write_text(policy(1))
changed = threading.Event()
watched = Watched(file, every_s=1e6, changed=lambda loaded: changed.set())
child = os.fork()
if child:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert threading.active_count() == 2 and watched.policy.version.version == 1
    watched.close()
else:
    file.write_text(policy(2))
    assert threading.active_count() == 1
    assert watched.policy.version.version == 1  # its first use, which starts a thread that looks at once
    assert threading.active_count() == 2
    assert changed.wait(20) and watched.policy.version.version == 2
    watched.close()
    assert threading.active_count() == 1
"""

AMID = """
import gc, os, sys, threading
from pathlib import Path
from policyroute.reload import Watched
from tests.reload.shop import policy

file = Path(sys.argv[1])
file.write_text(policy(1))
loading, forked = threading.Event(), threading.Event()

def told(event):
    loading.set()
    forked.wait(20)

watched = Watched(file, every_s=0.01, event=told)
file.write_text(policy(2))
assert loading.wait(20)
child = os.fork()  # the thread is in the middle of a look, and holds its lock
if child:
    forked.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
else:
    forked.set()
    assert gc.isenabled()
    file.write_text(policy(3))
    assert watched.look() is not None and watched.policy.version.version == 3
watched.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("code", [FORK, AMID], ids=["between looks", "amid a look"])
def test_a_forked_process_watches_by_itself(tmp_path: Path, code: str) -> None:
    """It has a thread of its own from its first use on, and no lock of the other process is in its way."""
    # Forking beside a thread is what the warning is about, and what a server does that loads before it forks.
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", code, str(tmp_path / "policy.yaml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=50)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_load_that_was_forked_away_leaves_the_collector_on(tmp_path: Path) -> None:
    """A load switches the collector off; the child of a fork in its middle has nobody who would switch it on again."""
    file = tmp_path / "policy.yaml"
    file.write_text(policy(1))
    watched = Watched(file, every_s=NEVER_S)
    watched.close()
    watched._collects = True
    gc.disable()
    try:
        watched._forked()
        assert gc.isenabled()
    finally:
        gc.enable()


def resident_kb() -> int:
    """What this process has in memory."""
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="there is no /proc here")
def test_five_hundred_reloads_leave_nothing_behind(tmp_path: Path) -> None:
    """Neither memory, nor threads, nor open files; each policy has patterns of its own, and a call is decided by it."""
    file = tmp_path / "policy.yaml"

    def edit(number: int) -> None:
        rules = f"[{{id: r, when: {{prompt: {{regex: 'ab{number}c+d|x{number}[yz]'}}}}, only: {{region: [eu]}}}}]"
        text = policy(number).replace("pipeline:\n", f"pipeline:\n  routes: {rules}\n")
        file.write_text(text if number % 10 else "tiers: [")

    edit(1)
    watched = Watched(file, every_s=NEVER_S)
    sizes, opened = [], len(os.listdir("/proc/self/fd"))
    for number in range(2, 602):
        edit(number)
        assert watched.look() is not None
        assert watched.policy.decide(Call.from_text(f"hello ab{number}ccd")).model == "own"
        if number in (101, 601):
            gc.collect()
            sizes.append(resident_kb())
    assert version(watched) == 601
    assert threading.active_count() == 2 and len(os.listdir("/proc/self/fd")) == opened
    assert sizes[1] - sizes[0] < 8_192, sizes
    watched.close()
