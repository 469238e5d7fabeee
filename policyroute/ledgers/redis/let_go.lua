-- Frees what a hold has: 'held', answer, how long it lasts, then for each account its key, slice of time or nothing, and amount.
-- Never more than is held there: an account that was lost meanwhile has nothing to give back.
local function let_go(hold)
  for i = 4, #hold, 3 do
    local at, cell, amount = base .. 'account:' .. hold[i], hold[i + 1], tonumber(hold[i + 2])
    local held = redis.pcall('HGET', at, cell == '' and 'held' or 'h' .. cell)
    if type(held) == 'string' then
      amount = format('%.0f', 0 - math.min(amount, held))
      call('HINCRBY', at, 'held', amount)
      if cell ~= '' then call('HINCRBY', at, 'h' .. cell, amount) end
    end
  end
end

