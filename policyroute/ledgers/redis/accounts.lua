-- What every step begins with. KEYS: 1 the holds by expiry, 2 the accounts by the end of their use, then the step's own.
-- ARGV: 1 the clock in milliseconds, 2 Unix seconds; where one is empty, the server's own counts.
-- Amounts come and go as decimal text, so that nothing is rounded up to 2^53 - 1.
local KEPT_S = 86400
local ENDED_MS = 3600000
local FIELDS = {s = 'spent', h = 'held', g = 'granted'}
local call, format = redis.call, string.format
local base = string.sub(KEYS[1], 1, -6)

-- An account as it stands. What is not of the right type is an error here, before anything is written.
local function look(key, first)
  local at = base .. 'account:' .. key
  local sums = call('HMGET', at, 'spent', 'held', 'granted', 'until', 'first')
  local rolls = tonumber(sums[5])
  if rolls and first > rolls then
    -- Takes out what is of slices of time that do not count any more.
    local fields = call('HGETALL', at)
    for i = 1, #fields, 2 do
      local kind, cell = string.match(fields[i], '^([shg])(%d+)$')
      if kind and tonumber(cell) < first then
        call('HINCRBY', at, FIELDS[kind], format('%.0f', 0 - fields[i + 1]))
        call('HDEL', at, fields[i])
      end
    end
    call('HSET', at, 'first', first)
    rolls = first
    sums = call('HMGET', at, 'spent', 'held', 'granted', 'until')
  end
  local used = (sums[1] or 0) + (sums[2] or 0) - (sums[3] or 0)
  if used > 2 ^ 62 or used < -2 ^ 62 then error('an account is over what can be counted') end
  return {at = at, key = key, used = used, ends = tonumber(sums[4]), first = rolls}
end

-- Makes an account, or keeps it for longer. One that has slices of time is one that was made with one.
local function open(account, ends, cell, first)
  ends = tonumber(ends)
  if account.ends and ends <= account.ends then return end
  local now = tonumber(ARGV[2]) or tonumber(call('TIME')[1])
  call('ZADD', KEYS[2], math.max(ends, now), account.key)
  call('HSET', account.at, 'until', ends)
  if not account.ends then
    call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - KEPT_S - 1)
    if cell ~= '0' then
      call('HSET', account.at, 'first', first)
      account.first = tonumber(first)
    end
  end
  local lasts = math.max(ends - now, 0) + KEPT_S
  if lasts < 1e10 then call('EXPIRE', account.at, lasts) else call('PERSIST', account.at) end
end

-- Adds to an account, and to its slice of time; what is of one that was forgotten does not count.
local function add(account, kind, cell, amount)
  if account.first then
    if tonumber(cell) < account.first then return end
    call('HINCRBY', account.at, kind .. cell, amount)
  end
  call('HINCRBY', account.at, FIELDS[kind], amount)
end

