-- Games, and the rules under which they were written. The containers' first start leaves this to the worker.

-- What operators defined; used in GLOBAL's database only. `definition` as in shared/src/contracts/games.ts.
CREATE TABLE IF NOT EXISTS games (
  game       text   COLLATE "C" PRIMARY KEY,
  definition jsonb  NOT NULL,
  version    bigint NOT NULL
);

-- `operator:order` of each game that has scores in this region, as its first write said: what a recovery needs to put
-- the scores in their order, without asking another region.
CREATE TABLE IF NOT EXISTS game_rules (
  game    text   COLLATE "C" PRIMARY KEY,
  rules   text   NOT NULL,
  version bigint NOT NULL
);
