"""The tables: what is looked for in a text, what it says about difficulty, and which tasks it speaks for.

One row is one pattern of the policy's single scan, so a row can only say that something occurs, never how often.
"""

from policyroute.scoring.signals.effort import EFFORT
from policyroute.scoring.signals.everyday import EVERYDAY
from policyroute.scoring.signals.shape import SHAPE
from policyroute.scoring.signals.signal import Signal
from policyroute.scoring.signals.writing import WRITING_AND_ASKING

SIGNALS: tuple[Signal, ...] = (*EVERYDAY, *WRITING_AND_ASKING, *SHAPE, *EFFORT)

__all__ = ["SIGNALS", "Signal"]
