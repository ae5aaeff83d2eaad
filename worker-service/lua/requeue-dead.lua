#!lua
-- Puts dead letters back to where they are taken next.
--
-- KEYS  1 queue:scores:{S}:dead   2 queue:scores:{S}
-- ARGV  1 most to put back
-- Returns the items that were put back, oldest first.

local moved = {}
for _ = 1, tonumber(ARGV[1]) do
  local letter = redis.call('RPOP', KEYS[1])
  if not letter then break end
  local item = cjson.decode(letter).item
  redis.call('RPUSH', KEYS[2], item)
  moved[#moved + 1] = item
end
return moved
