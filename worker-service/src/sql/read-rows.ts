/**
 * What a recovery reads: everything from a version on, as arrays of text in the order of the columns, which is the
 * order in which the restore scripts take them. Whole tables are read when the version is 0; there is no index on
 * version, because reading a million rows takes a second and the index would be paid for by every write.
 *
 * A whole board is read in the order of its scores: Redis adds a third faster to where it has just added.
 */

const us = (column: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint`;

export const entryColumns = ['game', 'user_id', 'name', 'score', 'reached', 'version'] as const;
/** With tombstones: Redis may still hold what they removed, and the overall board's order depends on them. */
export const entriesFrom = (version: number) => `
  SELECT game, user_id, name, coalesce(score::text, ''), ${us('achieved_at')}::text, version::text
  FROM leaderboard
  ${version > 0 ? `WHERE version >= ${version}` : 'ORDER BY game, score'}`;

export const newEntryColumns = ['game', 'user_id', 'version', 'standing'] as const;
/**
 * All entries for a shard of which Redis has nothing: fewer columns, as each costs the worker and Redis something.
 * `standing` is `<score> <reached> <name>`: no score of a tombstone; no time when it says the same as the version, which it does
 * for most, and which costs a fifth of writing it out.
 */
export const allEntries = `
  SELECT game, user_id, version::text,
         coalesce(score::text, '') || ' ' ||
         CASE WHEN achieved_at = timestamptz 'epoch' + version * interval '1 microsecond' THEN ''
              ELSE ${us('achieved_at')}::text END || ' ' || name
  FROM leaderboard
  ORDER BY game, score`;

export const accountColumns = [
  'user_id',
  'name',
  'region',
  'password_hash',
  'created_ms',
  'version',
  'removed',
] as const;
export const accountsFrom = (version: number) => `
  SELECT user_id, name, region, coalesce(password_hash, ''),
         (extract(epoch FROM created_at) * 1000)::bigint::text, version::text, CASE WHEN removed THEN '1' ELSE '' END
  FROM accounts
  WHERE version >= ${version}`;

export const gameColumns = ['game', 'definition', 'version'] as const;
export const gamesFrom = (version: number) => `
  SELECT game, definition::text, version::text FROM games WHERE version >= ${version}`;

/** Only of games that have scores: the others are free to change theirs. */
export const rulesColumns = ['game', 'rules', 'version'] as const;
export const rulesFrom = (version: number) => `
  SELECT game, rules, version::text FROM game_rules
  WHERE version >= ${version}
    AND EXISTS (SELECT FROM leaderboard WHERE leaderboard.game = game_rules.game AND score IS NOT NULL)`;

export const answerColumns = ['user_id', 'event_id', 'request_hash', 'answer', 'version'] as const;
/** Answers as shared/lua/write-scores.lua makes them. They are kept for a day; the script knows the exact end by Redis' clock. */
export const answersFrom = (version: number) => `
  SELECT user_id, event_id, split_part(retry, ' ', 1),
         jsonb_build_array(score::text, nullif(split_part(retry, ' ', 2), 'null'), split_part(retry, ' ', 3)::jsonb, (achieved_at = accepted_at)::int,
                           (extract(epoch FROM achieved_at) * 1000000)::bigint::text, name)::text,
         version::text
  FROM score_events
  WHERE accepted_at >= greatest(timestamptz 'epoch' + ${version} * interval '1 microsecond', now() - interval '25 hours')
    AND retry IS NOT NULL`;

export const userColumns = ['user_id', 'hidden', 'erased', 'erased_at', 'version'] as const;
/** Who is hidden and who was erased; empty where nothing has changed since. */
export const usersFrom = (version: number) => `
  SELECT user_id,
         CASE WHEN coalesce(hidden.version, -1) < ${version} THEN '' WHEN hidden.hidden THEN '1' ELSE '0' END,
         coalesce(erased.account_version::text, ''), coalesce(erased.version::text, ''),
         greatest(hidden.version, erased.version)::text
  FROM hidden_users AS hidden FULL JOIN erasures AS erased USING (user_id)
  WHERE hidden.version >= ${version} OR erased.version >= ${version}`;

export const eventColumns = ['game', 'user_id', 'op', 'value', 'score', 'happened_ms', 'version'] as const;
/**
 * Events in the order of their versions.
 * @param games of these games only; their names need no quoting
 */
export const eventsFrom = (version: number, games: readonly string[]) => `
  SELECT game, user_id, op, coalesce(value::text, ''), coalesce(score::text, ''),
         (extract(epoch FROM happened_at) * 1000)::bigint::text, version::text
  FROM score_events
  WHERE accepted_at >= timestamptz 'epoch' + ${version} * interval '1 microsecond'
    AND game = ANY ('{${games.map((game) => `"${game}"`).join(',')}}')
  ORDER BY accepted_at, user_id, event_id`;
