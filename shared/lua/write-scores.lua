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
--       then 14 for each write:
--         its game's position among these, event_id, user_id, name ('' = as it is), op (best|set|incr|create|remove),
--         value, limited ('1' = the user's bucket applies), idempotency key ('' = none), hash of the request, request_id,
--         name for a new user, ms at which it happened ('' = now), version of the user's account ('' = not checked),
--         admin who asks for a removal
--
-- Returns the last version given out, then two strings for each write, a code and its text:
--   applied, replayed, exists   answer: JSON ["score"|null, "previous"|null, rank|null, changed 0|1, "reached µs", "name"]
--   user_rate_limited, region_rate_limited   ms after which a retry can succeed
--   queue_full   messages waiting, a space, ms after which there should be room
--   score_out_of_range, idempotency_mismatch, not_ranked, timestamp_out_of_range   ''
--   user_erased   '' : the account, or the event, is from before the user's erasure
--   rules_changed   the rules that this shard has pinned for the game
--   periods_missing   ms at which it happened, for which the game's windows have no period
--   failed   what Redis said; whether this write took effect is unknown
-- Error CLOSED: this shard is not open at the epoch that this text was made for.

--#include entries
--#include count-before
--#include standings
--#include windows
--#include overall

local GAME_WIDTH, WRITE_WIDTH = 6, 14
local first_write = 11 + GAME_WIDTH * tonumber(ARGV[10])
if (#ARGV - first_write + 1) % WRITE_WIDTH ~= 0 then
  return redis.error_reply('ERR write-scores takes 14 arguments for each write')
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

local function answer_of(score, previous, rank, changed, reached, name)
  return '[' .. (score and '"' .. int(score) .. '"' or 'null')
    .. ',' .. (previous and '"' .. int(previous) .. '"' or 'null')
    .. ',' .. (rank and int(rank) or 'null')
    .. ',' .. (changed and '1' or '0')
    .. ',"' .. int(reached) .. '",' .. cjson.encode(name) .. ']'
end

-- A remembered answer: hash of the request, version of the write, answer.
local function remember(replay_key, request_hash, at_version, answer)
  redis.call('SET', replay_key, request_hash .. ' ' .. int(at_version) .. ' ' .. answer, 'PX', idempotency_ttl)
end

-- Hidden users are not counted; their own rank is where they would stand.
local function rank_of(board, hidden_board, is_hidden, key, member)
  if is_hidden then return count_before(board, int(key), member) + 1 end
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

local function apply(at)
  local game = games[tonumber(ARGV[at])]
  local event_id, user_id, given_name, op = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local value, limited = tonumber(ARGV[at + 5]), ARGV[at + 6] == '1'
  local key, request_hash, request_id, new_name = ARGV[at + 7], ARGV[at + 8], ARGV[at + 9], ARGV[at + 10]
  local happened_ms, account_version, actor = tonumber(ARGV[at + 11]), tonumber(ARGV[at + 12]), ARGV[at + 13]
  local order = game.order

  local user_key = KEYS[3] .. user_id
  local user = redis.call('HMGET', user_key, 'name', 'tat', game.score, game.reached, 'hidden', 'erased', 'erased_at',
    game.rolling)
  local previous, reached = tonumber(user[3]), tonumber(user[4])
  local erased_at = tonumber(user[7])
  if user[6] and account_version and account_version <= tonumber(user[6]) then return 'user_erased', '' end

  local replay_key = KEYS[4] .. user_id .. ':' .. key
  if key ~= '' then
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
  local is_pinned = pin == game.rules
  if pin and not is_pinned and pin ~= '~' .. game.rules then return 'rules_changed', pin end

  local is_hidden = user[5] == '1'
  local boards = is_hidden and KEYS[7] or KEYS[5]
  local board = boards .. game.suffix
  local name = given_name
  if name == '' then name = user[1] or new_name end

  if op == 'create' and previous then
    local rank = rank_of(KEYS[5] .. game.suffix, board, is_hidden, sort_key(previous, order), member_of(user_id, reached))
    local answer = answer_of(previous, previous, rank, false, reached, user[1] or name)
    if key ~= '' then remember(replay_key, request_hash, version, answer) end
    return 'exists', answer
  end
  if op == 'remove' and not previous then return 'not_ranked', '' end

  if queue_max > 0 and waiting >= queue_max then return 'queue_full', int(waiting) .. ' ' .. room_ms() end
  local user_tat, wait
  if limited then
    user_tat, wait = take(tonumber(user[2]) or 0, user_interval, user_burst)
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
  local entry, plan, trouble
  if op ~= 'remove' and (game.windows or user[8]) then
    entry = {
      game = game.name, operator = game.operator, order = order, user_id = user_id, boards = boards,
      periods = game.windows and read_periods(user_key, game) or {}, rolling = user[8],
    }
    local change = change_of(op, value, score, game.operator, happened, next_version)
    plan, trouble = plan_windows(game.windows or parse_windows(''), change, entry, next_version, bucket_s)
    if not plan then return trouble, int(math.floor(happened / 1000)) end
  end

  -- From here on nothing is refused.
  region_tat = next_region_tat
  version = next_version
  local pinning = ''
  if not is_pinned then
    redis.call('HSET', KEYS[6], game.name, game.rules)
    pins[game.name] = game.rules
    pinning = ',"rules":"' .. game.rules .. '"'
  end
  local changed = score ~= previous
  local rank
  if op == 'remove' then
    leave_boards(user_key, user_id, boards, game.name)
    reached = version
  elseif changed then
    if previous then redis.call('ZREM', board, member_of(user_id, reached)) end
    reached = version
  end
  if overall then write_overall(user_key, user_id, overall, previous, score, version, boards) end
  if score then
    local fields = { game.version, int(version) }
    if changed then
      fields[#fields + 1] = game.score
      fields[#fields + 1] = int(score)
      fields[#fields + 1] = game.reached
      fields[#fields + 1] = int(reached)
    end
    if user[1] ~= name then
      fields[#fields + 1] = 'name'
      fields[#fields + 1] = name
    end
    if not user[1] then
      fields[#fields + 1] = 'region'
      fields[#fields + 1] = region
    end
    if limited and user_interval > 0 then
      fields[#fields + 1] = 'tat'
      fields[#fields + 1] = int(user_tat)
    end
    redis.call('HSET', user_key, unpack(fields))
    local member = member_of(user_id, reached)
    if changed then redis.call('ZADD', board, int(sort_key(score, order)), member) end
    rank = rank_of(KEYS[5] .. game.suffix, board, is_hidden, sort_key(score, order), member)
    if plan then write_windows(plan, entry, version, user_key, KEYS[8]) end
  else
    local gone = { game.score, game.reached, game.version }
    if user[8] then
      gone[#gone + 1] = game.rolling
      redis.call('ZREM', KEYS[8], game.name .. ' ' .. user_id)
    end
    local prefix = 'at:' .. game.name .. ':'
    for _, field in ipairs(redis.call('HKEYS', user_key)) do
      if string.sub(field, 1, #prefix) == prefix then gone[#gone + 1] = field end
    end
    redis.call('HDEL', user_key, unpack(gone))
  end

  local answer = answer_of(score, previous, rank, changed, reached, name)
  local keyed = ''
  if key ~= '' then
    remember(replay_key, request_hash, version, answer)
    keyed = ',"idempotency":{"request_hash":' .. cjson.encode(request_hash) .. ',"answer":' .. cjson.encode(answer) .. '}'
  end
  waiting = waiting + 1
  messages[#messages + 1] = '{"event_id":' .. cjson.encode(event_id)
    .. ',"version":' .. int(version)
    .. ',"game":' .. cjson.encode(game.name)
    .. ',"user_id":' .. cjson.encode(user_id)
    .. ',"name":' .. cjson.encode(name)
    .. ',"region":"' .. region
    .. '","op":"' .. op
    .. '","value":' .. (value and int(value) or 'null')
    .. ',"score":' .. (score and int(score) or 'null')
    .. ',"achieved_at":' .. int(reached)
    .. ',"timestamp":' .. int(math.floor(happened / 1000))
    .. ',"request_id":' .. cjson.encode(request_id)
    .. (actor ~= '' and ',"actor":' .. cjson.encode(actor) or '')
    .. pinning .. keyed .. '}'
  return 'applied', answer
end

local reply = { '' }
for at = first_write, #ARGV, WRITE_WIDTH do
  -- One write that meets a damaged key must not take its neighbours' queue messages with it.
  local ok, code, text = pcall(apply, at)
  if not ok then code, text = 'failed', type(code) == 'table' and code.err or tostring(code) end
  reply[#reply + 1] = code
  reply[#reply + 1] = text
end

if #messages > 0 then
  redis.call('LPUSH', KEYS[2], unpack(messages))
  redis.call('HSET', KEYS[1], 'version', int(version), 'tat', int(region_tat))
end
reply[1] = int(version)
return reply
