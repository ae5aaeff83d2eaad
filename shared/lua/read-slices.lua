#!lua flags=no-writes
-- Reads one board of one shard around given places. A place is (sort key, member); it need not be an entry
-- of this shard, which is how shards are merged: each tells how many of its entries stand before the place
-- and which stand next to it.
--
-- KEYS  1 shard:{S}   2 leaderboard:{S}…   3 prefix user:{S}:
-- ARGV  four for each place: sort key ('' = the start of the board), member, rows wanted before it, rows
--       wanted from it on (an entry that stands exactly there is the first of these)
-- Returns the number of entries, then for each place: entries before it, number of rows, and for each row
--       member, sort key, name.
-- Error CLOSED: as in write-scores.lua.
--
-- O(log n) for each place (include/count-before.lua) and O(1) for each row.

--#include count-before

if redis.call('HGET', KEYS[1], 'epoch') ~= EPOCH then
  return redis.error_reply('CLOSED shard is not open at this epoch')
end
local board = KEYS[2]

local reply = { redis.call('ZCARD', board) }
for at = 1, #ARGV, 4 do
  local key, wanted_before, wanted_from = ARGV[at], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local before = key == '' and 0 or count_before(board, key, ARGV[at + 1])
  local first, last = math.max(0, before - wanted_before), before + wanted_from - 1
  local rows = last >= first and redis.call('ZRANGE', board, first, last, 'WITHSCORES') or {}
  reply[#reply + 1] = before
  reply[#reply + 1] = #rows / 2
  for row = 1, #rows, 2 do
    reply[#reply + 1] = rows[row]
    reply[#reply + 1] = rows[row + 1]
    reply[#reply + 1] = redis.call('HGET', KEYS[3] .. string.sub(rows[row], 17), 'name') or ''
  end
end
return reply
