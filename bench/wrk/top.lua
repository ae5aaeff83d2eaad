-- GET /top?limit=100, the same request all the time.

local common = dofile(string.match(debug.getinfo(1, 'S').source, '^@(.*/)') .. 'common.lua')
local text

function init() text = common.get('/top?limit=100') end

function request() return text end

function done(summary, latency) common.report(summary, latency) end
