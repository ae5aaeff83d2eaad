#!lua
-- Lets one at a time change a game, or gives that right back.
--
-- KEYS  1 shard:{S} of the games   2 games:{S}:changing:<game>
-- ARGV  1 token of whoever changes it   2 ms for which it is leased, 0 = give it back
-- Returns 1; 0 when somebody else has it.
-- Error CLOSED: as in write-scores.lua.

if redis.call('HGET', KEYS[1], 'epoch') ~= EPOCH then
  return redis.error_reply('CLOSED shard is not open at this epoch')
end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[2])
else
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
end
return 1
