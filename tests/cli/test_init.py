"""`policyroute init`: what it writes is a policy that holds, with tests that reach all of it."""

from __future__ import annotations

import os

import pytest

from policyroute.cli.init import WRITES
from policyroute.policy.source import read_text, to_plain

FILES = {"policy.yaml", "policy_test.yaml", ".github/workflows/policy.yml"}


def test_what_is_written_is_right(run, place) -> None:
    """The new policy has not even a note against it, is in canonical form, and all its rules are tested."""
    ran = run("init", "new")
    assert (ran.code, ran.err) == (0, "")
    assert {path.relative_to(place / "new").as_posix() for path in (place / "new").rglob("*") if path.is_file()} == FILES
    assert run("check", "new", "--fail-on", "info").code == 0
    assert run("fmt", "--check", "new/policy.yaml", "new/policy_test.yaml") == (0, "", "")
    tested = run("test", "new", "-o", "json")
    assert tested.code == 0
    assert tested.answer["coverage"]["covered"] == tested.answer["coverage"]["total"] >= 8


def test_the_next_steps_work(run) -> None:
    """The commands that `init` proposes are those that exist, in the folder that was meant."""
    steps = run("init", "new", "-o", "json").answer["next"]
    assert [step.split()[1] for step in steps] == ["check", "test", "explain"]
    assert run(*steps[0].split()[1:]).code == 0


def test_the_workflow_runs_the_commands(run, place) -> None:
    """The workflow is YAML, installs policyroute and runs its checks on the files that were written."""
    run("init")
    root = read_text((place / ".github/workflows/policy.yml").read_text("utf-8"), "policy.yml").root
    assert root is not None
    jobs = to_plain(root)["jobs"]  # type: ignore[index,call-overload]
    steps = [step["run"] for step in jobs["policy"]["steps"] if "run" in step]  # type: ignore[index,call-overload]
    assert steps[0] == "pip install policyroute"
    for step in steps[1:]:
        assert run(*step.split()[1:]).code == 0, step


@pytest.mark.parametrize("there", sorted(FILES))
def test_nothing_is_overwritten(run, place, there: str) -> None:
    """One of the files is enough to stop, and nothing at all is written then; --force writes over."""
    (place / there).parent.mkdir(parents=True, exist_ok=True)
    (place / there).write_text("mine\n", "utf-8")
    before = sorted(place.rglob("*"))
    ran = run("init")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: `{there}` is there already; --force writes over\n"
    assert sorted(place.rglob("*")) == before
    assert run("init", "--force").code == 0
    assert (place / there).read_text("utf-8") != "mine\n"


def test_a_place_that_cannot_be_written(run, place) -> None:
    """A file where a folder is needed is a message, not a traceback."""
    ran = run("init", "small.yaml")
    assert (ran.code, ran.err.startswith("error: cannot write `small.yaml/policy.yaml`: ")) == (2, True)
    assert run("init", "a\0b").code == 2


def test_text(run) -> None:
    """What was written, and what to do next."""
    out = run("init", "new").out
    for name in WRITES:
        assert f"wrote {os.path.join('new', name)}\n" in out
    assert "\nnext: change the models in new/policy.yaml to your own, then\n  policyroute check new " in out
