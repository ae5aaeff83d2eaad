import { setTimeout as sleep } from 'node:timers/promises';
import { boardKey, shardKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Platform } from './platform.js';

const lookAgainMs = 10;
const readableWithinMs = 15_000;

export interface Rebuild {
  /** From the empty Redis until the last shard is open. */
  seconds: number;
  entries: number;
  /** `used_memory` of the Redis servers while they were empty. */
  emptyBytes: number;
}

/**
 * Empties Redis and lets the platform rebuild it from Postgres, as after a disaster: the workers notice that the shards
 * are not the ones they checked and recover them. Nothing may wait in the queues, or it would be lost.
 */
export async function rebuildRedis(
  platform: Platform,
  signal: AbortSignal,
  onProgress: (entries: number) => void = () => {},
): Promise<Rebuild> {
  await platform.queues.drained(signal);
  // In one go, before a worker can begin.
  const emptyBytes = sum(
    await Promise.all(
      platform.redis.all().map(async (connection) => {
        const [, used] = await Promise.all([connection.send(['FLUSHALL', 'SYNC']), usedMemory(connection)]);
        return used;
      }),
    ),
  );
  const startedAt = performance.now();
  while (!(await allOpen(platform))) {
    onProgress(await countEntries(platform));
    await sleep(lookAgainMs, undefined, { signal });
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await untilReadable(platform, signal);
  return { seconds, entries: await countEntries(platform), emptyBytes };
}

/** Entries on the default board, over all shards. */
export async function countEntries({ shards, redis }: Platform): Promise<number> {
  const counts = shards.shards.map(async (shard) =>
    Number(await redis.of(shard).send(['ZCARD', boardKey(shard)])),
  );
  return sum(await Promise.all(counts));
}

export async function usedMemory(connection: RedisConnection): Promise<number> {
  const info = String(await connection.send(['INFO', 'memory']));
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
}

async function allOpen({ shards, redis }: Platform): Promise<boolean> {
  const epochs = await Promise.all(
    shards.shards.map((shard) => redis.of(shard).send(['HGET', shardKey(shard), 'epoch'])),
  );
  return epochs.every((epoch) => epoch !== null);
}

/** Services and gateways learn by and by that the shards are open again. */
async function untilReadable({ stack }: Platform, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + readableWithinMs;
  let inARow = 0;
  while (inARow < 10) {
    const { status } = await fetch(`${stack.url}/top?limit=1`, { signal });
    inARow = status === 200 ? inARow + 1 : 0;
    if (status !== 200 && performance.now() > deadline)
      throw new Error(`GET /top answers ${status} after the rebuild`);
    if (status !== 200) await sleep(100, undefined, { signal });
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
