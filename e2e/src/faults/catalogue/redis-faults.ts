import { execFile } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { until } from '../../testing/until.js';
import { drained } from '../checker.js';
import type { Fault } from '../fault.js';
import { killed } from '../processes.js';
import { sendRedis } from '../redis-commands.js';
import type { Rig } from '../rig.js';

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
  inject: async ({ rig }) => void (await sendRedis(rig.redis.url, 'FLUSHALL')),
};

const diskFull: Fault = {
  name: 'Redis disk full',
  mayLose: 'nothing',
  async inject({ rig }) {
    const { process: redis } = rig.redis;
    const { pid } = redis;
    // From now on no file of this process may grow; the next one has no such limit.
    await promisify(execFile)('prlimit', ['--pid', String(pid), '--fsize=1']);
    await until('Redis gives up and is started again', () => redis.running && redis.pid !== pid);
  },
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
  async inject({ rig, workload }) {
    await sendRedis(rig.redis.url, 'CONFIG', 'SET', 'maxmemory', '1mb');
    const refused = () => workload.writes.some(({ answer }) => answer === '503 store_unavailable');
    await until('writes are refused', refused);
    await drained(rig.stack);
    await sendRedis(rig.redis.url, 'CONFIG', 'SET', 'maxmemory', '0');
  },
};

export const redisFaults: Fault[] = [
  redisKilled,
  ...killedDuringRecovery,
  emptiedAfterDrain,
  emptiedWithBacklog,
  flushed,
  diskFull,
  ...partitions,
  maxmemory,
];
