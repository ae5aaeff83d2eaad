#!lua flags=allow-oom
-- Takes a batch from the queue, or one whose worker has died. A claim has a name and a list of its own, used once, so
-- whoever holds the name can only ever remove what it was given.
--
-- KEYS  1 queue:scores:{S}   2 this claim's queue:scores:{S}:processing:<claim>   3 queue:scores:{S}:workers
--       4 shard:{S}
-- ARGV  1 name of the claim   2 most items to take   3 length of the lease, ms
--       4 prefix queue:scores:{S}:processing:
-- Returns the shard's epoch and how many items the claim has; the epoch is '' and nothing is taken while the shard is closed.
--
-- The same name again answers for the same items: that is how a claim is repeated whose answer was lost.

local epoch = redis.call('HGET', KEYS[4], 'epoch')
if not epoch then return { '', 0 } end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)

if redis.call('EXISTS', KEYS[2]) == 0 then
  for _, other in ipairs(redis.call('ZRANGE', KEYS[3], '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do
    redis.call('ZREM', KEYS[3], other)
    if redis.call('EXISTS', ARGV[4] .. other) == 1 then
      redis.call('RENAME', ARGV[4] .. other, KEYS[2])
      break
    end
  end
end

if redis.call('EXISTS', KEYS[2]) == 0 then
  local most = tonumber(ARGV[2])
  local waiting = redis.call('LLEN', KEYS[1])
  if waiting == 0 then return { epoch, 0 } end
  if waiting <= most then
    redis.call('RENAME', KEYS[1], KEYS[2])
  else
    local taken = redis.call('RPOP', KEYS[1], most)
    for first = 1, #taken, 1000 do
      redis.call('LPUSH', KEYS[2], unpack(taken, first, math.min(first + 999, #taken)))
    end
  end
end

redis.call('ZADD', KEYS[3], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[1])
return { epoch, redis.call('LLEN', KEYS[2]) }
