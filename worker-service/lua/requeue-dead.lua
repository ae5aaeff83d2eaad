#!lua
-- Puts dead letters back to where they are taken next.
--
-- KEYS  1 queue:scores:{S}:dead   2 queue:scores:{S}
-- ARGV  1 most to put back
-- Returns the items that were put back, oldest first.

local moved = {}
for _ = 1, tonumber(ARGV[1]) do
  local letter = redis.call('LINDEX', KEYS[1], -1)
  if not letter then break end
  -- What is no letter of ours is put back as it is: it comes here again with a reason.
  local ok, read = pcall(cjson.decode, letter)
  local item = ok and type(read) == 'table' and type(read.item) == 'string' and read.item or letter
  redis.call('RPOP', KEYS[1])
  redis.call('RPUSH', KEYS[2], item)
  moved[#moved + 1] = item
end
return moved
