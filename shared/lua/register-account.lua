#!lua
-- Makes an account, if the id is free: neither registered nor claimed by a game server's first score.
--
-- KEYS  1 shard:{S}   2 queue:scores:{S}   3 account:{S}:<user_id>
-- ARGV  1 most messages that may wait in the queue, 0 = no bound
--       2 event_id  3 user_id  4 name  5 region  6 bcrypt hash
-- Returns 'created' and its version, 'user_exists' and '', or 'queue_full' and ''.
-- Error CLOSED: as in write-scores.lua.

local shard = redis.call('HMGET', KEYS[1], 'epoch', 'version')
if shard[1] ~= EPOCH then return redis.error_reply('CLOSED shard is not open at this epoch') end
local function int(n) return string.format('%.0f', n) end

if redis.call('EXISTS', KEYS[3]) == 1 then return { 'user_exists', '' } end
local queue_max = tonumber(ARGV[1])
if queue_max > 0 and redis.call('LLEN', KEYS[2]) >= queue_max then return { 'queue_full', '' } end

local clock = redis.call('TIME')
local version = math.max((tonumber(shard[2]) or 0) + 1, tonumber(clock[1]) * 1000000 + tonumber(clock[2]))
local created_ms = int(math.floor(version / 1000))
redis.call('HSET', KEYS[3], 'name', ARGV[4], 'region', ARGV[5], 'password_hash', ARGV[6],
  'created_at', created_ms, 'version', int(version))
redis.call('LPUSH', KEYS[2], '{"event_id":' .. cjson.encode(ARGV[2])
  .. ',"version":' .. int(version)
  .. ',"user_id":' .. cjson.encode(ARGV[3])
  .. ',"name":' .. cjson.encode(ARGV[4])
  .. ',"region":"' .. ARGV[5]
  .. '","op":"account","password_hash":' .. cjson.encode(ARGV[6])
  .. ',"timestamp":' .. created_ms .. '}')
redis.call('HSET', KEYS[1], 'version', int(version))
return { 'created', int(version) }
