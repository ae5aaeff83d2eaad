-- GET <path of a user>, drawn evenly from all users: what was asked last says nothing about what is asked next.
-- Arguments: random seed, number of users, format of an id, regions (comma-separated, user i lives in the (i mod n)th),
--            format of the path with the id and (if it takes one) the home region, 'regional' = only users of regions
--            other than GLOBAL, whose home region is everyone

local common = dofile(string.match(debug.getinfo(1, 'S').source, '^@(.*/)') .. 'common.lua')
local users, id_format, path_format, regional
local regions = {}

function init(args)
  math.randomseed(tonumber(args[1]))
  users, id_format, path_format, regional = tonumber(args[2]), args[3], args[5], args[6] == 'regional'
  for region in string.gmatch(args[4], '[^,]+') do regions[#regions + 1] = region end
end

function request()
  local user, region
  repeat
    user = math.random(0, users - 1)
    region = regions[user % #regions + 1]
  until not regional or region ~= 'GLOBAL'
  return common.get(string.format(path_format, string.format(id_format, user), region))
end

function done(summary, latency) common.report(summary, latency) end
