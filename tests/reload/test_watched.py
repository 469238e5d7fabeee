"""A policy on disk that is edited, badly edited, swapped, truncated and deleted while it serves."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.call import Call
from policyroute.errors import PolicyError, UsageError
from policyroute.reload import READ_EVERY, Loaded, ReloadEvent, Watched
from tests.reload.shop import GOOD, NEVER_S, Time, policy, version

BAD = {
    "empty": "",
    "half": policy(2)[: len(policy(2)) // 2],
    "no YAML": "tiers: [",
    "an unknown key": policy(2) + "hushkey: hushvalue\n",
    "a model that is not there": policy(2).replace("prefer: [basic]", "prefer: [hushtier]"),
    "too large": policy(2) + "# " + "x" * (1 << 20),
    "another encoding": policy(2).encode("utf-16").decode("latin-1"),
}


@pytest.fixture
def told() -> list[Loaded | ReloadEvent]:
    return []


@pytest.fixture
def watched(file: Path, time: Time, told: list[Loaded | ReloadEvent]) -> Iterator[Watched]:
    """One whose thread never wakes by itself: a test looks."""
    made = Watched(file, every_s=NEVER_S, clock=time, changed=told.append, event=told.append, max_staleness_s=60.0)
    yield made
    made.close()


def test_an_edit_serves_once_it_is_seen(watched: Watched, file: Path, told: list[Loaded | ReloadEvent]) -> None:
    """As a whole, and whoever wants to know is told once."""
    seen = watched.latest_seen
    assert watched.look() is None and told == []
    file.write_text(policy(2))
    assert version(watched) == 1
    found = watched.look()
    assert version(watched) == 2 and watched.problems == ()
    assert found is not None and (found.outcome, found.version.version, found.file) == ("loaded", 2, str(file))
    assert found.seen == watched.latest_seen == watched.active.seen != seen
    assert told == [watched.active, found]
    assert watched.look() is None and len(told) == 2


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_bad_edit_keeps_the_last_good_policy(
    watched: Watched, file: Path, told: list[Loaded | ReloadEvent], content: str
) -> None:
    """It goes on to serve, and the problems of the other one can be seen; mending it is noticed."""
    before, seen = watched.active, watched.latest_seen
    file.write_text(content, "latin-1" if "\x00" in content else "utf-8")
    found = watched.look()
    assert watched.active is before
    assert watched.policy.decide(Call.from_text("hello")).model == "own"
    assert found is not None and (found.outcome, found.version.version) == ("refused", 1)
    assert found.problems == watched.problems and any(problem.severity == "error" for problem in watched.problems)
    assert watched.latest_seen == found.seen != seen
    assert told == [found]
    file.write_text(policy(1))
    assert watched.look() is not None
    assert version(watched) == 1 and watched.problems == () and watched.latest_seen == seen


def test_a_bad_edit_is_said_aloud_once(watched: Watched, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By the codes and places of its problems; nothing that stands in the file is in the log."""
    file.write_text(BAD["an unknown key"])
    for _ in range(3 * READ_EVERY):
        watched.look()
    (record,) = caplog.records
    line = len(BAD["an unknown key"].splitlines())
    assert record.levelno == logging.ERROR
    assert f"PR101 at {file}:{line}:1" in record.getMessage() and "shop@1" in record.getMessage()
    assert "hush" not in caplog.text
    file.write_text(BAD["a model that is not there"])
    for _ in range(3 * READ_EVERY):
        watched.look()
    assert len(caplog.records) == 2 and "hush" not in caplog.text


