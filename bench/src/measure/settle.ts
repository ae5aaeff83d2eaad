import { setTimeout as sleep } from 'node:timers/promises';
import type { Platform } from '../platform/platform.js';

const lookAgainMs = 50;
const atMostMs = 60_000;

/**
 * Waits until the platform has nothing left to do of an earlier round: events to store, an append-only file to rewrite,
 * tables to vacuum. Else one side would be charged for the other.
 */
export async function settle(platform: Platform, signal: AbortSignal): Promise<void> {
  await platform.queues.drained(signal);
  const deadline = performance.now() + atMostMs;
  while ((await isBusy(platform)) && performance.now() < deadline)
    await sleep(lookAgainMs, undefined, { signal });
}

async function isBusy({ redis, databases }: Platform): Promise<boolean> {
  const [vacuums, rewrites] = await Promise.all([
    // Seen from any database, for all of them.
    databases.sum('SELECT count(*) AS number FROM pg_stat_progress_vacuum'),
    Promise.all(
      redis.all().map(async (connection) => String(await connection.send(['INFO', 'persistence']))),
    ),
  ]);
  return vacuums > 0 || rewrites.some((info) => /^aof_rewrite_(in_progress|scheduled):1/m.test(info));
}
