"""The ledger of one host: a file of SQLite that any number of its processes share."""

from policyroute.ledgers.sqlite.store import SqliteLedger

__all__ = ["SqliteLedger"]
