-- Takes a user off all boards and leaves of its hash only what refuses what comes late: `erased`, the version of the
-- account that is gone, and `erased_at`, the version of the erasure.
local function erase_user(user_key, user_id, prefixes, due_key, account_version, version)
  for _, boards in ipairs(prefixes) do leave_boards(user_key, user_id, boards, nil) end
  each_standing(user_key, function(game) redis.call('ZREM', due_key, game .. ' ' .. user_id) end)
  redis.call('DEL', user_key)
  redis.call('HSET', user_key, 'erased', account_version, 'erased_at', int(version))
end
