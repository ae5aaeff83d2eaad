#!lua flags=allow-oom
-- Applies events to the windows of their games once more, in the order of their versions: those that this Redis has not
-- seen, or all when its windows were cleared. Called by the recovery of a closed shard only.
--
-- KEYS  1 shard:{S}   2 prefix user:{S}:   3 leaderboard:{S}   4 hidden:{S}   5 due:{S}
-- ARGV  1 epoch of the recovery   2 length of a bucket, s
--       then 9 for each event: game, rules, user_id, op, value, score after it ('' = removed), ms at which it happened,
--       version, windows of the game (include/windows.lua)
-- Returns the number of events applied.
-- Error SUPERSEDED: another recovery has begun, or this Redis was emptied meanwhile.

--#include entries
--#include standings
--#include windows

if redis.call('HGET', KEYS[1], 'recovering') ~= ARGV[1] then
  return redis.error_reply('SUPERSEDED this recovery is not the current one')
end

local bucket_s = tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local applied = 0

local function leave_windows(user_key, user_id, game, boards)
  each_standing(user_key, function(one, suffix, reached)
    if one == game and suffix ~= suffix_of(game) then
      redis.call('ZREM', boards .. suffix, member_of(user_id, reached))
    end
  end)
  local prefix = 'at:' .. game .. ':'
  for _, field in ipairs(redis.call('HKEYS', user_key)) do
    if string.sub(field, 1, #prefix) == prefix or field == 'rolling:' .. game then
      redis.call('HDEL', user_key, field)
    end
  end
  redis.call('ZREM', KEYS[5], game .. ' ' .. user_id)
end

local function apply(at)
  local game, user_id, op = ARGV[at], ARGV[at + 2], ARGV[at + 3]
  local operator, order = parse_rules(ARGV[at + 1])
  local value, score = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  local happened, version = tonumber(ARGV[at + 6]) * 1000, tonumber(ARGV[at + 7])
  local windows = parse_windows(ARGV[at + 8])
  local user_key = KEYS[2] .. user_id
  local user = redis.call('HMGET', user_key, 'hidden', 'erased_at', 'rolling:' .. game)
  if version <= (tonumber(user[2]) or 0) then return end
  applied = applied + 1
  local boards = user[1] == '1' and KEYS[4] or KEYS[3]
  if not score then return leave_windows(user_key, user_id, game, boards) end

  local entry = {
    game = game, operator = operator, order = order, user_id = user_id, boards = boards, periods = {}, rolling = user[3],
  }
  for _, periods in pairs(windows.calendar) do
    for _, period in ipairs(periods) do
      entry.periods[period.name] = tonumber(redis.call('HGET', user_key, 'at:' .. game .. ':' .. period.name))
    end
  end
  local change = change_of(op, value, score, operator, happened, version)
  local plan = plan_windows(windows, change, entry, math.max(now, version), bucket_s)
  if plan then write_windows(plan, entry, version, user_key, KEYS[5]) end
end

for at = 3, #ARGV, 9 do apply(at) end
return applied
