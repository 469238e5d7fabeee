"""The pinned, dated price catalogue that the package ships. Nothing is fetched, and an unknown price is never zero."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import NamedTuple

NANO = 10**9


class Listed(NamedTuple):
    """Nano-dollars per million tokens."""

    input: int
    output: int
    cached_input: int | None = None


class Catalogue(NamedTuple):
    """All listed prices, and the day they were looked up."""

    date: str
    prices: dict[str, Listed]

    def find(self, name: str) -> Listed | None:
        """The price of a model by the provider's name for it; dated releases count as their model."""
        wanted = name.casefold().rpartition("/")[2]
        return self.prices.get(wanted) or self.prices.get(wanted.rstrip("0123456789").rstrip("-@"))


def nano(usd: float) -> int:
    """Dollars as whole nano-dollars, exactly as they are written."""
    return int((Decimal(repr(usd)) * NANO).to_integral_value())


@cache
def catalogue() -> Catalogue:
    """The shipped catalogue, read once."""
    raw = json.loads(files("policyroute.policy").joinpath("prices.json").read_text("utf-8"))
    prices = {
        name: Listed(nano(row["in"]), nano(row["out"]), nano(row["cached_in"]) if "cached_in" in row else None)
        for provider in raw["providers"].values()
        for name, row in provider.items()
    }
    return Catalogue(raw["date"], prices)
