import { runMain } from '@leaderboard/shared/lifecycle';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { readQueueFigures } from '../redis/queue-figures.js';
import { verifyShard } from '../verify/verify-shard.js';
import { ProgressLine } from './progress-line.js';
import { print, readOptions, type Tools, withTools } from './tools.js';

/** `npm run verify`: compares Redis with Postgres row by row. Exit code 1 when they differ. */

await runMain(async () => {
  readOptions({});
  const differences = await withTools(async (tools) => {
    let sum = 0;
    for (const shard of tools.config.topology.shards.shards) sum += await verify(shard, tools);
    return sum;
  });
  print(differences === 0 ? 'Redis and Postgres agree.' : `${differences} differences.`);
  if (differences > 0) process.exitCode = 1;
});

async function verify(shard: Shard, { config, redis, databases }: Tools): Promise<number> {
  const { waiting, inFlight } = await readQueueFigures(shard, redis.of(shard));
  if (waiting + inFlight > 0) {
    print(
      `${shard.tag}: ${waiting} items waiting and ${inFlight} in flight: what they change is not in Postgres yet`,
    );
  }
  const progress = new ProgressLine(shard.tag, 0);
  const client = await databases.connect(shard.region, {});
  try {
    const verified = await verifyShard({
      shard,
      shards: config.topology.shards,
      redis: redis.of(shard),
      client,
      report: print,
      onProgress: (rows) => progress.show(rows),
    });
    progress.end();
    const accounts = verified.accounts > 0 ? `, ${verified.accounts} accounts` : '';
    print(`${shard.tag}: ${verified.entries} entries${accounts}, ${verified.differences} differences`);
    return verified.differences;
  } finally {
    await client.end();
  }
}
