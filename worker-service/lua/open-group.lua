#!lua
-- Makes a consumer group of an event stream, unless there is one.
--
-- KEYS  1 events:{S}
-- ARGV  1 group   2 '1' = it begins with the first event that is kept, '0' = with the next one
-- Returns 1 when it was made.
--
-- The number of entries read so far is given to Redis together with the place, so that what was trimmed unread can be
-- counted later.

if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM', 'ENTRIESREAD', '0')
  return 1
end
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  if group[2] == ARGV[1] then return 0 end
end

local stream = {}
local fields = redis.call('XINFO', 'STREAM', KEYS[1])
for at = 1, #fields, 2 do stream[fields[at]] = fields[at + 1] end
local added = stream['entries-added']
if ARGV[2] == '1' then
  local removed = string.format('%.0f', added - stream['length'])
  redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'ENTRIESREAD', removed)
else
  redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '$', 'ENTRIESREAD', string.format('%.0f', added))
end
return 1
