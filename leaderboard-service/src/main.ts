import { Lifecycle, runMain } from '@leaderboard/shared/lifecycle';
import { createLogger } from '@leaderboard/shared/logger';
import { connectTopology } from '@leaderboard/shared/topology/redis-connections';
import { openTracing } from '@leaderboard/shared/tracing/open-tracing';
import { buildApp } from './app.js';
import { loadConfig } from './config.js';
import { createServiceMetrics } from './service-metrics.js';
import { createServices } from './services.js';

/** How long a stopping instance goes on serving, so that gateways see it is not ready and send nothing new. */
const drainMs = 1_500;

await runMain(async () => {
  const config = loadConfig();
  const logger = createLogger({
    service: 'leaderboard-service',
    instance: config.INSTANCE,
    level: config.LOG_LEVEL,
  });
  const lifecycle = new Lifecycle(logger);

  const redis = await connectTopology(config.topology, 'leaderboard-service', logger);
  lifecycle.onClose('redis', () => redis.close());

  const metrics = createServiceMetrics(config.topology.shards.shards.map(({ tag }) => tag));
  const services = createServices(config, redis, logger, metrics);
  lifecycle.onClose('services', () => services.close());

  const notReady = () => {
    if (lifecycle.closing) return 'stopping';
    return redis.all().some((connection) => connection.ready) ? undefined : 'no connection to Redis';
  };
  const tracing = await openTracing('leaderboard-service', config, lifecycle);
  const app = await buildApp(config, services, logger, metrics.registry, notReady, tracing);
  await app.listen({ host: config.HOST, port: config.PORT });
  lifecycle.onClose('http', () => app.close());
  lifecycle.onClose('drain', () => new Promise((resolve) => setTimeout(resolve, drainMs)));
  logger.info({ port: config.PORT }, 'listening');
});
