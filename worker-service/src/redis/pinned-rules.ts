import { rulesKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';

const chunkGames = 1_000;

/** game → the rules that a shard has pinned for it, as in shared/src/scoring/rules.ts. In steps: there may be many games. */
export async function readRules(shard: Shard, redis: RedisConnection): Promise<Map<string, string>> {
  const rules = new Map<string, string>();
  let cursor = '0';
  do {
    const [next, page] = (await redis.send([
      'HSCAN',
      rulesKey(shard),
      cursor,
      'COUNT',
      String(chunkGames),
    ])) as [string, string[]];
    cursor = next;
    for (let at = 0; at < page.length; at += 2) rules.set(page[at] ?? '', page[at + 1] ?? '');
  } while (cursor !== '0');
  return rules;
}
