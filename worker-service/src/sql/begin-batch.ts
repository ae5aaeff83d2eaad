import type { Shard } from '@leaderboard/shared/topology/shards';
import { shardLockKey } from '../postgres/shard-lock.js';

/**
 * Begins the transaction of a batch: shares the shard's lock with other batches, not with a recovery (or takes it alone, for
 * an erasure), and reads what the recoveries since the batch was claimed found in Redis.
 *
 * All statements in one round trip, so the values stand in the text: a tag is made of letters, digits, _ and / only.
 * The last one returns `kept_version`: what Redis is sure to have of this batch; NULL = all.
 */
export function beginBatch(begin: string, shard: Shard, claimEpoch: number, alone: boolean): string {
  return `
    ${begin};
    SELECT pg_advisory_xact_lock${alone ? '' : '_shared'}(${shardLockKey(shard)});
    SELECT min(kept_version) AS kept_version FROM recoveries WHERE tag = '${shard.tag}' AND epoch > ${claimEpoch}`;
}
