import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { compareStores } from '../checks/compare-stores.js';
import { writeDirectly } from '../load/direct-writes.js';
import { cpuPer, readCpu } from '../measure/cpu.js';
import { BareInserts } from './bare-inserts.js';
import type { Sample, Workload } from './workload.js';

const lookAgainMs = 5;
const beginsWithinMs = 30_000;

/** How fast the worker gets a long queue into Postgres, beside nothing but the INSERTs of the same rows. */
export const drain: Workload = {
  group: 'drain',
  name: 'worker drains its queue',
  baseline: 'bare INSERT … unnest of the same rows, 1000 each, same history',
  unit: 'events/s',
  target: { atLeast: 0.8, aim: 1 },
  async prepare(bench) {
    const { platform, options } = bench;
    await platform.queues.drained(bench.signal);
    const before = await platform.databases.countEvents();
    const bare = await BareInserts.prepare(platform);
    let rounds = 0;
    return {
      sides: [
        {
          name: 'worker',
          async round() {
            rounds += 1;
            await fillQueues(bench);
            await bare.readQueues(bench);
            return await drainWithWorkers(bench);
          },
        },
        {
          name: 'bare inserts',
          round: async () => await insertBare(bench, bare),
        },
      ],
      async check() {
        const stored = (await platform.databases.countEvents()) - before;
        const wanted = rounds * options.backlog;
        const failures = await compareStores(bench);
        if (stored !== wanted) failures.push(`${wanted} events were queued, ${stored} are in Postgres`);
        const inserted = await bare.countEvents();
        if (inserted !== wanted)
          failures.push(`the baseline inserted ${inserted} events instead of ${wanted}`);
        return failures;
      },
      async finish() {
        for (const worker of platform.stack.byRole('worker')) worker.start();
        await bare.remove();
      },
    };
  },
};

/** Stops the workers and lets the write script queue the backlog: each user at most once. */
async function fillQueues({
  platform,
  population,
  options,
  offsets,
  progress,
  signal,
}: Bench): Promise<void> {
  await Promise.all(platform.stack.byRole('worker').map((worker) => worker.stop()));
  const offset = offsets.take(1);
  const writes = Array.from({ length: options.backlog }, (_, position) => {
    const user = population.shuffled(position);
    return { user, score: user.firstScore + offset };
  });
  const bar = progress.bar('filling the queues');
  const onProgress = (applied: number) => bar.at(applied, writes.length);
  await writeDirectly(platform, writes, { limited: false, signal, onProgress });
  bar.end();
}

/** From the first claim to the last commit and its removal from the queue: the workers' start does not count. */
async function drainWithWorkers({ platform, options, signal }: Bench): Promise<Sample> {
  const { queues, stack } = platform;
  const deadline = performance.now() + beginsWithinMs;
  for (const worker of stack.byRole('worker')) worker.start();
  let startedAt = performance.now();
  while ((await queues.waiting()) === options.backlog) {
    if (performance.now() > deadline) throw new Error('the workers do not begin to drain');
    await sleep(lookAgainMs, undefined, { signal });
    startedAt = performance.now();
  }
  const before = readCpu(platform.roots());
  await queues.drained(signal);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuUs = cpuPer(options.backlog, before, readCpu(platform.roots()));
  return { value: options.backlog / seconds, cpuUs };
}

async function insertBare({ platform, options, signal }: Bench, bare: BareInserts): Promise<Sample> {
  const before = readCpu(platform.roots());
  const startedAt = performance.now();
  await bare.insert(signal);
  const seconds = (performance.now() - startedAt) / 1000;
  const { postgres = 0 } = cpuPer(options.backlog, before, readCpu(platform.roots()));
  return { value: options.backlog / seconds, cpuUs: { postgres } };
}
