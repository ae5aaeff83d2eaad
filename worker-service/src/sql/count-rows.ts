/** About how many rows a full recovery reads, for a progress bar. */
export const rowsToRestore = `
  SELECT (SELECT count(*) FROM leaderboard WHERE score IS NOT NULL)
       + (SELECT count(*) FROM accounts)
       + (SELECT count(*) FROM score_events
          WHERE accepted_at >= now() - interval '25 hours' AND retry IS NOT NULL) AS rows`;
