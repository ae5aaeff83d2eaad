import { processingKey, queueKey, workersKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';

/** The keys of all lists whose items are not stored yet: the queue and every claim. */
export async function waitingLists(shard: Shard, redis: RedisConnection): Promise<string[]> {
  const claims = (await redis.send(['ZRANGE', workersKey(shard), '0', '-1'])) as string[];
  return [queueKey(shard), ...claims.map((claim) => processingKey(shard, claim))];
}
