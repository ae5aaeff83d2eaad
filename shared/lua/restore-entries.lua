#!lua flags=allow-oom
-- Writes entries as they are known elsewhere (Postgres, waiting messages) where this Redis has older ones or none.
-- Called by the recovery of a closed shard only; write-scores.lua has the same layout.
--
-- KEYS  1 shard:{S}   2 prefix user:{S}:   3 leaderboard:{S}
-- ARGV  1 epoch of the recovery   2 region   3 '1' = entries of the same version are written again, too
--       then 7 for each entry: game, order (desc|asc), user_id, name, score ('' = removed), reached µs, version
--       A user and game must not come twice in one call.
-- Returns the number of entries written.
-- Error SUPERSEDED: another recovery has begun, or this Redis was emptied meanwhile.

if redis.call('HGET', KEYS[1], 'recovering') ~= ARGV[1] then
  return redis.error_reply('SUPERSEDED this recovery is not the current one')
end

local region, again = ARGV[2], ARGV[3] == '1'
local fmt = string.format
local added, written = {}, 0

for at = 4, #ARGV, 7 do
  local game, user_id, score = ARGV[at], ARGV[at + 2], ARGV[at + 4]
  local suffix = game == 'default' and '' or ':' .. game
  local board = KEYS[3] .. suffix
  local user_key = KEYS[2] .. user_id
  local reached_field, version_field = 'updated_at' .. suffix, 'version' .. suffix
  local known = redis.call('HMGET', user_key, reached_field, version_field)
  local older = (tonumber(known[2]) or -1) - tonumber(ARGV[at + 6])
  if older < 0 or (older == 0 and again) then
    written = written + 1
    if known[1] then redis.call('ZREM', board, fmt('%016.0f', tonumber(known[1])) .. user_id) end
    if score == '' then
      redis.call('HDEL', user_key, 'score' .. suffix, reached_field, version_field)
    else
      redis.call('HSET', user_key, 'name', ARGV[at + 3], 'region', region, 'score' .. suffix, score,
        reached_field, ARGV[at + 5], version_field, ARGV[at + 6])
      local sort_key = tonumber(score)
      if ARGV[at + 1] == 'desc' then sort_key = 0 - sort_key end
      local members = added[board]
      if not members then
        members = {}
        added[board] = members
      end
      members[#members + 1] = fmt('%.0f', sort_key)
      members[#members + 1] = fmt('%016.0f', tonumber(ARGV[at + 5])) .. user_id
    end
  end
end

for board, members in pairs(added) do
  for first = 1, #members, 2000 do
    redis.call('ZADD', board, unpack(members, first, math.min(first + 1999, #members)))
  end
end
return written
