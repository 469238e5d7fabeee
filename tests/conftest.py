"""How Hypothesis searches: bounded, without a stopwatch, and in CI the same cases every time."""

import os

from hypothesis import HealthCheck, settings

# How long a shared machine takes is no property of the code.
settings.register_profile("house", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("house-ci", settings.get_profile("house"), derandomize=True, print_blob=True)
settings.load_profile("house-ci" if os.environ.get("CI") == "true" else "house")
