-- KEYS: 3 the audit. ARGV: 3 the first entry that is wanted, 4 the last one.
return redis.call('LRANGE', KEYS[3], ARGV[3], ARGV[4])
