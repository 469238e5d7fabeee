"""policyroute decides, by one reviewed file, to which language model a call may go, and says why.

Nothing is imported before it is asked for, so that an app pays only for what it uses.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policyroute.call import Facts
    from policyroute.decision import Decision
    from policyroute.dialects import Call
    from policyroute.errors import CallError, PolicyError, PolicyrouteError, Problem
    from policyroute.loading import Policy, load
    from policyroute.scan.detectors import Finding, detect
    from policyroute.scoring import score, task

__version__ = "0.1.0"

__all__ = [
    "Call",
    "CallError",
    "Decision",
    "Facts",
    "Finding",
    "Policy",
    "PolicyError",
    "PolicyrouteError",
    "Problem",
    "__version__",
    "detect",
    "load",
    "score",
    "task",
]

_ROOMS = {
    "Call": "policyroute.dialects",
    "CallError": "policyroute.errors",
    "Decision": "policyroute.decision",
    "Facts": "policyroute.call",
    "Finding": "policyroute.scan.detectors",
    "Policy": "policyroute.loading",
    "PolicyError": "policyroute.errors",
    "PolicyrouteError": "policyroute.errors",
    "Problem": "policyroute.errors",
    "detect": "policyroute.scan.detectors",
    "load": "policyroute.loading",
    "score": "policyroute.scoring",
    "task": "policyroute.scoring",
}


if not TYPE_CHECKING:  # a type checker that saw this would believe in every name

    def __getattr__(name: str) -> object:
        """Fetches a public name from its room when it is first asked for, and keeps it."""
        if name not in _ROOMS:
            raise AttributeError(f"module `policyroute` has no attribute `{name}`")
        value = globals()[name] = getattr(import_module(_ROOMS[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS})
