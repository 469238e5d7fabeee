"""Where decisions are kept: every one of them, once, so that it can be asked for, added up and decided again."""

from policyroute.journal.record import Closing, JournalError, Known, Record, completed, decided, kept, opaque
from policyroute.journal.rows import from_jsonl, to_jsonl
from policyroute.journal.store import Journal, open_journal

__all__ = [
    "Closing",
    "Journal",
    "JournalError",
    "Known",
    "Record",
    "completed",
    "decided",
    "from_jsonl",
    "kept",
    "opaque",
    "open_journal",
    "to_jsonl",
]
