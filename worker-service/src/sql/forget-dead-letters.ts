/**
 * Forgets dead letters that were put back into the queue.
 *
 * $1  tag of the shard   $2  items, as bytes
 */
export const forgetDeadLetters = `
  DELETE FROM dead_letters
  WHERE shard = $1 AND digest = ANY (SELECT sha256(item) FROM unnest($2::bytea[]) AS item)`;
