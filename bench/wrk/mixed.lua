-- Half writes, half reads: of the reads two fifths /rank in the home region (everyone, for users of GLOBAL), one fifth each
-- /rank GLOBAL, /around and /top.
-- Arguments: as score.lua

local common = dofile(string.match(debug.getinfo(1, 'S').source, '^@(.*/)') .. 'common.lua')
local players, offset, top
local turn = 0

function init(args)
  players = common.read_players(args[1])
  math.randomseed(tonumber(args[2]))
  offset = tonumber(args[3])
  top = common.get('/top?limit=100')
end

function request()
  turn = turn + 1
  local at = math.random(players.count)
  if turn % 2 == 0 then return common.post_score(players, at, offset) end
  local read = turn % 10
  if read == 1 or read == 3 then
    return common.get('/rank/' .. players.ids[at] .. '?region=' .. players.regions[at])
  end
  if read == 5 then return common.get('/rank/' .. players.ids[at]) end
  if read == 7 then return common.get('/around/' .. players.ids[at] .. '?range=10') end
  return top
end

function done(summary, latency) common.report(summary, latency) end
