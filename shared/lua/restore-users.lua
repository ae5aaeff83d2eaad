#!lua flags=allow-oom
-- Hides and erases users as it is known elsewhere. Called by the recovery of a closed shard only, before it restores
-- entries: these go to the boards that a user stands on, and none from before an erasure.
--
-- KEYS  1 shard:{S}   2 prefix user:{S}:   3 leaderboard:{S}   4 hidden:{S}   5 due:{S}
-- ARGV  1 epoch of the recovery
--       then 4 for each user: user_id, '1' hidden, '0' shown or '' not known, version of the erased account and of its
--       erasure ('' = never erased)
-- Returns the number of users that were changed.
-- Error SUPERSEDED: another recovery has begun, or this Redis was emptied meanwhile.

--#include entries
--#include standings
--#include erasure

if redis.call('HGET', KEYS[1], 'recovering') ~= ARGV[1] then
  return redis.error_reply('SUPERSEDED this recovery is not the current one')
end

local changed = 0
for at = 2, #ARGV, 4 do
  local user_id, hidden, erased, erased_at = ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3])
  local user_key = KEYS[2] .. user_id
  local known = redis.call('HMGET', user_key, 'hidden', 'erased_at')
  if erased_at and (tonumber(known[2]) or 0) < erased_at then
    erase_user(user_key, user_id, { KEYS[3], KEYS[4] }, KEYS[5], erased, erased_at)
    known[1] = nil
    changed = changed + 1
  end
  if hidden ~= '' and (known[1] or '0') ~= hidden then
    local from, to = KEYS[3], KEYS[4]
    if hidden == '0' then from, to = to, from end
    move_standings(user_key, user_id, from, to)
    redis.call('HSET', user_key, 'hidden', hidden)
    changed = changed + 1
  end
end
return changed
