#!lua flags=no-writes
-- Finds the entries of users on one board of one shard, and how many of this shard stand before each, in one moment:
-- counted later, a user who moved meanwhile would be counted before itself.
--
-- KEYS  1 shard:{S}   2 prefix user:{S}:   3 leaderboard:{S}…
-- ARGV  1 game, then user_ids
-- Returns the number of entries, then six for each user: '1', score, reached µs, name, entries before, entries with a
--       strictly better score; or '0', '', '', '', 0, 0 for one without an entry.
-- Error CLOSED: as in write-scores.lua.

if redis.call('HGET', KEYS[1], 'epoch') ~= EPOCH then
  return redis.error_reply('CLOSED shard is not open at this epoch')
end
local suffix = ARGV[1] == 'default' and '' or ':' .. ARGV[1]
local reply = { redis.call('ZCARD', KEYS[3]) }
for at = 2, #ARGV do
  local entry = redis.call('HMGET', KEYS[2] .. ARGV[at], 'score' .. suffix, 'updated_at' .. suffix, 'name')
  local member = entry[1] and string.format('%016.0f', tonumber(entry[2])) .. ARGV[at]
  local before = member and redis.call('ZRANK', KEYS[3], member)
  local row = { '0', '', '', '', 0, 0 }
  if before then
    local key = redis.call('ZSCORE', KEYS[3], member)
    row = { '1', entry[1], entry[2], entry[3] or '', before, redis.call('ZCOUNT', KEYS[3], '-inf', '(' .. key) }
  end
  for field = 1, 6 do reply[#reply + 1] = row[field] end
end
return reply
