#!lua
-- Erases an account, when its scores are erased: the id is free again.
--
-- KEYS  1 shard:{S}   2 queue:scores:{S}   3 account:{S}:<user_id>
-- ARGV  1 event_id  2 user_id  3 version of the account that is meant
-- Returns 1, or 0 when the account is not that one (any more).
-- Error CLOSED: as in write-scores.lua.

--#include entries

local shard = redis.call('HMGET', KEYS[1], 'epoch', 'version')
if shard[1] ~= EPOCH then return redis.error_reply('CLOSED shard is not open at this epoch') end

local account = redis.call('HMGET', KEYS[3], 'version', 'region')
if account[1] ~= ARGV[3] then return 0 end

local clock = redis.call('TIME')
local version = math.max((tonumber(shard[2]) or 0) + 1, tonumber(clock[1]) * 1000000 + tonumber(clock[2]))
redis.call('DEL', KEYS[3])
redis.call('LPUSH', KEYS[2], '{"event_id":' .. cjson.encode(ARGV[1])
  .. ',"version":' .. int(version)
  .. ',"user_id":' .. cjson.encode(ARGV[2])
  .. ',"name":"-","region":"' .. account[2]
  .. '","op":"account-removed","password_hash":null,"timestamp":' .. int(math.floor(version / 1000)) .. '}')
redis.call('HSET', KEYS[1], 'version', int(version))
return 1
