import { setTimeout as sleep } from 'node:timers/promises';
import { eventsKey } from '@leaderboard/shared/topology/keys';
import type { Bench } from '../bench.js';
import { compareStores } from '../checks/compare-stores.js';
import { writeDirectly } from '../load/direct-writes.js';
import { settle } from '../measure/settle.js';
import { rebuildRedis, usedMemory } from '../platform/redis-rebuild.js';
import { BareRedis } from './bare-redis.js';
import type { Sample, Workload } from './workload.js';

/** Buffers of connections that were busy are given back within seconds. */
const calmWithinMs = 15_000;
const calmForMs = 1_000;
const calmBytes = 100_000;

/** Bytes of Redis for each user who has an entry on the default all-time board and on no other. */
export const memory: Workload = {
  group: 'memory',
  name: 'Redis memory per user',
  baseline: 'a ZSET with the same ids and scores',
  unit: 'bytes',
  target: { atLeast: 3, aim: 1.9, lessIsBetter: true },
  once: true,
  async prepare(bench) {
    const bare = await BareRedis.start(bench);
    let emptyBytes = 0;
    return {
      sides: [
        {
          name: 'platform',
          async round() {
            const rebuild = await rebuildRedis(bench.platform, bench.signal);
            emptyBytes = rebuild.emptyBytes;
            return perUser(bench, (await platformBytes(bench)) - emptyBytes);
          },
        },
        {
          name: 'bare',
          async round() {
            await bare.empty();
            const before = await bare.usedMemory();
            await bare.fillBoards(bench);
            return perUser(bench, (await calm(bench, () => bare.usedMemory())) - before);
          },
        },
        {
          // A player's first write adds what its own limit is counted with.
          name: 'platform, after a write by every user',
          async round() {
            await writeByEveryUser(bench);
            return perUser(bench, (await platformBytes(bench)) - emptyBytes);
          },
        },
      ],
      check: () => compareStores(bench),
      finish: () => bare.remove(),
    };
  },
};

const perUser = ({ population }: Bench, bytes: number): Sample => ({ value: bytes / population.count });

/** Without the event streams, which have a fixed length whatever the number of users. */
async function platformBytes(bench: Bench): Promise<number> {
  const { platform, signal } = bench;
  await settle(platform, signal);
  const used = await calm(bench, async () => {
    const bytes = await Promise.all(platform.redis.all().map(usedMemory));
    return bytes.reduce((sum, one) => sum + one, 0);
  });
  let streams = 0;
  for (const shard of platform.shards.shards) {
    const command = ['MEMORY', 'USAGE', eventsKey(shard), 'SAMPLES', '0'];
    streams += Number((await platform.redis.of(shard).send(command)) ?? 0);
  }
  return used - streams;
}

/** The figure when it has stopped changing. */
async function calm({ signal }: Bench, read: () => Promise<number>): Promise<number> {
  const deadline = performance.now() + calmWithinMs;
  let last = await read();
  for (;;) {
    await sleep(calmForMs, undefined, { signal });
    const now = await read();
    if (Math.abs(now - last) < calmBytes || performance.now() > deadline) return now;
    last = now;
  }
}

async function writeByEveryUser({ platform, population, offsets, progress, signal }: Bench): Promise<void> {
  const offset = offsets.take(1);
  const chunk = 100_000;
  const bar = progress.bar('a write by every user');
  for (let first = 0; first < population.count; first += chunk) {
    const size = Math.min(chunk, population.count - first);
    const writes = Array.from({ length: size }, (_, at) => {
      const user = population.user(first + at);
      return { user, score: user.firstScore + offset };
    });
    await writeDirectly(platform, writes, { limited: true, signal });
    bar.at(first + size, population.count);
    await platform.queues.drained(signal);
  }
  bar.end();
}
