import { randomBytes } from 'node:crypto';
import type { Lifecycle } from '@leaderboard/shared/lifecycle';
import { instanceName, type Logger } from '@leaderboard/shared/logger';
import { connectTopology, type RedisConnections } from '@leaderboard/shared/topology/redis-connections';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type { Tracing } from '@leaderboard/shared/tracing/tracing';
import type { Registry } from 'prom-client';
import { BatchStore } from './apply/batch-store.js';
import type { Config } from './config.js';
import { DrainLoop } from './drain/drain-loop.js';
import { ShardQueue } from './drain/shard-queue.js';
import { killAt } from './failpoints.js';
import { WorkerMetrics } from './metrics.js';
import { Databases } from './postgres/databases.js';
import { maintainPartitions } from './postgres/partitions.js';
import { prepareDatabases, prepareLate } from './postgres/prepare.js';
import { recoveryLockOf } from './recovery/recovery-lock.js';
import { ShardSupervisor } from './recovery/shard-supervisor.js';
import { readWindowDefinitions } from './recovery/window-definitions.js';
import { readQueueFigures } from './redis/queue-figures.js';
import { WindowSweeper } from './windows/window-sweeper.js';

const hourMs = 3_600_000;

export interface Worker {
  readonly redis: RedisConnections;
}

/**
 * Starts everything that works: for each shard a supervisor, which checks and recovers it, and a loop, which drains its
 * queue. Whatever is opened here is closed by the lifecycle.
 * @throws {ConfigError} when Redis or Postgres cannot be used.
 */
export async function startWorker(
  config: Config,
  logger: Logger,
  registry: Registry,
  lifecycle: Pick<Lifecycle, 'onClose'>,
  tracing?: Tracing,
): Promise<Worker> {
  const { shards } = config.topology.shards;
  const redis = await connectTopology(config.topology, 'worker-service', logger);
  lifecycle.onClose('redis', () => redis.close());

  const late = await prepareDatabases(config.postgres, logger);
  const databases = new Databases(
    { addresses: config.postgres, partitions: config.PARTITIONS, poolMax: config.PG_POOL_MAX },
    logger,
  );
  lifecycle.onClose('postgres', () => databases.close());

  await keepPartitions(config, databases, late, logger, lifecycle);

  const metrics = new WorkerMetrics(registry);
  metrics.watchQueues(shards, (shard) => readQueueFigures(shard, redis.of(shard)));

  // The random part tells apart processes that were given the same name.
  const workerName = `${instanceName(config.INSTANCE)}-${randomBytes(3).toString('hex')}`;
  const started = await Promise.all(
    shards.map((shard) =>
      startShard({ config, logger, metrics, redis, databases, workerName, tracing }, shard, lifecycle),
    ),
  );
  lifecycle.onClose('shards', () => Promise.all(started.map((stop) => stop())));
  return { redis };
}

interface Parts {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: WorkerMetrics;
  readonly redis: RedisConnections;
  readonly databases: Databases;
  readonly workerName: string;
  readonly tracing: Tracing | undefined;
}

/** Returns what stops it. */
async function startShard(
  parts: Parts,
  shard: Shard,
  lifecycle: Pick<Lifecycle, 'onClose'>,
): Promise<() => Promise<void>> {
  const { config, logger, redis, databases, workerName } = parts;
  const {
    BATCH_SIZE: batchSize,
    BATCH_LINGER_MS: lingerMs,
    LEASE_MS: leaseMs,
    EVENTS_MAX_LENGTH: eventsMaxLength,
  } = config;
  const { shards } = config.topology;
  const metrics = parts.metrics.of(shard);
  const failpoint = killAt(config.FAILPOINT);
  const pool = databases.of(shard);

  const own = await redis.dedicated(shard, `worker-service:${shard.tag}`);
  lifecycle.onClose(`redis ${shard.tag}`, () => own.close());

  const store = new BatchStore({
    tracing: parts.tracing,
    shard,
    shards,
    pool,
    metrics,
    logger,
    failpoint,
    onLate: () => supervisor.recheck(),
  });
  const queue = new ShardQueue(shard, redis.of(shard), own, { batchSize, leaseMs, eventsMaxLength });
  const drain = new DrainLoop({
    shard,
    queue,
    store,
    workerName,
    batchSize,
    lingerMs,
    leaseMs,
    metrics,
    logger,
    failpoint,
  });
  const supervisor = new ShardSupervisor({
    recovery: {
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
      failpoint,
    },
    pool,
    drain,
    metrics,
    logger,
  });
  const sweeper = new WindowSweeper(shard, redis.of(shard), config.windows.bucketSeconds, metrics, logger);
  supervisor.start();
  drain.start();
  sweeper.start();
  return async () => {
    await Promise.all([drain.stop(), supervisor.stop(), sweeper.stop()]);
  };
}

/** @param late the regions whose database is not there yet */
async function keepPartitions(
  { HISTORY_DAYS, postgres }: Config,
  databases: Databases,
  late: readonly string[],
  logger: Logger,
  lifecycle: Pick<Lifecycle, 'onClose'>,
): Promise<void> {
  const maintain = async (region: string) => {
    await maintainPartitions(databases.ofRegion(region), HISTORY_DAYS, new Date(), logger).catch(
      (err: Error) => {
        logger.warn({ err: err.message, region }, 'partitions not looked after: tried again in an hour');
      },
    );
  };
  const maintainAll = async (regions: Iterable<string>) => {
    for (const region of regions) await maintain(region);
  };
  await maintainAll([...postgres.keys()].filter((region) => !late.includes(region)));
  const timer = setInterval(() => void maintainAll(postgres.keys()), hourMs);
  lifecycle.onClose('partitions', () => clearInterval(timer));

  const stopping = new AbortController();
  const preparing = [...postgres].map(async ([region, address]) => {
    if (!late.includes(region)) return;
    await prepareLate(region, address, logger, stopping.signal);
    await maintain(region);
  });
  const done = Promise.allSettled(preparing);
  lifecycle.onClose('late databases', async () => {
    stopping.abort();
    await done;
  });
}
