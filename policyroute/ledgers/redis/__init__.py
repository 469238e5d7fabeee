"""The ledger of many hosts: in a Redis or Valkey server (5 or later), every step one script there.

The server must not evict keys (`maxmemory-policy noeviction`): what it forgets of an account can be spent again.
"""

from policyroute.ledgers.redis.store import RedisLedger

__all__ = ["RedisLedger"]
