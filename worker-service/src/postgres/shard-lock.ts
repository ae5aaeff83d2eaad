import { createHash } from 'node:crypto';
import type { Shard } from '@leaderboard/shared/topology/shards';

/** The number by which Postgres' advisory locks know a shard: batches share the lock, a recovery has it alone. */
export function shardLockKey(shard: Shard): string {
  return createHash('sha256').update(`leaderboard shard ${shard.tag}`).digest().readBigInt64BE(0).toString();
}
