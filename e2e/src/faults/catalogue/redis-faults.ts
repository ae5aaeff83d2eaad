import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import { drained } from '../checker.js';
import type { Fault } from '../fault.js';
import { killed } from '../processes.js';
import type { Rig } from '../rig.js';
import { until } from '../wait.js';

async function direct<Result>(
  rig: Rig,
  use: (send: (...args: string[]) => Promise<unknown>) => Promise<Result>,
) {
  const client = createClient({ url: rig.redis.url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await use((...args) => client.sendCommand(args));
  } finally {
    client.destroy();
  }
}

const redisKilled: Fault = {
  name: 'Redis killed, restarted on its append-only file',
  mayLose: 'nothing',
  async inject({ rig }) {
    await killed(rig.redis.process);
  },
};

const killedDuringRecovery = (
  ['recovery-epoch-raised', 'recovery-half-restored', 'recovery-before-open'] as const
).map(
  (failpoint): Fault => ({
    name: `recovery killed: ${failpoint.replace('recovery-', '').replace('-', ' ')}`,
    mayLose: 'nothing',
    async inject({ rig, workload }) {
      await workload.stop();
      await workload.settle();
      await drained(rig.stack);
      const workers = rig.stack.byRole('worker');
      for (const worker of workers) {
        worker.spec.env.FAILPOINT = failpoint;
        await worker.restart();
      }
      const pids = workers.map((worker) => worker.pid);
      for (const worker of workers) delete worker.spec.env.FAILPOINT;
      await emptied(rig);
      const restarted = () => workers.some((worker, at) => worker.running && worker.pid !== pids[at]);
      await until(`a worker reaches ${failpoint}`, restarted);
      for (const worker of workers) await worker.restart();
      workload.start();
    },
  }),
);

/** Stops Redis, deletes its files and starts it: what a lost disk leaves. */
async function emptied(rig: Rig): Promise<void> {
  await rig.redis.process.stop();
  const { args } = rig.redis.process.spec;
  const directory = args[args.indexOf('--dir') + 1] as string;
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
  await rig.redis.process.restart();
}

const emptiedAfterDrain: Fault = {
  name: 'Redis emptied after a drain',
  mayLose: 'nothing',
  async inject({ rig, workload }) {
    await workload.stop();
    await workload.settle();
    await drained(rig.stack);
    const before = await (await fetch(`${rig.stack.url}/top?limit=1000`)).text();
    await emptied(rig);
    await until('reads are served again', async () => {
      const answer = await fetch(`${rig.stack.url}/top?limit=1000`);
      const text = await answer.text();
      if (answer.status === 200 && text !== before) throw new Error('a wrong board was served');
      return answer.status === 200;
    });
    workload.start();
  },
};

const emptiedWithBacklog: Fault = {
  name: 'Redis emptied with a backlog',
  mayLose: 'counted',
  async inject({ rig, workload }) {
    const workers = rig.stack.byRole('worker');
    for (const worker of workers) await worker.stop();
    const enough = workload.count('acknowledged') + 100;
    await until('a backlog has grown', () => workload.count('acknowledged') >= enough);
    await emptied(rig);
    for (const worker of workers) await worker.restart();
  },
};

const flushed: Fault = {
  name: 'FLUSHALL under load',
  mayLose: 'counted',
  inject: ({ rig }) => direct(rig, async (send) => void (await send('FLUSHALL'))),
};

const partitions: Fault[] = [
  {
    name: 'partition to Redis: nothing arrives for 6 s',
    mayLose: 'nothing',
    async inject({ rig }) {
      rig.redisProxy.blackhole();
      await sleep(6_000);
      rig.redisProxy.heal();
    },
  },
  {
    name: 'partition to Redis: connections reset for 2 s',
    mayLose: 'nothing',
    async inject({ rig }) {
      rig.redisProxy.reset();
      await sleep(2_000);
      rig.redisProxy.heal();
    },
  },
  {
    name: 'partition to Redis: connections cut five times',
    mayLose: 'nothing',
    async inject({ rig, random }) {
      for (let times = 0; times < 5; times += 1) {
        rig.redisProxy.cut();
        await sleep(random.integer(50, 500));
      }
    },
  },
  {
    name: 'latency to Redis: 200 ms for 3 s',
    mayLose: 'nothing',
    async inject({ rig }) {
      rig.redisProxy.delay(200);
      await sleep(3_000);
      rig.redisProxy.heal();
    },
  },
];

const maxmemory: Fault = {
  name: 'maxmemory reached',
  mayLose: 'nothing',
  inject: ({ rig, workload }) =>
    direct(rig, async (send) => {
      await send('CONFIG', 'SET', 'maxmemory', '1mb');
      const refused = () => workload.writes.some(({ answer }) => answer === '503 store_unavailable');
      await until('writes are refused', refused);
      await drained(rig.stack);
      await send('CONFIG', 'SET', 'maxmemory', '0');
    }),
};

export const redisFaults: Fault[] = [
  redisKilled,
  ...killedDuringRecovery,
  emptiedAfterDrain,
  emptiedWithBacklog,
  flushed,
  ...partitions,
  maxmemory,
];
