#!lua flags=allow-oom
-- Ends a claim whose items are stored: removes exactly them, parks what can never be stored and tells the event stream.
--
-- KEYS  1 the claim's queue:scores:{S}:processing:<claim>   2 queue:scores:{S}:workers   3 queue:scores:{S}:dead
--       4 events:{S}   5 shard:{S}
-- ARGV  1 name of the claim   2 epoch at which it was made   3 length of the stream, 0 = no stream
--       4 number of dead letters, then these, then 2 for each item of which another text is told than its own without what
--       answers a retry: where it stands in the claim, from 1, oldest first, and the event, '' = it is not told
-- Returns 1; 0 when the claim was taken over, which its new owner will report; 2 when it is gone because Redis lost it (the
--       epoch tells): nobody else knows of these events, and they are to be told by tell-events.lua.
--
-- The events are read here from the claim, which costs less than sending each once more.

local events = ARGV[3] ~= '0' and redis.call('LRANGE', KEYS[1], 0, -1) or {}
local items = redis.call('LLEN', KEYS[1])
local held = redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
if held == 0 and redis.call('HGET', KEYS[5], 'epoch') == ARGV[2] then return 0 end

-- How fast the queue is drained, events/s, smoothed: what a full queue's Retry-After is computed from.
if items > 0 then
  local clock = redis.call('TIME')
  local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
  local last = redis.call('HMGET', KEYS[5], 'drained_at', 'drain_rate')
  local seconds = math.max(0.001, (now - (tonumber(last[1]) or now - 1000000)) / 1000000)
  local rate = 0.7 * (tonumber(last[2]) or items / seconds) + 0.3 * items / seconds
  redis.call('HSET', KEYS[5], 'drained_at', string.format('%.0f', now), 'drain_rate', string.format('%.3f', rate))
end

local dead_end = 4 + tonumber(ARGV[4])
for at = 5, dead_end do
  redis.call('LPUSH', KEYS[3], ARGV[at])
end
if held == 0 then return 2 end

-- The list has the newest first.
local newest = #events + 1
for at = dead_end + 1, #ARGV, 2 do
  events[newest - tonumber(ARGV[at])] = ARGV[at + 1]
end
for at = #events, 1, -1 do
  local event = events[at]
  -- As withoutAnswer does (shared/src/contracts/plain-score.ts).
  local answer_at = string.find(event, ',"retry":"', 1, true)
  if answer_at then event = string.sub(event, 1, answer_at - 1) .. '}' end
  if event ~= '' then redis.call('XADD', KEYS[4], '*', 'event', event) end
end
-- Once for all of them; with XADD it would cost each a sixth more.
if #events > 0 then redis.call('XTRIM', KEYS[4], 'MAXLEN', '~', ARGV[3]) end
return 1
