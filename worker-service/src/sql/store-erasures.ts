/**
 * Erases users: what has a lower version goes, and store-scores.ts refuses what comes late. The transaction must hold the
 * shard's lock alone, or a batch that began before could bring something back.
 *
 * $1  JSON array of messages, as they stood in the queue
 */
export const storeErasures = {
  name: 'store-erasures',
  text: `
    WITH erased AS MATERIALIZED (
      SELECT user_id, max(version) AS version, max(account_version) AS account_version
      FROM json_to_recordset($1) AS message (user_id text COLLATE "C", version bigint, account_version bigint)
      GROUP BY user_id
    ), entries AS (
      DELETE FROM leaderboard USING erased
      WHERE leaderboard.user_id = erased.user_id AND leaderboard.version < erased.version
    ), history AS (
      DELETE FROM score_events USING erased
      WHERE score_events.user_id = erased.user_id AND score_events.version < erased.version
    ), hidden AS (
      DELETE FROM hidden_users USING erased
      WHERE hidden_users.user_id = erased.user_id AND hidden_users.version < erased.version
    )
    INSERT INTO erasures (user_id, version, account_version)
    SELECT user_id, version, account_version FROM erased
    ON CONFLICT (user_id) DO UPDATE
    SET version = excluded.version, account_version = excluded.account_version
    WHERE erasures.version < excluded.version`,
};
