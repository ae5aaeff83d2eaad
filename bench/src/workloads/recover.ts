import type { Bench } from '../bench.js';
import { compareStores } from '../checks/compare-stores.js';
import { checkExactRanks } from '../checks/exact-ranks.js';
import { cpuPer, readCpu } from '../measure/cpu.js';
import { rebuildRedis } from '../platform/redis-rebuild.js';
import { BareRedis } from './bare-redis.js';
import type { Sample, Workload } from './workload.js';

/** How fast an emptied Redis is rebuilt and serves again, noticing the loss included. */
export const recover: Workload = {
  group: 'recover',
  name: 'recovery of an empty Redis',
  baseline: 'bare cursor → variadic ZADD of the same rows',
  unit: 'rows/s',
  target: { atLeast: 0.4, aim: 0.7 },
  async prepare(bench) {
    const bare = await BareRedis.start(bench);
    return {
      sides: [
        { name: 'platform', round: async () => await recoverPlatform(bench) },
        { name: 'bare', round: async () => await fillBare(bench, bare) },
      ],
      check: async () => [...(await compareStores(bench)), ...(await checkExactRanks(bench, 'everyone'))],
      finish: () => bare.remove(),
    };
  },
};

async function recoverPlatform({ platform, population, progress, signal }: Bench): Promise<Sample> {
  const bar = progress.bar('rebuilding Redis from Postgres');
  const before = readCpu(platform.roots());
  const { seconds, entries } = await rebuildRedis(platform, signal, (done) => bar.at(done, population.count));
  bar.end();
  const cpuUs = cpuPer(entries, before, readCpu(platform.roots()));
  const missing = population.count - entries;
  const failures = missing > 0 ? [`${missing} users are missing after a recovery`] : [];
  return { value: entries / seconds, figures: { seconds }, cpuUs, failures };
}

async function fillBare(bench: Bench, bare: BareRedis): Promise<Sample> {
  const { platform } = bench;
  const roots = () => new Map([...platform.roots(), ['redis', [bare.pid]]]);
  await bare.empty();
  const before = readCpu(roots());
  const startedAt = performance.now();
  const rows = await bare.fillBoards(bench);
  const seconds = (performance.now() - startedAt) / 1000;
  const { redis = 0, postgres = 0 } = cpuPer(rows, before, readCpu(roots()));
  return { value: rows / seconds, figures: { seconds }, cpuUs: { redis, postgres } };
}
