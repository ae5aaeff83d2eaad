-- How many entries of a board stand before a place, which need not be an entry of it. O(log n): ZCOUNT gives the borders
-- of the tie group, and inside it the place is found by halving, because ZSET has no count by (score, member).

-- Byte order, as ZSET has it: Lua's own < on strings follows the locale that the server runs in.
local function precedes(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local function count_before(board, key, member)
  local low = redis.call('ZCOUNT', board, '-inf', '(' .. key)
  if member == '' then return low end
  local high = low + redis.call('ZCOUNT', board, key, key)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if precedes(redis.call('ZRANGE', board, middle, middle)[1], member) then low = middle + 1 else high = middle end
  end
  return low
end
