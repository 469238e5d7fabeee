"""What the tests of a watched policy share: a clock of their own, and a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reload.shop import Time, policy


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(policy(1))
    return path
