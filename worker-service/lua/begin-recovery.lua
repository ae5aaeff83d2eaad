#!lua flags=allow-oom
-- Closes a shard for the recovery of an epoch. From here on only that recovery may write to it.
--
-- KEYS  1 shard:{S}   2 a key that never exists (shared/src/topology/keys.ts)   3 queue:scores:{S}   4 leaderboard:{S}
-- ARGV  1 epoch of the recovery
-- Returns the last version that this Redis knows of, '' when it knows none, and 1 when there is nothing of this shard at all: no
--       earlier recovery has begun to restore it either.
-- Error SUPERSEDED: a later recovery has begun.

local shard = redis.call('HMGET', KEYS[1], 'epoch', 'recovering', 'version')
local epoch = tonumber(ARGV[1])
if (tonumber(shard[1]) or 0) >= epoch or (tonumber(shard[2]) or 0) > epoch then
  return redis.error_reply('SUPERSEDED a later recovery has begun')
end
local is_new = redis.call('EXISTS', KEYS[1], KEYS[3], KEYS[4]) == 0
redis.call('HDEL', KEYS[1], 'epoch')
redis.call('HSET', KEYS[1], 'recovering', ARGV[1])
return { shard[3] or '', is_new and 1 or 0 }
