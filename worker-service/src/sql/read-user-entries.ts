/**
 * A user's entries in all games, without those that were removed.
 *
 * $1  user_id   $2  only versions from
 */
export const readUserEntries = {
  name: 'read-user-entries',
  text: `
    SELECT game, score, achieved_at, updated_at FROM leaderboard
    WHERE user_id = $1 AND version >= $2 AND score IS NOT NULL
    ORDER BY game`,
};
