-- Webhooks, and what they still have to be told. Used in GLOBAL's database only.

CREATE TABLE IF NOT EXISTS webhooks (
  id                text        COLLATE "C" PRIMARY KEY,
  url               text        NOT NULL,
  games             text[],     -- NULL = all
  kinds             text[]      NOT NULL,
  secret            text        NOT NULL,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  delivered         bigint      NOT NULL DEFAULT 0,
  failed            bigint      NOT NULL DEFAULT 0,  -- attempts
  dead              bigint      NOT NULL DEFAULT 0,  -- given up after the last attempt
  dropped           bigint      NOT NULL DEFAULT 0,  -- not even queued: too many were waiting
  last_delivered_at timestamptz,
  last_error        text,
  last_error_at     timestamptz
);

-- What waits to be delivered, for the first time or again. A row goes when it is delivered or dead.
CREATE TABLE IF NOT EXISTS webhook_deliveries (
  id         text        COLLATE "C" PRIMARY KEY,
  webhook_id text        COLLATE "C" NOT NULL REFERENCES webhooks ON DELETE CASCADE,
  seq        bigint      GENERATED ALWAYS AS IDENTITY,
  content    json        NOT NULL,
  attempts   integer     NOT NULL DEFAULT 0,
  -- While an attempt runs: when it counts as lost with its worker.
  due_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at, seq);

-- What was told last of a game: as `leader` who stands first, as `daily`, `weekly`, `monthly` the period that ended.
CREATE TABLE IF NOT EXISTS webhook_marks (
  game    text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  mark    text COLLATE "C" NOT NULL,
  PRIMARY KEY (game, subject)
);
