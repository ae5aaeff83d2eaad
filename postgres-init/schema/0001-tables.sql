-- The tables of one region's database. Run by the containers' first start (02-create-tables.sql) and as the worker's
-- first migration, so each statement may run twice.
--
-- Rules that all of it follows:
--   * Ids and games compare by bytes (collate "C"): the order is the same on every machine, and cheaper.
--   * `version` is µs of Redis time, strictly increasing within a shard. A row is replaced by a higher version only,
--     so a message may come twice, late or out of order.
--   * Rows are never deleted by the worker: a removal is a row too (a tombstone), which a late message cannot undo.
--   * There is no index on score: ranks come from Redis, and the index would cost a third of the writing speed.

-- Where each user stands now. `score` NULL = removed.
CREATE TABLE IF NOT EXISTS leaderboard (
  game        text        COLLATE "C" NOT NULL,
  user_id     text        COLLATE "C" NOT NULL,
  name        text                    NOT NULL,
  region      text                    NOT NULL,
  score       bigint,
  version     bigint                  NOT NULL,
  achieved_at timestamptz             NOT NULL,
  updated_at  timestamptz             NOT NULL DEFAULT now(),
  PRIMARY KEY (game, user_id)
) WITH (fillfactor = 80);  -- room for the next version in the same page

-- Every accepted score event, once. `event_id` is unique per user and acceptance: an Idempotency-Key may be used again
-- after its 24 hours. The time stands first in the key, so that new rows go to its end and a stretch of time is found
-- without another index. `accepted_at` is the event's version as a time, exact to the µs.
CREATE TABLE IF NOT EXISTS score_events (
  accepted_at timestamptz             NOT NULL,
  user_id     text        COLLATE "C" NOT NULL,
  event_id    text        COLLATE "C" NOT NULL,
  version     bigint                  NOT NULL,
  game        text        COLLATE "C" NOT NULL,
  name        text                    NOT NULL,
  region      text                    NOT NULL,
  op          text                    NOT NULL,
  value       bigint,
  score       bigint,
  achieved_at timestamptz             NOT NULL,
  happened_at timestamptz             NOT NULL,
  request_id  text,
  -- Of a keyed write: hash of its request, previous score and rank, 'null' for none, with a space between them. With the
  -- other columns that answers its retry after Redis was lost.
  retry       text,
  PRIMARY KEY (accepted_at, user_id, event_id)
) PARTITION BY RANGE (accepted_at);

-- A user's history, newest first.
CREATE INDEX IF NOT EXISTS score_events_of_user ON score_events (user_id, version DESC);

-- One partition a day is made ahead and dropped after HISTORY_DAYS by the worker. This one takes what fits in none, so
-- that no event is ever refused for its date.
CREATE TABLE IF NOT EXISTS score_events_default PARTITION OF score_events DEFAULT;

-- Accounts, and home regions claimed by a game server's first score. Used in GLOBAL's database only.
CREATE TABLE IF NOT EXISTS accounts (
  user_id       text        COLLATE "C" PRIMARY KEY,
  name          text        NOT NULL,
  region        text        NOT NULL,
  password_hash text,
  version       bigint      NOT NULL,
  created_at    timestamptz NOT NULL,
  removed       boolean     NOT NULL DEFAULT false
);

-- Queue items that can never be stored, once each, beside the Redis list `queue:scores:{shard}:dead`. Bytes, because
-- text refuses U+0000.
CREATE TABLE IF NOT EXISTS dead_letters (
  shard     text        COLLATE "C" NOT NULL,
  digest    bytea       NOT NULL,  -- SHA-256 of the item
  item      bytea       NOT NULL,
  reason    text        NOT NULL,
  failed_at timestamptz NOT NULL DEFAULT now(),
  id        bigint      GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (shard, digest)
);

-- The fence of each shard (docs/recovery.md).
CREATE TABLE IF NOT EXISTS shards (
  tag          text   COLLATE "C" PRIMARY KEY,
  epoch        bigint NOT NULL,
  -- Rows from this version on may be missing in Redis; NULL = none. Set by a batch that was taken before Redis lost
  -- it and stored after the recovery.
  restore_from bigint,
  -- A Redis that knows a version above this one has had them restored; NULL = no Redis has, recover.
  restored_by  bigint
);

-- Each recovery that got as far as knowing what Redis had kept: all versions up to `kept_version`, 0 = nothing.
CREATE TABLE IF NOT EXISTS recoveries (
  tag          text        COLLATE "C" NOT NULL,
  epoch        bigint      NOT NULL,
  kept_version bigint      NOT NULL,
  started_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tag, epoch)
);
