-- What a score does to the windows of its game (docs/boards.md, "Windows").
--
-- A window's score is what the game's operator makes of the window's own events: the best, the last or the sum. A change is
-- therefore a value that counts with what was there (accumulates = true: a best score, a sum), or one that stands
-- instead of it (a score that was set).
--
-- Calendar windows have a board for each period. Rolling windows have one board each, and the user's hash keeps what
-- happened in each bucket of time, packed into one string:
--
--   <due>|<window>,<score>,<reached µs> …|<bucket's start>,<+ or =>,<value>,<reached µs> …
--
-- Times without a unit are s. `+` counts with the buckets before, `=` stands instead of them. The part in the middle is
-- where the user stands, so that the member on the board can be replaced; `due` is when the next bucket leaves a window.

local LENGTHS = { ['24h'] = 86400, ['3d'] = 259200, ['7d'] = 604800 }

-- '24h 7d daily=2026-03-29:<starts µs>:<ends µs>:<expires ms> …' → the rolling windows and, by kind, the periods to choose
-- from. Several of a kind, because whoever wrote the list does not know the time exactly.
local parsed_windows = {}
local function parse_windows(text)
  local windows = parsed_windows[text]
  if windows then return windows end
  windows = { rolling = {}, calendar = {} }
  for token in string.gmatch(text, '%S+') do
    local kind, name, starts, ends, expires = string.match(token, '^(%l+)=([^:]+):(%-?%d+):(%-?%d+):(%d+)$')
    if kind then
      local periods = windows.calendar[kind] or {}
      windows.calendar[kind] = periods
      periods[#periods + 1] = { name = name, starts = tonumber(starts), ends = tonumber(ends), expires = expires }
    else
      windows.rolling[#windows.rolling + 1] = token
    end
  end
  parsed_windows[text] = windows
  return windows
end

-- The periods in which something happened (µs), or nil when the list has none for a kind.
local function periods_at(windows, happened)
  local chosen = {}
  for _, periods in pairs(windows.calendar) do
    local found
    for _, period in ipairs(periods) do
      if happened >= period.starts and happened < period.ends then found = period end
    end
    if not found then return nil end
    chosen[#chosen + 1] = found
  end
  return chosen
end

-- The change that an operation makes to windows; score is the all-time score after it, times in µs.
local function change_of(op, value, score, operator, happened, reached)
  local accumulates = op == 'best' or (op == 'incr' and operator == 'incr')
  return { accumulates = accumulates, value = accumulates and value or score, happened = happened, reached = reached }
end

local function combine(before, change, operator, order)
  if before == nil or not change.accumulates then return change.value end
  if operator == 'incr' then return before + change.value end
  if better(change.value, before, order) then return change.value end
  return before
end

local function unpack_rolling(text)
  local rolling = { due = nil, standings = {}, buckets = {} }
  if not text then return rolling end
  local due, standings, buckets = string.match(text, '^([^|]*)|([^|]*)|(.*)$')
  rolling.due = tonumber(due)
  for name, score, reached in string.gmatch(standings, '(%w+),(%-?%d+),(%d+)') do
    rolling.standings[name] = { score = tonumber(score), reached = tonumber(reached) }
  end
  for start, mark, value, reached in string.gmatch(buckets, '(%d+),([+=]),(%-?%d+),(%d+)') do
    rolling.buckets[#rolling.buckets + 1] =
      { start = tonumber(start), resets = mark == '=', value = tonumber(value), reached = tonumber(reached) }
  end
  return rolling
end

local function pack_rolling(rolling)
  local standings, buckets = {}, {}
  for name, standing in pairs(rolling.standings) do
    standings[#standings + 1] = name .. ',' .. int(standing.score) .. ',' .. int(standing.reached)
  end
  for _, bucket in ipairs(rolling.buckets) do
    buckets[#buckets + 1] = int(bucket.start) .. ',' .. (bucket.resets and '=' or '+') .. ',' .. int(bucket.value)
      .. ',' .. int(bucket.reached)
  end
  return int(rolling.due) .. '|' .. table.concat(standings, ' ') .. '|' .. table.concat(buckets, ' ')
end

local function add_to_bucket(rolling, change, operator, order, bucket_s)
  local start = math.floor(change.happened / 1000000 / bucket_s) * bucket_s
  local reached = change.reached
  local buckets = rolling.buckets
  local at = #buckets
  while at > 0 and buckets[at].start > start do at = at - 1 end
  local bucket = buckets[at]
  if not bucket or bucket.start ~= start then
    local new = { start = start, resets = not change.accumulates, value = change.value, reached = reached }
    table.insert(buckets, at + 1, new)
    return
  end
  local value = combine(bucket.value, change, operator, order)
  if value ~= bucket.value then bucket.value, bucket.reached = value, reached end
  bucket.resets = bucket.resets or not change.accumulates
end

-- Where the user stands in a window of this length, from its buckets: a bucket counts until all of it is older than that.
-- Also when the oldest of them leaves. Nothing when none counts.
local function fold_buckets(buckets, operator, order, length, bucket_s, now_s)
  local score, reached, leaves
  for _, bucket in ipairs(buckets) do
    local ends = bucket.start + bucket_s + length
    if ends > now_s then
      leaves = leaves or ends
      local value = combine(score, { accumulates = not bucket.resets, value = bucket.value }, operator, order)
      if value ~= score or (operator == 'incr' and bucket.value ~= 0) or bucket.resets then
        score, reached = value, bucket.reached
      end
    end
  end
  return score and { score = score, reached = reached }, leaves
end

-- Brings rolling windows up to a time. Returns what changed, {name, before, after} each. A sum that is out of range is held
-- at the bound when is_clamped, else it makes the answer nil.
local function refold(rolling, names, operator, order, bucket_s, now_s, is_clamped)
  local longest = 0
  for _, name in ipairs(names) do longest = math.max(longest, LENGTHS[name]) end
  while rolling.buckets[1] and rolling.buckets[1].start + bucket_s + longest <= now_s do
    table.remove(rolling.buckets, 1)
  end
  local standings, changes, due = {}, {}, nil
  for _, name in ipairs(names) do
    local after, leaves = fold_buckets(rolling.buckets, operator, order, LENGTHS[name], bucket_s, now_s)
    if after and math.abs(after.score) > MAX_SCORE then
      if not is_clamped then return nil end
      after.score = after.score > 0 and MAX_SCORE or -MAX_SCORE
    end
    if leaves and (not due or leaves < due) then due = leaves end
    standings[name] = after
    local before = rolling.standings[name]
    rolling.standings[name] = nil
    if before or after then changes[#changes + 1] = { name = name, before = before, after = after } end
  end
  for name, before in pairs(rolling.standings) do changes[#changes + 1] = { name = name, before = before } end
  rolling.standings, rolling.due = standings, due
  return changes
end

-- Writes what refold changed; entry as in plan_windows.
local function write_rolling(user_key, entry, rolling, changes, due_before, due_key)
  local user_id, game = entry.user_id, entry.game
  for _, change in ipairs(changes) do
    local board = entry.boards .. ':' .. game .. ':' .. change.name
    local before, after = change.before, change.after
    if before and (not after or after.reached ~= before.reached) then
      redis.call('ZREM', board, member_of(user_id, before.reached))
    end
    if after and (not before or after.reached ~= before.reached or after.score ~= before.score) then
      redis.call('ZADD', board, int(sort_key(after.score, entry.order)), member_of(user_id, after.reached))
    end
  end
  local due_member = game .. ' ' .. user_id
  if rolling.due then
    redis.call('HSET', user_key, 'rolling:' .. game, pack_rolling(rolling))
    if rolling.due ~= due_before then redis.call('ZADD', due_key, int(rolling.due), due_member) end
  else
    redis.call('HDEL', user_key, 'rolling:' .. game)
    redis.call('ZREM', due_key, due_member)
  end
end

-- What a change does to the windows of a game, worked out before anything is written.
--   change   {accumulates, value}, happened and reached in µs
--   entry    {game, operator, order, user_id, boards = prefix of the boards on which this user stands,
--            periods = the user's fields at:<game>:<period> by period, rolling = the packed text or false}
-- Returns nil and 'periods_missing' or 'score_out_of_range', or a plan for write_windows.
local function plan_windows(windows, change, entry, now, bucket_s)
  local operator, order = entry.operator, entry.order
  local periods = periods_at(windows, change.happened)
  if not periods then return nil, 'periods_missing' end
  local plan = { periods = {} }
  for _, period in ipairs(periods) do
    local board = entry.boards .. ':' .. entry.game .. ':' .. period.name
    local before_at = entry.periods[period.name]
    local key = before_at and redis.call('ZSCORE', board, member_of(entry.user_id, before_at))
    local before = key and score_of(tonumber(key), order) or nil
    local after = combine(before, change, operator, order)
    if math.abs(after) > MAX_SCORE then return nil, 'score_out_of_range' end
    if after ~= before and tonumber(period.expires) * 1000 > now then
      plan.periods[#plan.periods + 1] =
        { board = board, period = period, before_at = before and before_at, score = after }
    end
  end
  if #windows.rolling > 0 or entry.rolling then
    plan.rolling = unpack_rolling(entry.rolling)
    plan.due_before = plan.rolling.due
    if #windows.rolling > 0 then add_to_bucket(plan.rolling, change, operator, order, bucket_s) end
    plan.changes = refold(plan.rolling, windows.rolling, operator, order, bucket_s, now / 1000000)
    if not plan.changes then return nil, 'score_out_of_range' end
  end
  return plan
end

-- Forgets where the user stood in periods whose boards have expired.
local function forget_expired(user_key, game, boards)
  local prefix = 'at:' .. game .. ':'
  for _, field in ipairs(redis.call('HKEYS', user_key)) do
    if string.sub(field, 1, #prefix) == prefix then
      if redis.call('EXISTS', boards .. string.sub(field, 3)) == 0 then redis.call('HDEL', user_key, field) end
    end
  end
end

local function write_windows(plan, entry, reached, user_key, due_key)
  local user_id, game, order = entry.user_id, entry.game, entry.order
  local enters = false
  for _, one in ipairs(plan.periods) do
    if one.before_at then redis.call('ZREM', one.board, member_of(user_id, one.before_at)) else enters = true end
  end
  if enters then forget_expired(user_key, game, entry.boards) end
  for _, one in ipairs(plan.periods) do
    redis.call('ZADD', one.board, int(sort_key(one.score, order)), member_of(user_id, reached))
    if not one.before_at then redis.call('PEXPIREAT', one.board, one.period.expires) end
    redis.call('HSET', user_key, 'at:' .. game .. ':' .. one.period.name, int(reached))
  end
  if plan.rolling then
    write_rolling(user_key, entry, plan.rolling, plan.changes, plan.due_before, due_key)
  end
end
