#!lua
-- Erases all that a shard has of a user and refuses what was sent on behalf of the erased account from now on. Only that
-- refusal stays: the versions of the erased account and of the erasure.
--
-- KEYS  1 shard:{S}   2 queue:scores:{S}   3 user:{S}:<user_id>   4 leaderboard:{S}   5 hidden:{S}   6 due:{S}
--       7 a key that never exists (shared/src/topology/keys.ts)
-- ARGV  1 event_id  2 user_id  3 region  4 version of the account  5 admin who asks, '' = the user  6 request_id
-- Returns 'erased', or 'unchanged' when this account was erased before.
-- Error CLOSED: as in write-scores.lua.
--
-- A full queue does not refuse it: the right to be forgotten must not wait for others' scores.

--#include entries
--#include standings
--#include erasure

local shard = redis.call('HMGET', KEYS[1], 'epoch', 'version')
if shard[1] ~= EPOCH then return redis.error_reply('CLOSED shard is not open at this epoch') end

local erased = tonumber(redis.call('HGET', KEYS[3], 'erased'))
if erased and erased >= tonumber(ARGV[4]) then return 'unchanged' end

local clock = redis.call('TIME')
local version = math.max((tonumber(shard[2]) or 0) + 1, tonumber(clock[1]) * 1000000 + tonumber(clock[2]))
erase_user(KEYS[3], ARGV[2], { KEYS[4], KEYS[5] }, KEYS[6], ARGV[4], version)
redis.call('LPUSH', KEYS[2], '{"event_id":' .. cjson.encode(ARGV[1])
  .. ',"version":' .. int(version)
  .. ',"user_id":' .. cjson.encode(ARGV[2])
  .. ',"region":"' .. ARGV[3]
  .. '","op":"erase","account_version":' .. ARGV[4]
  .. ',"timestamp":' .. int(math.floor(version / 1000))
  .. (ARGV[5] ~= '' and ',"actor":' .. cjson.encode(ARGV[5]) or '')
  .. ',"request_id":' .. cjson.encode(ARGV[6]) .. '}')
redis.call('HSET', KEYS[1], 'version', int(version))
return 'erased'
