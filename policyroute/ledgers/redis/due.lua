-- Frees what has expired, a bounded piece of it. Where there may be more, this is to be asked again before anything.
local PIECE = 500
local clock = tonumber(ARGV[1])
if not clock then
  local time = call('TIME')
  clock = time[1] * 1000 + math.floor(time[2] / 1000)
end
local due = call('ZRANGEBYSCORE', KEYS[1], '-inf', clock, 'LIMIT', 0, PIECE)
for i = 1, #due do
  local at = base .. 'hold:' .. due[i]
  local found = redis.pcall('GET', at)
  call('ZREM', KEYS[1], due[i])
  local hold = type(found) == 'string' and cmsgpack.unpack(found)
  if hold and hold[1] == 'held' then
    call('DEL', at)
    let_go(hold)
  end
end
if #due == PIECE then return 'more' end

