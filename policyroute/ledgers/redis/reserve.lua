-- KEYS: 3 the hold. ARGV: 3 how long it lasts in milliseconds, 4 the number of lines, 5 of offers; for each line its account's
-- key, end of use, slice of time and first slice, and at least and below what it has to be used; for each offer and line an
-- amount and a cap. -1 is no cap.
local found = call('GET', KEYS[3])
if found then
  local hold = cmsgpack.unpack(found)
  return hold[1] == 'held' and hold[2] or 'known -1'
end
local lines, offers = tonumber(ARGV[4]), tonumber(ARGV[5])
local accounts, used, moved = {}, '', false
for i = 1, lines do
  local at = 6 * i
  local account = look(ARGV[at], tonumber(ARGV[at + 3]))
  local below = ARGV[at + 5]
  moved = moved or account.used < tonumber(ARGV[at + 4]) or (below ~= '-1' and account.used >= tonumber(below))
  accounts[i] = account
  used = used .. format(' %.0f', account.used)
end
if moved then return 'moved -1' .. used end

for offer = 0, offers - 1 do
  local at = 4 + 6 * lines + 2 * lines * offer
  local fits = true
  for i = 1, lines do
    local cap = ARGV[at + 2 * i + 1]
    fits = fits and (cap == '-1' or tonumber(ARGV[at + 2 * i]) <= tonumber(cap) - accounts[i].used)
  end
  if fits then
    local reply = 'reserved ' .. offer .. used
    local hold = {'held', reply, ARGV[3]}
    for i = 1, lines do
      local account, cell = accounts[i], ARGV[6 * i + 2]
      open(account, ARGV[6 * i + 1], cell, ARGV[6 * i + 3])
      hold[3 * i + 1], hold[3 * i + 2], hold[3 * i + 3] = account.key, account.first and cell or '', ARGV[at + 2 * i]
    end
    call('ZADD', KEYS[1], clock + ARGV[3], string.sub(KEYS[3], #base + 6))
    call('SET', KEYS[3], cmsgpack.pack(hold))
    for i = 1, lines do
      add(accounts[i], 'h', ARGV[6 * i + 2], ARGV[at + 2 * i])
    end
    return reply
  end
end
return 'short -1' .. used
