-- The answers to keyed writes: HASHes answers:{S}:<n>, one for each half of the time that answers are kept, of those that were
-- first given in that half; n counts halves since 1970. One that is over expires as a whole when its last answer does.
--   field   user_id:<idempotency key>
--   value   the answer as write-scores.lua gives it: JSON array, its last members the hash of the request and the version of the
--           write

local function answers_half(ms, kept_ms) return math.floor(ms / kept_ms * 2) end
local function answers_key(prefix, half) return prefix .. string.format('%d', half) end

local function expire_answers(prefix, half, kept_ms)
  redis.call('PEXPIREAT', answers_key(prefix, half), string.format('%d', (half + 1) * kept_ms / 2 + kept_ms))
end

-- Finds and keeps answers by where their field stands.
local function open_answers(prefix, fields, now_ms, kept_ms)
  local half = answers_half(now_ms, kept_ms)
  local oldest = (now_ms - kept_ms) * 1000
  local kept = {}
  for earlier = half, half - 2, -1 do
    local key = answers_key(prefix, earlier)
    if redis.call('EXISTS', key) == 1 then kept[#kept + 1] = redis.call('HMGET', key, unpack(fields)) end
  end
  local new, changes = {}, { nil, nil, nil, nil, nil, nil, nil, nil }

  local function parsed(text)
    local hash, version = string.match(text, '"([^"]*)",(%d+)%]$')
    version = tonumber(version)
    if version and version > oldest then return text, hash, version end
  end

  -- The answer, hash of the request, version; nothing when there is none.
  local function find(at)
    local text = new[fields[at]]
    if text then return parsed(text) end
    for _, values in ipairs(kept) do
      if values[at] then return parsed(values[at]) end
    end
  end

  local function keep(at, answer)
    local field, count = fields[at], #changes
    new[field], changes[count + 1], changes[count + 2] = answer, field, answer
  end

  local function write()
    if not changes[1] then return end
    local key = answers_key(prefix, half)
    local is_new = redis.call('HSET', key, unpack(changes)) == redis.call('HLEN', key)
    if is_new then expire_answers(prefix, half, kept_ms) end
  end

  return { find = find, keep = keep, write = write }
end
