import { shardKey } from '../topology/keys.js';
import type { RedisConnection } from '../topology/redis.js';
import type { Shard } from '../topology/shards.js';
import { fencedText, scriptNames } from './script-text.js';

/**
 * Opens a checked shard for reads and writes: its scripts become known to Redis, then its epoch. Only
 * whoever has made sure that this Redis holds what was promised may call it.
 */
export async function openShard(redis: RedisConnection, shard: Shard, epoch: number): Promise<void> {
  for (const name of scriptNames) await redis.send(['SCRIPT', 'LOAD', fencedText(name, epoch)]);
  await redis.send(['HSET', shardKey(shard), 'epoch', String(epoch)]);
}
