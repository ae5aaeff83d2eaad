#!lua
-- Makes or replaces a game: its definition and the queue change together or not at all.
--
-- KEYS  1 shard:{S} of the games   2 queue:scores:{S}   3 games:{S}   4 games:{S}:names   5 games:{S}:changing:<game>
-- ARGV  1 most messages that may wait in the queue, 0 = no bound
--       2 token of the lease (lease-game.lua), which ends here   3 event_id   4 game
--       5 its definition, a JSON object that is not empty   6 admin who asks   7 request_id
-- Returns 'written', 'queue_full', or 'lost' when the lease is somebody else's by now.
-- Error CLOSED: as in write-scores.lua.

local shard = redis.call('HMGET', KEYS[1], 'epoch', 'version')
if shard[1] ~= EPOCH then return redis.error_reply('CLOSED shard is not open at this epoch') end
local function int(n) return string.format('%.0f', n) end

if redis.call('GET', KEYS[5]) ~= ARGV[2] then return 'lost' end
local queue_max = tonumber(ARGV[1])
if queue_max > 0 and redis.call('LLEN', KEYS[2]) >= queue_max then return 'queue_full' end

local clock = redis.call('TIME')
local version = math.max((tonumber(shard[2]) or 0) + 1, tonumber(clock[1]) * 1000000 + tonumber(clock[2]))
redis.call('HSET', KEYS[3], ARGV[4], '{"version":' .. int(version) .. ',' .. string.sub(ARGV[5], 2))
redis.call('ZADD', KEYS[4], 0, ARGV[4])
redis.call('LPUSH', KEYS[2], '{"event_id":' .. cjson.encode(ARGV[3])
  .. ',"version":' .. int(version)
  .. ',"game":' .. cjson.encode(ARGV[4])
  .. ',"op":"game","definition":' .. ARGV[5]
  .. ',"timestamp":' .. int(math.floor(version / 1000))
  .. ',"actor":' .. cjson.encode(ARGV[6])
  .. ',"request_id":' .. cjson.encode(ARGV[7]) .. '}')
redis.call('HSET', KEYS[1], 'version', int(version))
redis.call('DEL', KEYS[5])
return 'written'
