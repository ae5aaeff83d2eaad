import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { mintToken } from '@leaderboard/shared/http/auth';
import { everyone } from '@leaderboard/shared/topology/regions';
import type { Bench } from '../bench.js';
import { LiveWatchers } from '../load/live-watchers.js';
import { cpuPer, readCpu } from '../measure/cpu.js';
import { summarize } from '../measure/statistics.js';
import { serverToken } from '../population/players.js';
import type { Sample, Workload } from './workload.js';

const watcherCount = 2_000;
const game = 'bench-live';
/** Posts fall anywhere in the gateways' interval, as those of people do. */
const longestPauseMs = 700;
/** After this, what connecting has used is given back. */
const calmMs = 2_000;

/** How long a score takes to everybody who watches one board, from the post to the frame; the floor is the interval. */
export const live: Workload = {
  group: 'live',
  name: `GET /live, ${watcherCount} watchers of one board: delay of a score`,
  baseline: 'one watcher',
  unit: 'ms',
  once: true,
  async prepare(bench) {
    await makeGame(bench);
    let best = 0;
    const nextScore = () => ++best;
    return {
      sides: [
        { name: `${watcherCount} watchers`, round: () => watch(bench, watcherCount, nextScore) },
        { name: 'one watcher', round: () => watch(bench, 1, nextScore) },
      ],
    };
  },
};

async function watch(bench: Bench, count: number, nextScore: () => number): Promise<Sample> {
  const { platform, options, progress, signal } = bench;
  await post(bench, nextScore());
  const bytesBefore = gatewayBytes(bench);
  const watchers = await LiveWatchers.open(`${platform.stack.url}/live?game=${game}&limit=10`, count);
  try {
    await sleep(calmMs, undefined, { signal });
    const kbPerWatcher = (gatewayBytes(bench) - bytesBefore) / 1024 / count;

    const cpuBefore = readCpu(platform.roots());
    const readsBefore = await upstreamReads(bench);
    const startedAt = performance.now();
    const delays: number[] = [];
    let frames = 0;
    while (performance.now() - startedAt < options.seconds * 1000) {
      await sleep(Math.random() * longestPauseMs, undefined, { signal });
      const score = nextScore();
      const received = watchers.receive(`"score":${score},`);
      const postedAt = performance.now();
      await post(bench, score);
      for (const atMs of await received) delays.push(atMs - postedAt);
      frames += count;
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const reads = (await upstreamReads(bench)) - readsBefore;
    const gateways = platform.stack.byRole('gateway').length;
    const perSecond = reads / seconds / gateways;
    const cpuUs = cpuPer(frames, cpuBefore, readCpu(platform.roots()));
    delays.sort((a, b) => a - b);
    const p99 = delays[Math.ceil(delays.length * 0.99) - 1] ?? Number.NaN;
    const { median, most } = summarize(delays);
    progress.line(
      `  ${count} watchers: p50 ${median.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, most ${most.toFixed(0)} ms; ` +
        `${kbPerWatcher.toFixed(1)} KB of gateway memory each; ${perSecond.toFixed(2)} reads a second and gateway`,
    );
    return {
      value: median,
      figures: {
        p50_us: median * 1000,
        p99_us: p99 * 1000,
        kb_per_watcher: kbPerWatcher,
        reads_per_second: perSecond,
      },
      cpuUs,
      failures: [
        ...(watchers.lost > 0 ? [`${watchers.lost} of ${count} streams were lost`] : []),
        ...(perSecond > 2.05 ? [`a gateway read the board ${perSecond.toFixed(2)} times a second`] : []),
      ],
    };
  } finally {
    watchers.close();
  }
}

async function makeGame({ platform, signal }: Bench): Promise<void> {
  const admin = { user_id: 'bench', name: 'bench', region: everyone, role: 'admin' } as const;
  const response = await fetch(`${platform.stack.url}/games/${game}`, {
    method: 'PUT',
    signal,
    headers: {
      authorization: `Bearer ${mintToken(admin, platform.jwtSecret, 600)}`,
      'content-type': 'application/json',
    },
    body: '{}',
  });
  if (!response.ok) throw new Error(`PUT /games/${game} answered ${response.status}`);
}

async function post({ platform, signal }: Bench, score: number): Promise<void> {
  const response = await fetch(`${platform.stack.url}/score`, {
    method: 'POST',
    signal,
    headers: {
      authorization: `Bearer ${serverToken(platform.jwtSecret)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ game, user_id: 'bench-live', region: everyone, score }),
  });
  if (!response.ok) throw new Error(`POST /score answered ${response.status}`);
}

/** Resident memory of all gateways; 0 on systems without /proc. */
function gatewayBytes({ platform }: Bench): number {
  if (process.platform !== 'linux') return 0;
  const pids = platform.roots().get('gateway') ?? [];
  const kilobytes = pids.map((pid) =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
  );
  return kilobytes.reduce((sum, one) => sum + one, 0) * 1024;
}

async function upstreamReads({ platform, signal }: Bench): Promise<number> {
  const gateways = platform.stack.processes.filter(({ role }) => role === 'gateway');
  const counts = gateways.map(async ({ url }) => {
    const text = await (await fetch(`${url}/metrics`, { signal })).text();
    return Number(/^live_upstream_requests_total\{call="top".*\} (\d+)/m.exec(text)?.[1] ?? 0);
  });
  return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
}
