import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { neutralEnvironment } from '@leaderboard/local/config';
import { startDisposable } from '@leaderboard/local/disposable-server';
import { nodeService, whyNotReady } from '@leaderboard/local/node-services';
import { cpuPer, readCpu } from '../measure/cpu.js';
import { tokenOf } from '../population/players.js';
import type { Board } from './board.js';

/** What people who watch a board cost a gateway. Figures are missing on systems without /proc. */
export interface WatcherReport {
  readonly watchers: number;
  /** µs of CPU of the gateway for each snapshot to each watcher. */
  readonly snapshotUs: number | undefined;
  readonly bytesPerWatcher: number | undefined;
}

const watchers = 1_000;
const warmUpMs = 1_000;
const measuredMs = 5_000;
/** Shorter than the interval of snapshots, so that each has something to say. */
const changeEveryMs = 200;

/** A gateway before the board's service, and many streams of its first ten rows while the first of them changes all the time. */
export async function measureWatchers(board: Board, signal: AbortSignal): Promise<WatcherReport> {
  const gateway = await startDisposable({
    basePort: 18_400,
    spec: ({ root }, port) =>
      nodeService({
        role: 'gateway',
        name: 'gateway',
        instance: 'growth',
        port,
        env: {
          ...neutralEnvironment(),
          JWT_SECRET: board.options.jwtSecret,
          LEADERBOARD_SERVICE_URLS: board.url,
        },
        logFile: join(root, 'gateway.log'),
      }),
    whyNot: (port) => whyNotReady(`http://127.0.0.1:${port}`),
  });
  const url = `http://127.0.0.1:${gateway.port}`;
  const roots = new Map([['gateway', [gateway.process.pid]]]);
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  const streams: IncomingMessage[] = [];
  const done = new AbortController();
  let snapshots = 0;
  try {
    const before = residentBytes(gateway.process.pid);
    for (let count = 0; count < watchers; count += 1) {
      const request = get(`${url}/live?limit=10`, { agent });
      const [stream] = (await once(request, 'response', { signal })) as [IncomingMessage];
      if (stream.statusCode !== 200) throw new Error(`GET /live: ${stream.statusCode}`);
      stream.setEncoding('latin1');
      stream.on('data', (text: string) => {
        snapshots += text.split('\ndata:').length - 1;
      });
      stream.on('error', () => {});
      streams.push(stream);
    }
    const bytes = residentBytes(gateway.process.pid) - before;
    const changing = keepChanging(board, url, AbortSignal.any([signal, done.signal]));
    await sleep(warmUpMs, undefined, { signal });
    const [cpu, seen] = [readCpu(roots), snapshots];
    await sleep(measuredMs, undefined, { signal });
    const snapshotUs = cpuPer(snapshots - seen, cpu, readCpu(roots)).gateway;
    done.abort();
    await changing;
    return { watchers, snapshotUs, bytesPerWatcher: Number.isNaN(bytes) ? undefined : bytes / watchers };
  } finally {
    done.abort();
    for (const stream of streams) stream.destroy();
    agent.destroy();
    await gateway.remove();
  }
}

/** One user who takes the lead again and again. */
async function keepChanging(board: Board, url: string, signal: AbortSignal): Promise<void> {
  const authorization = `Bearer ${tokenOf(board.population.user(0), board.options.jwtSecret)}`;
  const headers = { authorization, 'content-type': 'application/json' };
  for (let score = 2 ** 50; !signal.aborted; score += 1) {
    const response = await fetch(`${url}/score`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ score }),
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`POST /score: ${response.status}`);
    await sleep(changeEveryMs, undefined, { signal }).catch(() => {});
  }
}

/** NaN on systems without /proc. */
function residentBytes(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
