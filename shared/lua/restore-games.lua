#!lua flags=allow-oom
-- Writes definitions of games as they are known elsewhere where this Redis has older ones or none. Called by the
-- recovery of a closed shard only; write-game.lua has the same layout.
--
-- KEYS  1 shard:{S} of the games   2 games:{S}   3 games:{S}:names
-- ARGV  1 epoch of the recovery   2 '1' = games of the same version are written again, too
--       then 3 for each game: game, its definition, version
-- Returns the number of games written.
-- Error SUPERSEDED: another recovery has begun, or this Redis was emptied meanwhile.

if redis.call('HGET', KEYS[1], 'recovering') ~= ARGV[1] then
  return redis.error_reply('SUPERSEDED this recovery is not the current one')
end

local again = ARGV[2] == '1'
local written = 0

for at = 3, #ARGV, 3 do
  local game, version = ARGV[at], ARGV[at + 2]
  local known = redis.call('HGET', KEYS[2], game)
  local older = (tonumber(known and string.match(known, '^{"version":(%d+)')) or -1) - tonumber(version)
  if older < 0 or (older == 0 and again) then
    written = written + 1
    redis.call('HSET', KEYS[2], game, '{"version":' .. version .. ',' .. string.sub(ARGV[at + 1], 2))
    redis.call('ZADD', KEYS[3], 0, game)
  end
end
return written
