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

-- Most entries of a call are of one game: what its name and rules mean is worked out once.
local games = {}
local function game_of(name, rules)
  local game = games[name]
  if not game then
    local suffix = suffix_of(name)
    local _, order, is_overall = parse_rules(rules)
    game = {
      suffix = suffix, order = order, is_overall = is_overall,
      score = 'score' .. suffix, reached = 'updated_at' .. suffix, version = 'version' .. suffix,
    }
    games[name] = game
  end
  return game
end

for at = 4, #ARGV, 7 do
  local game, user_id = game_of(ARGV[at], ARGV[at + 1]), ARGV[at + 2]
  local score_text, reached_text, version_text = ARGV[at + 4], ARGV[at + 5], ARGV[at + 6]
  local score, version = tonumber(score_text), tonumber(version_text)
  local user_key = KEYS[2] .. user_id
  local known = redis.call('HMGET', user_key, game.reached, game.version, game.score, 'hidden', 'erased_at')
  local boards = known[4] == '1' and KEYS[4] or KEYS[3]
  local board = boards .. game.suffix
  local older = (tonumber(known[2] or known[1]) or -1) - version
  if (older < 0 or (older == 0 and again)) and version > (tonumber(known[5]) or 0) then
    written = written + 1
    if game.is_overall then
      local fields = redis.call('HMGET', user_key, 'score:*', 'updated_at:*', 'games:*')
      for field = 1, 3 do fields[field] = tonumber(fields[field]) end
      write_overall(user_key, user_id, fields, tonumber(known[3]), score, tonumber(reached_text), boards)
    end
    if known[1] then redis.call('ZREM', board, member_at(user_id, known[1])) end
    if not score then
      redis.call('HDEL', user_key, game.score, game.reached, game.version)
    else
      local fields = { game.score, score_text, game.reached, reached_text, 'name', ARGV[at + 3], 'region', region }
      -- Left out where it says the same, as write-scores.lua does.
      if known[2] or version_text ~= reached_text then
        fields[9], fields[10] = game.version, version_text
      end
      redis.call('HSET', user_key, unpack(fields))
      local members = added[board]
      if not members then
        members = {}
        added[board] = members
      end
      members[#members + 1] = sort_text(score_text, game.order)
      members[#members + 1] = member_at(user_id, reached_text)
    end
  end
end

for board, members in pairs(added) do
  for first = 1, #members, 2000 do
    redis.call('ZADD', board, unpack(members, first, math.min(first + 1999, #members)))
  end
end
return written
