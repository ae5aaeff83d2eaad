import type { SupervisedProcess } from '@leaderboard/local/stack';
import { until } from '../testing/until.js';

/** Kills a process and waits until its supervisor has started it anew. */
export async function killed(process: SupervisedProcess): Promise<void> {
  const { pid } = process;
  process.kill('SIGKILL');
  await until(`${process.name} is started again`, () => process.running && process.pid !== pid);
}

/** Lets a worker run into a failpoint, at which it kills itself, and come back without it. */
export async function killedAt(process: SupervisedProcess, failpoint: string): Promise<void> {
  process.spec.env.FAILPOINT = failpoint;
  await process.restart();
  const { pid } = process;
  delete process.spec.env.FAILPOINT;
  await until(`${process.name} reaches ${failpoint}`, () => process.running && process.pid !== pid);
}
