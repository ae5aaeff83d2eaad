#!lua flags=allow-oom
-- Closes a shard for the recovery of an epoch. From here on only that recovery may write to it.
--
-- KEYS  1 shard:{S}   2 a key that never exists (shared/src/topology/keys.ts)
-- ARGV  1 epoch of the recovery
-- Returns the last version that this Redis knows of, '' when it knows none.
-- Error SUPERSEDED: a later recovery has begun.

local shard = redis.call('HMGET', KEYS[1], 'epoch', 'recovering', 'version')
local epoch = tonumber(ARGV[1])
if (tonumber(shard[1]) or 0) >= epoch or (tonumber(shard[2]) or 0) > epoch then
  return redis.error_reply('SUPERSEDED a later recovery has begun')
end
redis.call('HDEL', KEYS[1], 'epoch')
redis.call('HSET', KEYS[1], 'recovering', ARGV[1])
return shard[3] or ''
