#!lua flags=allow-oom
-- Writes entries as they are known elsewhere (Postgres, waiting messages) where this Redis has older ones or none.
-- Called by the recovery of a closed shard only; write-scores.lua has the same layout.
--
-- KEYS  1 shard:{S}   2 prefix user:{S}:   3 leaderboard:{S}   4 hidden:{S}
-- ARGV  1 epoch of the recovery   2 region   3 '1' = entries of the same version are written again, too
--       then 7 for each entry: game, rules, user_id, name, score ('' = removed), reached µs, version
--       A user and game must not come twice in one call.
-- Returns the number of entries written.
-- Error SUPERSEDED: another recovery has begun, or this Redis was emptied meanwhile.

--#include entries
--#include overall

if redis.call('HGET', KEYS[1], 'recovering') ~= ARGV[1] then
  return redis.error_reply('SUPERSEDED this recovery is not the current one')
end

local region, again = ARGV[2], ARGV[3] == '1'
local added, written = {}, 0

for at = 4, #ARGV, 7 do
  local suffix, user_id, score = suffix_of(ARGV[at]), ARGV[at + 2], tonumber(ARGV[at + 4])
  local _, order, is_overall = parse_rules(ARGV[at + 1])
  local reached, version = tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6])
  local user_key = KEYS[2] .. user_id
  local reached_field, version_field = 'updated_at' .. suffix, 'version' .. suffix
  local known = redis.call('HMGET', user_key, reached_field, version_field, 'score' .. suffix, 'hidden', 'erased_at')
  local boards = known[4] == '1' and KEYS[4] or KEYS[3]
  local board = boards .. suffix
  local older = (tonumber(known[2] or known[1]) or -1) - version
  if (older < 0 or (older == 0 and again)) and version > (tonumber(known[5]) or 0) then
    written = written + 1
    if is_overall then
      local fields = redis.call('HMGET', user_key, 'score:*', 'updated_at:*', 'games:*')
      for field = 1, 3 do fields[field] = tonumber(fields[field]) end
      write_overall(user_key, user_id, fields, tonumber(known[3]), score, reached, boards)
    end
    if known[1] then redis.call('ZREM', board, member_of(user_id, tonumber(known[1]))) end
    if not score then
      redis.call('HDEL', user_key, 'score' .. suffix, reached_field, version_field)
    else
      local fields = { 'score' .. suffix, ARGV[at + 4], reached_field, ARGV[at + 5], 'name', ARGV[at + 3], 'region', region }
      if known[2] or version ~= reached then
        fields[9], fields[10] = version_field, ARGV[at + 6]
      end
      redis.call('HSET', user_key, unpack(fields))
      local members = added[board]
      if not members then
        members = {}
        added[board] = members
      end
      members[#members + 1] = int(sort_key(score, order))
      members[#members + 1] = member_of(user_id, reached)
    end
  end
end

for board, members in pairs(added) do
  for first = 1, #members, 2000 do
    redis.call('ZADD', board, unpack(members, first, math.min(first + 1999, #members)))
  end
end
return written
