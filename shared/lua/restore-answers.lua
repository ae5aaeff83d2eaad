#!lua flags=allow-oom
-- Remembers answers to keyed writes for what is left of their time, where this Redis has none. Called by the recovery
-- of a closed shard only; write-scores.lua has the same layout.
--
-- KEYS  1 shard:{S}   2 prefix idem:{S}:
-- ARGV  1 epoch of the recovery   2 ms for which an answer is kept
--       then 5 for each answer: user_id, idempotency key, request hash, answer, version of the write
-- Returns the number of answers that have time left.
-- Error SUPERSEDED: another recovery has begun, or this Redis was emptied meanwhile.

if redis.call('HGET', KEYS[1], 'recovering') ~= ARGV[1] then
  return redis.error_reply('SUPERSEDED this recovery is not the current one')
end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local kept = tonumber(ARGV[2])
local written = 0

for at = 3, #ARGV, 5 do
  local left = kept - (now - math.floor(tonumber(ARGV[at + 4]) / 1000))
  if left > 0 then
    written = written + 1
    redis.call('SET', KEYS[2] .. ARGV[at] .. ':' .. ARGV[at + 1], ARGV[at + 2] .. ' ' .. ARGV[at + 4] .. ' ' .. ARGV[at + 3],
      'NX', 'PX', string.format('%.0f', left))
  end
end
return written
