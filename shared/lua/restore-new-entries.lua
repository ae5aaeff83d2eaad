#!lua flags=allow-oom
-- Writes entries of one game into a shard of which this Redis had nothing when its recovery began: each is written once, and
-- there is nothing to compare it with. Called by that recovery only; write-scores.lua has the same layout.
--
-- KEYS  1 shard:{S}   2 prefix user:{S}:   3 leaderboard:{S}
-- ARGV  1 epoch of the recovery   2 region   3 game   4 its rules; it does not count on the overall board
--       then 3 for each entry: user_id, version, `<score> <reached µs> <name>`; no score of a removed one, no time when
--       it says the same as the version. The users are neither hidden nor erased.
-- Returns the number of entries.
-- Error SUPERSEDED: another recovery has begun, or this Redis was emptied meanwhile.

--#include entries

if redis.call('HGET', KEYS[1], 'recovering') ~= ARGV[1] then
  return redis.error_reply('SUPERSEDED this recovery is not the current one')
end

local region, suffix = ARGV[2], suffix_of(ARGV[3])
local _, order = parse_rules(ARGV[4])
local score_field, reached_field, version_field = 'score' .. suffix, 'updated_at' .. suffix, 'version' .. suffix
local members, last = {}, 0

for at = 5, #ARGV, 3 do
  local user_id, version = ARGV[at], ARGV[at + 1]
  local score, reached, name = string.match(ARGV[at + 2], '^(%S*) (%d*) (.*)$')
  if score ~= '' then
    local user_key = KEYS[2] .. user_id
    -- A version is left out where it says the same, as write-scores.lua does.
    if reached == '' then
      reached = version
      redis.call('HSET', user_key, score_field, score, reached_field, reached, 'name', name, 'region', region)
    else
      redis.call('HSET', user_key, score_field, score, reached_field, reached, 'name', name, 'region', region,
        version_field, version)
    end
    members[last + 1] = sort_text(score, order)
    members[last + 2] = member_at(user_id, reached)
    last = last + 2
  end
end

for first = 1, last, 2000 do
  redis.call('ZADD', KEYS[3] .. suffix, unpack(members, first, math.min(first + 1999, last)))
end
return (#ARGV - 4) / 3
