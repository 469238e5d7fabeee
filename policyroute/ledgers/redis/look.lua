-- ARGV from 3: for each account its key and the first slice of time that counts.
local reply = {'looked -1'}
for i = 3, #ARGV, 2 do
  reply[#reply + 1] = format('%.0f', look(ARGV[i], tonumber(ARGV[i + 1])).used)
end
return table.concat(reply, ' ')
