#!lua flags=allow-oom
-- Opens a shard that a recovery has brought up to date. Its scripts must be loaded already.
--
-- KEYS  1 shard:{S}   2 a key that never exists (shared/src/topology/keys.ts)
-- ARGV  1 epoch of the recovery   2 greatest version in Postgres
-- Returns the version up to which nothing is missing: what was acknowledged with a higher one before is lost.
-- Error SUPERSEDED: another recovery has begun, or this Redis was emptied meanwhile.

local shard = redis.call('HMGET', KEYS[1], 'recovering', 'version')
if shard[1] ~= ARGV[1] then return redis.error_reply('SUPERSEDED this recovery is not the current one') end
local clock = redis.call('TIME')
local last = math.max(tonumber(shard[2]) or 0, tonumber(ARGV[2]))
local floor = string.format('%.0f', last)
-- One more than any before: a Redis that knows this version has all that the recovery wrote.
redis.call('HSET', KEYS[1], 'version', string.format('%.0f', last + 1), 'floor', floor,
  'restored_at', string.format('%.0f', tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)),
  'epoch', ARGV[1])
redis.call('HDEL', KEYS[1], 'recovering')
return floor
