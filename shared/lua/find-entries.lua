#!lua flags=no-writes
-- Finds the entries of users on one board of one shard.
--
-- KEYS  1 shard:{S}   2 prefix user:{S}:
-- ARGV  1 game, then user_ids
-- Returns four strings for each user: score, reached µs, name, '1'; or '', '', '', '0' for one without an entry.
-- Error CLOSED: as in write-scores.lua.

if redis.call('HGET', KEYS[1], 'epoch') ~= EPOCH then
  return redis.error_reply('CLOSED shard is not open at this epoch')
end
local suffix = ARGV[1] == 'default' and '' or ':' .. ARGV[1]
local reply = {}
for at = 2, #ARGV do
  local entry = redis.call('HMGET', KEYS[2] .. ARGV[at], 'score' .. suffix, 'updated_at' .. suffix, 'name')
  reply[#reply + 1] = entry[1] or ''
  reply[#reply + 1] = entry[2] or ''
  reply[#reply + 1] = entry[3] or ''
  reply[#reply + 1] = entry[1] and '1' or '0'
end
return reply
