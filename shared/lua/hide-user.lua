#!lua
-- Takes a user off the boards, or puts it back: it goes on playing, and still sees itself.
--
-- KEYS  1 shard:{S}   2 queue:scores:{S}   3 user:{S}:<user_id>   4 leaderboard:{S}   5 hidden:{S}
--       6 a key that never exists (shared/src/topology/keys.ts)
-- ARGV  1 most messages that may wait in the queue, 0 = no bound
--       2 event_id  3 user_id  4 region  5 '1' = hide, '0' = show  6 admin who asks  7 request_id
-- Returns 'changed', 'unchanged', or 'queue_full'.
-- Error CLOSED: as in write-scores.lua.

--#include entries
--#include standings

local shard = redis.call('HMGET', KEYS[1], 'epoch', 'version')
if shard[1] ~= EPOCH then return redis.error_reply('CLOSED shard is not open at this epoch') end

if (redis.call('HGET', KEYS[3], 'hidden') or '0') == ARGV[5] then return 'unchanged' end
local queue_max = tonumber(ARGV[1])
if queue_max > 0 and redis.call('LLEN', KEYS[2]) >= queue_max then return 'queue_full' end

local clock = redis.call('TIME')
local version = math.max((tonumber(shard[2]) or 0) + 1, tonumber(clock[1]) * 1000000 + tonumber(clock[2]))
local from, to = KEYS[4], KEYS[5]
if ARGV[5] == '0' then from, to = to, from end
move_standings(KEYS[3], ARGV[3], from, to)
redis.call('HSET', KEYS[3], 'hidden', ARGV[5])
redis.call('LPUSH', KEYS[2], '{"event_id":' .. cjson.encode(ARGV[2])
  .. ',"version":' .. int(version)
  .. ',"user_id":' .. cjson.encode(ARGV[3])
  .. ',"region":"' .. ARGV[4]
  .. '","op":"hidden","hidden":' .. (ARGV[5] == '1' and 'true' or 'false')
  .. ',"timestamp":' .. int(math.floor(version / 1000))
  .. ',"actor":' .. cjson.encode(ARGV[6])
  .. ',"request_id":' .. cjson.encode(ARGV[7]) .. '}')
redis.call('HSET', KEYS[1], 'version', int(version))
return 'changed'
