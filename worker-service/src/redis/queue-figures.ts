import { parseQueueMessage } from '@leaderboard/shared/contracts/queue-message';
import { deadKey, processingKey, queueKey, workersKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type { QueueFigures } from '../metrics.js';
import { workerScript } from './lua-script.js';

const figuresScript = workerScript('queue-figures');

/** How much waits in a shard, how long its oldest item has waited, and how much was refused. */
export async function readQueueFigures(shard: Shard, redis: RedisConnection): Promise<QueueFigures> {
  const keys = [queueKey(shard), workersKey(shard), deadKey(shard)];
  const answer = await figuresScript.run(redis, keys, [processingKey(shard, '')]);
  const [waiting, inFlight, dead, ...oldest] = answer as [number, number, number, ...string[]];
  return { waiting, inFlight, dead, oldestAgeSeconds: Math.max(0, ...oldest.map(ageSeconds)) };
}

export function ageSeconds(item: string): number {
  const parsed = parseQueueMessage(item);
  return 'reason' in parsed ? 0 : Math.max(0, Date.now() - parsed.message.version / 1000) / 1000;
}
