const text = (onConflict: '' | 'ON CONFLICT DO NOTHING') => `
    WITH event AS MATERIALIZED (
      SELECT event_id COLLATE "C" AS event_id, version, game COLLATE "C" AS game, user_id COLLATE "C" AS user_id, name,
             region, op, value, score, request_id, retry,
             timestamptz 'epoch' + version * interval '1 microsecond' AS accepted_at,
             timestamptz 'epoch' + achieved_at * interval '1 microsecond' AS achieved_at,
             timestamptz 'epoch' + timestamp * interval '1 millisecond' AS happened_at
      FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[], $9::text[],
        $10::bigint[], $11::bigint[], $12::bigint[], $13::text[]
      ) AS message (
        event_id, game, user_id, region, op, value, request_id, version, name, score, achieved_at, timestamp, retry
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
 * $1 … $13  an array for each column of `scoreColumns` (shared/src/contracts/plain-score.ts), with an element for each message
 *
 * What is from before its user's erasure is left out. Entries are locked in the order of their key, so two batches cannot wait for each other.
 */
export const storeScores = { name: 'store-scores', text: text('') };

/** The same, and leaves what the history has as it is. */
export const storeScoresAgain = { name: 'store-scores-again', text: text('ON CONFLICT DO NOTHING') };
