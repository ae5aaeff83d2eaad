-- POST /scores by a game server: each call has events of players drawn evenly, each with its home region.
-- Arguments: players file, random seed, offset of the scores, server token, events a call

local common = dofile(string.match(debug.getinfo(1, 'S').source, '^@(.*/)') .. 'common.lua')
local players, offset, head, events
local threads = {}
refused = 0

function setup(thread) threads[#threads + 1] = thread end

function init(args)
  players = common.read_players(args[1])
  math.randomseed(tonumber(args[2]))
  offset, events = tonumber(args[3]), tonumber(args[5])
  head = common.post_head('/scores', args[4])
end

function request()
  local parts = {}
  for at = 1, events do
    local player = math.random(players.count)
    local score = players.scores[player] + 1
    players.scores[player] = score
    parts[at] = '{"user_id":"' .. players.ids[player] .. '","region":"' .. players.regions[player]
      .. '","score":' .. string.format('%d', score + offset) .. '}'
  end
  local body = '{"events":[' .. table.concat(parts, ',') .. ']}'
  return head .. #body .. '\r\n\r\n' .. body
end

function response(status, _, body)
  if status ~= 200 or not string.find(body, '"ok":false', 1, true) then return end
  local _, count = string.gsub(body, '"ok":false', '')
  refused = refused + count
end

function done(summary, latency)
  local total = 0
  for _, thread in ipairs(threads) do total = total + thread:get('refused') end
  common.report(summary, latency, total)
end
