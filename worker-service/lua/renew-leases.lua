#!lua flags=allow-oom
-- Prolongs the leases of claims; one that was taken over meanwhile stays lost. A length of 0 ends them at once.
--
-- KEYS  1 queue:scores:{S}:workers
-- ARGV  1 length of the lease, ms, then the names of claims
-- Returns nothing of use.

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local lease_end = string.format('%.0f', now + tonumber(ARGV[1]))
for at = 2, #ARGV do
  redis.call('ZADD', KEYS[1], 'XX', lease_end, ARGV[at])
end
return 0
