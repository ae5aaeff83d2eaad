import { ConfigError, greatestPartitions } from '@leaderboard/shared/config';
import { runMain } from '@leaderboard/shared/lifecycle';
import type { Shard, ShardMap } from '@leaderboard/shared/topology/shards';
import { killAt } from '../failpoints.js';
import { movePartitions } from '../recovery/move-partitions.js';
import { recoverShard } from '../recovery/recover-shard.js';
import { recoveryLockOf } from '../recovery/recovery-lock.js';
import { readWindowDefinitions } from '../recovery/window-definitions.js';
import { rowsToRestore } from '../sql/count-rows.js';
import { ProgressLine } from './progress-line.js';
import { print, readOptions, type Tools, withTools } from './tools.js';

/**
 * `npm run rebuild -- --region ASIA`: writes everything that Postgres knows of a region into its Redis, whatever Redis
 * says. The region answers 503 meanwhile; nothing that waits in its queue is lost.
 *
 * `npm run rebuild -- --partitions 4`: moves the users of all regions to so many partitions (docs/scaling.md).
 */
await runMain(async () => {
  const options = readOptions({ region: { type: 'string' }, partitions: { type: 'string' } });
  await withTools(async (tools) => {
    const stopped = new AbortController();
    const isMove = options.partitions !== undefined;
    const whatThen = isMove ? '' : ': run it again, or let the worker open the shards';
    const onSignal = () => stopped.abort(new Error(`stopped${whatThen}`));
    process.once('SIGINT', onSignal);
    process.once('SIGTERM', onSignal);
    if (options.partitions !== undefined) await move(options.partitions, tools, stopped.signal);
    else await rebuildRegion(options.region ?? '', tools, stopped.signal);
  });
});

async function rebuildRegion(name: string, tools: Tools, signal: AbortSignal): Promise<void> {
  const { shards } = tools.config.topology;
  const region = shards.region(name);
  if (region === undefined) throw new ConfigError('--region', `must be one of ${shards.regions.join(', ')}`);
  for (const shard of shards.shards.filter((one) => one.region === region)) {
    await rebuild(shard, shards, tools, signal, false);
  }
}

async function move(text: string, tools: Tools, signal: AbortSignal): Promise<void> {
  const to = Number(text);
  if (!/^[0-9]+$/.test(text) || to < 1 || to > greatestPartitions)
    throw new ConfigError('--partitions', `must be a whole number from 1 to ${greatestPartitions}`);
  const { config, redis, databases } = tools;
  await movePartitions(
    {
      regions: config.topology.shards.regions,
      configured: config.PARTITIONS,
      redis,
      databases,
      failpoint: killAt(config.FAILPOINT),
      signal,
      say: print,
      restore: (shard, shards) => rebuild(shard, shards, tools, signal, true),
    },
    to,
  );
  print(`Start the leaderboard-services and workers with PARTITIONS=${to}; then npm run verify.`);
}

async function rebuild(
  shard: Shard,
  shards: ShardMap,
  { config, redis, databases }: Tools,
  signal: AbortSignal,
  isMove: boolean,
): Promise<void> {
  const { rows } = await databases.of(shard).query<{ rows: string }>(rowsToRestore);
  const progress = new ProgressLine(shard.tag, Math.round(Number(rows[0]?.rows ?? 0) / shards.partitions));
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
      isMove,
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