def test_many_problems_are_not_all_said(watched: Watched, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A line of a log is no report."""
    file.write_text(policy(2) + "".join(f"hush{i}: {i}\n" for i in range(60)))
    watched.look()
    assert "and 40 more" in caplog.text and caplog.text.count("PR101") == 20


def test_a_bad_first_policy_does_not_serve(file: Path) -> None:
    """There is no last good one yet."""
    file.write_text(BAD["an unknown key"])
    with pytest.raises(PolicyError, match="PR101"):
        Watched(file, every_s=NEVER_S)
    with pytest.raises(PolicyError, match="PR012"):
        Watched(file.with_name("gone.yaml"), every_s=NEVER_S)
    with pytest.raises(UsageError):
        Watched(file, every_s=0)


def test_a_deleted_file_is_a_bad_edit(watched: Watched, file: Path) -> None:
    """What served goes on to serve until there is a file again."""
    file.unlink()
    found = watched.look()
    assert found is not None and [problem.code for problem in found.problems] == ["PR012"]
    assert version(watched) == 1
    assert watched.look() is None
    file.write_text(policy(3))
    assert watched.look() is not None and version(watched) == 3


def test_what_may_be_half_written_is_looked_at_again_soon(watched: Watched, file: Path) -> None:
    """For a few looks; then it is bad, and not in the making."""
    assert watched.wait_s == NEVER_S
    file.write_text(BAD["half"])
    watched.look()
    assert watched.wait_s < 1
    file.write_text(policy(2))
    watched.look()
    assert version(watched) == 2 and watched.wait_s == NEVER_S
    file.write_text(BAD["half"])
    for _ in range(10):
        watched.look()
    assert watched.wait_s == NEVER_S


@pytest.mark.skipif(not Path("/proc/self/io").is_file(), reason="there is no file here that changes whenever it is read")
def test_what_changes_while_it_is_read_is_not_taken(watched: Watched, file: Path, told: list[Loaded | ReloadEvent]) -> None:
    """Somebody writes it right now: it is neither good nor bad, and is looked at again soon."""
    file.unlink()
    file.symlink_to("/proc/self/io")
    assert watched.look() is None and watched.look() is None
    assert told == [] and watched.problems == () and version(watched) == 1
    assert watched.wait_s < 1
    file.unlink()
    file.write_text(policy(2))
    assert watched.look() is not None and version(watched) == 2


def test_a_pipe_is_no_policy(watched: Watched, file: Path) -> None:
    """Nobody waits for one to say something."""
    file.unlink()
    os.mkfifo(file)
    assert watched.look() is not None and watched.problems and version(watched) == 1


def same_inode(file: Path, content: str) -> None:
    file.write_text(content)


def other_inode(file: Path, content: str) -> None:
    beside = file.with_name("beside")
    beside.write_text(content)
    os.replace(beside, file)


@pytest.mark.parametrize(("write", "most"), [(same_inode, READ_EVERY), (other_inode, 1)])
def test_content_counts_and_not_its_date(watched: Watched, file: Path, write: Callable[[Path, str], None], most: int) -> None:
    """The same date and size with other content are noticed: at once in another file, within a few looks in the same one."""
    before = file.stat()
    write(file, policy(2))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_mtime_ns, file.stat().st_size) == (before.st_mtime_ns, before.st_size)
    looks = next(i for i in range(1, 100) if watched.look() is not None)
    assert looks <= most and version(watched) == 2


def test_another_date_is_no_edit(watched: Watched, file: Path, told: list[Loaded | ReloadEvent]) -> None:
    """The same content under another date, or in another file, is the same policy."""
    before = watched.policy
    os.utime(file, (1, 1))
    assert watched.look() is None
    other_inode(file, policy(1))
    assert watched.look() is None and watched.policy is before and told == []


def test_every_included_file_is_watched(file: Path, time: Time) -> None:
    """Also one that is missing, and one in another folder."""
    below = file.parent / "parts"
    below.mkdir()
    (below / "tags.yaml").write_text(GOOD.format(number=1, rest="tags: {pii: {only: {region: [eu]}}}"))
    head = policy(1, "include: [parts/tags.yaml]\n")
    file.write_text(head)
    watched = Watched(file, every_s=NEVER_S, clock=time)
    (below / "tags.yaml").write_text(GOOD.format(number=1, rest="tags: {phi: {only: {region: [eu]}}}"))
    assert watched.look() is not None and tuple(watched.policy.pipeline.names.tags) == ("phi",)
    (below / "tags.yaml").unlink()
    found = watched.look()
    assert found is not None and [problem.code for problem in found.problems] == ["PR012"]
    (below / "tags.yaml").write_text(GOOD.format(number=1, rest="tags: {pii: {only: {region: [eu]}}}"))
    found = watched.look()
    assert found is not None and found.outcome == "loaded"
    watched.close()


def test_what_is_mended_by_a_link_is_noticed(file: Path, time: Time) -> None:
    """Not every problem is in the content of a file."""
    out = file.parent / "out.yaml"
    out.write_text(GOOD.format(number=1, rest=""))
    folder = file.parent / "shop"
    folder.mkdir()
    inner = folder / "policy.yaml"
    inner.write_text(policy(1))
    watched = Watched(inner, every_s=NEVER_S, clock=time)
    (folder / "part.yaml").symlink_to(out)
    inner.write_text(policy(2, "include: [part.yaml]\n"))
    found = watched.look()
    assert found is not None and [problem.code for problem in found.problems] == ["PR121"]
    (folder / "part.yaml").unlink()
    (folder / "part.yaml").write_text(out.read_text())
    assert any(watched.look() for _ in range(READ_EVERY))
    assert version(watched) == 2 and watched.problems == ()
    watched.close()


def test_a_mounted_volume_is_swapped(tmp_path: Path, time: Time) -> None:
    """As Kubernetes does it: `policy.yaml` and what it includes lead through `..data`, which is renamed over."""

    def volume(number: int) -> None:
        folder = tmp_path / f"..2026_{number}"
        folder.mkdir()
        (folder / "policy.yaml").write_text(policy(number, "include: [part.yaml]\n"))
        (folder / "part.yaml").write_text(GOOD.format(number=number, rest=f"tags: {{tag{number}: {{}}}}"))
        (tmp_path / "..tmp").symlink_to(folder.name)
        os.replace(tmp_path / "..tmp", tmp_path / "..data")

    volume(1)
    for name in ("policy.yaml", "part.yaml"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    watched = Watched(tmp_path / "policy.yaml", every_s=NEVER_S, clock=time)
    for number in (2, 3):
        volume(number)
        for path in (tmp_path / f"..2026_{number - 1}").iterdir():
            path.unlink()
        found = watched.look()
        assert found is not None and found.outcome == "loaded"
        assert version(watched) == number
        assert tuple(watched.policy.pipeline.names.tags) == (f"tag{number}",)
    watched.close()


def test_a_policy_grows_stale(watched: Watched, file: Path, time: Time) -> None:
    """When no look has found it to be what the file says, for longer than is allowed."""
    time.on(59)
    assert not watched.stale
    watched.look()
    time.on(59)
    assert not watched.stale
    file.write_text(BAD["empty"])
    watched.look()
    time.on(2)
    assert watched.stale
    watched.look()
    assert watched.stale
    file.write_text(policy(1))
    watched.look()
    assert not watched.stale


def test_whoever_is_told_cannot_stop_it(file: Path, time: Time, caplog: pytest.LogCaptureFixture) -> None:
    """What is told of a reload may fail, and may look itself."""

    def changed(loaded: Loaded) -> None:
        assert watched.look() is None
        raise ValueError(str(loaded))

    watched = Watched(file, every_s=NEVER_S, clock=time, changed=changed)
    file.write_text(policy(2))
    assert watched.look() is not None and version(watched) == 2
    assert [record.getMessage() for record in caplog.records] == ["watching a policy: `changed` failed (ValueError)"]
    watched.close()


def test_the_thread_looks_by_itself(file: Path) -> None:
    """And ends when it is told to; what served last stays."""
    changed = Event()
    watched = Watched(file, every_s=0.01, changed=lambda loaded: changed.set())
    file.write_text(policy(2))
    assert changed.wait(30)
    watched.close()
    assert watched._thread is not None and not watched._thread.is_alive()
    file.write_text(policy(3))
    assert version(watched) == 2 and not watched.stale


def test_a_watch_that_nobody_has_ends(file: Path) -> None:
    """It may be forgotten: its thread does not keep it."""
    watched = Watched(file, every_s=0.01)
    thread = watched._thread
    del watched
    assert thread is not None
    thread.join(30)
    assert not thread.is_alive()


def test_readers_see_one_policy_or_the_other(watched: Watched, file: Path) -> None:
    """Whatever a reader gets hold of is whole, while policies come and go."""
    mixed: list[tuple[int, str]] = []
    over = Event()

    def read() -> None:
        while not over.is_set():
            active = watched.active
            number = active.policy.version.version
            models = {model.name for model in active.policy.decide(Call.from_text("hello")).candidates}
            if models != {"own", f"far{number}"} or active.policy.sources[0].text.text != policy(number):
                mixed.append((number, active.seen))

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(2, 22):
        file.write_text(policy(number))
        watched.look()
    over.set()
    for reader in readers:
        reader.join()
    assert mixed == [] and version(watched) == 21


EDITS = st.lists(st.one_of(st.integers(1, 5), st.sampled_from(("", "tiers: [", None))), max_size=8)


@settings(max_examples=20)
@given(edits=EDITS)
def test_what_serves_is_the_last_good_content(tmp_path_factory: pytest.TempPathFactory, edits: list[int | str | None]) -> None:
    """Whatever is written, in whatever order; and there are problems just where the newest content is bad."""
    file = tmp_path_factory.mktemp("edits") / "policy.yaml"
    file.write_text(policy(9))
    watched = Watched(file, every_s=NEVER_S)
    good, before = 9, policy(9)
    for edit in edits:
        content = policy(edit) if isinstance(edit, int) else edit
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_text(content)
        found = watched.look()
        good = edit if isinstance(edit, int) else good
        assert version(watched) == good
        assert bool(watched.problems) == (not isinstance(edit, int))
        assert (found is not None) == (content != before)
        before = content
    watched.close()
