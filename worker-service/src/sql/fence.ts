/** What Postgres knows of a shard's fence; see `shards` in postgres-init/schema. */
export interface Fence {
  readonly epoch: string;
  readonly restore_from: string | null;
  readonly restored_by: string | null;
  /** Rows may be missing in Redis and nobody has restored them. */
  readonly unrestored: boolean;
}

const fence =
  'epoch, restore_from, restored_by, restore_from IS NOT NULL AND restored_by IS NULL AS unrestored';

/** `$1` tag of the shard. */
export const readFence = `SELECT ${fence} FROM shards WHERE tag = $1`;

/**
 * Gives the shard a new epoch, greater than any that its Redis has seen.
 *
 * $1  tag of the shard   $2  greatest epoch that Redis knows
 */
export const raiseEpoch = `
  INSERT INTO shards (tag, epoch) VALUES ($1, $2::bigint + 1)
  ON CONFLICT (tag) DO UPDATE SET epoch = greatest(shards.epoch, $2::bigint) + 1
  RETURNING ${fence}`;

/**
 * Notes what Redis had kept when this epoch's recovery began.
 *
 * $1  tag of the shard   $2  epoch   $3  the version up to which Redis has everything, 0 = nothing
 */
export const noteRecovery = 'INSERT INTO recoveries (tag, epoch, kept_version) VALUES ($1, $2, $3)';

/**
 * The least that any Redis had kept since the one at hand was opened, if recoveries have passed it by; NULL = none has.
 *
 * $1  tag of the shard   $2  the last epoch that this Redis has seen   $3  the epoch of the recovery that asks
 */
export const readMissedSince = `
  SELECT min(kept_version) AS missed_since FROM recoveries
  WHERE tag = $1 AND epoch >= $2 AND epoch < $3
  HAVING max(epoch) > $2`;

/**
 * Notes that what was marked is restored.
 *
 * $1  tag of the shard   $2  the floor of the recovery
 */
export const noteRestored = `
  UPDATE shards SET restored_by = $2 WHERE tag = $1 AND restore_from IS NOT NULL AND restored_by IS NULL`;
