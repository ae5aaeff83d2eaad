-- The overall board: for each user the sum of the all-time scores in the games that count on it. It is a game named *
-- as far as fields and boards go; games:* is the number of games in the sum.

-- The sum after one game's score has changed (nil = none), or nil when it is out of range.
local function overall_after(sum, before, after)
  local changed = (sum or 0) - (before or 0) + (after or 0)
  if math.abs(changed) > MAX_SCORE then return nil end
  return changed
end

-- fields: score:*, updated_at:*, games:* as they were, numbers or nil.
local function write_overall(user_key, user_id, fields, before, after, reached, boards)
  local board = boards .. ':*'
  local games = (fields[3] or 0) + (after and 1 or 0) - (before and 1 or 0)
  local at = math.max(fields[2] or 0, reached)
  if fields[2] then redis.call('ZREM', board, member_of(user_id, fields[2])) end
  if games == 0 then
    redis.call('HDEL', user_key, 'score:*', 'games:*')
    redis.call('HSET', user_key, 'updated_at:*', int(at))
    return
  end
  local sum = (fields[1] or 0) - (before or 0) + (after or 0)
  redis.call('HSET', user_key, 'score:*', int(sum), 'games:*', int(games), 'updated_at:*', int(at))
  redis.call('ZADD', board, int(sort_key(sum, 'desc')), member_of(user_id, at))
end
