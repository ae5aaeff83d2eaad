#!lua flags=allow-oom
-- Forgets where users stand in windows, whose boards are gone. Called by the recovery of a closed shard only.
--
-- KEYS  1 shard:{S}, then user:{S}:<user_id> of each user
-- ARGV  1 epoch of the recovery
-- Returns the number of users.
-- Error SUPERSEDED: another recovery has begun, or this Redis was emptied meanwhile.

if redis.call('HGET', KEYS[1], 'recovering') ~= ARGV[1] then
  return redis.error_reply('SUPERSEDED this recovery is not the current one')
end

for at = 2, #KEYS do
  for _, field in ipairs(redis.call('HKEYS', KEYS[at])) do
    local kind = string.match(field, '^(%l+):')
    if kind == 'at' or kind == 'rolling' then redis.call('HDEL', KEYS[at], field) end
  end
end
return #KEYS - 1
