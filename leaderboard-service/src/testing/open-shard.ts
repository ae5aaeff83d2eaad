import { fencedText, scriptNames } from '@leaderboard/shared/scripting/script-text';
import { shardKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';

/**
 * Opens a shard without a recovery, for tests whose Redis begins empty: its scripts become known to Redis, then its
 * epoch.
 */
export async function openShard(redis: RedisConnection, shard: Shard, epoch: number): Promise<void> {
  for (const name of scriptNames) await redis.send(['SCRIPT', 'LOAD', fencedText(name, shard, epoch)]);
  await redis.send(['HSET', shardKey(shard), 'epoch', String(epoch)]);
}
