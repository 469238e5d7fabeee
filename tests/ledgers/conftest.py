"""One ledger of every kind, with a clock of the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from policyroute.ledgers.ledger import Ledger
from tests.ledgers.stores import STORES, Time


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(params=STORES)
def ledger(request: pytest.FixtureRequest, tmp_path: Path, time: Time) -> Iterator[Ledger]:
    made = STORES[request.param](tmp_path, time)
    yield made
    made.close()
