"""Measurements, printed by `scripts/bench`. Every figure comes with what it is compared with in the same run."""
