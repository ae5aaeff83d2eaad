#!lua flags=no-writes
-- KEYS  1 shard:{S}   2 account:{S}:<user_id>
-- Returns name, region, bcrypt hash ('' = none) and version, or nothing for an unknown user.
-- Error CLOSED: as in write-scores.lua.

if redis.call('HGET', KEYS[1], 'epoch') ~= EPOCH then
  return redis.error_reply('CLOSED shard is not open at this epoch')
end
local account = redis.call('HMGET', KEYS[2], 'name', 'region', 'password_hash', 'version')
if not account[2] then return {} end
return { account[1], account[2], account[3] or '', account[4] or '0' }
