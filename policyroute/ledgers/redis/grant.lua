-- KEYS: 3 the mark of this grant, 4 the audit. ARGV: 3 the account's key, 4 end of use, 5 slice of time, 6 first slice,
-- 7 the amount, 8 the entry.
local account = look(ARGV[3], 0)
if not call('GET', KEYS[3]) then
  open(account, ARGV[4], ARGV[5], ARGV[6])
  call('RPUSH', KEYS[4], ARGV[8])
  call('SET', KEYS[3], '1', 'PX', ENDED_MS)
  add(account, 'g', ARGV[5], ARGV[7])
end
local sums = call('HMGET', account.at, 'spent', 'held', 'granted')
return {account.key, sums[1] or '0', sums[2] or '0', sums[3] or '0'}
