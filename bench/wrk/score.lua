-- POST /score by players, each with its own token, drawn evenly.
-- Arguments: players file, random seed, offset of the scores

local common = dofile(string.match(debug.getinfo(1, 'S').source, '^@(.*/)') .. 'common.lua')
local players, offset

function init(args)
  players = common.read_players(args[1])
  math.randomseed(tonumber(args[2]))
  offset = tonumber(args[3])
end

function request()
  return common.post_score(players, math.random(players.count), offset)
end

function done(summary, latency) common.report(summary, latency) end
