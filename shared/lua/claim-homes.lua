#!lua
-- Gives each user of a batch a home region, once. The first claim stands; later ones learn it.
--
-- KEYS  1 shard:{S} of the accounts   2 queue:scores:{S}   3 prefix account:{S}:
-- ARGV  1 most messages that may wait in the queue, 0 = no bound
--       then 4 for each user: event_id, user_id, region, name
-- Returns four strings for each user: 'known' or 'claimed', the home region, the name and the version of the account; or
--       'queue_full', '', '', ''.
-- Error CLOSED: as in write-scores.lua.

local shard = redis.call('HMGET', KEYS[1], 'epoch', 'version')
if shard[1] ~= EPOCH then return redis.error_reply('CLOSED shard is not open at this epoch') end
local function int(n) return string.format('%.0f', n) end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local version = tonumber(shard[2]) or 0
local queue_max = tonumber(ARGV[1])
local waiting = redis.call('LLEN', KEYS[2])
local messages, reply = {}, {}

for at = 2, #ARGV, 4 do
  local event_id, user_id, region, name = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local key = KEYS[3] .. user_id
  local account = redis.call('HMGET', key, 'region', 'name', 'version')
  local home, known_name, known_version = account[1], account[2] or name, account[3] or ''
  local code = 'known'
  if not home then
    if queue_max > 0 and waiting >= queue_max then
      code, home = 'queue_full', ''
    else
      code, home = 'claimed', region
      version = math.max(version + 1, now)
      known_version = int(version)
      waiting = waiting + 1
      local created_ms = int(math.floor(version / 1000))
      redis.call('HSET', key, 'name', name, 'region', region, 'created_at', created_ms, 'version', int(version))
      messages[#messages + 1] = '{"event_id":' .. cjson.encode(event_id)
        .. ',"version":' .. int(version)
        .. ',"user_id":' .. cjson.encode(user_id)
        .. ',"name":' .. cjson.encode(name)
        .. ',"region":"' .. region
        .. '","op":"account","password_hash":null,"timestamp":' .. created_ms .. '}'
    end
  end
  reply[#reply + 1] = code
  reply[#reply + 1] = home
  reply[#reply + 1] = known_name
  reply[#reply + 1] = known_version
end

if #messages > 0 then
  redis.call('LPUSH', KEYS[2], unpack(messages))
  redis.call('HSET', KEYS[1], 'version', int(version))
end
return reply
