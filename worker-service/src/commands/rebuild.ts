import { ConfigError } from '@leaderboard/shared/config';
import { runMain } from '@leaderboard/shared/lifecycle';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { killAt } from '../failpoints.js';
import { recoverShard } from '../recovery/recover-shard.js';
import { recoveryLockOf } from '../recovery/recovery-lock.js';
import { readWindowDefinitions } from '../recovery/window-definitions.js';
import { rowsToRestore } from '../sql/count-rows.js';
import { ProgressLine } from './progress-line.js';
import { print, readOptions, type Tools, withTools } from './tools.js';

/**
 * `npm run rebuild -- --region ASIA`: writes everything that Postgres knows of a region into its Redis, whatever Redis
 * says. The region answers 503 meanwhile; nothing that waits in its queue is lost.
 */
await runMain(async () => {
  const options = readOptions({ region: { type: 'string' } });
  await withTools(async (tools) => {
    const { shards } = tools.config.topology;
    const region = shards.region(options.region ?? '');
    if (region === undefined)
      throw new ConfigError('--region', `must be one of ${shards.regions.join(', ')}`);
    const stopped = new AbortController();
    process.once('SIGINT', () => stopped.abort(new Error('stopped: the worker will open the region again')));
    for (const shard of shards.shards.filter((one) => one.region === region)) {
      await rebuild(shard, tools, stopped.signal);
    }
  });
});

async function rebuild(
  shard: Shard,
  { config, redis, databases }: Tools,
  signal: AbortSignal,
): Promise<void> {
  const { shards } = config.topology;
  const { rows } = await databases.of(shard).query<{ rows: string }>(rowsToRestore);
  const progress = new ProgressLine(shard.tag, Math.round(Number(rows[0]?.rows ?? 0) / config.PARTITIONS));
  const startedAt = Date.now();
  const report = await recoverShard(
    {
      shard,
      shards,
      redis: redis.of(shard),
      lock: recoveryLockOf(databases),
      readWindows: () =>
        readWindowDefinitions(
          shards.games,
          redis.of(shards.games),
          databases.of(shards.games),
          config.windows,
        ),
      failpoint: killAt(config.FAILPOINT),
      signal,
      onProgress: (done) => progress.show(done),
    },
    true,
  );
  progress.end();
  const seconds = (Date.now() - startedAt) / 1000;
  const speed = Math.round(report.rowsRead / Math.max(0.001, seconds));
  print(
    `${shard.tag}: ${report.rowsRead} rows read, ${report.rowsWritten} written in ${seconds.toFixed(1)} s ` +
      `(${speed} rows/s); open at epoch ${report.epoch}`,
  );
}
