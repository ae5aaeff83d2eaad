const reached = `(extract(epoch FROM achieved_at) * 1000000)::bigint::text`;

/** Users who stand on a board, and when they reached their score (µs). `$1` game, `$2` user ids. */
export const activeEntries = `
  SELECT user_id, ${reached} FROM leaderboard WHERE game = $1 AND user_id = ANY ($2::text[]) AND score IS NOT NULL`;

/** Users who have an account, and their region. `$1` user ids. */
export const activeAccounts =
  'SELECT user_id, region FROM accounts WHERE user_id = ANY ($1::text[]) AND NOT removed';
