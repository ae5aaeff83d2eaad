#!lua flags=allow-oom
-- Writes the rules under which a shard has its scores, as they are known elsewhere, where this Redis cannot know them.
-- Called by the recovery of a closed shard only; write-scores.lua has the same layout.
--
-- KEYS  1 shard:{S}   2 rules:{S}
-- ARGV  1 epoch of the recovery   2 the version up to which this Redis has everything
--       then 3 for each game: game, rules, version of the write that pinned them
-- Returns the number of pins written.
-- Error SUPERSEDED: another recovery has begun, or this Redis was emptied meanwhile.

if redis.call('HGET', KEYS[1], 'recovering') ~= ARGV[1] then
  return redis.error_reply('SUPERSEDED this recovery is not the current one')
end

local kept = tonumber(ARGV[2])
local written = 0
for at = 3, #ARGV, 3 do
  if tonumber(ARGV[at + 2]) > kept then
    redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
    written = written + 1
  else
    written = written + redis.call('HSETNX', KEYS[2], ARGV[at], ARGV[at + 1])
  end
end
return written
