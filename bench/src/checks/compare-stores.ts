import { userKey } from '@leaderboard/shared/topology/keys';
import type { Bench } from '../bench.js';
import { countEntries } from '../platform/redis-rebuild.js';

const sampledUsers = 200;

/** Compares Redis with Postgres once the queues are empty: all entries by number, some by version. Says what differs. */
export async function compareStores({ platform, population, options }: Bench): Promise<string[]> {
  const { databases, redis, shards } = platform;
  const failures: string[] = [];
  const stored = await databases.sum('SELECT count(*) AS number FROM leaderboard WHERE score IS NOT NULL');
  const entries = await countEntries(platform);
  if (stored !== entries) failures.push(`${entries} entries in Redis, ${stored} in Postgres`);

  let different = 0;
  for (let sample = 0; sample < sampledUsers; sample++) {
    const user = population.shuffled(Math.floor((sample * options.players) / sampledUsers));
    const shard = shards.home(user.region, user.userId);
    const [score, reached, version] = (await redis
      .of(shard)
      .send(['HMGET', userKey(shard, user.userId), 'score', 'updated_at', 'version'])) as (string | null)[];
    const { rows } = await databases
      .of(user.region)
      .query<{ score: string; version: string }>(
        `SELECT score, version FROM leaderboard WHERE game = 'default' AND user_id = $1`,
        [user.userId],
      );
    if (rows[0]?.score !== score || rows[0]?.version !== (version ?? reached)) different += 1;
  }
  if (different > 0)
    failures.push(`${different} of ${sampledUsers} entries differ between Redis and Postgres`);
  return failures;
}
