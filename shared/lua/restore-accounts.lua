#!lua flags=allow-oom
-- Writes accounts as they are known elsewhere where this Redis has older ones or none. Called by the recovery of a
-- closed shard only; register-account.lua and claim-homes.lua have the same layout.
--
-- KEYS  1 shard:{S}   2 prefix account:{S}:
-- ARGV  1 epoch of the recovery   2 '1' = accounts of the same version are written again, too
--       then 7 for each account: user_id, name, region, bcrypt hash ('' = none), created ms, version, '1' = removed
-- Returns the number of accounts written.
-- Error SUPERSEDED: another recovery has begun, or this Redis was emptied meanwhile.

if redis.call('HGET', KEYS[1], 'recovering') ~= ARGV[1] then
  return redis.error_reply('SUPERSEDED this recovery is not the current one')
end

local again = ARGV[2] == '1'
local written = 0

for at = 3, #ARGV, 7 do
  local key = KEYS[2] .. ARGV[at]
  local older = (tonumber(redis.call('HGET', key, 'version')) or -1) - tonumber(ARGV[at + 5])
  if older < 0 or (older == 0 and again) then
    written = written + 1
    redis.call('DEL', key)
    if ARGV[at + 6] ~= '1' then
      redis.call('HSET', key, 'name', ARGV[at + 1], 'region', ARGV[at + 2],
        'created_at', ARGV[at + 4], 'version', ARGV[at + 5])
      if ARGV[at + 3] ~= '' then redis.call('HSET', key, 'password_hash', ARGV[at + 3]) end
    end
  end
end
return written
