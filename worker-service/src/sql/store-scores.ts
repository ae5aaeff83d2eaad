const text = (onConflict: '' | 'ON CONFLICT DO NOTHING') => `
    WITH event AS MATERIALIZED (
      SELECT event_id, version, game, user_id, name, region, op, value, score, request_id, retry,
             timestamptz 'epoch' + version * interval '1 microsecond' AS accepted_at,
             timestamptz 'epoch' + achieved_at * interval '1 microsecond' AS achieved_at,
             timestamptz 'epoch' + timestamp * interval '1 millisecond' AS happened_at
      FROM json_to_recordset($1) AS message (
        event_id text COLLATE "C", version bigint, game text COLLATE "C", user_id text COLLATE "C", name text,
        region text, op text, value bigint, score bigint, achieved_at bigint, timestamp bigint, request_id text,
        retry text
      )
      WHERE NOT EXISTS (
        SELECT FROM erasures WHERE erasures.user_id = message.user_id AND erasures.version > message.version
      )
    ), history AS (
      INSERT INTO score_events (event_id, version, game, user_id, name, region, op, value, score, request_id,
                                retry, accepted_at, achieved_at, happened_at)
      SELECT event_id, version, game, user_id, name, region, op, value, score, request_id,
             retry, accepted_at, achieved_at, happened_at
      FROM event
      ${onConflict}
    )
    INSERT INTO leaderboard (game, user_id, name, region, score, version, achieved_at)
    SELECT DISTINCT ON (game, user_id) game, user_id, name, region, score, version, achieved_at
    FROM event
    ORDER BY game, user_id, version DESC
    ON CONFLICT (game, user_id) DO UPDATE
    SET name = excluded.name, region = excluded.region, score = excluded.score, version = excluded.version,
        achieved_at = excluded.achieved_at, updated_at = excluded.updated_at
    WHERE leaderboard.version < excluded.version`;

/**
 * Stores a batch of score messages: each one in the history, the newest of each entry on the board. Refuses a batch of which
 * the history has something.
 *
 * $1  JSON array of messages, as they stood in the queue
 *
 * What is from before its user's erasure is left out. The joined text is parsed by Postgres, which takes a third of the worker's CPU that arrays of columns take and is as
 * fast. Entries are locked in the order of their key, so two batches cannot wait for each other.
 */
export const storeScores = { name: 'store-scores', text: text('') };

/** The same, and leaves what the history has as it is. */
export const storeScoresAgain = { name: 'store-scores-again', text: text('ON CONFLICT DO NOTHING') };
