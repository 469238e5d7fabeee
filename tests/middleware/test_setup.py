"""Setting a face up: what is no good stops it, and leaves nothing open."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policyroute.errors import PolicyError, UsageError
from policyroute.middleware import httpx as old, httpx2 as new
from policyroute.middleware.layer import Layer, Options
from tests.middleware.faces import SHOP, shop

BAD: dict[str, tuple[Callable[[Path], Any], Options, type[Exception]]] = {
    "a bad policy": (lambda folder: folder / "bad.yaml", {}, PolicyError),
    "no policy": (lambda folder: folder / "none.yaml", {}, PolicyError),
    "a time for what does not change": (lambda folder: shop(), {"max_staleness": 9}, UsageError),
    "no key": (lambda folder: folder / "keyed.yaml", {}, UsageError),
    "no journal": (lambda folder: folder / "good.yaml", {"journal": "oracle://here"}, UsageError),
    "no ledger": (lambda folder: folder / "good.yaml", {"ledger": "oracle://here"}, UsageError),
}


def opened(folder: Path) -> set[str]:
    """The files in a folder that this process has open."""
    found: set[str] = set()
    for one in Path("/proc/self/fd").iterdir():
        try:
            found.add(str(one.readlink()))
        except FileNotFoundError:  # what the folder itself was read with
            continue
    return {name for name in found if name.startswith(str(folder))}


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="what is open is only told by Linux")
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_good_leaves_nothing_open(name: str, tmp_path: Path) -> None:
    """No file, and no thread; a good one has both as long as it is not closed."""
    (tmp_path / "good.yaml").write_text(SHOP)
    (tmp_path / "keyed.yaml").write_text(SHOP.replace("models:", "record: {text: hmac}\nmodels:", 1))
    (tmp_path / "bad.yaml").write_text("apiVersion: policyroute/v1\n")
    stores: Options = {"ledger": f"sqlite:///{tmp_path}/ledger.db", "journal": f"sqlite:///{tmp_path}/journal.db"}
    source, options, error = BAD[name]
    before = set(threading.enumerate())
    with pytest.raises(error) as raised:
        Layer(source(tmp_path), {**stores, **options})
    assert opened(tmp_path) == set()
    assert set(threading.enumerate()) <= before
    del raised  # which has kept all that was made
    layer = Layer(tmp_path / "good.yaml", stores)
    layer.engine.ledger.balances("")
    assert opened(tmp_path)
    layer.close()
    assert opened(tmp_path) == set()


def test_both_clients_are_alike() -> None:
    """But for the name of the http client."""
    of_old, of_new = (Path(str(module.__file__)).read_text("utf-8") for module in (old, new))
    assert of_old.replace("httpx", "httpx2") == of_new
