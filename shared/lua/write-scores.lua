#!lua
-- Applies a batch of score writes to one shard: for each write the entry, its boards and the queue change
-- together or not at all.
--
-- KEYS  1 shard:{S}   2 queue:scores:{S}   3 prefix user:{S}:   4 prefix answers:{S}:   5 leaderboard:{S}
--       6 rules:{S}   7 hidden:{S}   8 due:{S}
-- ARGV  texts that each end with a zero byte, so that Redis has one argument to take and struct.unpack to cut it up:
--       1 for all writes, 10 of them:
--         region, most messages that may wait in the queue (0 = no bound),
--         user's token bucket: µs per write (0 = no limit), writes in a burst, shard's token bucket: the same,
--         ms for which the answer to a keyed write is kept,
--         length of a rolling window's buckets, s, ms by which an event may be late, and how many of the writes have a key
--       2 the games, 6 for each:
--         name, rules (operator:order[:overall]), least and greatest score allowed, most that incr may add or take away,
--         windows (include/windows.lua)
--       3 the writes, 12 for each:
--         its game's position among these, user_id, name ('' = as it is), op (best|set|incr|create|remove),
--         value, limited ('1' = the user's bucket applies), hash of the request ('' = it has no idempotency key),
--         name for a new user, ms at which it happened ('' = now), version of the user's account ('' = not checked),
--         event_id as it stands in JSON ('' = the idempotency key as it is), who asked: more members of the queue message,
--         JSON with a comma before each ('' = as for the write before)
--       4 for each write that has a key: user_id:<idempotency key>
--
-- Returns one text, JSON values with commas between them: the last version given out, then two for each write, a code and
-- what it tells, null where nothing is said of it here:
--   applied, replayed, exists   answer: ["score"|null, "previous"|null, rank|null, changed 0|1, "reached µs", "name",
--                               "hash of the request", version]; the rank is that after the whole batch, which nobody sees
--                               in parts
--   user_rate_limited, region_rate_limited   ms after which a retry can succeed
--   queue_full   [messages waiting, ms after which there should be room]
--   score_out_of_range, idempotency_mismatch, not_ranked, timestamp_out_of_range
--   user_erased   the account, or the event, is from before the user's erasure
--   rules_changed   the rules that this shard has pinned for the game
--   periods_missing   ms at which it happened, for which the game's windows have no period
--   failed   what Redis said; whether this write took effect is unknown
-- Error CLOSED: this shard is not open at the epoch that this text was made for.
--
-- A batch works in two steps, because a board takes many members at once in half the time that it takes them one by one:
-- `plan` decides about a write and changes nothing, `flush` writes what was planned so far. Whatever depends on a write that
-- is only planned (the same user again, an entry that is looked up) flushes first.
--
-- Redis runs all of this text for each batch, so a small batch pays most for what is defined here: what few writes need is
-- defined by `rarely`, and a local that a function refers to costs as much as ten times looking up a global. In large batches
-- calls of Redis, new texts and tables cost most, above all tables that grow.

--#include entries

local call, unpack = redis.call, unpack

local epoch, version, region_tat = unpack(call('HMGET', KEYS[1], 'epoch', 'version', 'tat'))
if epoch ~= EPOCH then return redis.error_reply('CLOSED shard is not open at this epoch') end
version, region_tat = tonumber(version) or 0, tonumber(region_tat) or 0

local settings
do
  local region, queue_max, user_interval, user_burst, region_interval, region_burst, answers_kept_ms, bucket_s, most_late_ms,
    keyed = struct.unpack('ssssssssss', ARGV[1])
  settings = {
    region = region, queue_max = tonumber(queue_max), user_interval = tonumber(user_interval),
    user_burst = tonumber(user_burst), region_interval = tonumber(region_interval), region_burst = tonumber(region_burst),
    answers_kept_ms = tonumber(answers_kept_ms), bucket_s = tonumber(bucket_s), most_late_ms = tonumber(most_late_ms),
    keyed = tonumber(keyed),
  }
end

local clock = call('TIME')
local now = clock[1] * 1000000 + clock[2]
local room = settings.queue_max == 0 and math.huge or settings.queue_max - call('LLEN', KEYS[2])

-- By position, as text.
local games = {}
do
  local at, position = 1, 0
  while at <= #ARGV[2] do
    local name, rules, least, greatest, greatest_delta, windows, next_at = struct.unpack('ssssss', ARGV[2], at)
    local operator, order, is_overall = parse_rules(rules)
    local suffix = suffix_of(name)
    at, position = next_at, position + 1
    games[tostring(position)] = {
      name = name, rules = rules, operator = operator, order = order, is_overall = is_overall,
      least = tonumber(least), greatest = tonumber(greatest), greatest_delta = tonumber(greatest_delta),
      windows = windows ~= '' and windows, suffix = suffix, board = KEYS[5] .. suffix, score = 'score' .. suffix,
      reached = 'updated_at' .. suffix, version = 'version' .. suffix, rolling = 'rolling:' .. name,
      member = '","game":"' .. name .. '","user_id":"',
    }
  end
end

-- What the keyed writes were answered before, and what they are answered now: one key of Redis for each would cost as much as
-- the write.
local answers, answer_fields
if settings.keyed > 0 then

--#include answers

  answer_fields = { struct.unpack(string.rep('s', settings.keyed), ARGV[4]) }
  answer_fields[#answer_fields] = nil
  answers = open_answers(KEYS[4], answer_fields, math.floor(math.max(now, version) / 1000), settings.answers_kept_ms)
end

-- What most batches never need.
local rare
local function rarely()
  if rare then return rare end

--#include count-before
--#include standings
--#include windows
--#include overall

  -- When a tenth of a full queue should be free, by the workers' rate; what they did not take lately counts as if
  -- they were slow.
  local function room_ms()
    local drained_at, drain_rate = unpack(call('HMGET', KEYS[1], 'drained_at', 'drain_rate'))
    local rate = tonumber(drain_rate) or 0
    local stalled = (now - (tonumber(drained_at) or 0)) / 1000
    if rate <= 0 then return '5000' end
    return int(math.min(30000, math.max(1000, stalled, 1000 * 0.1 * settings.queue_max / rate)))
  end

  -- The user's fields at:<game>:<period> of the periods in question, by period.
  local function read_periods(user_key, game, calendar)
    local fields, names = {}, {}
    for _, periods in pairs(calendar) do
      for _, period in ipairs(periods) do
        names[#names + 1] = period.name
        fields[#fields + 1] = 'at:' .. game.name .. ':' .. period.name
      end
    end
    local kept = {}
    if #fields == 0 then return kept end
    for at, reached in ipairs(call('HMGET', user_key, unpack(fields))) do
      kept[names[at]] = tonumber(reached)
    end
    return kept
  end

  -- Takes a user off the boards of a game, and forgets all that the user's hash has of it.
  local function leave_game(game, user_id, user_key, boards, rolling)
    leave_boards(user_key, user_id, boards, game.name)
    local gone = { game.score, game.reached, game.version }
    if rolling then
      gone[#gone + 1] = game.rolling
      call('ZREM', KEYS[8], game.name .. ' ' .. user_id)
    end
    local prefix = 'at:' .. game.name .. ':'
    for _, field in ipairs(call('HKEYS', user_key)) do
      if string.sub(field, 1, #prefix) == prefix then gone[#gone + 1] = field end
    end
    call('HDEL', user_key, unpack(gone))
  end

  -- What a write does besides changing its entry on the all-time board: to the overall board, to windows, and all of it when
  -- it takes the entry away. Returns a function that does it, or nil, a code and its text.
  local function plan_besides(game, op, value, previous, score, user_id, user_key, boards, rolling, happened, reached)
    local overall, windows, entry
    if game.is_overall and score ~= previous then
      local sum, sum_reached, sum_games = unpack(call('HMGET', user_key, 'score:*', 'updated_at:*', 'games:*'))
      overall = { tonumber(sum), tonumber(sum_reached), tonumber(sum_games) }
      if not overall_after(overall[1], previous, score) then return nil, 'score_out_of_range' end
    end
    if score and (game.windows or rolling) then
      local kept = parse_windows(game.windows or '')
      local change = change_of(op, value, score, game.operator, happened, reached)
      local trouble
      entry = {
        game = game.name, operator = game.operator, order = game.order, user_id = user_id, boards = boards,
        periods = read_periods(user_key, game, kept.calendar), rolling = rolling,
      }
      windows, trouble = plan_windows(kept, change, entry, reached, settings.bucket_s)
      if not windows then return nil, trouble, int(math.floor(happened / 1000)) end
    end
    return function()
      if not score then leave_game(game, user_id, user_key, boards, rolling) end
      if overall then write_overall(user_key, user_id, overall, previous, score, reached, boards) end
      if windows then write_windows(windows, entry, reached, user_key, KEYS[8]) end
    end
  end

  -- Hidden users are not counted; their own rank is where they would stand.
  local function hidden_rank(board, key, member) return count_before(board, key, member) + 1 end

  rare = { room_ms = room_ms, plan_besides = plan_besides, hidden_rank = hidden_rank }
  return rare
end

-- Token bucket in one number, the theoretical arrival time (GCRA): it runs ahead of the clock by the
-- tokens in use. Returns the new time, or nil and the ms to wait.
local function take(tat, interval, burst)
  if tat < now then tat = now end
  local ahead = tat + interval - now - burst * interval
  if ahead > 0 then return nil, int(math.ceil(ahead / 1000)) end
  return tat + interval
end

-- A text as JSON. Most need no escapes.
local function quoted(text)
  if string.find(text, '[%c"\\\127]') then return cjson.encode(text) end
  return '"' .. text .. '"'
end

-- score and previous as text, or nil; rank as text; name as JSON.
local function answer_of(score, previous, rank, changed, reached, name, request_hash, version)
  if score and previous then
    return '["' .. score .. '","' .. previous .. '",' .. rank .. (changed and ',1,"' or ',0,"') .. reached .. '",' .. name
      .. ',"' .. request_hash .. '",' .. version .. ']'
  end
  return (score and '["' .. score .. '",' or '[null,') .. (previous and '"' .. previous .. '",' or 'null,')
    .. rank .. (changed and ',1,"' or ',0,"') .. reached .. '",' .. name .. ',"' .. request_hash .. '",' .. version .. ']'
end

-- The rules that this shard has its scores under, by game, as shared/src/scoring/rules.ts says: those that it keeps, and
-- those that it will have when what is planned is written.
local kept_pins, pins = {}, {}

-- What stands in every queue message of this batch between the user and the operation.
local region_member = '","region":"' .. settings.region .. '","op":"'

-- Tables begin with room for some values.
local reply = { '', nil, nil, nil, nil, nil, nil, nil }
local messages = { nil, nil, nil, nil, nil, nil, nil, nil }
-- What is planned: the writes in order, as `write_entry` takes them, the users among them, and under each board's name the
-- members that leave it and those that enter it, keys before them.
local planned, users, boards = { nil, nil, nil, nil, nil, nil, nil, nil }, {}, {}

-- Writes everything of a planned write but its place on the all-time board.
local function write_entry(write)
  local board, reply_at, game, is_hidden, member, fields, name, score_text, previous_text, changed, reached_text, version_text,
    timestamp, also, answer_at, request_hash, event_id, user_id, op, value_text, origin = unpack(write, 1, 21)
  local pinning, rank = '', 'null'
  if kept_pins[game.name] ~= game.rules then
    call('HSET', KEYS[6], game.name, game.rules)
    kept_pins[game.name] = game.rules
    pinning = ',"rules":"' .. game.rules .. '"'
  end
  if also then also() end
  if member then
    if fields[2] then call('HSET', unpack(fields)) end
    local place = is_hidden and rarely().hidden_rank(game.board, sort_text(score_text, game.order), member)
      or call('ZRANK', board, member) + 1
    rank = int(place)
  end

  local answer = answer_of(score_text, previous_text, rank, changed, reached_text, name, request_hash, version_text)
  -- In parts: Lua would keep whatever text is made on the way.
  local retry, retry_previous, retry_rank, gap, ending = '', '', '', '', '}'
  if answer_at then
    answers.keep(answer_at, answer)
    retry, retry_previous, retry_rank, gap, ending = ',"retry":"', previous_text or 'null', rank, ' ', '"}'
  end
  messages[#messages + 1] = '{"event_id":"' .. event_id .. game.member .. user_id .. region_member .. op .. '","value":'
    .. value_text .. origin .. ',"version":' .. version_text .. ',"name":' .. name .. ',"score":' .. (score_text or 'null')
    .. ',"achieved_at":' .. reached_text .. ',"timestamp":' .. timestamp .. pinning
    .. retry .. request_hash .. gap .. retry_previous .. gap .. retry_rank .. ending
  reply[reply_at], reply[reply_at + 1] = '"applied"', answer
end

local function fail(reply_at, reason)
  local text = type(reason) == 'table' and reason.err or tostring(reason)
  reply[reply_at], reply[reply_at + 1] = '"failed"', cjson.encode(text)
end

-- One write that meets a damaged key must not take its neighbours' queue messages with it.
local function flush()
  for board, changes in pairs(boards) do
    local ok, reason = true, nil
    if changes.leave[1] then ok, reason = pcall(call, 'ZREM', board, unpack(changes.leave)) end
    if ok and changes.enter[1] then ok, reason = pcall(call, 'ZADD', board, unpack(changes.enter)) end
    if not ok then changes.broken = reason end
  end
  local at, last = 0, #planned
  local function go_on()
    while at < last do
      at = at + 1
      local write = planned[at]
      local changes = boards[write[1]]
      if changes and changes.broken then fail(write[2], changes.broken) else write_entry(write) end
    end
  end
  while at < last do
    local ok, reason = pcall(go_on)
    if not ok then fail(planned[at][2], reason) end
  end
end

local write_at, reply_at, keyed_at, origin = 1, 0, 0, ''

-- Decides about the next write. Returns a code and, if it has one, its text, or nil when the write is planned.
local function plan(writes)
  local position, user_id, given_name, op, value_text, is_limited, request_hash, new_name, happened_ms, account_version, event_id,
    new_origin, next_at = struct.unpack('ssssssssssss', writes, write_at)
  write_at, reply_at = next_at, reply_at + 2
  if new_origin ~= '' then origin = new_origin end
  local answer_at
  if request_hash ~= '' then
    keyed_at = keyed_at + 1
    answer_at = keyed_at
    if event_id == '' then event_id = string.sub(answer_fields[keyed_at], #user_id + 2) end
  end
  local game, value = games[position], tonumber(value_text)
  if users[user_id] or op == 'remove' or op == 'create' then
    flush()
    planned, users, boards = {}, {}, {}
  end

  local user_key = KEYS[3] .. user_id
  local known
  if is_limited == '1' then
    known = call('HMGET', user_key, game.score, game.reached, 'name', game.version, 'hidden', 'erased', game.rolling, 'tat')
  else
    known = call('HMGET', user_key, game.score, game.reached, 'name', game.version, 'hidden', 'erased', game.rolling)
  end
  local previous_text, reached_text, known_name, kept_version, hidden, erased, rolling, tat = unpack(known)
  local previous = previous_text and tonumber(previous_text) or nil
  local erased_at
  if erased then
    if account_version ~= '' and tonumber(account_version) <= tonumber(erased) then return 'user_erased' end
    erased_at = tonumber(call('HGET', user_key, 'erased_at'))
  end

  if answer_at then
    local answer, first_hash, first_version = answers.find(answer_at)
    if answer then
      if erased_at and first_version <= erased_at then return 'user_erased' end
      if first_hash ~= request_hash then return 'idempotency_mismatch' end
      return 'replayed', answer
    end
  end

  local happened
  if happened_ms ~= '' then
    happened = happened_ms * 1000
    local time = math.max(now, version)
    -- Clocks of servers differ by a little: what happens 5 s from now happens now.
    if happened > time + 5000000 or happened < time - settings.most_late_ms * 1000 then
      return 'timestamp_out_of_range'
    end
    if erased_at and happened <= erased_at then return 'user_erased' end
  end

  local pin = pins[game.name]
  if pin == nil then
    pin = call('HGET', KEYS[6], game.name)
    kept_pins[game.name], pins[game.name] = pin, pin
  end
  if pin ~= game.rules and pin and pin ~= '~' .. game.rules then return 'rules_changed', cjson.encode(pin) end

  local order, board, is_hidden = game.order, game.board, hidden == '1'
  if is_hidden then board = KEYS[7] .. game.suffix end
  local name = given_name
  if name == '' then name = known_name or new_name end

  if op == 'create' and previous then
    local member = member_at(user_id, reached_text)
    local rank = is_hidden and rarely().hidden_rank(game.board, sort_text(previous_text, order), member)
      or call('ZRANK', board, member) + 1
    local answer = answer_of(previous_text, previous_text, int(rank), false, reached_text, quoted(known_name or name),
      request_hash, int(version))
    if answer_at then answers.keep(answer_at, answer) end
    return 'exists', answer
  end
  if op == 'remove' and not previous then return 'not_ranked' end

  if room <= 0 then return 'queue_full', '[' .. int(settings.queue_max - room) .. ',' .. rarely().room_ms() .. ']' end
  local user_tat, next_region_tat, wait_ms
  if is_limited == '1' and settings.user_interval > 0 then
    user_tat, wait_ms = take(tonumber(tat) or 0, settings.user_interval, settings.user_burst)
    if not user_tat then return 'user_rate_limited', wait_ms end
  end
  if settings.region_interval > 0 then
    next_region_tat, wait_ms = take(region_tat, settings.region_interval, settings.region_burst)
    if not next_region_tat then return 'region_rate_limited', wait_ms end
  end

  local score = value
  if op == 'incr' then
    score = (previous or 0) + value
    if math.abs(value) > game.greatest_delta then return 'score_out_of_range' end
  end
  if op == 'remove' then
    score = nil
  elseif score < game.least or score > game.greatest then
    return 'score_out_of_range'
  elseif op == 'best' and previous and not better(value, previous, order) then
    score = previous
  end

  local next_version = version + 1
  if now > next_version then next_version = now end
  local changed = score ~= previous
  happened = happened and math.min(happened, next_version) or next_version
  local also
  if game.windows or rolling or game.is_overall or op == 'remove' then
    local boards, code, text = is_hidden and KEYS[7] or KEYS[5], nil, nil
    also, code, text = rarely().plan_besides(game, op, value, previous, score, user_id, user_key, boards, rolling, happened,
      next_version)
    if not also then return code, text end
  end

  -- From here on nothing is refused.
  region_tat = next_region_tat or region_tat
  version = next_version
  room = room - 1
  pins[game.name] = game.rules
  users[user_id] = true
  local version_text = int(version)
  local timestamp = happened == version and string.sub(version_text, 1, -4) or int(math.floor(happened / 1000))
  local score_text, member, fields
  if not changed then
    score_text, member, fields = previous_text, member_at(user_id, reached_text), { user_key }
  elseif score then
    score_text, member = op == 'incr' and int(score) or value_text, member_at(user_id, version_text)
    local changes = boards[board]
    if not changes then
      changes = { leave = { nil, nil, nil, nil, nil, nil, nil, nil }, enter = { nil, nil, nil, nil, nil, nil, nil, nil } }
      boards[board] = changes
    end
    local leave, enter = changes.leave, changes.enter
    if previous then leave[#leave + 1] = member_at(user_id, reached_text) end
    local entered = #enter
    enter[entered + 1], enter[entered + 2] = sort_text(score_text, order), member
    fields = { user_key, game.score, score_text, game.reached, version_text }
  end
  if score then
    local last = #fields
    -- It is left out as long as it says the same as when the score was reached.
    if kept_version or not changed then
      fields[last + 1], fields[last + 2], last = game.version, version_text, last + 2
    end
    if known_name ~= name then
      fields[last + 1], fields[last + 2], last = 'name', name, last + 2
    end
    if not known_name then
      fields[last + 1], fields[last + 2], last = 'region', settings.region, last + 2
    end
    if user_tat then
      fields[last + 1], fields[last + 2] = 'tat', int(user_tat)
    end
  end
  planned[#planned + 1] = {
    board, reply_at, game, is_hidden, member, fields, quoted(name), score_text, previous and previous_text, changed,
    changed and version_text or reached_text, version_text, timestamp, also, answer_at, request_hash, event_id, user_id, op,
    value_text == '' and 'null' or value_text, origin,
  }
end

local function plan_on()
  local writes = ARGV[3]
  while write_at <= #writes do
    local code, text = plan(writes)
    if code then reply[reply_at], reply[reply_at + 1] = '"' .. code .. '"', text or 'null' end
  end
end
repeat
  local began_at = write_at
  local ok, reason = pcall(plan_on)
  if not ok then fail(reply_at, reason) end
  -- Arguments that cannot be cut up would be tried for ever.
until ok or write_at == began_at
flush()

if answers then answers.write() end
if messages[1] then
  call('LPUSH', KEYS[2], unpack(messages))
  call('HSET', KEYS[1], 'version', int(version), 'tat', int(region_tat))
end
reply[1] = int(version)
return table.concat(reply, ',')
