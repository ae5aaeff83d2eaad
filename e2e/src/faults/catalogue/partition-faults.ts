import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Stack } from '@leaderboard/local/stack';
import { until } from '../../testing/until.js';
import { drained, verify } from '../checker.js';
import type { Fault } from '../fault.js';
import type { Workload } from '../workload.js';

const runFile = promisify(execFile);
const rebuildCommand = 'worker-service/dist/commands/rebuild.js';

/** `npm run rebuild -- --partitions N` dies in the middle, is run again, and everything goes on under the new number. */
const killedMove: Fault = {
  name: 'move to 3 partitions and back, killed each time',
  mayLose: 'nothing',
  async inject({ rig: { stack }, workload, random }) {
    const failpoint = random.pick(['move-half-emptied', 'recovery-half-restored', 'move-half-finished']);
    await killedAt(failpoint, stack, 3);
    await finish(stack, workload, 3);
    await workload.stop();
    await workload.settle();
    await drained(stack, { PARTITIONS: '3' });
    await verify(stack, { PARTITIONS: '3' });
    workload.start();
    await killedAfter(random.integer(0, 500), stack, 1);
    await finish(stack, workload, 1);
  },
};

const move = (stack: Stack, partitions: number, more: Record<string, string> = {}) =>
  runFile(process.execPath, [rebuildCommand, '--partitions', String(partitions)], {
    env: { ...stack.environment, ...more },
  });

async function killedAt(failpoint: string, stack: Stack, partitions: number): Promise<void> {
  const signal = await move(stack, partitions, { FAILPOINT: failpoint }).catch(
    (error: { signal?: string }) => error.signal,
  );
  if (signal !== 'SIGKILL') throw new Error(`the move was not killed at ${failpoint}`);
}

/** So many ms after it has begun to refuse writes, wherever that is. */
async function killedAfter(ms: number, stack: Stack, partitions: number): Promise<void> {
  const moving = move(stack, partitions, { PARTITIONS: '3' });
  moving.catch(() => {});
  let said = '';
  moving.child.stdout?.on('data', (text: string) => {
    said += text;
  });
  await until('writes are refused', () => said.includes('refused from now on'), { everyMs: 5 });
  await sleep(ms);
  moving.child.kill('SIGKILL');
  await moving.catch(() => {});
}

async function finish(stack: Stack, workload: Workload, partitions: number): Promise<void> {
  await move(stack, partitions);
  const restartedAtMs = performance.now();
  const restarts = [...stack.byRole('worker'), ...stack.byRole('service')].map(async (process) => {
    process.spec.env.PARTITIONS = String(partitions);
    await process.restart();
  });
  await Promise.all(restarts);
  const isServed = () =>
    workload.writes.some(({ outcome, sentAtMs }) => outcome === 'acknowledged' && sentAtMs > restartedAtMs);
  await until(`writes are taken by ${partitions} partitions`, isServed);
}

export const partitionFaults: Fault[] = [killedMove];
