-- How entries stand on a board (shared/src/scoring/place.ts) and what the rules of a game say (shared/src/scoring/rules.ts).
-- Scores, versions and times never pass through tostring or cjson, which keep 14 digits only.

local MAX_SCORE = 9007199254740991
local fmt = string.format
local function int(n) return fmt('%.0f', n) end

-- 'best:desc:overall' → operator, order, whether the game counts on the overall board
local function parse_rules(rules)
  local operator, order, rest = string.match(rules, '^(%l+):(%l+)(.*)$')
  return operator, order, rest == ':overall'
end

local function better(a, b, order)
  if order == 'asc' then return a < b end
  return a > b
end

local function sort_key(score, order)
  if order == 'asc' then return score end
  return 0 - score
end

-- Also the inverse of sort_key.
local score_of = sort_key

local function member_of(user_id, reached) return fmt('%016.0f', reached) .. user_id end

-- What stands behind a user's fields and a board's key: '' or ':<game>'.
local function suffix_of(game)
  return game == 'default' and '' or ':' .. game
end
