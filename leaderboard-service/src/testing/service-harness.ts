import { startDisposableRedis } from '@leaderboard/local/disposable-redis';
import type { App } from '@leaderboard/shared/http/app';
import { type Caller, mintToken } from '@leaderboard/shared/http/auth';
import { createLogger } from '@leaderboard/shared/logger';
import { connectTopology, type RedisConnections } from '@leaderboard/shared/topology/redis-connections';
import { vi } from 'vitest';
import { buildApp } from '../app.js';
import { loadConfig } from '../config.js';
import { createServiceMetrics } from '../service-metrics.js';
import { createServices, type Services } from '../services.js';
import { openShard } from './open-shard.js';

const secret = 'integration-test-secret-0123456789abcdef';

export interface ServiceHarness {
  readonly app: App;
  readonly services: Services;
  readonly redis: RedisConnections;
  token(caller: Partial<Caller> & { user_id: string }): string;
  /** Empties Redis and opens all shards anew. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** A leaderboard-service on a Redis of its own, without a worker: shards are opened by hand. */
export async function startService(environment: Record<string, string> = {}): Promise<ServiceHarness> {
  const server = await startDisposableRedis(process.env.PATH);
  const config = loadConfig({
    JWT_SECRET: secret,
    REDIS_URL: server.url,
    BCRYPT_ROUNDS: '4',
    LOG_LEVEL: 'silent',
    ...environment,
  });
  const logger = createLogger({ service: 'test', instance: 'test', level: config.LOG_LEVEL });
  const redis = await connectTopology(config.topology, 'test', logger);
  const metrics = createServiceMetrics(config.topology.shards.shards.map(({ tag }) => tag));
  const services = createServices(config, redis, logger, metrics);
  const app = await buildApp(config, services, logger, metrics.registry, () => undefined);
  await app.ready();

  const epoch = 1;
  const reset = async () => {
    for (const connection of redis.all()) await connection.send(['FLUSHALL']);
    for (const shard of config.topology.shards.shards) await openShard(redis.of(shard), shard, epoch);
  };
  await reset();
  // A shard that was looked at before it was open is looked at again only after a moment.
  const everyone = { region: 'GLOBAL', ties: 'unique', seesHidden: () => false } as const;
  const board = { game: 'default', order: 'desc' } as const;
  await vi.waitFor(() => services.rankings.top({ ...everyone, board }, 1, undefined), { timeout: 5_000 });

  return {
    app,
    services,
    redis,
    token: (caller) =>
      mintToken({ name: caller.user_id, region: 'GLOBAL', role: 'player', ...caller }, secret, 600),
    reset,
    async close() {
      await app.close();
      await services.close();
      await redis.close();
      await server.remove();
    },
  };
}
