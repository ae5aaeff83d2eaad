import type { RedisConnection } from '@leaderboard/shared/topology/redis';

const chunkFields = '1000';

/** A whole hash, in steps: it may be long. */
export async function readHash(redis: RedisConnection, key: string): Promise<Map<string, string>> {
  const fields = new Map<string, string>();
  let cursor = '0';
  do {
    const reply = await redis.send(['HSCAN', key, cursor, 'COUNT', chunkFields]);
    const [next, page] = reply as [string, string[]];
    cursor = next;
    for (let at = 0; at < page.length; at += 2) fields.set(page[at] ?? '', page[at + 1] ?? '');
  } while (cursor !== '0');
  return fields;
}
