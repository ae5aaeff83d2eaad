#!lua
-- Takes out of the rolling windows what has become too old, a few users at a time: the next best score comes back. Who
-- is due stands in due:{S} until it is done, so whoever sweeps next goes on where another one died.
--
-- KEYS  1 shard:{S}   2 due:{S}   3 prefix user:{S}:   4 leaderboard:{S}   5 hidden:{S}   6 rules:{S}
-- ARGV  1 most users to look at   2 length of a bucket, s
-- Returns the number of users looked at; fewer than asked for when no more are due. -1 while the shard is closed.

--#include entries
--#include windows

local shard = redis.call('HMGET', KEYS[1], 'epoch', 'version')
if not shard[1] then return -1 end
local clock = redis.call('TIME')
-- The shard's time never goes back, and never behind what it has written.
local now_s = math.max(tonumber(clock[1]), math.floor((tonumber(shard[2]) or 0) / 1000000))
local bucket_s = tonumber(ARGV[2])

local entries = redis.call('ZRANGE', KEYS[2], '-inf', now_s, 'BYSCORE', 'LIMIT', 0, ARGV[1])
for _, entry in ipairs(entries) do
  local game, user_id = string.match(entry, '^(%S+) (%S+)$')
  local user_key = KEYS[3] .. user_id
  local user = redis.call('HMGET', user_key, 'rolling:' .. game, 'hidden')
  if user[1] then
    local pin = redis.call('HGET', KEYS[6], game) or 'best:desc'
    local operator, order = parse_rules(string.match(pin, '[^~]+'))
    local rolling = unpack_rolling(user[1])
    local names = {}
    for name in pairs(rolling.standings) do names[#names + 1] = name end
    local due = rolling.due
    -- A sum that an old score kept in range stands at the bound until it is back in range.
    local changes = refold(rolling, names, operator, order, bucket_s, now_s, true)
    local place = { game = game, order = order, user_id = user_id, boards = user[2] == '1' and KEYS[5] or KEYS[4] }
    write_rolling(user_key, place, rolling, changes, due, KEYS[2])
  else
    redis.call('ZREM', KEYS[2], entry)
  end
end
return #entries
