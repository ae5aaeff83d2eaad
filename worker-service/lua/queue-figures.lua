#!lua flags=no-writes
-- Looks at a shard's queue at one moment.
--
-- KEYS  1 queue:scores:{S}   2 queue:scores:{S}:workers   3 queue:scores:{S}:dead
-- ARGV  1 prefix queue:scores:{S}:processing:
-- Returns the items waiting, the items claimed, the dead letters, then the oldest item of the queue and of each claim.

local reply = { redis.call('LLEN', KEYS[1]), 0, redis.call('LLEN', KEYS[3]) }
reply[4] = redis.call('LINDEX', KEYS[1], -1) or nil
for _, claim in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  local list = ARGV[1] .. claim
  reply[2] = reply[2] + redis.call('LLEN', list)
  local oldest = redis.call('LINDEX', list, -1)
  if oldest then reply[#reply + 1] = oldest end
end
return reply
