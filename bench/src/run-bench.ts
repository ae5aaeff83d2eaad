import { join } from 'node:path';
import { inheritedEnvironment } from '@leaderboard/local/config';
import { ensurePrograms, nginxProgram, redisProgram } from '@leaderboard/local/packages';
import { sweepAbandoned } from '@leaderboard/local/temporary-directory';
import type { Bench } from './bench.js';
import { Closers } from './closers.js';
import { startEcho } from './echo/echo-system.js';
import { ensureWrk } from './load/wrk.js';
import { runWorkload, type WorkloadResult } from './measure/run-workload.js';
import type { Options } from './options.js';
import { type Platform, startPlatform } from './platform/platform.js';
import { loadUsers } from './population/load-users.js';
import { writePlayers } from './population/players.js';
import { ScoreOffsets } from './population/score-offsets.js';
import { Population } from './population/users.js';
import type { Progress } from './progress.js';
import { describeMachine } from './report/machine.js';
import { writeReport } from './report/write-report.js';
import { workloads } from './workloads/index.js';

/** Starts everything, measures, reports. Returns whether all checks were passed. */
export async function runBench(
  options: Options,
  progress: Progress,
  signal: AbortSignal,
  emergencyStops: Set<() => void>,
): Promise<boolean> {
  const closers = new Closers();
  try {
    const bench = await setUp(options, progress, signal, emergencyStops, closers);
    const machine = await describeMachine(bench);
    const results: WorkloadResult[] = [];
    for (const workload of workloads.filter(({ group }) => options.groups.includes(group))) {
      signal.throwIfAborted();
      results.push(await runWorkload(workload, bench));
    }
    process.stdout.write(writeReport({ machine, options, results }));
    return results.every(({ failures }) => failures.length === 0);
  } catch (error) {
    // What an interruption broke is not worth a stack trace.
    signal.throwIfAborted();
    throw error;
  } finally {
    await closers.close();
  }
}

async function setUp(
  options: Options,
  progress: Progress,
  signal: AbortSignal,
  emergencyStops: Set<() => void>,
  closers: Closers,
): Promise<Bench> {
  const { PATH: searchPath } = inheritedEnvironment();
  const line = (text: string) => progress.line(text);
  const wrk = await ensureWrk(searchPath, line);
  const [nginx = ''] = await ensurePrograms([nginxProgram, redisProgram], searchPath, line);
  await sweepAbandoned();
  signal.throwIfAborted();

  const platform = await startPlatform(progress);
  closers.add(() => platform.close());
  emergencyStops.add(() => platform.stack.stopNow());
  signal.throwIfAborted();

  const population = new Population(options.users, platform.shards.regions);
  await loadUsers(platform, population, progress, signal);
  const playersFile = join(platform.stack.paths.root, 'players.tsv');
  await writePlayers(playersFile, population, options.players, platform.jwtSecret, progress, signal);

  const echo = await startEcho({
    nginxProgram: nginx,
    processes: platform.stack.config.gateways,
    top: await readTop(platform, signal),
  });
  closers.add(() => echo.close());
  emergencyStops.add(() => echo.stopNow());
  return {
    options,
    platform,
    echo,
    population,
    offsets: new ScoreOffsets(),
    playersFile,
    wrk,
    searchPath,
    progress,
    signal,
    emergencyStops,
  };
}

async function readTop({ stack }: Platform, signal: AbortSignal): Promise<Buffer> {
  const response = await fetch(`${stack.url}/top?limit=100`, { signal });
  return Buffer.from(await response.arrayBuffer());
}
