import { rulesKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { readHash } from './read-hash.js';

/** game → the rules that a shard has pinned for it, as in shared/src/scoring/rules.ts. */
export function readRules(shard: Shard, redis: RedisConnection): Promise<Map<string, string>> {
  return readHash(redis, rulesKey(shard));
}
