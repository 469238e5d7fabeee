-- KEYS: 3 the hold. ARGV: 3 who asks, so that it gets the same answer when it asks again; for each account its key, end of use,
-- slice of time, first slice, and what was spent.
local found = call('GET', KEYS[3])
local hold = found and cmsgpack.unpack(found)
if hold and hold[1] == 'ended' then return hold[2] == ARGV[3] and 'settled -1' or 'known -1' end
local accounts = {}
for i = 4, #ARGV, 5 do
  if ARGV[i + 4] ~= '0' then
    accounts[i] = look(ARGV[i], 0)
    open(accounts[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
  end
end
local cells, keep_ms = {}, ENDED_MS
if hold then
  call('ZREM', KEYS[1], string.sub(KEYS[3], #base + 6))
  let_go(hold)
  keep_ms = keep_ms + hold[3]
  for i = 4, #hold, 3 do
    cells[hold[i]] = hold[i + 1]
  end
end
call('SET', KEYS[3], cmsgpack.pack({'ended', ARGV[3]}), 'PX', keep_ms)
for i, account in pairs(accounts) do
  local cell = cells[account.key]
  add(account, 's', cell and cell ~= '' and cell or ARGV[i + 2], ARGV[i + 4])
end
return 'settled -1'
