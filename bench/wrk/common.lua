-- What all load scripts share. Requests are built here as text: wrk.format would cost more than the request itself, and
-- the load generator runs on the same cores as what it measures.

local common = {}

local function host() return wrk.host .. ':' .. wrk.port end

function common.get(path)
  return 'GET ' .. path .. ' HTTP/1.1\r\nHost: ' .. host() .. '\r\n\r\n'
end

-- All of a POST up to the number of its Content-Length.
function common.post_head(path, token)
  return 'POST ' .. path .. ' HTTP/1.1\r\nHost: ' .. host() .. '\r\nAuthorization: Bearer ' .. token
    .. '\r\nContent-Type: application/json\r\nContent-Length: '
end

-- The players that bench/src/population/players.ts wrote: user_id, region, score, token.
function common.read_players(file)
  local players = { ids = {}, regions = {}, scores = {}, heads = {}, count = 0 }
  for line in io.lines(file) do
    local id, region, score, token = string.match(line, '^(%S+)\t(%S+)\t(%S+)\t(%S+)$')
    local at = players.count + 1
    players.count = at
    players.ids[at], players.regions[at], players.scores[at] = id, region, tonumber(score)
    players.heads[at] = common.post_head('/score', token)
  end
  return players
end

-- A score one higher than this player's last one: every write changes the board, at a place of the player's own.
function common.post_score(players, at, offset)
  local score = players.scores[at] + 1
  players.scores[at] = score
  local body = '{"score":' .. string.format('%d', score + offset) .. '}'
  return players.heads[at] .. #body .. '\r\n\r\n' .. body
end

-- The line that bench/src/load/wrk.ts reads. wrk counts every answer over 399 as errors.status.
function common.report(summary, latency, refused_events)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"durationUs":%d,"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d},'
      .. '"latencyUs":{"p50":%d,"p90":%d,"p99":%d,"max":%d},"refusedEvents":%d}\n',
    summary.requests, summary.duration, errors.connect, errors.read, errors.write, errors.status, errors.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max, refused_events or 0))
end

return common
