#!lua
-- Applies a batch of score writes to one shard: for each write the entry, the board and the queue change
-- together or not at all.
--
-- KEYS  1 shard:{S}   2 queue:scores:{S}   3 prefix user:{S}:   4 prefix idem:{S}:   5 leaderboard:{S}
--       6 rules:{S}
-- ARGV  1 region
--       2 most messages that may wait in the queue, 0 = no bound
--       3, 4 user's token bucket: µs per write (0 = no limit), writes in a burst
--       5, 6 shard's token bucket: the same
--       7 ms for which the answer to a keyed write is kept
--       then 15 for each write:
--         event_id, user_id, name ('' = as it is), game, rules (operator:order, order desc|asc),
--         op (best|set|incr|create|remove), value, least and greatest score allowed,
--         limited ('1' = the user's bucket applies), idempotency key ('' = none), hash of the request,
--         request_id, name for a new user, most that incr may add or take away
--
-- Returns the last version given out, then two strings for each write, a code and its text:
--   applied, replayed, exists   answer: JSON ["score"|null, "previous"|null, rank|null, changed 0|1, "reached µs", "name"]
--   user_rate_limited, region_rate_limited   ms after which a retry can succeed
--   queue_full   messages waiting, a space, ms after which there should be room
--   score_out_of_range, idempotency_mismatch, not_ranked   ''
--   rules_changed   the rules that this shard has pinned for the game
--   failed   what Redis said; whether this write took effect is unknown
-- Error CLOSED: this shard is not open at the epoch that this text was made for.
--
-- Scores, versions and times never pass through tostring or cjson, which keep 14 digits only.

local WIDTH = 15
local fmt = string.format
if (#ARGV - 7) % WIDTH ~= 0 then return redis.error_reply('ERR write-scores takes 15 arguments for each write') end
local function int(n) return fmt('%.0f', n) end

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

local waiting = redis.call('LLEN', KEYS[2])
local messages = {}

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

local function entry_fields(game)
  if game == 'default' then return 'score', 'updated_at', 'version' end
  return 'score:' .. game, 'updated_at:' .. game, 'version:' .. game
end

local function better(a, b, order)
  if order == 'asc' then return a < b end
  return a > b
end

local function sort_key(score, order)
  if order == 'asc' then return score end
  return 0 - score
end

local function member_of(user_id, reached) return fmt('%016.0f', reached) .. user_id end

local function answer_of(score, previous, rank, changed, reached, name)
  return '[' .. (score and '"' .. int(score) .. '"' or 'null')
    .. ',' .. (previous and '"' .. int(previous) .. '"' or 'null')
    .. ',' .. (rank and int(rank) or 'null')
    .. ',' .. (changed and '1' or '0')
    .. ',"' .. int(reached) .. '",' .. cjson.encode(name) .. ']'
end

local function apply(at)
  local event_id, user_id, given_name, game, rules = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local op, value = ARGV[at + 5], tonumber(ARGV[at + 6])
  local least, greatest = tonumber(ARGV[at + 7]), tonumber(ARGV[at + 8])
  local limited, key, request_hash = ARGV[at + 9] == '1', ARGV[at + 10], ARGV[at + 11]
  local request_id, new_name = ARGV[at + 12], ARGV[at + 13]
  local greatest_delta = tonumber(ARGV[at + 14])

  local replay_key = KEYS[4] .. user_id .. ':' .. key
  if key ~= '' then
    local stored = redis.call('GET', replay_key)
    if stored then
      local hash_end = string.find(stored, ' ', 1, true)
      if string.sub(stored, 1, hash_end - 1) ~= request_hash then return 'idempotency_mismatch', '' end
      return 'replayed', string.sub(stored, hash_end + 1)
    end
  end

  local pin = pin_of(game)
  local is_pinned = pin == rules
  if pin and not is_pinned and pin ~= '~' .. rules then return 'rules_changed', pin end
  local order = string.sub(rules, -4) == ':asc' and 'asc' or 'desc'

  local user_key = KEYS[3] .. user_id
  local board = game == 'default' and KEYS[5] or KEYS[5] .. ':' .. game
  local score_field, reached_field, version_field = entry_fields(game)
  local user = redis.call('HMGET', user_key, 'name', 'tat', score_field, reached_field)
  local previous, reached = tonumber(user[3]), tonumber(user[4])
  local name = given_name
  if name == '' then name = user[1] or new_name end

  if op == 'create' and previous then
    local rank = redis.call('ZRANK', board, member_of(user_id, reached)) + 1
    local answer = answer_of(previous, previous, rank, false, reached, user[1] or name)
    if key ~= '' then redis.call('SET', replay_key, request_hash .. ' ' .. answer, 'PX', idempotency_ttl) end
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
  if op == 'incr' and math.abs(value) > greatest_delta then return 'score_out_of_range', '' end
  if op ~= 'remove' and (score < least or score > greatest) then return 'score_out_of_range', '' end
  if op == 'best' and previous and not better(value, previous, order) then score = previous end
  if op == 'remove' then score = nil end

  -- From here on nothing is refused.
  region_tat = next_region_tat
  local pinning = ''
  if not is_pinned then
    redis.call('HSET', KEYS[6], game, rules)
    pins[game] = rules
    pinning = ',"rules":"' .. rules .. '"'
  end
  version = math.max(version + 1, now)
  local changed = score ~= previous
  local rank
  if changed then
    if previous then redis.call('ZREM', board, member_of(user_id, reached)) end
    reached = version
  end
  if score then
    local fields = { version_field, int(version) }
    if changed then
      fields[#fields + 1] = score_field
      fields[#fields + 1] = int(score)
      fields[#fields + 1] = reached_field
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
    rank = redis.call('ZRANK', board, member) + 1
  else
    redis.call('HDEL', user_key, score_field, reached_field, version_field)
  end

  local answer = answer_of(score, previous, rank, changed, reached, name)
  local keyed = ''
  if key ~= '' then
    redis.call('SET', replay_key, request_hash .. ' ' .. answer, 'PX', idempotency_ttl)
    keyed = ',"idempotency":{"request_hash":' .. cjson.encode(request_hash) .. ',"answer":' .. cjson.encode(answer) .. '}'
  end
  waiting = waiting + 1
  messages[#messages + 1] = '{"event_id":' .. cjson.encode(event_id)
    .. ',"version":' .. int(version)
    .. ',"game":' .. cjson.encode(game)
    .. ',"user_id":' .. cjson.encode(user_id)
    .. ',"name":' .. cjson.encode(name)
    .. ',"region":"' .. region
    .. '","op":"' .. op
    .. '","value":' .. (value and int(value) or 'null')
    .. ',"score":' .. (score and int(score) or 'null')
    .. ',"achieved_at":' .. int(reached)
    .. ',"timestamp":' .. int(math.floor(version / 1000))
    .. ',"request_id":' .. cjson.encode(request_id)
    .. pinning .. keyed .. '}'
  return 'applied', answer
end

local reply = { '' }
for at = 8, #ARGV, WIDTH do
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
