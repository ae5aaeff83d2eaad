-- How entries stand on a board (shared/src/scoring/place.ts) and what the rules of a game say (shared/src/scoring/rules.ts).
-- Scores, versions and times never pass through tostring or cjson, which keep 14 digits only.

local MAX_SCORE = 9007199254740991
local fmt = string.format
-- %d reads it as a 64-bit integer and takes half the time of %.0f.
local function int(n) return fmt('%d', n) end

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

local function member_of(user_id, reached) return fmt('%016d', reached) .. user_id end

-- What stands behind a user's fields and a board's key: '' or ':<game>'.
local function suffix_of(game)
  return game == 'default' and '' or ':' .. game
end

-- The same from numbers that are text already, as they stand in hashes.
local function member_at(user_id, reached_text)
  if #reached_text == 16 then return reached_text .. user_id end
  return member_of(user_id, tonumber(reached_text))
end

local function sort_text(score_text, order)
  if order == 'asc' or score_text == '0' then return score_text end
  if string.byte(score_text) == 45 then return string.sub(score_text, 2) end
  return '-' .. score_text
end
