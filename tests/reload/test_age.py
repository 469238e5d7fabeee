"""How old a policy may become: it is said once when it is too old, and once when it is not any more, and calls go on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyroute.call import Call
from policyroute.reload import Loaded, ReloadEvent, Watched
from tests.reload.shop import NEVER_S, Time, policy, version


@pytest.fixture
def told() -> list[ReloadEvent]:
    return []


@pytest.fixture
def watched(file: Path, time: Time, told: list[ReloadEvent]) -> Iterator[Watched]:
    """One whose thread never wakes by itself, and that may be a minute old."""
    made = Watched(file, every_s=NEVER_S, clock=time, event=told.append, max_staleness_s=60.0)
    yield made
    made.close()


def levels(caplog: pytest.LogCaptureFixture) -> list[int]:
    return [record.levelno for record in caplog.records]


def test_too_old_is_said_once(watched: Watched, file: Path, time: Time, told: list[ReloadEvent], caplog) -> None:
    """Loudly, with what serves and what is wrong; and that it is over is said too. What serves goes on to."""
    file.write_text("tiers: [hushword")
    watched.look()
    time.on(61)
    for _ in range(3):
        watched.look()
    assert watched.stale and watched.policy.decide(Call.from_text("hello")).model == "own"
    assert [one.outcome for one in told] == ["refused", "stale"]
    assert (told[1].version.version, told[1].problems, told[1].seen) == (1, watched.problems, watched.latest_seen)
    assert levels(caplog) == [logging.ERROR, logging.ERROR]
    assert "shop@1" in caplog.records[1].getMessage() and "60 s" in caplog.records[1].getMessage()
    assert "hush" not in caplog.text
    file.write_text(policy(2))
    for _ in range(3):
        watched.look()
    assert not watched.stale and version(watched) == 2
    assert [one.outcome for one in told[2:]] == ["loaded", "fresh"]
    assert levels(caplog)[-1] == logging.WARNING
    time.on(61)
    assert watched.stale and [one.outcome for one in told[4:]] == ["stale"]


def test_whoever_asks_for_the_policy_notices(watched: Watched, time: Time, told: list[ReloadEvent]) -> None:
    """Also where nobody looks any more: a thread may hang in a disk that does not answer."""
    time.on(61)
    assert told == []
    for _ in range(3):
        assert version(watched) == 1
    assert [(one.outcome, one.problems) for one in told] == [("stale", ())]
    watched.look()
    assert [one.outcome for one in told[1:]] == ["fresh"]


def test_a_watch_that_was_ended_says_nothing(watched: Watched, time: Time, told: list[ReloadEvent], caplog) -> None:
    """It grows old on purpose; whoever asks is told the truth."""
    watched.close()
    time.on(61)
    assert version(watched) == 1 and watched.stale
    assert told == [] and caplog.records == []


def test_without_a_limit_nothing_is_too_old(file: Path, time: Time, told: list[ReloadEvent]) -> None:
    """However long ago somebody looked."""
    watched = Watched(file, every_s=NEVER_S, clock=time, event=told.append)
    time.on(1e9)
    assert version(watched) == 1 and not watched.stale and told == []
    watched.close()


def test_who_is_told_may_ask(file: Path, time: Time) -> None:
    """Whether it is too old is known while it is told; and what is told of it may fail."""
    seen: list[bool] = []

    def tell(event: ReloadEvent) -> None:
        seen.append(watched.stale)
        raise ValueError(event.outcome)

    watched = Watched(file, every_s=NEVER_S, clock=time, event=tell, max_staleness_s=60.0)
    time.on(61)
    assert version(watched) == 1 and seen == [True]
    watched.look()
    assert seen == [True, False]
    watched.close()


@pytest.mark.parametrize(
    ("content", "latest"),
    [
        (policy(7), 7),
        (policy(7) + "hushkey: 1\n", 7),
        (policy(7).replace("version: 7", "version: -7"), None),
        (policy(7).replace("version: 7", "version: 7.5"), None),
        (policy(7).replace("version: 7", "version: true"), None),
        (policy(7).replace("version: 7", "version: [7]"), None),
        (policy(7).replace("version: 7", "version: 99999999999"), None),
        (policy(7).replace("metadata: {", "metadata: [").replace("}\n", "]\n", 1), None),
        ("tiers: [", None),
        ("- 7\n", None),
        ("", None),
    ],
)
def test_which_version_the_newest_content_says_it_is(
    watched: Watched, file: Path, told: list[ReloadEvent | Loaded], content: str, latest: int | None
) -> None:
    """Also where it is refused, as long as that much of it can be read."""
    file.write_text(content)
    found = watched.look()
    assert found is not None and found.latest == latest
    file.unlink()
    found = watched.look()
    assert found is not None and found.latest is None
