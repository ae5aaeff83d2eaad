import { runMain } from '@leaderboard/shared/lifecycle';
import { deadKey, queueKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type { QueueFigures } from '../metrics.js';
import { workerScript } from '../redis/lua-script.js';
import { ageSeconds, readQueueFigures } from '../redis/queue-figures.js';
import { waitingLists } from '../redis/waiting-lists.js';
import { forgetDeadLetters } from '../sql/forget-dead-letters.js';
import { print, readOptions, type Tools, withTools } from './tools.js';

/** `npm run queue`: what waits in each shard, what is in flight and what was refused. */

const shownItems = 20;
const requeueAtOnce = 100;
const requeueScript = workerScript('requeue-dead');

interface ShardQueueView extends QueueFigures {
  readonly shard: string;
  /** Oldest first. */
  readonly items: readonly string[];
  readonly deadItems: readonly string[];
}

await runMain(async () => {
  const options = readOptions({ json: { type: 'boolean' }, 'requeue-dead': { type: 'boolean' } });
  await withTools(async (tools) => {
    const { shards } = tools.config.topology.shards;
    if (options['requeue-dead']) {
      for (const shard of shards) {
        const count = await requeueDead(shard, tools);
        if (count > 0 && !options.json) print(`${shard.tag}: ${count} dead letters put back`);
      }
    }
    const views = await Promise.all(shards.map((shard) => view(shard, tools.redis.of(shard))));
    if (options.json) print(JSON.stringify(views, undefined, 2));
    else for (const one of views) printView(one);
  });
});

async function requeueDead(shard: Shard, { redis, databases }: Tools): Promise<number> {
  // As many as there are now: what fails again meanwhile is not put back again.
  let left = Number(await redis.of(shard).send(['LLEN', deadKey(shard)]));
  let count = 0;
  while (left > 0) {
    const limit = String(Math.min(left, requeueAtOnce));
    const keys = [deadKey(shard), queueKey(shard)];
    const items = (await requeueScript.run(redis.of(shard), keys, [limit])) as string[];
    if (items.length === 0) break;
    const bytes = items.map((item) => Buffer.from(item));
    await databases.of(shard).query(forgetDeadLetters, [shard.tag, bytes]);
    left -= items.length;
    count += items.length;
  }
  return count;
}

async function view(shard: Shard, redis: RedisConnection): Promise<ShardQueueView> {
  const lists = await waitingLists(shard, redis);
  const items: string[] = [];
  // Claims first: they hold the oldest.
  for (const list of [...lists.slice(1), ...lists.slice(0, 1)]) {
    const oldest = (await redis.send(['LRANGE', list, String(-shownItems), '-1'])) as string[];
    items.push(...oldest.reverse());
  }
  const dead = (await redis.send(['LRANGE', deadKey(shard), '0', String(shownItems - 1)])) as string[];
  const figures = await readQueueFigures(shard, redis);
  return {
    shard: shard.tag,
    ...figures,
    items: items.slice(0, shownItems).map(redact),
    deadItems: dead.map(redact),
  };
}

/** Hides password hashes, also inside of a dead letter and in what is no JSON. */
function redact(item: string): string {
  return item.replaceAll(/\$2[aby]?\$\d\d\$[./A-Za-z0-9]{1,53}/g, '[redacted]');
}

function printView({
  shard,
  waiting,
  inFlight,
  dead,
  oldestAgeSeconds,
  items,
  deadItems,
}: ShardQueueView): void {
  const age = waiting + inFlight > 0 ? `, oldest ${oldestAgeSeconds.toFixed(1)} s` : '';
  print(`${shard}: ${waiting} waiting, ${inFlight} in flight, ${dead} dead${age}`);
  for (const item of items) print(`  ${ageSeconds(item).toFixed(1).padStart(8)} s  ${item}`);
  for (const item of deadItems) print(`      dead  ${item}`);
}
