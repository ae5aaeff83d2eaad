/**
 * A page of a user's events, newest first: by version, which is the order in which they were accepted. The bounds are
 * given as times too, which is what partitions are passed over by.
 *
 * $1  user_id   $2  only versions below   $3  only versions from   $4  game, NULL = all   $5  most rows
 */
export const readHistory = {
  name: 'read-history',
  text: `
    SELECT event_id, version, game, op, value, score, happened_at, accepted_at, request_id
    FROM score_events
    WHERE user_id = $1 AND version < $2 AND version >= $3
      AND accepted_at < timestamptz 'epoch' + $2 * interval '1 microsecond'
      AND accepted_at >= timestamptz 'epoch' + $3 * interval '1 microsecond'
      AND ($4::text IS NULL OR game = $4)
    ORDER BY version DESC
    LIMIT $5`,
};
