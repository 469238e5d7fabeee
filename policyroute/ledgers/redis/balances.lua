-- ARGV: 3 where to go on, 4 the pattern of the keys. Answers where to go on then, and for each account its key and what it has.
local found = call('ZSCAN', KEYS[2], ARGV[3], 'MATCH', ARGV[4], 'COUNT', PIECE)
local reply = {found[1]}
for i = 1, #found[2], 2 do
  local sums = call('HMGET', base .. 'account:' .. found[2][i], 'spent', 'held', 'granted', 'until')
  if sums[4] then
    for _, part in ipairs({found[2][i], sums[1] or '0', sums[2] or '0', sums[3] or '0'}) do
      reply[#reply + 1] = part
    end
  end
end
return reply
