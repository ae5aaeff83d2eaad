#!lua flags=allow-oom
-- Remembers answers to keyed writes for what is left of their time, where this Redis has none. Called by the recovery
-- of a closed shard only.
--
-- KEYS  1 shard:{S}   2 prefix answers:{S}:
-- ARGV  1 epoch of the recovery   2 ms for which an answer is kept
--       then 5 for each answer: user_id, idempotency key, request hash, answer without its last two members, version
-- Returns the number of answers that have time left.
-- Error SUPERSEDED: another recovery has begun, or this Redis was emptied meanwhile.

--#include answers

if redis.call('HGET', KEYS[1], 'recovering') ~= ARGV[1] then
  return redis.error_reply('SUPERSEDED this recovery is not the current one')
end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local kept_ms = tonumber(ARGV[2])

local halves, written = {}, 0
for at = 3, #ARGV, 5 do
  local given_at = math.floor(tonumber(ARGV[at + 4]) / 1000)
  if given_at > now - kept_ms then
    local half = answers_half(given_at, kept_ms)
    redis.call('HSETNX', answers_key(KEYS[2], half), ARGV[at] .. ':' .. ARGV[at + 1],
      string.sub(ARGV[at + 3], 1, -2) .. ',"' .. ARGV[at + 2] .. '",' .. ARGV[at + 4] .. ']')
    halves[half], written = true, written + 1
  end
end
for half in pairs(halves) do expire_answers(KEYS[2], half, kept_ms) end
return written
