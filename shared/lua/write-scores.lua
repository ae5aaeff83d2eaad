#!lua
-- Applies a batch of score writes to one shard: for each write the entry, its boards and the queue change
-- together or not at all.
--
-- KEYS  1 shard:{S}   2 queue:scores:{S}   3 prefix user:{S}:   4 prefix idem:{S}:   5 leaderboard:{S}
--       6 rules:{S}   7 hidden:{S}   8 due:{S}
-- ARGV  1 region
--       2 most messages that may wait in the queue, 0 = no bound
--       3, 4 user's token bucket: µs per write (0 = no limit), writes in a burst
--       5, 6 shard's token bucket: the same
--       7 ms for which the answer to a keyed write is kept
--       8 length of a rolling window's buckets, s   9 ms by which an event may be late
--       10 number of games, then 6 for each of them:
--         name, rules (operator:order[:overall]), least and greatest score allowed, most that incr may add or take away,
--         windows (include/windows.lua)
--       then 12 for each write:
--         its game's position among these, user_id, name ('' = as it is), op (best|set|incr|create|remove),
--         value, limited ('1' = the user's bucket applies), idempotency key ('' = none), hash of the request,
--         name for a new user, ms at which it happened ('' = now), version of the user's account ('' = not checked),
--         the queue message as far as it is known beforehand: JSON without its last brace
--
-- Returns the last version given out, then two strings for each write, a code and its text:
--   applied, replayed, exists   answer: JSON ["score"|null, "previous"|null, rank|null, changed 0|1, "reached µs", "name"];
--                               the rank is that after the whole batch, which nobody sees in parts
--   user_rate_limited, region_rate_limited   ms after which a retry can succeed
--   queue_full   messages waiting, a space, ms after which there should be room
--   score_out_of_range, idempotency_mismatch, not_ranked, timestamp_out_of_range   ''
--   user_erased   '' : the account, or the event, is from before the user's erasure
--   rules_changed   the rules that this shard has pinned for the game
--   periods_missing   ms at which it happened, for which the game's windows have no period
--   failed   what Redis said; whether this write took effect is unknown
-- Error CLOSED: this shard is not open at the epoch that this text was made for.
--
-- A batch works in two steps, because a board takes many members at once in half the time that it takes them one by one:
-- `plan` decides about a write and changes nothing, `flush` writes what was planned so far. Whatever depends on a write that
-- is only planned (the same user again, an entry that is looked up) flushes first.

--#include entries
--#include count-before
--#include standings
--#include windows
--#include overall

local GAME_WIDTH, WRITE_WIDTH = 6, 12
local first_write = 11 + GAME_WIDTH * tonumber(ARGV[10])
if (#ARGV - first_write + 1) % WRITE_WIDTH ~= 0 then
  return redis.error_reply('ERR write-scores takes 12 arguments for each write')
end

local shard = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'tat', 'drained_at', 'drain_rate')
if shard[1] ~= EPOCH then return redis.error_reply('CLOSED shard is not open at this epoch') end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local version = tonumber(shard[2]) or 0
local region_tat = tonumber(shard[3]) or 0

local region = ARGV[1]
local queue_max = tonumber(ARGV[2])
local user_interval, user_burst = tonumber(ARGV[3]), tonumber(ARGV[4])
local region_interval, region_burst = tonumber(ARGV[5]), tonumber(ARGV[6])
local idempotency_ttl = ARGV[7]
local bucket_s, greatest_delay = tonumber(ARGV[8]), tonumber(ARGV[9]) * 1000
-- Clocks of servers differ by a little: what happens this much from now happens now.
local CLOCK_TOLERANCE = 5000000

local waiting = redis.call('LLEN', KEYS[2])
local messages = {}

local games = {}
for position = 1, tonumber(ARGV[10]) do
  local at = 11 + (position - 1) * GAME_WIDTH
  local name, rules = ARGV[at], ARGV[at + 1]
  local operator, order, is_overall = parse_rules(rules)
  local suffix = suffix_of(name)
  games[position] = {
    name = name, rules = rules, operator = operator, order = order, is_overall = is_overall,
    least = tonumber(ARGV[at + 2]), greatest = tonumber(ARGV[at + 3]), greatest_delta = tonumber(ARGV[at + 4]),
    windows = ARGV[at + 5] ~= '' and parse_windows(ARGV[at + 5]) or nil,
    suffix = suffix, score = 'score' .. suffix, reached = 'updated_at' .. suffix, version = 'version' .. suffix,
    rolling = 'rolling:' .. name,
  }
end

-- The rules that this shard has its scores under, as shared/src/scoring/rules.ts says. Read once for each game.
local pins = {}
local function pin_of(game)
  if pins[game] == nil then pins[game] = redis.call('HGET', KEYS[6], game) end
  return pins[game]
end

-- Token bucket in one number, the theoretical arrival time (GCRA): it runs ahead of the clock by the
-- tokens in use. Returns the new time, or nil and the µs to wait.
local function take(tat, interval, burst)
  if interval == 0 then return tat end
  local next_tat = math.max(tat, now) + interval
  local ahead = next_tat - now - burst * interval
  if ahead > 0 then return nil, ahead end
  return next_tat
end

-- When a tenth of a full queue should be free, by the workers' rate; what they did not take lately counts as if
-- they were slow.
local function room_ms()
  local rate = tonumber(shard[5]) or 0
  local stalled = (now - (tonumber(shard[4]) or 0)) / 1000
  if rate <= 0 then return '5000' end
  return int(math.min(30000, math.max(1000, stalled, 1000 * 0.1 * queue_max / rate)))
end

local function wait_ms(us) return int(math.ceil(us / 1000)) end

-- score and previous as text, or nil.
local function answer_of(score, previous, rank, changed, reached, name)
  return '[' .. (score and '"' .. score .. '"' or 'null')
    .. ',' .. (previous and '"' .. previous .. '"' or 'null')
    .. ',' .. (rank and int(rank) or 'null')
    .. ',' .. (changed and '1' or '0')
    .. ',"' .. reached .. '",' .. name .. ']'
end

-- A remembered answer: hash of the request, version of the write, answer.
local function remember(replay_key, request_hash, at_version, answer)
  redis.call('SET', replay_key, request_hash .. ' ' .. int(at_version) .. ' ' .. answer, 'PX', idempotency_ttl)
end

-- Hidden users are not counted; their own rank is where they would stand.
local function rank_of(board, hidden_board, is_hidden, key, member)
  if is_hidden then return count_before(board, key, member) + 1 end
  return redis.call('ZRANK', board, member) + 1
end

-- The user's fields at:<game>:<period> of the periods in question, by period.
local function read_periods(user_key, game)
  local fields, names = {}, {}
  for _, periods in pairs(game.windows.calendar) do
    for _, period in ipairs(periods) do
      names[#names + 1] = period.name
      fields[#fields + 1] = 'at:' .. game.name .. ':' .. period.name
    end
  end
  local kept = {}
  if #fields == 0 then return kept end
  for at, reached in ipairs(redis.call('HMGET', user_key, unpack(fields))) do
    kept[names[at]] = tonumber(reached)
  end
  return kept
end

-- What is planned: the writes in order, the users among them, and for each board the members that leave it and enter it.
local planned, users, boards_of, board_order = {}, {}, {}, {}

local function changes_of(board)
  local changes = boards_of[board]
  if not changes then
    changes = { leave = {}, enter = {} }
    boards_of[board] = changes
    board_order[#board_order + 1] = board
  end
  return changes
end

local function write_board(board)
  local changes = boards_of[board]
  if #changes.leave > 0 then redis.call('ZREM', board, unpack(changes.leave)) end
  if #changes.enter > 0 then redis.call('ZADD', board, unpack(changes.enter)) end
end

-- Writes everything of a planned write but its place on the all-time board. Returns the answer.
local function write_entry(write)
  local game, user_key, score = write.game, write.user_key, write.score
  local pinning = ''
  if pins[game.name] ~= game.rules then
    redis.call('HSET', KEYS[6], game.name, game.rules)
    pins[game.name] = game.rules
    pinning = ',"rules":"' .. game.rules .. '"'
  end
  if write.op == 'remove' then leave_boards(user_key, write.user_id, write.boards, game.name) end
  if write.overall then
    write_overall(user_key, write.user_id, write.overall, write.previous, score, write.version, write.boards)
  end
  local rank
  if score then
    if #write.fields > 0 then redis.call('HSET', user_key, unpack(write.fields)) end
    rank = rank_of(KEYS[5] .. game.suffix, write.board, write.is_hidden, write.key, write.member)
    if write.windows then write_windows(write.windows, write.entry, write.version, user_key, KEYS[8]) end
  else
    local gone = { game.score, game.reached, game.version }
    if write.rolling then
      gone[#gone + 1] = game.rolling
      redis.call('ZREM', KEYS[8], game.name .. ' ' .. write.user_id)
    end
    local prefix = 'at:' .. game.name .. ':'
    for _, field in ipairs(redis.call('HKEYS', user_key)) do
      if string.sub(field, 1, #prefix) == prefix then gone[#gone + 1] = field end
    end
    redis.call('HDEL', user_key, unpack(gone))
  end

  local score_text = score and write.score_text
  local answer = answer_of(score_text, write.previous_text, rank, write.changed, write.reached_text, write.name)
  local keyed = ''
  if write.replay_key then
    remember(write.replay_key, write.request_hash, write.version, answer)
    keyed = ',"idempotency":{"request_hash":' .. cjson.encode(write.request_hash)
      .. ',"answer":' .. cjson.encode(answer) .. '}'
  end
  messages[#messages + 1] = write.head .. ',"version":' .. write.version_text
    .. ',"name":' .. write.name
    .. ',"score":' .. (score_text or 'null')
    .. ',"achieved_at":' .. write.reached_text
    .. ',"timestamp":' .. write.timestamp
    .. pinning .. keyed .. '}'
  return answer
end

local reply = { '' }

local function failure(reason) return type(reason) == 'table' and reason.err or tostring(reason) end

-- One write that meets a damaged key must not take its neighbours' queue messages with it.
local function flush()
  local broken = {}
  for _, board in ipairs(board_order) do
    local ok, reason = pcall(write_board, board)
    if not ok then broken[board] = failure(reason) end
  end
  for _, write in ipairs(planned) do
    local ok, answer = not broken[write.board], broken[write.board]
    if ok then ok, answer = pcall(write_entry, write) end
    reply[write.at] = ok and 'applied' or 'failed'
    reply[write.at + 1] = ok and answer or failure(answer)
  end
  planned, users, boards_of, board_order = {}, {}, {}, {}
end

-- Decides about one write. Returns a code and its text, or nil when the write is planned.
local function plan(at, reply_at)
  local game = games[tonumber(ARGV[at])]
  local user_id, given_name, op = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local value, limited = tonumber(ARGV[at + 4]), ARGV[at + 5] == '1'
  local key, request_hash = ARGV[at + 6], ARGV[at + 7]
  local happened_ms, account_version = tonumber(ARGV[at + 9]), tonumber(ARGV[at + 10])
  local order = game.order
  if users[user_id] or op == 'remove' or op == 'create' then flush() end

  local user_key = KEYS[3] .. user_id
  local user = redis.call('HMGET', user_key, game.score, game.reached, 'name', 'tat', game.version, 'hidden', 'erased',
    'erased_at', game.rolling)
  local previous_text, reached_text = user[1], user[2]
  local previous = tonumber(previous_text)
  if not previous then previous_text = nil end
  local rolling, erased_at = user[9], tonumber(user[8])
  if user[7] and account_version and account_version <= tonumber(user[7]) then return 'user_erased', '' end

  local replay_key
  if key ~= '' then
    replay_key = KEYS[4] .. user_id .. ':' .. key
    local stored = redis.call('GET', replay_key)
    if stored then
      local stored_hash, stored_version, answer = string.match(stored, '^(%S*) (%d+) (.*)$')
      if erased_at and tonumber(stored_version) <= erased_at then return 'user_erased', '' end
      if stored_hash ~= request_hash then return 'idempotency_mismatch', '' end
      return 'replayed', answer
    end
  end

  local happened = now
  if happened_ms then
    happened = happened_ms * 1000
    local time = math.max(now, version)
    if happened > time + CLOCK_TOLERANCE or happened < time - greatest_delay then return 'timestamp_out_of_range', '' end
    if erased_at and happened <= erased_at then return 'user_erased', '' end
  end

  local pin = pin_of(game.name)
  if pin and pin ~= game.rules and pin ~= '~' .. game.rules then return 'rules_changed', pin end

  local is_hidden = user[6] == '1'
  local boards = is_hidden and KEYS[7] or KEYS[5]
  local board = boards .. game.suffix
  local name = given_name
  if name == '' then name = user[3] or ARGV[at + 8] end

  if op == 'create' and previous then
    local rank = rank_of(KEYS[5] .. game.suffix, board, is_hidden, sort_text(previous_text, order),
      member_at(user_id, reached_text))
    local answer = answer_of(previous_text, previous_text, rank, false, reached_text, quoted(user[3] or name))
    if replay_key then remember(replay_key, request_hash, version, answer) end
    return 'exists', answer
  end
  if op == 'remove' and not previous then return 'not_ranked', '' end

  if queue_max > 0 and waiting >= queue_max then return 'queue_full', int(waiting) .. ' ' .. room_ms() end
  local user_tat, wait
  if limited then
    user_tat, wait = take(tonumber(user[4]) or 0, user_interval, user_burst)
    if not user_tat then return 'user_rate_limited', wait_ms(wait) end
  end
  local next_region_tat
  next_region_tat, wait = take(region_tat, region_interval, region_burst)
  if not next_region_tat then return 'region_rate_limited', wait_ms(wait) end

  local score = value
  if op == 'incr' then score = (previous or 0) + value end
  if op == 'incr' and math.abs(value) > game.greatest_delta then return 'score_out_of_range', '' end
  if op ~= 'remove' and (score < game.least or score > game.greatest) then return 'score_out_of_range', '' end
  if op == 'best' and previous and not better(value, previous, order) then score = previous end
  if op == 'remove' then score = nil end

  local next_version = math.max(version + 1, now)
  happened = happened_ms and math.min(happened, next_version) or next_version
  local overall
  if game.is_overall and score ~= previous then
    local fields = redis.call('HMGET', user_key, 'score:*', 'updated_at:*', 'games:*')
    overall = { tonumber(fields[1]), tonumber(fields[2]), tonumber(fields[3]) }
    if not overall_after(overall[1], previous, score) then return 'score_out_of_range', '' end
  end
  local entry, windows, trouble
  if op ~= 'remove' and (game.windows or rolling) then
    entry = {
      game = game.name, operator = game.operator, order = order, user_id = user_id, boards = boards,
      periods = game.windows and read_periods(user_key, game) or {}, rolling = rolling,
    }
    local change = change_of(op, value, score, game.operator, happened, next_version)
    windows, trouble = plan_windows(game.windows or parse_windows(''), change, entry, next_version, bucket_s)
    if not windows then return trouble, int(math.floor(happened / 1000)) end
  end

  -- From here on nothing is refused.
  region_tat = next_region_tat
  version = next_version
  waiting = waiting + 1
  local version_text = int(version)
  local changed = score ~= previous
  local score_text = changed and score and int(score) or previous_text
  if changed or not score then
    if previous and score then
      local leave = changes_of(board).leave
      leave[#leave + 1] = member_at(user_id, reached_text)
    end
    reached_text = version_text
  end
  local fields, member, sort_key_text = {}, nil, nil
  if score then
    member, sort_key_text = member_at(user_id, reached_text), sort_text(score_text, order)
    if changed then
      local enter = changes_of(board).enter
      enter[#enter + 1] = sort_key_text
      enter[#enter + 1] = member
      fields = { game.score, score_text, game.reached, reached_text }
    end
    -- It is left out as long as it says the same as when the score was reached.
    if user[5] or not changed then
      fields[#fields + 1] = game.version
      fields[#fields + 1] = version_text
    end
    if user[3] ~= name then
      fields[#fields + 1] = 'name'
      fields[#fields + 1] = name
    end
    if not user[3] then
      fields[#fields + 1] = 'region'
      fields[#fields + 1] = region
    end
    if limited and user_interval > 0 then
      fields[#fields + 1] = 'tat'
      fields[#fields + 1] = int(user_tat)
    end
  end
  users[user_id] = true
  planned[#planned + 1] = {
    at = reply_at, game = game, op = op, user_id = user_id, user_key = user_key, boards = boards, board = board,
    is_hidden = is_hidden, name = quoted(name), previous = previous, previous_text = previous_text, score = score,
    score_text = score_text, changed = changed, reached_text = reached_text, version = version, version_text = version_text,
    timestamp = happened == version and string.sub(version_text, 1, -4) or int(math.floor(happened / 1000)),
    key = sort_key_text, member = member, fields = fields, overall = overall, entry = entry, windows = windows,
    rolling = rolling, replay_key = replay_key, request_hash = request_hash, head = ARGV[at + 11],
  }
end

local reply_at = 2
for at = first_write, #ARGV, WRITE_WIDTH do
  local ok, code, text = pcall(plan, at, reply_at)
  if not ok then code, text = 'failed', failure(code) end
  reply[reply_at] = code or ''
  reply[reply_at + 1] = text or ''
  reply_at = reply_at + 2
end
flush()

if #messages > 0 then
  redis.call('LPUSH', KEYS[2], unpack(messages))
  redis.call('HSET', KEYS[1], 'version', int(version), 'tat', int(region_tat))
end
reply[1] = int(version)
return reply
