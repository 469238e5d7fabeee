"""How tests take times: the processor's, of this thread, without collections of garbage, again where a machine is busy."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def least_s(do: Callable[[], object], *, enough: float = 0.0, runs: int = 5) -> float:
    """The least time of so many runs, and no further run once one took less than what is `enough`.

    A run can only take longer than it must: another process has the caches, a collection of garbage falls into it.
    """
    least = float("inf")
    for _ in range(runs):
        gc.disable()
        try:
            began = time.thread_time()
            do()
            least = min(least, time.thread_time() - began)
        finally:
            gc.enable()
        if least < enough:
            break
    return least
