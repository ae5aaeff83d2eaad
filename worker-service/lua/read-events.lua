#!lua
-- Reads on in an event stream for a consumer of a group, and counts what was trimmed before the group could read it.
--
-- KEYS  1 events:{S}
-- ARGV  1 group   2 consumer   3 most entries
--       4 '>' = what nobody of the group has been given, or an id: what this consumer was given after it and did not ack
-- Returns how many entries are missing before these at most, -1 = unknown; the last id that the group has been given;
--       and the entries [id, [field, value, …]], where [id, nil] is one that was trimmed after it was given.
-- Error NOGROUP: the stream or the group is gone.

if redis.call('EXISTS', KEYS[1]) == 0 then return redis.error_reply('NOGROUP there is no such stream') end

local function fields_of(list)
  local fields = {}
  for at = 1, #list, 2 do fields[list[at]] = list[at + 1] end
  return fields
end

local function is_before(id, other)
  local ms, number = string.match(id, '(%d+)-(%d+)')
  local other_ms, other_number = string.match(other, '(%d+)-(%d+)')
  if ms ~= other_ms then return tonumber(ms) < tonumber(other_ms) end
  return tonumber(number) < tonumber(other_number)
end

local missing, given = 0, '0-0'
if ARGV[4] == '>' then
  local stream = fields_of(redis.call('XINFO', 'STREAM', KEYS[1]))
  local first = stream['first-entry']
  for _, list in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local group = fields_of(list)
    local last_read = group['last-delivered-id']
    local next_kept = first and first[1] or stream['last-generated-id']
    if group['name'] == ARGV[1] then
      given = last_read
      if is_before(last_read, next_kept) then
        local removed = stream['entries-added'] - stream['length']
        local read = group['entries-read']
        missing = read and math.max(0, removed - read) or -1
        -- Counted once: the group goes on as if it had read them.
        if missing ~= 0 then
          if not first then given = next_kept end
          redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], given, 'ENTRIESREAD', string.format('%.0f', removed))
        end
      end
    end
  end
end

local reply = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[3], 'STREAMS', KEYS[1], ARGV[4])
local entries = reply and reply[1][2] or {}
if ARGV[4] == '>' and #entries > 0 then given = entries[#entries][1] end
return { missing, given, entries }
