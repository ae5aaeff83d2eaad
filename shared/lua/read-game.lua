#!lua flags=no-writes
-- KEYS  1 shard:{S} of the games   2 games:{S}
-- ARGV  1 game
-- Returns the JSON of its definition, '' for an unknown game.
-- Error CLOSED: as in write-scores.lua.

if redis.call('HGET', KEYS[1], 'epoch') ~= EPOCH then
  return redis.error_reply('CLOSED shard is not open at this epoch')
end
return redis.call('HGET', KEYS[2], ARGV[1]) or ''
