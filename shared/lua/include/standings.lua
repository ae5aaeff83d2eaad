-- A user's hash tells every board that the user stands on, by when the score there was reached:
--
--   updated_at, updated_at:<game>   all time (the game * is the overall board)
--   at:<game>:<period>              a calendar window's period
--   rolling:<game>                  the rolling windows, as include/windows.lua packs them
--
-- Hidden users stand on boards of their own, under the prefix hidden:{S}, which only they and admins are shown.

-- Calls visit(game, suffix of the board's key, µs) for each.
local function each_standing(user_key, visit)
  local fields = redis.call('HGETALL', user_key)
  for at = 1, #fields, 2 do
    local field, value = fields[at], fields[at + 1]
    local kind, rest = string.match(field, '^(%l[%l_]*):?(.*)$')
    if kind == 'updated_at' then
      visit(rest == '' and 'default' or rest, rest == '' and '' or ':' .. rest, tonumber(value))
    elseif kind == 'at' then
      visit(string.match(rest, '^[^:]+'), ':' .. rest, tonumber(value))
    elseif kind == 'rolling' then
      for name, reached in string.gmatch(string.match(value, '^[^|]*|([^|]*)'), '(%w+),%-?%d+,(%d+)') do
        visit(rest, ':' .. rest .. ':' .. name, tonumber(reached))
      end
    end
  end
end

-- Moves all that a user stands on from the boards of one prefix to those of another.
local function move_standings(user_key, user_id, from, to)
  each_standing(user_key, function(_, suffix, reached)
    local member = member_of(user_id, reached)
    local key = redis.call('ZSCORE', from .. suffix, member)
    if not key then return end
    local expires = redis.call('PEXPIRETIME', from .. suffix)
    redis.call('ZREM', from .. suffix, member)
    redis.call('ZADD', to .. suffix, key, member)
    if expires > 0 then redis.call('PEXPIREAT', to .. suffix, int(expires)) end
  end)
end

-- Takes a user off the boards: of one game, or of all when game is nil.
local function leave_boards(user_key, user_id, boards, game)
  each_standing(user_key, function(one, suffix, reached)
    if game == nil or one == game then redis.call('ZREM', boards .. suffix, member_of(user_id, reached)) end
  end)
end
