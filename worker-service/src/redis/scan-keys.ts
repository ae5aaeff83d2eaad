import type { RedisConnection } from '@leaderboard/shared/topology/redis';

const chunkKeys = '1000';

/** The keys that begin with a prefix, in steps. A key may come twice. */
export async function* scanKeys(redis: RedisConnection, prefix: string): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    // A tag has no character that means something in patterns but the braces, which mean nothing to Redis.
    const reply = await redis.send(['SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', chunkKeys]);
    const [next, page] = reply as [string, string[]];
    cursor = next;
    const keys = [...new Set(page)].filter((key) => key.startsWith(prefix));
    if (keys.length > 0) yield keys;
  } while (cursor !== '0');
}
