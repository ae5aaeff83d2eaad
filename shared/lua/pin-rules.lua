#!lua
-- Agrees on the rules of a game in one shard, if it has no scores there. A pin that nobody has written under yet
-- begins with ~ (shared/src/scoring/rules.ts); the first write takes that away.
--
-- KEYS  1 shard:{S}   2 rules:{S}   3 the game's board
-- ARGV  1 game   2 rules (operator:order)   3 '1' = only where there is a pin already, so that a new game costs nothing
-- Returns 'pinned', or 'in_use' when there are scores under other rules; and the rules of these.
-- Error CLOSED: as in write-scores.lua.

if redis.call('HGET', KEYS[1], 'epoch') ~= EPOCH then
  return redis.error_reply('CLOSED shard is not open at this epoch')
end
local pin = redis.call('HGET', KEYS[2], ARGV[1])
local agreed = '~' .. ARGV[2]
if pin == ARGV[2] or pin == agreed then return { 'pinned', '' } end
if redis.call('EXISTS', KEYS[3]) == 1 then return { 'in_use', pin or '' } end
if pin or ARGV[3] ~= '1' then redis.call('HSET', KEYS[2], ARGV[1], agreed) end
return { 'pinned', '' }
