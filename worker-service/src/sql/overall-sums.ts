/** Each user's sum over the games that count on the overall board; their names need no quoting. */
export const overallSums = (games: readonly string[]) => `
  SELECT user_id, sum(score)::text FROM leaderboard
  WHERE score IS NOT NULL AND game = ANY ('{${games.map((game) => `"${game}"`).join(',')}}')
  GROUP BY user_id`;
