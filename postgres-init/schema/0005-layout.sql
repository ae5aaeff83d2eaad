-- Over how many partitions this region's users are spread in Redis: one row. Only who has the same number may recover a shard.
CREATE TABLE IF NOT EXISTS layout (
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  partitions integer NOT NULL,
  -- NULL but while `npm run rebuild -- --partitions` moves the users; then nobody else may recover a shard.
  moving_to  integer
);
