#!lua flags=no-writes
-- Reads games in the order of their names.
--
-- KEYS  1 shard:{S} of the games   2 games:{S}   3 games:{S}:names
-- ARGV  1 most games wanted   2 the name after which to begin ('' = the first)
-- Returns two strings for each game: its name and the JSON of its definition.
-- Error CLOSED: as in write-scores.lua.

if redis.call('HGET', KEYS[1], 'epoch') ~= EPOCH then
  return redis.error_reply('CLOSED shard is not open at this epoch')
end
local first = ARGV[2] == '' and '-' or '(' .. ARGV[2]
local names = redis.call('ZRANGE', KEYS[3], first, '+', 'BYLEX', 'LIMIT', 0, ARGV[1])
local reply = {}
for _, name in ipairs(names) do
  reply[#reply + 1] = name
  reply[#reply + 1] = redis.call('HGET', KEYS[2], name) or ''
end
return reply
