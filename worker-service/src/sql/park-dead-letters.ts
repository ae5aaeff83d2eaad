/**
 * Keeps items that can never be stored.
 *
 * $1  tag of the shard   $2  items, as bytes   $3  the reason of each
 */
export const parkDeadLetters = `
  INSERT INTO dead_letters (shard, digest, item, reason)
  SELECT DISTINCT ON (digest) $1, sha256(item) AS digest, item, reason
  FROM unnest($2::bytea[], $3::text[]) AS letter (item, reason)
  ORDER BY digest
  ON CONFLICT (shard, digest) DO UPDATE SET reason = excluded.reason, failed_at = excluded.failed_at`;
