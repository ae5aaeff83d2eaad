import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '@leaderboard/shared/config';
import { readLocalConfig } from './config.js';
import { dataPaths } from './paths.js';
import { ProcessRecord } from './process-record.js';

/** `npm run stop`: ends the stack of DATA_DIR, also what is left of one whose runner was killed. */
const runnerStopsWithinMs = 75_000;

await main();

async function main(): Promise<void> {
  try {
    const { dataDir } = readLocalConfig();
    const record = new ProcessRecord(dataPaths(dataDir));
    const runner = record.liveRunner();
    if (runner !== undefined) await stopRunner(record, runner);
    const ended = await record.endLeftovers();
    if (runner !== undefined) process.stdout.write(`stopped (pid ${runner})\n`);
    else
      process.stdout.write(ended.length > 0 ? `ended ${ended.join(', ')}\n` : `nothing runs in ${dataDir}\n`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

async function stopRunner(record: ProcessRecord, pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const deadline = performance.now() + runnerStopsWithinMs;
  while (record.liveRunner() === pid && performance.now() < deadline) await sleep(50);
  if (record.liveRunner() === pid) process.kill(pid, 'SIGKILL');
}
