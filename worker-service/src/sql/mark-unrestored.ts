/**
 * Notes that Redis may lack rows from a version on.
 *
 * $1  tag of the shard   $2  the version
 */
export const markUnrestored = `
  UPDATE shards SET restore_from = least(restore_from, $2::bigint), restored_by = NULL WHERE tag = $1`;
