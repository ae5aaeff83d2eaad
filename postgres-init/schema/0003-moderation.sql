-- What is done to users as a whole, and what admins did.

-- Users whom nobody but themselves sees on a board.
CREATE TABLE IF NOT EXISTS hidden_users (
  user_id text    COLLATE "C" PRIMARY KEY,
  hidden  boolean NOT NULL,
  version bigint  NOT NULL
);

-- Users whose scores were erased: nothing of them with a lower version is kept or comes back. Of the user only the id stays,
-- with the version of the account that is gone.
CREATE TABLE IF NOT EXISTS erasures (
  user_id         text   COLLATE "C" PRIMARY KEY,
  version         bigint NOT NULL,
  account_version bigint NOT NULL
);

-- Every act of an admin: who, what, on whom or what, when.
CREATE TABLE IF NOT EXISTS admin_acts (
  acted_at   timestamptz NOT NULL,
  actor      text        NOT NULL,
  act        text        NOT NULL,
  subject    text        NOT NULL,
  detail     jsonb       NOT NULL DEFAULT '{}',
  request_id text,
  event_id   text        COLLATE "C" PRIMARY KEY
);
CREATE INDEX IF NOT EXISTS admin_acts_by_time ON admin_acts (acted_at);
