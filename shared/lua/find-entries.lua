#!lua flags=no-writes
-- Finds the entries of users on one board of one shard, and how many of this shard stand before each, in one moment:
-- counted later, a user who moved meanwhile would be counted before itself.
--
-- KEYS  1 shard:{S}   2 prefix user:{S}:   3 leaderboard:{S}…   4 hidden:{S}…
-- ARGV  1 the field of the user's hash that says when the entry's score was reached (include/standings.lua)
--       2 name of the rolling window, '' when the board is none
--       then 2 for each user: user_id, '1' = also when hidden
-- Returns the number of entries, then six for each user: 'ranked' or 'hidden', sort key, reached µs, name, entries before, entries with a
--       strictly better score; or '0', '', '', '', 0, 0 for one without an entry. A hidden user stands where it would.
-- Error CLOSED: as in write-scores.lua.

--#include entries
--#include count-before

if redis.call('HGET', KEYS[1], 'epoch') ~= EPOCH then
  return redis.error_reply('CLOSED shard is not open at this epoch')
end

local function reached_of(value)
  if not value or ARGV[2] == '' then return value end
  local standings = string.match(value, '^[^|]*|([^|]*)')
  for name, reached in string.gmatch(standings, '(%w+),%-?%d+,(%d+)') do
    if name == ARGV[2] then return reached end
  end
  return nil
end

local function find(user_id, with_hidden)
  local user = redis.call('HMGET', KEYS[2] .. user_id, ARGV[1], 'name')
  local reached = reached_of(user[1])
  if not reached then return nil end
  local member = member_of(user_id, tonumber(reached))
  local key = redis.call('ZSCORE', KEYS[3], member)
  local before, found = nil, 'ranked'
  if key then
    before = redis.call('ZRANK', KEYS[3], member)
  elseif with_hidden then
    key = redis.call('ZSCORE', KEYS[4], member)
    if not key then return nil end
    before, found = count_before(KEYS[3], key, member), 'hidden'
  else
    return nil
  end
  return { found, key, reached, user[2] or '', before, redis.call('ZCOUNT', KEYS[3], '-inf', '(' .. key) }
end

local reply = { redis.call('ZCARD', KEYS[3]) }
for at = 3, #ARGV, 2 do
  local row = find(ARGV[at], ARGV[at + 1] == '1') or { '0', '', '', '', 0, 0 }
  for field = 1, 6 do reply[#reply + 1] = row[field] end
end
return reply
