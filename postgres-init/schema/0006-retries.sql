-- What answers the retry of a keyed write, for tables made before it was a text (0001-tables.sql): jsonb took a tenth of the time
-- that storing a batch takes.
ALTER TABLE score_events ADD COLUMN IF NOT EXISTS retry text;
ALTER TABLE score_events DROP COLUMN IF EXISTS idempotency;
